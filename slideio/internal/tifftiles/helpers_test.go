package tifftiles

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/slideio/tiff"
)

// waves is a picture of smooth waves of colour.
type waves struct{ w, h int }

func (v waves) Size() (w, h int) { return v.w, v.h }

func (v waves) Draw(_ context.Context, dst *image.RGBA, x0, y0 int) error {
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			dst.SetRGBA(x, y, v.at(x0+x, y0+y))
		}
	}
	return nil
}

func (waves) at(x, y int) color.RGBA {
	tri := func(v int) uint8 { v &= 511; return uint8(min(v, 511-v)) }
	return color.RGBA{tri(x), tri(y + 100), tri(x + y + 200), 255}
}

// slide is the bytes of a TIFF file of waves.
func slide(t testing.TB, w, h int, enc tiff.Encoding) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slide.tiff")
	if err := tiff.WritePyramid(t.Context(), path, waves{w, h}, tiff.PyramidOptions{Encoding: enc}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fromBytes opens a file in memory.
func fromBytes(t testing.TB, b []byte, cache *Cache) *File {
	t.Helper()
	f, err := newFile(bytes.NewReader(b), int64(len(b)), cache)
	if err != nil {
		t.Fatal(err)
	}
	f.file = io.NopCloser(nil)
	t.Cleanup(func() { f.Close() })
	return f
}

// noOther is for levels that are read without help.
func noOther(image.Rectangle) error { return errors.New("a tile was left to another reader") }
