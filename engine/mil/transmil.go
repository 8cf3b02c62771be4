package mil

import (
	"errors"
	"fmt"
	"math"
	"slices"

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
	if c.Sizes.Embedding < heads {
		return fmt.Errorf("embedding size is %d, must be %d or more, one for each head", c.Sizes.Embedding, heads)
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
			weight{layer + ".attn.to_qkv.weight", []int{3 * heads * (d / heads), d}, uniform(1 / math.Sqrt(float64(d)))},
			weight{layer + ".attn.res_conv.weight", []int{heads, 1, residual, 1}, uniform(1 / math.Sqrt(residual))})
		all = append(all, usual(layer+".attn.to_out.0", d, heads*(d/heads))...)
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

// front is what stands before a sequence, to make it a multiple of the landmarks:
// rows of zeros. Landmarks of such rows alone are all the same, and so are their
// rows: one of each is computed, which counts as many times.
type front struct {
	rows      int // of zeros
	marks     int // landmarks of the whole sequence
	row, mark int // how many rows the first one stands for, and landmarks the first
}

// front is that of so many patches.
func (m transMIL) front(c *Config, patches int) front {
	k, n := m.landmarks(c), m.room(patches)+1
	each := (n + k - 1) / k
	f := front{rows: k*each - n, marks: k, row: 1, mark: 1}
	if same := f.rows/each - 1; same > 0 && !c.Options.FirstRows { // which are those of zeros
		f.rows, f.marks = f.rows-same*each, k-same
		f.row, f.mark = 1+same*each, 1+same
	}
	return f
}

// counts is n times 1, but first for the first.
func counts(first, n int) *nn.Tensor {
	x := slices.Repeat([]float32{1}, n)
	x[0] = float32(first)
	return nn.F32Tensor(x, n)
}

// pack fills the square up with the first patches once more.
func (m transMIL) pack(c *Config, s *bag) (*pack, error) {
	return m.packBehind(m.front(c, s.rows()), c, s), nil
}

func (m transMIL) packBehind(f front, c *Config, s *bag) *pack {
	a, dim := side(s.rows()), s.dim
	x := s.features
	for len(x) < a*a*dim {
		x = append(x, x[:min(len(x), a*a*dim-len(x))]...)
	}
	return &pack{
		inputs: map[string]*nn.Tensor{
			"features": nn.F32Tensor(x, a, a, dim),
			"padding":  nn.NewTensor(nn.Float32, f.rows, c.Sizes.Embedding),
			"rows":     counts(f.row, f.rows+a*a+1),
			"marks":    counts(f.mark, f.marks),
		},
		sizes: map[string]int{"S": a, "S*S": a * a, "(S*S+1)": a*a + 1},
	}
}

func (m transMIL) answer(b builder, c *Config) answer {
	d := c.Sizes.Embedding
	square := b.Input("features", nn.Float32, nn.Symbol("S"), nn.Symbol("S"), nn.Fixed(c.Encoder.Dim))
	padding := b.Input("padding", nn.Float32, nn.Symbol("P"), nn.Fixed(d))
	x := b.standard(b.Reshape(square, -1, c.Encoder.Dim), 0)
	class := b.Reshape(b.param("cls_token"), 1, d)
	h := b.Recompute(b.Concat(0, class, b.Relu(b.linear(x, "_fc1.0"))))

	marks := b.Input("marks", nn.Float32, nn.Symbol("K"))
	first := nystrom{builder: b, name: "layer1.attn", d: d, padding: padding, marks: marks, firstRows: c.Options.FirstRows}
	padded := first.pad(b.normed(h, "layer1.norm"))
	first.rows = b.Input("rows", nn.Float32, padded.Shape()[0])
	h = b.Add(h, b.drop(first.all(padded, h.Shape()[0]), "layer1"))
	patches := b.SliceTo(h, 0, b.at(1), b.Slice(b.Shape(h), 0, 0, 1), x.Shape()[0])
	h = b.Concat(0, b.first(h), m.positions(b, patches, square, d))

	// Of what comes next only the class token is looked at.
	second := first
	second.name = "layer2.attn"
	out, row := second.token(second.pad(b.normed(h, "layer2.norm")))
	token := b.Add(b.first(h), b.drop(out, "layer2"))
	return b.crossEntropy(answer{logits: b.linear(b.normed(token, "norm"), "_fc2"), attention: row})
}

// at is a place, int64 [1].
func (b builder) at(i int64) *nn.Value { return b.Const(nn.I64Tensor([]int64{i}, 1)) }

// first is the first row of x.
func (b builder) first(x *nn.Value) *nn.Value { return b.Gather(x, b.at(0), 0) }

// normed is layer normalisation of x [n, d]. Training keeps x alone of it.
func (b builder) normed(x *nn.Value, name string) *nn.Value {
	again := b.Recompute
	x = again(b.Sub(x, again(b.ReduceMean(x, true, 1))))
	variance := again(b.ReduceMean(again(b.Mul(x, x)), true, 1))
	x = again(b.Div(x, again(b.Sqrt(again(b.Add(variance, b.Scalar(normEpsilon)))))))
	return again(b.Add(again(b.Mul(x, b.param(name+".weight"))), b.param(name+".bias")))
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
func (m transMIL) spread(_ *Config, s *bag, raw []float32) [][]float32 {
	n := s.rows()
	square := m.room(n)
	raw = raw[len(raw)-square:]
	out := make([]float32, n)
	for i, v := range raw {
		out[i%n] += max(v, 0)
	}
	return [][]float32{shares(out)}
}

// nystrom is the approximation of a self-attention by landmarks. Heads are computed
// one after the other, so that only one at a time needs its large arrays.
type nystrom struct {
	builder
	name      string
	d         int       // width
	padding   *nn.Value // zeros [P, d]
	rows      *nn.Value // how many rows each row stands for, [P + n]
	marks     *nn.Value // how many landmarks each landmark stands for, [K]
	firstRows bool
}

// parts are what an attention is computed of.
type parts struct {
	x          *nn.Value   // the padded rows, [n, d]
	keys       *nn.Value   // the landmarks of the keys, [8, K, e]
	near       *nn.Value   // the attention of the landmarks to each other, [8, K, K]
	inverse    *nn.Value   // of near, but for a last step, [8, K, K]
	values     []*nn.Value // of each head, [n, e]
	far        []*nn.Value // the attention of the landmarks to all rows, [K, n]
	seen       []*nn.Value // far times values, [K, e]
	projection *nn.Value   // [3 8 e, d]
}

// part is what projection i of 3, of queries, keys and values, makes of rows [n,
// d] for one head, [n, e].
func (a nystrom) part(p *parts, rows *nn.Value, i, head int) *nn.Value {
	e := a.d / heads
	from := (i*heads + head) * e
	return a.Linear(rows, a.Slice(p.projection, 0, from, from+e), nil)
}

// query is part of queries, which are scaled.
func (a nystrom) query(p *parts, rows *nn.Value, head int) *nn.Value {
	return a.Mul(a.part(p, rows, 0, head), a.Scalar(1/math.Sqrt(float64(a.d/heads))))
}

// pad puts the zeros before x.
func (a nystrom) pad(x *nn.Value) *nn.Value { return a.Recompute(a.Concat(0, a.padding, x)) }

// parts of the padded rows x [n, d].
func (a nystrom) parts(x *nn.Value) *parts {
	p := &parts{x: x, projection: a.param(a.name + ".to_qkv.weight")}
	means := a.means(x)
	var queries, keys []*nn.Value
	for h := range heads {
		queries, keys = append(queries, a.query(p, means, h)), append(keys, a.part(p, means, 1, h))
	}
	marks := a.stack(queries)
	p.keys = a.stack(keys)
	p.near = a.Softmax(a.Add(a.MatMul(marks, a.Transpose(p.keys, 0, 2, 1)), a.Log(a.marks)), -1)
	p.inverse = a.inverse(p.near)
	for h := range heads {
		values := a.part(p, p.x, 2, h)
		far, seen := a.attend(a.head(marks, h), a.part(p, p.x, 1, h), values, a.rows)
		p.values, p.far, p.seen = append(p.values, values), append(p.far, far), append(p.seen, seen)
	}
	return p
}

// means are those of as many rows of x [n, d] next to each other as make a landmark,
// [K, d]. A landmark is the mean of some queries or keys, so that it follows from the
// mean of what they are made of.
func (a nystrom) means(x *nn.Value) *nn.Value {
	k := a.marks.Shape()[0]
	groups := a.Concat(0, a.Shape(a.marks), a.Const(nn.I64Tensor([]int64{-1, int64(a.d)}, 2)))
	return a.ReduceMean(a.ReshapeTo(x, groups, k, nn.Symbol("rows of a landmark"), nn.Fixed(a.d)), false, 1)
}

// head is that of x [8, n, m], [n, m].
func (a nystrom) head(x *nn.Value, h int) *nn.Value { return a.Squeeze(a.Slice(x, 0, h, h+1), 0) }

// attend is the attention of q [m, e] to k [n, e], each of which stands for as many as
// counts [n] says, [m, n], and what that makes of v [n, e]. Training computes the
// attention again rather than keep it: it is larger than all else. The three are taken
// out of one array so that their gradients are made together, and the attention and its
// gradient need not wait for one of them.
func (a nystrom) attend(q, k, v, counts *nn.Value) (attention, y *nn.Value) {
	again := a.Recompute
	all := again(a.Concat(0, q, k, v))
	from := a.at(0)
	out := func(x *nn.Value) *nn.Value {
		start := from
		from = a.Add(start, a.Slice(a.Shape(x), 0, 0, 1))
		return again(a.SliceTo(all, 0, start, from, x.Shape()[0]))
	}
	q, k, v = out(q), out(k), out(v)
	attention = again(a.Softmax(again(a.Gemm(q, k, again(a.Log(counts)), false, true)), 1))
	return attention, a.MatMul(attention, v)
}

// inverse approaches that of M [8, m, m] with positive elements, given x [8, K, K]: of
// the rows and columns of landmarks that are the same x has one row, and the sum of the
// columns. That is M on vectors that are the same at such landmarks, which M and its
// transpose make all others into, and the answer is of the same form. It takes all
// steps but the last. Training keeps what each comes to, and computes the rest again.
func (a nystrom) inverse(x *nn.Value) *nn.Value {
	transposed := a.Mul(a.Transpose(x, 0, 2, 1), a.Div(a.Unsqueeze(a.marks, 0), a.Unsqueeze(a.marks, 1)))
	largest := func(sums *nn.Value) *nn.Value { return a.ReduceMax(a.ReduceSum(sums, false, 2), false) }
	z := a.Div(transposed, a.Mul(largest(x), largest(transposed)))
	for range inversions - 1 {
		y := a.Recompute(a.MatMul(x, z))
		z = a.step(z, func(v *nn.Value) *nn.Value { return a.MatMul(v, y) })
	}
	return z
}

// step is v (13 - Y (15 - Y (7 - Y))) / 4, or with Y on the other side; by multiplies
// by Y.
func (a nystrom) step(v *nn.Value, by func(*nn.Value) *nn.Value) *nn.Value {
	again := a.Recompute
	times := func(n float64, v *nn.Value) *nn.Value { return again(a.Mul(v, a.Scalar(n))) }
	first := again(by(v))
	third := again(by(again(a.Sub(times(7, first), again(by(first))))))
	return a.Mul(again(a.Sub(times(13, v), again(a.Sub(times(15, first), third)))), a.Scalar(0.25))
}

// before is the inverse of p times y, of every head [K, e]: the last step is taken with
// what is narrower than the inverse.
func (a nystrom) before(p *parts, y []*nn.Value) *nn.Value {
	by := func(v *nn.Value) *nn.Value { return a.MatMul(p.near, a.Recompute(a.MatMul(p.inverse, v))) }
	return a.MatMul(p.inverse, a.step(a.stack(y), by))
}

// behind is rows, of every head [1, K], times the inverse of p.
func (a nystrom) behind(rows []*nn.Value, p *parts) *nn.Value {
	by := func(v *nn.Value) *nn.Value { return a.MatMul(a.Recompute(a.MatMul(v, p.near)), p.inverse) }
	return a.step(a.MatMul(a.stack(rows), p.inverse), by)
}

// stack is one array of those of all heads.
func (a nystrom) stack(heads []*nn.Value) *nn.Value {
	var all []*nn.Value
	for _, v := range heads {
		all = append(all, a.Unsqueeze(v, 0))
	}
	return a.Concat(0, all...)
}

// all is the attention for each of the n rows of which x are the padded ones.
func (a nystrom) all(x *nn.Value, n nn.Dim) *nn.Value {
	p := a.parts(x)
	gathered := a.before(p, p.seen)
	var heads []*nn.Value
	for h := range p.values {
		_, y := a.attend(a.query(p, p.x, h), a.head(p.keys, h), a.head(gathered, h), a.marks)
		heads = append(heads, a.Add(y, a.along(p.values[h], h)))
	}
	y := a.Concat(1, heads...)
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

// along is the convolution of the values [n, e] of a head along the sequence.
func (a nystrom) along(v *nn.Value, head int) *nn.Value {
	const pad = residual / 2
	y := a.Conv(a.Recompute(a.Unsqueeze(v, 0, 1)), a.kernel(head), nil, nn.ConvOptions{Pads: [4]int{pad, 0, pad, 0}})
	return a.Squeeze(y, 0, 1)
}

// kernel is that of along, [1, 1, 33, 1].
func (a nystrom) kernel(head int) *nn.Value {
	return a.Slice(a.param(a.name+".res_conv.weight"), 0, head, head+1)
}

// token is all for the first of the rows that come out, [1, d]. attention makes
// that row's, over the padded sequence, as the mean of the heads [n, 1].
func (a nystrom) token(x *nn.Value) (y *nn.Value, attention func() *nn.Value) {
	p := a.parts(x)
	start := a.offset()
	next := func(by int64) *nn.Value { return a.Add(start, a.at(by)) }
	row := a.SliceTo(p.x, 0, start, next(1), nn.Fixed(1))
	var owns, outs []*nn.Value
	for h := range heads {
		near := a.Gemm(a.query(p, row, h), a.head(p.keys, h), a.Log(a.marks), false, true)
		owns = append(owns, a.Softmax(near, 1))
	}
	own := a.behind(owns, p)
	for h := range heads {
		zeros := a.Const(nn.NewTensor(nn.Float32, residual/2, a.d/heads))
		around := a.SliceTo(a.Concat(0, zeros, p.values[h], zeros), 0, start, next(residual), nn.Fixed(residual))
		along := a.MatMul(a.Reshape(a.kernel(h), 1, residual), around)
		outs = append(outs, a.Add(a.MatMul(a.head(own, h), p.seen[h]), along))
	}
	return a.out(a.Concat(1, outs...)), func() *nn.Value { return a.mean(p, own) }
}

// mean is the attention of one row, of which own is that to the landmarks times the
// inverse, [8, 1, K].
func (a nystrom) mean(p *parts, own *nn.Value) *nn.Value {
	var sum *nn.Value
	for h, far := range p.far {
		y := a.MatMul(a.head(own, h), far)
		if sum == nil {
			sum = y
		} else {
			sum = a.Add(sum, y)
		}
	}
	return a.Transpose(a.Mul(sum, a.Scalar(1/float64(heads))), 1, 0)
}
