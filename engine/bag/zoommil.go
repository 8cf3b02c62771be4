package bag

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zoomscope/engine/bag/internal/hdf5"
	"zoomscope/engine/grid"
)

// maxCoordinates bounds the numbers of a table of places.
const maxCoordinates = 1 << 25

// publicPatch is the side of the patches of the public ZoomMIL code.
const publicPatch = 256

// levelName is the magnification of a dataset of features, such as 2.5x_patches.
func levelName(dataset string) (float64, bool) {
	text, ok := strings.CutSuffix(dataset, "x_patches")
	if !ok {
		return 0, false
	}
	m, err := strconv.ParseFloat(text, 64)
	return m, err == nil && m > 0 && m < 1e4
}

// readZoomMIL arranges the file of the public ZoomMIL code, whose places are
// (row, column) of the lowest magnification, then the offsets (row, column)
// within each parent; the children of a patch stand together, column by column.
func (s *source) readZoomMIL(req ImportRequest) error {
	if len(s.files) != 1 {
		return fmt.Errorf("%s: has all magnifications of its slide; it cannot be joined with other files", req.Files[1].Path)
	}
	if req.Files[0].Magnification != 0 {
		return fmt.Errorf("%s: states its magnifications itself", req.Files[0].Path)
	}
	if err := s.zoomMILLevels(); err != nil {
		return fmt.Errorf("%s: %w", req.Files[0].Path, err)
	}
	s.patch = publicPatch
	s.dropped = make([]int, len(s.levels))
	s.notes = append(s.notes, "The file does not say where its grid begins on the slide, so that nothing can be drawn over the slide from this bag.")
	return nil
}

func (s *source) zoomMILLevels() error {
	f := s.files[0]
	for _, name := range f.Names() {
		if m, ok := levelName(name); ok {
			d, err := f.Dataset(name)
			if err != nil {
				return err
			}
			s.levels = append(s.levels, sourceLevel{magnification: m, features: d})
		}
	}
	slices.SortFunc(s.levels, func(a, b sourceLevel) int { return cmp.Compare(a.magnification, b.magnification) })
	var magnifications []float64
	for _, l := range s.levels {
		magnifications = append(magnifications, l.magnification)
	}
	ratios, err := grid.Ratios(magnifications)
	if err != nil {
		return err
	}
	parents := places{}
	for i := range s.levels {
		p, err := s.zoomMILPlaces(i)
		if err == nil {
			err = s.levels[i].arrange(s.levels[:i], parents, p, ratios[i])
		}
		if err != nil {
			return fmt.Errorf("%gx: %w", magnifications[i], err)
		}
		parents = p
	}
	return nil
}

// places is a table of places: so many numbers a row.
type places struct {
	numbers []int64
	columns int
}

func (p places) row(i int) []int64 { return p.numbers[i*p.columns : (i+1)*p.columns] }

// zoomMILPlaces reads the table of places that belongs to a level.
func (s *source) zoomMILPlaces(level int) (places, error) {
	features := s.levels[level].features
	for _, name := range s.files[0].Names() {
		text, ok := strings.CutSuffix(name, "x_coords")
		if m, err := strconv.ParseFloat(text, 64); !ok || err != nil || m != s.levels[level].magnification {
			continue
		}
		return readPlaces(s.files[0], name, features, 2*(level+1))
	}
	return places{}, fmt.Errorf("no coordinates for the patches")
}

// readPlaces reads a table of places that goes with one of features.
func readPlaces(f *hdf5.File, name string, features *hdf5.Dataset, columns int) (places, error) {
	d, err := f.Dataset(name)
	if err != nil {
		return places{}, err
	}
	if d.Rows != features.Rows || d.Columns != columns {
		return places{}, fmt.Errorf("%s is %d x %d, must be %d x %d", name, d.Rows, d.Columns, features.Rows, columns)
	}
	numbers, err := d.Integers(maxCoordinates)
	return places{numbers, columns}, err
}

// arrange puts the rows of a level in the bag's order below those of the level
// before, the last of below.
func (l *sourceLevel) arrange(below []sourceLevel, parents, own places, f int) error {
	if len(below) == 0 {
		for i := range l.features.Rows {
			at := own.row(i)
			cell, err := cellAt(at[1], at[0])
			if err != nil {
				return fmt.Errorf("patch %d: %w", i, err)
			}
			l.rows, l.cells = append(l.rows, i), append(l.cells, cell)
		}
		return nil
	}
	parent := below[len(below)-1]
	if own := l.features.Rows; own != len(parent.rows)*f*f {
		return fmt.Errorf("%d patches, expected %d for each of %d below", own, f*f, len(parent.rows))
	}
	for i, row := range parent.rows {
		children, err := childrenOf(parents.row(row), own, row*f*f, f)
		if err != nil {
			return err
		}
		l.rows = append(l.rows, children...)
		for j := range children {
			c := parent.cells[i]
			l.cells = append(l.cells, grid.Cell{Column: c.Column*f + j%f, Row: c.Row*f + j/f})
		}
	}
	return nil
}

// childrenOf orders the f*f rows from first on, which must be the children of a
// patch, row by row within it.
func childrenOf(parent []int64, own places, first, f int) ([]int, error) {
	children := make([]int, f*f)
	for i := range children {
		children[i] = -1
	}
	for row := first; row < first+f*f; row++ {
		at := own.row(row)
		if !slices.Equal(at[:len(parent)], parent) {
			return nil, fmt.Errorf("patch %d is not below that at %v, where its place in the table says", row, parent)
		}
		down, right := at[len(parent)], at[len(parent)+1]
		if down < 0 || right < 0 || down >= int64(f) || right >= int64(f) || children[int(down)*f+int(right)] >= 0 {
			return nil, fmt.Errorf("patch %d is at row %d, column %d of its parent, or another is", row, down, right)
		}
		children[int(down)*f+int(right)] = row
	}
	return children, nil
}

func cellAt(column, row int64) (grid.Cell, error) {
	if column < 0 || row < 0 || column > maxCell || row > maxCell {
		return grid.Cell{}, fmt.Errorf("is at column %d, row %d", column, row)
	}
	return grid.Cell{Column: int(column), Row: int(row)}, nil
}
