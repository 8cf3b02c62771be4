package mil

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"zoomscope/engine/nn"
	"zoomscope/engine/topk"
)

// goldenTraining compares the training mode with what the public code computed:
// the loss, every gradient, and the weights after one and after five steps.
func goldenTraining(v *vectors, model *Model, o nn.Opener, source matrices) {
	meta := func(key string) float64 {
		x, err := strconv.ParseFloat(v.f.Metadata()[key], 64)
		if err != nil {
			v.Fatal(err)
		}
		return x
	}
	t, err := model.NewTrainer(o, TrainOptions{Samples: int(meta("samples")), Sigma: meta("sigma"), Dropout: -1})
	if err != nil {
		v.Fatal(err)
	}
	defer t.Close()
	label := v.ints("label")[0]
	step := func(prefix string) *pass {
		p, err := t.forward(v.Context(), source, label, v.noise(prefix, t.options))
		if err == nil {
			err = t.backward(v.Context(), p)
		}
		if err != nil {
			v.Fatal(err)
		}
		return p
	}
	p := step("noise/")
	v.compareForward(p)
	p.release()
	v.compareGradients(t)
	losses := v.tensor("train/loss5").F32
	for i, want := range losses {
		p := step(fmt.Sprintf("noise5/%d/", i))
		if math.Abs(p.loss-float64(want)) > tolerance {
			v.Errorf("loss at step %d is %v, want %v", i+1, p.loss, want)
		}
		p.release()
		t.update(meta("lr"))
		if i == 0 {
			v.compareWeights(t, "adam/", meta("lr"), 1)
		}
	}
	v.compareWeights(t, "adam5/", meta("lr"), len(losses))
}

// noise is what the public code drew.
func (v *vectors) noise(prefix string, o TrainOptions) noise {
	return noise{selection: func(level, _ int) topk.Perturbation {
		return topk.Perturbation{Samples: o.Samples, Sigma: o.Sigma, Noise: v.tensor(prefix + strconv.Itoa(level)).F32}
	}}
}

func (v *vectors) compareForward(p *pass) {
	near(v.T, "train logits", p.logits, v.tensor("train/logits").F32)
	near(v.T, "train loss", []float32{float32(p.loss)}, v.tensor("train/loss").F32)
	for i, a := range p.attention {
		near(v.T, fmt.Sprint("train attention/", i), a, v.tensor(fmt.Sprint("train/attention/", i)).F32)
	}
	for i, z := range p.zooms {
		near(v.T, fmt.Sprint("train select_attention/", i), z, v.tensor(fmt.Sprint("train/select_attention/", i)).F32)
		s := p.selections[i]
		indicator := make([]float32, s.Rows*s.Columns)
		for row := range s.Rows {
			for e := s.Start[row]; e < s.Start[row+1]; e++ {
				indicator[row*s.Columns+s.Column[e]] = s.Weight[e]
			}
		}
		near(v.T, fmt.Sprint("train indicator/", i), indicator, v.tensor(fmt.Sprint("train/indicator/", i)).F32)
	}
}

// compareGradients asks of each gradient what the vectors recommend.
func (v *vectors) compareGradients(t *Trainer) {
	compared := 0
	for _, l := range append(t.levels, t.head) {
		for i, name := range l.names {
			want := v.tensor("grad/" + name).F32
			largest := 0.0
			for _, g := range want {
				largest = max(largest, math.Abs(float64(g)))
			}
			for j, g := range l.grads[i].F32 {
				if d := math.Abs(float64(g) - float64(want[j])); !(d <= 1e-6+1e-4*largest) {
					v.Errorf("gradient of %s: value %d is %v, want %v", name, j, g, want[j])
					break
				}
			}
			compared++
		}
	}
	if compared != len(t.params) {
		v.Errorf("%d gradients for %d weights", compared, len(t.params))
	}
}

// compareWeights allows, where a gradient is so small that its sign is noise, the
// whole length of the steps. Biases in front of a softmax have such gradients
// always.
func (v *vectors) compareWeights(t *Trainer, prefix string, rate float64, steps int) {
	for name, p := range t.params {
		if strings.HasSuffix(name, ".attention_c.bias") {
			continue
		}
		want, grad := v.tensor(prefix+name).F32, v.tensor("grad/"+name).F32
		for i, w := range p.F32 {
			allowed := 1e-6
			if math.Abs(float64(grad[i])) <= 1e-6 {
				allowed = 2 * rate * float64(steps)
			}
			if d := math.Abs(float64(w) - float64(want[i])); !(d <= allowed) {
				v.Errorf("%s%s: value %d is %v, want %v", prefix, name, i, w, want[i])
				break
			}
		}
	}
}
