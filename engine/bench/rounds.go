package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Spent is what a piece of work took: time on the clock, and time of processors
// that worked for it. The latter is 0 where the system does not tell. On a
// machine that others load too it is the steadier of the two, but it does not
// show whether cores stood idle.
type Spent struct{ Wall, CPU time.Duration }

// A Contender is one way to do a piece of work. Run does it once and returns what
// it took, so that what must be prepared first need not count.
type Contender struct {
	Name string
	Run  func(ctx context.Context) (Spent, error)
}

// measure does a piece of work in this process, which must do no other.
func measure(work func() error) (Spent, error) {
	cpu, start := processorTime(), time.Now()
	err := work()
	return Spent{time.Since(start), processorTime() - cpu}, err
}

// Times are what one contender took, one for each round.
type Times []Spent

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

// Seconds is the median time on the clock.
func (t Times) Seconds() float64 {
	s := make([]float64, len(t))
	for i, d := range t {
		s[i] = d.Wall.Seconds()
	}
	return Median(s)
}

// Quotient is one time over another.
type Quotient struct {
	Wall float64 `json:"wall"`          // by the clock
	CPU  float64 `json:"cpu,omitempty"` // of processors; 0 where it is not known
}

// Ratio is the median over the rounds of a's time over b's. Times of unequal
// length panic.
func Ratio(a, b Times) Quotient {
	if len(a) != len(b) {
		panic(fmt.Sprintf("bench: ratio of %d rounds to %d", len(a), len(b)))
	}
	wall, cpu := make([]float64, len(a)), make([]float64, len(a))
	for i := range a {
		wall[i] = a[i].Wall.Seconds() / b[i].Wall.Seconds()
		if a[i].CPU > 0 && b[i].CPU > 0 {
			cpu[i] = a[i].CPU.Seconds() / b[i].CPU.Seconds()
		}
	}
	return Quotient{Median(wall), Median(cpu)}
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
