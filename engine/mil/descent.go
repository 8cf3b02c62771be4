package mil

import (
	"fmt"
	"maps"
	"slices"

	"zoomscope/engine/nn"
)

// descent is a model whose weights are being changed by Adam: the part of
// training that is the same for every method.
type descent struct {
	config  Config
	options TrainOptions
	adam    nn.Adam
	params  map[string]*nn.Tensor
	moments map[string]*nn.Tensor // m/NAME and v/NAME of Adam
	steps   int
	// readers are the layers that take features, where these are standardised.
	readers []reader
}

// descent begins at the weights of m.
func (m *Model) descent(options TrainOptions) (descent, error) {
	if err := options.Validate(); err != nil {
		return descent{}, err
	}
	d := descent{
		config: m.Config(), options: options.withDefaults(m.config.Method), adam: nn.NewAdam(),
		params: map[string]*nn.Tensor{}, moments: map[string]*nn.Tensor{},
	}
	if err := d.checkStandards(); err != nil {
		return descent{}, err
	}
	d.readers = d.config.readers(options.Standards)
	d.adam.WeightDecay = options.WeightDecay
	if b := options.Betas; b != [2]float64{} {
		d.adam.Beta1, d.adam.Beta2 = b[0], b[1]
	}
	for name, p := range m.params {
		d.params[name] = nn.F32Tensor(slices.Clone(p.F32), p.Shape...)
		d.moments["m/"+name] = nn.NewTensor(nn.Float32, p.Shape...)
		d.moments["v/"+name] = nn.NewTensor(nn.Float32, p.Shape...)
	}
	return d, nil
}

// Config is the configuration of the model.
func (d *descent) Config() Config { return d.config.clone() }

// Weights are those of the model, by name. They must not be written to, and
// change with the next step.
func (d *descent) Weights() map[string]*nn.Tensor {
	weights := maps.Clone(d.params)
	for _, r := range d.readers {
		weights[r.weight], weights[r.bias] = r.fold(d.params[r.weight], d.params[r.bias])
	}
	return weights
}

// State is all that training needs to go on: the weights, Adam's moments m/NAME
// and v/NAME, and the number of steps. Weights that take standardised features
// are named standard/NAME. It must not be written to, and changes with the next
// step.
func (d *descent) State() map[string]*nn.Tensor {
	state := maps.Clone(d.moments)
	maps.Copy(state, d.params)
	for _, r := range d.readers {
		for _, name := range []string{r.weight, r.bias} {
			state[standardName+name] = state[name]
			delete(state, name)
		}
	}
	state[stepsName] = nn.F32Tensor([]float32{float32(d.steps >> 12), float32(d.steps & 0xfff)}, 2)
	return state
}

// stepsName is the number of steps in a State, in two parts that are exact.
const stepsName = "adam/steps"

// Restore takes up what State gave. What Weights gave may be put in its place:
// it goes before it. Tensors that are missing, left over or of another shape are
// an error, and then nothing has changed.
func (d *descent) Restore(state map[string]*nn.Tensor) error {
	state = d.unfolded(state)
	mine := d.State()
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
	d.steps = int(steps[0])<<12 | int(steps[1])
	return nil
}

// unfolded is a state with the layers of the model, where there are any, made
// into those that take standardised features. Layers of another shape stay, for
// Restore to refuse.
func (d *descent) unfolded(state map[string]*nn.Tensor) map[string]*nn.Tensor {
	state = maps.Clone(state)
	for _, r := range d.readers {
		w, b := state[r.weight], state[r.bias]
		if !d.fits(r.weight, w) || !d.fits(r.bias, b) {
			continue
		}
		state[standardName+r.weight], state[standardName+r.bias] = r.unfold(w, b)
		delete(state, r.weight)
		delete(state, r.bias)
	}
	return state
}

func (d *descent) fits(name string, x *nn.Tensor) bool {
	return x != nil && x.Type == nn.Float32 && slices.Equal(x.Shape, d.params[name].Shape)
}

// gradients are those of some weights, by the same place.
type gradients struct {
	names  []string
	params []*nn.Tensor
	grads  []*nn.Tensor
}

// check reports a gradient whose length is not finite, which would stay in
// Adam's moments for good.
func (g gradients) check() error {
	for i, name := range g.names {
		x := g.grads[i].F32
		square := dotRows(&[4][]float32{x, x, x, x}, x)[0]
		if square-square != 0 {
			return fmt.Errorf("length of the gradient of %s: %w", name, ErrNotFinite)
		}
	}
	return nil
}

// descend takes a step of Adam, the d.steps-th.
func (d *descent) descend(g gradients, rate float64) {
	for i, name := range g.names {
		d.adam.Step(g.params[i].F32, d.moments["m/"+name].F32, d.moments["v/"+name].F32, g.grads[i].F32, rate, d.steps)
	}
}
