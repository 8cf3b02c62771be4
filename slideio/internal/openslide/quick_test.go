package openslide

import (
	"image"
	"path/filepath"
	"testing"

	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
)

func TestQuick(t *testing.T) {
	lib, err := Load([]string{testenv.OpenSlide(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(lib.Version(), lib.cache)
	d := NewDriver(lib)
	files, _ := filepath.Glob(filepath.Join(testenv.Data(t), "slides", "*.*"))
	more, _ := filepath.Glob(filepath.Join(testenv.Data(t), "slides", "tiny", "*.*"))
	for _, f := range append(files, more...) {
		s, err := slideio.Open(t.Context(), f, d)
		if err != nil {
			t.Log(err)
			continue
		}
		in := s.Info()
		t.Log(filepath.Base(f), in.Vendor, in.Levels, in.Bounds, in.Associated)
		t.Logf("%+v", in.Resolution)
		dst := image.NewRGBA(image.Rect(0, 0, 256, 256))
		err = s.ReadRegion(t.Context(), dst, 0, 10, 10)
		t.Log(err, dst.RGBAAt(128, 128))
		err = s.ReadRegion(t.Context(), dst, 0, 10, 10)
		t.Log(err, dst.RGBAAt(128, 128))
		s.Close()
	}
}
