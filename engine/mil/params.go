package mil

import "fmt"

// levelName is the word for magnification m of n in the names of weights.
func levelName(m, n int) string {
	switch {
	case m == 0:
		return "low"
	case m == n-1:
		return "high"
	case m == 1:
		return "mid"
	}
	return fmt.Sprintf("mid%d", m)
}

// layer is a linear layer: its name, and the number of its outputs and inputs.
type layer struct {
	name    string
	out, in int
}

// layers lists the layers of a model in the order of its file.
func (c *Config) layers() []layer {
	var all []layer
	n := len(c.Magnifications)
	for m := range n {
		level := levelName(m, n)
		all = append(all, layer{"fc_" + level + "_mag.0", c.Sizes.Embedding, c.Encoder.Dim})
		all = append(all, c.attention("ga_"+level+"_mag")...)
		if c.zooms(m) {
			all = append(all, c.attention("aux_ga_"+level+"_mag")...)
		}
	}
	if c.Classifier == MLP {
		return append(all,
			layer{"classify_head.0", c.Sizes.Hidden, c.fused()},
			layer{"classify_head.2", len(c.Classes), c.Sizes.Hidden})
	}
	return append(all, layer{"classify_head", len(c.Classes), c.fused()})
}

func (c *Config) attention(name string) []layer {
	return []layer{
		{name + ".attention_a.0", c.Sizes.Hidden, c.Sizes.Embedding},
		{name + ".attention_b.0", c.Sizes.Hidden, c.Sizes.Embedding},
		{name + ".attention_c", 1, c.Sizes.Hidden},
	}
}
