package nn

import (
	"slices"
)

// Operators that rearrange and choose elements; they take every element type.

// Reshape gives a another shape of as many elements: 0 copies the size a has at
// that place, and one -1 follows from the others.
func (g *Graph) Reshape(a *Value, shape ...int) *Value {
	g.own("Reshape", a)
	out, free := make([]Dim, len(shape)), -1
	for i, n := range shape {
		switch {
		case n > 0:
			out[i] = Fixed(n)
		case n == 0 && i < len(a.shape):
			out[i] = a.shape[i]
		case n == -1 && free < 0:
			out[i], free = Fixed(1), i
		default:
			g.fail("Reshape", "%v to %v", a, shape)
		}
	}
	rest, whole := quotient(a.shape, out)
	if !whole || free < 0 && rest.Known() && rest.Size != 1 {
		g.fail("Reshape", "%v to %v", a, shape)
	}
	if free >= 0 {
		out[free] = rest
	}
	return g.add("Reshape", a.dtype, out, nil, a, g.ints(shape...))
}

// Transpose reorders the axes: axis i of the result is axis perm[i] of a.
// Without perm they are reversed.
func (g *Graph) Transpose(a *Value, perm ...int) *Value {
	g.own("Transpose", a)
	if len(g.axes("Transpose", a, perm)) != len(a.shape) {
		g.fail("Transpose", "%v by %v", a, perm)
	}
	out, order := make([]Dim, len(a.shape)), make([]int, len(a.shape))
	for i := range out {
		p := len(a.shape) - 1 - i
		if len(perm) > 0 {
			p = g.axis("Transpose", a, perm[i])
		}
		out[i], order[i] = a.shape[p], p
	}
	return g.add("Transpose", a.dtype, out, []Attr{{Name: "perm", Ints: order}}, a)
}

// Concat puts values end to end along an axis.
func (g *Graph) Concat(axis int, vs ...*Value) *Value {
	if len(vs) == 0 {
		g.fail("Concat", "nothing to put together")
	}
	g.own("Concat", vs[0])
	first := vs[0]
	axis = g.axis("Concat", first, axis)
	sizes := make([]Dim, len(vs))
	for i, v := range vs {
		g.own("Concat", v)
		if v.dtype != first.dtype || len(v.shape) != len(first.shape) {
			g.fail("Concat", "%v and %v", first, v)
		}
		for k, d := range v.shape {
			if k != axis && d != first.shape[k] {
				g.fail("Concat", "%v and %v along axis %d", first, v, axis)
			}
		}
		sizes[i] = v.shape[axis]
	}
	out := slices.Clone(first.shape)
	out[axis] = sum(sizes)
	return g.add("Concat", first.dtype, out, []Attr{{Name: "axis", Int: axis}}, slices.Clone(vs)...)
}

// Slice is the elements start to end-1 of an axis. Negative places count from
// the end, and places beyond it are the end: math.MaxInt is "to the end".
func (g *Graph) Slice(a *Value, axis, start, end int) *Value {
	return g.SliceStep(a, axis, start, end, 1)
}

// SliceStep is every step-th element of a slice; step is positive. To go
// backwards, Gather by constant indices: ONNX Runtime 1.27 slices backwards
// wrongly on WebGPU.
func (g *Graph) SliceStep(a *Value, axis, start, end, step int) *Value {
	g.own("Slice", a)
	axis = g.axis("Slice", a, axis)
	if step < 1 {
		g.fail("Slice", "step %d", step)
	}
	out := slices.Clone(a.shape)
	out[axis] = sliced(out[axis], start, end, step)
	return g.add("Slice", a.dtype, out, nil, a, g.ints(start), g.ints(end), g.ints(axis), g.ints(step))
}

// Gather takes, along an axis, the elements that int64 indices name; the shape
// of indices stands in the place of the axis. Negative indices count from the
// end; one outside the axis is an error of the run.
func (g *Graph) Gather(a, indices *Value, axis int) *Value {
	g.own("Gather", a)
	g.own("Gather", indices)
	if indices.dtype != Int64 {
		g.fail("Gather", "indices are %v", indices)
	}
	axis = g.axis("Gather", a, axis)
	out := slices.Concat(a.shape[:axis], indices.shape, a.shape[axis+1:])
	return g.add("Gather", a.dtype, out, []Attr{{Name: "axis", Int: axis}}, a, indices)
}

// Unsqueeze adds axes of size 1 at these places of the result.
func (g *Graph) Unsqueeze(a *Value, axes ...int) *Value {
	g.own("Unsqueeze", a)
	wide := &Value{graph: g, name: a.name, dtype: a.dtype, shape: make([]Dim, len(a.shape)+len(axes))}
	if len(axes) > 0 {
		axes = g.axes("Unsqueeze", wide, axes)
	}
	out := slices.Clone(a.shape)
	for _, x := range axes {
		out = slices.Insert(out, x, Fixed(1))
	}
	return g.add("Unsqueeze", a.dtype, out, nil, a, g.ints(axes...))
}

// Squeeze takes away axes of size 1. At least one must be named; an axis of
// named size must be 1 when the network runs.
func (g *Graph) Squeeze(a *Value, axes ...int) *Value {
	g.own("Squeeze", a)
	if len(axes) == 0 {
		g.fail("Squeeze", "no axes of %v", a)
	}
	axes = g.axes("Squeeze", a, axes)
	var out []Dim
	for i, d := range a.shape {
		if !slices.Contains(axes, i) {
			out = append(out, d)
		} else if d.Known() && d.Size != 1 {
			g.fail("Squeeze", "axis %d of %v", i, a)
		}
	}
	return g.add("Squeeze", a.dtype, out, nil, a, g.ints(axes...))
}
