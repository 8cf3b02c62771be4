package nn

// Operators that compare, choose, and ask for sizes.

// Greater is a > b, as Bool; the operands broadcast.
func (g *Graph) Greater(a, b *Value) *Value { return g.compare("Greater", a, b) }

// Equal is a == b, as Bool; the operands broadcast.
func (g *Graph) Equal(a, b *Value) *Value { return g.compare("Equal", a, b) }

func (g *Graph) compare(op string, a, b *Value) *Value {
	g.own(op, a)
	g.own(op, b)
	if a.dtype != b.dtype || a.dtype != Int64 {
		g.floats(op, a, b)
	}
	shape := g.broadcast(op, a.String()+" and "+b.String(), a.shape, b.shape)
	return g.add(op, Bool, shape, nil, a, b)
}

// Where is a where cond, which is Bool, is true, and b elsewhere; all three
// broadcast.
func (g *Graph) Where(cond, a, b *Value) *Value {
	g.own("Where", cond)
	g.own("Where", a)
	g.own("Where", b)
	if cond.dtype != Bool || a.dtype != b.dtype || a.dtype == Bool {
		g.fail("Where", "%v, %v, %v", cond, a, b)
	}
	shape := g.broadcast("Where", a.String()+" and "+b.String(), a.shape, b.shape)
	shape = g.broadcast("Where", cond.String(), cond.shape, shape)
	return g.add("Where", a.dtype, shape, nil, cond, a, b)
}

// Sign is -1, 0 or 1.
func (g *Graph) Sign(a *Value) *Value { return g.unary("Sign", a) }

// Shape is the sizes of a's axes, int64 [rank].
func (g *Graph) Shape(a *Value) *Value {
	g.own("Shape", a)
	return g.add("Shape", Int64, []Dim{Fixed(len(a.shape))}, nil, a)
}

// Expand repeats a to the shape of like, to which it must broadcast.
func (g *Graph) Expand(a, like *Value) *Value {
	g.own("Expand", a)
	g.own("Expand", like)
	if out := g.broadcast("Expand", a.String()+" and "+like.String(), a.shape, like.shape); len(out) != len(like.shape) {
		g.fail("Expand", "%v to %v", a, like)
	}
	return g.expand(a, g.sizes(like), like.shape)
}

// expand repeats a to a shape whose sizes are an int64 vector.
func (g *Graph) expand(a, sizes *Value, shape []Dim) *Value {
	return g.add("Expand", a.dtype, shape, nil, a, sizes)
}

// sizes is Shape, or a constant where every size is a number.
func (g *Graph) sizes(a *Value) *Value {
	if known, ok := fixed(a.shape); ok {
		return g.ints(known...)
	}
	return g.Shape(a)
}

// fixed gives the sizes if all of them are numbers.
func fixed(shape []Dim) ([]int, bool) {
	out := make([]int, len(shape))
	for i, d := range shape {
		if !d.Known() {
			return nil, false
		}
		out[i] = d.Size
	}
	return out, true
}

// ScatterAdd is a with updates added: the element of updates at [.., i, ..] goes
// to the place indices[.., i, ..] of the axis. indices are int64 of updates'
// shape, which has a's sizes on the other axes. Where several go to one place,
// they are added in their order.
//
// It is ScatterElements: ONNX Runtime 1.27 spreads ScatterND over threads that
// add to one place at once, and the sums come out differently from run to run.
func (g *Graph) ScatterAdd(a, indices, updates *Value, axis int) *Value {
	g.floats("ScatterElements", a, updates)
	g.own("ScatterElements", indices)
	axis = g.axis("ScatterElements", a, axis)
	if indices.dtype != Int64 || len(indices.shape) != len(a.shape) || shapeText(indices.shape) != shapeText(updates.shape) {
		g.fail("ScatterElements", "%v by %v into %v", updates, indices, a)
	}
	return g.add("ScatterElements", a.dtype, a.shape, []Attr{{Name: "axis", Int: axis}, {Name: "reduction", Str: "add"}}, a, indices, updates)
}
