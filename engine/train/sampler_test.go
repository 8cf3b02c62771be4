package train

import (
	"math"
	"slices"
	"testing"
)

func TestOrder(t *testing.T) {
	classes := append(slices.Repeat([]int{0}, 30), slices.Repeat([]int{2}, 6)...)
	for _, s := range []Sampling{Balanced, Shuffled} {
		t.Run(string(s), func(t *testing.T) {
			a := s.Order(classes, 1, 1)
			if !slices.Equal(a, s.Order(classes, 1, 1)) {
				t.Error("the same seed and epoch give another order")
			}
			if slices.Equal(a, s.Order(classes, 1, 2)) || slices.Equal(a, s.Order(classes, 2, 1)) {
				t.Error("another epoch or seed gives the same order")
			}
			if len(a) != len(classes) {
				t.Errorf("%d draws of %d", len(a), len(classes))
			}
		})
	}
	got := Shuffled.Order(classes, 3, 4)
	slices.Sort(got)
	for i, v := range got {
		if v != i {
			t.Fatalf("shuffled is no permutation: %v", got)
		}
	}
}

// Drawing a class, then a slide, is drawing slides with weights N/N_c.
func TestBalancedWeights(t *testing.T) {
	classes := []int{1, 1, 1, 1, 0, 2, 2, 1}
	n := make([]int, 3)
	for _, c := range classes {
		n[c]++
	}
	total := 0.0
	for _, c := range classes {
		total += float64(len(classes)) / float64(n[c])
	}
	const epochs = 4000
	drawn := make([]int, len(classes))
	for epoch := range epochs {
		for _, i := range Balanced.Order(classes, 11, epoch) {
			drawn[i]++
		}
	}
	draws := float64(epochs * len(classes))
	chi := 0.0
	for i, c := range classes {
		want := draws * float64(len(classes)) / float64(n[c]) / total
		chi += (float64(drawn[i]) - want) * (float64(drawn[i]) - want) / want
	}
	if chi > 24.3 { // the 0.999 quantile of chi-square with 7 degrees of freedom
		t.Errorf("chi-square %v: drew %v", chi, drawn)
	}
}

func TestStepSeeds(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(5) {
		for epoch := range 40 {
			for step := range 50 {
				seen[stepSeed(seed, epoch, step)] = true
			}
		}
	}
	if len(seen) != 5*40*50 {
		t.Errorf("%d seeds of %d", len(seen), 5*40*50)
	}
	// Of any two close seeds about half the bits differ.
	sum := 0
	for i := range 1000 {
		d := stepSeed(1, 1, i) ^ stepSeed(1, 1, i+1)
		for ; d != 0; d &= d - 1 {
			sum++
		}
	}
	if mean := float64(sum) / 1000; math.Abs(mean-32) > 1 {
		t.Errorf("%v bits differ on average", mean)
	}
}
