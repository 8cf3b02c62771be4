package nn

import "slices"

// matrix is an operand of a product of matrices: a value of the network, perhaps
// transposed.
type matrix struct {
	*Value
	transposed bool
}

// untransposed looks through Transpose nodes of rank 2, so that the transposing
// is left to Gemm.
func untransposed(m matrix) matrix {
	for m.kind == KindResult && m.node.Op == "Transpose" && len(m.shape) == 2 {
		if perm, _ := m.node.Attr("perm"); slices.Equal(perm.Ints, []int{1, 0}) {
			m.transposed = !m.transposed
		}
		m.Value = m.node.Inputs[0]
	}
	return m
}

func (b *backward) gemmRule(n *Node, dy *Value) {
	transA, _ := n.Attr("transA")
	transB, _ := n.Attr("transB")
	b.productRule(matrix{n.Inputs[0], transA.Int == 1}, matrix{n.Inputs[1], transB.Int == 1}, dy)
	if len(n.Inputs) > 2 {
		b.give(n.Inputs[2], func() *Value { return b.sumTo(dy, n.Inputs[2]) })
	}
}

// productRule is that of y = x w, all of rank 2: dx = dy w^T and dw = x^T dy, or
// their transposes where the operand was transposed.
func (b *backward) productRule(x, w matrix, dy *Value) {
	x, w = untransposed(x), untransposed(w)
	b.give(x.Value, func() *Value {
		if x.transposed {
			return b.Gemm(b.read(w.Value), dy, nil, w.transposed, true)
		}
		return b.Gemm(dy, b.read(w.Value), nil, false, !w.transposed)
	})
	b.give(w.Value, func() *Value {
		if w.transposed {
			return b.Gemm(dy, b.read(x.Value), nil, true, x.transposed)
		}
		return b.Gemm(b.read(x.Value), dy, nil, !x.transposed, false)
	})
}

func (b *backward) matMulRule(n *Node, dy *Value) {
	x, w := n.Inputs[0], n.Inputs[1]
	if len(x.shape) == 2 && len(w.shape) == 2 {
		b.productRule(matrix{x, false}, matrix{w, false}, dy)
		return
	}
	b.give(x, func() *Value { return b.sumTo(b.batched(dy, b.swapped(w)), x) })
	if len(w.shape) == 2 { // one matrix for the whole batch: one product
		b.give(w, func() *Value { return b.Gemm(b.flat(b.read(x)), b.flat(dy), nil, true, false) })
		return
	}
	b.give(w, func() *Value { return b.sumTo(b.batched(b.swapped(x), dy), w) })
}

// batched is the product of matrices that fit, whatever the names of their sizes.
func (b *backward) batched(x, w *Value) *Value {
	rx, rw := len(x.shape), len(w.shape)
	shape := b.broadcast("MatMul", x.String()+" and "+w.String(), x.shape[:rx-2], w.shape[:rw-2])
	return b.add("MatMul", x.dtype, append(shape, x.shape[rx-2], w.shape[rw-1]), nil, x, w)
}

// swapped is a value of the network with its last two axes exchanged, without a
// node where it is just such a one already.
func (b *backward) swapped(v *Value) *Value {
	r := len(v.shape)
	perm := make([]int, r)
	for i := range perm {
		perm[i] = i
	}
	perm[r-1], perm[r-2] = r-2, r-1
	if v.kind == KindResult && v.node.Op == "Transpose" {
		if p, _ := v.node.Attr("perm"); slices.Equal(p.Ints, perm) {
			return b.read(v.node.Inputs[0])
		}
	}
	return b.Transpose(b.read(v), perm...)
}

// flat is v as rows of its last axis.
func (b *backward) flat(v *Value) *Value {
	if len(v.shape) == 2 {
		return v
	}
	lead, d := v.shape[:len(v.shape)-1], v.shape[len(v.shape)-1]
	shape := []Dim{Symbol("rows of " + shapeText(lead)), d}
	if d.Known() && d.Size > 0 {
		return b.add("Reshape", v.dtype, shape, nil, v, b.ints(-1, d.Size))
	}
	cols := b.Slice(b.sizes(v), 0, -1, len(v.shape))
	return b.add("Reshape", v.dtype, shape, nil, v, b.Concat(0, b.ints(-1), cols))
}

// columnSums is the sum of v [..., n] over all axes but the last, as the product
// of ones with it: ONNX Runtime 1.27 adds up columns ten times as slowly.
func (b *backward) columnSums(v *Value) *Value {
	v = b.flat(v)
	rows := v.shape[0]
	ones := b.ones[rows]
	if ones == nil {
		ones = b.expand(b.ScalarOf(v.dtype, 1), b.Slice(b.sizes(v), 0, 0, 1), []Dim{rows})
		b.ones[rows] = ones
	}
	if ones.dtype != v.dtype {
		ones = b.Cast(ones, v.dtype)
	}
	return b.add("MatMul", v.dtype, v.shape[1:], nil, ones, v)
}
