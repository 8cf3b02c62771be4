package overlay

import "zoomscope/engine/result"

// Hit is a patch under a place.
type Hit struct {
	Patch     int // index at its level
	Area      result.Rect
	Attention float64 // pooled, as a share of the level's
	Rank      int     // by Attention, 1 is the most; 0 without any
	Zoom      float64 // zoom attention, as a share of the level's
	ZoomRank  int     // by Zoom; 0 without any
	Of        int     // patches of the level, which the ranks count
	Selected  bool    // it was zoomed into
}

// At is the patch of the level under a place: of patches on no grid that
// overlap, the first. Finding it takes the same time however many there are, but
// on no grid as long as going through them all.
func (m *Model) At(level int, x, y float64) (Hit, bool) {
	l := m.levels[level]
	i, ok := l.at(x, y)
	if !ok {
		return Hit{}, false
	}
	p := l.Patches[i]
	h := Hit{
		Patch: i, Area: area(p), Attention: p.Attention, Zoom: p.ZoomAttention,
		Rank: l.ranks()[0][i], Of: len(l.Patches), Selected: p.Selected,
	}
	if l.zoom {
		h.ZoomRank = l.ranks()[1][i]
	}
	return h, true
}

func (l *level) at(x, y float64) (patch int, ok bool) {
	if l.grid != nil {
		return l.grid.at(x, y)
	}
	for i, p := range l.Patches {
		if x >= p.X && x < p.X+p.Size && y >= p.Y && y < p.Y+p.Height {
			return i, true
		}
	}
	return 0, false
}
