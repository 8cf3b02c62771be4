package mil

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"zoomscope/engine/topk"
)

// panel is four neighbouring rows of a sparse matrix. They are worked on
// together because they have most columns in common: what is read for one serves
// all.
type panel struct {
	rows    [4]int // -1 for those that are missing at the end
	columns []int
	weight  []float32 // [len(columns), 4], 0 where a row has no entry
	entry   []int     // [len(columns), 4], which entry, -1 for none
}

// sparse is a sparse matrix row by row: row i has the entries from start[i] to
// start[i+1], in ascending order of their columns.
type sparse struct {
	start, column []int
	entry         []int // their places in the selector; nil for the same
}

// panels are the rows of T in fours.
func panels(t *topk.Selector) []panel {
	return sparse{t.Start, t.Column, nil}.panels(t.Weight)
}

// transposedPanels are the columns of T in fours.
func transposedPanels(t *topk.Selector) []panel {
	m := sparse{start: make([]int, t.Columns+1), column: make([]int, len(t.Column)), entry: make([]int, len(t.Column))}
	for _, d := range t.Column {
		m.start[d+1]++
	}
	for d := range t.Columns {
		m.start[d+1] += m.start[d]
	}
	next := slices.Clone(m.start)
	for i := range t.Rows {
		for e := t.Start[i]; e < t.Start[i+1]; e++ {
			at := next[t.Column[e]]
			next[t.Column[e]]++
			m.column[at], m.entry[at] = i, e
		}
	}
	return m.panels(t.Weight)
}

// panels groups the rows, on all processors.
func (m sparse) panels(weight []float32) []panel {
	rows := len(m.start) - 1
	out := make([]panel, (rows+3)/4)
	workers := min(len(out), runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < len(out); i += workers {
				out[i] = m.panel(4*i, min(4*i+4, rows), weight)
			}
		})
	}
	all.Wait()
	return out
}

// panel merges the rows from first on, before end, by their columns.
func (m sparse) panel(first, end int, weight []float32) panel {
	p := panel{rows: [4]int{-1, -1, -1, -1}}
	var at [4]int // the next entry of each row
	for r := range end - first {
		p.rows[r], at[r] = first+r, m.start[first+r]
	}
	for {
		column := math.MaxInt
		for r := range end - first {
			if at[r] < m.start[first+r+1] {
				column = min(column, m.column[at[r]])
			}
		}
		if column == math.MaxInt {
			return p
		}
		p.columns = append(p.columns, column)
		for r := range 4 {
			w, e := float32(0), -1
			if r < end-first && at[r] < m.start[first+r+1] && m.column[at[r]] == column {
				if e = at[r]; m.entry != nil {
					e = m.entry[at[r]]
				}
				w = weight[e]
				at[r]++
			}
			p.weight, p.entry = append(p.weight, w), append(p.entry, e)
		}
	}
}

// sumRowsGo writes to each of four rows of equal length the sum of as many values
// of x from at[b] on, times weight[4*b + row], over all b.
func sumRowsGo(dst *[4][]float32, x []float32, at []int, weight []float32) {
	for _, row := range dst {
		clear(row)
	}
	for b, from := range at {
		for r, row := range dst {
			if w := weight[4*b+r]; w != 0 {
				for i, v := range x[from : from+len(row)] {
					row[i] += float32(w * v)
				}
			}
		}
	}
}

// dotRowsGo are the scalar products of four rows with x.
func dotRowsGo(rows *[4][]float32, x []float32) (out [4]float32) {
	for r, row := range rows {
		sum := float32(0)
		for i, v := range x {
			sum += float32(v * row[i])
		}
		out[r] = sum
	}
	return out
}
