package bag

import (
	"fmt"
	"slices"

	"zoomscope/engine/grid"
)

// Reader gives the features of a slide: a Bag, a File, or a View of either. The
// level counts the magnifications of the manifest from 0, the lowest. Methods
// may be called from several goroutines at once.
type Reader interface {
	Manifest() Manifest
	// Len is the number of patches of a level.
	Len(level int) int
	// Cells are the places of the patches of a level; they must not be written to.
	Cells(level int) []grid.Cell
	// Features writes those of the patches named by rows to dst, which has
	// len(rows) * Encoder.Dim values.
	Features(dst []float32, level int, rows []int) error
}

// Level is one magnification of a Bag.
type Level struct {
	Cells    []grid.Cell
	Features []float32 // [N, D]
}

// Bag is a bag in memory.
type Bag struct {
	manifest Manifest
	levels   []Level
}

// New makes a bag of levels, lowest first, which it keeps. Levels that do not
// fit the manifest are an error.
func New(m Manifest, levels []Level) (*Bag, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	var cells [][]grid.Cell
	for _, l := range levels {
		cells = append(cells, l.Cells)
	}
	if err := m.checkCells(cells); err != nil {
		return nil, err
	}
	for i, l := range levels {
		if len(l.Features) != len(l.Cells)*m.Encoder.Dim {
			return nil, fmt.Errorf("%gx: %d values for %d patches of %d", m.Magnifications[i], len(l.Features), len(l.Cells), m.Encoder.Dim)
		}
	}
	return &Bag{m.clone(), levels}, nil
}

// Manifest implements Reader.
func (b *Bag) Manifest() Manifest { return b.manifest.clone() }

// Len implements Reader.
func (b *Bag) Len(level int) int { return len(b.levels[level].Cells) }

// Cells implements Reader.
func (b *Bag) Cells(level int) []grid.Cell { return b.levels[level].Cells }

// Features implements Reader.
func (b *Bag) Features(dst []float32, level int, rows []int) error {
	dim := b.manifest.Encoder.Dim
	if err := checkRows(rows, b.Len(level), len(dst), dim); err != nil {
		return err
	}
	for i, row := range rows {
		copy(dst[i*dim:(i+1)*dim], b.levels[level].Features[row*dim:])
	}
	return nil
}

// checkRows makes sure that rows are among n, and that room is right for them.
func checkRows(rows []int, n, room, dim int) error {
	if room != len(rows)*dim {
		return fmt.Errorf("room for %d values, %d patches have %d", room, len(rows), len(rows)*dim)
	}
	for _, row := range rows {
		if row < 0 || row >= n {
			return fmt.Errorf("patch %d of %d", row, n)
		}
	}
	return nil
}

// View is some magnifications of a Reader.
type View struct {
	reader   Reader
	manifest Manifest
	levels   []int
}

// Select gives the magnifications that a model uses, which must be among those
// of the bag. The descendants of a patch stand together whatever is left out
// between, but then they are not row by row within it: Cells tells where each is.
func Select(r Reader, magnifications []float64) (*View, error) {
	v := &View{reader: r, manifest: r.Manifest()}
	for _, m := range magnifications {
		i := slices.Index(v.manifest.Magnifications, m)
		if i < 0 {
			return nil, fmt.Errorf("features at %gx are needed, the bag has %v", m, v.manifest.Magnifications)
		}
		v.levels = append(v.levels, i)
	}
	v.manifest.Magnifications = slices.Clone(magnifications)
	if _, err := grid.Ratios(magnifications); err != nil {
		return nil, err
	}
	return v, nil
}

// Manifest implements Reader; its magnifications are those selected.
func (v *View) Manifest() Manifest { return v.manifest.clone() }

// Len implements Reader.
func (v *View) Len(level int) int { return v.reader.Len(v.levels[level]) }

// Cells implements Reader.
func (v *View) Cells(level int) []grid.Cell { return v.reader.Cells(v.levels[level]) }

// Features implements Reader.
func (v *View) Features(dst []float32, level int, rows []int) error {
	return v.reader.Features(dst, v.levels[level], rows)
}
