package bag

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"zoomscope/engine/bag/internal/hdf5"
	"zoomscope/engine/grid"
)

// readCoordinates arranges files of one magnification each, whose places are the
// upper left corners of patches in level-0 pixels.
func (s *source) readCoordinates(req ImportRequest) error {
	var all []*cornered
	for i, f := range s.files {
		c, err := readCornered(f, req.Files[i], req.PatchSize)
		if err != nil {
			return fmt.Errorf("%s: %w", req.Files[i].Path, err)
		}
		c.file = s.ids[i]
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *cornered) int { return cmp.Compare(a.magnification, b.magnification) })
	s.patch = all[0].patch
	var magnifications []float64
	for i, c := range all {
		if c.patch != s.patch {
			return fmt.Errorf("%s: patches of %d pixels at %gx, of %d at %gx", req.Files[0].Path, s.patch, all[0].magnification, c.patch, c.magnification)
		}
		s.ids[i] = c.file
		magnifications = append(magnifications, c.magnification)
	}
	ratios, err := grid.Ratios(magnifications)
	if err != nil {
		return fmt.Errorf("%s: %w", req.Files[0].Path, err)
	}
	if err := s.nest(all, ratios); err != nil {
		return fmt.Errorf("%s: %w", req.Files[0].Path, err)
	}
	return nil
}

// corner is the upper left corner of a patch in level-0 pixels.
type corner struct{ x, y int64 }

// cornered is the content of one file.
type cornered struct {
	file          SourceFile
	features      *hdf5.Dataset
	corners       []corner
	rows          map[corner]int
	magnification float64
	patch         int   // pixels
	step          int64 // from a patch to its neighbour, level-0 pixels
}

func readCornered(f *hdf5.File, file ImportFile, patch int) (*cornered, error) {
	c := &cornered{patch: patch, rows: map[corner]int{}}
	var err error
	if c.features, err = f.Dataset("features"); err != nil {
		return nil, err
	}
	p, err := readPlaces(f, "coords", c.features, 2)
	if err != nil {
		return nil, err
	}
	if c.features.Rows == 0 {
		return nil, fmt.Errorf("no patches")
	}
	for i := range c.features.Rows {
		at := corner{p.row(i)[0], p.row(i)[1]}
		if _, twice := c.rows[at]; twice {
			return nil, fmt.Errorf("two patches are at %d, %d", at.x, at.y)
		}
		if max(at.x, -at.x, at.y, -at.y) > maxCell {
			return nil, fmt.Errorf("patch %d is at %d, %d", i, at.x, at.y)
		}
		c.rows[at] = i
		c.corners = append(c.corners, at)
	}
	d, err := f.Dataset("coords")
	if err != nil {
		return nil, err
	}
	return c, c.describe(d.Attributes, file.Magnification)
}

// describe takes magnification, patch size and step from what the file says,
// else from the user and from how the patches lie.
func (c *cornered) describe(about map[string]any, stated float64) error {
	number := func(name string) float64 {
		switch v := about[name].(type) {
		case int64:
			return float64(v)
		case float64:
			return v
		}
		return 0
	}
	c.magnification = cmp.Or(number("target_magnification"), stated)
	if c.magnification == 0 {
		return fmt.Errorf("the file does not say the magnification of its patches; state it with --magnification")
	}
	if stated != 0 && stated != c.magnification {
		return fmt.Errorf("the file says %gx, not %gx", c.magnification, stated)
	}
	if size := number("patch_size"); size != 0 {
		if !(size >= 1 && size <= maxPatch) || size != math.Trunc(size) {
			return fmt.Errorf("patches of %v pixels", size)
		}
		c.patch = int(size)
	}
	side, overlap := number("patch_size_level0"), number("overlap")
	if step := side - side*overlap/float64(c.patch); step >= 1 && step <= maxCell {
		c.step = int64(math.Round(step))
		return nil
	}
	c.step = usualStep(c.corners)
	return nil
}

// usualStep is the commonest distance of neighbours in a row or a column.
func usualStep(corners []corner) int64 {
	counts := map[int64]int{}
	count := func(along, across func(corner) int64) {
		sorted := slices.Clone(corners)
		slices.SortFunc(sorted, func(a, b corner) int {
			return cmp.Or(cmp.Compare(across(a), across(b)), cmp.Compare(along(a), along(b)))
		})
		for i := 1; i < len(sorted); i++ {
			if across(sorted[i]) == across(sorted[i-1]) {
				counts[along(sorted[i])-along(sorted[i-1])]++
			}
		}
	}
	x, y := func(c corner) int64 { return c.x }, func(c corner) int64 { return c.y }
	count(x, y)
	count(y, x)
	var best int64
	for step, n := range counts {
		if best == 0 || n > counts[best] || n == counts[best] && step < best {
			best = step
		}
	}
	return max(best, 1)
}

// nest keeps the patches of the lowest magnification below which all patches of
// all higher ones are there, with those.
func (s *source) nest(all []*cornered, ratios []int) error {
	for i := 1; i < len(all); i++ {
		if low, high := all[i-1], all[i]; low.step != high.step*int64(ratios[i]) {
			return fmt.Errorf("patches at %gx are %d level-0 pixels apart, those at %gx %d: they do not nest", low.magnification, low.step, high.magnification, high.step)
		}
	}
	s.levels, s.dropped = make([]sourceLevel, len(all)), make([]int, len(all))
	var roots []corner
	for _, at := range all[0].corners {
		rows, ok := family(all, ratios, at)
		if !ok {
			continue
		}
		roots = append(roots, at)
		for i := range rows {
			s.levels[i].rows = append(s.levels[i].rows, rows[i]...)
		}
	}
	if len(roots) == 0 {
		return fmt.Errorf("no patch at %gx has all of its patches at %gx: they do not nest", all[0].magnification, all[len(all)-1].magnification)
	}
	cells := s.place(roots, all[0].step)
	for i, c := range all {
		l := &s.levels[i]
		if i > 0 {
			cells = below(cells, ratios[i])
		}
		l.magnification, l.features, l.cells = c.magnification, c.features, cells
		if s.dropped[i] = len(c.corners) - len(l.rows); s.dropped[i] > 0 {
			s.notes = append(s.notes, fmt.Sprintf("%d of %d patches at %gx were left out: not all that belong to them are there at the other magnifications.",
				s.dropped[i], len(c.corners), c.magnification))
		}
	}
	return nil
}

// family are the rows of the patch at a corner of the lowest magnification and of
// all below it at the higher ones, in the bag's order; false if one is missing.
func family(all []*cornered, ratios []int, at corner) ([][]int, bool) {
	rows := make([][]int, len(all))
	corners := []corner{at}
	for i, c := range all {
		if i > 0 {
			var next []corner
			for _, p := range corners {
				for j := range int64(ratios[i]) {
					for k := range int64(ratios[i]) {
						next = append(next, corner{p.x + k*c.step, p.y + j*c.step})
					}
				}
			}
			corners = next
		}
		for _, p := range corners {
			row, ok := c.rows[p]
			if !ok {
				return nil, false
			}
			rows[i] = append(rows[i], row)
		}
	}
	return rows, true
}

// place gives the patches of the lowest magnification their cells: those of one
// lattice, where they lie on one, else the nearest ones.
func (s *source) place(corners []corner, step int64) []grid.Cell {
	first := corners[0]
	for _, c := range corners {
		first.x, first.y = min(first.x, c.x), min(first.y, c.y)
	}
	cells, aligned := make([]grid.Cell, len(corners)), true
	for i, c := range corners {
		dx, dy := c.x-first.x, c.y-first.y
		aligned = aligned && dx%step == 0 && dy%step == 0
		cells[i] = grid.Cell{Column: int((dx + step/2) / step), Row: int((dy + step/2) / step)}
	}
	if aligned {
		s.lattice = &Lattice{X: float64(first.x), Y: float64(first.y), Step: float64(step)}
	} else {
		s.notes = append(s.notes, "The patches lie on several grids, one for each piece of tissue: their cells in the bag are the nearest ones of a common grid, and nothing can be drawn over the slide from them.")
	}
	return cells
}

// below are the children of cells, those of each together, row by row.
func below(cells []grid.Cell, f int) []grid.Cell {
	children := make([]grid.Cell, 0, len(cells)*f*f)
	for _, p := range cells {
		for row := range f {
			for column := range f {
				children = append(children, grid.Cell{Column: p.Column*f + column, Row: p.Row*f + row})
			}
		}
	}
	return children
}
