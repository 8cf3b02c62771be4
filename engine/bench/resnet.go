package bench

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// Weights are the tensors of a network by name. They implement encoder.Weights.
type Weights map[string]*nn.Tensor

// Names implements encoder.Weights, in ascending order.
func (w Weights) Names() []string { return slices.Sorted(maps.Keys(w)) }

// Tensor implements encoder.Weights.
func (w Weights) Tensor(name string) (*nn.Tensor, error) {
	t, ok := w[name]
	if !ok {
		return nil, fmt.Errorf("no tensor %s", name)
	}
	return t, nil
}

// Save writes the weights to a safetensors file.
func (w Weights) Save(path string) error {
	raw := make(map[string]safetensors.Raw, len(w))
	for name, t := range w {
		raw[name] = safetensors.FromTensor(t)
	}
	return safetensors.WriteFile(path, raw, map[string]string{"note": "random weights, for measuring speed"})
}

// ResNet50 are random weights of the first three stages of a ResNet-50, with
// torchvision's names. Their spread is that of training's first step, so that
// activations keep their size from layer to layer.
func ResNet50(seed uint64) Weights {
	r := drawn{Weights{}, rand.New(rand.NewPCG(seed, 50))}
	r.convolution("conv1", "bn1", 64, 3, 7, 1)
	in := 64
	for stage, blocks := range []int{3, 4, 6} {
		width := 64 << stage
		for block := range blocks {
			name := fmt.Sprintf("layer%d.%d.", stage+1, block)
			if block == 0 {
				r.convolution(name+"downsample.0", name+"downsample.1", 4*width, in, 1, 0.7)
			}
			r.convolution(name+"conv1", name+"bn1", width, in, 1, 1)
			r.convolution(name+"conv2", name+"bn2", width, width, 3, 1)
			r.convolution(name+"conv3", name+"bn3", 4*width, width, 1, 0.3)
			in = 4 * width
		}
	}
	return r.w
}

// drawn are weights being drawn.
type drawn struct {
	w      Weights
	random *rand.Rand
}

// convolution draws a convolution [out, in, side, side] and the batch
// normalisation after it, whose factors are about gain.
func (d drawn) convolution(conv, norm string, out, in, side int, gain float64) {
	d.w[conv+".weight"] = d.normal(0, math.Sqrt(2/float64(in*side*side)), out, in, side, side)
	d.w[norm+".weight"] = d.normal(gain, gain/20, out)
	d.w[norm+".bias"] = d.normal(0, 0.1, out)
	d.w[norm+".running_mean"] = d.normal(0, 0.1, out)
	d.w[norm+".running_var"] = d.normal(1, 0.05, out)
}

func (d drawn) normal(mean, deviation float64, shape ...int) *nn.Tensor {
	t := nn.NewTensor(nn.Float32, shape...)
	for i := range t.F32 {
		t.F32[i] = float32(mean + deviation*d.random.NormFloat64())
	}
	return t
}
