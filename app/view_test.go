package app

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"zoomscope/engine/result"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// inMemory is a driver whose every file is the slide that it makes.
type inMemory func(path string) slideio.Slide

func (inMemory) Name() string { return "in memory" }

func (d inMemory) Open(_ context.Context, path string) (slideio.Slide, error) { return d(path), nil }

// viewOf opens a slide by way of a file that stands for it.
func viewOf(t *testing.T, w *Workspace, slide func(path string) slideio.Slide) *View {
	t.Helper()
	path := filepath.Join(t.TempDir(), "some slide.svs")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Drivers = []slideio.Driver{inMemory(slide)}
	v, err := w.OpenView(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func gradientView(t *testing.T, mpp float64) *View {
	return viewOf(t, New(Config{}), func(path string) slideio.Slide {
		s := synth.Gradient(path, synth.Shape{Width: 2000, Height: 1500, MPPX: mpp, MPPY: mpp, Bounds: image.Rect(100, 50, 1900, 1450)})
		s.Info().Vendor, s.Info().Properties["aperio.ScanScope ID"] = "aperio", "SS1234"
		return s
	})
}

func TestViewAbout(t *testing.T) {
	v := gradientView(t, 0.5)
	a := v.About()
	if a.Name != "some slide.svs" || !filepath.IsAbs(a.Path) || a.Vendor != "aperio" || a.Width != 2000 || a.Height != 1500 {
		t.Errorf("%+v", a)
	}
	if want := (result.Rect{X: 100, Y: 50, Width: 1800, Height: 1400}); a.Bounds != want {
		t.Errorf("bounds %v", a.Bounds)
	}
	if len(a.Levels) != 3 || a.Levels[1] != (SlideLevel{500, 375, 4}) {
		t.Errorf("levels %v", a.Levels)
	}
	if a.Scanner != "aperio SS1234" || a.Resolution.Magnification != 20 || a.Resolution.Stated {
		t.Errorf("scanner %q, resolution %+v", a.Scanner, a.Resolution)
	}
	if w, h := v.Size(); w != 2000 || h != 1500 {
		t.Errorf("size %d x %d", w, h)
	}
	if id, err := v.ContentID(); err != nil || len(id) != 64 {
		t.Errorf("content %q, error %v", id, err)
	}
}

func TestViewResolution(t *testing.T) {
	t.Run("of the file", func(t *testing.T) {
		r := gradientView(t, 0.25).Resolution()
		if r.X != 0.25 || r.Magnification != 40 || r.Stated || r.Source != "synth.mpp" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		if r := gradientView(t, 0).Resolution(); r.X != 0 || r.Magnification != 0 || r.Source != "" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("stated as a magnification, and taken back", func(t *testing.T) {
		v := gradientView(t, 0)
		v.StateMagnification(20)
		if r := v.Resolution(); r.X != 0.5 || r.Y != 0.5 || !r.Stated || len(r.Doubts) != 0 {
			t.Errorf("%+v", r)
		}
		v.StateMagnification(0)
		if r := v.Resolution(); r.X != 0 || r.Stated {
			t.Errorf("%+v", r)
		}
	})
	t.Run("stated by a length", func(t *testing.T) {
		v := gradientView(t, 0)
		if err := v.StateLength(400, 100); err != nil {
			t.Fatal(err)
		}
		if r := v.Resolution(); r.X != 0.25 || r.Magnification != 40 || !r.Stated || r.Power != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("against the file's word", func(t *testing.T) {
		v := gradientView(t, 0.5)
		v.StateMagnification(40)
		if r := v.Resolution(); r.X != 0.25 || len(r.Doubts) != 1 || !strings.Contains(r.Doubts[0], "synth.mpp") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no lengths", func(t *testing.T) {
		v := gradientView(t, 0.5)
		for _, l := range [][2]float64{{0, 100}, {100, 0}, {-10, -10}, {0.5, 0.1}, {1, 1e6}, {1e9, 1}} {
			if err := v.StateLength(l[0], l[1]); !errors.Is(err, ErrNoLength) {
				t.Errorf("%v: error %v", l, err)
			}
		}
		if v.Resolution().Stated {
			t.Error("one of them was taken")
		}
	})
}

// TestViewAtOnce uses a view from many goroutines and closes it meanwhile.
func TestViewAtOnce(t *testing.T) {
	v := gradientView(t, 0.5)
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			v.StateMagnification(float64(i))
			_, err := v.Tile(t.Context(), i%4, 0, 0)
			_, perr := v.Picture(t.Context(), result.Rect{Width: 500, Height: 500}, 20+i, 20)
			_, terr := v.Thumbnail(t.Context(), 32)
			_, _ = v.Resolution(), v.About()
			for _, err := range []error{err, perr, terr} {
				if err != nil && !errors.Is(err, slideio.ErrClosed) {
					t.Error(err)
				}
			}
			if i == 5 {
				v.Close()
			}
		})
	}
	users.Wait()
	if _, err := v.Picture(t.Context(), result.Rect{Width: 9, Height: 9}, 3, 3); !errors.Is(err, slideio.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := v.Associated(t.Context(), "label"); err == nil {
		t.Error("there is a label")
	}
}

func TestOpenViewOfNothing(t *testing.T) {
	if _, err := New(Config{}).OpenView(t.Context(), filepath.Join(t.TempDir(), "none.svs")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestScannerOf(t *testing.T) {
	for _, c := range []struct {
		name, vendor string
		props        []string // names and values in turn
		power        float64
		want         string
	}{
		{"nothing is known", "generic-tiff", nil, 0, ""},
		{"an objective is no scanner", "generic-tiff", nil, 40, ""},
		{"Aperio", "aperio", []string{"aperio.ScanScope ID", "SS1302", "aperio.ScannerType", "GT450"}, 40, "aperio GT450 SS1302 40x"},
		{"Hamamatsu", "hamamatsu", []string{"hamamatsu.Product", "C9600-12", "hamamatsu.NDP.S/N", "950291", "tiff.Model", "C9600-12"}, 20, "hamamatsu C9600-12 950291 20x"},
		{"DICOM", "dicom", []string{"dicom.ManufacturerModelName", " Aperio  AT2 "}, 0, "dicom Aperio AT2"},
		{"a maker alone is no scanner", "generic-tiff", []string{"tiff.Make", "Scanners Ltd"}, 0, ""},
		{"a TIFF's model", "generic-tiff", []string{"tiff.Make", "Scanners Ltd", "tiff.Model", "S360"}, 0, "generic-tiff S360 Scanners Ltd"},
		{"another vendor's words count for nothing", "mirax", []string{"aperio.ScanScope ID", "SS1"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &slideio.Info{Vendor: c.vendor, Properties: map[string]string{}, Resolution: slideio.Resolution{ObjectivePower: c.power}}
			for p := range slices.Chunk(c.props, 2) {
				in.Properties[p[0]] = p[1]
			}
			if got := scannerOf(in); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
