package nn

import (
	"cmp"
	"math"
	"slices"
)

func (b *backward) arrangeRule(n *Node, dy *Value) {
	x := n.Inputs[0]
	switch n.Op {
	case "Reshape", "Squeeze", "Unsqueeze":
		b.give(x, func() *Value { return b.reshapeLike(dy, x) })
	case "Expand":
		b.give(x, func() *Value { return b.sumTo(dy, x) })
	case "Transpose":
		perm, _ := n.Attr("perm")
		back := make([]int, len(perm.Ints))
		for i, p := range perm.Ints {
			back[p] = i
		}
		b.give(x, func() *Value { return b.Transpose(dy, back...) })
	case "Concat":
		b.concatRule(n, dy)
	case "Slice":
		if c, known := cutOf(n, dy); known && b.needs[x] && x.float() {
			b.cuts[x] = append(b.cuts[x], c)
			return
		}
		b.give(x, func() *Value { return b.sliceRule(n, dy) })
	case "Gather":
		axis, _ := n.Attr("axis")
		b.give(x, func() *Value { return b.gatherRule(x, b.read(n.Inputs[1]), dy, axis.Int) })
	}
}

// reshapeLike gives p, which has as many elements, the shape of v.
func (b *backward) reshapeLike(p, v *Value) *Value {
	if slices.Equal(p.shape, v.shape) {
		return p
	}
	want, free := make([]int, len(v.shape)), 0
	for i, d := range v.shape {
		switch {
		case d.Known():
			want[i] = d.Size
		case i < len(p.shape) && p.shape[i] == d: // 0 copies it
		default:
			want[i], free = -1, free+1
		}
	}
	if free > 1 || slices.Contains(v.shape, Fixed(0)) {
		return b.add("Reshape", p.dtype, v.shape, nil, p, b.sizesOf(v))
	}
	return b.add("Reshape", p.dtype, v.shape, nil, p, b.ints(want...))
}

func (b *backward) concatRule(n *Node, dy *Value) {
	axis, _ := n.Attr("axis")
	for i, v := range n.Inputs {
		b.give(v, func() *Value {
			start, end := b.seam(n.Inputs, axis.Int, i), b.seam(n.Inputs, axis.Int, i+1)
			return b.add("Slice", v.dtype, v.shape, nil, dy, start, end, b.ints(axis.Int), b.ints(1))
		})
	}
}

// seam is where value i of those put end to end begins, int64 [1]: a number,
// counted from the beginning or else from the end, where the sizes allow it.
func (b *backward) seam(vs []*Value, axis, i int) *Value {
	length := func(vs []*Value) (n int, known bool) {
		for _, v := range vs {
			if !v.shape[axis].Known() {
				return 0, false
			}
			n += v.shape[axis].Size
		}
		return n, true
	}
	if n, known := length(vs[:i]); known {
		return b.ints(n)
	}
	if n, known := length(vs[i:]); known && n > 0 {
		return b.ints(-n)
	} else if known {
		return b.ints(math.MaxInt)
	}
	return b.Add(b.seam(vs, axis, i-1), b.sizeOf(vs[i-1], axis))
}

// cut is the gradient of the elements from to end-1 of an axis.
type cut struct {
	axis, from, end int
	dy              *Value
}

// cutOf is that of a Slice node; false where it takes nothing, or what is not known
// beforehand, or not all that lies between.
func cutOf(n *Node, dy *Value) (cut, bool) {
	if n.Inputs[1].kind != KindConst || n.Inputs[2].kind != KindConst || constantInts(n.Inputs[4])[0] != 1 {
		return cut{}, false
	}
	axis := constantInts(n.Inputs[3])[0]
	size := n.Inputs[0].shape[axis]
	if !size.Known() {
		return cut{}, false
	}
	c := cut{axis, place(constantInts(n.Inputs[1])[0], size.Size), place(constantInts(n.Inputs[2])[0], size.Size), dy}
	return c, c.from < c.end
}

// joined is what adds up to the gradient of the slices of v: those that together are
// all of v are put end to end, which takes far less than adding up as many arrays of
// the size of v.
func (b *backward) joined(v *Value) []*Value {
	cuts := b.distinct(b.cuts[v])
	if len(cuts) == 0 {
		return nil
	}
	var ends, padded []*Value
	at, axis := 0, cuts[0].axis
	for _, c := range cuts {
		if c.axis == axis && c.from == at {
			ends, at = append(ends, c.dy), c.end
		}
	}
	if len(ends) == len(cuts) && at == v.shape[axis].Size {
		return []*Value{b.Concat(axis, ends...)}
	}
	for _, c := range cuts {
		padded = append(padded, b.padAxis(c.dy, v, c.axis, c.from, v.shape[c.axis].Size-c.end))
	}
	return padded
}

// distinct adds up the gradients of slices that are the same, and orders them by axis
// and place.
func (b *backward) distinct(cuts []cut) []cut {
	cuts = slices.Clone(cuts)
	slices.SortStableFunc(cuts, func(x, y cut) int {
		return cmp.Or(cmp.Compare(x.axis, y.axis), cmp.Compare(x.from, y.from), cmp.Compare(x.end, y.end))
	})
	var out []cut
	for _, c := range cuts {
		if last := len(out) - 1; last >= 0 && out[last].axis == c.axis && out[last].from == c.from && out[last].end == c.end {
			out[last].dy = b.Add(out[last].dy, c.dy)
			continue
		}
		out = append(out, c)
	}
	return out
}

// sliceRule puts zeros where nothing was taken from.
func (b *backward) sliceRule(n *Node, dy *Value) *Value {
	if n.Inputs[1].kind != KindConst || n.Inputs[2].kind != KindConst {
		return b.computedSliceRule(n, dy)
	}
	var at [4]int // start, end, axis, step
	for i := range at {
		at[i] = constantInts(n.Inputs[1+i])[0]
	}
	x, start, end, axis, step := n.Inputs[0], at[0], at[1], at[2], at[3]
	size := x.shape[axis]
	switch {
	case size.Known() && step == 1: // nothing, for it is no cut
		return b.expand(b.ScalarOf(x.dtype, 0), b.sizesOf(x), x.shape)
	case step == 1 && start >= 0 && end == math.MaxInt:
		return b.padAxis(dy, x, axis, start, 0)
	case step == 1 && start == 0 && end < 0:
		return b.padAxis(dy, x, axis, 0, -end)
	}
	size64 := b.Squeeze(b.sizeOf(x, axis), 0)
	zero, one := b.ScalarOf(Int64, 0), b.ScalarOf(Int64, 1)
	all := b.add("Range", Int64, []Dim{size}, nil, zero, size64, one)
	places := b.add("Slice", Int64, []Dim{n.Output.shape[axis]}, nil, all, b.ints(start), b.ints(end), b.ints(0), b.ints(step))
	return b.gatherRule(x, places, dy, axis)
}

// computedSliceRule is sliceRule where the start or the end is known at run time.
func (b *backward) computedSliceRule(n *Node, dy *Value) *Value {
	x, start, end := n.Inputs[0], b.read(n.Inputs[1]), b.read(n.Inputs[2])
	axis := constantInts(n.Inputs[3])[0]
	r := len(x.shape)
	var pads []*Value
	none := func(n int) {
		if n > 0 {
			pads = append(pads, b.ints(make([]int, n)...))
		}
	}
	none(axis)
	pads = append(pads, start)
	none(r - 1)
	pads = append(pads, b.Sub(b.sizeOf(x, axis), end))
	none(r - 1 - axis)
	return b.add("Pad", dy.dtype, x.shape, []Attr{{Name: "mode", Str: "constant"}}, dy, b.Concat(0, pads...))
}

// padAxis puts zeros before and after p along one axis, which gives it v's shape.
func (b *backward) padAxis(p, v *Value, axis, before, after int) *Value {
	if before == 0 && after == 0 {
		return p
	}
	pads := make([]int, 2*len(v.shape))
	pads[axis], pads[len(v.shape)+axis] = before, after
	return b.add("Pad", p.dtype, v.shape, []Attr{{Name: "mode", Str: "constant"}}, p, b.ints(pads...))
}

// gatherRule adds the elements of dy to zeros, at the places of x that they were
// taken from.
func (b *backward) gatherRule(x, indices, dy *Value, axis int) *Value {
	count := Symbol("number of " + indices.String())
	if len(indices.shape) == 1 {
		count = indices.shape[0]
	}
	shape := slices.Clone(x.shape)
	shape[axis] = count
	if len(indices.shape) != 1 { // the places on one axis
		all, want := b.sizesOf(x), []*Value{b.ints(-1)}
		if axis > 0 {
			want = append([]*Value{b.Slice(all, 0, 0, axis)}, want...)
		}
		if axis < len(shape)-1 {
			want = append(want, b.Slice(all, 0, axis+1, len(shape)))
		}
		dy = b.add("Reshape", dy.dtype, shape, nil, dy, b.Concat(0, want...))
	}
	if len(shape) > 1 || len(indices.shape) != 1 {
		along := make([]int, len(shape))
		for i := range along {
			along[i] = 1
		}
		along[axis] = -1
		indices = b.Reshape(indices, along...)
		indices = b.expand(indices, b.sizes(dy), shape)
	}
	zeros := b.expand(b.ScalarOf(x.dtype, 0), b.sizesOf(x), x.shape)
	return b.ScatterAdd(zeros, indices, dy, axis)
}
