package nn

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestShapes(t *testing.T) {
	g := NewGraph("shapes")
	n, h := Symbol("N"), Symbol("H")
	x := g.Input("x", Float32, n, Fixed(3), Fixed(4))
	y := g.Input("y", Float32, n, Fixed(1), Fixed(4))
	m := g.Input("m", Float32, n, Fixed(3), Fixed(8), Fixed(9))
	wide := g.Input("wide", Float32, Fixed(2), Fixed(3), h, Fixed(9))
	w := g.Param("w", NewTensor(Float32, 5, 3, 3, 3))
	idx := g.Input("idx", Int64, Symbol("K"))
	cases := []struct {
		name string
		v    *Value
		want string
	}{
		{"broadcast", g.Add(x, y), "[N, 3, 4]"},
		{"broadcast scalar", g.Mul(g.Scalar(2), x), "[N, 3, 4]"},
		{"broadcast name with number", g.Add(g.Input("q", Float32, n), g.Input("r", Float32, Fixed(7))), "[7]"},
		{"matmul", g.MatMul(x, g.Transpose(y, 0, 2, 1)), "[N, 3, 1]"},
		{"linear 3", g.Linear(x, g.Param("w2", NewTensor(Float32, 6, 4)), nil), "[N, 3, 6]"},
		{"reshape merges", g.Reshape(x, -1, 4), "[3*N, 4]"},
		{"reshape keeps", g.Reshape(x, 0, -1), "[N, 12]"},
		{"reshape back", g.Reshape(g.Reshape(x, -1, 4), -1, 3, 4), "[N, 3, 4]"},
		{"reshape to scalar", g.Reshape(g.Const(NewTensor(Float32, 1))), "[]"},
		{"transpose", g.Transpose(x, 2, 0, 1), "[4, N, 3]"},
		{"transpose reversed", g.Transpose(x), "[4, 3, N]"},
		{"concat numbers", g.Concat(1, x, y), "[N, 4, 4]"},
		{"concat names", g.Concat(0, x, x), "[(N+N), 3, 4]"},
		{"slice", g.Slice(x, 2, 1, math.MaxInt), "[N, 3, 3]"},
		{"slice negative", g.Slice(x, 2, -3, -1), "[N, 3, 2]"},
		{"slice empty", g.Slice(x, 2, 3, 1), "[N, 3, 0]"},
		{"slice all of a name", g.Slice(x, 0, 0, math.MaxInt), "[N, 3, 4]"},
		{"slice step", g.SliceStep(m, 3, 0, math.MaxInt, 2), "[N, 3, 8, 5]"},
		{"gather", g.Gather(x, idx, 0), "[K, 3, 4]"},
		{"unsqueeze", g.Unsqueeze(x, 0, -1), "[1, N, 3, 4, 1]"},
		{"squeeze", g.Squeeze(y, 1), "[N, 4]"},
		{"sum", g.ReduceSum(x, false, -1), "[N, 3]"},
		{"mean keeps", g.ReduceMean(x, true, 0, 2), "[1, 3, 1]"},
		{"max of all", g.ReduceMax(x, false), "[]"},
		{"conv", g.Conv(m, w, nil, ConvOptions{}), "[N, 5, 6, 7]"},
		{"conv stride pads", g.Conv(m, w, nil, ConvOptions{Stride: 2, Pads: [4]int{1, 0, 1, 0}}), "[N, 5, 4, 4]"},
		{"conv dilation", g.Conv(m, w, nil, ConvOptions{Dilation: 3, Pads: [4]int{0, 0, 0, 0}}), "[N, 5, 2, 3]"},
		{"conv of a name", g.Conv(wide, w, nil, ConvOptions{Stride: 2, Pads: [4]int{1, 1, 1, 1}}), "[2, 5, (H-1)/2+1, 5]"},
		{"conv same of a name", g.Conv(wide, w, nil, ConvOptions{Pads: [4]int{1, 1, 1, 1}}), "[2, 5, H, 9]"},
		{"maxpool", g.MaxPool(m, 3, 2, 1), "[N, 3, 4, 5]"},
		{"avgpool", g.AvgPool(m, 2, 2, 0), "[N, 3, 4, 4]"},
		{"global", g.GlobalAvgPool(wide), "[2, 3, 1, 1]"},
		{"pad", g.Pad(wide, [4]int{1, 2, 3, 4}, "edge"), "[2, 3, (H+4), 15]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := shapeText(c.v.Shape()); got != c.want {
				t.Errorf("shape %s, want %s", got, c.want)
			}
		})
	}
}

func TestMistakesPanic(t *testing.T) {
	other := NewGraph("other").Input("z", Float32, Fixed(2))
	cases := map[string]func(g *Graph, x, i *Value){
		"types differ":        func(g *Graph, x, i *Value) { g.Add(x, i) },
		"shapes differ":       func(g *Graph, x, _ *Value) { g.Add(x, g.Const(NewTensor(Float32, 3))) },
		"names differ":        func(g *Graph, x, _ *Value) { g.Add(x, g.Input("o", Float32, Symbol("M"), Fixed(4))) },
		"integers":            func(g *Graph, _, i *Value) { g.Tanh(i) },
		"matmul":              func(g *Graph, x, _ *Value) { g.MatMul(x, x) },
		"axis":                func(g *Graph, x, _ *Value) { g.Softmax(x, 2) },
		"axes repeat":         func(g *Graph, x, _ *Value) { g.ReduceSum(x, true, 0, -2) },
		"reshape":             func(g *Graph, x, _ *Value) { g.Reshape(x, 0, 3) },
		"reshape two unknown": func(g *Graph, x, _ *Value) { g.Reshape(x, -1, -1) },
		"transpose":           func(g *Graph, x, _ *Value) { g.Transpose(x, 0) },
		"another graph":       func(g *Graph, x, _ *Value) { g.Add(x, other) },
		"conv rank":           func(g *Graph, x, _ *Value) { g.Conv(x, x, nil, ConvOptions{}) },
		"window too big":      func(g *Graph, _, _ *Value) { g.MaxPool(g.Const(NewTensor(Float32, 1, 1, 2, 2)), 3, 1, 0) },
		"squeeze":             func(g *Graph, x, _ *Value) { g.Squeeze(x, 1) },
		"nil":                 func(g *Graph, x, _ *Value) { g.Mul(x, nil) },
		"slice backwards":     func(g *Graph, x, _ *Value) { g.SliceStep(x, 1, -1, 0, -1) },
		"gather by floats":    func(g *Graph, x, _ *Value) { g.Gather(x, x, 0) },
	}
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			defer func() {
				var e ShapeError
				if err, ok := recover().(error); !ok || !errors.As(err, &e) {
					t.Errorf("panicked with %v, want a ShapeError", err)
				}
			}()
			g := NewGraph("g")
			build(g, g.Input("x", Float32, Symbol("N"), Fixed(4)), g.Input("i", Int64, Symbol("N"), Fixed(4)))
		})
	}
}

func small() *Graph {
	g := NewGraph("small")
	x := g.Input("x", Float32, Symbol("N"), Fixed(2))
	w := g.Param("w", F32Tensor([]float32{1, 2, 3, 4, 5, 6}, 3, 2))
	g.Output("y", g.Softmax(g.Linear(x, w, nil), 1))
	g.SetMetadata("b", "2")
	g.SetMetadata("a", "1")
	return g
}

func TestONNXIsDeterministic(t *testing.T) {
	a, err := small().ONNX()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		b, err := small().ONNX()
		if err != nil || !bytes.Equal(a, b) {
			t.Fatalf("equal graphs give different bytes (%v)", err)
		}
	}
}

func TestONNXErrors(t *testing.T) {
	g := NewGraph("g")
	if _, err := g.ONNX(); err == nil || !strings.Contains(err.Error(), "no outputs") {
		t.Errorf("without outputs: %v", err)
	}
	x := g.Input("x", Float32, Fixed(1))
	g.Output("x", g.Neg(x))
	if _, err := g.ONNX(); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("two values of one name: %v", err)
	}
}
