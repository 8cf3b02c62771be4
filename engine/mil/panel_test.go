package mil

import (
	"math"
	"math/rand/v2"
	"testing"
)

// What the processor does at once is what Go does one by one, within rounding.
func TestPanelKernels(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	values := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(r.NormFloat64())
		}
		return out
	}
	for _, n := range []int{1, 15, 16, 17, 64, 2048} {
		for range 10 {
			x := values(n + 300)
			at, weight := make([]int, r.IntN(9)), []float32(nil)
			for i := range at {
				at[i] = r.IntN(301)
			}
			weight = values(4 * len(at))
			var got, want [4][]float32
			for i := range got {
				got[i], want[i] = values(n), values(n)
			}
			sumRows(&got, x, at, weight)
			sumRowsGo(&want, x, at, weight)
			for i := range got {
				for j := range got[i] {
					if math.Abs(float64(got[i][j]-want[i][j])) > 1e-5 {
						t.Fatalf("%d values, %d blocks: row %d, value %d is %v, want %v", n, len(at), i, j, got[i][j], want[i][j])
					}
				}
			}
			a, b := dotRows(&got, x[:n]), dotRowsGo(&got, x[:n])
			for i := range a {
				if math.Abs(float64(a[i]-b[i])) > 1e-5*float64(n+10) {
					t.Fatalf("product %d of %d values is %v, want %v", i, n, a[i], b[i])
				}
			}
		}
	}
}
