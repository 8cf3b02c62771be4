package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/device"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/packaging/testenv"
)

// bench builds a network whose gradients are to be checked, with numbers for it.
type bench struct {
	*nn.Graph
	random         *rand.Rand
	t              nn.DType
	named          bool // sizes of inputs have names
	inputs, params []*nn.Tensor
	wrt            []*nn.Value
}

func (b *bench) tensor(t nn.DType, shape []int, draw func() float64) *nn.Tensor {
	x := nn.NewTensor(t, shape...)
	for i := range x.Len() {
		set(x, i, draw())
	}
	return x
}

func set(x *nn.Tensor, i int, v float64) {
	switch x.Type {
	case nn.Float32:
		x.F32[i] = float32(v)
	case nn.Float64:
		x.F64[i] = v
	case nn.Int64:
		x.I64[i] = int64(v)
	default:
		x.U8[i] = uint8(v)
	}
}

func get(x *nn.Tensor, i int) float64 {
	switch x.Type {
	case nn.Float32:
		return float64(x.F32[i])
	case nn.Float64:
		return x.F64[i]
	case nn.Int64:
		return float64(x.I64[i])
	}
	return float64(x.U8[i])
}

// x is an input of normal numbers; its sizes other than 1 have names where names
// are wanted.
func (b *bench) x(shape ...int) *nn.Value {
	v := b.declare(b.t, b.dims(shape, len(shape)), b.tensor(b.t, shape, b.random.NormFloat64))
	b.wrt = append(b.wrt, v)
	return v
}

// rows is x of which only the first n sizes may have names.
func (b *bench) rows(n int, shape ...int) *nn.Value {
	v := b.declare(b.t, b.dims(shape, n), b.tensor(b.t, shape, b.random.NormFloat64))
	b.wrt = append(b.wrt, v)
	return v
}

// positive is x of numbers from 0.5 to 2.
func (b *bench) positive(shape ...int) *nn.Value {
	draw := func() float64 { return 0.5 + 1.5*b.random.Float64() }
	v := b.declare(b.t, b.dims(shape, len(shape)), b.tensor(b.t, shape, draw))
	b.wrt = append(b.wrt, v)
	return v
}

// p is a weight.
func (b *bench) p(shape ...int) *nn.Value {
	x := b.tensor(b.t, shape, b.random.NormFloat64)
	b.params = append(b.params, x)
	v := b.Param(fmt.Sprintf("p%d", len(b.params)), x)
	b.wrt = append(b.wrt, v)
	return v
}

// below is an int64 input of numbers from lo to hi-1.
func (b *bench) below(lo, hi int, shape ...int) *nn.Value {
	return b.declare(nn.Int64, b.dims(shape, len(shape)), b.tensor(nn.Int64, shape, func() float64 { return float64(lo + b.random.IntN(hi-lo)) }))
}

func (b *bench) declare(t nn.DType, dims []nn.Dim, x *nn.Tensor) *nn.Value {
	b.inputs = append(b.inputs, x)
	return b.Input(fmt.Sprintf("x%d", len(b.inputs)), t, dims...)
}

// dims are sizes of which the first n have names, equal ones the same.
func (b *bench) dims(shape []int, n int) []nn.Dim {
	dims := make([]nn.Dim, len(shape))
	for i, d := range shape {
		dims[i] = nn.Fixed(d)
		if b.named && i < n && d != 1 {
			dims[i] = nn.Symbol(fmt.Sprintf("D%d", d))
		}
	}
	return dims
}

// out declares an output.
func (b *bench) out(vs ...*nn.Value) {
	for _, v := range vs {
		b.Output(fmt.Sprintf("y%d", len(b.Outputs())+1), v)
	}
}

type gradientCase struct {
	name  string
	build func(b *bench)
}

func (c gradientCase) bench(t nn.DType, named bool) *bench {
	b := &bench{Graph: nn.NewGraph("case"), random: rand.New(rand.NewPCG(7, uint64(len(c.name)))), t: t, named: named}
	c.build(b)
	return b
}

// gradients runs the network forwards and backwards, with seeds as the gradients
// of its outputs.
func (b *bench) gradients(t *testing.T, o nn.Opener, seeds []*nn.Tensor) (outputs, grads []*nn.Tensor, err error) {
	t.Helper()
	d, err := nn.Differentiate(b.Graph, b.wrt...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(o)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	outputs, tape, err := f.Forward(t.Context(), b.inputs, b.params)
	if err != nil {
		t.Fatal(err)
	}
	grads = make([]*nn.Tensor, len(b.wrt))
	if err := f.Backward(t.Context(), tape, seeds, grads); err != nil {
		t.Fatal(err)
	}
	return outputs, grads, nil
}

// seeds are random gradients for the outputs of floats.
func (b *bench) seeds(outputs []*nn.Tensor) []*nn.Tensor {
	random := rand.New(rand.NewPCG(11, 13))
	list := make([]*nn.Tensor, len(outputs))
	for i, y := range outputs {
		if y.Type == nn.Float32 || y.Type == nn.Float64 {
			list[i] = b.tensor(y.Type, slices.Clone(y.Shape), random.NormFloat64)
		}
	}
	return list
}

// differences are central finite differences of the outputs times seeds, by the
// elements of every value that the gradient is asked of: all, or some fifty spread
// over it. The others are NaN.
func (b *bench) differences(t *testing.T, seeds []*nn.Tensor) []*nn.Tensor {
	t.Helper()
	s := nntest.Open(t, nntest.Interpreter{}, nn.Parametric(b.Graph))
	all := append(slices.Clone(b.inputs), b.params...)
	loss := func() float64 {
		outputs := make([]*nn.Tensor, len(seeds))
		if err := s.Run(t.Context(), all, outputs); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k, y := range outputs {
			if seeds[k] == nil {
				continue
			}
			for i := range y.Len() {
				sum += get(y, i) * get(seeds[k], i)
			}
		}
		return sum
	}
	values := append(b.Inputs(), b.Params()...)
	var list []*nn.Tensor
	for _, v := range b.wrt {
		x := all[slices.Index(values, v)]
		grad := nn.NewTensor(nn.Float64, slices.Clone(x.Shape)...)
		for i := range x.Len() {
			const h = 1e-5
			if i%(1+x.Len()/50) != 0 {
				grad.F64[i] = math.NaN()
				continue
			}
			old := x.F64[i]
			x.F64[i] = old + h
			up := loss()
			x.F64[i] = old - h
			grad.F64[i] = (up - loss()) / (2 * h)
			x.F64[i] = old
		}
		list = append(list, grad)
	}
	return list
}

// compare wants equal shapes, and elements within tolerance of the largest of
// the array, or of 1; NaN in want is no number to compare with.
func compare(t *testing.T, what string, got, want []*nn.Tensor, tolerance float64) {
	t.Helper()
	for k, w := range want {
		g := got[k]
		if !slices.Equal(g.Shape, w.Shape) {
			t.Errorf("%s %d: shape %v, want %v", what, k, g.Shape, w.Shape)
			continue
		}
		largest := 1.0
		for i := range w.Len() {
			if a := math.Abs(get(w, i)); a > largest {
				largest = a
			}
		}
		for i := range w.Len() {
			if a, b := get(g, i), get(w, i); b == b && !(math.Abs(a-b) <= tolerance*largest) {
				t.Errorf("%s %d: element %d of %v is %g, want %g", what, k, i, g.Shape, a, b)
				break
			}
		}
	}
}

// checkGradients compares the gradients of a network, computed in float64, with
// finite differences, whose error is some 1e-10 of the third derivative and 1e-11
// of the sum.
func checkGradients(t *testing.T, b *bench) {
	t.Helper()
	outputs, _, err := b.gradients(t, nntest.Interpreter{}, make([]*nn.Tensor, len(b.Outputs())))
	if err != nil {
		t.Fatal(err)
	}
	seeds := b.seeds(outputs)
	_, grads, err := b.gradients(t, nntest.Interpreter{}, seeds)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "gradient", grads, b.differences(t, seeds), 1e-7)
}

func TestGradients(t *testing.T) {
	for _, c := range slices.Concat(operatorGradients, networkGradients) {
		for _, named := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s named %v", c.name, named), func(t *testing.T) {
				checkGradients(t, c.bench(nn.Float64, named))
			})
		}
	}
}

// The runtime has no float64 kernel of some operators: those are compared in
// float32, whose sums of a few hundred terms differ by some 1e-6 of the largest.
func TestGradientsOnRuntime(t *testing.T) {
	o := cpu(t)
	for _, c := range slices.Concat(operatorGradients, networkGradients) {
		for _, named := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s named %v", c.name, named), func(t *testing.T) {
				if onRuntime(t, o, c.bench(nn.Float64, named), 1e-9) {
					return
				}
				if !onRuntime(t, o, c.bench(nn.Float32, named), 2e-5) {
					t.Error("no kernel for float32 either")
				}
			})
		}
	}
}

func cpu(t testing.TB) nn.Opener {
	t.Helper()
	d, _, err := device.New([]string{testenv.ORT(t)}).Choose(t.Context(), device.CPU, device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// onRuntime compares with the interpreter; false when there is no kernel.
func onRuntime(t *testing.T, o nn.Opener, b *bench, tolerance float64) bool {
	t.Helper()
	outputs, _, err := b.gradients(t, nntest.Interpreter{}, make([]*nn.Tensor, len(b.Outputs())))
	if err != nil {
		t.Fatal(err)
	}
	seeds := b.seeds(outputs)
	_, want, err := b.gradients(t, nntest.Interpreter{}, seeds)
	if err != nil {
		t.Fatal(err)
	}
	got, grads, err := b.gradients(t, o, seeds)
	if err != nil && strings.Contains(err.Error(), "Could not find an implementation") && b.t == nn.Float64 {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "output", got, outputs, tolerance)
	compare(t, "gradient", grads, want, tolerance)
	return true
}

func TestDifferentiateErrors(t *testing.T) {
	cases := []struct {
		name, want string
		build      func(g *nn.Graph, x *nn.Value) []*nn.Value
	}{
		{"through integers", "Cast", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			g.Output("y", g.Cast(g.Cast(x, nn.Int64), nn.Float32))
			return nil
		}},
		{"mirrored borders", "Pad", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			g.Output("y", g.Pad(g.Reshape(x, 1, 1, 2, 2), [4]int{1, 1, 1, 1}, "reflect"))
			return nil
		}},
		{"no floats", "no output", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			g.Output("y", g.Cast(x, nn.Int64))
			return nil
		}},
		{"a result", "no input or param", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			y := g.Tanh(x)
			g.Output("y", y)
			return []*nn.Value{y}
		}},
		{"another graph's", "no input or param", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			g.Output("y", g.Tanh(x))
			return []*nn.Value{nn.NewGraph("other").Input("x", nn.Float32)}
		}},
		{"of integers", "no gradient", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			g.Output("y", g.Tanh(x))
			return []*nn.Value{g.Input("i", nn.Int64)}
		}},
		{"taken name", "grad/x", func(g *nn.Graph, x *nn.Value) []*nn.Value {
			w := g.Param("grad/x", nn.NewTensor(nn.Float32, 4))
			g.Output("y", g.Mul(x, w))
			return []*nn.Value{x}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := nn.NewGraph("network")
			x := g.Input("x", nn.Float32, nn.Fixed(4))
			wrt := c.build(g, x)
			if wrt == nil {
				wrt = []*nn.Value{x}
			}
			if _, err := nn.Differentiate(g, wrt...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
