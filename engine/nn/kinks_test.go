package nn_test

import (
	"slices"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// What no finite difference tells: gradients at ties, kinks and zeros.
func TestGradientsAtKinks(t *testing.T) {
	cases := []struct {
		name  string
		x     []float32
		shape []int
		f     func(g *nn.Graph, x *nn.Value) *nn.Value
		want  []float32
	}{
		{"ReduceMax shares", []float32{2, 1, 2, 2}, []int{4}, func(g *nn.Graph, x *nn.Value) *nn.Value { return g.ReduceMax(x, false) }, []float32{1. / 3, 0, 1. / 3, 1. / 3}},
		{"MaxPool takes the first", []float32{1, 2, 2, 2}, []int{1, 1, 2, 2}, func(g *nn.Graph, x *nn.Value) *nn.Value { return g.MaxPool(x, 2, 2, 0) }, []float32{0, 1, 0, 0}},
		{"Relu", []float32{-1, 0, 1}, []int{3}, (*nn.Graph).Relu, []float32{0, 0, 1}},
		{"Abs", []float32{-1, 0, 1}, []int{3}, (*nn.Graph).Abs, []float32{-1, 0, 1}},
		{"Clip", []float32{-2, -1, 0, 1, 2}, []int{5}, func(g *nn.Graph, x *nn.Value) *nn.Value { return g.Clip(x, -1, 1) }, []float32{0, 1, 1, 1, 0}},
		{"Pow 2 at 0", []float32{0, 3}, []int{2}, func(g *nn.Graph, x *nn.Value) *nn.Value { return g.Pow(x, g.Scalar(2)) }, []float32{0, 6}},
		{"Pow 0 at 0", []float32{0, 3}, []int{2}, func(g *nn.Graph, x *nn.Value) *nn.Value { return g.Pow(x, g.Scalar(0)) }, []float32{0, 0}},
		{"Pow of itself at 0", []float32{0, 1}, []int{2}, func(g *nn.Graph, x *nn.Value) *nn.Value { return g.Pow(x, x) }, []float32{0, 1}},
		{"label beyond the classes", []float32{1, 2}, []int{1, 2}, func(g *nn.Graph, x *nn.Value) *nn.Value {
			return g.CrossEntropy(x, g.Const(nn.I64Tensor([]int64{2}, 1)))
		}, []float32{0, 0}},
	}
	for device, o := range map[string]func(*testing.T) nn.Opener{
		"interpreter": func(*testing.T) nn.Opener { return nntest.Interpreter{} },
		"runtime":     func(t *testing.T) nn.Opener { return cpu(t) },
	} {
		t.Run(device, func(t *testing.T) {
			opener := o(t)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					g := nn.NewGraph("kink")
					dims := make([]nn.Dim, len(c.shape))
					for i, d := range c.shape {
						dims[i] = nn.Fixed(d)
					}
					x := g.Input("x", nn.Float32, dims...)
					g.Output("y", c.f(g, x))
					f := open(t, opener, g, x)
					y, tape := forward(t, f, []*nn.Tensor{nn.F32Tensor(c.x, c.shape...)}, nil)
					seed := nn.NewTensor(nn.Float32, y[0].Shape...)
					for i := range seed.F32 {
						seed.F32[i] = 1
					}
					got := backward(t, f, tape, []*nn.Tensor{seed}, make([]*nn.Tensor, 1))
					if !slices.Equal(got[0].F32, c.want) {
						t.Errorf("gradient %v, want %v", got[0].F32, c.want)
					}
				})
			}
		})
	}
}
