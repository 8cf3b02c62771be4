package grid

import (
	"errors"
	"fmt"
	"image"
	"iter"
	"math"
	"strings"

	"zoomscope/slideio"
)

// ErrNoResolution: the slide's physical resolution is not known, so that no
// patch has a size.
var ErrNoResolution = errors.New("physical resolution is not known; state the magnification that the slide was scanned at")

const (
	// unit, in level-0 pixels, is what all coordinates are multiples of. Below
	// maxExtent they fit the 53 bits of a float64, so that sums are exact.
	unit      = 1.0 / (1 << 28)
	maxExtent = 1 << 24

	// sliver is how far, in level-0 pixels, the bounds may stick out of the grid:
	// the rounding of a side must not cost a row of patches.
	sliver = 1.0 / 1024

	maxLowest    = 1 << 22
	maxPatches   = 1 << 40
	maxPatchSize = 1 << 14
)

// Geometry is what the grid needs to know of a slide.
type Geometry struct {
	// Bounds is the part of level 0 to cover.
	Bounds image.Rectangle
	// MPPX, MPPY are the micrometres per level-0 pixel.
	MPPX, MPPY float64
}

// GeometryOf takes the geometry from a slide's info; the error of a slide
// without a known resolution names the file and wraps ErrNoResolution.
func GeometryOf(in *slideio.Info) (Geometry, error) {
	g := Geometry{Bounds: in.Bounds, MPPX: in.Resolution.X, MPPY: in.Resolution.Y}
	if !in.Resolution.Known() {
		return g, fmt.Errorf("%s: %w", in.Path, ErrNoResolution)
	}
	return g, nil
}

// Magnification is 10 / (micrometres per pixel), by the mean of both axes.
func (g Geometry) Magnification() float64 { return 20 / (g.MPPX + g.MPPY) }

// Cell is a place in the grid of one magnification.
type Cell struct{ Column, Row int }

// Level is the grid of one magnification.
type Level struct {
	Magnification float64
	// SideX, SideY are the size of a patch in level-0 pixels.
	SideX, SideY float64
	// Columns, Rows count the patches, overhanging ones included.
	Columns, Rows int
	// Ratio is that of this magnification to the one below, so that a patch of
	// that one has Ratio*Ratio children here; 1 at the lowest.
	Ratio int
}

// Grid is the patches of a slide at several magnifications, lowest first. It
// never changes and may be used from several goroutines.
type Grid struct {
	geometry  Geometry
	patchSize int
	levels    []Level
}

// New lays out patches of patchSize pixels at each of the magnifications, which
// ascend by whole factors. Geometry without a resolution gives ErrNoResolution;
// grids too large to be meant are errors too.
func New(g Geometry, magnifications []float64, patchSize int) (*Grid, error) {
	if !(g.MPPX > 0 && g.MPPY > 0) || math.IsInf(g.MPPX+g.MPPY, 0) {
		return nil, ErrNoResolution
	}
	if g.Bounds.Empty() {
		return nil, errors.New("grid: slide has no extent")
	}
	if patchSize < 1 || patchSize > maxPatchSize {
		return nil, fmt.Errorf("grid: patches of %d pixels, must be from 1 to %d", patchSize, maxPatchSize)
	}
	ratios, err := Ratios(magnifications)
	if err != nil {
		return nil, err
	}
	grid := &Grid{geometry: g, patchSize: patchSize, levels: make([]Level, len(ratios))}
	total := 1
	for i, r := range ratios {
		grid.levels[i] = Level{Magnification: magnifications[i], Ratio: r}
		total *= r
	}
	if err := grid.lay(total); err != nil {
		return nil, err
	}
	return grid, nil
}

// maxRatio bounds the ratio of the highest to the lowest magnification.
const maxRatio = 1 << 10

// Ratios returns the ratio of each magnification to the one before it, 1 for
// the first. Magnifications that are not positive, do not ascend, or whose
// ratios are not whole numbers are errors.
func Ratios(magnifications []float64) ([]int, error) {
	if len(magnifications) == 0 {
		return nil, errors.New("grid: no magnification")
	}
	ratios := make([]int, len(magnifications))
	total := 1
	for i, m := range magnifications {
		if !(m > 0) || math.IsInf(m, 0) {
			return nil, fmt.Errorf("grid: magnification %v is not a positive number", m)
		}
		if i == 0 {
			ratios[i] = 1
			continue
		}
		below := magnifications[i-1]
		f := math.Round(m / below)
		if f < 2 {
			return nil, fmt.Errorf("grid: magnification %v after %v: must be larger by a whole factor", m, below)
		}
		if math.Abs(m/below-f) > 1e-6*f {
			return nil, fmt.Errorf("grid: magnification %v is %.4g times %v: must be a whole factor", m, m/below, below)
		}
		if f > maxRatio || total*int(f) > maxRatio {
			return nil, fmt.Errorf("grid: magnification %v is more than %d times the lowest", m, maxRatio)
		}
		ratios[i] = int(f)
		total *= ratios[i]
	}
	return ratios, nil
}

// lay sets the sides and counts; total is the ratio of the highest to the
// lowest magnification.
func (g *Grid) lay(total int) error {
	top := g.levels[len(g.levels)-1].Magnification
	side := func(mpp float64) float64 {
		return math.Round(float64(g.patchSize)*(10/top)/mpp/unit) * unit
	}
	x, y := side(g.geometry.MPPX), side(g.geometry.MPPY)
	if min(x, y) < 1.0/16 || max(x, y)*float64(total) > maxExtent {
		return fmt.Errorf("grid: patches at %gx would be %.3g x %.3g pixels of the slide", top, x, y)
	}
	b := g.geometry.Bounds
	columns, err := count(b.Min.X, b.Max.X, x*float64(total))
	if err != nil {
		return err
	}
	rows, err := count(b.Min.Y, b.Max.Y, y*float64(total))
	if err != nil {
		return err
	}
	if columns*rows > maxLowest || columns*rows*total*total > maxPatches {
		return fmt.Errorf("grid: %d x %d patches at %gx are too many", columns, rows, g.levels[0].Magnification)
	}
	scale := 1
	for i := range g.levels {
		l := &g.levels[i]
		scale *= l.Ratio
		l.SideX, l.SideY = x*float64(total/scale), y*float64(total/scale)
		l.Columns, l.Rows = columns*scale, rows*scale
	}
	return nil
}

// count is how many sides cover the pixels lo..hi.
func count(lo, hi int, side float64) (int, error) {
	n := max(1, int(math.Ceil((float64(hi)-float64(lo)-sliver)/side)))
	if math.Abs(float64(lo)) > maxExtent || math.Abs(float64(lo)+float64(n)*side) > maxExtent {
		return 0, fmt.Errorf("grid: slide of %d pixels is too large", hi-lo)
	}
	return n, nil
}

// Geometry is what the grid was made for.
func (g *Grid) Geometry() Geometry { return g.geometry }

// PatchSize is the side of a patch in pixels of its own magnification.
func (g *Grid) PatchSize() int { return g.patchSize }

// Levels is the number of magnifications.
func (g *Grid) Levels() int { return len(g.levels) }

// Level is the grid of the i-th magnification, lowest first.
func (g *Grid) Level(i int) Level { return g.levels[i] }

// Area is what the grid covers, overhang included, in level-0 pixels.
func (g *Grid) Area() slideio.Rect {
	l, b := g.levels[0], g.geometry.Bounds
	return slideio.Rect{
		X: float64(b.Min.X), Y: float64(b.Min.Y),
		W: float64(l.Columns) * l.SideX, H: float64(l.Rows) * l.SideY,
	}
}

// Rect is a patch in level-0 pixels.
func (g *Grid) Rect(level int, c Cell) slideio.Rect {
	l, b := g.levels[level], g.geometry.Bounds
	return slideio.Rect{
		X: float64(b.Min.X) + float64(c.Column)*l.SideX,
		Y: float64(b.Min.Y) + float64(c.Row)*l.SideY,
		W: l.SideX, H: l.SideY,
	}
}

// Children are the patches at level+1 of parents at level: those of each parent
// together, row by row, so that child j of parent i is at index i*f*f + j.
func (g *Grid) Children(level int, parents []Cell) []Cell {
	f := g.levels[level+1].Ratio
	children := make([]Cell, 0, len(parents)*f*f)
	for _, p := range parents {
		for row := range f {
			for column := range f {
				children = append(children, Cell{p.Column*f + column, p.Row*f + row})
			}
		}
	}
	return children
}

// Parent is the patch at level-1 that holds a patch at level.
func (g *Grid) Parent(level int, c Cell) Cell {
	f := g.levels[level].Ratio
	return Cell{c.Column / f, c.Row / f}
}

// All are the patches of a level, row by row.
func (g *Grid) All(level int) iter.Seq[Cell] {
	l := g.levels[level]
	return func(yield func(Cell) bool) {
		for row := range l.Rows {
			for column := range l.Columns {
				if !yield(Cell{column, row}) {
					return
				}
			}
		}
	}
}

// Lowest are the patches of the lowest magnification whose share of tissue
// reaches the threshold, row by row; cover gives the share of a rectangle in
// level-0 pixels. When none does, all patches count, and all is true.
func (g *Grid) Lowest(cover func(slideio.Rect) float64, threshold float64) (cells []Cell, all bool) {
	for c := range g.All(0) {
		if cover(g.Rect(0, c)) >= threshold {
			cells = append(cells, c)
		}
	}
	if len(cells) > 0 {
		return cells, false
	}
	for c := range g.All(0) {
		cells = append(cells, c)
	}
	return cells, true
}

// Coverage says how much of the tissue that was found is in the patches of the
// lowest magnification that count. The zero value leaves out nothing.
type Coverage struct {
	LeftOut   float64 // share of the tissue's area that is in none of them, 0 to 1
	Threshold float64 // share of tissue from which a patch counts
}

// Coverage reckons what the cells that Lowest gave leave out: cover and threshold
// are those that it was given.
func (g *Grid) Coverage(cover func(slideio.Rect) float64, threshold float64, cells []Cell) Coverage {
	within, all := 0.0, 0.0 // patches are of one size, so that their shares add up
	for _, c := range cells {
		within += cover(g.Rect(0, c))
	}
	for c := range g.All(0) {
		all += cover(g.Rect(0, c))
	}
	if all == 0 {
		return Coverage{Threshold: threshold}
	}
	return Coverage{LeftOut: max(0, 1-within/all), Threshold: threshold}
}

// Exhaustive is how many patches a method that does not zoom would read, over
// all magnifications, below nLowest patches of the lowest.
func (g *Grid) Exhaustive(nLowest int) int {
	sum, n := 0, nLowest
	for _, l := range g.levels {
		n *= l.Ratio * l.Ratio
		sum += n
	}
	return sum
}

// magnified is by how much a magnification may exceed the scan's before it
// shows.
const magnified = 1.1

// Enlarged tells whether patches at a magnification show less detail than they
// should, of a slide that was scanned at another.
func Enlarged(magnification, scan float64) bool { return magnification > scan*magnified }

// Warnings are sentences for the user about what the slide cannot give.
func (g *Grid) Warnings() []string {
	var enlarged []string
	scan := g.geometry.Magnification()
	for _, l := range g.levels {
		if Enlarged(l.Magnification, scan) {
			enlarged = append(enlarged, fmt.Sprintf("%gx", l.Magnification))
		}
	}
	if enlarged == nil {
		return nil
	}
	return []string{fmt.Sprintf("The slide was scanned at %.3gx; its patches at %s are enlarged and show no more detail than that.",
		scan, strings.Join(enlarged, ", "))}
}

// mostLeftOut is the share of the tissue that may lie at its rim, in patches that do
// not count, before it is worth a word.
const mostLeftOut = 0.1

// Warning is a sentence for the user about tissue that is in no patch, "" where that
// is little.
func (c Coverage) Warning() string {
	if c.LeftOut <= mostLeftOut {
		return ""
	}
	return fmt.Sprintf("The patches cover %.0f %% of the tissue that was found: the tissue settings leave out patches with less than %.3g %% tissue.",
		100*(1-c.LeftOut), 100*c.Threshold)
}
