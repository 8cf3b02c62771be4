package export

import (
	"os"
	"path/filepath"
	"testing"

	"zoomscope/engine/result"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

// TestRealSlides writes everything for real slides, into $ZOOMSCOPE_LOOK if set,
// where the pictures can be looked at.
func TestRealSlides(t *testing.T) {
	library, data := testenv.OpenSlide(t), testenv.Data(t)
	for name, mags := range map[string][]float64{
		"CMU-1-Small-Region.svs":      {5, 10, 20},
		"TCGA-CR-7395-01A-01-TS1.svs": {2.5, 10},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(data, "slides", name)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("slide not there: %v", err)
			}
			slide, err := slideio.Open(t.Context(), path, drivers.OpenSlide(library))
			if err != nil {
				t.Fatal(err)
			}
			defer slide.Close()
			dir, side, k := os.Getenv("ZOOMSCOPE_LOOK"), 0, 12
			if dir == "" {
				dir, side, k = t.TempDir(), 300, 2 // a quick look
			}
			everything(t, filepath.Join(dir, name), slide, mags, side, k)
		})
	}
}

func everything(t *testing.T, dir string, slide slideio.Slide, mags []float64, side, k int) {
	in, reader := slide.Info(), FromSlide(slide)
	b := slideio.RectOf(in.Bounds)
	s := result.Slide{
		Path: in.Path, Vendor: in.Vendor, Width: in.Width(), Height: in.Height(), MPP: [2]float64{in.Resolution.X, in.Resolution.Y},
		Bounds: result.Rect{X: b.X, Y: b.Y, Width: b.W, Height: b.H},
	}
	if !in.Resolution.Known() {
		s.MPP = [2]float64{0.5, 0.5}
	}
	r := analysed(t, reader, s, mags, k)
	files, err := Everything(t.Context(), dir, r, reader, Options{MaxSide: side, Top: k}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if st, err := os.Stat(f); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
	t.Logf("%d files for %d patches of %d x %d pixels", len(files), r.Counts.Encoded, s.Width, s.Height)
}
