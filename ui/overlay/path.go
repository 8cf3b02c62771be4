package overlay

import (
	"cmp"
	"slices"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// Step is a patch on the path. Steps are named by their index in Steps, which is
// the order of a walk.
type Step struct {
	Level int
	Patch int // index at its level
	// Rank is by Share, 1 is the most: by zoom attention where the model zoomed
	// in, else by attention.
	Rank  int
	Share float64
	Of    int // patches of the level, which the ranks count
	// Picked steps stand in the gallery; the others are there as the best child of
	// a patch that was zoomed into.
	Picked bool
	Area   result.Rect
	Parent int // step; -1 where there is none
	Child  int // step of the best child, which comes next; -1 where there is none
}

// Path is the patches that the model zoomed into and what it found there, in the
// order of a walk. It does not change.
type Path struct {
	steps     []Step
	of        map[place]int
	children  [][]int
	galleries [][]int
}

// place is a patch of a level.
type place struct{ level, patch int }

// Steps are all steps in the order of a walk. The slice must not be changed.
func (p *Path) Steps() []Step { return p.steps }

// Gallery is the picked steps of a level, by rank. The slice must not be changed.
func (p *Path) Gallery(level int) []int { return p.galleries[level] }

// Children are the steps within a step, one level up, by rank. The slice must
// not be changed.
func (p *Path) Children(step int) []int { return p.children[step] }

// StepOf is the step of a patch, if it is one.
func (p *Path) StepOf(level, patch int) (step int, ok bool) {
	step, ok = p.of[place{level, patch}]
	return step, ok
}

// Next is the step after another, the first after the last. -1, for none yet,
// goes to the first; a path without steps gives -1.
func (p *Path) Next(step int) int {
	if len(p.steps) == 0 {
		return -1
	}
	return (step + 1) % len(p.steps)
}

// Previous is the step before another, the last before the first. -1, for none
// yet, goes to the last; a path without steps gives -1.
func (p *Path) Previous(step int) int {
	if step <= 0 {
		return len(p.steps) - 1
	}
	return step - 1
}

// Up is the best child of a step, one magnification up.
func (p *Path) Up(step int) (int, bool) { return p.link(step, func(s Step) int { return s.Child }) }

// Down is the parent of a step, one magnification down.
func (p *Path) Down(step int) (int, bool) { return p.link(step, func(s Step) int { return s.Parent }) }

// link goes along a link; where there is none, or no step, it stays.
func (p *Path) link(step int, to func(Step) int) (int, bool) {
	if step < 0 || to(p.steps[step]) < 0 {
		return step, false
	}
	return to(p.steps[step]), true
}

func newPath(m *Model) *Path {
	w := walker{path: &Path{of: map[place]int{}}, levels: make([][]Step, len(m.levels)), best: map[place]Step{}}
	for i := range m.levels {
		w.levels[i] = w.stepsAt(m, i)
	}
	for _, steps := range w.levels {
		for _, s := range steps {
			w.chain(s)
		}
	}
	w.path.join(m)
	return w.path
}

// stepsAt lists the steps of a level by rank: its picks, and where the model did
// not choose them by zooming, the best child of each step before.
func (w *walker) stepsAt(m *Model, at int) []Step {
	l := m.levels[at]
	picks := app.Picks(l.Level, app.DefaultTop)
	picked := len(picks)
	if at > 0 && !l.zoomed {
		picks = append(picks, bestChildren(m, at, w.levels[at-1])...)
	}
	var steps []Step
	for i, pick := range picks {
		p := l.Patches[pick.Index]
		s := Step{
			Level: at, Patch: pick.Index, Rank: pick.Rank, Share: p.Attention, Of: len(l.Patches),
			Picked: i < picked, Area: area(p), Parent: -1, Child: -1,
		}
		if l.zoomed {
			s.Share = p.ZoomAttention
		}
		steps = append(steps, s)
		w.offer(m, s)
	}
	return steps
}

// bestChildren are the patches with the most attention within each of the
// parents, by rank, but for those that are picks anyway and those without any.
func bestChildren(m *Model, at int, parents []Step) []app.Pick {
	ranks := m.levels[at].ranks()[0]
	var best []app.Pick
	for _, parent := range parents {
		children := m.Children(at-1, parent.Patch)
		if len(children) == 0 {
			continue
		}
		first := slices.MinFunc(children, func(a, b int) int { return cmp.Compare(uint(ranks[a])-1, uint(ranks[b])-1) }) // 0 is the last
		if ranks[first] > app.DefaultTop {
			best = append(best, app.Pick{Index: first, Rank: ranks[first]})
		}
	}
	slices.SortFunc(best, func(a, b app.Pick) int { return cmp.Compare(a.Rank, b.Rank) })
	return best
}

// walker puts steps into the order of a walk.
type walker struct {
	path   *Path
	levels [][]Step       // by rank
	best   map[place]Step // child of a patch with the best rank
}

// offer makes s the best child of its parent if it is the first. Steps are
// offered by rank.
func (w *walker) offer(m *Model, s Step) {
	if parent, ok := m.Parent(s.Level, s.Patch); ok {
		key := place{s.Level - 1, parent}
		if _, taken := w.best[key]; !taken {
			w.best[key] = s
		}
	}
}

// chain appends s, its best child, and so on, unless s came before. A patch has
// one parent, and steps start chains lowest level first, so that a best child
// never came before its parent.
func (w *walker) chain(s Step) {
	for {
		key := place{s.Level, s.Patch}
		if _, before := w.path.of[key]; before {
			return
		}
		w.path.of[key] = len(w.path.steps)
		w.path.steps = append(w.path.steps, s)
		child, ok := w.best[key]
		if !ok {
			return
		}
		s = child
	}
}

// join links the steps and lists the galleries.
func (p *Path) join(m *Model) {
	p.children = make([][]int, len(p.steps))
	p.galleries = make([][]int, len(m.levels))
	for i := range p.steps {
		s := &p.steps[i]
		if s.Picked {
			p.galleries[s.Level] = append(p.galleries[s.Level], i)
		}
		if parent, ok := m.Parent(s.Level, s.Patch); ok {
			if step, ok := p.StepOf(s.Level-1, parent); ok {
				s.Parent = step
				p.children[step] = append(p.children[step], i)
			}
		}
	}
	byRank := func(a, b int) int { return cmp.Compare(p.steps[a].Rank, p.steps[b].Rank) }
	for _, list := range slices.Concat(p.children, p.galleries) {
		slices.SortFunc(list, byRank)
	}
	for i, children := range p.children {
		if len(children) > 0 {
			p.steps[i].Child = children[0]
		}
	}
}
