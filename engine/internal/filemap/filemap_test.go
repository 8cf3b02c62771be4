package filemap

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpen(t *testing.T) {
	for _, content := range []string{"", "some bytes"} {
		path := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Data) != content {
			t.Errorf("%q, want %q", m.Data, content)
		}
		for range 2 {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
		if m.Data != nil {
			t.Error("data stays after Close")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{"folder": dir, "missing": filepath.Join(dir, "none")} {
		if _, err := Open(path); err == nil {
			t.Errorf("%s opened", name)
		}
	}
}
