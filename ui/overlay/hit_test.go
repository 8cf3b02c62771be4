package overlay

import (
	"math"
	"testing"
)

// TestHit compares ranks with a count of the patches that come before.
func TestHit(t *testing.T) {
	r := layouts()[1].grow(4)
	m := New(r)
	for level, l := range r.Levels {
		for i, p := range l.Patches {
			h, ok := m.At(level, p.X+p.Size/2, p.Y+p.Height/2)
			if !ok || h.Patch != i || h.Area != area(p) || h.Attention != p.Attention || h.Zoom != p.ZoomAttention ||
				h.Selected != p.Selected || h.Of != len(l.Patches) {
				t.Fatalf("%gx, patch %d: %+v", l.Magnification, i, h)
			}
			rank, zoomRank := 1, 1
			for _, q := range l.Patches {
				if q.Attention > p.Attention {
					rank++
				}
				if q.ZoomAttention > p.ZoomAttention {
					zoomRank++
				}
			}
			if level == len(r.Levels)-1 {
				zoomRank = 0
			}
			if h.Rank != rank || h.ZoomRank != zoomRank {
				t.Fatalf("%gx, patch %d: ranks %d and %d, want %d and %d", l.Magnification, i, h.Rank, h.ZoomRank, rank, zoomRank)
			}
		}
	}
}

func TestHitNothing(t *testing.T) {
	m := New(layouts()[0].grow(4))
	for _, at := range [][2]float64{{-1, 5}, {5, -1}, {1e9, 5}, {5, 1e300}, {math.Inf(1), 0}, {math.NaN(), 0}} {
		if h, ok := m.At(0, at[0], at[1]); ok {
			t.Errorf("%v: patch %d", at, h.Patch)
		}
	}
}
