package topk

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowHard sorts all indices by score, then by index.
func slowHard(scores []float32, k int) []int {
	all := make([]int, len(scores))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	all = all[:min(k, len(all))]
	slices.Sort(all)
	return all
}

func TestHard(t *testing.T) {
	inf := float32(math.Inf(1))
	tests := map[string]struct {
		scores []float32
		k      int
		want   []int
	}{
		"ascending indices": {[]float32{3, 9, 1, 7}, 2, []int{1, 3}},
		"ties go low":       {[]float32{5, 1, 5, 5, 5}, 3, []int{0, 2, 3}},
		"all equal":         {[]float32{2, 2, 2}, 2, []int{0, 1}},
		"clipped":           {[]float32{2, 1}, 5, []int{0, 1}},
		"none":              {nil, 3, []int{}},
		"infinite":          {[]float32{-inf, 0, inf, 1}, 2, []int{2, 3}},
		"zeros of any sign": {[]float32{0, float32(math.Copysign(0, -1)), 0}, 2, []int{0, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Hard(test.scores, test.k)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestHardAgainstSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		scores := make([]float32, 1+r.IntN(60))
		for i := range scores {
			scores[i] = float32(r.IntN(12)) // many ties
		}
		k := 1 + r.IntN(len(scores)+3)
		before := slices.Clone(scores)
		got, err := Hard(scores, k)
		if want := slowHard(scores, k); err != nil || !slices.Equal(got, want) {
			t.Fatalf("Hard(%v, %d) = %v, %v, want %v", scores, k, got, err, want)
		}
		if !slices.Equal(scores, before) {
			t.Fatal("scores were changed")
		}
	}
}

func TestHardNaN(t *testing.T) {
	if _, err := Hard([]float32{1, float32(math.NaN())}, 1); err == nil {
		t.Error("no error")
	}
}

func TestHardPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic for k = 0")
		}
	}()
	Hard([]float32{1}, 0)
}

func TestRandom(t *testing.T) {
	counts := make([]int, 10)
	for seed := range uint64(2000) {
		chosen := Random(10, 3, seed)
		if len(chosen) != 3 || !slices.IsSorted(chosen) || len(slices.Compact(slices.Clone(chosen))) != 3 {
			t.Fatalf("chose %v", chosen)
		}
		for _, i := range chosen {
			counts[i]++
		}
	}
	for i, n := range counts { // 600 expected, deviation 20
		if n < 500 || n > 700 {
			t.Errorf("index %d was chosen %d times of 2000", i, n)
		}
	}
	if got := Random(2, 5, 1); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("5 of 2: %v", got)
	}
	if !slices.Equal(Random(50, 9, 4), Random(50, 9, 4)) {
		t.Error("the same seed chose otherwise")
	}
}
