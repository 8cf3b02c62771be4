package ort

import (
	"math/rand/v2"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"

	binding "github.com/yalue/onnxruntime_go"
)

// convolutions is a small residual network over a batch of tiles.
func convolutions() *nn.Graph {
	random := rand.New(rand.NewPCG(3, 4))
	g := nn.NewGraph("convolutions")
	weight := func(shape ...int) *nn.Value {
		w := nn.NewTensor(nn.Float32, shape...)
		for i := range w.F32 {
			w.F32[i] = float32(random.NormFloat64()) / 20
		}
		return g.Param("w"+string(rune('a'+len(g.Params()))), w)
	}
	x := g.Input("x", nn.Float32, nn.Symbol("B"), nn.Fixed(3), nn.Fixed(64), nn.Fixed(64))
	v := g.Relu(g.Conv(x, weight(32, 3, 3, 3), nil, nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}}))
	for range 4 {
		v = g.Relu(g.Add(v, g.Conv(v, weight(32, 32, 3, 3), nil, nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}})))
	}
	g.Output("y", g.Reshape(g.GlobalAvgPool(v), 0, -1))
	return g
}

const batch = 8

// BenchmarkRun compares a run of ours with one of the binding's own session,
// whose arrays are bound once.
func BenchmarkRun(b *testing.B) {
	r := load(b)
	data, err := convolutions().ONNX()
	if err != nil {
		b.Fatal(err)
	}
	x, y := nn.NewTensor(nn.Float32, batch, 3, 64, 64), nn.NewTensor(nn.Float32, batch, 32)
	options := Options{Threads: 1}
	b.Run("ours", func(b *testing.B) {
		s := nntest.Open(b, opener{r, options}, convolutions())
		for b.Loop() {
			if err := s.Run(b.Context(), []*nn.Tensor{x}, []*nn.Tensor{y}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		o, err := sessionOptions(options)
		if err != nil {
			b.Fatal(err)
		}
		in, err := binding.NewTensor(binding.NewShape(batch, 3, 64, 64), x.F32)
		if err != nil {
			b.Fatal(err)
		}
		out, err := binding.NewTensor(binding.NewShape(batch, 32), y.F32)
		if err != nil {
			b.Fatal(err)
		}
		s, err := binding.NewAdvancedSessionWithONNXData(data, []string{"x"}, []string{"y"}, []binding.Value{in}, []binding.Value{out}, o)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Destroy()
		for b.Loop() {
			if err := s.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSmallRun is the cost of a run that computes next to nothing.
func BenchmarkSmallRun(b *testing.B) {
	g := nn.NewGraph("small")
	g.Output("y", g.Neg(g.Input("x", nn.Float32, nn.Fixed(1))))
	s := nntest.Open(b, opener{load(b), Options{Threads: 1}}, g)
	x, y := nn.NewTensor(nn.Float32, 1), nn.NewTensor(nn.Float32, 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(b.Context(), []*nn.Tensor{x}, []*nn.Tensor{y}); err != nil {
			b.Fatal(err)
		}
	}
}
