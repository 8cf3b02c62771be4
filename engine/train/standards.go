package train

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"zoomscope/engine/mil"
)

// standardRows is how many patches of a slide, evenly spread, are looked at for
// each magnification.
const standardRows = 1000

// leastDeviation is that of a value which can be told from a constant, as a share
// of its mean where that is above 1. Below it lie rounding and chance: to divide
// by it would make a slide on which the value does vary, a hundredth say, one of
// features in the hundreds. Such values are centred and keep their scale.
const leastDeviation = 1e-4

// Standards are the means and deviations of the features of the training split,
// each slide counting as much as any other, for mil.TrainOptions. Values that are
// practically constant keep their scale. A feature that is not finite, of those
// looked at, is an error that names the bag, the patch and the value, and
// says what to do. When ctx
// ends, the error is context.Cause of it.
func (d *Dataset) Standards(ctx context.Context) ([]mil.Standard, error) {
	bags := openBags(d.Magnifications, 1)
	defer bags.Close()
	levels := make([]moments, len(d.Magnifications))
	for i := range levels {
		levels[i] = newMoments(d.Encoder.Dim)
	}
	for _, s := range d.In(Training) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		source, err := bags.get(&s)
		if err != nil {
			return nil, err
		}
		for i := range levels {
			if err := levels[i].add(source, i, d.Magnifications[i]); err != nil {
				return nil, fmt.Errorf("%s: %w%s", cmp.Or(s.Bag, s.Name), err, s.remedy())
			}
		}
	}
	var all []mil.Standard
	for i := range levels {
		all = append(all, levels[i].standard())
	}
	return all, bags.Close()
}

// moments adds up values and their squares.
type moments struct {
	n       float64 // slides
	sum     []float64
	squares []float64
}

func newMoments(dim int) moments {
	return moments{sum: make([]float64, dim), squares: make([]float64, dim)}
}

// add counts one slide in.
func (m *moments) add(s mil.Source, level int, magnification float64) error {
	dim, n := len(m.sum), s.Len(level)
	rows := make([]int, min(n, standardRows))
	for i := range rows {
		rows[i] = i * n / len(rows)
	}
	x := make([]float32, len(rows)*dim)
	if err := s.Features(x, level, rows); err != nil {
		return err
	}
	if err := checkFinite(x, rows, magnification); err != nil {
		return err
	}
	share := 1 / float64(len(rows))
	for i, v := range x {
		m.sum[i%dim] += float64(v) * share
		m.squares[i%dim] += float64(v) * float64(v) * share
	}
	m.n++
	return nil
}

func (m *moments) standard() mil.Standard {
	s := mil.Standard{Mean: make([]float32, len(m.sum)), Scale: make([]float32, len(m.sum))}
	for i := range s.Mean {
		mean := m.sum[i] / m.n
		deviation := math.Sqrt(max(m.squares[i]/m.n-mean*mean, 0))
		s.Mean[i], s.Scale[i] = float32(mean), 1
		if deviation >= leastDeviation*max(1, math.Abs(mean)) {
			s.Scale[i] = float32(1 / deviation)
		}
	}
	return s
}
