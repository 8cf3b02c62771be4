package nn_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"zoomscope/engine/nn"
)

// randomGraph puts smooth operators together at random. Every value is a matrix
// of 1 to 4 rows and columns and of moderate size, so that finite differences
// stay sharp.
func randomGraph(seed uint64) gradientCase {
	return gradientCase{fmt.Sprint(seed), func(b *bench) {
		b.random = rand.New(rand.NewPCG(seed, 99))
		side := func() int { return 1 + b.random.IntN(4) }
		values := []*nn.Value{b.x(side(), side()), b.x(side(), side()), b.p(side(), side())}
		for range 12 {
			x := values[b.random.IntN(len(values))]
			if y := b.step(x, values[b.random.IntN(len(values))]); y != nil {
				values = append(values, y)
			}
		}
		last := values[len(values)-1]
		b.out(last, values[b.random.IntN(len(values))], b.ReduceSum(b.Tanh(last), false))
	}}
}

// step is a random operator on x, and on y where they fit; nil where they do not.
func (b *bench) step(x, y *nn.Value) *nn.Value {
	axis := b.random.IntN(2)
	fits := func() bool {
		for i, d := range x.Shape() {
			if e := y.Shape()[i]; d != e && d != nn.Fixed(1) && e != nn.Fixed(1) {
				return false
			}
		}
		return true
	}
	switch k := b.random.IntN(16); k {
	case 0, 1, 2, 3:
		if !fits() {
			return nil
		}
		return []func() *nn.Value{
			func() *nn.Value { return b.Add(x, y) },
			func() *nn.Value { return b.Sub(x, y) },
			func() *nn.Value { return b.Mul(b.Tanh(x), y) },
			func() *nn.Value { return b.Div(x, b.Exp(b.Tanh(y))) },
		}[k]()
	case 4:
		return b.Sigmoid(x)
	case 5:
		return b.Tanh(x)
	case 6:
		return b.Softmax(x, axis)
	case 7:
		return b.LogSoftmax(x, axis)
	case 8:
		return b.ReduceMean(x, true, axis)
	case 9:
		return b.Transpose(x)
	case 10:
		if x.Shape()[0] != y.Shape()[0] {
			return nil
		}
		return b.Tanh(b.MatMul(b.Transpose(x), y))
	case 11:
		if x.Shape()[1-axis] != y.Shape()[1-axis] || x.Shape()[axis].Size > 4 {
			return nil
		}
		return b.Slice(b.Concat(axis, x, y), axis, 0, 4)
	case 12:
		return b.Gather(x, b.Const(nn.I64Tensor([]int64{0, -1, 0}, 3)), axis)
	case 13:
		return b.Sqrt(b.Add(b.Mul(x, x), b.ScalarOf(b.t, 1)))
	case 14:
		return b.Unsqueeze(b.ReduceSum(x, false, axis), axis)
	}
	return b.Where(b.Greater(x, b.ScalarOf(b.t, 100)), b.Neg(x), x)
}

func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(80) {
		for _, named := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d named %v", seed, named), func(t *testing.T) {
				checkGradients(t, randomGraph(seed).bench(nn.Float64, named))
			})
		}
	}
}

func TestRandomGraphsOnRuntime(t *testing.T) {
	o := cpu(t)
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			if !onRuntime(t, o, randomGraph(seed).bench(nn.Float64, seed%2 == 1), 1e-9) {
				t.Error("an operator without a float64 kernel")
			}
		})
	}
}
