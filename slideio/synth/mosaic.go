package synth

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/draw"
	"slices"
	"sync"

	"zoomscope/slideio/tiff"
)

// HugeParams describe a slide too large to be drawn in full.
type HugeParams struct {
	Name          string
	Width, Height int     // of level 0 in pixels
	MPP           float64 // 0.125, 0.25, 0.5 or 1
	Seed          uint64
	Label         int // index of Classes
	Hints         int // regions without evidence
	Evidence      int // regions with evidence; ignored for "normal"
}

// HugeDefaults are the parameters of a slide of 100 000 x 100 000 pixels at 40x.
func HugeDefaults() HugeParams {
	return HugeParams{Name: "huge", Width: 100_000, Height: 100_000, MPP: 0.25, Label: 1, Hints: 6, Evidence: 3}
}

// Mosaic is a slide of any size laid from a small palette of squares of one
// square millimetre: empty ones, full ones of several kinds, and those through which
// the outline of the tissue runs. Squares fit together at all their edges. On
// disk each is stored once, and so is each of its reductions.
type Mosaic struct {
	p       HugeParams
	step    int
	side    int // of a square in level-0 pixels
	cols    int // squares
	rows    int
	squares []*square // the palette; [0] is empty
	layout  []int     // index into the palette
	look    *look
	spare   sync.Pool
	levels  []image.Point
	ready   int // levels that were prepared
}

// square is one entry of the palette.
type square struct {
	world *world
	used  bool
	// reduced[k] is the square at a downsample of 4^k, from k = 1 on, as far as
	// the tiles of level k-1 were drawn, which done[k-1] tells.
	reduced []*image.RGBA
	done    [][]bool
}

// kinds of full squares that hold neither hint nor evidence.
const plainKinds = 5

// NewMosaic lays out a slide. An error wraps ErrParams.
func NewMosaic(p HugeParams) (*Mosaic, error) {
	side := int(1024 / p.MPP)
	switch {
	case !slices.Contains([]float64{0.125, 0.25, 0.5, 1}, p.MPP):
		return nil, fmt.Errorf("%s: %w: %g um/px for a mosaic", p.Name, ErrParams, p.MPP)
	case p.Width < 1 || p.Height < 1 || p.Width > 1<<18 || p.Height > 1<<18:
		return nil, fmt.Errorf("%s: %w: %d x %d pixels", p.Name, ErrParams, p.Width, p.Height)
	case p.Label < 0 || p.Label >= len(Classes) || p.Hints < 0 || p.Evidence < 0:
		return nil, fmt.Errorf("%s: %w: label %d, hints %d, evidence %d", p.Name, ErrParams, p.Label, p.Hints, p.Evidence)
	}
	m := &Mosaic{p: p, side: side, step: int(p.MPP * um * 256), cols: (p.Width + side - 1) / side, rows: (p.Height + side - 1) / side}
	m.levels = tiff.LevelSizes(p.Width, p.Height, 4, tileSize)
	m.lay()
	return m, nil
}

// lay makes palette and layout.
func (m *Mosaic) lay() {
	base := m.base()
	m.look = base.newLook(m.step >> 8)
	m.squares = []*square{m.newSquare(base, [4]bool{}, 0, nil)}
	m.squares[0].world.clean = true
	index := map[[4]bool]int{{}: 0}
	var full []int
	for i := range m.cols * m.rows {
		c := m.corners(base, i%m.cols, i/m.cols)
		if c == [4]bool{true, true, true, true} {
			full = append(full, i)
		} else if _, ok := index[c]; !ok {
			index[c] = len(m.squares)
			m.squares = append(m.squares, m.newSquare(base, c, 0, nil))
		}
		m.layout = append(m.layout, index[c])
	}
	m.layFull(base, full)
	for _, i := range m.layout {
		m.squares[i].used = true
	}
}

// layFull deals out the full squares: some with evidence, some with hints.
func (m *Mosaic) layFull(base *world, full []int) {
	slices.SortFunc(full, func(a, b int) int {
		return cmp.Compare(hash(base.seed^0x1a7, a, 0), hash(base.seed^0x1a7, b, 0))
	})
	first := len(m.squares)
	for v := range plainKinds + 2 {
		var n []nest
		if v >= plainKinds {
			n = []nest{m.nest(v > plainKinds)}
		}
		m.squares = append(m.squares, m.newSquare(base, [4]bool{true, true, true, true}, uint64(v+1), n))
	}
	evidence := m.p.Evidence
	if m.p.Label == 0 {
		evidence = 0
	}
	for k, i := range full {
		switch {
		case k < evidence:
			m.layout[i] = first + plainKinds + 1
		case k < evidence+m.p.Hints:
			m.layout[i] = first + plainKinds
		default:
			m.layout[i] = first + k%plainKinds
		}
	}
}

// nest is the hint of a square that has one.
func (m *Mosaic) nest(evidence bool) nest {
	n := nest{vector: vector{500 * um, 530 * um}, radius: 250 * um, heart: vector{450 * um, 560 * um}, heartReach: 100 * um, structure: rod}
	if evidence {
		n.structure = evidenceOf[m.p.Label]
	}
	return n
}

// base is the world that all squares share.
func (m *Mosaic) base() *world {
	d := dice(mix(m.p.Seed ^ 0x51de))
	w := &world{seed: mix(m.p.Seed), width: gridPeriod, height: gridPeriod, period: gridPeriod, turn: direction(0)}
	w.stain = newStain(&d, 1)
	w.newLayers()
	w.newTextures()
	// The architecture's coarsest noise is a constant over one period.
	w.glandLevel = w.layers.plan10.at(0, 0)*5/8 + 1200
	w.fatLevel = 3000
	return w
}

// corners tells at which corners of a square of the layout there is tissue:
// inside ragged ellipses, one for each third of a large slide.
func (m *Mosaic) corners(base *world, col, row int) [4]bool {
	at := func(x, y int) bool {
		pieces := clamp(m.cols/6, 1, 3)
		u := float64(float64(x)/float64(m.cols)*float64(pieces)) - 0.5
		v := float64(float64(y)/float64(m.rows)*2) - 1
		piece := clamp(int(u+0.5), 0, pieces-1)
		u -= float64(piece)
		noise := float64(int(hash(base.seed^0xb10b, x, y)>>54)-512) / 512
		return float64(float64(u*u)*5.5)+float64(float64(v*v)*1.7)+float64(noise*0.25) < 1
	}
	return [4]bool{at(col, row), at(col+1, row), at(col, row+1), at(col+1, row+1)}
}

func (m *Mosaic) newSquare(base *world, corners [4]bool, variant uint64, nests []nest) *square {
	w := *base
	w.corners, w.variant, w.nests = &corners, variant, nests
	w.newLayers()
	s := &square{world: &w, reduced: make([]*image.RGBA, len(m.levels)), done: make([][]bool, len(m.levels))}
	for k := range s.done {
		n := max(1, m.sideAt(k)/tileSize)
		s.done[k] = make([]bool, n*n)
	}
	return s
}

// sideAt is the side of a square in pixels of a level.
func (m *Mosaic) sideAt(level int) int { return m.side >> (2 * level) }

// Truth returns what is known of the slide.
func (m *Mosaic) Truth() *Truth {
	t := newTruth(m.p.Label, m.p.Width, m.p.Height, m.p.MPP)
	for i, s := range m.layout {
		t.add(m.squares[s].world, image.Pt(i%m.cols*m.side, i/m.cols*m.side))
	}
	return t
}

// Write writes the slide to a pyramidal TIFF with levels of a quarter each;
// every pixel of a level is the mean of those below it. progress, where not nil,
// is told how many tiles are done. Errors name the file. A Mosaic writes once.
func (m *Mosaic) Write(ctx context.Context, path string, progress func(done, total int)) error {
	spec := tiff.Spec{Levels: m.levels, Encoding: encoding(m.p.MPP)}
	spec.Progress = progress
	return tiff.Write(ctx, path, spec, m.tile)
}

// tile describes a tile of the file.
func (m *Mosaic) tile(level, col, row int) (tiff.Tile, error) {
	m.prepare(level)
	n := m.sideAt(level) / tileSize
	if n == 0 {
		return tiff.Tile{Draw: func(_ context.Context, dst *image.RGBA) error { m.patch(dst, level, col, row); return nil }}, nil
	}
	which := m.layout[row/n*m.cols+col/n]
	i, j := col%n, row%n
	if which == 0 {
		i, j = 0, 0 // all its tiles look the same
	}
	return tiff.Tile{Key: fmt.Sprint(which, level, i, j), Draw: func(_ context.Context, dst *image.RGBA) error {
		m.draw(dst, m.squares[which], level, i, j)
		return nil
	}}, nil
}

// prepare makes room for the reductions that tiles of a level come from and go
// to, drops those that are no longer needed, and ahead of the first level on which a square
// is smaller than a tile completes all squares.
func (m *Mosaic) prepare(level int) {
	if m.ready > level {
		return
	}
	m.ready = level + 1
	for _, s := range m.squares {
		if !s.used {
			continue
		}
		for k := range max(0, level-1) {
			s.reduced[k] = nil
		}
		for k := max(1, level); k <= min(level+1, len(s.reduced)-1); k++ {
			if s.reduced[k] == nil {
				s.reduced[k] = image.NewRGBA(image.Rect(0, 0, m.sideAt(k), m.sideAt(k)))
			}
		}
		if m.sideAt(level) < tileSize {
			m.complete(s, level)
		}
	}
}

// complete fills in the reductions of a square for a level and the next.
func (m *Mosaic) complete(s *square, level int) {
	if n := m.sideAt(level-1) / tileSize; n > 0 {
		for k := range n * n {
			m.ensure(s, level-1, k%n, k/n)
		}
	}
	if level+1 < len(s.reduced) {
		tiff.Reduce(s.reduced[level+1], image.Point{}, s.reduced[level], 4)
	}
}

// draw paints a tile of a square and enters it into the square's next reduction.
func (m *Mosaic) draw(dst *image.RGBA, s *square, level, i, j int) {
	if level == 0 {
		m.paint(dst, s, i, j)
	} else {
		for k := range 16 {
			m.ensure(s, level-1, i*4+k%4, j*4+k/4)
		}
		draw.Draw(dst, dst.Rect, s.reduced[level], image.Pt(i*tileSize, j*tileSize), draw.Src)
	}
	if level+1 < len(s.reduced) {
		tiff.Reduce(s.reduced[level+1], image.Pt(i*tileSize/4, j*tileSize/4), dst, 4)
	}
	s.done[level][j*(m.sideAt(level)/tileSize)+i] = true
}

// ensure draws a tile of a square that was not drawn: the slide shows it nowhere.
func (m *Mosaic) ensure(s *square, level, i, j int) {
	if !s.done[level][j*(m.sideAt(level)/tileSize)+i] {
		m.draw(image.NewRGBA(image.Rect(0, 0, tileSize, tileSize)), s, level, i, j)
	}
}

// paint draws a tile of the finest level.
func (m *Mosaic) paint(dst *image.RGBA, s *square, i, j int) {
	p, _ := m.spare.Get().(*painter)
	if p == nil {
		p = &painter{look: m.look}
	}
	defer m.spare.Put(p)
	p.w = s.world
	at := func(k int) int { return (2*k*tileSize + 1) * m.step >> 9 }
	p.draw(dst, view{at(i), at(j), m.step})
}

// patch draws a tile that shows several squares.
func (m *Mosaic) patch(dst *image.RGBA, level, col, row int) {
	side := m.sideAt(level)
	n := tileSize / side
	for k := range n * n {
		c, r := col*n+k%n, row*n+k/n
		if c < m.cols && r < m.rows {
			s := m.squares[m.layout[r*m.cols+c]]
			at := image.Pt(k%n*side, k/n*side)
			draw.Draw(dst, image.Rect(0, 0, side, side).Add(at), s.reduced[level], image.Point{}, draw.Src)
		}
	}
}
