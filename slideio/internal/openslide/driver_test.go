package openslide

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/slideio"
)

// TestOpenError sorts the library's words, whatever the file is called.
func TestOpenError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unsupported.dcm")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		said error
		want error
	}{
		{"no format", errNotRecognised, slideio.ErrUnsupported},
		{"a compression it lacks", errors.New("Unsupported TIFF compression: 52479"), slideio.ErrUnsupported},
		{"damage", errors.New("Reading " + path + ": no image"), slideio.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := openError(path, c.said); !errors.Is(err, c.want) {
				t.Errorf("error %v, want one that wraps %v", err, c.want)
			}
		})
	}
}
