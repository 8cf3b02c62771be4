package zoom

import (
	"context"
	"errors"
	"image"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/bag"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// contentID is that of the slides of these tests.
var contentID = strings.Repeat("5e", 32)

// extracted is the bag of a slide at 5x, 10x and 20x.
func extracted(t *testing.T, slide slideio.Slide, d safetensors.DType) *bag.File {
	t.Helper()
	req := extractRequest(t, slide, filepath.Join(t.TempDir(), "s"))
	req.Type = d
	if _, err := newEngine(t, Options{}).Extract(t.Context(), req, nil); err != nil {
		t.Fatal(err)
	}
	b, err := bag.Open(req.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// unread is a slide that nobody may read from.
func unread(s *synth.Exact) slideio.Slide {
	return synth.FailIn(s, image.Rect(0, 0, 1<<20, 1<<20), slideio.ErrCorrupt)
}

func analyzeBag(e *Engine, s slideio.Slide, b bag.Reader) (*result.Result, error) {
	return e.AnalyzeBag(context.Background(), Request{Slide: s, Resolution: s.Info().Resolution, Seed: 7}, contentID, "s.bag", b, nil)
}

// From a bag in full precision comes what a fresh analysis makes.
func TestAnalyzeBag(t *testing.T) {
	slide := extractSlide()
	for name, c := range map[string]struct {
		magnifications []float64
		k              []int
	}{
		"all magnifications":     {[]float64{5, 10, 20}, []int{3, 5}},
		"one left out between":   {[]float64{5, 20}, []int{4}},
		"without the highest":    {[]float64{5, 10}, []int{2}},
		"K beyond what there is": {[]float64{5, 10, 20}, []int{1000, 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...)})
			want := analyze(t, e, slide)
			got, err := analyzeBag(e, unread(slide), extracted(t, slide, safetensors.F32))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(got.Warnings); n != len(want.Warnings)+1 || !strings.Contains(got.Warnings[n-1], "s.bag") {
				t.Fatalf("warnings %q", got.Warnings)
			}
			if got.Seconds.Encode != 0 || got.Seconds.Tissue != 0 || got.Seconds.Total <= 0 {
				t.Errorf("seconds %+v", got.Seconds)
			}
			got.Warnings, got.Seconds, want.Seconds = want.Warnings, result.Seconds{}, result.Seconds{}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnalyzeBagHalf(t *testing.T) {
	slide := extractSlide()
	e := newEngine(t, Options{Model: redModel(t, []float64{5, 10, 20}, 3, 5)})
	want := analyze(t, e, slide)
	got, err := analyzeBag(e, unread(slide), extracted(t, slide, safetensors.F16))
	if err != nil {
		t.Fatal(err)
	}
	// Features of up to 1 keep 11 bits, attention is 8 times as steep.
	for i, p := range got.Prediction.Probabilities {
		if math.Abs(p-want.Prediction.Probabilities[i]) > 0.02 {
			t.Errorf("probabilities %v, want about %v", got.Prediction.Probabilities, want.Prediction.Probabilities)
		}
	}
	if got.Counts != want.Counts || len(got.Levels[0].Patches) != len(want.Levels[0].Patches) {
		t.Errorf("counts %+v, want %+v", got.Counts, want.Counts)
	}
	for i, p := range got.Levels[0].Patches {
		if math.Abs(p.Attention-want.Levels[0].Patches[i].Attention) > 0.01*want.Levels[0].Patches[i].Attention {
			t.Errorf("patch %d: attention %v, want about %v", i, p.Attention, want.Levels[0].Patches[i].Attention)
		}
	}
}

// A slide without tissue has all its patches in its bag, and says so again: that there
// is no tissue at all, the bag does not know.
func TestAnalyzeBagNoTissue(t *testing.T) {
	slide := mosaic(synth.Shape{Width: 640, Height: 512, MPPX: 0.5, MPPY: 0.5}, slideio.Rect{})
	e := newEngine(t, Options{Model: redModel(t, []float64{5, 10, 20}, 3, 5)})
	got, err := analyzeBag(e, unread(slide), extracted(t, slide, safetensors.F32))
	if err != nil {
		t.Fatal(err)
	}
	const want = "No patch holds the 50 % tissue that the tissue settings ask for, so that every patch of the slide was read."
	if len(got.Warnings) != 2 || got.Warnings[0] != want {
		t.Errorf("warnings %q, want %q and the bag", got.Warnings, want)
	}
}

func TestAnalyzeBagOutOfMemory(t *testing.T) {
	slide := extractSlide()
	model := redModel(t, []float64{5, 10, 20}, 3, 5)
	want := analyze(t, newEngine(t, Options{Model: model}), slide)
	open := 0
	e := newEngine(t, Options{Model: model, Place: gpu(short{100, false, &open}), CPU: func(context.Context) (Place, error) { return cpu(), nil }})
	got, err := analyzeBag(e, unread(slide), extracted(t, slide, safetensors.F32))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Levels, got.Levels); diff != "" || got.Counts != want.Counts || got.Device.Used != "cpu" {
		t.Errorf("counts %+v, device %+v, %s", got.Counts, got.Device, diff)
	}
}

func TestAnalyzeBagRefuses(t *testing.T) {
	slide := extractSlide()
	b := extracted(t, slide, safetensors.F32)
	for name, c := range map[string]struct {
		options Options
		content string
		stated  float64
		says    string
	}{
		"another slide":        {Options{Model: redModel(t, []float64{5, 10}, 1)}, strings.Repeat("00", 32), 0, "another slide"},
		"another resolution":   {Options{Model: redModel(t, []float64{5, 10}, 1)}, contentID, 40, "µm per pixel"},
		"other magnifications": {Options{Model: redModel(t, []float64{5, 40}, 1)}, contentID, 0, "40x"},
		"another lowest":       {Options{Model: redModel(t, []float64{10, 20}, 1)}, contentID, 0, "begin at 5x"},
	} {
		t.Run(name, func(t *testing.T) {
			req := Request{Slide: slide, Resolution: slide.Info().Resolution}
			if c.stated != 0 {
				req.Resolution = slideio.Stated(c.stated)
			}
			_, err := newEngine(t, c.options).AnalyzeBag(t.Context(), req, c.content, "s.bag", b, nil)
			if !errors.Is(err, ErrOtherBag) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "s.bag") {
				t.Errorf("error %v", err)
			}
		})
	}
	e := newEngine(t, Options{Model: redModel(t, []float64{5, 10}, 1)})
	a, err := e.begin(Request{Slide: slide, Resolution: slide.Info().Resolution}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*bag.Manifest){
		"":                     func(*bag.Manifest) {},
		"imported":             func(m *bag.Manifest) { m.Source = &bag.Source{} },
		"encoder mean colour":  func(m *bag.Manifest) { m.Encoder.SHA256 = "" },
		"patches of 17 pixels": func(m *bag.Manifest) { m.PatchSize++ },
		"other settings":       func(m *bag.Manifest) { m.Tissue.Threshold = 0.9 },
	} {
		m := b.Manifest()
		change(&m)
		if why := a.unlike(m, contentID); !strings.Contains(why, want) || want == "" && why != "" {
			t.Errorf("%q, want %q", why, want)
		}
	}
}
