package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func normals(random *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	return x
}

// reference is the update as the paper writes it, in float64.
func (a Adam) reference(p, m, v, g []float64, lr float64, t int) {
	for i := range p {
		d := g[i] + a.WeightDecay*p[i]
		m[i] = a.Beta1*m[i] + (1-a.Beta1)*d
		v[i] = a.Beta2*v[i] + (1-a.Beta2)*d*d
		first := m[i] / (1 - math.Pow(a.Beta1, float64(t)))
		second := v[i] / (1 - math.Pow(a.Beta2, float64(t)))
		p[i] -= lr * first / (math.Sqrt(second) + a.Epsilon)
	}
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func TestAdamIsThePapers(t *testing.T) {
	for _, decay := range []float64{0, 0.01} {
		t.Run(fmt.Sprint(decay), func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			const n = 1003
			a := NewAdam()
			a.WeightDecay = decay
			p, m, v := normals(random, n), make([]float32, n), make([]float32, n)
			wp, wm, wv := wide(p), wide(m), wide(v)
			for step := 1; step <= 20; step++ {
				g := normals(random, n)
				a.Step(p, m, v, g, 1e-3, step)
				a.reference(wp, wm, wv, wide(g), 1e-3, step)
			}
			for i := range p { // 20 roundings of a parameter of some 3, and of updates of 1e-3
				if math.Abs(float64(p[i])-wp[i]) > 4e-6 {
					t.Fatalf("parameter %d is %g, want %g", i, p[i], wp[i])
				}
			}
		})
	}
}

// The assembly, the chunks and the threads change no bit.
func TestAdamIsAdamGo(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	random := rand.New(rand.NewPCG(3, 4))
	a := Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 1e-2}
	for _, n := range []int{0, 1, 7, 8, 9, 31, adamChunk, 2*adamChunk + 13} {
		p, m, v := normals(random, n), make([]float32, n), make([]float32, n)
		wp, wm, wv := slices.Clone(p), slices.Clone(m), slices.Clone(v)
		for step := 1; step <= 4; step++ {
			g := normals(random, n)
			if step == 2 {
				clear(g)
			}
			runtime.GOMAXPROCS(step)
			a.Step(p, m, v, g, 1e-2, step)
			c := a.constants(1e-2, step)
			adamGo(wp, wm, wv, g, &c, 0)
		}
		if !slices.Equal(p, wp) || !slices.Equal(m, wm) || !slices.Equal(v, wv) {
			t.Errorf("%d parameters: the bits differ", n)
		}
	}
}

// Weights that only decay end at 0, not among the numbers that processors are slow
// with; the assembly agrees, also on what is no number.
func TestAdamLeavesNoSubnormals(t *testing.T) {
	a := NewAdam()
	a.WeightDecay = 5e-3
	const n = 64
	p, m, v, g := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range p {
		p[i] = float32(math.Ldexp(1-2*float64(i%2), -40-2*i))
		m[i], v[i] = p[n-1-i], float32(math.Ldexp(1, -140+i))
	}
	g[5] = float32(math.NaN())
	wp, wm, wv := slices.Clone(p), slices.Clone(m), slices.Clone(v)
	for step := 1; step <= 50; step++ {
		a.Step(p, m, v, g, 5e-4, step)
		c := a.constants(5e-4, step)
		adamGo(wp, wm, wv, g, &c, 0)
	}
	for k, pair := range [][2][]float32{{p, wp}, {m, wm}, {v, wv}} {
		for i, x := range pair[0] {
			size := math.Abs(float64(x))
			if size > 0 && size < leastNormal {
				t.Errorf("array %d: value %d is %g", k, i, x)
			}
			if math.Float32bits(x) != math.Float32bits(pair[1][i]) && x == x {
				t.Errorf("array %d: value %d is %g, want %g", k, i, x, pair[1][i])
			}
		}
	}
	if p[5] == p[5] {
		t.Error("a gradient that is no number has left a number")
	}
}

func TestAdamMistakesPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"lengths": func() {
			NewAdam().Step(make([]float32, 2), make([]float32, 2), make([]float32, 1), make([]float32, 2), 1, 1)
		},
		"step 0": func() { NewAdam().Step(nil, nil, nil, nil, 1, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func BenchmarkAdam(b *testing.B) {
	const n = 2_900_000
	random := rand.New(rand.NewPCG(5, 6))
	p, m, v, g := normals(random, n), make([]float32, n), make([]float32, n), normals(random, n)
	for b.Loop() {
		NewAdam().Step(p, m, v, g, 1e-4, 10)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/param")
}
