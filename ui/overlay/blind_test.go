package overlay

import (
	"errors"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// TestNoAttention: where a method weighs no patches nothing is coloured, ranked,
// outlined or walked along.
func TestNoAttention(t *testing.T) {
	level := result.Level{Magnification: 20, NoAttention: true, Patches: []result.Patch{
		{Size: 10, Height: 10, Parent: -1}, {X: 10, Size: 10, Height: 10, Parent: -1},
	}}
	m := New(&result.Result{Levels: []result.Level{level}})
	if m.Attends(0) {
		t.Error("there is attention")
	}
	if _, _, err := m.Cells(0, DefaultSettings()); !errors.Is(err, app.ErrNoAttention) {
		t.Errorf("cells: error %v", err)
	}
	if l := m.Legend(0, DefaultSettings()); l.Patches != 0 {
		t.Errorf("legend %+v", l)
	}
	if hit, ok := m.At(0, 5, 5); !ok || hit.Rank != 0 || hit.ZoomRank != 0 {
		t.Errorf("hit %+v", hit)
	}
	if o := m.Outlines(0, -1); len(o) != 0 {
		t.Errorf("outlines %v", o)
	}
	if steps := m.Path().Steps(); len(steps) != 0 || m.Path().Next(-1) != -1 {
		t.Errorf("steps %v", steps)
	}
	level.NoAttention, level.Patches[1].Attention = false, 1
	m = New(&result.Result{Levels: []result.Level{level}})
	if steps := m.Path().Steps(); !m.Attends(0) || len(steps) != 1 || steps[0].Patch != 1 {
		t.Errorf("steps %v", steps)
	}
}
