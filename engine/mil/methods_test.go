package mil

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/grid"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/tissue"
)

// methodConfigs are a small model of every exhaustive method, in all its forms.
func methodConfigs() map[string]Config {
	all := map[string]Config{}
	add := func(name, method string, change func(*Config)) {
		c := testConfig(6)
		c.Method, c.Magnifications, c.K, c.Classifier = method, []float64{10}, nil, Published(method).Classifier
		c.Sizes = Published(method).Sizes
		for _, size := range []*int{&c.Sizes.Hidden, &c.Sizes.Embedding, &c.Sizes.Middle} {
			*size = min(*size, 5)
		}
		change(&c)
		all[name] = c
	}
	three := func(c *Config) { c.Classes = append(c.Classes, "third") }
	scales := func(c *Config) { c.Magnifications = []float64{2.5, 5, 10} }
	add("maxmil", MaxMIL, func(*Config) {})
	add("maxmil of three", MaxMIL, three)
	add("maxmil of features", MaxMIL, func(c *Config) { c.Options.Pooling = Feature })
	add("meanmil", MeanMIL, three)
	add("abmil", ABMIL, three)
	add("abmil ungated", ABMIL, func(c *Config) { c.Options.Ungated = true })
	add("abmil of three layers", ABMIL, func(c *Config) { c.Options.Depth = 3 })
	add("abmil sigmoid", ABMIL, func(c *Config) { c.Classifier = Sigmoid })
	add("clam_sb", CLAMSB, func(c *Config) { c.Options.Instances = 3 })
	add("clam_sb of many", CLAMSB, func(*Config) {}) // more instances than patches
	add("clam_sb subtyping", CLAMSB, func(c *Config) { three(c); c.Options.Subtyping = true })
	add("clam_sb ungated svm", CLAMSB, func(c *Config) { c.Options.Ungated = true; c.Options.InstanceLoss = SmoothSVM })
	add("dsmil", DSMIL, func(*Config) {})
	add("dsmil of one output", DSMIL, func(c *Config) { c.Classifier = Sigmoid })
	add("dsmil of scales", DSMIL, func(c *Config) { scales(c); three(c); c.Options.Loss = CrossEntropy })
	add("dsmil values", DSMIL, func(c *Config) { c.Options.Values, c.Options.LinearQuery = true, true })
	add("msmil", MSMIL, func(c *Config) { c.Magnifications = []float64{5, 20} })
	add("msmil of three", MSMIL, scales)
	add("transmil", TransMIL, func(c *Config) { three(c); c.Sizes.Embedding = 8 })
	add("transmil first rows", TransMIL, func(c *Config) { c.Sizes.Embedding, c.Options.FirstRows = 8, true })
	add("transmil of a width the heads do not divide", TransMIL, func(c *Config) { c.Sizes.Embedding = 19 })
	add("sparseconvmil", SparseConvMIL, three)
	add("sparseconvmil of cells", SparseConvMIL, func(c *Config) { c.Options.Cell = 2 })
	return all
}

// family is a slide whose patches have places: n x n at the lowest
// magnification, one missing, and all of their children above, those of one
// parent together.
type family struct {
	matrices
	cells [][]grid.Cell
}

func (f family) Cells(level int) []grid.Cell { return f.cells[level] }

func newFamily(c Config, seed uint64, n int) family {
	f := family{cells: make([][]grid.Cell, len(c.Magnifications))}
	for i := range n*n - 1 {
		f.cells[0] = append(f.cells[0], grid.Cell{Column: 3 + i%n, Row: 2 + i/n})
	}
	rows := []int{len(f.cells[0])}
	for level := 1; level < len(c.Magnifications); level++ {
		r := int(c.Magnifications[level] / c.Magnifications[level-1])
		for _, p := range f.cells[level-1] {
			for j := range r * r {
				f.cells[level] = append(f.cells[level], grid.Cell{Column: p.Column*r + j%r, Row: p.Row*r + j/r})
			}
		}
		rows = append(rows, len(f.cells[level]))
	}
	f.matrices = randomSource(seed, c.Encoder.Dim, rows...)
	return f
}

func newBagTrainer(t *testing.T, c Config, o nn.Opener, options TrainOptions) *BagTrainer {
	t.Helper()
	m, err := New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := m.NewBagTrainer(o, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func eachMethod(t *testing.T, test func(t *testing.T, c Config)) {
	for _, name := range slices.Sorted(maps.Keys(methodConfigs())) {
		t.Run(name, func(t *testing.T) { test(t, methodConfigs()[name]) })
	}
}

// The gradients are the slopes of the loss, with dropout and standards; what a
// method only chooses by is held still by steps that are small.
func TestMethodGradientsAreSlopes(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		source := newFamily(c, 5, 3)
		c.Options.Instances = 0 // of CLAM more than there are: no step changes which
		tr := newBagTrainer(t, c, nntest.Interpreter{}, TrainOptions{Dropout: 0.3, Standards: standardsOf(c, 4)})
		if _, _, err := tr.slopes(t.Context(), source, 1, 9); err != nil {
			t.Fatal(err)
		}
		var grads [][]float32
		for _, g := range tr.gradient.grads {
			grads = append(grads, slices.Clone(g.F32))
		}
		loss := func() float64 {
			_, loss, err := tr.slopes(t.Context(), source, 1, 9)
			if err != nil {
				t.Fatal(err)
			}
			return loss
		}
		r := rand.New(rand.NewPCG(1, 1))
		here, moved := loss(), 0
		for i, p := range tr.gradient.params {
			const h = 4e-3
			var j int
			var slope float64
			for range 10 { // a value whose steps cross no kink
				j = r.IntN(len(p.F32))
				old := p.F32[j]
				p.F32[j] = old + h
				up := loss()
				p.F32[j] = old - h
				down := loss()
				p.F32[j] = old
				slope = (up - down) / (2 * h)
				if math.Abs(up-2*here+down) < 1e-4*h+2e-2*math.Abs(up-down) {
					break
				}
			}
			if math.Abs(slope-float64(grads[i][j])) > 3e-4+3e-2*math.Abs(slope) {
				t.Errorf("%s: gradient of value %d is %v, slope %v", tr.gradient.names[i], j, grads[i][j], slope)
			}
			if math.Abs(slope) > 3e-3 {
				moved++
			}
		}
		if moved == 0 {
			t.Error("no weight changes the loss: the test shows nothing")
		}
	})
}

// standardsOf are arbitrary ones.
func standardsOf(c Config, seed uint64) []Standard {
	r := rand.New(rand.NewPCG(seed, 4))
	var all []Standard
	for range c.Magnifications {
		s := Standard{make([]float32, c.Encoder.Dim), make([]float32, c.Encoder.Dim)}
		for j := range s.Mean {
			s.Mean[j], s.Scale[j] = float32(r.NormFloat64()), float32(0.5+r.Float64())
		}
		all = append(all, s)
	}
	return all
}

// Steps on one slide make a model sure of its label, and what is interrupted goes
// on to the same weights.
func TestMethodsLearnAndResume(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		source := newFamily(c, 5, 3)
		options := TrainOptions{Dropout: 0.1, WeightDecay: 1e-5, Standards: standardsOf(c, 2)}
		const steps = 24
		var first, last float64
		run := func(tr *BagTrainer, from, to int) {
			for i := from; i < to; i++ {
				loss, err := tr.Step(t.Context(), source, 1, StepOptions{LearningRate: 0.01, Seed: uint64(i)})
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					first = loss
				}
				last = loss
			}
		}
		whole := newBagTrainer(t, c, nntest.Interpreter{}, options)
		run(whole, 0, steps)
		if !(last < 0.8*first) {
			t.Errorf("loss went from %v to %v", first, last)
		}
		half := newBagTrainer(t, c, nntest.Interpreter{}, options)
		run(half, 0, steps/2)
		rest := newBagTrainer(t, c, nntest.Interpreter{}, options)
		if err := rest.Restore(half.State()); err != nil {
			t.Fatal(err)
		}
		run(rest, steps/2, steps)
		if diff := cmp.Diff(whole.State(), rest.State()); diff != "" {
			t.Errorf("an interruption changes the weights: %s", diff[:min(len(diff), 500)])
		}
		logits, err := whole.Predict(t.Context(), source)
		if err != nil || len(logits) != len(c.Classes) || logits[1] < slices.Max(logits) {
			t.Errorf("logits %v, error %v", logits, err)
		}
	})
}

// The model that training leaves takes features as they are, and says the same.
func TestMethodWeightsTakeInStandards(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		source := newFamily(c, 7, 3)
		tr := newBagTrainer(t, c, nntest.Interpreter{}, TrainOptions{Standards: standardsOf(c, 8)})
		want, err := tr.Forward(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Assemble(c, tr.Weights())
		if err != nil {
			t.Fatal(err)
		}
		got := forward(t, m, nntest.Interpreter{}, source, 0)
		nearly := func(what string, a, b []float32) {
			for i := range b {
				if math.Abs(float64(a[i]-b[i])) > 2e-5 {
					t.Errorf("%s %d is %v, in training %v", what, i, a[i], b[i])
				}
			}
		}
		nearly("probability", got.Probabilities, want.Probabilities)
		for i := range want.Levels {
			nearly("attention", got.Levels[i].Attention, want.Levels[i].Attention)
		}
		state := tr.State()
		for name, w := range tr.Weights() {
			state[name] = w
		}
		before := maps.Clone(tr.params)
		for name, p := range before {
			before[name] = nn.F32Tensor(slices.Clone(p.F32), p.Shape...)
		}
		if err := tr.Restore(state); err != nil {
			t.Fatal(err)
		}
		for name, p := range before {
			nearly(name, tr.params[name].F32, p.F32)
		}
	})
}

// The order in which patches are handed over makes no difference where their
// places are known.
func TestMethodsTakePatchesRowByRow(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		if len(c.Magnifications) > 1 {
			t.Skip("patches of several magnifications are in the order of their parents")
		}
		m, err := New(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		source := newFamily(c, 7, 4)
		want := forward(t, m, nntest.Interpreter{}, source, 0)
		n := source.Len(0)
		other := newFamily(c, 7, 4)
		perm := rand.New(rand.NewPCG(3, 3)).Perm(n)
		d := c.Encoder.Dim
		for i, at := range perm {
			other.cells[0][i] = source.cells[0][at]
			copy(other.matrices[0].F32[i*d:(i+1)*d], source.matrices[0].F32[at*d:])
		}
		got := forward(t, m, nntest.Interpreter{}, other, 0)
		if !slices.Equal(got.Logits, want.Logits) {
			t.Errorf("logits %v, want %v", got.Logits, want.Logits)
		}
		for i, at := range perm {
			if a := got.Levels[0].Attention; a != nil && a[i] != want.Levels[0].Attention[at] {
				t.Fatalf("attention of patch %d is %v, want %v", at, a[i], want.Levels[0].Attention[at])
			}
		}
	})
}

// A bag that is handed over in portions gives what Forward gives.
func TestBagRun(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		m, err := New(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		n, err := m.Open(nntest.Interpreter{})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		source := newFamily(c, 7, 3)
		want, err := n.Forward(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		layers, rows, err := layersOf(source, c.Magnifications, true)
		if err != nil {
			t.Fatal(err)
		}
		run := n.StartBag(layers)
		for level := range layers {
			for _, row := range rows[level] {
				x := make([]float32, c.Encoder.Dim)
				if err := source.Features(x, level, []int{row}); err != nil {
					t.Fatal(err)
				}
				run.Add(x)
			}
		}
		got, err := run.Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got.inOrderOf(rows)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMethodsSaveAndLoad(t *testing.T) {
	eachMethod(t, func(t *testing.T, c Config) {
		m, err := New(c, 7)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := m.Save(path); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.Config(), got.Config()) + cmp.Diff(m.Params(), got.Params()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMethodsRefuse(t *testing.T) {
	tests := []struct {
		name, want string
		of         string
		change     func(*Config)
	}{
		{"k", "abmil takes all patches", "abmil", func(c *Config) { c.K = []int{3} }},
		{"selection", "selection", "abmil", func(c *Config) { c.Selection = []string{Hard} }},
		{"scales", "has 1", "abmil", func(c *Config) { c.Magnifications = []float64{5, 10} }},
		{"one scale", "from 2", "msmil", func(c *Config) { c.Magnifications = []float64{5} }},
		{"heads", "8 or more", "transmil", func(c *Config) { c.Sizes.Embedding = 7 }},
		{"hidden", "hidden", "meanmil", func(c *Config) { c.Sizes.Hidden = 4 }},
		{"no hidden", "hidden", "clam_sb", func(c *Config) { c.Sizes.Hidden = 0 }},
		{"middle", "middle", "maxmil", func(c *Config) { c.Sizes.Middle = 4 }},
		{"another's option", "abmil: there is no subtyping", "abmil", func(c *Config) { c.Options.Subtyping = true }},
		{"sigmoid of three", "sigmoid", "abmil sigmoid", func(c *Config) { c.Classes = append(c.Classes, "x") }},
		{"pooling", "pooling", "maxmil", func(c *Config) { c.Options.Pooling = "median" }},
		{"depth", "layers", "abmil", func(c *Config) { c.Options.Depth = 9 }},
		{"instances", "instances", "clam_sb", func(c *Config) { c.Options.Instances = -1 }},
		{"classifier", "classifier", "clam_sb", func(c *Config) { c.Classifier = MLP }},
		{"tissue", "whole factor", "abmil", func(c *Config) { c.TissueMagnification = 3 }},
		{"tissue above", "magnification", "abmil", func(c *Config) { c.TissueMagnification = 40 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := methodConfigs()[test.of]
			test.change(&c)
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	zoom := testConfig(4)
	zoom.TissueMagnification = 2.5
	if zoom.Validate() == nil {
		t.Error("ZoomMIL with a magnification for tissue")
	}
}

// TestOtherTissue: features of other patches than an analysis would take.
func TestOtherTissue(t *testing.T) {
	c := methodConfigs()["abmil"]
	c.Magnifications, c.TissueMagnification = []float64{20}, 5
	other := c.Tissue
	other.Threshold += 0.25
	for name, test := range map[string]struct {
		settings tissue.Settings
		lowest   float64
		want     string
	}{
		"same":           {c.Tissue, 5, ""},
		"other settings": {other, 5, "other settings than the model's"},
		"other lowest":   {c.Tissue, 20, "begin at 20x, the model at 5x"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.OtherTissue(test.settings, test.lowest); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestMethodErrors(t *testing.T) {
	sparse, err := New(methodConfigs()["sparseconvmil"], 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := sparse.Open(nntest.Interpreter{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.Forward(t.Context(), randomSource(1, 6, 5)); err == nil || !strings.Contains(err.Error(), "where patches are") {
		t.Errorf("patches without places: %v", err)
	}
	tr := newBagTrainer(t, methodConfigs()["abmil"], nntest.Interpreter{}, TrainOptions{})
	bad := randomSource(1, 6, 5)
	bad[0].F32[3] = float32(math.NaN())
	if _, err := tr.Step(t.Context(), bad, 0, StepOptions{LearningRate: 1}); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN in training: %v", err)
	}
	if _, err := tr.Predict(t.Context(), bad); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN: %v", err)
	}
	if _, err := tr.Predict(t.Context(), randomSource(1, 6, 0)); err == nil || !strings.Contains(err.Error(), "no patches") {
		t.Errorf("no patches: %v", err)
	}
	if tr.steps != 0 {
		t.Errorf("%d steps were taken", tr.steps)
	}
	zoom, err := New(testConfig(4), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := zoom.NewBagTrainer(nntest.Interpreter{}, TrainOptions{}); err == nil {
		t.Error("a trainer of bags took ZoomMIL")
	}
	m, err := New(methodConfigs()["abmil"], 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.NewTrainer(nntest.Interpreter{}, TrainOptions{}); err == nil {
		t.Error("a trainer of ZoomMIL took ABMIL")
	}
}

// Every method runs with its published sizes, on fewer patches than any of them.
func TestPublishedSizes(t *testing.T) {
	for _, method := range Methods() {
		t.Run(method, func(t *testing.T) {
			c := testConfig(12)
			c.Method, c.Sizes, c.Classifier = method, Published(method).Sizes, Published(method).Classifier
			if fewest, most := Scales(method); fewest == most {
				c.Magnifications = c.Magnifications[:fewest]
			}
			c.K = c.K[:c.zoomSteps()]
			m, err := New(c, 1)
			if err != nil {
				t.Fatal(err)
			}
			l, err := m.NewLearner(native{t}, TrainOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			source := newFamily(c, 2, 2)
			for i := range 2 {
				if _, err := l.Step(t.Context(), source, 1, StepOptions{LearningRate: 1e-4, Seed: uint64(i)}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := l.Predict(t.Context(), source); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The vectors that orthogonal draws are orthonormal, whichever way they lie.
func TestOrthogonal(t *testing.T) {
	for _, shape := range [][2]int{{3, 7}, {7, 3}, {5, 5}, {1, 4}} {
		out, in := shape[0], shape[1]
		w := make([]float32, out*in)
		orthogonal(out, in)(rand.New(rand.NewPCG(1, 2)), w)
		n := min(out, in)
		for i := range n {
			for j := range n {
				sum := 0.0
				for k := range max(out, in) {
					if out <= in {
						sum += float64(w[i*in+k]) * float64(w[j*in+k])
					} else {
						sum += float64(w[k*in+i]) * float64(w[k*in+j])
					}
				}
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(sum-want) > 1e-6 {
					t.Errorf("%v: product of %d and %d is %v", shape, i, j, sum)
				}
			}
		}
	}
}
