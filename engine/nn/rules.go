package nn

import "slices"

// rule gives the operands of n their parts of the gradient, dy being that of its
// result; false when there is no rule. Formulas name the operands a and b (or x
// and w), the result y, and a gradient d.
func (b *backward) rule(n *Node, dy *Value) bool {
	switch n.Op {
	case "Identity", "Cast":
		b.give(n.Inputs[0], func() *Value { return b.Cast(dy, n.Inputs[0].dtype) })
	case "Add", "Sub", "Mul", "Div", "Pow":
		b.binaryRule(n, dy)
	case "Neg", "Abs", "Tanh", "Sigmoid", "Relu", "Exp", "Log", "Sqrt", "Clip":
		b.give(n.Inputs[0], func() *Value { return b.unaryRule(n, dy) })
	case "Softmax", "LogSoftmax":
		b.give(n.Inputs[0], func() *Value { return b.softmaxRule(n, dy) })
	case "Where":
		b.whereRule(n, dy)
	case "MatMul":
		b.matMulRule(n, dy)
	case "Gemm":
		b.gemmRule(n, dy)
	case "ReduceSum", "ReduceMean", "ReduceMax":
		b.give(n.Inputs[0], func() *Value { return b.reduceRule(n, dy) })
	case "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Slice", "Gather", "Expand":
		b.arrangeRule(n, dy)
	default:
		return b.spatialRule(n, dy)
	}
	return true
}

func (b *backward) binaryRule(n *Node, dy *Value) {
	x, w := n.Inputs[0], n.Inputs[1]
	giveSum := func(v *Value, part func() *Value) { b.give(v, func() *Value { return b.sumTo(part(), v) }) }
	switch n.Op {
	case "Add":
		giveSum(x, func() *Value { return dy })
		giveSum(w, func() *Value { return dy })
	case "Sub":
		giveSum(x, func() *Value { return dy })
		giveSum(w, func() *Value { return b.Neg(dy) })
	case "Mul":
		if x == w { // 2 a dy
			b.give(x, func() *Value { return b.Mul(dy, b.Mul(b.read(x), b.ScalarOf(x.dtype, 2))) })
			return
		}
		giveSum(x, func() *Value { return b.Mul(dy, b.read(w)) })
		giveSum(w, func() *Value { return b.Mul(dy, b.read(x)) })
	case "Div": // dy/b and -y dy/b
		if !b.needs[w] {
			giveSum(x, func() *Value { return b.Div(dy, b.read(w)) })
			return
		}
		q := b.Div(dy, b.read(w))
		giveSum(x, func() *Value { return q })
		giveSum(w, func() *Value { return b.Neg(b.Mul(q, b.read(n.Output))) })
	case "Pow":
		giveSum(x, func() *Value { return b.powerRule(x, w, dy) })
		giveSum(w, func() *Value { return b.exponentRule(n, dy) })
	}
}

// powerRule is b a^(b-1) dy, without the infinity that 0 a^-1 has at a = 0.
func (b *backward) powerRule(x, w, dy *Value) *Value {
	one := func(c float64) *Value { return b.ScalarOf(x.dtype, c) }
	if c, ok := constant(w); ok {
		switch c {
		case 0:
			return b.Mul(dy, one(0))
		case 1:
			return dy
		case 2:
			return b.Mul(dy, b.Mul(b.read(x), one(2)))
		}
		return b.Mul(dy, b.Mul(b.Pow(b.read(x), one(c-1)), one(c)))
	}
	power := b.Pow(b.read(x), b.Sub(b.read(w), one(1)))
	return b.Mul(dy, b.Where(b.Equal(b.read(w), one(0)), one(0), b.Mul(b.read(w), power)))
}

// exponentRule is y log(a) dy, and 0 where a is.
func (b *backward) exponentRule(n *Node, dy *Value) *Value {
	x := b.read(n.Inputs[0])
	zero, one := b.ScalarOf(x.dtype, 0), b.ScalarOf(x.dtype, 1)
	return b.Mul(dy, b.Mul(b.read(n.Output), b.Log(b.Where(b.Equal(x, zero), one, x))))
}

// constant is the number that a constant of one element holds.
func constant(v *Value) (float64, bool) {
	switch {
	case v.kind != KindConst || v.tensor.Len() != 1:
	case v.dtype == Float32:
		return float64(v.tensor.F32[0]), true
	case v.dtype == Float64:
		return v.tensor.F64[0], true
	}
	return 0, false
}

func (b *backward) unaryRule(n *Node, dy *Value) *Value {
	x, y := n.Inputs[0], n.Output
	number := func(c float64) *Value { return b.ScalarOf(y.dtype, c) }
	switch n.Op {
	case "Neg":
		return b.Neg(dy)
	case "Abs":
		return b.Mul(dy, b.Sign(b.read(x)))
	case "Tanh": // (1 - y^2) dy
		return b.Mul(dy, b.Sub(number(1), b.Mul(b.read(y), b.read(y))))
	case "Sigmoid": // y (1 - y) dy
		return b.Mul(dy, b.Mul(b.read(y), b.Sub(number(1), b.read(y))))
	case "Relu": // y is not below 0
		return b.Mul(dy, b.Cast(b.Greater(b.read(y), number(0)), y.dtype))
	case "Exp":
		return b.Mul(dy, b.read(y))
	case "Log":
		return b.Div(dy, b.read(x))
	case "Sqrt": // dy / 2y
		return b.Div(dy, b.Mul(b.read(y), number(2)))
	}
	// Clip: what is within the bounds is its own result.
	again := b.add("Clip", x.dtype, x.shape, nil, b.read(x), b.read(n.Inputs[1]), b.read(n.Inputs[2]))
	return b.Where(b.Equal(b.read(x), again), dy, number(0))
}

func (b *backward) softmaxRule(n *Node, dy *Value) *Value {
	axis, _ := n.Attr("axis")
	y := b.read(n.Output)
	if n.Op == "LogSoftmax" { // dy - exp(y) sum(dy)
		return b.Sub(dy, b.Mul(b.Exp(y), b.ReduceSum(dy, true, axis.Int)))
	}
	// y (dy - sum(y dy))
	return b.Mul(y, b.Sub(dy, b.ReduceSum(b.Mul(y, dy), true, axis.Int)))
}

func (b *backward) whereRule(n *Node, dy *Value) {
	zero := b.ScalarOf(dy.dtype, 0)
	for i, v := range n.Inputs[1:] {
		b.give(v, func() *Value {
			if i == 0 {
				return b.sumTo(b.Where(b.read(n.Inputs[0]), dy, zero), v)
			}
			return b.sumTo(b.Where(b.read(n.Inputs[0]), zero, dy), v)
		})
	}
}

func (b *backward) reduceRule(n *Node, dy *Value) *Value {
	x, axes := n.Inputs[0], n.reduced()
	keep := func(v *Value) *Value {
		if len(axes) == 0 || len(v.shape) == len(x.shape) {
			return v
		}
		return b.Unsqueeze(v, axes...)
	}
	dy = keep(dy)
	switch n.Op {
	case "ReduceMean":
		return b.divideByCount(dy, x, axes)
	case "ReduceMax":
		top := b.Cast(b.Equal(b.read(x), keep(b.read(n.Output))), x.dtype)
		return b.Mul(top, b.Div(dy, b.ReduceSum(top, true, axes...)))
	}
	return dy
}

// reduced are the axes that a reduction goes over.
func (n *Node) reduced() []int {
	if a, ok := n.Attr("axes"); ok {
		return a.Ints
	}
	return constantInts(n.Inputs[1])
}

// constantInts are the elements of an int64 constant.
func constantInts(v *Value) []int {
	out := make([]int, len(v.tensor.I64))
	for i, x := range v.tensor.I64 {
		out[i] = int(x)
	}
	return out
}

// divideByCount is dy over the number of elements of x's axes.
func (b *backward) divideByCount(dy, x *Value, axes []int) *Value {
	known, named := 1, []int{}
	for _, axis := range axes {
		if d := x.shape[axis]; d.Known() {
			known *= d.Size
		} else {
			named = append(named, axis)
		}
	}
	if len(named) > 0 {
		sizes := b.Cast(b.Gather(b.sizesOf(x), b.ints(named...), 0), dy.dtype)
		for i := range named {
			dy = b.Div(dy, b.Slice(sizes, 0, i, i+1))
		}
	}
	if known == 1 {
		return dy
	}
	return b.Mul(dy, b.ScalarOf(dy.dtype, 1/float64(known)))
}

// sumTo undoes broadcasting: the sum of p over the axes along which v was
// repeated.
func (b *backward) sumTo(p, v *Value) *Value {
	lead := len(p.shape) - len(v.shape)
	var axes []int
	for i := range lead {
		axes = append(axes, i)
	}
	for i, d := range v.shape {
		switch {
		case p.shape[lead+i] == d, p.shape[lead+i] == Fixed(1): // or has yet to be broadcast
		case d == Fixed(1):
			axes = append(axes, lead+i)
		default: // d has a name, and is 1 or as many as p has
			p = b.fold(p, lead+i, v, i)
		}
	}
	switch {
	case len(axes) == 0:
		return p
	case lead == len(p.shape)-1 && len(axes) == lead:
		return b.columnSums(p)
	case lead == 0 && len(p.shape) == 2 && len(axes) == 1 && axes[0] == 0:
		return b.Unsqueeze(b.columnSums(p), 0)
	case axes[len(axes)-1] < lead:
		return b.ReduceSum(p, false, axes...)
	case lead == 0:
		return b.ReduceSum(p, true, axes...)
	}
	return b.Squeeze(b.ReduceSum(p, true, axes...), axes[:lead]...)
}

// fold brings an axis of p to the size that axis i of v has, by adding up as many
// stretches of that size as there are in it.
func (b *backward) fold(p *Value, axis int, v *Value, i int) *Value {
	all := b.sizes(p)
	pieces := []*Value{b.ints(-1), b.sizeOf(v, i)}
	if axis > 0 {
		pieces = append([]*Value{b.Slice(all, 0, 0, axis)}, pieces...)
	}
	if axis < len(p.shape)-1 {
		pieces = append(pieces, b.Slice(all, 0, axis+1, len(p.shape)))
	}
	shape := slices.Clone(p.shape)
	shape[axis] = v.shape[i]
	shape = slices.Insert(shape, axis, Symbol("stretches of "+v.shape[i].String()))
	return b.ReduceSum(b.add("Reshape", p.dtype, shape, nil, p, b.Concat(0, pieces...)), false, axis)
}
