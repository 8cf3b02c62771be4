package zoom

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/slideio"
)

// wholeModel is a small model of an exhaustive method.
func wholeModel(t *testing.T, method string, tissue float64, magnifications ...float64) *mil.Model {
	t.Helper()
	c := redModel(t, []float64{5, 10}, 1).Config()
	published := mil.Published(method)
	c.Method, c.Classifier, c.Sizes, c.K = method, published.Classifier, published.Sizes, nil
	for _, size := range []*int{&c.Sizes.Embedding, &c.Sizes.Hidden, &c.Sizes.Middle} {
		*size = min(*size, 8)
	}
	c.Magnifications, c.TissueMagnification = magnifications, tissue
	m, err := mil.New(c, 4)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every exhaustive method reads all the tissue at its magnifications, and says
// the same of a slide and of its bag.
func TestAnalyzeWhole(t *testing.T) {
	slide := extractSlide()
	bag := extracted(t, slide, safetensors.F32)
	for _, method := range mil.Methods()[1:] {
		t.Run(method, func(t *testing.T) {
			magnifications := []float64{20}
			if _, most := mil.Scales(method); most > 1 {
				magnifications = []float64{10, 20}
			}
			e := newEngine(t, Options{Model: wholeModel(t, method, 5, magnifications...)})
			want := analyze(t, e, slide)
			checkWhole(t, want, bag.Len(1), bag.Len(2))
			got, err := analyzeBag(e, unread(slide), bag)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(got.Warnings, "The features were taken from the bag s.bag: the slide was not read again.") {
				t.Errorf("warnings %q", got.Warnings)
			}
			got.Warnings, got.Seconds, want.Seconds = want.Warnings, result.Seconds{}, result.Seconds{}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkWhole wants so many patches at 10x, where the model has it, and 20x.
func checkWhole(t *testing.T, r *result.Result, at10, at20 int) {
	t.Helper()
	all := 0
	for i, l := range r.Levels {
		want := map[float64]int{10: at10, 20: at20}[l.Magnification]
		if len(l.Patches) != want {
			t.Errorf("%d patches at %gx, want %d", len(l.Patches), l.Magnification, want)
		}
		all += want
		checkWholeLevel(t, r, i)
	}
	if r.Counts.Encoded != all || r.Counts.Exhaustive != all {
		t.Errorf("counts %+v, want %d", r.Counts, all)
	}
	sum := 0.0
	for _, p := range r.Prediction.Probabilities {
		sum += p
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("probabilities %v", r.Prediction.Probabilities)
	}
}

// checkWholeLevel wants patches row by row, in their parents, and attention that
// adds up to 1, or none and a warning. That of msmil adds up over all levels.
func checkWholeLevel(t *testing.T, r *result.Result, i int) {
	t.Helper()
	sum := 0.0
	for j, p := range r.Levels[i].Patches {
		sum += p.Attention
		if p.Selected || p.ZoomAttention != 0 {
			t.Errorf("patch %d was chosen", j)
		}
		if j > 0 {
			if q := r.Levels[i].Patches[j-1]; p.Y < q.Y || p.Y == q.Y && p.X <= q.X {
				t.Fatalf("patch %d at %v, %v stands behind one at %v, %v", j, p.X, p.Y, q.X, q.Y)
			}
		}
		if i == 0 {
			if p.Parent != -1 {
				t.Errorf("parent %d at the lowest magnification", p.Parent)
			}
			continue
		}
		q := r.Levels[i-1].Patches[p.Parent]
		if p.X < q.X || p.Y < q.Y || p.X+p.Size > q.X+q.Size || p.Y+p.Height > q.Y+q.Height {
			t.Fatalf("patch %d is not within its parent", j)
		}
	}
	blind := slices.ContainsFunc(r.Warnings, func(s string) bool { return strings.Contains(s, "no attention") })
	if r.Levels[i].NoAttention != blind {
		t.Errorf("no attention: %v, warnings %q", r.Levels[i].NoAttention, r.Warnings)
	}
	if r.Model.Method == mil.MSMIL {
		if i < len(r.Levels)-1 {
			return
		}
		for _, l := range r.Levels[:i] {
			for _, p := range l.Patches {
				sum += p.Attention
			}
		}
	}
	if blind && sum != 0 || !blind && math.Abs(sum-1) > 1e-4 {
		t.Errorf("attention adds up to %v, warnings %q", sum, r.Warnings)
	}
}

// Without a magnification of its own for tissue, a method looks for it where it
// looks at patches.
func TestAnalyzeWholeTissue(t *testing.T) {
	shape := shapes["three magnifications"]
	slide := mosaic(shape.shape, slideio.Rect{X: 150, Y: 90, W: 640, H: 470}) // in the middle of patches at 5x
	within := analyze(t, newEngine(t, Options{Model: wholeModel(t, mil.ABMIL, 5, 20)}), slide)
	alone := analyze(t, newEngine(t, Options{Model: wholeModel(t, mil.ABMIL, 0, 20)}), slide)
	if a, b := len(within.Levels[0].Patches), len(alone.Levels[0].Patches); a == b || a%16 != 0 || b == 0 {
		t.Errorf("%d patches within tissue at 5x, %d at 20x", a, b)
	}
	e, slide := newEngine(t, Options{Model: wholeModel(t, mil.ABMIL, 0, 20)}), extractSlide()
	if _, err := analyzeBag(e, unread(slide), extracted(t, slide, safetensors.F32)); err == nil || !strings.Contains(err.Error(), "begin at 5x, the model at 20x") {
		t.Errorf("error %v", err)
	}
}

// A device without the memory hands over to the processor, which has the patches
// that were encoded before.
func TestAnalyzeWholeOutOfMemory(t *testing.T) {
	slide := extractSlide()
	m := wholeModel(t, mil.CLAMSB, 5, 20)
	want := analyze(t, newEngine(t, Options{Model: m}), slide)
	for name, device := range map[string]short{
		"for the patches alone": {8, false, new(int)}, "for nothing": {0, false, new(int)}, "enough": {8, true, new(int)},
	} {
		e := newEngine(t, Options{
			Model: m, Place: gpu(device),
			CPU: func(context.Context) (Place, error) { return cpu(), nil },
		})
		got := analyze(t, e, slide)
		if diff := cmp.Diff(want.Levels, got.Levels); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(want.Prediction, got.Prediction); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
