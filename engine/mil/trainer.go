package mil

import (
	"context"
	"errors"
	"fmt"
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
	// Dropout is the share of activations left out; for ZoomMIL 0.25, for others
	// what Published says. Negative for none.
	Dropout float64 `json:"dropout"`
	// FullGradient takes the whole gradient of the perturbed Top-K instead of the
	// part that the public code keeps; see topk.Selector.Gradient.
	FullGradient bool    `json:"full_gradient"`
	WeightDecay  float64 `json:"weight_decay"`
	// Betas are the decays of Adam's moments; zero for 0.9 and 0.999.
	Betas [2]float64 `json:"betas,omitzero"`
	// Standards, one per magnification, are what the features are brought to, for
	// a faster and surer training; nil leaves them as they are. The first layer of
	// the weights that come out takes them in, so that the model is of the same
	// form and needs none.
	Standards []Standard `json:"-"`
}

// withDefaults fills in what is zero for a method.
func (o TrainOptions) withDefaults(method string) TrainOptions {
	if o.Samples == 0 {
		o.Samples = 100
	}
	if o.Sigma == 0 {
		o.Sigma = 0.002
	}
	switch {
	case o.Dropout == 0:
		o.Dropout = Published(method).Dropout
	case o.Dropout < 0:
		o.Dropout = 0
	}
	return o
}

// Validate reports settings that make no sense.
func (o TrainOptions) Validate() error {
	o = o.withDefaults(ZoomMIL)
	switch {
	case o.Samples < 1 || o.Samples > 1<<16:
		return fmt.Errorf("%d noise samples, must be from 1 to %d", o.Samples, 1<<16)
	case !(o.Sigma >= 1e-9 && o.Sigma <= 1e3):
		return fmt.Errorf("sigma is %g, must be from 1e-9 to 1000", o.Sigma)
	case !(o.Dropout < 1):
		return fmt.Errorf("dropout is %g, must be below 1", o.Dropout)
	case o.Betas != [2]float64{} && !(o.Betas[0] >= 0 && o.Betas[0] < 1 && o.Betas[1] > 0 && o.Betas[1] < 1):
		return fmt.Errorf("betas are %v, must be from 0 to below 1", o.Betas)
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
	descent
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

// NewTrainer makes a trainer that begins at the weights of m, a ZoomMIL model;
// NewLearner is for every method. Close it.
func (m *Model) NewTrainer(o nn.Opener, options TrainOptions) (*Trainer, error) {
	if m.config.Exhaustive() {
		return nil, fmt.Errorf("model %q: a trainer of ZoomMIL, not of %s", m.config.Name, m.config.Method)
	}
	d, err := m.descent(options)
	if err != nil {
		return nil, err
	}
	t := &Trainer{descent: d}
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

// all are the gradients of the weights of every network.
func (t *Trainer) all() []gradients {
	var all []gradients
	for _, l := range append(slices.Clone(t.levels), t.head) {
		all = append(all, gradients{l.names, l.params, l.grads[:len(l.names)]})
	}
	return all
}

func (t *Trainer) checkGradients() error {
	for _, g := range t.all() {
		if err := g.check(); err != nil {
			return err
		}
	}
	return nil
}

// update takes the step that the gradients at hand point to.
func (t *Trainer) update(rate float64) {
	start := time.Now()
	t.steps++
	for _, g := range t.all() {
		t.descend(g, rate)
	}
	t.Times.Optimizer += time.Since(start)
}

// Predict runs the weights as they are in evaluation mode and returns a logit
// for each class.
func (t *Trainer) Predict(ctx context.Context, s Source) ([]float64, error) {
	return t.network.predict(ctx, s)
}

// Forward runs the weights as they are in evaluation mode.
func (t *Trainer) Forward(ctx context.Context, s Source) (*Outcome, error) {
	return t.network.Forward(ctx, s)
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
