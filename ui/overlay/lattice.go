package overlay

import (
	"math"

	"zoomscope/engine/result"
)

// lattice is the regular grid that the patches of a level lie on, one to a cell
// at the most.
type lattice struct {
	x, y          float64 // corner of the first cell
	width, height float64 // of a cell
	columns, rows int
	cells         []int32 // row by row, 1 + the patch's index, 0 for none
}

const (
	// maxSide bounds the sides of a picture of cells, in pixels: graphics cards
	// take no larger ones everywhere.
	maxSide = 4096
	// maxCells bounds the memory that a lattice and its picture take.
	maxCells = 1 << 22
	// slack is how far a patch may lie off its cell, in level-0 pixels: programs
	// that round places to whole pixels are off by as much.
	slack = 0.5
)

// newLattice finds the grid of the patches; nil where there is none, or one of
// more cells than can be drawn.
func newLattice(patches []result.Patch) *lattice {
	if len(patches) == 0 {
		return nil
	}
	g := &lattice{x: math.Inf(1), y: math.Inf(1), width: patches[0].Size, height: patches[0].Height}
	if !(g.width > 0 && g.height > 0) {
		return nil
	}
	right, bottom := math.Inf(-1), math.Inf(-1)
	for _, p := range patches {
		g.x, g.y = min(g.x, p.X), min(g.y, p.Y)
		right, bottom = max(right, p.X), max(bottom, p.Y)
	}
	columns, rows := math.Round((right-g.x)/g.width)+1, math.Round((bottom-g.y)/g.height)+1
	if !(max(columns, rows) <= maxSide && columns*rows <= maxCells) {
		return nil
	}
	g.columns, g.rows = int(columns), int(rows)
	g.cells = make([]int32, g.columns*g.rows)
	if !g.fill(patches) {
		return nil
	}
	return g
}

// fill puts every patch into its cell; false where one has none of its own.
func (g *lattice) fill(patches []result.Patch) bool {
	for i, p := range patches {
		column, row := math.Round((p.X-g.x)/g.width), math.Round((p.Y-g.y)/g.height)
		if !near(p.X, g.x+column*g.width, g.width) || !near(p.Y, g.y+row*g.height, g.height) ||
			!near(p.Size, g.width, g.width) || !near(p.Height, g.height, g.height) {
			return false
		}
		cell := &g.cells[int(row)*g.columns+int(column)]
		if *cell != 0 {
			return false
		}
		*cell = int32(i + 1)
	}
	return true
}

// near reports whether a is b, but for rounding, on a grid of the given side.
func near(a, b, side float64) bool { return math.Abs(a-b) <= min(slack, side/16) }

// area is what the cells cover.
func (g *lattice) area() result.Rect {
	return result.Rect{X: g.x, Y: g.y, Width: float64(g.columns) * g.width, Height: float64(g.rows) * g.height}
}

// at is the patch in the cell under a place.
func (g *lattice) at(x, y float64) (patch int, ok bool) {
	column, row := along(x, g.x, g.width, g.columns), along(y, g.y, g.height, g.rows)
	if column < 0 || row < 0 {
		return 0, false
	}
	patch = int(g.cells[row*g.columns+column]) - 1
	return patch, patch >= 0
}

// along is which of n intervals of the given side, the first beginning at
// origin, holds v; -1 where none does.
func along(v, origin, side float64, n int) int {
	i := math.Floor((v - origin) / side)
	// The division may round across an edge; the edges themselves are exact.
	if v < origin+i*side {
		i--
	} else if v >= origin+(i+1)*side {
		i++
	}
	if !(i >= 0 && i < float64(n)) {
		return -1
	}
	return int(i)
}
