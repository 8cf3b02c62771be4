package mil

import (
	"math"
	"math/rand/v2"

	"zoomscope/engine/nn"
)

// weight is one of a model's, and how it begins: draw fills what is all zeros;
// nil leaves it so.
type weight struct {
	name  string
	shape []int
	draw  func(r *rand.Rand, w []float32)
}

// weights lists those of a model in the order in which they are drawn.
func (c *Config) weights() []weight {
	if m := c.whole(); m != nil {
		return m.weights(c)
	}
	var all []weight
	for _, l := range c.layers() {
		all = append(all, glorot(l.name, l.out, l.in)...)
	}
	return all
}

// shapes are the shapes of all weights by name.
func (c *Config) shapes() map[string][]int {
	shapes := map[string][]int{}
	for _, w := range c.weights() {
		shapes[w.name] = w.shape
	}
	return shapes
}

// initialise draws the weights.
func (c *Config) initialise(seed uint64) map[string]*nn.Tensor {
	r := rand.New(rand.NewPCG(seed, 0x7a6f6f6d))
	params := map[string]*nn.Tensor{}
	for _, w := range c.weights() {
		t := nn.NewTensor(nn.Float32, w.shape...)
		if w.draw != nil {
			w.draw(r, t.F32)
		}
		params[w.name] = t
	}
	return params
}

// layerOf is the weight and the bias of a linear layer.
func layerOf(name string, out, in int, w, b func(*rand.Rand, []float32)) []weight {
	return []weight{{name + ".weight", []int{out, in}, w}, {name + ".bias", []int{out}, b}}
}

// glorot is a linear layer that begins as Glorot and Bengio have it (AISTATS
// 2010), normal, with a bias of zeros.
func glorot(name string, out, in int) []weight {
	return layerOf(name, out, in, normal(math.Sqrt(2/float64(in+out))), nil)
}

// usual is a linear layer that begins as PyTorch has it.
func usual(name string, out, in int) []weight {
	draw := uniform(1 / math.Sqrt(float64(in)))
	return layerOf(name, out, in, draw, draw)
}

// orthonormal is a linear layer whose rows or columns, whichever are fewer, are
// orthonormal to begin with, with a bias of zeros.
func orthonormal(name string, out, in int) []weight {
	return layerOf(name, out, in, orthogonal(out, in), nil)
}

func normal(sigma float64) func(*rand.Rand, []float32) {
	return func(r *rand.Rand, w []float32) {
		for i := range w {
			w[i] = float32(r.NormFloat64() * sigma)
		}
	}
}

func uniform(bound float64) func(*rand.Rand, []float32) {
	return func(r *rand.Rand, w []float32) {
		for i := range w {
			w[i] = float32((2*r.Float64() - 1) * bound)
		}
	}
}

func ones(_ *rand.Rand, w []float32) {
	for i := range w {
		w[i] = 1
	}
}

// orthogonal makes normal vectors orthonormal one after the other (Gram and
// Schmidt, each twice).
func orthogonal(out, in int) func(*rand.Rand, []float32) {
	return func(r *rand.Rand, w []float32) {
		n, length := min(out, in), max(out, in)
		vectors := make([][]float64, n)
		for i := range vectors {
			v := make([]float64, length)
			for j := range v {
				v[j] = r.NormFloat64()
			}
			for range 2 {
				for _, u := range vectors[:i] {
					addScaled(v, u, -dot(u, v))
				}
				scale(v, 1/math.Sqrt(dot(v, v)))
			}
			vectors[i] = v
			for j, x := range v {
				if out <= in {
					w[i*in+j] = float32(x)
				} else {
					w[j*in+i] = float32(x)
				}
			}
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

func addScaled(v, u []float64, by float64) {
	for i, x := range u {
		v[i] += x * by
	}
}

func scale(v []float64, by float64) {
	for i := range v {
		v[i] *= by
	}
}
