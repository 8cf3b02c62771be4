package mil

import (
	"slices"

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

// cell is one entry of a sparse matrix.
type cell struct{ column, row, entry int }

// panels are the rows of T in fours.
func panels(t *topk.Selector) []panel {
	rows := make([][]cell, t.Rows)
	for i := range rows {
		for e := t.Start[i]; e < t.Start[i+1]; e++ {
			rows[i] = append(rows[i], cell{t.Column[e], i, e})
		}
	}
	return group(rows, t.Weight)
}

// transposedPanels are the columns of T in fours.
func transposedPanels(t *topk.Selector) []panel {
	rows := make([][]cell, t.Columns)
	for i := range t.Rows {
		for e := t.Start[i]; e < t.Start[i+1]; e++ {
			d := t.Column[e]
			rows[d] = append(rows[d], cell{i, d, e})
		}
	}
	return group(rows, t.Weight)
}

func group(rows [][]cell, weight []float32) []panel {
	var out []panel
	for first := 0; first < len(rows); first += 4 {
		four := rows[first:min(first+4, len(rows))]
		var p panel
		for k := range p.rows {
			if p.rows[k] = first + k; k >= len(four) {
				p.rows[k] = -1
			}
		}
		cells := slices.Concat(four...)
		slices.SortFunc(cells, func(a, b cell) int { return a.column - b.column })
		for _, c := range cells {
			if n := len(p.columns); n == 0 || p.columns[n-1] != c.column {
				p.columns = append(p.columns, c.column)
				p.weight = append(p.weight, 0, 0, 0, 0)
				p.entry = append(p.entry, -1, -1, -1, -1)
			}
			k := 4*(len(p.columns)-1) + c.row - first
			p.weight[k], p.entry[k] = weight[c.entry], c.entry
		}
		out = append(out, p)
	}
	return out
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
