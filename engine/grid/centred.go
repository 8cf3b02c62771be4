package grid

import (
	"fmt"
	"image"
	"math"

	"zoomscope/slideio"
)

// Centred is the patch layout of the published research code, which its feature
// files refer to: the picture of the highest magnification is padded with white
// on all sides to whole patches of the lowest one, and each lower picture to the
// size that corresponds. Magnifications double from level to level. The children
// of a patch are ordered by columns: (row, column) offsets (0,0), (1,0), (0,1),
// (1,1).
type Centred struct {
	patchSize int
	pictures  []Picture
	columns   int // of the lowest magnification
	rows      int
}

// Picture is how the research code gets the picture of one magnification: a
// level of the file, reduced by a whole factor with a triangle filter
// (ResizeBilinear of engine/tissue).
type Picture struct {
	Level  int
	Reduce int
	Size   image.Point // after the reduction
	// Shrink is how many level-0 pixels go along one pixel, to the nearest whole
	// number.
	Shrink int
}

// Pictures returns where the research code takes the magnifications of a slide
// from that was scanned at the given power: the coarsest level that is at least
// as fine. Levels count by their downsample to the nearest whole number.
func Pictures(levels []slideio.Level, power float64, magnifications []float64) ([]Picture, error) {
	var out []Picture
	for _, m := range magnifications {
		shrink := int(power / m)
		if !(m > 0) || shrink < 1 || float64(shrink)*m != power {
			return nil, fmt.Errorf("centred grid: %vx is not a whole fraction of %vx", m, power)
		}
		p := Picture{Shrink: shrink}
		native := 0
		for i, l := range levels {
			if f := int(math.Round(l.Downsample)); f <= shrink && f > native {
				p.Level, native = i, f
			}
		}
		if native == 0 {
			return nil, fmt.Errorf("centred grid: no level is as fine as %vx", m)
		}
		p.Reduce = shrink / native
		p.Size = image.Pt(levels[p.Level].Width/p.Reduce, levels[p.Level].Height/p.Reduce)
		out = append(out, p)
	}
	return out, nil
}

// NewCentred lays out patches over the pictures of one slide, lowest
// magnification first, each of which doubles the one before.
func NewCentred(pictures []Picture, patchSize int) (*Centred, error) {
	if len(pictures) == 0 || len(pictures) > 16 || patchSize < 1 || patchSize > maxPatchSize {
		return nil, fmt.Errorf("centred grid: %d magnifications, patches of %d pixels", len(pictures), patchSize)
	}
	for i, p := range pictures {
		if max(p.Size.X, p.Size.Y) > maxExtent || min(p.Size.X, p.Size.Y) < 1 {
			return nil, fmt.Errorf("centred grid: picture of %d x %d pixels", p.Size.X, p.Size.Y)
		}
		if p.Shrink < 1 || i > 0 && 2*p.Shrink != pictures[i-1].Shrink {
			return nil, fmt.Errorf("centred grid: reduction %d, must be half the one before", p.Shrink)
		}
	}
	c := &Centred{patchSize: patchSize, pictures: pictures}
	top := pictures[len(pictures)-1].Size
	block := patchSize << (len(pictures) - 1)
	c.columns, c.rows = (top.X+block-1)/block, (top.Y+block-1)/block
	if c.columns*c.rows > maxLowest {
		return nil, fmt.Errorf("centred grid: %d x %d patches are too many", c.columns, c.rows)
	}
	for i, p := range pictures {
		if padded := c.Padded(i); p.Size.X > padded.X || p.Size.Y > padded.Y {
			return nil, fmt.Errorf("centred grid: picture of %d x %d pixels does not fit %v", p.Size.X, p.Size.Y, padded)
		}
	}
	return c, nil
}

// Levels is the number of magnifications.
func (c *Centred) Levels() int { return len(c.pictures) }

// Size is the grid of a level.
func (c *Centred) Size(level int) (columns, rows int) {
	return c.columns << level, c.rows << level
}

// Padded is the size of a level's picture with its padding.
func (c *Centred) Padded(level int) image.Point {
	columns, rows := c.Size(level)
	return image.Pt(columns*c.patchSize, rows*c.patchSize)
}

// Offset is where the level's picture begins in the padded one.
func (c *Centred) Offset(level int) image.Point {
	return c.Padded(level).Sub(c.pictures[level].Size).Div(2)
}

// Rect is a patch in pixels of its level's picture, without the padding, which
// it may overhang on any side.
func (c *Centred) Rect(level int, cell Cell) image.Rectangle {
	at := image.Pt(cell.Column, cell.Row).Mul(c.patchSize).Sub(c.Offset(level))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(c.patchSize, c.patchSize))}
}

// Level0 is a patch in level-0 pixels.
func (c *Centred) Level0(level int, cell Cell) slideio.Rect {
	r, s := c.Rect(level, cell), c.pictures[level].Shrink
	return slideio.RectOf(image.Rectangle{Min: r.Min.Mul(s), Max: r.Max.Mul(s)})
}

// Lowest are the patches of the lowest magnification whose share of tissue
// reaches the threshold, row by row; cover gives the share of a rectangle of the
// padded picture. When none does, all patches count, and all is true.
func (c *Centred) Lowest(cover func(image.Rectangle) float64, threshold float64) (cells []Cell, all bool) {
	var every []Cell
	for row := range c.rows {
		for column := range c.columns {
			cell := Cell{column, row}
			every = append(every, cell)
			if cover(c.Rect(0, cell).Add(c.Offset(0))) >= threshold {
				cells = append(cells, cell)
			}
		}
	}
	if len(cells) > 0 {
		return cells, false
	}
	return every, true
}

// Children are the patches one level up, in the research code's order.
func (c *Centred) Children(parents []Cell) []Cell {
	children := make([]Cell, 0, 4*len(parents))
	for _, p := range parents {
		for column := range 2 {
			for row := range 2 {
				children = append(children, Cell{2*p.Column + column, 2*p.Row + row})
			}
		}
	}
	return children
}

// Coords is how the research code's files name a patch: row and column at the
// lowest level, then for each further level the row and column offset within the
// parent.
func (c *Centred) Coords(level int, cell Cell) []int {
	coords := make([]int, 2*(level+1))
	for l := level; l > 0; l-- {
		coords[2*l], coords[2*l+1] = cell.Row&1, cell.Column&1
		cell = Cell{cell.Column / 2, cell.Row / 2}
	}
	coords[0], coords[1] = cell.Row, cell.Column
	return coords
}

// Cell is the inverse of Coords: the level and the place that coords name.
// Coordinates outside the grid are an error.
func (c *Centred) Cell(coords []int) (level int, cell Cell, err error) {
	level = len(coords)/2 - 1
	if len(coords)%2 != 0 || level < 0 || level >= c.Levels() {
		return 0, Cell{}, fmt.Errorf("centred grid: %d coordinates for at most %d magnifications", len(coords), c.Levels())
	}
	for l := range level + 1 {
		row, column := coords[2*l], coords[2*l+1]
		rows, columns := 2, 2
		if l == 0 {
			rows, columns = c.rows, c.columns
		}
		if row < 0 || column < 0 || row >= rows || column >= columns {
			return 0, Cell{}, fmt.Errorf("centred grid: coordinates %v lie outside", coords)
		}
		cell = Cell{2*cell.Column + column, 2*cell.Row + row}
	}
	return level, cell, nil
}
