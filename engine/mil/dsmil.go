package mil

import (
	"errors"
	"math"
	"slices"

	"zoomscope/engine/nn"
)

// dsMIL is the dual-stream method of Li, Li and Eliceiri (CVPR 2021). With
// several magnifications, the features of a patch are its own and behind them
// those of its ancestors, the nearest first.
type dsMIL struct{}

func (dsMIL) scales() (fewest, most int) { return 1, maxLevels }

func (dsMIL) check(c *Config) error {
	o := c.Options
	return errors.Join(
		o.check(Options{Loss: o.Loss, Values: o.Values, LinearQuery: o.LinearQuery}),
		oneOf("loss", o.Loss, "", Bernoulli, CrossEntropy),
		oneOf("classifier", c.Classifier, Linear, Sigmoid), c.checkSigmoid(), c.checkOneLoss(),
		widths("embedding", false, c.Sizes.Embedding), widths("hidden", true, c.Sizes.Hidden), widths("middle", false, c.Sizes.Middle))
}

func (c *Config) checkOneLoss() error {
	if c.Classifier == Sigmoid && c.Options.Loss == CrossEntropy {
		return errors.New("a sigmoid has no cross entropy over classes")
	}
	return nil
}

// in is the number of features of a patch with its ancestors.
func (dsMIL) in(c *Config) int { return c.Encoder.Dim * len(c.Magnifications) }

// outputs is how many answers there are.
func (c *Config) outputs() int {
	if c.Classifier == Sigmoid {
		return 1
	}
	return len(c.Classes)
}

func (m dsMIL) weights(c *Config) []weight {
	in, q, outputs := m.in(c), c.Sizes.Hidden, c.outputs()
	all := orthonormal("i_classifier.fc.0", outputs, in)
	if c.Options.LinearQuery {
		all = append(all, orthonormal("b_classifier.q", q, in)...)
	} else {
		all = append(append(all, orthonormal("b_classifier.q.0", q, in)...), orthonormal("b_classifier.q.2", q, q)...)
	}
	if c.Options.Values {
		all = append(all, orthonormal("b_classifier.v.1", in, in)...)
	}
	return append(all,
		weight{"b_classifier.fcc.weight", []int{outputs, outputs, in}, orthogonal(outputs, outputs*in)},
		weight{"b_classifier.fcc.bias", []int{outputs}, nil})
}

func (dsMIL) standard(_ *Config, s []Standard) Standard {
	var all Standard
	for _, one := range slices.Backward(s) {
		all.Mean, all.Scale = append(all.Mean, one.Mean...), append(all.Scale, one.Scale...)
	}
	return all
}

func (m dsMIL) readers(c *Config, s Standard) []reader {
	query := "b_classifier.q.0"
	if c.Options.LinearQuery {
		query = "b_classifier.q"
	}
	all := []reader{linearReader("i_classifier.fc.0", s), linearReader(query, s)}
	if c.Options.Values {
		return append(all, linearReader("b_classifier.v.1", s))
	}
	// The bag's embedding is a mean of features, for each output.
	tiled := Standard{slices.Repeat(s.Mean, c.outputs()), slices.Repeat(s.Scale, c.outputs())}
	return append(all, reader{"b_classifier.fcc.weight", "b_classifier.fcc.bias", tiled, 1})
}

func (m dsMIL) answer(b builder, c *Config) answer {
	in, outputs := m.in(c), c.outputs()
	x := b.features(in)
	scores := b.linear(x, "i_classifier.fc.0")
	q := m.query(b, c, x)
	critical := b.Gather(q, b.ArgMax(scores, 0), 0) // [outputs, hidden]
	root := b.Scalar(1 / math.Sqrt(float64(c.Sizes.Hidden)))
	attention := b.Softmax(b.Mul(b.MatMul(q, b.Transpose(critical)), root), 0)
	v := x
	if c.Options.Values {
		v = b.Relu(b.linear(b.drop(x, "b_classifier.v"), "b_classifier.v.1"))
	}
	bag := b.Reshape(b.MatMul(b.Transpose(attention), v), 1, outputs*in)
	fcc := b.Reshape(b.param("b_classifier.fcc.weight"), outputs, outputs*in)
	a := answer{
		logits:    b.Linear(bag, fcc, b.param("b_classifier.fcc.bias")),
		attention: func() *nn.Value { return attention },
	}
	top := b.ReduceMax(scores, true, 0)
	a.classes = m.classes(b, c, a.logits)
	a.loss = func(label *nn.Value) *nn.Value {
		sum := b.Add(m.loss(b, c, a.logits, label), m.loss(b, c, top, label))
		return b.Mul(sum, b.Scalar(0.5))
	}
	return a
}

func (dsMIL) query(b builder, c *Config, x *nn.Value) *nn.Value {
	if c.Options.LinearQuery {
		return b.linear(x, "b_classifier.q")
	}
	return b.Tanh(b.linear(b.Relu(b.linear(x, "b_classifier.q.0")), "b_classifier.q.2"))
}

// classes are logits whose softmax are the probabilities: where every output is a
// yes or no by itself, these are brought to the sum of 1.
func (dsMIL) classes(b builder, c *Config, logits *nn.Value) *nn.Value {
	switch {
	case c.Classifier == Sigmoid:
		return b.twoClasses(logits)
	case c.Options.Loss == CrossEntropy:
		return logits
	}
	return b.Slice(b.noAndYes(logits), 0, 1, 2)
}

// noAndYes are the logarithms of 1 - sigmoid and of sigmoid of logits [1, C],
// [2, C].
func (b builder) noAndYes(logits *nn.Value) *nn.Value {
	zero := b.Const(nn.NewTensor(nn.Float32, 1, logits.Shape()[1].Size))
	return b.LogSoftmax(b.Concat(0, zero, logits), 0)
}

// loss is the mean over the outputs of the cross entropy of yes and no, or that of
// all classes.
func (dsMIL) loss(b builder, c *Config, logits, label *nn.Value) *nn.Value {
	if c.Options.Loss == CrossEntropy {
		return b.CrossEntropy(logits, label)
	}
	// [1, outputs]: which output is to say yes
	wanted := b.Const(nn.I64Tensor([]int64{1}, 1, 1))
	if c.Classifier != Sigmoid {
		wanted = b.Const(nn.I64Tensor(int64s(len(c.Classes)), 1, len(c.Classes)))
	}
	both := b.noAndYes(logits)
	chosen := b.Where(b.Equal(wanted, label), b.Slice(both, 0, 1, 2), b.Slice(both, 0, 0, 1))
	return b.Neg(b.ReduceMean(chosen, false, 1))
}

func int64s(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i)
	}
	return out
}

func (dsMIL) room(patches int) int { return patches }

// pack puts the features of ancestors behind those of the highest magnification.
func (m dsMIL) pack(c *Config, s *bag) (*pack, error) {
	top := len(s.layers) - 1
	if top == 0 {
		return single{}.pack(c, s)
	}
	n, in := s.layers[top].Len, m.in(c)
	x := s.take(n * in)
	for i := range n {
		row, at := x[i*in:(i+1)*in], i
		for l := top; l >= 0; l-- {
			copy(row, s.level(l)[at*s.dim:(at+1)*s.dim])
			row = row[s.dim:]
			if l > 0 {
				at = s.layers[l].Parents[at]
			}
		}
	}
	return &pack{inputs: map[string]*nn.Tensor{"features": nn.F32Tensor(x, n, in)}, sizes: map[string]int{"N": n}}, nil
}

// spread gives each patch of the lower magnifications what its children have.
func (dsMIL) spread(_ *Config, s *bag, raw []float32) [][]float32 {
	all := make([][]float32, len(s.layers))
	top := len(all) - 1
	all[top] = raw
	for l := top; l > 0; l-- {
		all[l-1] = make([]float32, s.layers[l-1].Len)
		for i, parent := range s.layers[l].Parents {
			all[l-1][parent] += all[l][i]
		}
	}
	return all
}
