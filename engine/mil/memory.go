package mil

import (
	"errors"

	"zoomscope/engine/nn"
)

// ErrMemory: a method that takes all patches of a slide at once needs more memory
// than is free.
var ErrMemory = errors.New("not enough memory")

// LeastMemory is how many bytes an exhaustive method needs at once at the least for
// a slide of such patches: those of the features, as they are handed in and as the
// network takes them, and of what its widest layer makes of them.
func (c *Config) LeastMemory(layers []Layer) int64 {
	s := bag{layers: layers}
	rows, taken := c.whole().room(s.rows()), 0
	if c.Method == DSMIL && len(layers) > 1 { // a copy, with the ancestors
		taken = layers[len(layers)-1].Len * len(layers) * c.Encoder.Dim
		rows = layers[len(layers)-1].Len
	}
	widest := 0
	for _, w := range c.weights() {
		if len(w.shape) == 2 {
			widest = max(widest, w.shape[0])
		}
	}
	if c.Method == SparseConvMIL {
		widest = kernel * max(c.Sizes.Embedding, c.Sizes.Middle)
	}
	return 4 * (int64(c.whole().room(s.rows()))*int64(c.Encoder.Dim) + int64(taken) + int64(rows)*int64(widest))
}

// LeastMemory is how many bytes of the machine's memory an answer on a slide needs at
// once at the least; 0 where a device has memory of its own, and for a method that
// does not take all patches.
func (n *Network) LeastMemory(s Source) int64 {
	if n.config.whole() == nil || !n.hosted {
		return 0
	}
	return n.config.LeastMemory(layersOfLength(&n.config, s)) - inPlace(&n.config, s)
}

// LeastMemory is that of an answer of the weights as they are.
func (t *BagTrainer) LeastMemory(s Source) int64 { return t.network.LeastMemory(s) }

// LeastStepMemory is how many bytes of the machine's memory a step on a slide needs at
// once at the least; 0 where a device has memory of its own.
func (t *BagTrainer) LeastStepMemory(s Source) int64 {
	if !t.network.hosted {
		return 0
	}
	return t.config.LeastStepMemory(layersOfLength(&t.config, s)) - inPlace(&t.config, s)
}

// LeastStepMemory is LeastMemory for a step of training, which keeps what most layers
// make of every patch, and its gradients.
func (c *Config) LeastStepMemory(layers []Layer) int64 {
	rows, each := (&bag{layers: layers}).rows(), c.stepValues()
	features := int64(rows) * int64(c.Encoder.Dim)
	if c.Method == DSMIL && len(layers) > 1 { // a copy, with the ancestors
		rows = layers[len(layers)-1].Len
		each += len(layers) * c.Encoder.Dim
	}
	return 4 * (features + int64(rows)*int64(each))
}

// stepValues is how many values a step holds for each patch besides its features, at
// the least. The factors are those of measured peaks, with the published widths and
// with small ones, with dropout and without, rounded down.
func (c *Config) stepValues() int {
	e := c.Sizes
	gates := 2
	if c.Options.Ungated {
		gates = 1
	}
	switch c.Method {
	case MaxMIL:
		return 2 * e.Embedding
	case MeanMIL:
		return 3 * e.Embedding
	case ABMIL:
		width := gates * e.Hidden
		for _, l := range embedding(c) {
			width += l.out
		}
		return 3 * width
	case CLAMSB:
		return 3 * (e.Embedding + gates*e.Hidden)
	case MSMIL:
		return 3 * (e.Middle + e.Embedding + e.Hidden)
	case DSMIL:
		return 2 * e.Hidden
	case TransMIL:
		return 28 * e.Embedding
	case SparseConvMIL:
		if c.Options.Cell <= 1 { // otherwise places hold some patches each
			return 3 * kernel * (e.Embedding + e.Middle)
		}
	}
	return 0
}

// layersOfLength are the layers of a slide, as far as they say how many patches there
// are.
func layersOfLength(c *Config, s Source) []Layer {
	layers := make([]Layer, len(c.Magnifications))
	for i := range layers {
		layers[i].Len = s.Len(i)
	}
	return layers
}

// inPlace is how many bytes of features a source has in memory anyway.
func inPlace(c *Config, s Source) int64 {
	if _, ok := s.(dense); !ok || len(c.Magnifications) > 1 {
		return 0
	}
	return 4 * int64(s.Len(0)) * int64(c.Encoder.Dim)
}

// hosted says whether what is opened computes in the machine's memory, as all does
// that does not say otherwise.
func hosted(o nn.Opener) bool {
	d, says := o.(interface{ OnProcessor() bool })
	return !says || d.OnProcessor()
}
