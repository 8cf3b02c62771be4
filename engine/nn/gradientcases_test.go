package nn_test

import (
	"math"

	"zoomscope/engine/nn"
)

func unaryCase(name string, f func(b *bench, x *nn.Value) *nn.Value) gradientCase {
	return gradientCase{name, func(b *bench) { b.out(f(b, b.x(3, 5))) }}
}

func positiveCase(name string, f func(b *bench, x *nn.Value) *nn.Value) gradientCase {
	return gradientCase{name, func(b *bench) { b.out(f(b, b.positive(3, 5))) }}
}

// operatorGradients are the operators one by one, over odd sizes.
var operatorGradients = []gradientCase{
	{"Add", func(b *bench) { b.out(b.Add(b.x(3, 5), b.x(3, 5))) }},
	{"Add row", func(b *bench) { b.out(b.Add(b.x(3, 5), b.x(5))) }},
	{"Add column", func(b *bench) { b.out(b.Add(b.x(3, 1), b.x(3, 5))) }},
	{"Add both ways", func(b *bench) { b.out(b.Add(b.x(2, 1, 5), b.x(3, 1))) }},
	{"Add scalar", func(b *bench) { b.out(b.Add(b.x(), b.x(2, 3))) }},
	{"Add ones", func(b *bench) { b.out(b.Add(b.x(1, 1), b.x(2, 3, 4))) }},
	{"Add itself", func(b *bench) { x := b.x(2, 3); b.out(b.Add(x, x)) }},
	{"Sub", func(b *bench) { b.out(b.Sub(b.x(3, 5), b.x(3, 5))) }},
	{"Sub row", func(b *bench) { b.out(b.Sub(b.x(5), b.x(3, 5))) }},
	{"Mul", func(b *bench) { b.out(b.Mul(b.x(3, 5), b.x(3, 5))) }},
	{"Mul broadcast", func(b *bench) { b.out(b.Mul(b.x(2, 1, 5), b.x(3, 1))) }},
	{"Mul itself", func(b *bench) { x := b.x(2, 3); b.out(b.Mul(x, x)) }},
	{"Mul a name by a number", func(b *bench) {
		if b.named { // D1 is 1 when the network runs, D3 is 3
			x := b.declare(b.t, []nn.Dim{nn.Fixed(2), nn.Symbol("one"), nn.Fixed(4)}, b.tensor(b.t, []int{2, 1, 4}, b.random.NormFloat64))
			z := b.declare(b.t, []nn.Dim{nn.Symbol("three"), nn.Fixed(4)}, b.tensor(b.t, []int{3, 4}, b.random.NormFloat64))
			w := b.p(2, 3, 4)
			b.wrt = append(b.wrt, x, z)
			b.out(b.Mul(x, w), b.Mul(w, z))
			return
		}
		b.out(b.Mul(b.x(2, 1, 4), b.x(2, 3, 4)))
	}},
	{"Div", func(b *bench) { b.out(b.Div(b.x(3, 5), b.positive(3, 5))) }},
	{"Div broadcast", func(b *bench) { b.out(b.Div(b.x(3, 5), b.positive(3, 1))) }},
	{"Div of a row", func(b *bench) { b.out(b.Div(b.x(5), b.positive(3, 5))) }},
	{"Div by a constant", func(b *bench) { b.out(b.Div(b.x(3, 5), b.ScalarOf(b.t, 3))) }},
	positiveCase("Pow 1.5", func(b *bench, x *nn.Value) *nn.Value { return b.Pow(x, b.ScalarOf(b.t, 1.5)) }),
	positiveCase("Pow -1", func(b *bench, x *nn.Value) *nn.Value { return b.Pow(x, b.ScalarOf(b.t, -1)) }),
	unaryCase("Pow 0", func(b *bench, x *nn.Value) *nn.Value { return b.Pow(x, b.ScalarOf(b.t, 0)) }),
	unaryCase("Pow 1", func(b *bench, x *nn.Value) *nn.Value { return b.Pow(x, b.ScalarOf(b.t, 1)) }),
	unaryCase("Pow 2", func(b *bench, x *nn.Value) *nn.Value { return b.Pow(x, b.ScalarOf(b.t, 2)) }),
	unaryCase("Pow 3", func(b *bench, x *nn.Value) *nn.Value { return b.Pow(x, b.ScalarOf(b.t, 3)) }),
	{"Pow of both", func(b *bench) { b.out(b.Pow(b.positive(3, 5), b.x(5))) }},
	unaryCase("Neg", func(b *bench, x *nn.Value) *nn.Value { return b.Neg(x) }),
	unaryCase("Abs", func(b *bench, x *nn.Value) *nn.Value { return b.Abs(x) }),
	unaryCase("Tanh", func(b *bench, x *nn.Value) *nn.Value { return b.Tanh(x) }),
	unaryCase("Sigmoid", func(b *bench, x *nn.Value) *nn.Value { return b.Sigmoid(x) }),
	unaryCase("Relu", func(b *bench, x *nn.Value) *nn.Value { return b.Relu(x) }),
	unaryCase("Exp", func(b *bench, x *nn.Value) *nn.Value { return b.Exp(x) }),
	positiveCase("Log", func(b *bench, x *nn.Value) *nn.Value { return b.Log(x) }),
	positiveCase("Sqrt", func(b *bench, x *nn.Value) *nn.Value { return b.Sqrt(x) }),
	unaryCase("Identity", func(b *bench, x *nn.Value) *nn.Value { return b.Identity(x) }),
	unaryCase("Clip", func(b *bench, x *nn.Value) *nn.Value { return b.Clip(x, -0.5, 0.75) }),
	unaryCase("Cast", func(b *bench, x *nn.Value) *nn.Value {
		if b.t == nn.Float32 {
			return b.Cast(b.Mul(b.Cast(x, nn.Float64), b.ScalarOf(nn.Float64, 2)), nn.Float32)
		}
		return b.Cast(x, nn.Float64)
	}),
	unaryCase("Sign times", func(b *bench, x *nn.Value) *nn.Value { return b.Mul(x, b.Sign(x)) }),
	{"Where", func(b *bench) {
		x := b.x(3, 5)
		b.out(b.Where(b.Greater(x, b.ScalarOf(b.t, 0)), b.x(5), b.Mul(x, x)))
	}},
	{"Where equal", func(b *bench) {
		i := b.below(0, 3, 3, 5)
		b.out(b.Where(b.Equal(i, b.ScalarOf(nn.Int64, 1)), b.x(3, 1), b.x()))
	}},
	{"Expand", func(b *bench) { b.out(b.Expand(b.x(3, 1), b.x(2, 3, 5))) }},
	{"MatMul", func(b *bench) { b.out(b.MatMul(b.x(3, 4), b.x(4, 5))) }},
	{"MatMul batched", func(b *bench) { b.out(b.MatMul(b.x(2, 3, 4), b.x(2, 4, 5))) }},
	{"MatMul one for all", func(b *bench) { b.out(b.MatMul(b.x(2, 3, 4), b.x(4, 5))) }},
	{"MatMul all for one", func(b *bench) { b.out(b.MatMul(b.x(3, 4), b.x(2, 4, 5))) }},
	{"MatMul broadcast", func(b *bench) { b.out(b.MatMul(b.x(2, 1, 3, 4), b.x(5, 4, 2))) }},
	{"MatMul transposed", func(b *bench) { b.out(b.MatMul(b.Transpose(b.x(4, 3)), b.Transpose(b.x(5, 4), 1, 0))) }},
	{"MatMul of swapped axes", func(b *bench) { b.out(b.MatMul(b.x(2, 3, 4), b.Transpose(b.x(2, 5, 4), 0, 2, 1))) }},
	{"MatMul with itself", func(b *bench) { x := b.x(3, 4); b.out(b.MatMul(x, b.Transpose(x, 1, 0))) }},
	{"Gemm", func(b *bench) { b.out(b.Gemm(b.x(3, 4), b.x(4, 5), b.x(3, 1), false, false)) }},
	{"Gemm transA", func(b *bench) { b.out(b.Gemm(b.x(4, 3), b.x(4, 5), b.x(5), true, false)) }},
	{"Gemm transB", func(b *bench) { b.out(b.Gemm(b.x(3, 4), b.x(5, 4), b.x(1, 1), false, true)) }},
	{"Gemm both", func(b *bench) { b.out(b.Gemm(b.x(4, 3), b.x(5, 4), nil, true, true)) }},
	{"Linear", func(b *bench) { b.out(b.Linear(b.rows(1, 5, 7), b.p(3, 7), b.p(3))) }},
	{"Linear of three axes", func(b *bench) { b.out(b.Linear(b.rows(2, 2, 5, 7), b.p(3, 7), b.p(3))) }},
	{"Linear without bias", func(b *bench) { b.out(b.Linear(b.rows(1, 5, 7), b.p(3, 7), nil)) }},
	unaryCase("Softmax 0", func(b *bench, x *nn.Value) *nn.Value { return b.Softmax(x, 0) }),
	unaryCase("Softmax -1", func(b *bench, x *nn.Value) *nn.Value { return b.Softmax(x, -1) }),
	unaryCase("LogSoftmax 0", func(b *bench, x *nn.Value) *nn.Value { return b.LogSoftmax(x, 0) }),
	unaryCase("LogSoftmax -1", func(b *bench, x *nn.Value) *nn.Value { return b.LogSoftmax(x, -1) }),
	{"ReduceSum", func(b *bench) { b.out(b.ReduceSum(b.x(2, 3, 4), false, 1)) }},
	{"ReduceSum kept", func(b *bench) { b.out(b.ReduceSum(b.x(2, 3, 4), true, 0, 2)) }},
	{"ReduceSum of all", func(b *bench) { b.out(b.ReduceSum(b.x(2, 3, 4), false)) }},
	{"ReduceMean", func(b *bench) { b.out(b.ReduceMean(b.x(2, 3, 4), false, 1)) }},
	{"ReduceMean of two", func(b *bench) { b.out(b.ReduceMean(b.Tanh(b.x(2, 3, 4)), true, 0, 2)) }},
	{"ReduceMean of all", func(b *bench) { b.out(b.ReduceMean(b.rows(1, 2, 3, 4), false)) }},
	{"ReduceMax", func(b *bench) { b.out(b.ReduceMax(b.x(2, 3, 4), false, 1)) }},
	{"ReduceMax kept", func(b *bench) { b.out(b.ReduceMax(b.x(2, 3, 4), true, 0, 2)) }},
	{"Reshape", func(b *bench) { b.out(b.Reshape(b.rows(1, 2, 3, 4), -1, 6)) }},
	{"Reshape of names", func(b *bench) { b.out(b.Reshape(b.x(2, 3, 4), 0, -1)) }},
	{"Reshape copies", func(b *bench) { b.out(b.Reshape(b.rows(2, 2, 3, 4), 0, 0, 2, 2)) }},
	{"Transpose", func(b *bench) { b.out(b.Transpose(b.x(2, 3, 4), 2, 0, 1)) }},
	{"Transpose reversed", func(b *bench) { b.out(b.Transpose(b.x(2, 3, 4))) }},
	{"Concat", func(b *bench) { b.out(b.Concat(1, b.x(2, 3), b.x(2, 1), b.x(2, 4))) }},
	{"Concat with a weight", func(b *bench) { b.out(b.Concat(0, b.p(2, 3), b.rows(1, 4, 3), b.p(1, 3))) }},
	{"Concat weights last", func(b *bench) { b.out(b.Concat(-2, b.rows(1, 4, 3), b.p(2, 3), b.p(1, 3))) }},
	{"Concat itself", func(b *bench) { x := b.x(2, 3); b.out(b.Concat(0, x, x, b.Neg(x))) }},
	unaryCase("Slice", func(b *bench, x *nn.Value) *nn.Value { return b.Slice(x, 1, 1, 4) }),
	{"Slices end to end", func(b *bench) {
		w := b.p(6, 4)
		b.out(b.Concat(0, b.Slice(w, 0, 4, 6), b.Tanh(b.Slice(w, 0, 0, 3)), b.Slice(w, 0, -3, -2), b.Slice(w, 0, 4, math.MaxInt)))
	}},
	{"Slices and all", func(b *bench) {
		w := b.p(4, 3)
		b.out(b.Concat(0, b.Slice(w, 0, 2, 4), b.Tanh(w), b.Slice(w, 0, 0, 2)))
	}},
	{"Slices with a gap", func(b *bench) {
		w := b.p(5, 3)
		b.out(b.Concat(0, b.Slice(w, 0, 3, 5), b.Slice(w, 0, 0, 2)))
	}},
	{"Slices that overlap", func(b *bench) {
		w := b.p(5, 3)
		b.out(b.Concat(0, b.Slice(w, 0, 2, 5), b.Slice(w, 0, 0, 3), b.Slice(w, 0, 3, 5)))
	}},
	{"Slices both ways", func(b *bench) {
		w := b.p(4, 4)
		b.out(b.MatMul(b.Slice(w, 0, 0, 2), b.Slice(w, 1, 0, 2)))
	}},
	{"Slices of a product", func(b *bench) {
		y := b.MatMul(b.p(3, 4), b.p(4, 6))
		b.out(b.Mul(b.Slice(y, 1, 0, 3), b.Slice(y, 1, 3, 6)))
	}},
	unaryCase("Slice to the end", func(b *bench, x *nn.Value) *nn.Value { return b.Slice(x, 1, 2, math.MaxInt) }),
	unaryCase("Slice but the last", func(b *bench, x *nn.Value) *nn.Value { return b.Slice(x, 0, 0, -1) }),
	unaryCase("Slice negative", func(b *bench, x *nn.Value) *nn.Value { return b.Slice(x, 1, -3, -1) }),
	unaryCase("Slice beyond", func(b *bench, x *nn.Value) *nn.Value { return b.Slice(x, 1, 3, 100) }),
	unaryCase("Slice all", func(b *bench, x *nn.Value) *nn.Value { return b.Slice(x, 1, 0, math.MaxInt) }),
	unaryCase("SliceStep", func(b *bench, x *nn.Value) *nn.Value { return b.SliceStep(x, 1, 1, math.MaxInt, 2) }),
	unaryCase("SliceStep of rows", func(b *bench, x *nn.Value) *nn.Value { return b.SliceStep(x, 0, 0, 3, 2) }),
	unaryCase("Slice empty", func(b *bench, x *nn.Value) *nn.Value {
		return b.Concat(1, b.Slice(x, 1, 4, 2), x)
	}),
	{"Gather rows", func(b *bench) { b.out(b.Gather(b.x(4, 3), b.below(-4, 4, 6), 0)) }},
	{"Gather of a vector", func(b *bench) { b.out(b.Gather(b.x(4), b.below(-4, 4, 6), 0)) }},
	{"Gather a matrix", func(b *bench) { b.out(b.Gather(b.x(2, 4, 3), b.below(0, 4, 2, 5), 1)) }},
	{"Gather one", func(b *bench) { b.out(b.Gather(b.x(2, 4, 3), b.ScalarOf(nn.Int64, 2), 2)) }},
	{"the largest row", func(b *bench) {
		x := b.x(5, 3)
		b.out(b.Gather(b.Mul(x, x), b.ArgMax(x, 0), 0))
	}},
	{"the first rows", func(b *bench) {
		x, k := b.x(6, 3), b.Const(nn.I64Tensor([]int64{2}, 1))
		score := b.ReduceSum(x, false, 1)
		b.out(b.Concat(0, b.Gather(b.Tanh(x), b.Top(score, k, true), 0), b.Gather(b.Tanh(x), b.Top(score, k, false), 0)))
	}},
	{"ReshapeTo", func(b *bench) {
		like := b.x(4, 3, 2)
		b.out(b.Mul(like, b.ReshapeTo(b.Tanh(b.x(6, 4)), b.Shape(like), like.Shape()...)))
	}},
	{"SliceTo", func(b *bench) {
		x, start, end := b.x(6, 4), b.x(2), b.x(5)
		b.out(b.SliceTo(b.Tanh(x), 0, b.Shape(start), b.Shape(end), nn.Symbol("some")), b.Neg(b.Add(start, b.ReduceSum(end, true, 0))))
	}},
	{"SliceTo columns", func(b *bench) {
		x, start, end := b.x(2, 6, 3), b.x(1), b.x(5)
		b.out(b.SliceTo(x, 1, b.Shape(start), b.Shape(end), nn.Symbol("some")), b.Mul(start, end))
	}},
	{"Dropout", func(b *bench) {
		mask := b.declare(nn.Uint8, b.dims([]int{3, 5}, 2), b.tensor(nn.Uint8, []int{3, 5}, func() float64 { return float64(b.random.IntN(2)) }))
		b.out(b.Dropout(b.Tanh(b.x(3, 5)), mask, 0.25))
	}},
	{"CrossEntropy", func(b *bench) { b.out(b.CrossEntropy(b.rows(1, 5, 3), b.below(0, 3, 5))) }},
	{"CrossEntropy of one", func(b *bench) { b.out(b.CrossEntropy(b.rows(1, 1, 3), b.below(0, 3, 1))) }},
	{"Unsqueeze", func(b *bench) { b.out(b.Unsqueeze(b.x(3, 5), 0, -1)) }},
	{"Squeeze", func(b *bench) { b.out(b.Squeeze(b.x(1, 3, 1, 5), 0, 2)) }},
	convCase("Conv", []int{2, 3, 6, 7}, []int{4, 3, 3, 3}, nn.ConvOptions{}),
	convCase("Conv padded", []int{2, 3, 6, 7}, []int{4, 3, 3, 2}, nn.ConvOptions{Pads: [4]int{1, 2, 0, 1}}),
	convCase("Conv stride", []int{2, 2, 7, 8}, []int{3, 2, 3, 3}, nn.ConvOptions{Stride: 2, Pads: [4]int{1, 1, 1, 1}}),
	convCase("Conv stride over", []int{1, 2, 8, 9}, []int{3, 2, 2, 2}, nn.ConvOptions{Stride: 3}),
	convCase("Conv dilation", []int{2, 2, 8, 9}, []int{3, 2, 3, 2}, nn.ConvOptions{Dilation: 2, Pads: [4]int{1, 0, 1, 1}}),
	convCase("Conv stride and dilation", []int{2, 2, 9, 10}, []int{3, 2, 3, 2}, nn.ConvOptions{Stride: 2, Dilation: 2}),
	convCase("Conv groups", []int{2, 4, 6, 7}, []int{6, 2, 3, 3}, nn.ConvOptions{Groups: 2, Pads: [4]int{1, 1, 1, 1}}),
	convCase("Conv depth-wise", []int{2, 4, 6, 7}, []int{4, 1, 3, 5}, nn.ConvOptions{Groups: 4, Pads: [4]int{1, 2, 1, 2}}),
	convCase("Conv depth-wise of one", []int{1, 4, 6, 7}, []int{4, 1, 5, 3}, nn.ConvOptions{Groups: 4, Pads: [4]int{2, 1, 2, 1}}),
	convCase("Conv depth-wise stride", []int{1, 3, 7, 7}, []int{3, 1, 3, 3}, nn.ConvOptions{Groups: 3, Stride: 2}),
	convCase("Conv depth-wise dilation", []int{1, 3, 7, 7}, []int{3, 1, 3, 3}, nn.ConvOptions{Groups: 3, Dilation: 2, Pads: [4]int{2, 2, 2, 2}}),
	convCase("Conv depth-wise times two", []int{2, 3, 6, 6}, []int{6, 1, 3, 3}, nn.ConvOptions{Groups: 3}),
	convCase("Conv along one axis", []int{1, 2, 9, 4}, []int{2, 1, 5, 1}, nn.ConvOptions{Groups: 2, Pads: [4]int{2, 0, 2, 0}}),
	convCase("Conv padded beyond", []int{1, 2, 4, 4}, []int{2, 1, 2, 2}, nn.ConvOptions{Groups: 2, Pads: [4]int{2, 2, 2, 2}}),
	convCase("Conv of one element", []int{2, 3, 5, 5}, []int{4, 3, 1, 1}, nn.ConvOptions{Stride: 2}),
	{"Conv of names", func(b *bench) {
		x := b.rows(0, 2, 3, 6, 7)
		if b.named {
			x = b.declare(b.t, []nn.Dim{nn.Symbol("N"), nn.Fixed(3), nn.Symbol("H"), nn.Symbol("W")}, b.tensor(b.t, []int{2, 3, 6, 7}, b.random.NormFloat64))
			b.wrt = append(b.wrt, x)
		}
		b.out(b.Conv(b.Conv(x, b.p(2, 3, 2, 2), b.p(2), nn.ConvOptions{Stride: 2}), b.p(4, 1, 2, 2), nil, nn.ConvOptions{Groups: 2}))
	}},
	{"MaxPool", func(b *bench) { b.out(b.MaxPool(b.rows(2, 2, 3, 6, 7), 3, 2, 1)) }},
	{"MaxPool of names", func(b *bench) { b.out(b.MaxPool(b.x(2, 3, 6, 7), 2, 2, 0)) }},
	{"MaxPool overlapping", func(b *bench) { b.out(b.MaxPool(b.rows(1, 1, 2, 5, 6), 3, 1, 0)) }},
	{"AvgPool", func(b *bench) { b.out(b.AvgPool(b.rows(2, 2, 3, 6, 7), 2, 2, 0)) }},
	{"AvgPool padded", func(b *bench) { b.out(b.AvgPool(b.rows(2, 2, 3, 6, 7), 3, 2, 1)) }},
	{"AvgPool of names", func(b *bench) { b.out(b.AvgPool(b.x(2, 3, 6, 8), 3, 2, 1)) }},
	{"GlobalAvgPool", func(b *bench) { b.out(b.GlobalAvgPool(b.x(2, 3, 4, 5))) }},
	{"Pad", func(b *bench) { b.out(b.Pad(b.x(2, 3, 4, 5), [4]int{1, 0, 2, 3}, "constant")) }},
}

func convCase(name string, x, w []int, c nn.ConvOptions) gradientCase {
	return gradientCase{name, func(b *bench) { b.out(b.Conv(b.rows(1, x...), b.p(w...), b.p(w[0]), c)) }}
}

// networkGradients are operators put together as the methods do.
var networkGradients = []gradientCase{
	{"gated attention", func(b *bench) {
		x := b.Relu(b.Linear(b.rows(1, 6, 5), b.p(4, 5), b.p(4)))
		content := b.Tanh(b.Linear(x, b.p(3, 4), b.p(3)))
		gate := b.Sigmoid(b.Linear(x, b.p(3, 4), b.p(3)))
		scores := b.Linear(b.Mul(content, gate), b.p(1, 3), b.p(1))
		weights := b.Softmax(scores, 0)
		b.out(b.MatMul(b.Transpose(weights, 1, 0), x), weights)
	}},
	{"layer norm", func(b *bench) {
		x := b.rows(1, 3, 8)
		centred := b.Sub(x, b.ReduceMean(x, true, -1))
		variance := b.ReduceMean(b.Mul(centred, centred), true, -1)
		normal := b.Div(centred, b.Sqrt(b.Add(variance, b.ScalarOf(b.t, 1e-5))))
		b.out(b.Add(b.Mul(normal, b.p(8)), b.p(8)))
	}},
	{"small convolutional network", func(b *bench) {
		x := b.rows(1, 2, 2, 9, 8)
		x = b.MaxPool(b.Relu(b.Conv(x, b.p(3, 2, 3, 3), b.p(3), nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}})), 2, 2, 0)
		x = b.Add(x, b.Tanh(b.Conv(x, b.p(3, 3, 3, 3), b.p(3), nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}})))
		b.out(b.LogSoftmax(b.Linear(b.Reshape(b.GlobalAvgPool(x), 0, 3), b.p(2, 3), b.p(2)), 1))
	}},
	{"self attention", func(b *bench) {
		x := b.rows(1, 5, 4)
		q, k, v := b.Linear(x, b.p(4, 4), nil), b.Linear(x, b.p(4, 4), nil), b.Linear(x, b.p(4, 4), nil)
		heads := func(y *nn.Value) *nn.Value { return b.Transpose(b.Reshape(y, -1, 2, 2), 1, 0, 2) }
		a := b.Softmax(b.MatMul(heads(q), b.Transpose(heads(k), 0, 2, 1)), -1)
		y := b.Reshape(b.Transpose(b.MatMul(a, heads(v)), 1, 0, 2), -1, 4)
		b.out(b.Add(x, y))
	}},
	{"a value in several places", func(b *bench) {
		x := b.x(3, 4)
		y := b.Tanh(x)
		b.out(y, b.Mul(y, b.Exp(y)), b.ReduceSum(y, false, 0), y)
	}},
	{"recomputed", func(b *bench) {
		x := b.rows(1, 5, 4)
		scores := b.Recompute(b.MatMul(x, b.p(4, 3)))
		a := b.Recompute(b.Softmax(scores, 0))
		b.out(b.MatMul(b.Transpose(a, 1, 0), b.Recompute(b.Sub(x, b.Recompute(b.ReduceMean(x, true, 1))))), scores)
	}},
	{"a weight used twice", func(b *bench) {
		w := b.p(4, 4)
		b.out(b.Linear(b.Tanh(b.Linear(b.rows(1, 3, 4), w, nil)), w, nil))
	}},
	{"unused", func(b *bench) {
		b.p(3)
		b.x(2, 3)
		b.out(b.Neg(b.x(2)))
	}},
	{"inputs straight to outputs", func(b *bench) {
		x := b.x(2, 3)
		b.out(x, b.Neg(b.below(0, 5, 2)), x, b.p(2))
	}},
	{"sums of sums", func(b *bench) {
		x := b.x(2, 3, 4)
		y := b.ReduceSum(b.Mul(x, x), true, 1)
		b.out(b.ReduceMean(b.Mul(b.Neg(x), b.Sqrt(b.Add(y, b.ScalarOf(b.t, 1)))), false))
	}},
}
