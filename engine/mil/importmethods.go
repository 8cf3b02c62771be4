package mil

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zoomscope/engine/nn"
)

// ErrMethodNotStated is wrapped by the error for weights whose names are those of a
// method that the configuration does not state.
var ErrMethodNotStated = errors.New("the configuration does not state the method")

// signs are the weights by whose names the methods of the public codes are told.
func signs() map[string][]string {
	return map[string][]string{
		"feature_extractor_part2.0.weight":        {ABMIL},
		"attention_net.0.weight":                  {CLAMSB},
		"_fc1.0.weight":                           {TransMIL},
		"i_classifier.fc.0.weight":                {DSMIL},
		msPrefix + "feature_extractor_2.0.weight": {MSMIL},
		"sparse_cnn.0.weight":                     {SparseConvMIL},
		"fc.0.weight":                             {MaxMIL, MeanMIL},
		"fc_low_mag.0.weight":                     {ZoomMIL},
	}
}

// methodsOf are those that the names of a state dict are of; none for others.
func methodsOf(s state) []string {
	var all []string
	for name, methods := range signs() {
		if slices.Contains(s.Names(), name) {
			all = append(all, methods...)
		}
	}
	slices.Sort(all)
	return all
}

// ofMethod makes sure that a state dict is of the method of the configuration.
func (c *Config) ofMethod(s state) error {
	methods := methodsOf(s)
	switch {
	case len(methods) == 0:
		return fmt.Errorf("no weights of a method that is known (%s)", strings.Join(Methods(), ", "))
	case c.Method == "" && !slices.Contains(methods, ZoomMIL):
		return fmt.Errorf("weights of %s: %w: add \"method\" to it", strings.Join(methods, " or "), ErrMethodNotStated)
	case c.Method != "" && !slices.Contains(methods, c.Method):
		return fmt.Errorf("weights of %s, the configuration is of %s: let its \"method\" say which", strings.Join(methods, " or "), c.Method)
	}
	return nil
}

// unwrapped is a state dict without the prefix that PyTorch Lightning puts before
// the names of a module's part called model.
type unwrapped struct{ state }

const wrapping = "model."

// unwrap takes the prefix off where all names have it.
func unwrap(s state) state {
	if names := s.Names(); len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, wrapping) }) {
		return s
	}
	return unwrapped{s}
}

// Names implements state.
func (u unwrapped) Names() []string {
	var names []string
	for _, name := range u.state.Names() {
		names = append(names, strings.TrimPrefix(name, wrapping))
	}
	return names
}

// Shape implements state.
func (u unwrapped) Shape(name string) ([]int, error) { return u.state.Shape(wrapping + name) }

// Tensor implements state.
func (u unwrapped) Tensor(name string) (*nn.Tensor, error) { return u.state.Tensor(wrapping + name) }

// buffers are tensors of the public codes that are no weights.
var buffers = []string{"instance_loss_fn.labels"}

// measuring reads sizes off the weights of a state dict.
type measuring struct {
	state
	err error // the first
}

// size is that of an axis of a weight, of so many axes.
func (m *measuring) size(name string, axis, axes int) int {
	shape, err := m.Shape(name)
	if err == nil && len(shape) != axes {
		err = fmt.Errorf("tensor %q has shape %v, expected %d axes", name, shape, axes)
	}
	if err != nil {
		m.err = cmp.Or(m.err, err)
		return 0
	}
	return shape[axis]
}

// outs and ins are the sizes of a linear layer.
func (m *measuring) outs(layer string) int { return m.size(layer+".weight", 0, 2) }
func (m *measuring) ins(layer string) int  { return m.size(layer+".weight", 1, 2) }

func (m *measuring) has(name string) bool { return slices.Contains(m.Names(), name) }

// fromMethod fills in what the weights of a method that takes all patches tell:
// the sizes, and the options that change names or shapes.
func (c *Config) fromMethod(s state) error {
	m := &measuring{state: s}
	sizes, dim, head := Sizes{}, 0, Linear
	switch c.Method {
	case MaxMIL, MeanMIL:
		sizes.Embedding, dim = m.outs("fc.0"), m.ins("fc.0")
		if c.Method == MaxMIL && len(c.Classes) > 2 && !m.has("classifiers.weight") {
			c.Options.Pooling = Feature
		}
	case ABMIL:
		dim, head = m.ins("feature_extractor_part2.0"), c.abmilOptions(m)
		sizes.Embedding = m.outs(embedding(c)[max(c.Options.Depth, 1)-1].name)
		if c.Options.Ungated {
			sizes.Hidden = m.outs("attention.0")
		} else {
			sizes.Hidden = m.outs("attention_V.0")
		}
	case CLAMSB:
		sizes.Embedding, dim = m.outs("attention_net.0"), m.ins("attention_net.0")
		if c.Options.Ungated = m.has("attention_net.3.module.0.weight"); c.Options.Ungated {
			sizes.Hidden = m.outs("attention_net.3.module.0")
		} else {
			sizes.Hidden = m.outs("attention_net.3.attention_a.0")
		}
	case TransMIL:
		sizes.Embedding, dim = m.outs("_fc1.0"), m.ins("_fc1.0")
	case DSMIL:
		sizes.Hidden, dim, head = c.dsmilOptions(m)
	case MSMIL:
		sizes.Middle, dim = m.outs(msPrefix+"feature_extractor_2.0"), m.ins(msPrefix+"feature_extractor_2.0")
		sizes.Embedding, sizes.Hidden = m.outs(msPrefix+"feature_extractor_2.2"), m.outs(msPrefix+"attention.0")
	case SparseConvMIL:
		dim, sizes.Embedding = m.size("sparse_cnn.0.weight", 2, 4), m.size("sparse_cnn.0.weight", 3, 4)
		sizes.Middle, sizes.Hidden = m.size("sparse_cnn.2.weight", 3, 4), m.outs("wsi_embedding_classifier.0")
	}
	if m.err != nil {
		return m.err
	}
	c.Sizes = cmp.Or(c.Sizes, sizes)
	c.Encoder.Dim = cmp.Or(c.Encoder.Dim, dim)
	c.Classifier = cmp.Or(c.Classifier, head)
	return nil
}

// abmilOptions are the options of abmil that its weights tell, and its classifier.
func (c *Config) abmilOptions(m *measuring) (head string) {
	c.Options.Ungated = m.has("attention.0.weight")
	depth := 1
	for depth < maxDepth && m.has(fmt.Sprintf("feature_extractor_part2.%d.weight", 3*depth)) {
		depth++
	}
	if depth > 1 {
		c.Options.Depth = depth
	}
	if m.has("classifier.2.weight") {
		return MLP
	}
	return Sigmoid
}

// dsmilOptions are the options of dsmil that its weights tell, its sizes and its
// classifier.
func (c *Config) dsmilOptions(m *measuring) (hidden, dim int, head string) {
	c.Options.LinearQuery, c.Options.Values = m.has("b_classifier.q.weight"), m.has("b_classifier.v.1.weight")
	query := "b_classifier.q.0"
	if c.Options.LinearQuery {
		query = "b_classifier.q"
	}
	head = Linear
	if m.outs("i_classifier.fc.0") == 1 {
		head = Sigmoid
	}
	return m.outs(query), m.ins("i_classifier.fc.0") / max(len(c.Magnifications), 1), head
}
