package mil

import (
	"errors"

	"zoomscope/engine/nn"
)

// features declares the features of all patches, [N, in], and standardises them.
func (b builder) features(in int) *nn.Value {
	return b.standard(b.Input("features", nn.Float32, nn.Symbol("N"), nn.Fixed(in)), 0)
}

// crossEntropy completes an answer whose logits are one for each class.
func (b builder) crossEntropy(a answer) answer {
	a.classes = a.logits
	a.loss = func(label *nn.Value) *nn.Value { return b.CrossEntropy(a.logits, label) }
	return a
}

// linearOnly is the check of methods that end in one linear layer.
func (c *Config) linearOnly() error { return oneOf("classifier", c.Classifier, Linear) }

// meanMIL is the mean of the embedded patches, then a linear layer.
type meanMIL struct{ single }

func (meanMIL) check(c *Config) error { return c.checkPooling(Options{}) }

func (c *Config) checkPooling(allowed Options) error {
	return errors.Join(
		c.Options.check(allowed), c.linearOnly(),
		widths("embedding", true, c.Sizes.Embedding), widths("hidden", false, c.Sizes.Hidden), widths("middle", false, c.Sizes.Middle))
}

func (meanMIL) weights(c *Config) []weight {
	return append(glorot("fc.0", c.Sizes.Embedding, c.Encoder.Dim), glorot("classifier", len(c.Classes), c.Sizes.Embedding)...)
}

func (meanMIL) readers(_ *Config, s Standard) []reader { return []reader{linearReader("fc.0", s)} }

func (meanMIL) answer(b builder, c *Config) answer {
	h := b.drop(b.Relu(b.linear(b.features(c.Encoder.Dim), "fc.0")), "fc")
	return b.crossEntropy(answer{logits: b.linear(b.ReduceMean(h, true, 0), "classifier")})
}

// maxMIL takes the patch that is surest of a class, or the largest of every value
// of the embedding.
type maxMIL struct{ single }

func (maxMIL) check(c *Config) error {
	return errors.Join(c.checkPooling(Options{Pooling: c.Options.Pooling}), oneOf("pooling", c.Options.Pooling, "", Instance, Feature))
}

// head is the name of the classifier: CLAM's code has two.
func (maxMIL) head(c *Config) string {
	if c.Options.Pooling != Feature && len(c.Classes) > 2 {
		return "classifiers"
	}
	return "classifier"
}

func (m maxMIL) weights(c *Config) []weight {
	return append(glorot("fc.0", c.Sizes.Embedding, c.Encoder.Dim), glorot(m.head(c), len(c.Classes), c.Sizes.Embedding)...)
}

func (maxMIL) readers(_ *Config, s Standard) []reader { return []reader{linearReader("fc.0", s)} }

func (m maxMIL) answer(b builder, c *Config) answer {
	x := b.features(c.Encoder.Dim)
	mask := b.mask(c.Sizes.Embedding, "fc")
	embed := func(x, mask *nn.Value) *nn.Value { return b.dropBy(b.Relu(b.linear(x, "fc.0")), mask) }
	h := embed(x, mask)
	if c.Options.Pooling == Feature {
		return b.crossEntropy(answer{logits: b.linear(b.ReduceMax(h, true, 0), m.head(c))})
	}
	p := b.Softmax(b.linear(h, m.head(c)), 1)
	if len(c.Classes) == 2 {
		p = b.Slice(p, 1, 1, 2)
	} else {
		p = b.ReduceMax(p, true, 1)
	}
	// The chosen patch is embedded again, by itself: that is all the gradient has
	// to go through.
	chosen := b.ArgMax(p, 0)
	if mask != nil {
		mask = b.Gather(mask, chosen, 0)
	}
	a := answer{logits: b.linear(embed(b.Gather(x, chosen, 0), mask), m.head(c))}
	a.attention = func() *nn.Value { return b.Cast(b.Equal(b.places(p), chosen), nn.Float32) }
	return b.crossEntropy(a)
}

// places are the numbers of the rows of x [N, 1], int64 [N, 1].
func (b builder) places(x *nn.Value) *nn.Value {
	return b.Unsqueeze(b.Range(x, 0), 1)
}
