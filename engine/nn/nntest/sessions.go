package nntest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"zoomscope/engine/nn"
)

// Sessions checks that the sessions of an Opener do what nn.Session promises.
func Sessions(t *testing.T, o nn.Opener) {
	suite := []struct {
		name string
		test func(*testing.T, nn.Opener)
	}{
		{"known answer", knownAnswer},
		{"given outputs are filled", givenOutputs},
		{"sizes change between runs", changingSizes},
		{"every element type", elementTypes},
		{"scalars", scalars},
		{"no elements", noElements},
		{"results stay", resultsStay},
		{"mistakes", mistakes},
		{"bad files", badFiles},
		{"at once", atOnce},
		{"close", closing},
		{"close waits", closeWaits},
		{"ended context", endedContext},
		{"cancel", cancelling},
	}
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) { s.test(t, o) })
	}
}

// Open builds, emits and opens a graph; the session is closed with the test.
func Open(t testing.TB, o nn.Opener, g *nn.Graph) nn.Session {
	t.Helper()
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	s, err := o.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func run(t *testing.T, s nn.Session, inputs ...*nn.Tensor) *nn.Tensor {
	t.Helper()
	out := []*nn.Tensor{nil}
	if err := s.Run(t.Context(), inputs, out); err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// affine is x [N, 2] to x w + b [N, 3].
func affine() *nn.Graph {
	g := nn.NewGraph("affine")
	x := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(2))
	w := g.Param("w", nn.F32Tensor([]float32{1, 2, 3, 4, 5, 6}, 3, 2))
	b := g.Param("b", nn.F32Tensor([]float32{0.5, 0, -1}, 3))
	g.Output("y", g.Linear(x, w, b))
	return g
}

func wantF32(t *testing.T, got *nn.Tensor, shape []int, want ...float32) {
	t.Helper()
	if got.Type != nn.Float32 || !slices.Equal(got.Shape, shape) || !slices.Equal(got.F32, want) {
		t.Errorf("got %v%v %v, want float32%v %v", got.Type, got.Shape, got.F32, shape, want)
	}
}

func knownAnswer(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	wantF32(t, run(t, s, nn.F32Tensor([]float32{1, 1, 2, -1}, 2, 2)), []int{2, 3}, 3.5, 7, 10, 0.5, 2, 3)

	g := nn.NewGraph("convolution")
	x := g.Input("x", nn.Float32, nn.Fixed(1), nn.Fixed(1), nn.Fixed(3), nn.Fixed(3))
	w := g.Param("w", nn.F32Tensor([]float32{1, 2, 3, 4}, 1, 1, 2, 2))
	g.Output("y", g.Relu(g.Conv(x, w, g.Const(nn.F32Tensor([]float32{-60}, 1)), nn.ConvOptions{})))
	wantF32(t, run(t, Open(t, o, g), nn.F32Tensor([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3)),
		[]int{1, 1, 2, 2}, 0, 0, 7, 17)

	g = nn.NewGraph("softmax")
	g.Output("p", g.Softmax(g.Input("x", nn.Float32, nn.Fixed(3)), 0))
	p := run(t, Open(t, o, g), nn.F32Tensor([]float32{0, float32(math.Log(2)), float32(math.Log(5))}, 3))
	for i, want := range []float64{1. / 8, 2. / 8, 5. / 8} {
		if math.Abs(float64(p.F32[i])-want) > 1e-6 { // a few roundings of float32
			t.Errorf("softmax %v", p.F32)
		}
	}
}

func givenOutputs(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	buffer := make([]float32, 6)
	out := nn.F32Tensor(buffer, 2, 3)
	outputs := []*nn.Tensor{out}
	if err := s.Run(t.Context(), []*nn.Tensor{nn.F32Tensor([]float32{1, 1, 2, -1}, 2, 2)}, outputs); err != nil {
		t.Fatal(err)
	}
	if outputs[0] != out || !slices.Equal(buffer, []float32{3.5, 7, 10, 0.5, 2, 3}) {
		t.Errorf("the memory given has %v", buffer)
	}
}

func changingSizes(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	for _, n := range []int{1, 7, 3, 64, 1} {
		x := nn.NewTensor(nn.Float32, n, 2)
		for i := range x.F32 {
			x.F32[i] = float32(i)
		}
		y := run(t, s, x)
		last := float32(2*n - 1)
		if !slices.Equal(y.Shape, []int{n, 3}) || y.F32[len(y.F32)-1] != 5*(last-1)+6*last-1 {
			t.Errorf("N = %d: %v %v", n, y.Shape, y.F32)
		}
	}
}

func elementTypes(t *testing.T, o nn.Opener) {
	g := nn.NewGraph("types")
	inputs := []*nn.Tensor{
		nn.F32Tensor([]float32{1.5, -2}, 2, 1),
		nn.F64Tensor([]float64{math.Pi, 1e300}, 2, 1),
		nn.I64Tensor([]int64{1 << 52, -7}, 2, 1),
		nn.U8Tensor([]uint8{0, 255}, 2, 1),
		nn.BoolTensor([]uint8{1, 0}, 2, 1),
	}
	for _, x := range inputs {
		v := g.Input("in "+x.Type.String(), x.Type, nn.Symbol("N"), nn.Fixed(1))
		g.Output("out "+x.Type.String(), g.Concat(1, v, v))
	}
	s := Open(t, o, g)
	for _, given := range []bool{false, true} {
		outputs := make([]*nn.Tensor, len(inputs))
		for i, x := range inputs {
			if given {
				outputs[i] = nn.NewTensor(x.Type, 2, 2)
			}
		}
		if err := s.Run(t.Context(), inputs, outputs); err != nil {
			t.Fatal(err)
		}
		for i, x := range inputs {
			y := outputs[i]
			ok := slices.Equal(y.F32, twice(x.F32)) && slices.Equal(y.F64, twice(x.F64)) &&
				slices.Equal(y.I64, twice(x.I64)) && slices.Equal(y.U8, twice(x.U8))
			if y.Type != x.Type || !ok {
				t.Errorf("%v became %v", x, y)
			}
		}
	}
}

func twice[T any](x []T) (y []T) {
	for _, e := range x {
		y = append(y, e, e)
	}
	return y
}

func scalars(t *testing.T, o nn.Opener) {
	g := nn.NewGraph("scalars")
	x := g.Input("x", nn.Float32)
	g.Output("sum", g.ReduceSum(g.Mul(x, g.Const(nn.F32Tensor([]float32{1, 2, 3}, 3))), false))
	s := Open(t, o, g)
	wantF32(t, run(t, s, nn.F32Tensor([]float32{2})), nil, 12)
	out := []*nn.Tensor{nn.NewTensor(nn.Float32)}
	if err := s.Run(t.Context(), []*nn.Tensor{nn.F32Tensor([]float32{-1})}, out); err != nil {
		t.Fatal(err)
	}
	wantF32(t, out[0], nil, -6)
}

func noElements(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	wantF32(t, run(t, s, nn.F32Tensor(nil, 0, 2)), []int{0, 3})
}

func resultsStay(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	first := run(t, s, nn.F32Tensor([]float32{1, 1}, 1, 2))
	for range 3 {
		run(t, s, nn.F32Tensor([]float32{9, 9}, 1, 2))
	}
	wantF32(t, first, []int{1, 3}, 3.5, 7, 10)
}

func mistakes(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	x, y := nn.NewTensor(nn.Float32, 2, 2), []*nn.Tensor{nil}
	cases := []struct {
		name    string
		in, out []*nn.Tensor
	}{
		{"too few inputs", nil, y},
		{"too many inputs", []*nn.Tensor{x, x}, y},
		{"too few outputs", []*nn.Tensor{x}, nil},
		{"input nil", []*nn.Tensor{nil}, y},
		{"input type", []*nn.Tensor{nn.NewTensor(nn.Float64, 2, 2)}, y},
		{"input rank", []*nn.Tensor{nn.NewTensor(nn.Float32, 4)}, y},
		{"input size", []*nn.Tensor{nn.NewTensor(nn.Float32, 2, 3)}, y},
		{"input data", []*nn.Tensor{{Type: nn.Float32, Shape: []int{2, 2}, F32: make([]float32, 3)}}, y},
		{"output type", []*nn.Tensor{x}, []*nn.Tensor{nn.NewTensor(nn.Int64, 2, 3)}},
		{"output size", []*nn.Tensor{x}, []*nn.Tensor{nn.NewTensor(nn.Float32, 2, 4)}},
		{"output named size", []*nn.Tensor{x}, []*nn.Tensor{nn.NewTensor(nn.Float32, 5, 3)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := s.Run(t.Context(), c.in, slices.Clone(c.out)); err == nil {
				t.Error("no error")
			}
		})
	}
	g := nn.NewGraph("gather")
	g.Output("y", g.Gather(g.Const(nn.F32Tensor([]float32{1, 2}, 2)), g.Input("i", nn.Int64, nn.Symbol("N")), 0))
	gather := Open(t, o, g)
	if err := gather.Run(t.Context(), []*nn.Tensor{nn.I64Tensor([]int64{2}, 1)}, []*nn.Tensor{nil}); err == nil {
		t.Error("an index outside the axis: no error")
	}
	wantF32(t, run(t, gather, nn.I64Tensor([]int64{-1, 0}, 2)), []int{2}, 2, 1)
	wantF32(t, run(t, s, nn.F32Tensor([]float32{1, 1}, 1, 2)), []int{1, 3}, 3.5, 7, 10)
}

func badFiles(t *testing.T, o nn.Opener) {
	data, err := affine().ONNX()
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"empty": nil, "text": []byte("not a network"), "cut": data[:len(data)/2]} {
		if s, err := o.Open(bad); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		}
	}
}

func atOnce(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for i := range 30 {
				n := 1 + (k+i)%5
				x, out := nn.NewTensor(nn.Float32, n, 2), []*nn.Tensor{nil}
				for j := range x.F32 {
					x.F32[j] = float32(k)
				}
				if err := s.Run(t.Context(), []*nn.Tensor{x}, out); err != nil {
					t.Error(err)
					return
				}
				if y := out[0].F32; len(y) != 3*n || y[3*n-1] != float32(11*k-1) {
					t.Errorf("%d: got %v", k, y)
				}
			}
		})
	}
	wg.Wait()
}

func closing(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	err := s.Run(t.Context(), []*nn.Tensor{nn.NewTensor(nn.Float32, 1, 2)}, []*nn.Tensor{nil})
	if !errors.Is(err, nn.ErrClosed) {
		t.Errorf("run after close: %v", err)
	}
}

// chain multiplies x [N, 32, 32] by a rotation, many times.
func chain(steps int) *nn.Graph {
	g := nn.NewGraph("chain")
	const n = 32
	w := nn.NewTensor(nn.Float32, n, n)
	for i := range n {
		w.F32[i*n+(i+1)%n] = 1
	}
	v, p := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(n), nn.Fixed(n)), g.Param("w", w)
	for range steps {
		v = g.MatMul(v, p)
	}
	g.Output("y", v)
	return g
}

func closeWaits(t *testing.T, o nn.Opener) {
	s := Open(t, o, chain(64))
	x := nn.NewTensor(nn.Float32, 1, 32, 32)
	for i := range 32 {
		x.F32[i] = float32(i)
	}
	errs := make(chan error)
	for range 4 {
		go func() {
			out := []*nn.Tensor{nil}
			for {
				if err := s.Run(t.Context(), []*nn.Tensor{x}, out); err != nil {
					errs <- err
					return
				}
				if !slices.Equal(out[0].F32[:32], x.F32[:32]) { // 64 is twice around
					errs <- errors.New("wrong result")
					return
				}
			}
		}()
	}
	time.Sleep(20 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	for range 4 {
		if err := <-errs; !errors.Is(err, nn.ErrClosed) {
			t.Errorf("run while closing: %v", err)
		}
	}
}

func endedContext(t *testing.T, o nn.Opener) {
	s := Open(t, o, affine())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Run(ctx, []*nn.Tensor{nn.NewTensor(nn.Float32, 1, 2)}, []*nn.Tensor{nil})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// cancelling finds a batch that takes longer than the deadline, however fast
// the session is, and then wants an answer within a second of it.
func cancelling(t *testing.T, o nn.Opener) {
	const deadline = 150 * time.Millisecond
	s := Open(t, o, chain(2000))
	for n := 1; n <= 1<<14; n *= 2 {
		x := nn.NewTensor(nn.Float32, n, 32, 32)
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		start := time.Now()
		err := s.Run(ctx, []*nn.Tensor{x}, []*nn.Tensor{nil})
		took := time.Since(start)
		cancel()
		if err == nil {
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took > deadline+time.Second {
			t.Errorf("answered after %v", took)
		}
		if y := run(t, s, nn.NewTensor(nn.Float32, 1, 32, 32)); y.F32[0] != 0 {
			t.Error("the session is spoilt")
		}
		return
	}
	t.Error("no batch took long enough")
}
