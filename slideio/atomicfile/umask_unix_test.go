//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestMode keeps from others what the user keeps from others.
func TestMode(t *testing.T) {
	for _, c := range []struct {
		mask int
		want os.FileMode
	}{{0o077, 0o600}, {0o022, 0o644}} {
		path := filepath.Join(t.TempDir(), "f")
		old := syscall.Umask(c.mask)
		err := WriteBytes(path, nil)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(path); err != nil || st.Mode() != c.want {
			t.Errorf("umask %o: mode %v, error %v, want %v", c.mask, st.Mode(), err, c.want)
		}
	}
}
