package mil

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zoomscope/engine/nn"
)

// Learner is a model of any method that is being trained on a device, one slide
// at a time. It belongs to one goroutine.
type Learner interface {
	// Step takes one step of Adam on the loss of one slide and returns the loss
	// before it. Whatever the error, the weights are as they were before.
	Step(ctx context.Context, s Source, label int, o StepOptions) (loss float64, err error)
	// Predict runs the weights as they are in evaluation mode and returns a logit
	// for each class; Forward gives all that comes of it.
	Predict(ctx context.Context, s Source) ([]float64, error)
	Forward(ctx context.Context, s Source) (*Outcome, error)
	// State is all that training needs to go on, Weights those of the model. They
	// must not be written to, and change with the next step. Restore takes up what
	// State gave, or what Weights gave in its place.
	State() map[string]*nn.Tensor
	Weights() map[string]*nn.Tensor
	Restore(state map[string]*nn.Tensor) error
	Config() Config
	Close() error
}

// NewLearner makes a learner that begins at the weights of m. Close it.
func (m *Model) NewLearner(o nn.Opener, options TrainOptions) (Learner, error) {
	if m.config.Exhaustive() {
		return m.NewBagTrainer(o, options)
	}
	return m.NewTrainer(o, options)
}

// BagTrainer is a Learner of an exhaustive method: a slide is one run of one
// network, forwards and backwards.
type BagTrainer struct {
	descent
	trained  *nn.Differentiable
	inputs   []*nn.Value // of the graph, but for the weights
	masks    map[string]*nn.Tensor
	gradient gradients
	network  *Network // the same weights in evaluation mode
	work     workspace

	// Times adds up where the time of the steps went.
	Times StepTimes
}

// NewBagTrainer makes a trainer that begins at the weights of m, whose method is
// exhaustive. Close it.
func (m *Model) NewBagTrainer(o nn.Opener, options TrainOptions) (*BagTrainer, error) {
	if !m.config.Exhaustive() {
		return nil, fmt.Errorf("model %q: a trainer of exhaustive methods, not of %s", m.config.Name, m.config.Method)
	}
	d, err := m.descent(options)
	if err != nil {
		return nil, err
	}
	t := &BagTrainer{descent: d, masks: map[string]*nn.Tensor{}}
	if err := t.open(o); err != nil {
		return nil, errors.Join(fmt.Errorf("model %q: %w", t.config.Name, err), t.Close())
	}
	return t, nil
}

// lossOfBag is the network of an exhaustive method in training: it takes the
// label, int64 [1], and masks besides, and gives logits [1, outputs] and loss [1].
func lossOfBag(c *Config, params map[string]*nn.Tensor, o TrainOptions) *nn.Graph {
	b := builder{nn.NewGraph(c.Method), params, o.Dropout, c.standards(o.Standards)}
	a := c.whole().answer(b, c)
	b.Output("logits", a.logits)
	b.Output("loss", a.loss(b.Input("label", nn.Int64, nn.Fixed(1))))
	return b.Graph
}

func (t *BagTrainer) open(o nn.Opener) error {
	g := lossOfBag(&t.config, t.params, t.options)
	d, err := nn.Differentiate(g)
	if err != nil {
		return err
	}
	if t.trained, err = d.Open(o); err != nil {
		return err
	}
	t.inputs = g.Inputs()
	for _, p := range g.Params() {
		t.gradient.names = append(t.gradient.names, p.Name())
		t.gradient.params = append(t.gradient.params, p.Tensor())
		t.gradient.grads = append(t.gradient.grads, nil)
	}
	t.network, err = openNetwork(o, t.config, t.params, t.options.Standards, parametric)
	return err
}

// Close closes the sessions.
func (t *BagTrainer) Close() error {
	var errs []error
	if t.trained != nil {
		errs = append(errs, t.trained.Close())
	}
	if t.network != nil {
		errs = append(errs, t.network.Close())
	}
	return errors.Join(errs...)
}

// Step implements Learner.
func (t *BagTrainer) Step(ctx context.Context, s Source, label int, o StepOptions) (loss float64, err error) {
	_, loss, err = t.slopes(ctx, s, label, o.Seed)
	if err != nil {
		return 0, err
	}
	if err := t.gradient.check(); err != nil {
		return 0, err
	}
	start := time.Now()
	t.steps++
	t.descend(t.gradient, o.LearningRate)
	t.Times.Optimizer += time.Since(start)
	return loss, nil
}

// slopes leaves the gradients of the weights in t.gradient.
func (t *BagTrainer) slopes(ctx context.Context, s Source, label int, seed uint64) (logits []float32, loss float64, err error) {
	if label < 0 || label >= len(t.config.Classes) {
		panic(fmt.Sprintf("mil: label %d of %d classes", label, len(t.config.Classes)))
	}
	inputs, err := t.bring(s, label, seed)
	if err != nil {
		return nil, 0, fmt.Errorf("model %q: %w", t.config.Name, err)
	}
	start := time.Now()
	outputs, tape, err := t.trained.Forward(ctx, inputs, t.gradient.params)
	t.Times.Forward += time.Since(start)
	if err != nil {
		return nil, 0, fmt.Errorf("model %q: %w", t.config.Name, err)
	}
	defer tape.Release()
	loss, logits = float64(outputs[1].F32[0]), append([]float32{}, outputs[0].F32...)
	if loss-loss != 0 {
		return nil, 0, fmt.Errorf("loss %v: %w", loss, ErrNotFinite)
	}
	start = time.Now()
	one := nn.F32Tensor([]float32{1}, 1)
	if err := t.trained.Backward(ctx, tape, []*nn.Tensor{nil, one}, t.gradient.grads); err != nil {
		return nil, 0, fmt.Errorf("model %q, backward: %w", t.config.Name, err)
	}
	t.Times.Backward += time.Since(start)
	return logits, loss, nil
}

// bring makes the inputs of the network of a slide.
func (t *BagTrainer) bring(s Source, label int, seed uint64) ([]*nn.Tensor, error) {
	start := time.Now()
	defer func() { t.Times.Read += time.Since(start) }()
	t.work.reset()
	all, _, err := reading{&t.config, &t.work}.bag(s)
	if err != nil {
		return nil, err
	}
	p, err := t.config.whole().pack(&t.config, all)
	if err != nil {
		return nil, err
	}
	p.inputs["label"] = nn.I64Tensor([]int64{int64(label)}, 1)
	inputs := make([]*nn.Tensor, len(t.inputs))
	for i, in := range t.inputs {
		if strings.HasPrefix(in.Name(), maskName) {
			inputs[i] = t.mask(in, p.sizes, mix(seed, uint64(i)))
		} else {
			inputs[i] = p.inputs[in.Name()]
		}
	}
	return inputs, nil
}

// mask draws that of one place.
func (t *BagTrainer) mask(in *nn.Value, sizes map[string]int, seed uint64) *nn.Tensor {
	shape, n := []int{}, 1
	for _, d := range in.Shape() {
		size := d.Size
		if !d.Known() {
			size = sizes[d.Name]
		}
		shape, n = append(shape, size), n*size
	}
	m := t.masks[in.Name()]
	if m == nil || cap(m.U8) < n {
		m = &nn.Tensor{Type: nn.Uint8, U8: make([]uint8, n)}
		t.masks[in.Name()] = m
	}
	m.U8, m.Shape = m.U8[:n], shape
	nn.DropoutMask(m.U8, t.options.Dropout, seed)
	return m
}

// Predict implements Learner.
func (t *BagTrainer) Predict(ctx context.Context, s Source) ([]float64, error) {
	return t.network.predict(ctx, s)
}

// Forward implements Learner.
func (t *BagTrainer) Forward(ctx context.Context, s Source) (*Outcome, error) {
	return t.network.Forward(ctx, s)
}
