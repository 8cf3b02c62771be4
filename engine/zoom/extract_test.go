package zoom

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"zoomscope/engine/bag"
	"zoomscope/engine/safetensors"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// extractRequest asks for the bag of a slide at 5x, 10x and 20x.
func extractRequest(t *testing.T, s slideio.Slide, path string) ExtractRequest {
	t.Helper()
	return ExtractRequest{
		Slide: s, Resolution: s.Info().Resolution, ContentID: strings.Repeat("5e", 32),
		Magnifications: []float64{5, 10, 20}, Tissue: redModel(t, []float64{5, 10}, 1).Config().Tissue,
		Type: safetensors.F32, Path: path,
	}
}

func extractSlide() *synth.Exact {
	return mosaic(synth.Shape{Width: 640, Height: 512, MPPX: 0.5, MPPY: 0.5}, slideio.Rect{X: 128, Y: 64, W: 384, H: 320})
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// names are the files of a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestExtract(t *testing.T) {
	slide, path := extractSlide(), filepath.Join(t.TempDir(), "s.bag.safetensors")
	e := newEngine(t, Options{})
	done, err := e.Extract(t.Context(), extractRequest(t, slide, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	if done.Resumed != 0 || done.Reused || len(done.Patches) != 3 || done.Patches[1] != 4*done.Patches[0] || done.Patches[2] != 16*done.Patches[0] {
		t.Errorf("%+v", done)
	}
	f, err := bag.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for level, d := range []float64{4, 2, 1} {
		rows := make([]float32, f.Len(level)*3)
		all := make([]int, f.Len(level))
		for i := range all {
			all[i] = i
		}
		if err := f.Features(rows, level, all); err != nil {
			t.Fatal(err)
		}
		for i, c := range f.Cells(level) {
			want := color.RGBA{R: 255, G: 255, B: 255}
			middle := image.Pt(int((float64(c.Column)+0.5)*side*d), int((float64(c.Row)+0.5)*side*d))
			if middle.In(image.Rect(128, 64, 512, 384)) {
				want = color.RGBA{R: 0, G: 60, B: 140} // red differs
			}
			if g, b := 255*rows[3*i+1], 255*rows[3*i+2]; g < float32(want.G)-0.5 || g > float32(want.G)+0.5 || b < float32(want.B)-0.5 || b > float32(want.B)+0.5 {
				t.Fatalf("level %d, cell %v: green %v, blue %v, want %v", level, c, g, b, want)
			}
		}
	}
}

// A run that is stopped anywhere and begun again gives the bytes of one that was
// not, without doing again what was done.
func TestExtractResumes(t *testing.T) {
	slide := extractSlide()
	whole := filepath.Join(t.TempDir(), "whole")
	e := newEngine(t, Options{Readers: 2})
	var n atomic.Int64
	counted := synth.Hook(slide, func(context.Context, int, image.Rectangle) error { n.Add(1); return nil })
	if _, err := e.Extract(t.Context(), extractRequest(t, counted, whole), nil); err != nil {
		t.Fatal(err)
	}
	want, all := readFile(t, whole), int(n.Load())
	for _, reads := range []int64{1, 3, 30, 90, 200, 500} {
		dir := t.TempDir()
		path := filepath.Join(dir, "s.bag.safetensors")
		ctx, cancel := context.WithCancel(t.Context())
		n.Store(0)
		stopping := synth.Hook(slide, func(context.Context, int, image.Rectangle) error {
			if n.Add(1) == reads {
				cancel()
			}
			return nil
		})
		if _, err := e.Extract(ctx, extractRequest(t, stopping, path), nil); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d reads: error %v", reads, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("stopped after %d reads: there is a bag", reads)
		}
		n.Store(0)
		done, err := e.Extract(t.Context(), extractRequest(t, counted, path), nil)
		if err != nil {
			t.Fatal(err)
		}
		// What readers hold in their batches is lost, and reads for the tissue.
		if lost := int(reads) - done.Resumed; lost > 60 || done.Resumed > int(reads) {
			t.Errorf("stopped after %d reads: %d patches were kept", reads, done.Resumed)
		}
		if again := int(n.Load()); again != all-done.Resumed {
			t.Errorf("stopped after %d reads: %d were kept, of %d, but %d read again", reads, done.Resumed, all, again)
		}
		if !bytes.Equal(readFile(t, path), want) {
			t.Errorf("stopped after %d reads: another bag", reads)
		}
		if left := names(t, dir); !slices.Equal(left, []string{"s.bag.safetensors"}) {
			t.Errorf("stopped after %d reads: left %q", reads, left)
		}
	}
}

func TestExtractReuses(t *testing.T) {
	slide, path := extractSlide(), filepath.Join(t.TempDir(), "s")
	e := newEngine(t, Options{})
	req := extractRequest(t, slide, path)
	first, err := e.Extract(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Slide = synth.FailIn(slide, image.Rect(0, 0, 1<<20, 1<<20), slideio.ErrCorrupt) // whoever reads fails
	again, err := e.Extract(t.Context(), req, nil)
	if err != nil || !again.Reused || again.Resumed != 0 || !slices.Equal(again.Patches, first.Patches) {
		t.Errorf("%+v, error %v", again, err)
	}
}

func TestExtractRefuses(t *testing.T) {
	slide, path := extractSlide(), filepath.Join(t.TempDir(), "s.bag.safetensors")
	if _, err := newEngine(t, Options{}).Extract(t.Context(), extractRequest(t, slide, path), nil); err != nil {
		t.Fatal(err)
	}
	want := readFile(t, path)
	other := meanColour()
	other.Card.SHA256 = strings.Repeat("0e", 32)
	for name, change := range map[string]func(o *Options, r *ExtractRequest){
		"another encoder":        func(o *Options, _ *ExtractRequest) { o.Encoder = other },
		"another slide":          func(_ *Options, r *ExtractRequest) { r.ContentID = strings.Repeat("51", 32) },
		"another resolution":     func(_ *Options, r *ExtractRequest) { r.Resolution = slideio.Stated(40) },
		"another tissue setting": func(_ *Options, r *ExtractRequest) { r.Tissue.Threshold = 0.9 },
		"other magnifications":   func(_ *Options, r *ExtractRequest) { r.Magnifications = []float64{5, 10} },
	} {
		t.Run(name, func(t *testing.T) {
			o, req := Options{}, extractRequest(t, slide, path)
			change(&o, &req)
			if _, err := newEngine(t, o).Extract(t.Context(), req, nil); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v", err)
			}
			if !bytes.Equal(readFile(t, path), want) {
				t.Error("the bag was changed")
			}
		})
	}
	if err := os.WriteFile(path, want[:len(want)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newEngine(t, Options{}).Extract(t.Context(), extractRequest(t, slide, path), nil); err == nil || !strings.Contains(err.Error(), "run extract again") {
		t.Errorf("a damaged bag: error %v", err)
	}
}

func TestExtractOutOfMemory(t *testing.T) {
	slide, dir := extractSlide(), t.TempDir()
	if _, err := newEngine(t, Options{}).Extract(t.Context(), extractRequest(t, slide, filepath.Join(dir, "cpu")), nil); err != nil {
		t.Fatal(err)
	}
	open := 0
	e := newEngine(t, Options{
		Place: gpu(short{0, true, &open}), CPU: func(context.Context) (Place, error) { return cpu(), nil },
	})
	if _, err := e.Extract(t.Context(), extractRequest(t, slide, filepath.Join(dir, "moved")), nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readFile(t, filepath.Join(dir, "cpu")), readFile(t, filepath.Join(dir, "moved"))) || open != 0 {
		t.Errorf("another bag, or %d networks left open", open)
	}
}

func TestExtractDamagedSlide(t *testing.T) {
	dir := t.TempDir()
	req := extractRequest(t, synth.FailIn(extractSlide(), image.Rect(300, 200, 310, 210), slideio.ErrCorrupt), filepath.Join(dir, "s"))
	_, err := newEngine(t, Options{}).Extract(t.Context(), req, nil)
	var region *slideio.RegionError
	if !errors.As(err, &region) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(req.Path); err == nil {
		t.Error("there is a bag")
	}
}
