package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Contender is one way to do a piece of work. Run does it once and returns how
// long it took, so that what must be prepared first need not count.
type Contender struct {
	Name string
	Run  func(ctx context.Context) (time.Duration, error)
}

// Times are the durations of one contender, one for each round.
type Times []time.Duration

// Alternate runs every contender once a round and returns their times, in the
// contenders' order. Odd rounds go backwards, so that a steady drift cancels
// out. A first round, not counted, warms everything up. The error of a contender
// ends it and names the contender. begin, where not nil, is told before each
// round how many are done, of how many.
func Alternate(ctx context.Context, rounds int, contenders []Contender, begin func(done, total int)) ([]Times, error) {
	times := make([]Times, len(contenders))
	for round := -1; round < rounds; round++ {
		if begin != nil {
			begin(round+1, rounds+1)
		}
		for i := range contenders {
			if round%2 != 0 {
				i = len(contenders) - 1 - i
			}
			took, err := contenders[i].Run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contenders[i].Name, err)
			}
			if round >= 0 {
				times[i] = append(times[i], took)
			}
		}
	}
	return times, nil
}

// Seconds is the median time.
func (t Times) Seconds() float64 {
	s := make([]float64, len(t))
	for i, d := range t {
		s[i] = d.Seconds()
	}
	return Median(s)
}

// Ratio is the median over the rounds of a's time over b's. Times of unequal
// length panic.
func Ratio(a, b Times) float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("bench: ratio of %d rounds to %d", len(a), len(b)))
	}
	q := make([]float64, len(a))
	for i := range a {
		q[i] = a[i].Seconds() / b[i].Seconds()
	}
	return Median(q)
}

// Median is the middle value, or the mean of the two in the middle; of no values
// it is 0. It does not change x.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
