package train

import (
	"context"
	"fmt"
	"math"

	"zoomscope/engine/mil"
)

// standardRows is how many patches of a slide, evenly spread, are looked at for
// each magnification.
const standardRows = 1000

// leastDeviation keeps values that hardly vary from being blown up.
const leastDeviation = 1e-4

// Standards are the means and deviations of the features of the training split,
// each slide counting as much as any other, for mil.TrainOptions.
func (d *Dataset) Standards(ctx context.Context) ([]mil.Standard, error) {
	bags := openBags(d.Magnifications, 1)
	defer bags.Close()
	levels := make([]moments, len(d.Magnifications))
	for i := range levels {
		levels[i] = newMoments(d.Encoder.Dim)
	}
	for _, s := range d.In(Training) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		source, err := bags.get(s.Bag)
		if err != nil {
			return nil, err
		}
		for i := range levels {
			if err := levels[i].add(source, i); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Bag, err)
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
func (m *moments) add(s mil.Source, level int) error {
	dim, n := len(m.sum), s.Len(level)
	rows := make([]int, min(n, standardRows))
	for i := range rows {
		rows[i] = i * n / len(rows)
	}
	x := make([]float32, len(rows)*dim)
	if err := s.Features(x, level, rows); err != nil {
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
		s.Mean[i], s.Scale[i] = float32(mean), float32(1/max(deviation, leastDeviation))
	}
	return s
}
