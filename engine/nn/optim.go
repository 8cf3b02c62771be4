package nn

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Adam is the optimizer of Kingma and Ba ("Adam: A Method for Stochastic
// Optimization", ICLR 2015). WeightDecay times a parameter is added to its
// gradient before anything else.
type Adam struct {
	Beta1, Beta2 float64 // the decay of the means of gradients and of their squares
	Epsilon      float64
	WeightDecay  float64
}

// NewAdam has the constants of the paper, and no weight decay.
func NewAdam() Adam { return Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// adamChunk is how many parameters a goroutine takes at a time. Every one is
// computed by itself, so that the chunks do not change the result.
const adamChunk = 1 << 14

// Step changes parameters p by their gradients g, in the mean m of gradients and
// v of their squares, which begin as zeros; t is the number of the step, from 1.
// All arithmetic is in float32, so that the result is the same on every machine
// and any number of threads. Parameters below 2^-100 become 0. Lengths that differ, or a t below 1, are the
// caller's mistake and panic.
func (a Adam) Step(p, m, v, g []float32, lr float64, t int) {
	if len(m) != len(p) || len(v) != len(p) || len(g) != len(p) || t < 1 {
		panic(fmt.Sprintf("nn: Adam step %d: lengths %d, %d, %d, %d", t, len(p), len(m), len(v), len(g)))
	}
	c := a.constants(lr, t)
	chunks := (len(p) + adamChunk - 1) / adamChunk
	run := func(i int) {
		from, to := i*adamChunk, min((i+1)*adamChunk, len(p))
		adam(p[from:to], m[from:to], v[from:to], g[from:to], &c)
	}
	workers := min(chunks, runtime.GOMAXPROCS(0))
	if workers == 1 {
		for i := range chunks {
			run(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < chunks; i = int(next.Add(1)) - 1 {
				run(i)
			}
		})
	}
	wg.Wait()
}

// adamConstants are what one step is the same for, all of it.
type adamConstants struct {
	decay       float32
	keep1, mix1 float32 // beta1 and 1 - beta1
	keep2, mix2 float32
	root        float32 // of 1 - beta2^t: corrects v's start from zero
	epsilon     float32
	rate        float32 // lr / (1 - beta1^t)
	least       float32 // of p and m
	magnitude   uint32  // the bits of a number but for its sign
	slope       float32 // the least whose square counts in v
	normal      float32 // the least of v
}

// What is below leastNormal float32 does not hold in full, and processors take a
// hundred times as long for it. Weights that only their decay reaches any more
// would get there and stay. Those below leastKept are 0, so that no product of one
// with a rate gets there either.
const (
	leastNormal = 0x1p-126
	leastKept   = 0x1p-100
)

func (a Adam) constants(lr float64, t int) adamConstants {
	return adamConstants{
		decay:   float32(a.WeightDecay),
		keep1:   float32(a.Beta1),
		mix1:    float32(1 - a.Beta1),
		keep2:   float32(a.Beta2),
		mix2:    float32(1 - a.Beta2),
		root:    float32(math.Sqrt(1 - math.Pow(a.Beta2, float64(t)))),
		epsilon: float32(a.Epsilon),
		rate:    float32(lr / (1 - math.Pow(a.Beta1, float64(t)))),

		least: leastKept, magnitude: math.MaxInt32, slope: float32(math.Sqrt(leastNormal / (1 - a.Beta2))), normal: leastNormal,
	}
}

// adamGo does the elements from start on. The conversions keep the compiler from
// rounding a product and a sum at once, which some processors could.
func adamGo(p, m, v, g []float32, c *adamConstants, start int) {
	m, v, g = m[:len(p)], v[:len(p)], g[:len(p)]
	for i := start; i < len(p); i++ {
		d := g[i] + float32(c.decay*p[i])
		m[i] = above(float32(c.keep1*m[i])+float32(c.mix1*d), c.least)
		e := above(d, c.slope)
		v[i] = above(float32(c.keep2*v[i])+float32(float32(c.mix2*e)*e), c.normal)
		size := float32(math.Sqrt(float64(v[i])))/c.root + c.epsilon
		p[i] = above(p[i]-float32(c.rate*m[i]/size), c.least)
	}
}

// above is x, or 0 where the magnitude of x is below least.
func above(x, least float32) float32 {
	if x < least && x > -least {
		return 0
	}
	return x
}
