package nntest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/nn"
)

// Operator is a network of one operator, with inputs for it.
type Operator struct {
	Name   string
	Graph  *nn.Graph
	Inputs []*nn.Tensor
}

// Operators runs operators, such as All, on o's sessions and on the Interpreter.
func Operators(t *testing.T, o nn.Opener, list []Operator) {
	for _, op := range list {
		t.Run(op.Name, func(t *testing.T) {
			got := run(t, Open(t, o, op.Graph), op.Inputs...)
			want := run(t, Open(t, Interpreter{}, op.Graph), op.Inputs...)
			if err := Near(got, want); err != nil {
				t.Error(err)
			}
			declared := op.Graph.Outputs()[0].Shape()
			for i, d := range declared {
				if d.Known() && d.Size != want.Shape[i] {
					t.Errorf("the graph says %v, the result is %v", declared, want.Shape)
				}
			}
		})
	}
}

// Float32 is one network of each operator of All, of those with float32 inputs:
// for devices that have little else, or are slow.
func Float32() []Operator {
	seen := map[string]bool{}
	return slices.DeleteFunc(All(), func(op Operator) bool {
		kind, _, _ := strings.Cut(op.Name, " ")
		other := func(x *nn.Tensor) bool { return x.Type != nn.Float32 }
		if seen[kind] || slices.ContainsFunc(op.Inputs, other) {
			return true
		}
		seen[kind] = true
		return false
	})
}

// Near compares arrays. Integers must be equal. Floats may differ by what
// float32 loses when sums of some hundred terms are added in another order and
// exp and tanh are approximated to a few units in the last place: 2e-5 of the
// value, or of 1 for smaller ones. Float64 get the same, since a runtime may
// approximate in float32 what it likes; the exact parts are covered by integers.
func Near(got, want *nn.Tensor) error {
	if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) {
		return fmt.Errorf("got %v%v, want %v%v", got.Type, got.Shape, want.Type, want.Shape)
	}
	a, b := fromTensor(got), fromTensor(want)
	for i, x := range a.v {
		tolerance := 0.0
		if want.Type == nn.Float32 || want.Type == nn.Float64 {
			tolerance = 2e-5 * max(1, math.Abs(b.v[i]))
		}
		if !(math.Abs(x-b.v[i]) <= tolerance) && x != b.v[i] {
			return fmt.Errorf("element %d of %v is %v, want %v", i, got.Shape, x, b.v[i])
		}
	}
	return nil
}

// All is every operator over odd sizes. Named sizes stand in the graphs, so
// that shapes are found while running too.
func All() []Operator {
	m := &maker{random: rand.New(rand.NewPCG(1, 2))}
	m.elementwise()
	m.products()
	m.reductions()
	m.arranging()
	m.spatial()
	m.choosing()
	return m.list
}

type maker struct {
	random *rand.Rand
	list   []Operator
	g      *nn.Graph
	inputs []*nn.Tensor
}

// add makes an operator's graph by build, which declares inputs with m.in.
func (m *maker) add(name string, build func(g *nn.Graph) *nn.Value) {
	m.g, m.inputs = nn.NewGraph(name), nil
	m.g.Output("out", build(m.g))
	m.list = append(m.list, Operator{name, m.g, m.inputs})
}

// in is an input of random elements; the first axis has a name.
func (m *maker) in(t nn.DType, shape ...int) *nn.Value {
	x := nn.NewTensor(t, shape...)
	for i := range x.F32 {
		x.F32[i] = float32(m.random.NormFloat64())
	}
	for i := range x.F64 {
		x.F64[i] = m.random.NormFloat64()
	}
	for i := range x.I64 {
		x.I64[i] = m.random.Int64N(41) - 20
	}
	for i := range x.U8 {
		x.U8[i] = uint8(m.random.IntN(256))
		if t == nn.Bool {
			x.U8[i] &= 1
		}
	}
	m.inputs = append(m.inputs, x)
	dims := make([]nn.Dim, len(shape))
	for i, n := range shape {
		dims[i] = nn.Fixed(n)
		if i == 0 {
			dims[i] = nn.Symbol(fmt.Sprintf("D%d", n))
		}
	}
	return m.g.Input(fmt.Sprintf("in%d", len(m.inputs)), t, dims...)
}

// param is a weight of random elements.
func (m *maker) param(shape ...int) *nn.Value {
	x := nn.NewTensor(nn.Float32, shape...)
	for i := range x.F32 {
		x.F32[i] = float32(m.random.NormFloat64())
	}
	return m.g.Param(fmt.Sprintf("param%d", len(m.g.Params())), x)
}

func (m *maker) elementwise() {
	type binary = func(*nn.Graph, *nn.Value, *nn.Value) *nn.Value
	binaries := map[string]binary{"Add": (*nn.Graph).Add, "Sub": (*nn.Graph).Sub, "Mul": (*nn.Graph).Mul, "Div": (*nn.Graph).Div}
	shapes := [][2][]int{{{5, 7}, {5, 7}}, {{5, 7}, {7}}, {{3, 1, 7}, {5, 1}}, {{}, {3, 2}}}
	for _, name := range slices.Sorted(maps.Keys(binaries)) {
		f := binaries[name]
		for _, s := range shapes {
			for _, t := range []nn.DType{nn.Float32, nn.Float64, nn.Int64} {
				m.add(fmt.Sprintf("%s %v %v", name, t, s), func(g *nn.Graph) *nn.Value {
					a, b := m.in(t, s[0]...), m.in(t, s[1]...)
					if name == "Div" { // away from 0
						b = g.Add(g.Abs(b), g.ScalarOf(t, 1))
					}
					return f(g, a, b)
				})
			}
		}
	}
	type unary = func(*nn.Graph, *nn.Value) *nn.Value
	unaries := []struct {
		name string
		f    unary
	}{
		{"Neg", (*nn.Graph).Neg}, {"Abs", (*nn.Graph).Abs}, {"Tanh", (*nn.Graph).Tanh}, {"Sigmoid", (*nn.Graph).Sigmoid},
		{"Relu", (*nn.Graph).Relu}, {"Exp", (*nn.Graph).Exp}, {"Identity", (*nn.Graph).Identity},
		{"Log", func(g *nn.Graph, a *nn.Value) *nn.Value { return g.Log(g.Abs(a)) }},
		{"Sqrt", func(g *nn.Graph, a *nn.Value) *nn.Value { return g.Sqrt(g.Abs(a)) }},
		{"Clip", func(g *nn.Graph, a *nn.Value) *nn.Value { return g.Clip(a, -0.5, 0.75) }},
		{"Pow", func(g *nn.Graph, a *nn.Value) *nn.Value { return g.Pow(g.Abs(a), g.ScalarOf(a.DType(), 1.5)) }},
	}
	for _, u := range unaries {
		for _, t := range []nn.DType{nn.Float32, nn.Float64} {
			m.add(fmt.Sprintf("%s %v", u.name, t), func(g *nn.Graph) *nn.Value { return u.f(g, m.in(t, 3, 17)) })
		}
	}
	types := []nn.DType{nn.Float32, nn.Float64, nn.Int64, nn.Uint8, nn.Bool}
	for _, from := range types {
		for _, to := range types {
			if to == nn.Uint8 && from != nn.Bool { // out of range: undefined
				continue
			}
			m.add(fmt.Sprintf("Cast %v to %v", from, to), func(g *nn.Graph) *nn.Value { return g.Cast(m.in(from, 3, 5), to) })
		}
	}
}

func (m *maker) products() {
	for _, s := range [][2][]int{{{5, 7}, {7, 3}}, {{1, 1}, {1, 1}}, {{3, 5, 7}, {7, 9}}, {{3, 1, 5, 7}, {4, 7, 2}}, {{33, 65}, {65, 17}}} {
		for _, t := range []nn.DType{nn.Float32, nn.Float64} {
			m.add(fmt.Sprintf("MatMul %v %v", t, s), func(g *nn.Graph) *nn.Value {
				b := m.in(t, s[1]...)
				shape := b.Shape()
				for i, n := range s[1] {
					shape[i] = nn.Fixed(n)
				}
				return g.MatMul(m.in(t, s[0]...), g.Reshape(b, s[1]...))
			})
		}
	}
	for _, x := range [][]int{{5, 7}, {1, 7}, {3, 5, 7}} {
		for _, bias := range []bool{true, false} {
			m.add(fmt.Sprintf("Linear %v bias %v", x, bias), func(g *nn.Graph) *nn.Value {
				var b *nn.Value
				if bias {
					b = m.param(11)
				}
				return g.Linear(m.in(nn.Float32, x...), m.param(11, 7), b)
			})
		}
	}
	for _, s := range []struct {
		a, b, c        []int
		transA, transB bool
	}{
		{[]int{5, 7}, []int{7, 3}, []int{5, 1}, false, false},
		{[]int{7, 5}, []int{7, 3}, []int{3}, true, false},
		{[]int{5, 7}, []int{3, 7}, nil, false, true},
		{[]int{7, 5}, []int{3, 7}, []int{1, 1}, true, true},
	} {
		for _, t := range []nn.DType{nn.Float32, nn.Float64} {
			m.add(fmt.Sprintf("Gemm %v %v %v", t, s.transA, s.transB), func(g *nn.Graph) *nn.Value {
				var c *nn.Value
				a, b := g.Reshape(m.in(t, s.a...), s.a...), g.Reshape(m.in(t, s.b...), s.b...)
				if s.c != nil {
					c = g.Reshape(m.in(t, s.c...), s.c...)
				}
				return g.Gemm(a, b, c, s.transA, s.transB)
			})
		}
	}
	for _, axis := range []int{0, 1, -1} {
		m.add(fmt.Sprintf("Softmax %d", axis), func(g *nn.Graph) *nn.Value { return g.Softmax(m.in(nn.Float32, 3, 5, 7), axis) })
		m.add(fmt.Sprintf("LogSoftmax %d", axis), func(g *nn.Graph) *nn.Value { return g.LogSoftmax(m.in(nn.Float32, 3, 5, 7), axis) })
	}
	m.add("Softmax of large values", func(g *nn.Graph) *nn.Value {
		return g.Softmax(g.Mul(m.in(nn.Float32, 3, 5), g.Scalar(1000)), 1)
	})
}

func (m *maker) reductions() {
	type reduce = func(*nn.Graph, *nn.Value, bool, ...int) *nn.Value
	for _, r := range []struct {
		name string
		f    reduce
	}{{"ReduceSum", (*nn.Graph).ReduceSum}, {"ReduceMean", (*nn.Graph).ReduceMean}, {"ReduceMax", (*nn.Graph).ReduceMax}} {
		for _, axes := range [][]int{nil, {0}, {1}, {-1}, {0, 2}, {2, 1, 0}} {
			for _, keep := range []bool{true, false} {
				m.add(fmt.Sprintf("%s %v keep %v", r.name, axes, keep), func(g *nn.Graph) *nn.Value {
					return r.f(g, m.in(nn.Float32, 3, 5, 7), keep, axes...)
				})
			}
		}
	}
	m.add("ReduceSum int64", func(g *nn.Graph) *nn.Value { return g.ReduceSum(m.in(nn.Int64, 3, 5), false, 1) })
	m.add("ReduceMax int64", func(g *nn.Graph) *nn.Value { return g.ReduceMax(m.in(nn.Int64, 3, 5), true, 1) })
}

func (m *maker) arranging() {
	x := func() *nn.Value { return m.in(nn.Float32, 3, 5, 8) }
	cases := []struct {
		name string
		f    func(g *nn.Graph) *nn.Value
	}{
		{"Reshape", func(g *nn.Graph) *nn.Value { return g.Reshape(x(), -1, 4) }},
		{"Reshape copies", func(g *nn.Graph) *nn.Value { return g.Reshape(x(), 0, 0, 2, -1) }},
		{"Reshape uint8", func(g *nn.Graph) *nn.Value { return g.Reshape(m.in(nn.Uint8, 3, 5, 8), 0, 40) }},
		{"Transpose 120", func(g *nn.Graph) *nn.Value { return g.Transpose(x(), 1, 2, 0) }},
		{"Transpose 201", func(g *nn.Graph) *nn.Value { return g.Transpose(x(), 2, 0, 1) }},
		{"Transpose reversed", func(g *nn.Graph) *nn.Value { return g.Transpose(x()) }},
		{"Transpose uint8", func(g *nn.Graph) *nn.Value { return g.Transpose(m.in(nn.Uint8, 2, 5, 7, 3), 0, 3, 1, 2) }},
		{"Concat 0", func(g *nn.Graph) *nn.Value { return g.Concat(0, x(), m.param(2, 5, 8)) }},
		{"Concat -1", func(g *nn.Graph) *nn.Value { a := x(); return g.Concat(-1, a, g.Neg(a), a) }},
		{"Slice", func(g *nn.Graph) *nn.Value { return g.Slice(x(), 1, 1, 4) }},
		{"Slice to the end", func(g *nn.Graph) *nn.Value { return g.Slice(x(), 0, 1, math.MaxInt) }},
		{"Slice negative", func(g *nn.Graph) *nn.Value { return g.Slice(x(), -1, -3, -1) }},
		{"Slice beyond", func(g *nn.Graph) *nn.Value { return g.Slice(x(), 2, 5, 100) }},
		{"Slice empty", func(g *nn.Graph) *nn.Value { return g.Slice(x(), 2, 5, 5) }},
		{"Slice of a name", func(g *nn.Graph) *nn.Value { return g.Slice(x(), 0, -2, math.MaxInt) }},
		{"SliceStep 3", func(g *nn.Graph) *nn.Value { return g.SliceStep(x(), 2, 1, math.MaxInt, 3) }},
		{"Gather 0", func(g *nn.Graph) *nn.Value {
			return g.Gather(x(), g.Const(nn.I64Tensor([]int64{2, 0, 2, -1}, 4)), 0)
		}},
		{"Gather matrix of 1", func(g *nn.Graph) *nn.Value {
			return g.Gather(x(), g.Const(nn.I64Tensor([]int64{4, 0, 1, 1, -5, 2}, 2, 3)), 1)
		}},
		{"Gather one", func(g *nn.Graph) *nn.Value { return g.Gather(x(), g.ScalarOf(nn.Int64, 3), 2) }},
		{"Unsqueeze", func(g *nn.Graph) *nn.Value { return g.Unsqueeze(x(), -1, 0, 2) }},
		{"Squeeze", func(g *nn.Graph) *nn.Value { return g.Squeeze(m.in(nn.Float32, 1, 5, 1, 7), 0, -2) }},
	}
	for _, c := range cases {
		m.add(c.name, c.f)
	}
}

func (m *maker) spatial() {
	convs := []struct {
		x, w []int
		c    nn.ConvOptions
	}{
		{[]int{1, 1, 5, 7}, []int{1, 1, 3, 3}, nn.ConvOptions{}},
		{[]int{2, 3, 9, 11}, []int{5, 3, 3, 3}, nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}}},
		{[]int{2, 3, 9, 11}, []int{5, 3, 1, 1}, nn.ConvOptions{Stride: 2}},
		{[]int{3, 3, 17, 16}, []int{4, 3, 7, 7}, nn.ConvOptions{Stride: 2, Pads: [4]int{3, 3, 3, 3}}},
		{[]int{1, 4, 9, 10}, []int{6, 2, 3, 2}, nn.ConvOptions{Groups: 2, Pads: [4]int{0, 1, 2, 0}}},
		{[]int{1, 4, 11, 10}, []int{4, 1, 3, 3}, nn.ConvOptions{Groups: 4, Dilation: 2}},
	}
	for _, c := range convs {
		for _, bias := range []bool{false, true} {
			m.add(fmt.Sprintf("Conv %v by %v %+v bias %v", c.x, c.w, c.c, bias), func(g *nn.Graph) *nn.Value {
				var b *nn.Value
				if bias {
					b = m.param(c.w[0])
				}
				return g.Conv(m.in(nn.Float32, c.x...), m.param(c.w...), b, c.c)
			})
		}
	}
	for _, p := range [][3]int{{2, 2, 0}, {3, 2, 1}, {3, 1, 1}, {5, 3, 2}, {1, 1, 0}} {
		m.add(fmt.Sprintf("MaxPool %v", p), func(g *nn.Graph) *nn.Value {
			return g.MaxPool(m.in(nn.Float32, 2, 3, 9, 11), p[0], p[1], p[2])
		})
		m.add(fmt.Sprintf("AvgPool %v", p), func(g *nn.Graph) *nn.Value {
			return g.AvgPool(m.in(nn.Float32, 2, 3, 9, 11), p[0], p[1], p[2])
		})
	}
	m.add("GlobalAvgPool", func(g *nn.Graph) *nn.Value { return g.GlobalAvgPool(m.in(nn.Float32, 2, 3, 9, 11)) })
	for _, mode := range []string{"constant", "reflect", "edge"} {
		m.add("Pad "+mode, func(g *nn.Graph) *nn.Value { return g.Pad(m.in(nn.Float32, 2, 3, 5, 7), [4]int{4, 0, 3, 6}, mode) })
	}
}

func (m *maker) choosing() {
	for _, t := range []nn.DType{nn.Float32, nn.Float64, nn.Int64} {
		m.add(fmt.Sprintf("Greater %v", t), func(g *nn.Graph) *nn.Value { return g.Greater(m.in(t, 3, 5), m.in(t, 5)) })
		m.add(fmt.Sprintf("Equal %v", t), func(g *nn.Graph) *nn.Value {
			x := m.in(t, 3, 5)
			return g.Equal(x, g.ReduceMax(x, true, 1))
		})
		m.add(fmt.Sprintf("Where %v", t), func(g *nn.Graph) *nn.Value {
			return g.Where(m.in(nn.Bool, 3, 1), m.in(t, 3, 5), m.in(t, 5))
		})
		m.add(fmt.Sprintf("Expand %v", t), func(g *nn.Graph) *nn.Value { return g.Expand(m.in(t, 3, 1), m.in(t, 2, 3, 5)) })
	}
	for _, t := range []nn.DType{nn.Float32, nn.Float64} {
		m.add(fmt.Sprintf("Sign %v", t), func(g *nn.Graph) *nn.Value {
			return g.Sign(g.Concat(0, m.in(t, 5), g.Const(nn.NewTensor(t, 2))))
		})
		for axis, shape := range [][]int{{6, 5, 2}, {3, 9, 2}, {3, 5, 1}} {
			m.add(fmt.Sprintf("ScatterAdd %v %d", t, axis), func(g *nn.Graph) *nn.Value {
				places := nn.NewTensor(nn.Int64, shape...)
				for i := range places.I64 {
					places.I64[i] = int64(m.random.IntN(4) - 2)
				}
				return g.ScatterAdd(m.in(t, 3, 5, 2), g.Const(places), g.Reshape(m.in(t, shape...), shape...), axis)
			})
		}
		m.add(fmt.Sprintf("Dropout %v", t), func(g *nn.Graph) *nn.Value {
			return g.Dropout(m.in(t, 3, 5), g.Cast(m.in(nn.Bool, 3, 5), nn.Uint8), 0.25)
		})
	}
	for axis := range 3 {
		for _, t := range []nn.DType{nn.Float32, nn.Float64} {
			m.add(fmt.Sprintf("ArgMax %v %d", t, axis), func(g *nn.Graph) *nn.Value { return g.ArgMax(m.in(t, 3, 5, 7), axis) })
		}
	}
	m.add("ArgMax of equals", func(g *nn.Graph) *nn.Value { return g.ArgMax(g.Sign(m.in(nn.Float32, 9, 31)), 1) })
	for _, k := range []int64{1, 8, 37} {
		for _, largest := range []bool{false, true} {
			count := func(g *nn.Graph) *nn.Value { return g.Const(nn.I64Tensor([]int64{k}, 1)) }
			m.add(fmt.Sprintf("Top %d %v", k, largest), func(g *nn.Graph) *nn.Value { return g.Top(m.in(nn.Float32, 37), count(g), largest) })
			m.add(fmt.Sprintf("Top %d %v of equals", k, largest), func(g *nn.Graph) *nn.Value {
				return g.Top(g.Sign(m.in(nn.Float32, 37)), count(g), largest)
			})
		}
	}
	m.add("Range", func(g *nn.Graph) *nn.Value { return g.Range(m.in(nn.Float32, 6, 5), 0) })
	m.add("Range of a number", func(g *nn.Graph) *nn.Value { return g.Range(m.in(nn.Float32, 6, 5), 1) })
	m.add("ReshapeTo", func(g *nn.Graph) *nn.Value {
		x := m.in(nn.Float32, 6, 5, 2)
		like := m.in(nn.Float32, 4, 3, 5)
		return g.ReshapeTo(x, g.Shape(like), like.Shape()...)
	})
	for axis := range 2 {
		m.add(fmt.Sprintf("SliceTo %d", axis), func(g *nn.Graph) *nn.Value {
			x, start, end := m.in(nn.Float32, 6, 7), m.in(nn.Float32, 2), m.in(nn.Float32, 5)
			return g.SliceTo(x, axis, g.Shape(start), g.Shape(end), nn.Symbol("some"))
		})
	}
	m.add("Shape", func(g *nn.Graph) *nn.Value { return g.Shape(m.in(nn.Float32, 3, 1, 5)) })
}
