package mil

import (
	"cmp"
	"fmt"
	"slices"

	"zoomscope/engine/grid"
	"zoomscope/engine/nn"
)

// Layer is the patches of one magnification that a method takes as a whole.
type Layer struct {
	Len int
	// Cells are the places of the patches; nil where they are not known.
	Cells []grid.Cell
	// Parents are, for each patch, the place in the layer below of the one that
	// holds it; nil at the lowest.
	Parents []int
}

// placed is a Source that knows where its patches are.
type placed interface {
	// Cells are the places of the patches of a level, nil where they are not known;
	// they must not be written to.
	Cells(level int) []grid.Cell
}

// RowByRow is the order in which patches are taken: that of their places, row by
// row, so that an answer does not depend on how they were handed in.
func RowByRow(cells []grid.Cell) []int {
	order := span(len(cells))
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := cells[i], cells[j]
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column))
	})
	return order
}

// bag is a slide: the layers, and the features of all of them, [N, D] one
// behind the other, lowest magnification first.
type bag struct {
	layers   []Layer
	features []float32
	dim      int
	work     *workspace // that pack may take memory of; nil where there is none
}

// take is memory for n values, not cleared.
func (s *bag) take(n int) []float32 {
	if s.work == nil {
		return make([]float32, n)
	}
	return s.work.take(n)
}

// rows is how many patches there are.
func (s *bag) rows() int {
	n := 0
	for _, l := range s.layers {
		n += l.Len
	}
	return n
}

// level is the features of a layer.
func (s *bag) level(i int) []float32 {
	from := 0
	for _, l := range s.layers[:i] {
		from += l.Len
	}
	return s.features[from*s.dim : (from+s.layers[i].Len)*s.dim]
}

// pack is a slide as a network takes it.
type pack struct {
	inputs map[string]*nn.Tensor
	sizes  map[string]int // of the axes with names
}

// layersOf are the layers of a Source, and the rows of it that are taken, in
// order. Where family is true, each layer needs to be children of the one below.
func layersOf(s Source, magnifications []float64, family bool) (layers []Layer, rows [][]int, err error) {
	for i, m := range magnifications {
		n := s.Len(i)
		if n == 0 {
			return nil, nil, fmt.Errorf("%gx: no patches", m)
		}
		l, order := Layer{Len: n}, span(n)
		if cells, err := cellsOf(s, i); err != nil {
			return nil, nil, fmt.Errorf("%gx: %w", m, err)
		} else if cells != nil {
			l.Cells, order = sorted(cells)
		}
		if i > 0 && family {
			if n%layers[i-1].Len != 0 {
				return nil, nil, fmt.Errorf("%d patches at %gx are no multiple of the %d at %gx", n, m, layers[i-1].Len, magnifications[i-1])
			}
			l.Parents = Parents(order, rows[i-1], n/layers[i-1].Len)
		}
		layers, rows = append(layers, l), append(rows, order)
	}
	return layers, rows, nil
}

// cellsOf are the places of the patches of a level, nil where they are not known.
func cellsOf(s Source, level int) ([]grid.Cell, error) {
	p, ok := s.(placed)
	if !ok {
		return nil, nil
	}
	cells := p.Cells(level)
	if cells != nil && len(cells) != s.Len(level) {
		return nil, fmt.Errorf("%d places of %d patches", len(cells), s.Len(level))
	}
	return cells, nil
}

// sorted is the cells row by row, and where each was.
func sorted(cells []grid.Cell) (in []grid.Cell, order []int) {
	order = RowByRow(cells)
	in = make([]grid.Cell, len(cells))
	for i, at := range order {
		in[i] = cells[at]
	}
	return in, order
}

// Layers are those of a source that knows the places of its patches, each row by
// row, and the rows of the source that they are. Every layer but the lowest needs
// to be children of the one below, as many of each.
func Layers(s interface {
	Source
	Cells(level int) []grid.Cell
}, magnifications []float64) ([]Layer, [][]int, error) {
	return layersOf(s, magnifications, true)
}

// Parents are the places among below of the parents of some rows, each of which
// has that many children.
func Parents(rows, below []int, each int) []int {
	place := make([]int, len(below))
	for i, row := range below {
		place[row] = i
	}
	parents := make([]int, len(rows))
	for i, row := range rows {
		parents[i] = place[row/each]
	}
	return parents
}

// single is what methods of one magnification have in common.
type single struct{}

func (single) scales() (fewest, most int) { return 1, 1 }

func (single) standard(_ *Config, s []Standard) Standard { return s[0] }

func (single) pack(c *Config, s *bag) (*pack, error) {
	n := s.rows()
	return &pack{
		inputs: map[string]*nn.Tensor{"features": nn.F32Tensor(s.features, n, s.dim)},
		sizes:  map[string]int{"N": n},
	}, nil
}

func (single) room(patches int) int { return patches }

func (single) spread(_ *Config, _ *bag, raw []float32) [][]float32 {
	if raw == nil {
		return nil
	}
	return [][]float32{raw}
}
