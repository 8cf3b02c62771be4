package overlay

import (
	"testing"

	"zoomscope/engine/result"
)

// kinds counts outlines by kind; one area twice at the same size fails.
func kinds(t *testing.T, outlines []Outline) map[OutlineKind]int {
	t.Helper()
	n, seen := map[OutlineKind]int{}, map[result.Rect]bool{}
	for _, o := range outlines {
		if seen[o.Area] {
			t.Errorf("%v is outlined twice", o.Area)
		}
		seen[o.Area] = true
		n[o.Kind]++
	}
	return n
}

func TestOutlines(t *testing.T) {
	r := layouts()[0].grow(2) // 12 zoomed into at 5x and at 10x
	m := New(r)
	for level, want := range []map[OutlineKind]int{
		{Selected: 12}, {Selected: 12, Parent: 12}, {Selected: 12, Parent: 12},
	} {
		got := kinds(t, m.Outlines(level, -1))
		if got[Selected] != want[Selected] || got[Parent] != want[Parent] || got[Current]+got[Child] != 0 {
			t.Errorf("level %d: %v, want %v", level, got, want)
		}
	}
	for level, l := range r.Levels[:2] {
		for _, o := range m.Outlines(level, -1) {
			if i := holder(l.Patches, o.Area.X, o.Area.Y); o.Kind == Selected && (!l.Patches[i].Selected || area(l.Patches[i]) != o.Area) {
				t.Errorf("level %d: %v was not zoomed into", level, o.Area)
			}
		}
	}
}

// TestOutlinesOfAStep: the step is there at whatever level, on top, with its
// parent and its children, and none of them twice.
func TestOutlinesOfAStep(t *testing.T) {
	m := New(layouts()[0].grow(2))
	p := m.Path()
	for i, s := range p.Steps() {
		for level := range m.Levels() {
			outlines := m.Outlines(level, i)
			if last := outlines[len(outlines)-1]; last.Kind != Current || last.Area != s.Area {
				t.Fatalf("step %d at level %d: on top is %+v", i, level, last)
			}
			n := kinds(t, outlines)
			if n[Current] != 1 || n[Child] != len(p.Children(i)) {
				t.Errorf("step %d at level %d: %v", i, level, n)
			}
			if s.Parent >= 0 && !contains(outlines, p.Steps()[s.Parent].Area) {
				t.Errorf("step %d at level %d: its parent is not outlined", i, level)
			}
		}
	}
}

func contains(outlines []Outline, area result.Rect) bool {
	for _, o := range outlines {
		if o.Area == area && o.Kind == Parent {
			return true
		}
	}
	return false
}
