package mil

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"zoomscope/engine/nn"
)

// clamSB is CLAM with a single branch (Lu et al., Nature Biomedical Engineering
// 2021).
type clamSB struct{ single }

// bagWeight is the share of the loss that is of the slide's label.
const bagWeight = 0.7

func (clamSB) check(c *Config) error {
	o := c.Options
	return errors.Join(
		o.check(Options{Ungated: o.Ungated, Instances: o.Instances, Subtyping: o.Subtyping, InstanceLoss: o.InstanceLoss}),
		oneOf("instance loss", o.InstanceLoss, "", CrossEntropy, SmoothSVM), c.linearOnly(),
		widths("embedding", true, c.Sizes.Embedding), widths("hidden", true, c.Sizes.Hidden), widths("middle", false, c.Sizes.Middle))
}

func (clamSB) weights(c *Config) []weight {
	m, l := c.Sizes.Embedding, c.Sizes.Hidden
	all := glorot("attention_net.0", m, c.Encoder.Dim)
	if c.Options.Ungated {
		all = append(append(all, glorot("attention_net.3.module.0", l, m)...), glorot("attention_net.3.module.2", 1, l)...)
	} else {
		for _, l := range c.attention("attention_net.3") {
			all = append(all, glorot(l.name, l.out, l.in)...)
		}
	}
	all = append(all, glorot("classifiers", len(c.Classes), m)...)
	for i := range c.Classes {
		all = append(all, glorot(fmt.Sprintf("instance_classifiers.%d", i), 2, m)...)
	}
	return all
}

func (clamSB) readers(_ *Config, s Standard) []reader {
	return []reader{linearReader("attention_net.0", s)}
}

func (m clamSB) answer(b builder, c *Config) answer {
	h := b.drop(b.Relu(b.linear(b.features(c.Encoder.Dim), "attention_net.0")), "attention_net")
	var scores *nn.Value
	if c.Options.Ungated {
		content := b.drop(b.Tanh(b.linear(h, "attention_net.3.module.0")), "attention_net.3")
		scores = b.linear(content, "attention_net.3.module.2")
	} else {
		scores = b.gatedAttention(h, "attention_net.3")
	}
	attention := b.Softmax(scores, 0)
	a := answer{logits: b.linear(b.pool(h, attention), "classifiers")}
	a.classes = a.logits
	a.attention = func() *nn.Value { return attention }
	a.loss = func(label *nn.Value) *nn.Value {
		instances := m.instanceLoss(b, c, h, attention, label)
		return b.Add(b.Mul(b.CrossEntropy(a.logits, label), b.Scalar(bagWeight)), b.Mul(instances, b.Scalar(1-bagWeight)))
	}
	return a
}

// pack adds how many patches of each kind the instance loss looks at: as many as
// are asked for, or all of a slide that has fewer, where the authors' code fails.
// Of a slide with less than twice as many some are of both kinds, so that the loss
// asks the opposite of them: InstancePatches lets callers warn of it.
func (m clamSB) pack(c *Config, s *bag) (*pack, error) {
	p, err := m.single.pack(c, s)
	if err == nil {
		k := min(c.InstancePatches(), s.rows())
		p.inputs["instances"] = nn.I64Tensor([]int64{int64(k)}, 1)
	}
	return p, err
}

// OwnLoss says whether the loss of training is more than the cross entropy of the
// slide, so that it is not to be compared with that of validation.
func (c *Config) OwnLoss() bool { return c.Method == CLAMSB || c.Method == DSMIL }

// InstancePatches is how many patches of highest, and as many of lowest, attention
// a loss of their own looks at in training; 0 for methods without.
func (c *Config) InstancePatches() int {
	if c.Method != CLAMSB {
		return 0
	}
	return cmp.Or(c.Options.Instances, 8)
}

// instanceLoss asks of the patches of highest attention that the classifier of
// the label's class knows them, and of those of lowest that it does not; with
// subtyping also that those of the other classes do not know the former. The
// attention only chooses: the gradient goes to h and the classifiers.
func (m clamSB) instanceLoss(b builder, c *Config, h, attention, label *nn.Value) *nn.Value {
	k := b.Input("instances", nn.Int64, nn.Fixed(1))
	flat := b.Squeeze(attention, 1)
	high, low := b.Gather(h, b.Top(flat, k, true), 0), b.Gather(h, b.Top(flat, k, false), 0)
	var sum *nn.Value
	for i := range c.Classes {
		name := fmt.Sprintf("instance_classifiers.%d", i)
		logits, no := b.linear(high, name), b.linear(low, name)
		known := b.Add(m.rowLosses(b, c, logits, 1), m.rowLosses(b, c, no, 0))
		loss := b.Mul(b.ReduceMean(known, true, 0), b.Scalar(0.5))
		other := b.Scalar(0)
		if c.Options.Subtyping {
			other = b.ReduceMean(m.rowLosses(b, c, logits, 0), true, 0)
		}
		part := b.Where(b.Equal(label, b.ScalarOf(nn.Int64, float64(i))), loss, other)
		if sum == nil {
			sum = part
		} else {
			sum = b.Add(sum, part)
		}
	}
	if c.Options.Subtyping {
		sum = b.Mul(sum, b.Scalar(1/float64(len(c.Classes))))
	}
	return sum
}

// rowLosses are those [k] of rows [k, 2] whose class is all the same.
func (clamSB) rowLosses(b builder, c *Config, logits *nn.Value, class int) *nn.Value {
	own := func(x *nn.Value) *nn.Value { return b.Squeeze(b.Slice(x, 1, class, class+1), 1) }
	if c.Options.InstanceLoss != SmoothSVM {
		return b.Neg(own(b.LogSoftmax(logits, 1)))
	}
	// Berrada et al., ICLR 2018, for two classes and temperature 1: the margin is 1.
	margins := nn.F32Tensor([]float32{1, 1}, 1, 2)
	margins.F32[class] = 0
	wide := b.Add(logits, b.Const(margins))
	soft := b.Neg(own(b.LogSoftmax(wide, 1)))
	hard := b.Sub(b.ReduceMax(wide, false, 1), own(logits))
	apart := b.Abs(b.Sub(b.Squeeze(b.Slice(logits, 1, 1, 2), 1), b.Squeeze(b.Slice(logits, 1, 0, 1), 1)))
	return b.Where(b.Greater(b.Scalar(math.Log(1000)), apart), soft, hard)
}
