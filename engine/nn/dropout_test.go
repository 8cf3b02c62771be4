package nn

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

// slowMask draws element by element.
func slowMask(n int, rate float64, seed ...uint64) []uint8 {
	state := uint64(len(seed))
	for _, s := range seed {
		state = scramble(state+weyl) ^ s
	}
	state = scramble(state + weyl)
	mask := make([]uint8, n)
	for i := range mask {
		each, bits, most := 8, 8, 256.0
		if rate*256 != math.Trunc(rate*256) {
			each, bits, most = 2, 32, 1<<32
		}
		draw := scramble(state+uint64(i/each+1)*weyl) >> (i % each * bits)
		if float64(draw%uint64(most)) >= math.Round(most*rate) {
			mask[i] = 1
		}
	}
	return mask
}

func TestDropoutMaskIsSlowMask(t *testing.T) {
	for threshold := range 2 * 257 {
		rate := min(float64(threshold)/512, 1)
		for _, n := range []int{0, 1, 7, 8, 9, 100} {
			got := bytes.Repeat([]byte{7}, n)
			DropoutMask(got, rate, 3, uint64(threshold))
			if want := slowMask(n, rate, 3, uint64(threshold)); !bytes.Equal(got, want) {
				t.Fatalf("rate %g, %d elements: %v, want %v", rate, n, got, want)
			}
		}
	}
}

// The share of zeros lies within five standard deviations of the rate, and so
// does that of equal neighbours of what independence makes it.
func TestDropoutMaskIsRandom(t *testing.T) {
	const n = 1 << 18
	for _, rate := range []float64{0, 0.1, 0.25, 1. / 3, 0.5, 0.75, 1} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			mask := make([]uint8, n)
			DropoutMask(mask, rate, 42)
			for _, lag := range []int{0, 1, 2, 8, 64} {
				zeros := 0
				for i := range n - lag {
					if mask[i] == 0 && mask[i+lag] == 0 {
						zeros++
					}
				}
				p := rate
				if lag > 0 {
					p *= rate
				}
				want, deviation := p*float64(n-lag), math.Sqrt(3*n*p*(1-p))
				if math.Abs(float64(zeros)-want) > 5*deviation {
					t.Errorf("lag %d: %d zeros, want %.0f +- %.0f", lag, zeros, want, deviation)
				}
			}
		})
	}
}

func TestDropoutMaskSeeds(t *testing.T) {
	seen := map[string][]uint64{}
	for _, seed := range [][]uint64{{}, {0}, {1}, {0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 3}, {3, 2}, {1 << 63}} {
		mask := make([]uint8, 256)
		DropoutMask(mask, 0.5, seed...)
		if other, ok := seen[string(mask)]; ok {
			t.Errorf("seeds %v and %v give one mask", seed, other)
		}
		seen[string(mask)] = seed
		prefix := make([]uint8, 100)
		DropoutMask(prefix, 0.5, seed...)
		if !bytes.Equal(prefix, mask[:100]) {
			t.Errorf("seeds %v: a shorter mask differs", seed)
		}
	}
	mask := make([]uint8, 8)
	DropoutMask(mask, 0.25, 1, 2, 3)
	if want := []uint8{0, 1, 1, 1, 1, 1, 1, 0}; !bytes.Equal(mask, want) {
		t.Errorf("mask %v, want the same as ever: %v", mask, want)
	}
}

func BenchmarkDropoutMask(b *testing.B) {
	for _, rate := range []float64{0.25, 0.3} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			mask := make([]uint8, 1<<17)
			b.SetBytes(int64(len(mask)))
			for b.Loop() {
				DropoutMask(mask, rate, 1, 2)
			}
		})
	}
}
