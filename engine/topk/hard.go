package topk

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Hard returns the indices of the k highest scores [N], in ascending order. Of
// equal scores the lower index wins; k is clipped to N. NaN among the scores is
// an error, for it has no order. A k below 1 is the caller's mistake and panics.
func Hard(scores []float32, k int) ([]int, error) {
	if k < 1 {
		panic(fmt.Sprintf("topk: k is %d", k))
	}
	if i := slices.IndexFunc(scores, func(s float32) bool { return s != s }); i >= 0 {
		return nil, fmt.Errorf("score %d of %d is NaN", i, len(scores))
	}
	k = min(k, len(scores))
	if k == 0 {
		return []int{}, nil
	}
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	last := sorted[len(sorted)-k] // the k-th highest
	ties := k                     // how many of those equal to it are chosen
	for _, s := range sorted[len(sorted)-k:] {
		if s > last {
			ties--
		}
	}
	chosen := make([]int, 0, k)
	for i, s := range scores {
		if s > last {
			chosen = append(chosen, i)
		} else if s == last && ties > 0 {
			chosen = append(chosen, i)
			ties--
		}
	}
	return chosen, nil
}

// Random returns k different indices below n in ascending order, drawn from a
// seed; k is clipped to n. A k below 1 is the caller's mistake and panics.
func Random(n, k int, seed uint64) []int {
	if k < 1 {
		panic(fmt.Sprintf("topk: k is %d", k))
	}
	chosen := rand.New(rand.NewPCG(seed, uint64(n))).Perm(n)[:min(k, n)]
	slices.Sort(chosen)
	return chosen
}
