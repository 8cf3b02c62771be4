package mil

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/topk"
)

// trainConfig is a small model of m magnifications.
func trainConfig(m int) Config {
	c := testConfig(1)
	c.Magnifications, c.K = nil, nil
	for i := range m {
		c.Magnifications = append(c.Magnifications, 5*math.Pow(2, float64(i)))
		if i < m-1 {
			c.K = append(c.K, 3)
		}
	}
	c.Encoder.Dim, c.Sizes = 6, Sizes{Hidden: 4, Embedding: 5}
	return c
}

func newTrainer(t *testing.T, c Config, o nn.Opener, options TrainOptions) *Trainer {
	t.Helper()
	m, err := New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := m.NewTrainer(o, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// variants are the whole method and what its parts are compared with.
var variants = map[string]func(*Config){
	"whole":               func(*Config) {},
	"two magnifications":  func(c *Config) { c.Magnifications, c.K = c.Magnifications[:2], c.K[:1] },
	"mlp":                 func(c *Config) { c.Classifier = MLP },
	"random":              func(c *Config) { c.Selection = []string{Random, Random} },
	"random at low":       func(c *Config) { c.Selection = []string{Random, Learned} },
	"random at high":      func(c *Config) { c.Selection = []string{Learned, Random} },
	"not differentiable":  func(c *Config) { c.Selection = []string{Hard, Hard} },
	"single attention":    func(c *Config) { c.Attention = Single },
	"highest alone":       func(c *Config) { c.Fusion = Highest },
	"concatenation":       func(c *Config) { c.Fusion = Concat },
	"four magnifications": func(c *Config) { c.Magnifications, c.K = []float64{2.5, 5, 10, 20}, []int{3, 2, 3} },
}

func variantConfig(change func(*Config)) Config {
	c := trainConfig(3)
	change(&c)
	return c
}

func variantSource(c Config) matrices {
	rows := []int{7}
	for range len(c.Magnifications) - 1 {
		rows = append(rows, 4*rows[len(rows)-1])
	}
	return randomSource(5, c.Encoder.Dim, rows...)
}

// fixed is a selection that no weight changes, and no dropout: what is left of
// the loss is smooth in the weights.
func fixed(c *Config) {
	c.Selection = nil
	for range c.K {
		c.Selection = append(c.Selection, Random)
	}
}

func lossOf(p *pass) float64 {
	defer p.release()
	return p.loss
}

// With the patches that are chosen held still, the gradients are the slopes of
// the loss. (The selection's own gradient has tests of its own.)
func TestGradientsAreSlopes(t *testing.T) {
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			c := variantConfig(change)
			fixed(&c)
			tr := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Dropout: 0.3})
			source := variantSource(c)
			loss := func() *pass {
				p, err := tr.forward(t.Context(), source, 1, seeded(tr.options, 9))
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			p := loss()
			if err := tr.backward(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			p.release()
			r := rand.New(rand.NewPCG(1, 1))
			moved := false
			for _, l := range append(tr.levels, tr.head) {
				for i, p := range l.params {
					grad := l.grads[i].F32
					j := r.IntN(len(p.F32))
					const h = 1e-2
					old := p.F32[j]
					p.F32[j] = old + h
					up := lossOf(loss())
					p.F32[j] = old - h
					down := lossOf(loss())
					p.F32[j] = old
					slope := (up - down) / (2 * h)
					if math.Abs(slope-float64(grad[j])) > 2e-4+2e-2*math.Abs(slope) {
						t.Errorf("%s: gradient of value %d is %v, slope %v", l.names[i], j, grad[j], slope)
					}
					moved = moved || math.Abs(slope) > 1e-2
				}
			}
			if !moved {
				t.Error("no weight changes the loss: the test shows nothing")
			}
		})
	}
}

// What flows through the selections is what the equations say, with T and the
// products written out.
func TestBlendAndItsGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		n, k, length := 2+r.IntN(12), 1+r.IntN(9), []int{1, 7, 16, 48, 2500, 4096}[r.IntN(6)]
		scores := make([]float32, n)
		for i := range scores {
			scores[i] = r.Float32()
		}
		chosen, err := topk.Perturbed(scores, k, topk.Perturbation{Samples: 9, Sigma: 0.5, Seed: r.Uint64()})
		if err != nil {
			t.Fatal(err)
		}
		sel := newSelection(chosen)
		x := &blocks{length: length, values: randomSource(r.Uint64(), length, n)[0].F32}
		g := &blocks{length: length, values: randomSource(r.Uint64(), length, sel.Rows)[0].F32}
		y := &blocks{length: length, values: make([]float32, sel.Rows*length)}
		back := &blocks{length: length, values: make([]float32, n*length)}
		sel.blend(y, x)
		sel.unblend(back, g)
		inner := make([]float32, len(sel.Column))
		sel.addProducts(inner, g, x)
		wantY, wantBack := make([]float32, len(y.values)), make([]float32, len(back.values))
		for i := range sel.Rows {
			for e := sel.Start[i]; e < sel.Start[i+1]; e++ {
				d, sum := sel.Column[e], 0.0
				for b := range length {
					wantY[i*length+b] += sel.Weight[e] * x.values[d*length+b]
					wantBack[d*length+b] += sel.Weight[e] * g.values[i*length+b]
					sum += float64(g.values[i*length+b]) * float64(x.values[d*length+b])
				}
				if math.Abs(sum-float64(inner[e])) > 1e-6*float64(length+10) {
					t.Fatalf("product of row %d and column %d is %v, want %v", i, d, inner[e], sum)
				}
			}
		}
		near(t, "blended", y.values, wantY)
		near(t, "unblended", back.values, wantBack)
	}
}

// Steps on one slide make the model sure of its label, in every variant, and the
// same seeds give the same weights.
func TestStepsLearn(t *testing.T) {
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			c := variantConfig(change)
			source := variantSource(c)
			run := func() (*Trainer, float64, float64) {
				tr := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Dropout: 0.1, Samples: 10, Sigma: 0.05})
				var losses []float64
				for i := range 30 {
					loss, err := tr.Step(t.Context(), source, 1, StepOptions{LearningRate: 0.01, Seed: uint64(i)})
					if err != nil {
						t.Fatal(err)
					}
					losses = append(losses, loss)
				}
				return tr, losses[0], losses[len(losses)-1]
			}
			tr, first, last := run()
			if !(last < 0.7*first) {
				t.Errorf("loss went from %v to %v", first, last)
			}
			again, _, _ := run()
			for name, w := range tr.State() {
				if !slices.Equal(w.F32, again.State()[name].F32) {
					t.Fatalf("%s differs between runs of the same seeds", name)
				}
			}
			compareWithAssembled(t, tr, source)
		})
	}
}

// compareWithAssembled wants the weights, put into a model, to answer as the
// trainer does.
func compareWithAssembled(t *testing.T, tr *Trainer, source matrices) {
	t.Helper()
	logits, err := tr.Predict(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Assemble(tr.Config(), tr.Weights())
	if err != nil {
		t.Fatal(err)
	}
	out := forward(t, m, nntest.Interpreter{}, source, 0)
	for i, l := range out.Logits {
		if float64(l) != logits[i] {
			t.Errorf("logits %v of the model, %v in training", out.Logits, logits)
		}
	}
}

// A zoom attention learns although nothing but the selection depends on it.
func TestSelectionHasAGradient(t *testing.T) {
	for name, full := range map[string]bool{"own column": false, "whole": true} {
		t.Run(name, func(t *testing.T) {
			c := trainConfig(3)
			tr := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Sigma: 0.05, FullGradient: full})
			before := slices.Clone(tr.params["aux_ga_low_mag.attention_a.0.weight"].F32)
			if _, err := tr.Step(t.Context(), variantSource(c), 0, StepOptions{LearningRate: 0.01, Seed: 1}); err != nil {
				t.Fatal(err)
			}
			if slices.Equal(before, tr.params["aux_ga_low_mag.attention_a.0.weight"].F32) {
				t.Error("the zoom attention did not change")
			}
		})
	}
}

func TestStateRestores(t *testing.T) {
	c := trainConfig(2)
	source := variantSource(c)
	whole := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{})
	resumed := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{})
	step := func(tr *Trainer, i int) {
		if _, err := tr.Step(t.Context(), source, i%2, StepOptions{LearningRate: 0.01, Seed: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		step(whole, i)
		if i == 2 {
			if err := resumed.Restore(whole.State()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := 3; i < 6; i++ {
		step(resumed, i)
	}
	for name, want := range whole.State() {
		if !slices.Equal(want.F32, resumed.State()[name].F32) {
			t.Errorf("%s differs after going on", name)
		}
	}
	for name, change := range map[string]func(map[string]*nn.Tensor){
		"missing":       func(s map[string]*nn.Tensor) { delete(s, "classify_head.bias") },
		"left over":     func(s map[string]*nn.Tensor) { s["other"] = nn.NewTensor(nn.Float32, 1) },
		"another shape": func(s map[string]*nn.Tensor) { s["classify_head.bias"] = nn.NewTensor(nn.Float32, 9) },
	} {
		t.Run(name, func(t *testing.T) {
			state := whole.State()
			change(state)
			if err := resumed.Restore(state); err == nil {
				t.Error("no error")
			}
		})
	}
}

// Numbers that are not finite, on whatever way, leave the weights alone.
func TestStepNotFinite(t *testing.T) {
	for name, value := range map[string]float32{"a feature that is none": float32(math.NaN()), "gradients that overflow": 1e30} {
		t.Run(name, func(t *testing.T) { stepNotFinite(t, value) })
	}
}

func stepNotFinite(t *testing.T, value float32) {
	c := trainConfig(2)
	tr := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Dropout: -1})
	source := variantSource(c)
	for level := range source {
		for i := range source[level].F32 {
			source[level].F32[i] *= value
		}
	}
	before := tr.State()
	kept := map[string][]float32{}
	for name, w := range before {
		kept[name] = slices.Clone(w.F32)
	}
	_, err := tr.Step(t.Context(), source, 0, StepOptions{LearningRate: 0.01})
	if !errors.Is(err, ErrNotFinite) {
		t.Errorf("error %v", err)
	}
	for name, w := range tr.State() {
		if !slices.Equal(w.F32, kept[name]) {
			t.Errorf("%s changed", name)
		}
	}
}

func TestTrainingRefuses(t *testing.T) {
	c := trainConfig(2)
	m, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]TrainOptions{
		"samples": {Samples: -1}, "sigma": {Sigma: -1}, "dropout": {Dropout: 1}, "weight decay": {WeightDecay: -1},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := m.NewTrainer(nntest.Interpreter{}, o); err == nil {
				t.Error("no error")
			}
		})
	}
	tr := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{})
	if _, err := tr.Step(t.Context(), randomSource(1, 6, 5, 21), 0, StepOptions{}); err == nil || !strings.Contains(err.Error(), "multiple") {
		t.Errorf("children that do not go round: error %v", err)
	}
}

func TestVariantsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"too few selections": func(c *Config) { c.Selection = []string{Random} },
		"selection":          func(c *Config) { c.Selection = []string{"best", Random} },
		"attention":          func(c *Config) { c.Attention = "triple" },
		"fusion":             func(c *Config) { c.Fusion = "mean" },
	} {
		t.Run(name, func(t *testing.T) {
			c := trainConfig(3)
			change(&c)
			if err := c.Validate(); err == nil {
				t.Error(fmt.Sprint("no error for ", c.Variant))
			}
		})
	}
}

// standards are some for features that are far from standard.
func standards(c Config) []Standard {
	r := rand.New(rand.NewPCG(4, 4))
	var out []Standard
	for range c.Magnifications {
		s := Standard{Mean: make([]float32, c.Encoder.Dim), Scale: make([]float32, c.Encoder.Dim)}
		for i := range s.Mean {
			s.Mean[i], s.Scale[i] = 3*r.Float32(), 0.5+4*r.Float32()
		}
		out = append(out, s)
	}
	return out
}

// Training on features that are standardised within equals training on those
// that were before, and the weights that come out take the features as they are.
func TestStandards(t *testing.T) {
	c := trainConfig(3)
	source := variantSource(c)
	all := standards(c)
	var before matrices
	for i, x := range source {
		y := nn.NewTensor(nn.Float32, x.Shape...)
		for j, v := range x.F32 {
			d := j % c.Encoder.Dim
			y.F32[j] = (v - all[i].Mean[d]) * all[i].Scale[d]
		}
		before = append(before, y)
	}
	within := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Sigma: 0.05, Standards: all})
	plain := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Sigma: 0.05})
	for i := range 5 {
		a, err := within.Step(t.Context(), source, i%2, StepOptions{LearningRate: 1e-4, Seed: uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		b, err := plain.Step(t.Context(), before, i%2, StepOptions{LearningRate: 1e-4, Seed: uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a-b) > 1e-3 {
			t.Fatalf("step %d: loss %v within, %v before", i, a, b)
		}
	}
	logits, err := within.Predict(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Assemble(within.Config(), within.Weights())
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range forward(t, m, nntest.Interpreter{}, source, 0).Logits {
		if math.Abs(float64(l)-logits[i]) > 1e-4 {
			t.Errorf("logit %d is %v of the model, %v in training", i, l, logits[i])
		}
	}
	state := within.State()
	for name, w := range m.Params() {
		state[name] = w // goes before what the state has
	}
	if err := plain.Restore(state); err == nil {
		t.Error("a training without standards took a state with them")
	}
	other := newTrainer(t, c, nntest.Interpreter{}, TrainOptions{Sigma: 0.05, Standards: all})
	if err := other.Restore(state); err != nil {
		t.Fatal(err)
	}
	again, err := other.Predict(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if math.Abs(again[i]-logits[i]) > 1e-4 {
			t.Errorf("logit %d is %v after restoring weights, was %v", i, again[i], logits[i])
		}
	}
}

func TestStandardsRefused(t *testing.T) {
	c := trainConfig(2)
	m, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(s []Standard) []Standard{
		"too few": func(s []Standard) []Standard { return s[:1] },
		"short":   func(s []Standard) []Standard { s[0].Mean = s[0].Mean[1:]; return s },
		"zero":    func(s []Standard) []Standard { s[1].Scale[2] = 0; return s },
		"NaN":     func(s []Standard) []Standard { s[1].Mean[2] = float32(math.NaN()); return s },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := m.NewTrainer(nntest.Interpreter{}, TrainOptions{Standards: change(standards(c))}); err == nil {
				t.Error("no error")
			}
		})
	}
}
