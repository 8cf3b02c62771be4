package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/mil"
	"zoomscope/engine/safetensors"
)

// answers gives each slide, told by its number of patches, its logits.
type answers map[int][]float64

func (a answers) Predict(_ context.Context, s mil.Source) ([]float64, error) {
	if logits, ok := a[s.Len(0)]; ok {
		return logits, nil
	}
	return nil, errors.New("no answer")
}

func TestEvaluate(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15)) // of 3, 4, 5, 6 patches in turn
	all := answers{3: {2, 1, 0}, 4: {0, math.Log(2), 0}, 5: {1, 1, 0}, 6: {0, 0, 3}}
	m, p, err := Evaluate(t.Context(), all, d, d.Samples, EvaluateOptions{Resamples: -1})
	if err != nil {
		t.Fatal(err)
	}
	if m.Slides != 15 || m.AUC.Resamples != 0 || p[1].Slide != "s01" || p[1].Predicted != 1 || p[1].Class != 1 {
		t.Errorf("%+v, %+v", m, p[1])
	}
	for i, want := range []float64{0.25, 0.5, 0.25} {
		near(t, "probability", Number(p[1].Probabilities[i]), want)
	}
	if p[2].Predicted != 0 { // 1, 1, 0
		t.Errorf("of equal logits %d is taken", p[2].Predicted)
	}
	if m, _, err := Evaluate(t.Context(), all, d, d.Samples, EvaluateOptions{}); err != nil || m.AUC.Resamples < 900 {
		t.Errorf("%+v, error %v", m.AUC, err)
	}
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := SavePredictions(path, d.Classes, p[:2]); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	head := "slide,label,predicted,probability grade 0,probability grade 1,probability grade 2\ns00,grade 0,grade 0,"
	if err != nil || !strings.HasPrefix(string(text), head) || strings.Count(string(text), "\n") != 3 {
		t.Errorf("%s, error %v", text, err)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	missing := *d
	missing.Samples = []Sample{{Name: "gone", Bag: filepath.Join(t.TempDir(), "gone.bag.safetensors")}}
	cases := map[string]struct {
		p    Predictor
		d    *Dataset
		is   error
		want string
	}{
		"not finite":   {answers{3: {0, 0, math.NaN()}}, d, ErrDiverged, "slide s00: logit of class 2 is NaN"},
		"other number": {answers{3: {0, 0}}, d, nil, "slide s00: 2 logits for 3 classes"},
		"its error":    {answers{3: {0, 0, 0}}, d, nil, "slide s01: no answer"},
		"no bag":       {answers{}, &missing, os.ErrNotExist, "slide gone: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := Evaluate(t.Context(), c.p, c.d, c.d.Samples, EvaluateOptions{})
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Evaluate(ctx, answers{}, d, d.Samples, EvaluateOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestBagCache(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	c := openBags([]float64{10}, 2)
	for range 2 {
		for _, s := range d.Samples[:4] {
			source, err := c.get(&s)
			if err != nil {
				t.Fatal(err)
			}
			if err := source.Features(make([]float32, testDim), 0, []int{0}); err != nil || source.Len(0) != s.Patches[1] {
				t.Errorf("%d patches at 10x, want %d; error %v", source.Len(0), s.Patches[1], err)
			}
			if n := c.open.Len(); n > 2 {
				t.Errorf("%d bags are open", n)
			}
		}
	}
	last, err := c.get(&d.Samples[3])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.get(&d.Samples[3]); err != nil || again != last {
		t.Errorf("an open bag is opened again, error %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := last.Features(make([]float32, testDim), 0, []int{0}); err == nil {
		t.Error("a bag is open after Close")
	}
	if _, err := openBags([]float64{40}, 1).get(&d.Samples[0]); err == nil || !strings.Contains(err.Error(), d.Samples[0].Bag) {
		t.Errorf("a magnification that is not there: error %v", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	var good bytes.Buffer
	c := checkpoint{run: "x", history: []Epoch{{Epoch: 1, Validation: Measure(names(2), nil, 0, 1)}}}
	c.state = newSoftmax(f, testConfig(&Dataset{
		Classes: names(2), Magnifications: []float64{5, 10}, PatchSize: 256,
		Encoder: testManifest("").Encoder, Tissue: testManifest("").Tissue,
	}).Model).State()
	c.best = c.state
	if err := c.write(&good); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := safetensors.Parse(text)
		if err != nil {
			return
		}
		got, err := decodeCheckpoint(s)
		if err != nil {
			return
		}
		for i, e := range got.history {
			if e.Epoch != i+1 || e.Validation == nil || len(got.best) == 0 {
				t.Errorf("took %+v", e)
			}
		}
	})
}
