package overlay

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"sync"

	"zoomscope/app"
	"zoomscope/assets"
	"zoomscope/engine/result"
)

// Kind is which attention is shown.
type Kind = app.AttentionKind

// The kinds there are.
const (
	Pooled = app.PooledAttention
	Zoom   = app.ZoomAttention
)

// Scale is how attention is spread over the colours.
type Scale = app.AttentionScale

// The scales there are.
const (
	Raw        = app.RawScale
	Percentile = app.PercentileScale
)

// Settings say how attention is shown. Kind, Scale and ColorMap have defaults
// that "" stands for.
type Settings struct {
	On       bool
	Auto     bool // the level follows the zoom
	Level    int  // what is shown when Auto is not set
	Kind     Kind
	Scale    Scale
	ColorMap string  // one of assets.ColorMapNames
	Opacity  float64 // of the highest attention, 0 to 1
	Outlines bool
}

// DefaultSettings are those of a first start.
func DefaultSettings() Settings {
	return Settings{
		On: true, Auto: true, Kind: Pooled, Scale: Raw,
		ColorMap: assets.ColorMapNames()[0], Opacity: app.DefaultOpacity, Outlines: true,
	}
}

// Model is the attention of one result, which must not change. Its methods may
// be called from several goroutines. Levels are named by their index, lowest
// magnification first; an index that is none panics.
type Model struct {
	levels []*level
	path   func() *Path

	mu     sync.Mutex
	looks  map[look]*picture
	pixels int // of all the looks' cells
}

// level is a magnification with what is needed to find its patches.
type level struct {
	result.Level
	grid     *lattice // nil where the patches lie on none
	zoom     bool     // there is zoom attention
	zoomed   bool     // patches were zoomed into
	children [][]int  // per patch, at the next level, by index
	ranks    func() [2][]int
}

// look names a picture of a level; nothing in it is left to default.
type look struct {
	level  int
	kind   Kind
	scale  Scale
	colors string
}

// picture is a level in colours. The cells are made when they are asked for.
type picture struct {
	heat  *app.Heat
	cells *image.RGBA
	area  result.Rect
}

// New makes the model of a result.
func New(r *result.Result) *Model {
	m := &Model{looks: map[look]*picture{}}
	for _, l := range r.Levels {
		m.levels = append(m.levels, newLevel(l))
	}
	for i := range max(0, len(m.levels)-1) {
		m.levels[i].children = children(len(m.levels[i].Patches), m.levels[i+1].Patches)
	}
	m.path = sync.OnceValue(func() *Path { return newPath(m) })
	return m
}

func newLevel(l result.Level) *level {
	return &level{
		Level:  l,
		grid:   newLattice(l.Patches),
		zoom:   slices.ContainsFunc(l.Patches, func(p result.Patch) bool { return p.ZoomAttention != 0 }),
		zoomed: slices.ContainsFunc(l.Patches, func(p result.Patch) bool { return p.Selected }),
		ranks: sync.OnceValue(func() [2][]int {
			return [2][]int{app.AttentionRanks(l, Pooled), app.AttentionRanks(l, Zoom)}
		}),
	}
}

// children lists by parent the patches that have one.
func children(parents int, patches []result.Patch) [][]int {
	lists := make([][]int, parents)
	for i, p := range patches {
		if p.Parent >= 0 && p.Parent < parents {
			lists[p.Parent] = append(lists[p.Parent], i)
		}
	}
	return lists
}

// Levels are the magnifications, ascending.
func (m *Model) Levels() []float64 {
	mags := make([]float64, len(m.levels))
	for i, l := range m.levels {
		mags[i] = l.Magnification
	}
	return mags
}

// HasZoom reports whether the level has zoom attention; the highest has none.
func (m *Model) HasZoom(level int) bool { return m.levels[level].zoom }

// Attends reports whether the level has attention to show. Without it Cells is an
// error, and no patch has a rank.
func (m *Model) Attends(level int) bool {
	l := m.levels[level]
	return l.zoom || !l.Blind()
}

// Children are the patches of the next level that patch was zoomed into by, as
// indices; none where it was not. The slice must not be changed.
func (m *Model) Children(level, patch int) []int {
	if lists := m.levels[level].children; lists != nil {
		return lists[patch]
	}
	return nil
}

// Parent is the patch of the level before that patch lies in, as an index.
func (m *Model) Parent(level, patch int) (parent int, ok bool) {
	parent = m.levels[level].Patches[patch].Parent
	return parent, level > 0 && parent >= 0 && parent < len(m.levels[level-1].Patches)
}

// Path is the path along which the model zoomed in.
func (m *Model) Path() *Path { return m.path() }

func area(p result.Patch) result.Rect {
	return result.Rect{X: p.X, Y: p.Y, Width: p.Size, Height: p.Height}
}

// look is what the settings mean for a level.
func (m *Model) look(level int, s Settings) look {
	k := look{
		level: level, kind: cmp.Or(s.Kind, Pooled), scale: cmp.Or(s.Scale, Raw),
		colors: cmp.Or(s.ColorMap, assets.ColorMapNames()[0]),
	}
	if k.kind == Zoom && !m.HasZoom(level) {
		k.kind = Pooled
	}
	return k
}

// picture gives the level's colours; the caller holds m.mu.
func (m *Model) picture(k look) (*picture, error) {
	if p := m.looks[k]; p != nil {
		return p, nil
	}
	colors, err := assets.NewColorMap(k.colors)
	if err != nil {
		return nil, err
	}
	l := m.levels[k.level]
	heat, err := app.NewHeat(l.Level, app.HeatOptions{Scale: k.scale, Layer: k.kind, Opacity: 1, Colors: colors})
	if err != nil {
		return nil, fmt.Errorf("attention at %gx: %w", l.Magnification, err)
	}
	p := &picture{heat: heat}
	m.looks[k] = p
	return p, nil
}
