package tissue

import (
	"context"
	"slices"
)

// run is a stretch of set pixels of one row, x0 to x1. Lists of runs are in scan
// order, and two runs of a row do not touch.
type run struct{ y, x0, x1 int32 }

// above returns the runs of values at or above the threshold, which is > 0.
func (p *plane) above(ctx context.Context, threshold float64) ([]run, error) {
	if threshold != p.threshold {
		p.threshold = threshold
		clear(p.runs)
	}
	err := each(ctx, p.rows, func() func(int) {
		return func(row int) {
			if p.runs[row] == nil {
				p.runs[row] = p.rowsAbove(row, threshold)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return slices.Concat(p.runs...), nil
}

// rowsAbove are the runs of one row of tiles; not nil.
func (p *plane) rowsAbove(row int, threshold float64) []run {
	runs := []run{}
	y0, y1 := p.lines(row)
	for y := y0; y < y1; y++ {
		b := runBuilder{runs: runs, y: int32(y), start: -1}
		for col := range p.cols {
			x0, x1 := p.columns(col)
			t := p.tile(col, row)
			switch w := x1 - x0; {
			case t.positive == 0 || t.max < threshold:
				b.set(x0, false)
			case t.min >= threshold && t.positive == len(t.v):
				b.set(x0, true)
			default:
				b.setAbove(x0, t.v[(y-y0)*w:][:w], threshold)
			}
		}
		runs = b.end(p.w)
	}
	return runs
}

// runBuilder turns the pixels of a row, left to right, into runs.
type runBuilder struct {
	runs  []run
	y     int32
	start int // of the run under way, -1 when there is none
}

func (b *runBuilder) set(x int, on bool) {
	if on == (b.start >= 0) {
		return
	}
	if on {
		b.start = x
		return
	}
	b.runs = append(b.runs, run{b.y, int32(b.start), int32(x)})
	b.start = -1
}

// setAbove sets the pixels from x on whose values reach the threshold.
func (b *runBuilder) setAbove(x int, v []float64, threshold float64) {
	on := b.start >= 0
	for i, value := range v {
		if (value >= threshold) != on {
			on = !on
			b.set(x+i, on)
		}
	}
}

func (b *runBuilder) end(x int) []run {
	b.set(x, false)
	return b.runs
}

// components numbers the 4-connected components: the result has, for each run,
// the index of the first run of its component.
func components(runs []run) []int32 {
	root := make([]int32, len(runs))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	above := 0
	for i, r := range runs {
		for above < i && (runs[above].y < r.y-1 || runs[above].y == r.y-1 && runs[above].x1 <= r.x0) {
			above++
		}
		for j := above; j < i && runs[j].y == r.y-1 && runs[j].x0 < r.x1; j++ {
			a, b := find(int32(i)), find(int32(j))
			root[max(a, b)] = min(a, b)
		}
	}
	for i := range root {
		root[i] = root[root[i]] // the first run precedes i, so it is final
	}
	return root
}

// largest returns the runs of the largest component, the first in scan order on
// a tie, and its number of pixels.
func largest(runs []run) ([]run, int) {
	root := components(runs)
	size := make([]int, len(runs))
	for i, r := range runs {
		size[root[i]] += int(r.x1 - r.x0)
	}
	best, pixels := int32(-1), 0
	for i, n := range size {
		if n > pixels {
			best, pixels = int32(i), n
		}
	}
	var chosen []run
	for i, r := range runs {
		if root[i] == best {
			chosen = append(chosen, r)
		}
	}
	return chosen, pixels
}

// square is the neighbourhood of a dilation: a pixel is set when one is set
// between before pixels above and left of it and after pixels below and right.
type square struct{ before, after int }

// newSquare is side pixels wide and applied that many times, which is the same
// as a larger square once.
func newSquare(side, times int) square {
	return square{before: times * (side / 2), after: times * (side - 1 - side/2)}
}

// dilate returns the dilated runs in a picture of w x h pixels. Rows enter and
// leave a sliding window, so that the time per pixel does not depend on the
// square's size.
func (s square) dilate(runs []run, w, h int) []run {
	if len(runs) == 0 {
		return nil
	}
	x0, x1 := w, 0
	wide := make([]run, len(runs))
	for i, r := range runs {
		wide[i] = run{r.y, int32(max(0, int(r.x0)-s.after)), int32(min(w, int(r.x1)+s.before))}
		x0, x1 = min(x0, int(wide[i].x0)), max(x1, int(wide[i].x1))
	}
	steps := make([]int32, x1-x0+1) // changes, left to right, of how many rows of the window are set
	enter, leave := wide, wide
	var out []run
	first, last := int(wide[0].y)-s.after, int(wide[len(wide)-1].y)+s.before
	for y := max(0, first); y < min(h, last+1); y++ {
		for ; len(enter) > 0 && int(enter[0].y) <= y+s.after; enter = enter[1:] {
			steps[int(enter[0].x0)-x0]++
			steps[int(enter[0].x1)-x0]--
		}
		for ; len(leave) > 0 && int(leave[0].y) < y-s.before; leave = leave[1:] {
			steps[int(leave[0].x0)-x0]--
			steps[int(leave[0].x1)-x0]++
		}
		out = appendPositive(out, y, x0, steps)
	}
	return out
}

func appendPositive(runs []run, y, x0 int, steps []int32) []run {
	b := runBuilder{runs: runs, y: int32(y), start: -1}
	n := int32(0)
	for i, d := range steps {
		if d != 0 {
			n += d
			b.set(x0+i, n > 0)
		}
	}
	return b.end(x0 + len(steps) - 1)
}
