package synth

import (
	"image"
	"math"
)

// tile period of the grids on which objects are placed; each has a whole number
// of cells in it.
const gridPeriod = 1024 * um

// grid places at most one object per cell.
type grid struct {
	cells int // in gridPeriod
	salt  uint64
}

var (
	glandGrid   = grid{6, 0x61a}
	vacuoleGrid = grid{16, 0xfa7}
	nucleusGrid = grid{96, 0x4c1}
	dustGrid    = grid{2, 0xd57}
)

// origin is where a cell begins.
func (g grid) origin(i int) int { return floorDiv(i*gridPeriod, g.cells) }

// index is the cell that a coordinate lies in.
func (g grid) index(v int) int { return floorDiv(v*g.cells, gridPeriod) }

func (g grid) side() int { return gridPeriod / g.cells }

// seed draws the random bits of a cell.
func (w *world) seedOf(g grid, col, row int) dice {
	seed := w.seed ^ g.salt
	if w.period != 0 {
		n := w.period / gridPeriod * g.cells
		col, row = (col%n+n)%n, (row%n+n)%n
		seed ^= mix(w.variant)
	}
	return dice(hash(seed, col, row))
}

// whole reports whether an object of a reach lies within one period: objects
// that cross its edges are left out, so that neighbours need not agree on them.
func (w *world) whole(x, y, reach int) bool {
	if w.period == 0 {
		return true
	}
	log := logOf(w.period)
	return (x-reach)>>log == (x+reach)>>log && (y-reach)>>log == (y+reach)>>log
}

// round object: gland or vacuole.
type gland struct {
	vector
	a, b int    // half axes; a = 0 for no gland
	axis vector // of a
	wall int
}

type vacuole struct {
	vector
	radius int // 0 for none
}

// Farthest that a gland or a vacuole shows from its centre, and that a centre
// lies from its cell's middle.
const (
	glandReach   = 118 * um
	vacuoleReach = 52 * um
	nucleusReach = 14 * um
)

// scene is what grows within an area, looked up by place.
type scene struct {
	w        *world
	glands   cells[gland]
	vacuoles cells[vacuole]
}

// cells are the objects of a grid's cells within an area.
type cells[T any] struct {
	grid
	area image.Rectangle // of cells
	all  []T
}

func (c *cells[T]) fill(g grid, area image.Rectangle, reach int, grow func(col, row int) T) {
	area = area.Inset(-reach - g.side()/2)
	c.grid = g
	c.area = image.Rect(g.index(area.Min.X), g.index(area.Min.Y), g.index(area.Max.X)+1, g.index(area.Max.Y)+1)
	c.all = c.all[:0]
	for row := c.area.Min.Y; row < c.area.Max.Y; row++ {
		for col := c.area.Min.X; col < c.area.Max.X; col++ {
			c.all = append(c.all, grow(col, row))
		}
	}
}

// near calls see for the objects of the cell of a place and of the eight around it.
func (c *cells[T]) near(x, y int, see func(*T)) {
	ix, iy := c.index(x), c.index(y)
	for row := max(iy-1, c.area.Min.Y); row <= min(iy+1, c.area.Max.Y-1); row++ {
		for col := max(ix-1, c.area.Min.X); col <= min(ix+1, c.area.Max.X-1); col++ {
			see(&c.all[(row-c.area.Min.Y)*c.area.Dx()+col-c.area.Min.X])
		}
	}
}

// set finds what grows in the area.
func (s *scene) set(w *world, area image.Rectangle) {
	s.w = w
	s.glands.fill(glandGrid, area, glandReach, s.gland)
	s.vacuoles.fill(vacuoleGrid, area, vacuoleReach, s.vacuole)
}

func (s *scene) gland(col, row int) gland {
	w, d := s.w, s.w.seedOf(glandGrid, col, row)
	side := glandGrid.side()
	x := glandGrid.origin(col) + side/2 + side/2*(row&1) + d.between(-24, 24)*um // every other row shifted
	y := glandGrid.origin(row) + side/2 + d.between(-24, 24)*um
	if w.planAt(x, y) < w.glandLevel+d.between(-1500, 1500) {
		return gland{}
	}
	b := d.between(38, 66) * um
	g := gland{vector{x, y}, b * d.between(100, 145) / 100, b, direction(d.upto(turns)), d.between(17, 23) * um}
	if !w.whole(x, y, g.a+17*um) || w.tissueAt(x, y) < g.a*5/4 || w.nearNest(g.vector, g.a+20*um) {
		return gland{}
	}
	return g
}

// inside is how far inside the outline of a gland, without its bulges, a place lies.
func (g *gland) inside(x, y int) int {
	dx, dy := x-g.x, y-g.y
	u := float64(dx*g.axis.x+dy*g.axis.y) / float64(unit*g.a)
	v := float64(dy*g.axis.x-dx*g.axis.y) / float64(unit*g.b)
	return int(float64((1 - math.Sqrt(float64(u*u)+float64(v*v))) * float64(g.b)))
}

// far is the value of insides where there is nothing near.
const far = -1 << 20

// glandAt is how far inside a gland's outline a place lies.
func (s *scene) glandAt(x, y int) int {
	best := far
	s.glands.near(x, y, func(g *gland) {
		if g.a > 0 {
			best = max(best, g.inside(x, y))
		}
	})
	if best < -30*um {
		return best
	}
	return best + s.w.bulgeAt(x, y)
}

func (s *scene) vacuole(col, row int) vacuole {
	w, d := s.w, s.w.seedOf(vacuoleGrid, col, row)
	side := vacuoleGrid.side()
	x := vacuoleGrid.origin(col) + side/2 + side/2*(row&1) + d.between(-13, 13)*um
	y := vacuoleGrid.origin(row) + side/2 + d.between(-13, 13)*um
	r := d.between(30, 43) * um
	switch {
	case w.fatAt(x, y) < w.fatLevel+d.between(-900, 900),
		!w.whole(x, y, r+8*um),
		w.tissueAt(x, y) < r,
		w.nearNest(vector{x, y}, r+30*um):
		return vacuole{}
	}
	return vacuole{vector{x, y}, r}
}

// membrane is half of the thickness of the wall between two vacuoles.
const membrane = um * 3 / 4

// vacuoleAt is how far inside a vacuole a place lies.
func (s *scene) vacuoleAt(x, y int) int {
	first, second := far, far
	s.vacuoles.near(x, y, func(v *vacuole) {
		if v.radius > 0 {
			d := v.radius - length(x-v.x, y-v.y)
			first, second = max(first, d), max(second, min(first, d))
		}
	})
	return between(first, second)
}

// between is the inside of the nearer of two vacuoles, given both insides.
func between(first, second int) int { return min(first, (first-second)/2-membrane) }
