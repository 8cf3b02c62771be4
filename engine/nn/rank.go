package nn

// Operators whose results are places, and those whose sizes are computed while
// the network runs.

// ArgMax is the place of the largest element along an axis, which goes: int64.
// Of equal elements the first wins. No gradient passes through it.
func (g *Graph) ArgMax(a *Value, axis int) *Value {
	g.floats("ArgMax", a)
	axis = g.axis("ArgMax", a, axis)
	shape := without(a.shape, axis)
	return g.add("ArgMax", Int64, shape, []Attr{{Name: "axis", Int: axis}, {Name: "keepdims", Int: 0}}, a)
}

// Top are the places of the k largest elements of a vector [N], or of the k
// smallest, in the order of their values and of equal ones the first first: int64
// [k]. k is int64 [1], from 1 to N. No gradient passes through it.
func (g *Graph) Top(a, k *Value, largest bool) *Value {
	g.floats("TopK", a)
	g.own("TopK", k)
	if len(a.shape) != 1 || k.dtype != Int64 || len(k.shape) != 1 || k.shape[0] != Fixed(1) {
		g.fail("TopK", "%v, of which %v", a, k)
	}
	shape := []Dim{Symbol("first " + k.String())}
	values := g.add("TopK", a.dtype, shape, []Attr{{Name: "axis", Int: 0}, {Name: "largest", Int: flag(largest)}}, a, k)
	return values.node.more(Int64, shape)
}

// ReshapeTo gives a another shape of as many elements, which a run computes:
// sizes is int64 [rank], and shape says what is known of it.
func (g *Graph) ReshapeTo(a, sizes *Value, shape ...Dim) *Value {
	g.own("Reshape", a)
	g.own("Reshape", sizes)
	if sizes.dtype != Int64 || len(sizes.shape) != 1 || sizes.shape[0] != Fixed(len(shape)) {
		g.fail("Reshape", "%v to %v, which is %s", a, sizes, shapeText(shape))
	}
	return g.add("Reshape", a.dtype, shape, nil, a, sizes)
}

// SliceTo is the elements start to end-1 of an axis, both int64 [1] that a run
// computes: 0 <= start <= end <= the size of the axis. size is how many they are.
func (g *Graph) SliceTo(a *Value, axis int, start, end *Value, size Dim) *Value {
	g.own("Slice", a)
	axis = g.axis("Slice", a, axis)
	for _, v := range []*Value{start, end} {
		g.own("Slice", v)
		if v.dtype != Int64 || len(v.shape) != 1 || v.shape[0] != Fixed(1) {
			g.fail("Slice", "%v from %v to %v", a, start, end)
		}
	}
	shape := a.Shape()
	shape[axis] = size
	return g.add("Slice", a.dtype, shape, nil, a, start, end, g.ints(axis), g.ints(1))
}

// without is a shape without one axis.
func without(shape []Dim, axis int) []Dim {
	out := append([]Dim{}, shape[:axis]...)
	return append(out, shape[axis+1:]...)
}

// Range are the numbers from 0 on, as many as an axis of a has: int64.
func (g *Graph) Range(a *Value, axis int) *Value {
	axis = g.axis("Range", a, axis)
	size := g.Squeeze(g.Slice(g.sizes(a), 0, axis, axis+1), 0)
	return g.add("Range", Int64, []Dim{a.shape[axis]}, nil, g.ScalarOf(Int64, 0), size, g.ScalarOf(Int64, 1))
}
