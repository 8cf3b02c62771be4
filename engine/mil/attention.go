package mil

import (
	"errors"
	"fmt"

	"zoomscope/engine/nn"
)

// Sigmoid is a classifier of abmil and dsmil: one output, of the second of two
// classes.
const Sigmoid = "sigmoid"

// abMIL is the attention of Ilse, Tomczak and Welling (ICML 2018).
type abMIL struct{ single }

func (abMIL) check(c *Config) error {
	return errors.Join(
		c.Options.check(Options{Ungated: c.Options.Ungated, Depth: c.Options.Depth}),
		oneOf("classifier", c.Classifier, MLP, Sigmoid), c.checkSigmoid(),
		widths("embedding", true, c.Sizes.Embedding), widths("hidden", true, c.Sizes.Hidden), widths("middle", false, c.Sizes.Middle))
}

// checkSigmoid makes sure that one output is enough.
func (c *Config) checkSigmoid() error {
	if c.Classifier == Sigmoid && len(c.Classes) != 2 {
		other := Linear
		if c.Method == ABMIL {
			other = MLP
		}
		return fmt.Errorf("classifier %s tells two classes apart, not %d: %s can", Sigmoid, len(c.Classes), other)
	}
	return nil
}

func (abMIL) weights(c *Config) []weight {
	m, l := c.Sizes.Embedding, c.Sizes.Hidden
	var all []weight
	in := c.Encoder.Dim
	for _, l := range embedding(c) {
		all = append(all, usual(l.name, l.out, in)...)
		in = l.out
	}
	if c.Options.Ungated {
		all = append(append(all, usual("attention.0", l, m)...), usual("attention.2", 1, l)...)
	} else {
		all = append(append(all, usual("attention_V.0", l, m)...), usual("attention_U.0", l, m)...)
		all = append(all, usual("attention_w", 1, l)...)
	}
	if c.Classifier == Sigmoid {
		return append(all, usual("classifier.0", 1, m)...)
	}
	return append(append(all, usual("classifier.0", l, m)...), usual("classifier.2", len(c.Classes), l)...)
}

// embedding are the layers that embed a patch; between two stand ReLU and dropout.
func embedding(c *Config) []layer {
	var all []layer
	depth := max(c.Options.Depth, 1)
	for i := range depth {
		all = append(all, layer{name: fmt.Sprintf("feature_extractor_part2.%d", 3*i), out: c.Sizes.Embedding << (depth - 1 - i)})
	}
	return all
}

func (abMIL) readers(_ *Config, s Standard) []reader {
	return []reader{linearReader("feature_extractor_part2.0", s)}
}

func (abMIL) answer(b builder, c *Config) answer {
	h := b.features(c.Encoder.Dim)
	for _, l := range embedding(c) {
		h = b.drop(b.Relu(b.linear(h, l.name)), l.name)
	}
	var scores *nn.Value
	if c.Options.Ungated {
		scores = b.linear(b.Tanh(b.linear(h, "attention.0")), "attention.2")
	} else {
		gate := b.Sigmoid(b.linear(h, "attention_U.0"))
		scores = b.linear(b.Mul(b.Tanh(b.linear(h, "attention_V.0")), gate), "attention_w")
	}
	attention := b.Softmax(scores, 0)
	z := b.pool(h, attention)
	a := answer{attention: func() *nn.Value { return attention }}
	if c.Classifier == Sigmoid {
		return b.bernoulli(a, b.linear(z, "classifier.0"))
	}
	a.logits = b.linear(b.Relu(b.linear(z, "classifier.0")), "classifier.2")
	return b.crossEntropy(a)
}

// bernoulli completes an answer of one output for two classes, with the loss of
// a probability that is kept from 0 and 1. The authors' code has nothing but the
// probability.
func (b builder) bernoulli(a answer, logit *nn.Value) answer {
	a.logits, a.classes = b.Sigmoid(logit), b.twoClasses(logit)
	a.loss = func(label *nn.Value) *nn.Value {
		q := b.Clip(b.Reshape(a.logits, 1), 1e-5, 1-1e-5)
		y := b.Cast(label, nn.Float32)
		one := b.Scalar(1)
		yes, no := b.Mul(y, b.Log(q)), b.Mul(b.Sub(one, y), b.Log(b.Sub(one, q)))
		return b.Neg(b.Add(yes, no))
	}
	return a
}

// twoClasses are the logits of two classes of that of the second [1, 1].
func (b builder) twoClasses(logit *nn.Value) *nn.Value {
	return b.Concat(1, b.Const(nn.NewTensor(nn.Float32, 1, 1)), logit)
}
