package overlay

import "math"

// LevelAt is the level to show at a magnification on screen: that of the
// settings, or, when it follows the zoom, the one whose magnification is nearest
// by ratio. Its patches are then near their own size on screen, large enough to
// be read and small enough that several are seen. Magnification 0 or less, for
// unknown, gives the lowest. A model without levels gives -1.
func (m *Model) LevelAt(magnification float64, s Settings) int {
	if !s.Auto {
		return min(max(s.Level, 0), len(m.levels)-1)
	}
	level := 0
	for level+1 < len(m.levels) && magnification > m.border(level) {
		level++
	}
	return min(level, len(m.levels)-1)
}

// hold is the factor by which the zoom must pass a border before the level
// changes.
const hold = 1.15

// Follow is LevelAt where level current is on screen: this stays until the zoom
// is well past a border, so that small moves about one change nothing. A
// current that is no level, as -1 at first, is as LevelAt.
func (m *Model) Follow(current int, magnification float64, s Settings) int {
	level := m.LevelAt(magnification, s)
	if !s.Auto || current < 0 || current >= len(m.levels) {
		return level
	}
	switch {
	case level == current+1 && magnification <= hold*m.border(current),
		level == current-1 && magnification >= m.border(level)/hold:
		return current
	}
	return level
}

// border is the magnification half way, by ratio, from a level to the next.
func (m *Model) border(level int) float64 {
	return math.Sqrt(m.levels[level].Magnification * m.levels[level+1].Magnification)
}
