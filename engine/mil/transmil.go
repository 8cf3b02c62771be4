package mil

import (
	"errors"
	"fmt"
	"math"

	"zoomscope/engine/nn"
)

// transMIL is the transformer of Shao et al. (NeurIPS 2021), with the attention
// of Xiong et al. ("Nyströmformer", AAAI 2021): its memory is linear in the number
// of patches.
type transMIL struct{ single }

// The published sizes that are not widths.
const (
	heads       = 8
	inversions  = 6  // steps of the iteration for the inverse
	residual    = 33 // of the convolution along the sequence
	normEpsilon = 1e-5
)

func (transMIL) check(c *Config) error {
	if c.Sizes.Embedding%heads != 0 {
		return fmt.Errorf("embedding size is %d, must be a multiple of the %d heads", c.Sizes.Embedding, heads)
	}
	return errors.Join(
		c.Options.check(Options{FirstRows: c.Options.FirstRows}), c.linearOnly(),
		widths("embedding", true, c.Sizes.Embedding), widths("hidden", false, c.Sizes.Hidden), widths("middle", false, c.Sizes.Middle))
}

func (transMIL) weights(c *Config) []weight {
	d := c.Sizes.Embedding
	all := append(usual("_fc1.0", d, c.Encoder.Dim), weight{"cls_token", []int{1, 1, d}, normal(1)})
	for _, conv := range transConvs() {
		draw := uniform(1 / float64(conv.size))
		all = append(all,
			weight{conv.name + ".weight", []int{d, 1, conv.size, conv.size}, draw},
			weight{conv.name + ".bias", []int{d}, draw})
	}
	norm := func(name string) []weight {
		return []weight{{name + ".weight", []int{d}, ones}, {name + ".bias", []int{d}, nil}}
	}
	for _, layer := range []string{"layer1", "layer2"} {
		all = append(all, norm(layer+".norm")...)
		all = append(all,
			weight{layer + ".attn.to_qkv.weight", []int{3 * d, d}, uniform(1 / math.Sqrt(float64(d)))},
			weight{layer + ".attn.res_conv.weight", []int{heads, 1, residual, 1}, uniform(1 / math.Sqrt(residual))})
		all = append(all, usual(layer+".attn.to_out.0", d, d)...)
	}
	return append(append(all, norm("norm")...), usual("_fc2", len(c.Classes), d)...)
}

type transConv struct {
	name string
	size int
}

// transConvs are the convolutions of the position encoding, the widest first.
func transConvs() []transConv {
	return []transConv{{"pos_layer.proj", 7}, {"pos_layer.proj1", 5}, {"pos_layer.proj2", 3}}
}

func (transMIL) readers(_ *Config, s Standard) []reader { return []reader{linearReader("_fc1.0", s)} }

// side is that of the square that so many patches are laid out on.
func side(patches int) int { return int(math.Ceil(math.Sqrt(float64(patches)))) }

func (transMIL) room(patches int) int { return side(patches) * side(patches) }

// landmarks is how many there are.
func (transMIL) landmarks(c *Config) int { return c.Sizes.Embedding / 2 }

// pack fills the square up with the first patches once more, and gives the zeros
// that make the sequence a multiple of the landmarks.
func (m transMIL) pack(c *Config, s *sack) (*pack, error) {
	n, dim := s.rows(), s.dim
	a := side(n)
	x := s.features
	for len(x) < a*a*dim {
		x = append(x, x[:min(len(x), a*a*dim-len(x))]...)
	}
	d := c.Sizes.Embedding
	return &pack{
		inputs: map[string]*nn.Tensor{
			"features": nn.F32Tensor(x, a, a, dim),
			"padding":  nn.NewTensor(nn.Float32, m.padding(c, n), d),
		},
		sizes: map[string]int{"S": a, "S*S": a * a, "(S*S+1)": a*a + 1},
	}, nil
}

// padding is the number of zero rows in front of the sequence of so many patches.
func (m transMIL) padding(c *Config, patches int) int {
	k := m.landmarks(c)
	return (k - (m.room(patches)+1)%k) % k
}

func (m transMIL) answer(b builder, c *Config) answer {
	d := c.Sizes.Embedding
	square := b.Input("features", nn.Float32, nn.Symbol("S"), nn.Symbol("S"), nn.Fixed(c.Encoder.Dim))
	padding := b.Input("padding", nn.Float32, nn.Symbol("P"), nn.Fixed(d))
	x := b.standard(b.Reshape(square, -1, c.Encoder.Dim), 0)
	class := b.Reshape(b.param("cls_token"), 1, d)
	h := b.Concat(0, class, b.Relu(b.linear(x, "_fc1.0")))

	first := nystrom{b, "layer1.attn", d, m.landmarks(c), padding, c.Options.FirstRows}
	attended := first.all(b.normed(h, "layer1.norm"), h.Shape()[0])
	h = b.Add(h, b.drop(attended, "layer1"))
	patches := b.SliceTo(h, 0, b.at(1), b.Slice(b.Shape(h), 0, 0, 1), x.Shape()[0])
	h = b.Concat(0, b.first(h), m.positions(b, patches, square, d))

	// Of what comes next only the class token is looked at.
	second := first
	second.name = "layer2.attn"
	out, row := second.token(b.normed(h, "layer2.norm"))
	token := b.Add(b.first(h), b.drop(out, "layer2"))
	return b.crossEntropy(answer{logits: b.linear(b.normed(token, "norm"), "_fc2"), attention: row})
}

// at is a place, int64 [1].
func (b builder) at(i int64) *nn.Value { return b.Const(nn.I64Tensor([]int64{i}, 1)) }

// first is the first row of x.
func (b builder) first(x *nn.Value) *nn.Value { return b.Gather(x, b.at(0), 0) }

// normed is layer normalisation of x [n, d].
func (b builder) normed(x *nn.Value, name string) *nn.Value {
	x = b.Sub(x, b.ReduceMean(x, true, 1))
	variance := b.ReduceMean(b.Mul(x, x), true, 1)
	x = b.Div(x, b.Sqrt(b.Add(variance, b.Scalar(normEpsilon))))
	return b.Add(b.Mul(x, b.param(name+".weight")), b.param(name+".bias"))
}

// positions adds to x [S*S, d] what three convolutions make of it on its square:
// they are one, of the sum of their kernels.
func (transMIL) positions(b builder, x, square *nn.Value, d int) *nn.Value {
	sides := b.Slice(b.Shape(square), 0, 0, 2)
	s := square.Shape()[0]
	img := b.ReshapeTo(b.Transpose(x), b.Concat(0, b.Const(nn.I64Tensor([]int64{1, int64(d)}, 2)), sides), nn.Fixed(1), nn.Fixed(d), s, s)
	var w, bias *nn.Value
	for _, conv := range transConvs() {
		more, plus := b.param(conv.name+".weight"), b.param(conv.name+".bias")
		if w == nil {
			w, bias = more, plus
			continue
		}
		edge := (7 - conv.size) / 2
		w, bias = b.Add(w, b.Pad(more, [4]int{edge, edge, edge, edge}, "constant")), b.Add(bias, plus)
	}
	img = b.Add(img, b.Conv(img, w, bias, nn.ConvOptions{Groups: d, Pads: [4]int{3, 3, 3, 3}}))
	return b.Transpose(b.Reshape(img, d, -1), 1, 0)
}

// spread is the attention of the class token to each patch, of all heads; what the
// approximation makes negative counts as 0, and a patch that was laid out twice
// has that of both places.
func (m transMIL) spread(_ *Config, s *sack, raw []float32) [][]float32 {
	n := s.rows()
	square := m.room(n)
	raw = raw[len(raw)-square:]
	out := make([]float32, n)
	for i, v := range raw {
		out[i%n] += max(v, 0)
	}
	return [][]float32{shares(out)}
}

// nystrom is the approximation of a self-attention by landmarks.
type nystrom struct {
	builder
	name      string
	d, k      int       // width, and number of landmarks
	padding   *nn.Value // zeros [P, d]
	firstRows bool
}

// parts are what an attention is computed of, by head.
type parts struct {
	q, v     *nn.Value // [8, n, e]
	near     *nn.Value // the landmarks of the keys, [8, e, k]
	far      *nn.Value // the attention of the landmarks to all, [8, k, n]
	inverse  *nn.Value // [8, k, k]
	gathered *nn.Value // inverse times far times v, [8, k, e]
}

// parts of x, whose rows are padded in front.
func (a nystrom) parts(x *nn.Value) parts {
	e := a.d / heads
	x = a.Concat(0, a.padding, x)
	weight := a.name + ".to_qkv.weight"
	all := a.Reshape(a.Linear(x, a.param(weight), nil), 0, 3, heads, e)
	take := func(i int) *nn.Value { return a.Squeeze(a.Slice(all, 1, i, i+1), 1) }
	q, k, v := a.Mul(take(0), a.Scalar(1/math.Sqrt(float64(e)))), take(1), take(2) // [n, 8, e]
	landmarks := func(y *nn.Value) *nn.Value {
		return a.ReduceMean(a.Reshape(y, a.k, -1, heads, e), false, 1) // [k, 8, e]
	}
	p := parts{q: a.Transpose(q, 1, 0, 2), v: a.Transpose(v, 1, 0, 2), near: a.Transpose(landmarks(k), 1, 2, 0)}
	marks := a.Transpose(landmarks(q), 1, 0, 2)
	p.far = a.Softmax(a.MatMul(marks, a.Transpose(k, 1, 2, 0)), -1)
	p.inverse = a.inverse(a.Softmax(a.MatMul(marks, p.near), -1))
	p.gathered = a.MatMul(p.inverse, a.MatMul(p.far, p.v))
	return p
}

// inverse approaches that of x [8, k, k], whose elements are positive.
func (a nystrom) inverse(x *nn.Value) *nn.Value {
	largest := func(axis int) *nn.Value { return a.ReduceMax(a.ReduceSum(x, false, axis), false) }
	z := a.Div(a.Transpose(x, 0, 2, 1), a.Mul(largest(2), largest(1)))
	eye := nn.NewTensor(nn.Float32, a.k, a.k)
	for i := range a.k {
		eye.F32[i*a.k+i] = 1
	}
	one := a.Const(eye)
	less := func(times float64, y *nn.Value) *nn.Value { return a.Sub(a.Mul(one, a.Scalar(times)), y) }
	for range inversions {
		y := a.MatMul(x, z)
		inner := a.MatMul(y, less(15, a.MatMul(y, less(7, y))))
		z = a.Mul(a.MatMul(z, less(13, inner)), a.Scalar(0.25))
	}
	return z
}

// all is the attention for each of the n rows of x.
func (a nystrom) all(x *nn.Value, n nn.Dim) *nn.Value {
	p := a.parts(x)
	y := a.MatMul(a.Softmax(a.MatMul(p.q, p.near), -1), p.gathered)
	y = a.Add(y, a.Squeeze(a.along(a.Unsqueeze(p.v, 0), residual/2), 0))
	y = a.Reshape(a.Transpose(y, 1, 0, 2), 0, a.d)
	start := a.offset()
	end := a.Slice(a.Shape(y), 0, 0, 1)
	if a.firstRows {
		end = a.Sub(end, a.Slice(a.Shape(a.padding), 0, 0, 1))
	}
	return a.out(a.SliceTo(y, 0, start, end, n))
}

// offset is where the rows begin that come out, int64 [1].
func (a nystrom) offset() *nn.Value {
	if a.firstRows {
		return a.at(0)
	}
	return a.Slice(a.Shape(a.padding), 0, 0, 1)
}

// out is the layer that puts the heads together.
func (a nystrom) out(y *nn.Value) *nn.Value { return a.linear(y, a.name+".to_out.0") }

// along is the convolution of v [1, 8, n, e] along the sequence.
func (a nystrom) along(v *nn.Value, pad int) *nn.Value {
	weight := a.name + ".res_conv.weight"
	return a.Conv(v, a.param(weight), nil, nn.ConvOptions{Groups: heads, Pads: [4]int{pad, 0, pad, 0}})
}

// token is all for the first of the rows that come out, [1, d]. attention makes
// that row's, over the padded sequence, as the mean of the heads [n, 1].
func (a nystrom) token(x *nn.Value) (y *nn.Value, attention func() *nn.Value) {
	p := a.parts(x)
	start := a.offset()
	next := func(by int64) *nn.Value { return a.Add(start, a.at(by)) }
	own := a.Softmax(a.MatMul(a.SliceTo(p.q, 1, start, next(1), nn.Fixed(1)), p.near), -1) // [8, 1, k]
	around := a.Pad(a.Unsqueeze(p.v, 0), [4]int{residual / 2, 0, residual / 2, 0}, "constant")
	around = a.along(a.SliceTo(around, 2, start, next(residual), nn.Fixed(residual)), 0)
	y = a.Add(a.MatMul(own, p.gathered), a.Squeeze(around, 0))
	return a.out(a.Reshape(y, 1, a.d)), func() *nn.Value {
		row := a.MatMul(a.MatMul(own, p.inverse), p.far) // [8, 1, n]
		return a.Transpose(a.ReduceMean(row, false, 0), 1, 0)
	}
}
