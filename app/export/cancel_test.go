package export

import (
	"context"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/engine/result"
)

// TestEverythingEndsBetweenPictures ends the context while the first attention
// picture is the only one that is done.
func TestEverythingEndsBetweenPictures(t *testing.T) {
	r, reader := small(t)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err := Everything(ctx, dir, r, reader, quick(), func(p result.Progress) {
		if p.Stage == "attention pictures" && p.Done == 1 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if n := tree(t, dir); n != 0 {
		t.Errorf("%d files in the folder, want none: not all were written", n)
	}
}

// TestSaveEndsWithContext ends the context within the encoding of a picture.
func TestSaveEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "a.png")
	written := 0
	err := save(ctx, path, func(out io.Writer) error {
		return WritePNG(writerFunc(func(p []byte) (int, error) {
			cancel()
			n, err := out.Write(p)
			written += n
			return n, err
		}), image.NewRGBA(image.Rect(0, 0, 500, 500)))
	})
	if !errors.Is(err, context.Canceled) || written > 0 {
		t.Errorf("error %v, %d bytes written after the end", err, written)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) > 0 {
		t.Errorf("%v is left", files)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
