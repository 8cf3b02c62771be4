package mil

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"zoomscope/engine/nn"
	"zoomscope/engine/topk"
)

// ErrNotFinite is wrapped by the error for numbers that are not finite: of the
// attention, the answer, the loss, or a gradient. Weights are then those before.
var ErrNotFinite = errors.New("not a finite number")

// TrainOptions are the settings of training that are not part of the model. The
// zero value of each stands for the public code's setting.
type TrainOptions struct {
	Samples int     `json:"samples"` // S, draws of noise; 100
	Sigma   float64 `json:"sigma"`   // deviation of the noise; 0.002
	// Dropout is the share of activations left out; 0.25. Negative for none.
	Dropout float64 `json:"dropout"`
	// FullGradient takes the whole gradient of the perturbed Top-K instead of the
	// part that the public code keeps; see topk.Selector.Gradient.
	FullGradient bool    `json:"full_gradient"`
	WeightDecay  float64 `json:"weight_decay"`
	// Standards, one per magnification, are what the features are brought to, for
	// a faster and surer training; nil leaves them as they are. The first layer of
	// the weights that come out takes them in, so that the model is of the same
	// form and needs none.
	Standards []Standard `json:"-"`
}

// Standard brings features to mean 0 and deviation 1: (x - Mean) * Scale, each
// [D].
type Standard struct{ Mean, Scale []float32 }

func (o TrainOptions) withDefaults() TrainOptions {
	if o.Samples == 0 {
		o.Samples = 100
	}
	if o.Sigma == 0 {
		o.Sigma = 0.002
	}
	switch {
	case o.Dropout == 0:
		o.Dropout = 0.25
	case o.Dropout < 0:
		o.Dropout = 0
	}
	return o
}

// Validate reports settings that make no sense.
func (o TrainOptions) Validate() error {
	o = o.withDefaults()
	switch {
	case o.Samples < 1 || o.Samples > 1<<16:
		return fmt.Errorf("%d noise samples, must be from 1 to %d", o.Samples, 1<<16)
	case !(o.Sigma >= 1e-9 && o.Sigma <= 1e3):
		return fmt.Errorf("sigma is %g, must be from 1e-9 to 1000", o.Sigma)
	case !(o.Dropout < 1):
		return fmt.Errorf("dropout is %g, must be below 1", o.Dropout)
	case !(o.WeightDecay >= 0 && o.WeightDecay < 1):
		return fmt.Errorf("weight decay is %g, must be from 0 to 1", o.WeightDecay)
	}
	return nil
}

// Trainer is a model that is being trained on a device, one slide at a time, as
// the public code does it: the patches are embedded, pooled and scored one
// magnification after the other; between them the rows of all higher
// magnifications are blended by the perturbed Top-K of the zoom attention. It
// belongs to one goroutine.
type Trainer struct {
	config  Config
	options TrainOptions
	adam    nn.Adam
	params  map[string]*nn.Tensor
	moments map[string]*nn.Tensor // m/NAME and v/NAME of Adam, and "steps"
	steps   int
	levels  []*trained
	head    *trained
	network *Network // the same weights in evaluation mode
	work    workspace

	// Times adds up where the time of the steps went.
	Times StepTimes
}

// StepTimes are the parts of training steps.
type StepTimes struct {
	Read, Forward, Selection, Backward, Optimizer time.Duration
}

// trained is a network in training: that of a magnification, or the classifier.
type trained struct {
	*nn.Differentiable
	names  []string // of its weights, in the order of the graph
	params []*nn.Tensor
	grads  []*nn.Tensor // of the weights, then of the features where they are wanted
	masks  []*nn.Tensor // of the dropout
	widths []int        // of those masks
}

// NewTrainer makes a trainer that begins at the weights of m. Close it.
func (m *Model) NewTrainer(o nn.Opener, options TrainOptions) (*Trainer, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	t := &Trainer{
		config: m.Config(), options: options.withDefaults(), adam: nn.NewAdam(),
		params: map[string]*nn.Tensor{}, moments: map[string]*nn.Tensor{},
	}
	if err := t.checkStandards(); err != nil {
		return nil, err
	}
	t.adam.WeightDecay = options.WeightDecay
	for name, p := range m.params {
		t.params[name] = nn.F32Tensor(slices.Clone(p.F32), p.Shape...)
		t.moments["m/"+name] = nn.NewTensor(nn.Float32, p.Shape...)
		t.moments["v/"+name] = nn.NewTensor(nn.Float32, p.Shape...)
	}
	if err := t.open(o); err != nil {
		return nil, errors.Join(fmt.Errorf("model %q: %w", t.config.Name, err), t.Close())
	}
	return t, nil
}

func (t *Trainer) open(o nn.Opener) (err error) {
	for i := range t.config.Magnifications {
		g := trainingGraph(&t.config, t.params, t.options, i)
		wrt := g.Params()
		if i > 0 { // what was blended has a gradient
			wrt = append(wrt, g.Inputs()[0])
		}
		l, err := openTrained(o, g, wrt)
		if err != nil {
			return err
		}
		t.levels = append(t.levels, l)
	}
	g := lossGraph(&t.config, t.params)
	if t.head, err = openTrained(o, g, append(g.Params(), g.Inputs()[0])); err != nil {
		return err
	}
	t.network, err = openNetwork(o, t.config, t.params, t.options.Standards, parametric)
	return err
}

// openTrained opens a graph whose first input is features; the others but label
// are masks.
func openTrained(o nn.Opener, g *nn.Graph, wrt []*nn.Value) (*trained, error) {
	d, err := nn.Differentiate(g, wrt...)
	if err != nil {
		return nil, err
	}
	t := &trained{grads: make([]*nn.Tensor, len(wrt))}
	if t.Differentiable, err = d.Open(o); err != nil {
		return nil, err
	}
	for _, p := range g.Params() {
		t.names = append(t.names, p.Name())
		t.params = append(t.params, p.Tensor())
	}
	for _, in := range g.Inputs()[1:] {
		if in.DType() == nn.Uint8 {
			t.masks = append(t.masks, &nn.Tensor{Type: nn.Uint8})
			t.widths = append(t.widths, in.Shape()[1].Size)
		}
	}
	return t, nil
}

// Close closes the sessions.
func (t *Trainer) Close() error {
	var errs []error
	for _, l := range append(t.levels, t.head) {
		if l != nil && l.Differentiable != nil {
			errs = append(errs, l.Close())
		}
	}
	if t.network != nil {
		errs = append(errs, t.network.Close())
	}
	return errors.Join(errs...)
}

// StepOptions are what changes from step to step. All that is random in a step
// comes from Seed.
type StepOptions struct {
	LearningRate float64
	Seed         uint64
}

// Step takes one step of Adam on the cross entropy of one slide and returns the
// loss before it. Whatever the error, the weights are as they were before.
func (t *Trainer) Step(ctx context.Context, s Source, label int, o StepOptions) (loss float64, err error) {
	p, err := t.forward(ctx, s, label, seeded(t.options, o.Seed))
	if err != nil {
		return 0, err
	}
	defer p.release()
	if p.loss-p.loss != 0 {
		return 0, fmt.Errorf("loss %v: %w", p.loss, ErrNotFinite)
	}
	if err := t.backward(ctx, p); err != nil {
		return 0, err
	}
	if err := t.checkGradients(); err != nil {
		return 0, err
	}
	t.update(o.LearningRate)
	return p.loss, nil
}

// checkGradients reports a gradient whose length is not finite, which would stay
// in Adam's moments for good.
func (t *Trainer) checkGradients() error {
	for _, l := range append(slices.Clone(t.levels), t.head) {
		for i, name := range l.names {
			g := l.grads[i].F32
			square := dotRows(&[4][]float32{g, g, g, g}, g)[0]
			if square-square != 0 {
				return fmt.Errorf("length of the gradient of %s: %w", name, ErrNotFinite)
			}
		}
	}
	return nil
}

// update takes the step that the gradients at hand point to.
func (t *Trainer) update(rate float64) {
	start := time.Now()
	t.steps++
	for _, l := range append(slices.Clone(t.levels), t.head) {
		for i, name := range l.names {
			t.adam.Step(l.params[i].F32, t.moments["m/"+name].F32, t.moments["v/"+name].F32, l.grads[i].F32, rate, t.steps)
		}
	}
	t.Times.Optimizer += time.Since(start)
}

// Predict runs the weights as they are in evaluation mode and returns a logit
// for each class.
func (t *Trainer) Predict(ctx context.Context, s Source) ([]float64, error) {
	out, err := t.network.Forward(ctx, s)
	if err != nil {
		return nil, err
	}
	logits := make([]float64, len(out.Logits))
	for i, v := range out.Logits {
		logits[i] = float64(v)
	}
	return logits, nil
}

// Forward runs the weights as they are in evaluation mode.
func (t *Trainer) Forward(ctx context.Context, s Source) (*Outcome, error) {
	return t.network.Forward(ctx, s)
}

// Config is the configuration of the model.
func (t *Trainer) Config() Config { return t.config.clone() }

// Weights are those of the model, by name. They must not be written to, and
// change with the next step.
func (t *Trainer) Weights() map[string]*nn.Tensor {
	weights := maps.Clone(t.params)
	t.eachStandard(func(weight, bias string, s Standard) {
		weights[weight], weights[bias] = fold(t.params[weight], t.params[bias], s)
	})
	return weights
}

// State is all that training needs to go on: the weights, Adam's moments m/NAME
// and v/NAME, and the number of steps. Weights that take standardised features
// are named standard/NAME. It must not be written to, and changes with the next
// step.
func (t *Trainer) State() map[string]*nn.Tensor {
	state := maps.Clone(t.moments)
	maps.Copy(state, t.params)
	t.eachStandard(func(weight, bias string, _ Standard) {
		for _, name := range []string{weight, bias} {
			state[standardName+name] = state[name]
			delete(state, name)
		}
	})
	state[stepsName] = nn.F32Tensor([]float32{float32(t.steps >> 12), float32(t.steps & 0xfff)}, 2)
	return state
}

// stepsName is the number of steps in a State, in two parts that are exact.
const stepsName = "adam/steps"

// Restore takes up what State gave. What Weights gave may be put in its place:
// it goes before it. Tensors that are missing, left over or of another shape are
// an error, and then nothing has changed.
func (t *Trainer) Restore(state map[string]*nn.Tensor) error {
	state = t.unfolded(state)
	mine := t.State()
	for name := range state {
		if mine[name] == nil {
			return fmt.Errorf("tensor %.200q does not belong to this training", name)
		}
	}
	for name, want := range mine {
		got := state[name]
		if got == nil {
			return fmt.Errorf("tensor %q is missing", name)
		}
		if got.Type != nn.Float32 || !slices.Equal(got.Shape, want.Shape) {
			return fmt.Errorf("tensor %q is %v %v, expected %v %v", name, got.Type, got.Shape, want.Type, want.Shape)
		}
	}
	for name, want := range mine {
		copy(want.F32, state[name].F32)
	}
	steps := state[stepsName].F32
	t.steps = int(steps[0])<<12 | int(steps[1])
	return nil
}

// standardName is put before the names of weights that take standardised
// features.
const standardName = "standard/"

func (t *Trainer) checkStandards() error {
	n := len(t.options.Standards)
	if n != 0 && n != len(t.config.Magnifications) {
		return fmt.Errorf("%d standards for %d magnifications", n, len(t.config.Magnifications))
	}
	for i, s := range t.options.Standards {
		if len(s.Mean) != t.config.Encoder.Dim || len(s.Scale) != t.config.Encoder.Dim {
			return fmt.Errorf("standard %d has %d and %d values for features of %d", i, len(s.Mean), len(s.Scale), t.config.Encoder.Dim)
		}
		for j, v := range s.Scale {
			if !(v > 0) || v-v != 0 || s.Mean[j]-s.Mean[j] != 0 {
				return fmt.Errorf("standard %d: mean %v, scale %v of value %d", i, s.Mean[j], v, j)
			}
		}
	}
	return nil
}

// eachStandard calls do for the first layer of each magnification, where
// features are standardised.
func (t *Trainer) eachStandard(do func(weight, bias string, s Standard)) {
	for i, s := range t.options.Standards {
		name := "fc_" + levelName(i, len(t.config.Magnifications)) + "_mag.0"
		do(name+".weight", name+".bias", s)
	}
}

// fold makes a layer of features of one of standardised features:
// W ((x - mean) scale) + b = (W scale) x + (b - W scale mean).
func fold(weight, bias *nn.Tensor, s Standard) (w, b *nn.Tensor) {
	w, b = nn.NewTensor(nn.Float32, weight.Shape...), nn.NewTensor(nn.Float32, bias.Shape...)
	dim := len(s.Mean)
	for i := range b.F32 {
		sum := float64(bias.F32[i])
		for j := range dim {
			v := float64(weight.F32[i*dim+j]) * float64(s.Scale[j])
			w.F32[i*dim+j] = float32(v)
			sum -= v * float64(s.Mean[j])
		}
		b.F32[i] = float32(sum)
	}
	return w, b
}

// unfold is the reverse of fold.
func unfold(weight, bias *nn.Tensor, s Standard) (w, b *nn.Tensor) {
	w, b = nn.NewTensor(nn.Float32, weight.Shape...), nn.NewTensor(nn.Float32, bias.Shape...)
	dim := len(s.Mean)
	for i := range b.F32 {
		sum := float64(bias.F32[i])
		for j := range dim {
			v := float64(weight.F32[i*dim+j])
			w.F32[i*dim+j] = float32(v / float64(s.Scale[j]))
			sum += v * float64(s.Mean[j])
		}
		b.F32[i] = float32(sum)
	}
	return w, b
}

// unfolded is a state with the layers of the model, where there are any, made
// into those that take standardised features. Layers of another shape stay, for
// Restore to refuse.
func (t *Trainer) unfolded(state map[string]*nn.Tensor) map[string]*nn.Tensor {
	state = maps.Clone(state)
	t.eachStandard(func(weight, bias string, s Standard) {
		w, b := state[weight], state[bias]
		if !t.fits(weight, w) || !t.fits(bias, b) {
			return
		}
		state[standardName+weight], state[standardName+bias] = unfold(w, b, s)
		delete(state, weight)
		delete(state, bias)
	})
	return state
}

func (t *Trainer) fits(name string, x *nn.Tensor) bool {
	return x != nil && x.Type == nn.Float32 && slices.Equal(x.Shape, t.params[name].Shape)
}

// noise is what is random in a step.
type noise struct {
	selection func(level, n int) topk.Perturbation
	random    func(level int) uint64 // seeds selections at random
	dropout   uint64                 // seeds masks
}

// seeded is the noise of one seed.
func seeded(o TrainOptions, seed uint64) noise {
	return noise{
		selection: func(level, _ int) topk.Perturbation {
			return topk.Perturbation{Samples: o.Samples, Sigma: o.Sigma, Full: o.FullGradient, Seed: mix(seed, uint64(level))}
		},
		random:  func(level int) uint64 { return mix(seed, 1<<32+uint64(level)) },
		dropout: mix(seed, 2<<32),
	}
}

// mix makes one seed of two numbers (splitmix64; Steele et al., 2014).
func mix(a, b uint64) uint64 {
	x := a + 0x9e3779b97f4a7c15*(b+1)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
