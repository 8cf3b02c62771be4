package nn

import "slices"

// Element-wise operators with two operands broadcast as numpy does; both
// operands have one element type, which is the result's.

// Add is a + b.
func (g *Graph) Add(a, b *Value) *Value { return g.binary("Add", a, b) }

// Sub is a - b.
func (g *Graph) Sub(a, b *Value) *Value { return g.binary("Sub", a, b) }

// Mul is a * b, element by element.
func (g *Graph) Mul(a, b *Value) *Value { return g.binary("Mul", a, b) }

// Div is a / b; of integers, rounded towards 0.
func (g *Graph) Div(a, b *Value) *Value { return g.binary("Div", a, b) }

// Pow is a to the power b, of floats.
func (g *Graph) Pow(a, b *Value) *Value {
	g.floats("Pow", a)
	return g.binary("Pow", a, b)
}

func (g *Graph) binary(op string, a, b *Value) *Value {
	g.own(op, a)
	g.own(op, b)
	if a.dtype != b.dtype || a.dtype == Bool {
		g.fail(op, "element types of %v and %v", a, b)
	}
	shape := g.broadcast(op, a.String()+" and "+b.String(), a.shape, b.shape)
	return g.add(op, a.dtype, shape, nil, a, b)
}

// Neg is -a, of floats or int64.
func (g *Graph) Neg(a *Value) *Value { return g.signed("Neg", a) }

// Abs is the absolute value, of floats or int64.
func (g *Graph) Abs(a *Value) *Value { return g.signed("Abs", a) }

// Tanh is the hyperbolic tangent.
func (g *Graph) Tanh(a *Value) *Value { return g.unary("Tanh", a) }

// Sigmoid is 1 / (1 + exp(-a)).
func (g *Graph) Sigmoid(a *Value) *Value { return g.unary("Sigmoid", a) }

// Relu is max(a, 0).
func (g *Graph) Relu(a *Value) *Value { return g.unary("Relu", a) }

// Exp is e to the power a.
func (g *Graph) Exp(a *Value) *Value { return g.unary("Exp", a) }

// Log is the natural logarithm.
func (g *Graph) Log(a *Value) *Value { return g.unary("Log", a) }

// Sqrt is the square root.
func (g *Graph) Sqrt(a *Value) *Value { return g.unary("Sqrt", a) }

// Identity is a itself, under a name of its own.
func (g *Graph) Identity(a *Value) *Value {
	g.own("Identity", a)
	return g.add("Identity", a.dtype, a.shape, nil, a)
}

func (g *Graph) unary(op string, a *Value) *Value {
	g.floats(op, a)
	return g.add(op, a.dtype, a.shape, nil, a)
}

func (g *Graph) signed(op string, a *Value) *Value {
	g.own(op, a)
	if a.dtype != Int64 {
		g.floats(op, a)
	}
	return g.add(op, a.dtype, a.shape, nil, a)
}

// floats fails unless each value is float32 or float64, all the same.
func (g *Graph) floats(op string, vs ...*Value) {
	for _, v := range vs {
		g.own(op, v)
		if v.dtype != Float32 && v.dtype != Float64 || v.dtype != vs[0].dtype {
			g.fail(op, "element type of %v", v)
		}
	}
}

// Clip limits a to lo..hi, which are rounded to a's element type.
func (g *Graph) Clip(a *Value, lo, hi float64) *Value {
	g.own("Clip", a)
	if lo > hi {
		g.fail("Clip", "bounds %g..%g", lo, hi)
	}
	return g.add("Clip", a.dtype, a.shape, nil, a, g.ScalarOf(a.dtype, lo), g.ScalarOf(a.dtype, hi))
}

// Cast converts the elements; floats to integers round towards 0.
func (g *Graph) Cast(a *Value, t DType) *Value {
	g.own("Cast", a)
	if t.Size() == 0 {
		g.fail("Cast", "%v to %v", a, t)
	}
	if t == a.dtype {
		return a
	}
	return g.add("Cast", t, a.shape, []Attr{{Name: "to", Int: int(dataType(t))}}, a)
}

// MatMul is the matrix product of the last two axes, [..., n, k] by
// [..., k, m]; the axes before them broadcast.
func (g *Graph) MatMul(a, b *Value) *Value {
	g.floats("MatMul", a, b)
	ra, rb := len(a.shape), len(b.shape)
	if ra < 2 || rb < 2 || a.shape[ra-1] != b.shape[rb-2] {
		g.fail("MatMul", "%v by %v", a, b)
	}
	shape := g.broadcast("MatMul", a.String()+" and "+b.String(), a.shape[:ra-2], b.shape[:rb-2])
	return g.add("MatMul", a.dtype, append(shape, a.shape[ra-2], b.shape[rb-1]), nil, a, b)
}

// Gemm is the product of two matrices, of which each may be transposed before,
// plus c, which broadcasts to it and may be nil.
func (g *Graph) Gemm(a, b, c *Value, transA, transB bool) *Value {
	g.floats("Gemm", a, b)
	if len(a.shape) != 2 || len(b.shape) != 2 || a.shape[1-flag(transA)] != b.shape[flag(transB)] {
		g.fail("Gemm", "%v by %v, transposed %v and %v", a, b, transA, transB)
	}
	shape := []Dim{a.shape[flag(transA)], b.shape[1-flag(transB)]}
	inputs := []*Value{a, b}
	if c != nil {
		g.floats("Gemm", a, c)
		if !slices.Equal(g.broadcast("Gemm", "product and "+c.String(), shape, c.shape), shape) {
			g.fail("Gemm", "%v does not broadcast to %s", c, shapeText(shape))
		}
		inputs = append(inputs, c)
	}
	var attrs []Attr
	if transA {
		attrs = append(attrs, Attr{Name: "transA", Int: 1})
	}
	if transB {
		attrs = append(attrs, Attr{Name: "transB", Int: 1})
	}
	return g.add("Gemm", a.dtype, shape, attrs, inputs...)
}

// Linear is x times the transpose of w, plus b: x [..., in], w [out, in],
// b [out] or nil.
func (g *Graph) Linear(x, w, b *Value) *Value {
	g.floats("Linear", x, w)
	if len(x.shape) < 2 || len(w.shape) != 2 || x.shape[len(x.shape)-1] != w.shape[1] {
		g.fail("Linear", "x is %v, w is %v", x, w)
	}
	if b != nil {
		g.floats("Linear", x, b)
		if !slices.Equal(b.shape, w.shape[:1]) {
			g.fail("Linear", "w is %v, b is %v", w, b)
		}
	}
	if len(x.shape) == 2 {
		return g.Gemm(x, w, b, false, true)
	}
	y := g.MatMul(x, g.Transpose(w, 1, 0))
	if b == nil {
		return y
	}
	return g.Add(y, b)
}

// Softmax is exp(a) over its sum along the axis.
func (g *Graph) Softmax(a *Value, axis int) *Value { return g.along("Softmax", a, axis) }

// LogSoftmax is the logarithm of Softmax.
func (g *Graph) LogSoftmax(a *Value, axis int) *Value { return g.along("LogSoftmax", a, axis) }

func (g *Graph) along(op string, a *Value, axis int) *Value {
	g.floats(op, a)
	return g.add(op, a.dtype, a.shape, []Attr{{Name: "axis", Int: g.axis(op, a, axis)}}, a)
}

// ReduceSum adds over the axes, all when none is given. With keep they stay, of
// size 1; without, they go.
func (g *Graph) ReduceSum(a *Value, keep bool, axes ...int) *Value {
	return g.reduce("ReduceSum", a, keep, axes)
}

// ReduceMean is ReduceSum over the number of elements.
func (g *Graph) ReduceMean(a *Value, keep bool, axes ...int) *Value {
	return g.reduce("ReduceMean", a, keep, axes)
}

// ReduceMax is the largest element over the axes, as ReduceSum has them.
func (g *Graph) ReduceMax(a *Value, keep bool, axes ...int) *Value {
	return g.reduce("ReduceMax", a, keep, axes)
}

func (g *Graph) reduce(op string, a *Value, keep bool, axes []int) *Value {
	g.own(op, a)
	if a.dtype != Int64 {
		g.floats(op, a)
	}
	axes = g.axes(op, a, axes)
	var shape []Dim
	for i, d := range a.shape {
		switch {
		case !slices.Contains(axes, i):
			shape = append(shape, d)
		case keep:
			shape = append(shape, Fixed(1))
		}
	}
	attrs := []Attr{{Name: "keepdims", Int: flag(keep)}}
	if op == "ReduceSum" { // opset 13 moved the axes of this one to an input
		return g.add(op, a.dtype, shape, attrs, a, g.ints(axes...))
	}
	return g.add(op, a.dtype, shape, append(attrs, Attr{Name: "axes", Ints: axes}), a)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
