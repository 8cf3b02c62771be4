package device

import (
	"context"
	"fmt"
	"math"
	"time"

	"zoomscope/engine/internal/ort"
	"zoomscope/engine/nn"
)

// The known network: images [N, 3, 9, 9] through a convolution with padding and
// ReLU, pooled to [N, 4], a matrix product to [N, 5], softmax.
const (
	proofIn, proofSize, proofMid, proofOut = 3, 9, 4, 5
)

// proofValue is the i-th element of the network's weights and images: between
// -1 and 1, without a pattern that an error could hide in.
func proofValue(i int) float32 { return float32(math.Sin(float64(i*i+3*i) * 0.7)) }

func proofTensor(first int, shape ...int) *nn.Tensor {
	t := nn.NewTensor(nn.Float32, shape...)
	for i := range t.F32 {
		t.F32[i] = proofValue(first + i)
	}
	return t
}

func proofNetwork() *nn.Graph {
	g := nn.NewGraph("proof")
	x := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(proofIn), nn.Fixed(proofSize), nn.Fixed(proofSize))
	v := g.Relu(g.Conv(x, g.Param("kernel", proofTensor(11, proofMid, proofIn, 3, 3)), nil, nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}}))
	v = g.ReduceMean(v, false, 2, 3)
	v = g.MatMul(v, g.Param("matrix", proofTensor(211, proofMid, proofOut)))
	g.Output("p", g.Softmax(v, 1))
	return g
}

// proofAnswer is what the network must give for n images, computed plainly.
func proofAnswer(x *nn.Tensor) []float64 {
	kernel, matrix := proofTensor(11, proofMid, proofIn, 3, 3).F32, proofTensor(211, proofMid, proofOut).F32
	var answer []float64
	for image := range x.Shape[0] {
		var pooled [proofMid]float64
		for m := range pooled {
			for y := range proofSize {
				for z := range proofSize {
					pooled[m] += max(0, proofPixel(x.F32, kernel, image, m, y, z)) / (proofSize * proofSize)
				}
			}
		}
		var e [proofOut]float64
		sum := 0.0
		for o := range e {
			for m, p := range pooled {
				e[o] += p * float64(matrix[m*proofOut+o])
			}
			e[o] = math.Exp(e[o])
			sum += e[o]
		}
		for _, v := range e {
			answer = append(answer, v/sum)
		}
	}
	return answer
}

func proofPixel(x, kernel []float32, image, m, y, z int) float64 {
	sum := 0.0
	for c := range proofIn {
		for i := range 3 {
			for j := range 3 {
				r, s := y+i-1, z+j-1
				if r < 0 || r >= proofSize || s < 0 || s >= proofSize {
					continue
				}
				sum += float64(x[((image*proofIn+c)*proofSize+r)*proofSize+s]) * float64(kernel[((m*proofIn+c)*3+i)*3+j])
			}
		}
	}
	return sum
}

// tolerance of the answer's probabilities. Sums of 27 float32 products in any
// order lose less than 1e-5; CoreML computes in float16, of 11 bits.
func tolerance(k Kind) float64 {
	if k == CoreML {
		return 5e-3
	}
	return 1e-4
}

// prove runs the known network on a device, strictly: an operation that would
// run on the CPU instead is an error. It gives the device and the seconds that
// a warm run took.
func prove(ctx context.Context, library *ort.Runtime, k Kind, o Options) (*Device, float64, error) {
	if err := present(library, k); err != nil {
		return nil, 0, err
	}
	data, err := proofNetwork().ONNX()
	if err != nil {
		return nil, 0, err
	}
	d := &Device{kind: k, library: library, options: sessionOptions(k, o)}
	d.name = name(k, d.options.Threads)
	strict := d.options
	strict.Strict = k != CPU
	s, err := library.Open(data, strict)
	if err != nil {
		return nil, 0, err
	}
	defer s.Close()
	var seconds float64
	for _, n := range []int{2, 3, 3} { // sizes change, and the last run is warm
		if seconds, err = proofRun(ctx, s, n, tolerance(k)); err != nil {
			return nil, 0, err
		}
	}
	return d, seconds, nil
}

func proofRun(ctx context.Context, s nn.Session, n int, tolerance float64) (float64, error) {
	x, out := proofTensor(1000+n, n, proofIn, proofSize, proofSize), []*nn.Tensor{nil}
	start := time.Now()
	if err := s.Run(ctx, []*nn.Tensor{x}, out); err != nil {
		return 0, err
	}
	seconds := time.Since(start).Seconds()
	for i, want := range proofAnswer(x) {
		if got := float64(out[0].F32[i]); !(math.Abs(got-want) <= tolerance) {
			return 0, fmt.Errorf("computes wrongly: %.6f where %.6f is right", got, want)
		}
	}
	return seconds, nil
}

// The trial by which devices are compared: images [N, 64, H, H] through layers
// of convolution. The large one is 0.9 GFLOP; the small one, a sixteenth of it,
// comes first, since a renderer in software would take long over the large.
const (
	trialChannels, trialLayers = 64, 4
	smallBatch, smallSize      = 1, 14
	largeBatch, largeSize      = 4, 28
	slow                       = 0.2 // seconds for the small one: no graphics card needs them
)

func trialNetwork() *nn.Graph {
	g := nn.NewGraph("trial")
	v := g.Input("x", nn.Float32, nn.Symbol("N"), nn.Fixed(trialChannels), nn.Symbol("H"), nn.Symbol("H"))
	for i := range trialLayers {
		w := g.Param(fmt.Sprintf("w%d", i), proofTensor(i, trialChannels, trialChannels, 3, 3))
		v = g.Tanh(g.Conv(v, w, nil, nn.ConvOptions{Pads: [4]int{1, 1, 1, 1}}))
	}
	g.Output("y", g.ReduceMean(v, false, 2, 3))
	return g
}

// faster reports whether d takes less time for the trial than the CPU, in words.
func faster(ctx context.Context, d, cpu *Device) (string, bool) {
	small, large, err := trial(ctx, d)
	if err != nil {
		return explain(d.kind, err), false
	}
	if small > slow {
		return "works, but is slow in a small trial, as software is", false
	}
	_, other, err := trial(ctx, cpu)
	if err != nil {
		return explain(cpu.kind, err), false
	}
	if large >= other {
		return "works, but is slower than the CPU in the trial", false
	}
	return "proven, and faster than the CPU in the trial", true
}

// trial times the trial network in seconds, small and large; large is not tried
// where small is slow.
func trial(ctx context.Context, d *Device) (small, large float64, err error) {
	data, err := trialNetwork().ONNX()
	if err != nil {
		return 0, 0, err
	}
	s, err := d.Open(data)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	if small, err = warmRun(ctx, s, smallBatch, smallSize); err != nil || small > slow {
		return small, 0, err
	}
	large, err = warmRun(ctx, s, largeBatch, largeSize)
	return small, large, err
}

// warmRun is the better of two runs after one that prepares.
func warmRun(ctx context.Context, s nn.Session, batch, size int) (float64, error) {
	x, out := proofTensor(0, batch, trialChannels, size, size), nn.NewTensor(nn.Float32, batch, trialChannels)
	best := math.Inf(1)
	for i := range 3 {
		start := time.Now()
		if err := s.Run(ctx, []*nn.Tensor{x}, []*nn.Tensor{out}); err != nil {
			return 0, err
		}
		if i > 0 {
			best = min(best, time.Since(start).Seconds())
		}
	}
	return best, nil
}
