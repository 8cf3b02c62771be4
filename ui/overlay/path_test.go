package overlay

import (
	"fmt"
	"slices"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// TestWalk takes the path of every layout: each step once, Previous turning
// Next back, and links that agree with the result.
func TestWalk(t *testing.T) {
	for i, l := range layouts() {
		r := l.grow(uint64(i))
		m := New(r)
		t.Run(l.name, func(t *testing.T) {
			p := m.Path()
			checkRound(t, p)
			checkLinks(t, p, r)
			checkChains(t, p, r)
			checkGalleries(t, p, r)
		})
	}
}

func checkRound(t *testing.T, p *Path) {
	t.Helper()
	seen := map[[2]int]bool{}
	at := p.Next(-1)
	for range p.Steps() {
		s := p.Steps()[at]
		if key := [2]int{s.Level, s.Patch}; seen[key] {
			t.Fatalf("step %d comes twice", at)
		} else {
			seen[key] = true
		}
		if step, ok := p.StepOf(s.Level, s.Patch); !ok || step != at {
			t.Errorf("patch %d of level %d: step %d, is %d", s.Patch, s.Level, step, at)
		}
		if back := p.Previous(p.Next(at)); back != at {
			t.Errorf("from %d on and back to %d", at, back)
		}
		at = p.Next(at)
	}
	if at != 0 || len(seen) != len(p.Steps()) || p.Previous(-1) != len(seen)-1 {
		t.Errorf("%d steps of %d, then at %d", len(seen), len(p.Steps()), at)
	}
}

func checkLinks(t *testing.T, p *Path, r *result.Result) {
	t.Helper()
	for i, s := range p.Steps() {
		patch := r.Levels[s.Level].Patches[s.Patch]
		if s.Area != area(patch) || s.Of != len(r.Levels[s.Level].Patches) {
			t.Errorf("step %d: %+v of %+v", i, s, patch)
		}
		down, ok := p.Down(i)
		if ok != (s.Level > 0) || ok && (p.Steps()[down].Level != s.Level-1 || p.Steps()[down].Patch != patch.Parent) {
			t.Errorf("step %d: down to %d, %v", i, down, ok)
		}
		if ok && !slices.Contains(p.Children(down), i) {
			t.Errorf("step %d is no child of its parent", i)
		}
		up, ok := p.Up(i)
		if !ok {
			if up != i || len(p.Children(i)) > 0 {
				t.Errorf("step %d: up to %d of children %v", i, up, p.Children(i))
			}
			continue
		}
		if p.Steps()[up].Parent != i || up != i+1 {
			t.Errorf("step %d: up to %d, a child of %d", i, up, p.Steps()[up].Parent)
		}
		for _, child := range p.Children(i) {
			if p.Steps()[child].Share > p.Steps()[up].Share || p.Steps()[child].Rank < p.Steps()[up].Rank {
				t.Errorf("step %d: child %d comes before the best", i, child)
			}
		}
	}
}

// checkChains works out the walk from its definition: chains of best children,
// from the lowest level's picks first.
func checkChains(t *testing.T, p *Path, r *result.Result) {
	t.Helper()
	top := len(r.Levels) - 1
	value := func(level, i int) float64 {
		if level < top {
			return r.Levels[level].Patches[i].ZoomAttention
		}
		return r.Levels[level].Patches[i].Attention
	}
	best := func(level, parent int) int {
		found := -1
		for i, q := range r.Levels[level].Patches {
			if q.Parent == parent && (q.Selected || level == top) && (found < 0 || value(level, i) > value(level, found)) {
				found = i
			}
		}
		return found
	}
	var want [][2]int
	seen := map[[2]int]bool{}
	for level := range r.Levels {
		for _, pick := range app.Picks(r.Levels[level], app.DefaultTop) {
			at, patch := level, pick.Index
			for patch >= 0 && !seen[[2]int{at, patch}] {
				seen[[2]int{at, patch}] = true
				want = append(want, [2]int{at, patch})
				if at++; at > top {
					break
				}
				patch = best(at, patch)
			}
		}
	}
	var got [][2]int
	for _, s := range p.Steps() {
		got = append(got, [2]int{s.Level, s.Patch})
	}
	if !slices.Equal(got, want) {
		t.Errorf("walk %v\nwant %v", got, want)
	}
}

func checkGalleries(t *testing.T, p *Path, r *result.Result) {
	t.Helper()
	for level, l := range r.Levels {
		var got []app.Pick
		for _, step := range p.Gallery(level) {
			s := p.Steps()[step]
			got = append(got, app.Pick{Index: s.Patch, Rank: s.Rank})
			want := l.Patches[s.Patch].ZoomAttention
			if level == len(r.Levels)-1 {
				want = l.Patches[s.Patch].Attention
			}
			if s.Share != want || !s.Picked {
				t.Errorf("%gx, step %d: %+v, share %v", l.Magnification, step, s, want)
			}
		}
		if want := app.Picks(l, 12); !slices.Equal(got, want) {
			t.Errorf("%gx: gallery %v, want %v", l.Magnification, got, want)
		}
	}
}

// TestWalkOfOneTree spells a small walk out.
func TestWalkOfOneTree(t *testing.T) {
	r := &result.Result{Levels: []result.Level{
		{Magnification: 5, Patches: []result.Patch{
			{Size: 8, Height: 8, ZoomAttention: 0.3, Selected: true, Parent: -1},
			{X: 8, Size: 8, Height: 8, ZoomAttention: 0.6, Selected: true, Parent: -1},
			{X: 16, Size: 8, Height: 8, ZoomAttention: 0.1, Parent: -1},
		}},
		{Magnification: 10},
		{Magnification: 20},
	}}
	for i, zoom := range []float64{0.05, 0.1, 0.1, 0.1, 0.3, 0.05, 0.25, 0.05} {
		r.Levels[1].Patches = append(r.Levels[1].Patches, result.Patch{
			X: float64(i/4*8 + i%2*4), Y: float64(i / 2 % 2 * 4), Size: 4, Height: 4, ZoomAttention: zoom, Parent: i / 4,
			Selected: i == 4 || i == 6,
		})
	}
	for i := range 8 {
		parent := r.Levels[1].Patches[4+i/4*2]
		r.Levels[2].Patches = append(r.Levels[2].Patches, result.Patch{
			X: parent.X + float64(i%2*2), Y: parent.Y + float64(i/2%2*2), Size: 2, Height: 2, Attention: float64(i+1) / 36, Parent: 4 + i/4*2,
		})
	}
	m := New(r)
	var got []string
	for _, s := range m.Path().Steps() {
		got = append(got, fmt.Sprintf("%d:%d", s.Level, s.Patch))
	}
	// 1 is the first at 5x; 4 its best child, and 3 that one's. 0 has no child
	// that was zoomed into. Then 6, the second at 10x, with 7; at last the others
	// at 20x by attention.
	want := []string{"0:1", "1:4", "2:3", "0:0", "1:6", "2:7", "2:6", "2:5", "2:4", "2:2", "2:1", "2:0"}
	if !slices.Equal(got, want) {
		t.Errorf("walk %v, want %v", got, want)
	}
	if c := m.Children(0, 1); !slices.Equal(c, []int{4, 5, 6, 7}) {
		t.Errorf("children %v", c)
	}
	if c := m.Children(2, 3); c != nil {
		t.Errorf("children at the highest level: %v", c)
	}
	if parent, ok := m.Parent(2, 5); !ok || parent != 6 {
		t.Errorf("parent %d, %v", parent, ok)
	}
	if _, ok := m.Parent(0, 1); ok {
		t.Error("a parent at the lowest level")
	}
}

// TestBestChildBeyondTheTop: a chain reaches the highest magnification even
// where its patches there are not among the first.
func TestBestChildBeyondTheTop(t *testing.T) {
	r := layout{"", []float64{10, 20}, 0, 0, 100, 100, 12, 12, 40, false}.grow(6)
	p := New(r).Path()
	extra := 0
	for i, s := range p.Steps() {
		if s.Level == 0 {
			if up, ok := p.Up(i); !ok || p.Steps()[up].Level != 1 {
				t.Errorf("step %d leads nowhere", i)
			}
		} else if !s.Picked {
			extra++
			if s.Rank <= app.DefaultTop || slices.Contains(p.Gallery(1), i) {
				t.Errorf("step %d of rank %d is no pick", i, s.Rank)
			}
		}
	}
	if extra < 28 || len(p.Gallery(1)) != app.DefaultTop {
		t.Errorf("%d steps besides %d picks", extra, len(p.Gallery(1)))
	}
}

func TestNoPath(t *testing.T) {
	for _, r := range []*result.Result{{}, {Levels: make([]result.Level, 2)}} {
		m := New(r)
		p := m.Path()
		if p.Next(-1) != -1 || p.Previous(-1) != -1 || len(p.Steps()) != 0 {
			t.Errorf("steps %v, next %d, previous %d", p.Steps(), p.Next(-1), p.Previous(-1))
		}
		if up, ok := p.Up(-1); ok || up != -1 {
			t.Errorf("up to %d", up)
		}
		for level := range r.Levels {
			if o := m.Outlines(level, -1); len(o) != 0 || len(p.Gallery(level)) != 0 {
				t.Errorf("outlines %v", o)
			}
		}
	}
}
