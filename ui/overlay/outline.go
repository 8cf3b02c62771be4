package overlay

import (
	"slices"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// OutlineKind is what an outlined patch is.
type OutlineKind int

// The kinds there are.
const (
	// Selected patches are of the level shown: zoomed into, or at the highest
	// magnification the first by attention.
	Selected OutlineKind = iota
	// Parent patches are of the level below: their children were read at the one
	// shown.
	Parent
	// Current is the step of the path where the user is.
	Current
	// Child patches are the steps that follow within the current one.
	Child
)

// Outline is a patch to outline.
type Outline struct {
	Area result.Rect
	Kind OutlineKind
}

// Outlines are the patches to outline at a level, those to be drawn on top last;
// none twice. step is the step of the path where the user is, at any level; -1
// for none.
func (m *Model) Outlines(level, step int) []Outline {
	var o outliner
	if step >= 0 {
		o.step(m, step)
	}
	for _, pick := range app.Picks(m.levels[level].Level, app.DefaultTop) {
		o.add(m.levels[level], level, pick.Index, Selected)
	}
	if level > 0 {
		below := m.levels[level-1]
		for i, children := range below.children {
			if len(children) > 0 {
				o.add(below, level-1, i, Parent)
			}
		}
	}
	slices.Reverse(o.outlines)
	return o.outlines
}

// outliner collects outlines, the most important first.
type outliner struct {
	outlines []Outline
	seen     map[[2]int]bool
}

func (o *outliner) add(l *level, at, patch int, kind OutlineKind) {
	key := [2]int{at, patch}
	if o.seen[key] {
		return
	}
	if o.seen == nil {
		o.seen = map[[2]int]bool{}
	}
	o.seen[key] = true
	o.outlines = append(o.outlines, Outline{area(l.Patches[patch]), kind})
}

// step adds where the user is with what it came from and what follows.
func (o *outliner) step(m *Model, step int) {
	s := m.Path().Steps()[step]
	o.add(m.levels[s.Level], s.Level, s.Patch, Current)
	for _, child := range m.Path().Children(step) {
		c := m.Path().Steps()[child]
		o.add(m.levels[c.Level], c.Level, c.Patch, Child)
	}
	if parent, ok := m.Parent(s.Level, s.Patch); ok {
		o.add(m.levels[s.Level-1], s.Level-1, parent, Parent)
	}
}
