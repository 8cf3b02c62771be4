package mil

import (
	"fmt"

	"zoomscope/engine/nn"
)

// Standard brings features to mean 0 and deviation 1: (x - Mean) * Scale, each
// [D].
type Standard struct{ Mean, Scale []float32 }

// standardName is put before the names of weights that take standardised
// features.
const standardName = "standard/"

func (d *descent) checkStandards() error {
	n := len(d.options.Standards)
	if n != 0 && n != len(d.config.Magnifications) {
		return fmt.Errorf("%d standards for %d magnifications", n, len(d.config.Magnifications))
	}
	for i, s := range d.options.Standards {
		if len(s.Mean) != d.config.Encoder.Dim || len(s.Scale) != d.config.Encoder.Dim {
			return fmt.Errorf("standard %d has %d and %d values for features of %d", i, len(s.Mean), len(s.Scale), d.config.Encoder.Dim)
		}
		for j, v := range s.Scale {
			if !(v > 0) || v-v != 0 || s.Mean[j]-s.Mean[j] != 0 {
				return fmt.Errorf("standard %d: mean %v, scale %v of value %d", i, s.Mean[j], v, j)
			}
		}
	}
	return nil
}

// reader is a layer that takes features which are standardised. Its weight is
// seen as [out, in, each], in being as many as the standard has; each is 1 for a
// matrix. Where it is more, the standard has no means.
type reader struct {
	weight, bias string
	standard     Standard
	each         int
}

// readers are the layers of a model that take features, with their standards;
// none where features are as they are.
func (c *Config) readers(standards []Standard) []reader {
	if standards == nil {
		return nil
	}
	standards = c.standards(standards)
	if m := c.whole(); m != nil {
		return m.readers(c, standards[0])
	}
	var all []reader
	for i, s := range standards {
		name := "fc_" + levelName(i, len(c.Magnifications)) + "_mag.0"
		all = append(all, linearReader(name, s))
	}
	return all
}

func linearReader(name string, s Standard) reader {
	return reader{name + ".weight", name + ".bias", s, 1}
}

// standards are those that the graphs of a model apply.
func (c *Config) standards(standards []Standard) []Standard {
	if m := c.whole(); m != nil && standards != nil {
		return []Standard{m.standard(c, standards)}
	}
	return standards
}

// fold makes a layer of features of one of standardised features:
// W ((x - mean) scale) + b = (W scale) x + (b - W scale mean).
func (r reader) fold(weight, bias *nn.Tensor) (w, b *nn.Tensor) {
	w, b = nn.NewTensor(nn.Float32, weight.Shape...), nn.NewTensor(nn.Float32, bias.Shape...)
	in := len(r.standard.Scale)
	copy(b.F32, bias.F32)
	for i := range len(w.F32) / (in * r.each) {
		sum := 0.0
		for j := range in {
			for k := range r.each {
				at := (i*in+j)*r.each + k
				v := float64(weight.F32[at]) * float64(r.standard.Scale[j])
				w.F32[at] = float32(v)
				sum += v * float64(r.standard.Mean[j])
			}
		}
		if r.each == 1 {
			b.F32[i] = float32(float64(bias.F32[i]) - sum)
		}
	}
	return w, b
}

// unfold is the reverse of fold.
func (r reader) unfold(weight, bias *nn.Tensor) (w, b *nn.Tensor) {
	w, b = nn.NewTensor(nn.Float32, weight.Shape...), nn.NewTensor(nn.Float32, bias.Shape...)
	in := len(r.standard.Scale)
	copy(b.F32, bias.F32)
	for i := range len(w.F32) / (in * r.each) {
		sum := 0.0
		for j := range in {
			for k := range r.each {
				at := (i*in+j)*r.each + k
				v := float64(weight.F32[at])
				w.F32[at] = float32(v / float64(r.standard.Scale[j]))
				sum += v * float64(r.standard.Mean[j])
			}
		}
		if r.each == 1 {
			b.F32[i] = float32(float64(bias.F32[i]) + sum)
		}
	}
	return w, b
}
