package nn_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
)

// pooling is a small network of an input [N, 3] with two outputs.
func pooling() (g *nn.Graph, x *nn.Value, params []*nn.Tensor) {
	g = nn.NewGraph("pooling")
	x = g.Input("x", nn.Float64, nn.Symbol("N"), nn.Fixed(3))
	w := nn.F64Tensor([]float64{1, -2, 0.5, 0.25, 1, -1}, 2, 3)
	b := nn.F64Tensor([]float64{0.1, -0.2}, 2)
	h := g.Tanh(g.Linear(x, g.Param("w", w), g.Param("b", b)))
	g.Output("pooled", g.ReduceMean(h, false, 0))
	g.Output("rows", g.Mul(h, h))
	return g, x, []*nn.Tensor{w, b}
}

func open(t *testing.T, o nn.Opener, g *nn.Graph, wrt ...*nn.Value) *nn.Differentiable {
	t.Helper()
	d, err := nn.Differentiate(g, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func rows(n int) *nn.Tensor {
	x := nn.NewTensor(nn.Float64, n, 3)
	for i := range x.F64 {
		x.F64[i] = float64(i%5) / 3
	}
	return x
}

func forward(t *testing.T, f *nn.Differentiable, inputs, params []*nn.Tensor) ([]*nn.Tensor, *nn.Tape) {
	t.Helper()
	outputs, tape, err := f.Forward(t.Context(), inputs, params)
	if err != nil {
		t.Fatal(err)
	}
	return outputs, tape
}

func backward(t *testing.T, f *nn.Differentiable, tape *nn.Tape, grads, into []*nn.Tensor) []*nn.Tensor {
	t.Helper()
	if err := f.Backward(t.Context(), tape, grads, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func TestParametric(t *testing.T) {
	g, _, params := pooling()
	g.SetMetadata("a", "b")
	p := nn.Parametric(g)
	var names []string
	for _, v := range p.Inputs() {
		names = append(names, v.Name())
	}
	if !slices.Equal(names, []string{"x", "w", "b"}) || len(p.Params()) != 0 || p.Name() != g.Name() {
		t.Fatalf("inputs %v, params %v", names, p.Params())
	}
	want, got := make([]*nn.Tensor, 2), make([]*nn.Tensor, 2)
	x := rows(4)
	if err := nntest.Open(t, nntest.Interpreter{}, g).Run(t.Context(), []*nn.Tensor{x}, want); err != nil {
		t.Fatal(err)
	}
	if err := nntest.Open(t, nntest.Interpreter{}, p).Run(t.Context(), append([]*nn.Tensor{x}, params...), got); err != nil {
		t.Fatal(err)
	}
	compare(t, "output", got, want, 0)
}

// Memory that was handed back is used again by runs of the same or a smaller
// size, and what is in it is right.
func TestTapesAreReused(t *testing.T) {
	for name, o := range map[string]func(*testing.T) nn.Opener{
		"interpreter": func(*testing.T) nn.Opener { return nntest.Interpreter{} },
		"runtime":     func(t *testing.T) nn.Opener { return cpu(t) },
	} {
		t.Run(name, func(t *testing.T) {
			opener := o(t)
			g, x, params := pooling()
			f := open(t, opener, g, append(g.Params(), x)...)
			var memory, input *float64
			into := make([]*nn.Tensor, 3)
			for _, n := range []int{7, 7, 3, 5, 1, 7} {
				outputs, tape := forward(t, f, []*nn.Tensor{rows(n)}, params)
				seeds := []*nn.Tensor{nil, nn.NewTensor(nn.Float64, n, 2)}
				for i := range seeds[1].F64 {
					seeds[1].F64[i] = float64(i + 1)
				}
				backward(t, f, tape, seeds, into)
				if memory == nil {
					memory, input = &outputs[1].F64[0], &into[2].F64[0]
				}
				if memory != &outputs[1].F64[0] || input != &into[2].F64[0] {
					t.Errorf("%d rows: new memory", n)
				}
				fresh := open(t, opener, g, append(g.Params(), x)...)
				want, again := forward(t, fresh, []*nn.Tensor{rows(n)}, params)
				compare(t, "output", outputs, want, 0)
				compare(t, "gradient", into, backward(t, fresh, again, seeds, make([]*nn.Tensor, 3)), 0)
				tape.Release()
			}
		})
	}
}

func TestTapesAreIndependent(t *testing.T) {
	g, _, params := pooling()
	f := open(t, nntest.Interpreter{}, g)
	small, first := forward(t, f, []*nn.Tensor{rows(2)}, params)
	large, second := forward(t, f, []*nn.Tensor{rows(5)}, params)
	seeds := func(y []*nn.Tensor) []*nn.Tensor { return []*nn.Tensor{y[0], nil} }
	of := func(n int) []*nn.Tensor {
		y, tape := forward(t, f, []*nn.Tensor{rows(n)}, params)
		return backward(t, f, tape, seeds(y), make([]*nn.Tensor, 2))
	}
	for range 2 { // a tape may be used again
		compare(t, "first", backward(t, f, first, seeds(small), make([]*nn.Tensor, 2)), of(2), 0)
		compare(t, "second", backward(t, f, second, seeds(large), make([]*nn.Tensor, 2)), of(5), 0)
	}
}

// Several goroutines, each with its own tapes.
func TestDifferentiableAtOnce(t *testing.T) {
	g, _, params := pooling()
	f := open(t, nntest.Interpreter{}, g)
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			into := make([]*nn.Tensor, 2)
			for i := range 20 {
				n := 1 + (k+i)%4
				outputs, tape, err := f.Forward(t.Context(), []*nn.Tensor{rows(n)}, params)
				if err != nil {
					t.Error(err)
					return
				}
				if err := f.Backward(t.Context(), tape, []*nn.Tensor{nil, outputs[1]}, into); err != nil {
					t.Error(err)
					return
				}
				if outputs[1].Shape[0] != n {
					t.Errorf("%v rows, want %d", outputs[1].Shape, n)
				}
				tape.Release()
			}
		})
	}
	wg.Wait()
}

func TestDifferentiableMistakes(t *testing.T) {
	g, _, params := pooling()
	f := open(t, nntest.Interpreter{}, g)
	if _, _, err := f.Forward(t.Context(), []*nn.Tensor{rows(2)}, params[:1]); err == nil {
		t.Error("a param too few: no error")
	}
	if _, _, err := f.Forward(t.Context(), []*nn.Tensor{nil}, params); err == nil {
		t.Error("an input that is nil: no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.Forward(ctx, []*nn.Tensor{rows(2)}, params); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	_, tape := forward(t, f, []*nn.Tensor{rows(2)}, params)
	wrong := []*nn.Tensor{nil, nn.NewTensor(nn.Float64, 3, 2)}
	for name, err := range map[string]error{
		"shape of a gradient":  f.Backward(t.Context(), tape, wrong, make([]*nn.Tensor, 2)),
		"number of gradients":  f.Backward(t.Context(), tape, wrong[:1], make([]*nn.Tensor, 2)),
		"room":                 f.Backward(t.Context(), tape, make([]*nn.Tensor, 2), make([]*nn.Tensor, 1)),
		"no tape":              f.Backward(t.Context(), nil, make([]*nn.Tensor, 2), make([]*nn.Tensor, 2)),
		"shape of a weight":    f.Backward(t.Context(), tape, make([]*nn.Tensor, 2), []*nn.Tensor{nn.NewTensor(nn.Float64, 3, 2), nil}),
		"another network's":    open(t, nntest.Interpreter{}, g).Backward(t.Context(), tape, make([]*nn.Tensor, 2), make([]*nn.Tensor, 2)),
		"gradient of integers": f.Backward(t.Context(), tape, []*nn.Tensor{nn.NewTensor(nn.Int64, 2), nil}, make([]*nn.Tensor, 2)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// brittle opens the first network and no other, and counts what is open.
type brittle struct{ opened, open int }

var errBrittle = errors.New("no more")

func (b *brittle) Open(data []byte) (nn.Session, error) {
	if b.opened++; b.opened > 1 {
		return nil, errBrittle
	}
	b.open++
	return b, nil
}

func (b *brittle) Run(context.Context, []*nn.Tensor, []*nn.Tensor) error { return nil }

func (b *brittle) Close() error { b.open--; return nil }

func TestOpenClosesWhatItOpened(t *testing.T) {
	g, _, _ := pooling()
	d, err := nn.Differentiate(g)
	if err != nil {
		t.Fatal(err)
	}
	b := &brittle{}
	if _, err := d.Open(b); !errors.Is(err, errBrittle) || b.open != 0 {
		t.Errorf("error %v, %d sessions open", err, b.open)
	}
}

// What the backward graph needs and no more: the results of Tanh, and nothing of
// the first layer's sums.
func TestSaved(t *testing.T) {
	g := nn.NewGraph("layers")
	x := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(3))
	h := g.Tanh(g.Linear(x, g.Param("w1", nn.NewTensor(nn.Float32, 4, 3)), g.Param("b1", nn.NewTensor(nn.Float32, 4))))
	y := g.Sigmoid(g.Linear(h, g.Param("w2", nn.NewTensor(nn.Float32, 2, 4)), nil))
	g.Output("y", y)
	d, err := nn.Differentiate(g)
	if err != nil {
		t.Fatal(err)
	}
	names := func(vs []*nn.Value) (list []string) {
		for _, v := range vs {
			list = append(list, v.Name())
		}
		return list
	}
	if got := names(d.Forward.Outputs()); !slices.Equal(got, append([]string{"y"}, d.Saved()...)) || len(d.Saved()) != 1 {
		t.Errorf("outputs %v, saved %v", got, d.Saved())
	}
	if got := names(d.Forward.Inputs()); !slices.Equal(got, []string{"x", "w1", "b1", "w2"}) {
		t.Errorf("inputs %v", got)
	}
	if got := names(d.Backward.Inputs()); !slices.Equal(got, []string{"grad/y", "y", "w2", d.Saved()[0], "x"}) {
		t.Errorf("inputs backwards %v", got)
	}
	if got := names(d.Backward.Outputs()); !slices.Equal(got, []string{"grad/w1", "grad/b1", "grad/w2"}) {
		t.Errorf("outputs backwards %v", got)
	}
	for _, n := range append(d.Forward.Nodes(), d.Backward.Nodes()...) {
		if n.Op == "Transpose" {
			t.Error("a matrix is transposed by a node of its own")
		}
	}
}

// What is to be recomputed is not kept, and what it depends on is.
func TestRecompute(t *testing.T) {
	for again, want := range map[bool]int{false: 2, true: 1} {
		g := nn.NewGraph("layers")
		x := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(3))
		h := g.Tanh(g.Linear(x, g.Param("w1", nn.NewTensor(nn.Float32, 4, 3)), nil))
		wide := g.Concat(1, h, h, h)
		if again {
			g.Recompute(wide)
		}
		g.Output("y", g.Linear(wide, g.Param("w2", nn.NewTensor(nn.Float32, 2, 12)), nil))
		d, err := nn.Differentiate(g)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(d.Saved()); got != want {
			t.Errorf("recomputed %v: %d values are kept, want %d", again, got, want)
		}
	}
}

// Sums of many rows at one place come out the same in every run.
func TestScatterAddRepeats(t *testing.T) {
	const n, width = 20_000, 16
	g := nn.NewGraph("gather")
	x := g.Input("x", nn.Float32, nn.Fixed(8), nn.Fixed(width))
	places := g.Input("places", nn.Int64, nn.Fixed(n))
	g.Output("y", g.Gather(x, places, 0))
	f := open(t, cpu(t), g, x)
	at, seed := nn.NewTensor(nn.Int64, n), nn.NewTensor(nn.Float32, n, width)
	for i := range n {
		at.I64[i] = int64(i * i % 8)
	}
	for i := range seed.F32 {
		seed.F32[i] = 1 / float32(i%997+1)
	}
	_, tape := forward(t, f, []*nn.Tensor{nn.NewTensor(nn.Float32, 8, width), at}, nil)
	want := backward(t, f, tape, []*nn.Tensor{seed}, make([]*nn.Tensor, 1))
	for range 5 {
		compare(t, "gradient", backward(t, f, tape, []*nn.Tensor{seed}, make([]*nn.Tensor, 1)), want, 0)
	}
	sum := 0.0
	for i := range n {
		if at.I64[i] == 1 {
			sum += float64(seed.F32[i*width])
		}
	}
	if got := float64(want[0].F32[width]); got < sum*(1-1e-4) || got > sum*(1+1e-4) {
		t.Errorf("sum %g, want %g", got, sum)
	}
}
