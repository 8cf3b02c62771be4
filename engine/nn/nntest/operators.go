package nntest

import (
	"fmt"
	"math"
	"slices"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/internal/onnx"
)

// known are the operators that compute knows.
var known = []string{
	"Add", "Sub", "Mul", "Div", "Pow",
	"Neg", "Abs", "Tanh", "Sigmoid", "Relu", "Exp", "Log", "Sqrt", "Identity",
	"Clip", "Cast", "MatMul", "Gemm", "Softmax", "LogSoftmax",
	"ReduceSum", "ReduceMean", "ReduceMax",
	"Reshape", "Transpose", "Concat", "Slice", "Gather", "Unsqueeze", "Squeeze",
	"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "Pad",
	"Greater", "Equal", "Where", "Sign", "Shape", "Expand", "Range", "ScatterElements",
	"DequantizeLinear", "ArgMax", "TopK",
}

func compute(n *onnx.Node, in []*array) *array {
	switch n.Op {
	case "Add", "Sub", "Mul", "Div", "Pow":
		a, b := in[0], in[1]
		return newArray(a.typ, broadcast(a.shape, b.shape)...).fill(func(idx []int) float64 {
			return binary2(n.Op, a.typ, a.at(idx...), b.at(idx...))
		})
	case "MatMul":
		return matMul(in[0], in[1])
	case "Gemm":
		return gemm(n, in)
	case "Softmax", "LogSoftmax":
		return softmax(in[0], int(n.Attr("axis").I), n.Op == "LogSoftmax")
	case "ReduceSum", "ReduceMean", "ReduceMax":
		return reduce(n, in)
	case "Cast":
		return cast(in[0], n.Attr("to").I)
	case "Clip":
		return mapped(in[0], func(x float64) float64 { return min(max(x, in[1].v[0]), in[2].v[0]) })
	case "Reshape", "Unsqueeze", "Squeeze", "Identity":
		return &array{in[0].typ, newShape(n.Op, in), slices.Clone(in[0].v)}
	case "Transpose":
		return transpose(in[0], n.Attr("perm").Ints)
	case "Concat":
		return concat(int(n.Attr("axis").I), in)
	case "Slice":
		a := in[0]
		for i, axis := range in[3].ints() {
			a = slice(a, in[1].ints()[i], in[2].ints()[i], axis, in[4].ints()[i])
		}
		return a
	case "Gather":
		return gather(in[0], in[1], int(n.Attr("axis").I))
	case "Conv":
		return conv(n, in)
	case "ConvTranspose":
		return convTranspose(n, in)
	case "MaxPool", "AveragePool":
		return pool(n, in[0])
	case "GlobalAveragePool":
		a := in[0]
		return newArray(a.typ, a.shape[0], a.shape[1], 1, 1).fill(func(idx []int) float64 {
			sum := 0.0
			for y := range a.shape[2] {
				for x := range a.shape[3] {
					sum += a.at(idx[0], idx[1], y, x)
				}
			}
			return sum / float64(a.shape[2]*a.shape[3])
		})
	case "Pad":
		return pad(in[0], in[1].ints(), string(n.Attr("mode").S))
	case "Greater", "Equal", "Where", "Shape", "Expand", "Range", "ScatterElements", "DequantizeLinear":
		return choose(n, in)
	case "ArgMax":
		return argMax(in[0], int(n.Attr("axis").I))
	case "TopK":
		values, _ := top(in[0], in[1].ints()[0], n.Attr("largest").I == 1)
		return values
	}
	return mapped(in[0], func(x float64) float64 { return unary(n.Op, x) })
}

func mapped(a *array, f func(float64) float64) *array {
	out := newArray(a.typ, a.shape...)
	for i, x := range a.v {
		out.v[i] = f(x)
	}
	return out
}

func unary(op string, x float64) float64 {
	switch op {
	case "Neg":
		return -x
	case "Abs":
		return math.Abs(x)
	case "Tanh":
		return math.Tanh(x)
	case "Sigmoid":
		return 1 / (1 + math.Exp(-x))
	case "Relu":
		return max(x, 0)
	case "Exp":
		return math.Exp(x)
	case "Log":
		return math.Log(x)
	case "Sqrt":
		return math.Sqrt(x)
	case "Sign":
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	}
	panic("operator " + op)
}

func binary2(op string, t nn.DType, a, b float64) float64 {
	switch op {
	case "Add":
		return wrap(t, a+b)
	case "Sub":
		return wrap(t, a-b)
	case "Mul":
		return wrap(t, a*b)
	case "Pow":
		return math.Pow(a, b)
	case "Div":
		if t != nn.Float32 && t != nn.Float64 {
			return math.Trunc(a / b)
		}
		return a / b
	}
	panic("operator " + op)
}

// wrap is the overflow of uint8.
func wrap(t nn.DType, x float64) float64 {
	if t == nn.Uint8 {
		return float64(uint8(int64(x)))
	}
	return x
}

func cast(a *array, to int64) *array {
	types := map[int64]nn.DType{1: nn.Float32, 11: nn.Float64, 7: nn.Int64, 2: nn.Uint8, 9: nn.Bool}
	out := mapped(a, func(x float64) float64 {
		switch types[to] {
		case nn.Int64, nn.Uint8:
			return math.Trunc(x)
		case nn.Bool:
			if x != 0 {
				return 1
			}
		}
		return x
	})
	out.typ = types[to]
	return out
}

func matMul(a, b *array) *array {
	if len(a.shape) == 1 { // a row, which the result is without
		out := matMul(&array{a.typ, []int{1, a.shape[0]}, a.v}, b)
		out.shape = slices.Delete(out.shape, len(out.shape)-2, len(out.shape)-1)
		return out
	}
	ra, rb := len(a.shape), len(b.shape)
	inner := a.shape[ra-1]
	if b.shape[rb-2] != inner {
		panic(runError(fmt.Sprintf("shapes %v by %v", a.shape, b.shape)))
	}
	shape := append(broadcast(a.shape[:ra-2], b.shape[:rb-2]), a.shape[ra-2], b.shape[rb-1])
	return newArray(a.typ, shape...).fill(func(idx []int) float64 {
		ia, ib, last := slices.Clone(idx), slices.Clone(idx), len(idx)-1
		sum := 0.0
		for k := range inner {
			ia[last], ib[last-1] = k, k
			sum += a.at(ia...) * b.at(ib...)
		}
		return sum
	})
}

// gemm is the product of two matrices, transposed where the attributes say so,
// plus the third, if there is one.
func gemm(n *onnx.Node, in []*array) *array {
	a, b := in[0], in[1]
	if n.Attr("transA") != nil {
		a = transpose(a, []int64{1, 0})
	}
	if n.Attr("transB") != nil {
		b = transpose(b, []int64{1, 0})
	}
	out := matMul(a, b)
	if len(in) > 2 {
		out.fill(func(idx []int) float64 { return out.at(idx...) + in[2].at(idx...) })
	}
	return out
}

func softmax(a *array, axis int, logarithm bool) *array {
	return newArray(a.typ, a.shape...).fill(func(idx []int) float64 {
		x, other, top := a.at(idx...), slices.Clone(idx), math.Inf(-1)
		for other[axis] = range a.shape[axis] {
			top = max(top, a.at(other...))
		}
		sum := 0.0
		for other[axis] = range a.shape[axis] {
			sum += math.Exp(a.at(other...) - top)
		}
		if logarithm {
			return x - top - math.Log(sum)
		}
		return math.Exp(x-top) / sum
	})
}

func reduce(n *onnx.Node, in []*array) *array {
	a, axes := in[0], []int{}
	if len(in) > 1 {
		axes = in[1].ints()
	} else {
		for _, x := range n.Attr("axes").Ints {
			axes = append(axes, int(x))
		}
	}
	kept, shape, count := slices.Clone(a.shape), []int{}, 1
	for i, d := range a.shape {
		if slices.Contains(axes, i) || len(axes) == 0 {
			kept[i] = 1
			count *= d
		} else {
			shape = append(shape, d)
		}
	}
	out := newArray(a.typ, kept...)
	if n.Op == "ReduceMax" {
		out.fill(func([]int) float64 { return math.Inf(-1) })
	}
	newArray(a.typ, a.shape...).fill(func(idx []int) float64 {
		o := out.offset(idx)
		if n.Op == "ReduceMax" {
			out.v[o] = max(out.v[o], a.at(idx...))
		} else {
			out.v[o] += a.at(idx...)
		}
		return 0
	})
	if n.Op == "ReduceMean" {
		out = mapped(out, func(x float64) float64 { return x / float64(count) })
	}
	if n.Attr("keepdims").I == 0 {
		out.shape = shape
	}
	return out
}

// newShape is the shape of those operators that leave the elements in order.
func newShape(op string, in []*array) []int {
	old := in[0].shape
	switch op {
	case "Unsqueeze":
		out := slices.Clone(old)
		for _, x := range in[1].ints() {
			out = slices.Insert(out, x, 1)
		}
		return out
	case "Squeeze":
		out := []int{}
		for i, d := range old {
			if !slices.Contains(in[1].ints(), i) {
				out = append(out, d)
			} else if d != 1 {
				panic(runError(fmt.Sprintf("axis %d of %v is not 1", i, old)))
			}
		}
		return out
	case "Reshape":
		return reshaped(old, in[1].ints())
	}
	return old
}

func reshaped(old, want []int) []int {
	total, rest, free := 1, 1, -1
	for _, d := range old {
		total *= d
	}
	out := slices.Clone(want)
	for i, d := range want {
		if d == 0 {
			out[i] = old[i]
		}
		if d == -1 {
			free = i
			continue
		}
		rest *= out[i]
	}
	if free >= 0 && rest > 0 {
		out[free] = total / rest
		rest *= out[free]
	}
	if rest != total {
		panic(runError(fmt.Sprintf("shape %v to %v", old, want)))
	}
	return out
}

func transpose(a *array, perm []int64) *array {
	shape, from := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		shape[i] = a.shape[p]
	}
	return newArray(a.typ, shape...).fill(func(idx []int) float64 {
		for i, p := range perm {
			from[p] = idx[i]
		}
		return a.at(from...)
	})
}

func concat(axis int, in []*array) *array {
	shape := slices.Clone(in[0].shape)
	shape[axis] = 0
	for _, a := range in {
		shape[axis] += a.shape[axis]
	}
	return newArray(in[0].typ, shape...).fill(func(idx []int) float64 {
		from := slices.Clone(idx)
		for _, a := range in {
			if from[axis] < a.shape[axis] {
				return a.v[strict(a, from)]
			}
			from[axis] -= a.shape[axis]
		}
		panic("concat")
	})
}

// strict is offset without broadcasting.
func strict(a *array, idx []int) int {
	o := 0
	for k, n := range a.shape {
		o = o*n + idx[k]
	}
	return o
}

func slice(a *array, start, end, axis, step int) *array {
	n := a.shape[axis]
	index := func(i int) int {
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	var places []int
	for i := index(start); i < index(end); i += step {
		places = append(places, i)
	}
	shape := slices.Clone(a.shape)
	shape[axis] = len(places)
	return newArray(a.typ, shape...).fill(func(idx []int) float64 {
		from := slices.Clone(idx)
		from[axis] = places[idx[axis]]
		return a.v[strict(a, from)]
	})
}

func gather(a, indices *array, axis int) *array {
	shape := slices.Concat(a.shape[:axis], indices.shape, a.shape[axis+1:])
	for _, i := range indices.ints() {
		if i < -a.shape[axis] || i >= a.shape[axis] {
			panic(runError(fmt.Sprintf("index %d is not within axis %d of %v", i, axis, a.shape)))
		}
	}
	r := len(indices.shape)
	return newArray(a.typ, shape...).fill(func(idx []int) float64 {
		i := int(indices.v[strict(indices, idx[axis:axis+r])])
		if i < 0 {
			i += a.shape[axis]
		}
		return a.v[strict(a, slices.Concat(idx[:axis], []int{i}, idx[axis+r:]))]
	})
}

func conv(n *onnx.Node, in []*array) *array {
	x, w := in[0], in[1]
	stride, dilation := int(n.Attr("strides").Ints[0]), int(n.Attr("dilations").Ints[0])
	pads, groups := n.Attr("pads").Ints, int(n.Attr("group").I)
	outs, each, kh, kw := w.shape[0], w.shape[1], w.shape[2], w.shape[3]
	size := func(n, k int, before, after int64) int {
		return (n+int(before+after)-dilation*(k-1)-1)/stride + 1
	}
	h, wd := size(x.shape[2], kh, pads[0], pads[2]), size(x.shape[3], kw, pads[1], pads[3])
	return newArray(x.typ, x.shape[0], outs, h, wd).fill(func(idx []int) float64 {
		sum := 0.0
		if len(in) > 2 {
			sum = in[2].v[idx[1]]
		}
		group := idx[1] / (outs / groups)
		for c := range each {
			for i := range kh {
				for j := range kw {
					y := idx[2]*stride + i*dilation - int(pads[0])
					z := idx[3]*stride + j*dilation - int(pads[1])
					if y >= 0 && y < x.shape[2] && z >= 0 && z < x.shape[3] {
						sum += w.v[strict(w, []int{idx[1], c, i, j})] * x.v[strict(x, []int{idx[0], group*each + c, y, z})]
					}
				}
			}
		}
		return sum
	})
}

// convTranspose is the sum of the kernels, each times an element of x, at the
// places that conv would have taken that element from.
func convTranspose(n *onnx.Node, in []*array) *array {
	x, w := in[0], in[1]
	stride, dilation := int(n.Attr("strides").Ints[0]), int(n.Attr("dilations").Ints[0])
	pads, extra, groups := n.Attr("pads").Ints, n.Attr("output_padding").Ints, int(n.Attr("group").I)
	size := func(i int) int {
		return stride*(x.shape[2+i]-1) + int(extra[i]) + dilation*(w.shape[2+i]-1) + 1 - int(pads[i]+pads[i+2])
	}
	each, part := w.shape[1], w.shape[0]/groups
	out := newArray(x.typ, x.shape[0], each*groups, size(0), size(1))
	newArray(w.typ, x.shape[0], w.shape[0], x.shape[2], x.shape[3]).fill(func(idx []int) float64 {
		for c := range each {
			for i := range w.shape[2] {
				for j := range w.shape[3] {
					y := idx[2]*stride + i*dilation - int(pads[0])
					z := idx[3]*stride + j*dilation - int(pads[1])
					if y >= 0 && y < out.shape[2] && z >= 0 && z < out.shape[3] {
						o := strict(out, []int{idx[0], idx[1]/part*each + c, y, z})
						out.v[o] += w.v[strict(w, []int{idx[1], c, i, j})] * x.v[strict(x, idx)]
					}
				}
			}
		}
		return 0
	})
	return out
}

// second is the second result of a node.
func second(n *onnx.Node, in []*array) *array {
	if n.Op == "TopK" {
		_, places := top(in[0], in[1].ints()[0], n.Attr("largest").I == 1)
		return places
	}
	return places(n, in[0])
}

// places are the second result of a MaxPool: where in all of x, counted through,
// the first of the largest elements of each window stands.
func places(n *onnx.Node, x *array) *array {
	k, stride, edge := int(n.Attr("kernel_shape").Ints[0]), int(n.Attr("strides").Ints[0]), int(n.Attr("pads").Ints[0])
	size := func(n int) int { return (n+2*edge-k)/stride + 1 }
	return newArray(nn.Int64, x.shape[0], x.shape[1], size(x.shape[2]), size(x.shape[3])).fill(func(idx []int) float64 {
		top, place := math.Inf(-1), 0
		for i := range k {
			for j := range k {
				y, z := idx[2]*stride+i-edge, idx[3]*stride+j-edge
				if y < 0 || y >= x.shape[2] || z < 0 || z >= x.shape[3] {
					continue
				}
				if o := strict(x, []int{idx[0], idx[1], y, z}); x.v[o] > top {
					top, place = x.v[o], o
				}
			}
		}
		return float64(place)
	})
}

func pool(n *onnx.Node, x *array) *array {
	k, stride, edge := int(n.Attr("kernel_shape").Ints[0]), int(n.Attr("strides").Ints[0]), int(n.Attr("pads").Ints[0])
	size := func(n int) int { return (n+2*edge-k)/stride + 1 }
	return newArray(x.typ, x.shape[0], x.shape[1], size(x.shape[2]), size(x.shape[3])).fill(func(idx []int) float64 {
		top, sum, count := math.Inf(-1), 0.0, 0
		for i := range k {
			for j := range k {
				y, z := idx[2]*stride+i-edge, idx[3]*stride+j-edge
				if y >= 0 && y < x.shape[2] && z >= 0 && z < x.shape[3] {
					v := x.v[strict(x, []int{idx[0], idx[1], y, z})]
					top, sum, count = max(top, v), sum+v, count+1
				}
			}
		}
		if n.Op == "MaxPool" {
			return top
		}
		if n.Attr("count_include_pad").I == 1 {
			count = k * k
		}
		return sum / float64(count)
	})
}

func pad(x *array, pads []int, mode string) *array {
	shape := slices.Clone(x.shape)
	for i := range shape {
		shape[i] += pads[i] + pads[i+len(shape)]
	}
	return newArray(x.typ, shape...).fill(func(idx []int) float64 {
		from := slices.Clone(idx)
		for i, n := range x.shape {
			p := idx[i] - pads[i]
			switch {
			case p >= 0 && p < n:
			case mode == "edge":
				p = min(max(p, 0), n-1)
			case mode == "reflect":
				p = max(p, -p)
				p = min(p, 2*(n-1)-p)
			default:
				return 0
			}
			from[i] = p
		}
		return x.v[strict(x, from)]
	})
}
