package nn

import (
	"errors"
	"slices"
	"testing"

	"zoomscope/engine/nn/internal/onnx"
)

// workOf counts the multiply-adds of a graph with one output.
func workOf(t *testing.T, g *Graph, inputs ...*Tensor) int64 {
	t.Helper()
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	n, err := MultiplyAdds(data, inputs)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shaped is an input of which only the shape is looked at.
func shaped(shape ...int) *Tensor { return &Tensor{Type: Float32, Shape: shape} }

func TestMultiplyAdds(t *testing.T) {
	weights := func(g *Graph, name string, shape ...int) *Value {
		return g.Param(name, NewTensor(Float32, shape...))
	}
	for _, c := range []struct {
		name   string
		build  func(g *Graph) *Value
		inputs []*Tensor
		want   int64
	}{
		{"linear layer", func(g *Graph) *Value {
			return g.Linear(g.Input("x", Float32, Symbol("N"), Fixed(7)), weights(g, "w", 5, 7), weights(g, "b", 5))
		}, []*Tensor{shaped(11, 7)}, 11 * 7 * 5},
		{"both transposed", func(g *Graph) *Value {
			return g.Gemm(g.Input("x", Float32, Fixed(7), Symbol("N")), weights(g, "w", 5, 7), nil, true, true)
		}, []*Tensor{shaped(7, 3)}, 3 * 7 * 5},
		{"product of stacks of matrices", func(g *Graph) *Value {
			x := g.Input("x", Float32, Fixed(8), Symbol("N"), Fixed(4))
			return g.MatMul(x, g.Transpose(x, 0, 2, 1))
		}, []*Tensor{shaped(8, 6, 4)}, 8 * 6 * 6 * 4},
		{"stack by one matrix", func(g *Graph) *Value {
			return g.MatMul(g.Input("x", Float32, Fixed(2), Fixed(3), Symbol("N"), Fixed(4)), weights(g, "w", 4, 5))
		}, []*Tensor{shaped(2, 3, 6, 4)}, 2 * 3 * 6 * 4 * 5},
		{"gated attention pools", func(g *Graph) *Value {
			x := g.Input("x", Float32, Symbol("N"), Fixed(6))
			a := g.Mul(g.Tanh(g.Linear(x, weights(g, "a", 3, 6), nil)), g.Sigmoid(g.Linear(x, weights(g, "b", 3, 6), nil)))
			s := g.Softmax(g.Linear(a, weights(g, "c", 1, 3), nil), 0)
			return g.MatMul(g.Transpose(s, 1, 0), x)
		}, []*Tensor{shaped(10, 6)}, 10*6*3*2 + 10*3 + 10*6},
		{"convolution", func(g *Graph) *Value {
			x := g.Input("x", Float32, Symbol("B"), Fixed(3), Fixed(9), Fixed(10))
			return g.Conv(x, weights(g, "w", 4, 3, 3, 3), weights(g, "b", 4), ConvOptions{Stride: 2, Pads: [4]int{1, 1, 1, 1}})
		}, []*Tensor{shaped(2, 3, 9, 10)}, 2 * 4 * 5 * 5 * 3 * 9},
		{"convolution in groups, dilated", func(g *Graph) *Value {
			x := g.Input("x", Float32, Symbol("B"), Fixed(6), Fixed(9), Fixed(9))
			return g.Conv(x, weights(g, "w", 4, 3, 3, 3), nil, ConvOptions{Groups: 2, Dilation: 2})
		}, []*Tensor{shaped(1, 6, 9, 9)}, 4 * 5 * 5 * 3 * 9},
		{"pools and sums are free", func(g *Graph) *Value {
			x := g.Input("x", Float32, Symbol("B"), Fixed(2), Fixed(9), Fixed(9))
			return g.ReduceSum(g.MaxPool(x, 3, 2, 1), false, 2)
		}, []*Tensor{shaped(1, 2, 9, 9)}, 0},
		{"sizes that a run computes", func(g *Graph) *Value {
			x := g.Input("x", Float32, Symbol("N"), Fixed(6))
			first := g.Const(I64Tensor([]int64{1}, 1))
			part := g.SliceTo(x, 0, first, g.Slice(g.Shape(x), 0, 0, 1), Symbol("M"))
			return g.MatMul(part, weights(g, "w", 6, 2))
		}, []*Tensor{shaped(9, 6)}, 8 * 6 * 2},
		{"as many as an input says", func(g *Graph) *Value {
			x, k := g.Input("x", Float32, Symbol("N")), g.Input("k", Int64, Fixed(1))
			rows := g.Gather(g.Unsqueeze(x, 1), g.Top(x, k, true), 0)
			return g.MatMul(rows, weights(g, "w", 1, 5))
		}, []*Tensor{shaped(9), I64Tensor([]int64{4}, 1)}, 4 * 5},
		{"slices, squares and reshapes", func(g *Graph) *Value {
			x := g.Input("x", Float32, Symbol("N"), Fixed(12))
			y := g.Reshape(g.SliceStep(x, 1, 1, 12, 2), -1, 3) // [2N, 3]
			return g.MatMul(g.Concat(0, y, y), weights(g, "w", 3, 5))
		}, []*Tensor{shaped(4, 12)}, 16 * 3 * 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewGraph("test")
			g.Output("y", c.build(g))
			if n := workOf(t, g, c.inputs...); n != c.want {
				t.Errorf("%d multiply-adds, want %d", n, c.want)
			}
		})
	}
}

// A block of the third stage of a ResNet-50.
func TestMultiplyAddsOfABlock(t *testing.T) {
	const side, in, middle, out = 14, 1024, 256, 1024
	g := NewGraph("block")
	x := g.Input("x", Float32, Symbol("B"), Fixed(in), Fixed(side), Fixed(side))
	conv := func(x *Value, name string, out, in, k int) *Value {
		p := k / 2
		return g.Conv(x, g.Param(name, NewTensor(Float32, out, in, k, k)), nil, ConvOptions{Pads: [4]int{p, p, p, p}})
	}
	y := g.Relu(conv(x, "1", middle, in, 1))
	y = g.Relu(conv(y, "2", middle, middle, 3))
	g.Output("y", g.Relu(g.Add(conv(y, "3", out, middle, 1), x)))
	want := int64(side * side * (in*middle + 9*middle*middle + middle*out))
	if n := workOf(t, g, shaped(1, in, side, side)); n != want {
		t.Errorf("%d multiply-adds, want %d", n, want)
	}
}

func TestMultiplyAddsRefuses(t *testing.T) {
	g := NewGraph("test")
	x := g.Input("x", Float32, Symbol("N"), Fixed(3))
	sizes := g.Input("sizes", Int64, Fixed(2))
	g.Output("y", g.ReshapeTo(x, sizes, Symbol("A"), Symbol("B")))
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := MultiplyAdds(data, []*Tensor{shaped(4, 3), {Type: Int64, Shape: []int{2}}}); !errors.Is(err, ErrUncounted) {
		t.Errorf("sizes that are not known: %v", err)
	}
	if _, err := MultiplyAdds(data, []*Tensor{shaped(4, 3)}); err == nil {
		t.Error("a missing input is not refused")
	}
	foreign := &onnx.Model{IRVersion: irVersion, Opsets: []onnx.Opset{{Version: opset}}, Graph: &onnx.Graph{
		Nodes:  []*onnx.Node{{Op: "Einsum", Inputs: []string{"x"}, Outputs: []string{"y"}}},
		Inputs: []*onnx.ValueInfo{{Name: "x", Tensor: true, Type: onnx.Float}}, Outputs: []*onnx.ValueInfo{{Name: "y"}},
	}}
	if _, err := MultiplyAdds(foreign.Append(nil), []*Tensor{shaped(2)}); !errors.Is(err, ErrUncounted) {
		t.Errorf("an operator that is not known: %v", err)
	}
}

// SurveyShapes are the shapes of the outputs of a network, for tests that run it.
func SurveyShapes(data []byte, inputs []*Tensor) ([][]int, error) {
	_, shapes, err := surveyOf(data, inputs)
	return shapes, err
}

func FuzzMultiplyAdds(f *testing.F) {
	g := NewGraph("seed")
	x := g.Input("x", Float32, Symbol("B"), Fixed(3), Fixed(9), Fixed(10))
	y := g.Pad(g.Conv(x, g.Param("w", NewTensor(Float32, 4, 3, 3, 3)), nil, ConvOptions{Stride: 2}), [4]int{1, 1, 1, 1}, "constant")
	y = g.MaxPool(y, 2, 2, 0)
	g.Output("y", g.MatMul(g.Reshape(g.GlobalAvgPool(y), -1, 4), g.Param("v", NewTensor(Float32, 4, 2))))
	data, err := g.ONNX()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := MultiplyAdds(data, []*Tensor{shaped(2, 3, 9, 10)})
		again, _ := MultiplyAdds(slices.Clone(data), []*Tensor{shaped(2, 3, 9, 10)})
		if err == nil && n != again {
			t.Errorf("%d, then %d", n, again)
		}
	})
}
