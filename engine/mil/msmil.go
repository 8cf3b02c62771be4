package mil

import (
	"errors"
	"math"

	"zoomscope/engine/nn"
)

// msMIL is the second stage of the multi-scale method of Hashimoto et al. (CVPR
// 2020): the patches of all magnifications in one bag, on features that are
// given. The first stage, which trains the features against the slides' own
// looks, needs the encoder and is left out.
type msMIL struct{}

func (msMIL) scales() (fewest, most int) { return 2, maxLevels }

func (msMIL) check(c *Config) error {
	return errors.Join(
		c.Options.check(Options{}), c.linearOnly(),
		widths("embedding", true, c.Sizes.Embedding), widths("hidden", true, c.Sizes.Hidden), widths("middle", true, c.Sizes.Middle))
}

const msPrefix = "class_predictor."

func (msMIL) weights(c *Config) []weight {
	e := c.Sizes
	all := append(usual(msPrefix+"feature_extractor_2.0", e.Middle, c.Encoder.Dim), usual(msPrefix+"feature_extractor_2.2", e.Embedding, e.Middle)...)
	all = append(append(all, usual(msPrefix+"attention.0", e.Hidden, e.Embedding)...), usual(msPrefix+"attention.2", 1, e.Hidden)...)
	return append(all, usual(msPrefix+"classifier.0", len(c.Classes), e.Embedding)...)
}

// standard is one for all magnifications, since one layer takes them all: each
// counts as much as any other.
func (msMIL) standard(c *Config, s []Standard) Standard {
	d := c.Encoder.Dim
	all := Standard{make([]float32, d), make([]float32, d)}
	for j := range d {
		mean, square := 0.0, 0.0
		for _, one := range s {
			m, deviation := float64(one.Mean[j]), 1/float64(one.Scale[j])
			mean += m / float64(len(s))
			square += (m*m + deviation*deviation) / float64(len(s))
		}
		all.Mean[j] = float32(mean)
		all.Scale[j] = float32(1 / math.Sqrt(square-mean*mean))
	}
	return all
}

func (msMIL) readers(_ *Config, s Standard) []reader {
	return []reader{linearReader(msPrefix+"feature_extractor_2.0", s)}
}

func (msMIL) answer(b builder, c *Config) answer {
	h := b.drop(b.Relu(b.linear(b.features(c.Encoder.Dim), msPrefix+"feature_extractor_2.0")), "feature_extractor_2.0")
	h = b.drop(b.Relu(b.linear(h, msPrefix+"feature_extractor_2.2")), "feature_extractor_2.2")
	scores := b.linear(b.Tanh(b.linear(h, msPrefix+"attention.0")), msPrefix+"attention.2")
	attention := b.Softmax(scores, 0)
	return b.crossEntropy(answer{
		logits:    b.linear(b.pool(h, attention), msPrefix+"classifier.0"),
		attention: func() *nn.Value { return attention },
	})
}

func (msMIL) room(patches int) int { return patches }

func (msMIL) pack(c *Config, s *bag) (*pack, error) { return single{}.pack(c, s) }

// spread keeps the shares that patches have of the attention of all magnifications
// together: what a magnification has of it says how much it counts.
func (msMIL) spread(_ *Config, s *bag, raw []float32) [][]float32 {
	var all [][]float32
	for _, l := range s.layers {
		all = append(all, raw[:l.Len:l.Len])
		raw = raw[l.Len:]
	}
	return all
}

// shares brings what is not negative to the sum of 1, all alike where it is all 0.
func shares(x []float32) []float32 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	out := make([]float32, len(x))
	for i, v := range x {
		if out[i] = float32(float64(v) / sum); sum == 0 {
			out[i] = 1 / float32(len(x))
		}
	}
	return out
}
