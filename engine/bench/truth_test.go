package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadTruths(t *testing.T) {
	slides := t.TempDir()
	truth := filepath.Join(slides, "truth")
	if err := os.Mkdir(truth, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{slides, truth, filepath.Join(slides, "none")} {
		if _, err := LoadTruths(folder); err == nil || !strings.HasPrefix(err.Error(), folder) || !strings.Contains(err.Error(), "give the folder truth") {
			t.Errorf("%s without truths: error %v", folder, err)
		}
	}
	for name, text := range map[string]string{"truth/s1.json": "{}", "truth/s1.png": "", "truth/s2.json": "{}", "other.json": "none"} {
		if err := os.WriteFile(filepath.Join(slides, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{slides, truth} {
		all, err := LoadTruths(folder)
		if err != nil || len(all) != 2 || all["s1"] == nil || all["s2"] == nil {
			t.Errorf("%s: %v, error %v", folder, all, err)
		}
	}
}
