package train

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
)

const testDim = 4

func testManifest(slide string) bag.Manifest {
	settings, _ := tissue.Preset("crc")
	return bag.Manifest{
		Slide: result.Slide{
			Path: slide, Vendor: "synth", Width: 5000, Height: 4000,
			MPP: [2]float64{0.25, 0.25}, Bounds: result.Rect{Width: 5000, Height: 4000},
		},
		ContentID:      "content of " + slide,
		Magnifications: []float64{5, 10},
		PatchSize:      256,
		Encoder:        result.Encoder{Name: "fake", SHA256: strings.Repeat("0f", 32), Dim: testDim},
		Tissue:         settings,
	}
}

// writeBag writes a bag of n low patches whose features lie about the mean.
func writeBag(t testing.TB, path string, m bag.Manifest, n int, mean float32, seed uint64) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 1))
	levels := make([]bag.Level, len(m.Magnifications))
	for i := range n {
		levels[0].Cells = append(levels[0].Cells, grid.Cell{Column: i})
	}
	for l := 1; l < len(levels); l++ {
		f := int(m.Magnifications[l] / m.Magnifications[l-1])
		for _, p := range levels[l-1].Cells {
			for j := range f * f {
				levels[l].Cells = append(levels[l].Cells, grid.Cell{Column: p.Column*f + j%f, Row: p.Row*f + j/f})
			}
		}
	}
	for l := range levels {
		for range len(levels[l].Cells) * m.Encoder.Dim {
			levels[l].Features = append(levels[l].Features, mean+0.3*float32(dice.NormFloat64()))
		}
	}
	b, err := bag.New(m, levels)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Save(path, safetensors.F32); err != nil {
		t.Fatal(err)
	}
}

// writeTable writes a CSV file into dir and returns its path.
func writeTable(t testing.TB, dir string, rows ...[]string) string {
	t.Helper()
	path := filepath.Join(dir, "slides.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return path
}

// cohort writes n slides of three grades with a bag each into dir, and returns
// the table.
func cohort(t testing.TB, dir string, n int) string {
	t.Helper()
	rows := [][]string{{"slide", "label", "patient"}}
	for i := range n {
		name := fmt.Sprintf("s%02d", i)
		grade := i % 3
		writeBag(t, filepath.Join(dir, name+BagExt), testManifest(name+".svs"), 3+i%4, 0.8*float32(grade), uint64(i))
		rows = append(rows, []string{name + ".svs", fmt.Sprint("grade ", grade), fmt.Sprint("p", i/2*10+grade)})
	}
	return writeTable(t, dir, rows...)
}

// testConfig is that of a run on d which takes little time.
func testConfig(d *Dataset) Config {
	c := Defaults()
	c.Epochs, c.LearningRate, c.Resamples, c.Seed = 4, 0.5, 20, 7
	c.Plateau.Patience = 0
	c.Model = d.Fill(mil.Config{
		Name: "test", Method: mil.ZoomMIL, K: []int{3},
		Sizes: mil.Sizes{Hidden: 2, Embedding: testDim}, Classifier: mil.Linear,
	})
	return c
}

// softmax is a Learner in plain Go: softmax regression on the mean feature of the
// lowest magnification, with momentum, and noise so that seeds count. Its weights
// are the classifier of a ZoomMIL model, the rest of which stays as it was.
type softmax struct {
	params   map[string]*nn.Tensor
	momentum *nn.Tensor // [classes, dim+1]
	dim      int
	loss     func(slide int) float64 // in place of the loss of that step, where not nil
	predict  func([]float64) []float64
	fail     error // of every step
	steps    int
}

func newSoftmax(t testing.TB, c mil.Config) *softmax {
	t.Helper()
	m, err := mil.New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	return &softmax{
		params:   copyTensors(m.Params()),
		momentum: nn.NewTensor(nn.Float32, len(c.Classes), c.Encoder.Dim+1),
		dim:      c.Encoder.Dim,
	}
}

func (s *softmax) mean(source mil.Source) ([]float64, error) {
	n := source.Len(0)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	features := make([]float32, n*s.dim)
	if err := source.Features(features, 0, rows); err != nil {
		return nil, err
	}
	mean := make([]float64, s.dim)
	for i, v := range features {
		mean[i%s.dim] += float64(v) / float64(n)
	}
	return mean, nil
}

func (s *softmax) logits(x []float64) []float64 {
	w, b := s.params["classify_head.weight"], s.params["classify_head.bias"]
	out := make([]float64, len(b.F32))
	for c := range out {
		out[c] = float64(b.F32[c])
		for j, v := range x {
			out[c] += v * float64(w.F32[c*s.dim+j])
		}
	}
	return out
}

func (s *softmax) Step(ctx context.Context, source mil.Source, label int, o StepOptions) (float64, error) {
	if err := errors.Join(ctx.Err(), s.fail); err != nil {
		return 0, err
	}
	x, err := s.mean(source)
	if err != nil {
		return 0, err
	}
	dice := rand.New(rand.NewPCG(o.Seed, 0))
	for i := range x {
		x[i] += 0.1 * dice.NormFloat64()
	}
	s.steps++
	logits := s.logits(x)
	loss := crossEntropy(logits, label)
	if s.loss != nil {
		return s.loss(s.steps), nil
	}
	all := logSumExp(logits, -1)
	for c := range logits {
		g := math.Exp(logits[c] - all)
		if c == label {
			g--
		}
		for j, v := range append(slices.Clone(x), 1) {
			m := &s.momentum.F32[c*(s.dim+1)+j]
			*m = 0.9**m + float32(g*v)
			if j < s.dim {
				s.params["classify_head.weight"].F32[c*s.dim+j] -= float32(o.LearningRate) * *m
			} else {
				s.params["classify_head.bias"].F32[c] -= float32(o.LearningRate) * *m
			}
		}
	}
	return loss, nil
}

func (s *softmax) Predict(_ context.Context, source mil.Source) ([]float64, error) {
	x, err := s.mean(source)
	if err != nil {
		return nil, err
	}
	if s.predict != nil {
		return s.predict(s.logits(x)), nil
	}
	return s.logits(x), nil
}

func (s *softmax) State() map[string]*nn.Tensor {
	state := map[string]*nn.Tensor{"momentum": s.momentum}
	for name, t := range s.params {
		state[name] = t
	}
	return state
}

func (s *softmax) Restore(state map[string]*nn.Tensor) error {
	if len(state) != len(s.State()) {
		return errors.New("other tensors")
	}
	for name, t := range s.State() {
		from := state[name]
		if from == nil || !slices.Equal(from.Shape, t.Shape) {
			return fmt.Errorf("tensor %q does not fit", name)
		}
		copy(t.F32, from.F32)
	}
	return nil
}

func (s *softmax) Weights() map[string]*nn.Tensor { return s.params }
