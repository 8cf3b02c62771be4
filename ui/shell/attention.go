package shell

import (
	"fmt"

	"zoomscope/app/settings"
	"zoomscope/engine/result"
	"zoomscope/ui/overlay"
	"zoomscope/ui/viewer"
)

// overlaySettings are how attention is to be shown.
func (s *Shell) overlaySettings() overlay.Settings {
	o := s.look.Overlay
	set := overlay.Settings{
		On: o.On, Auto: o.Auto, Kind: overlay.Kind(o.Kind), Scale: overlay.Scale(o.Scale),
		ColorMap: o.ColorMap, Opacity: o.Opacity, Outlines: o.Outlines,
	}
	if s.current != nil {
		set.Level = s.current.level
	}
	return set
}

// changeOverlay changes how attention is shown.
func (s *Shell) changeOverlay(change func(*settings.Overlay)) {
	s.update(func(l *settings.Settings) { change(&l.Overlay) })
	s.followZoom()
	s.showAttention()
}

// showAttention lays the attention of the slide at hand over it, or takes it away,
// and explains it in its panel.
func (s *Shell) showAttention() {
	c, v := s.current, s.attentive()
	if other := s.plain(); other != nil {
		other.SetLayer(nil)
		other.SetOutlines(nil)
	}
	if c == nil || c.attention == nil {
		v.SetLayer(nil)
		v.SetOutlines(nil)
		s.showNoAttention(c)
		return
	}
	set := s.overlaySettings()
	attends := c.attention.Attends(c.level)
	if attends {
		s.showLegend(c, set)
	} else {
		s.parts.attention.Absent()
	}
	if !set.On || !attends {
		v.SetLayer(nil)
		v.SetOutlines(s.outlines(c, false))
		return
	}
	cells, area, err := c.attention.Cells(c.level, set)
	if err != nil {
		s.Log.Warn("attention cannot be drawn", "slide", c.id, "error", err)
		return
	}
	v.SetLayer(&viewer.Layer{Cells: cells, Area: area, Opacity: set.Opacity})
	v.SetOutlines(s.outlines(c, set.Outlines))
}

// showNoAttention says why a slide, if there is one, has no attention to show.
func (s *Shell) showNoAttention(c *slide) {
	if c != nil && c.hidden() {
		s.parts.attention.Hide()
		return
	}
	s.parts.attention.Clear()
}

// outlines are what is outlined on the slide: the patches of the level, if wanted,
// and where the user is on the zoom path.
func (s *Shell) outlines(c *slide, all bool) []viewer.Outline {
	var list []viewer.Outline
	for _, o := range c.attention.Outlines(c.level, c.step) {
		kind := outlineKind(o.Kind)
		if all || o.Kind == overlay.Current || o.Kind == overlay.Child {
			list = append(list, viewer.Outline{Area: o.Area, Kind: kind})
		}
	}
	if s.hovered != nil {
		list = append(list, viewer.Outline{Area: *s.hovered, Kind: viewer.Hover})
	}
	return list
}

// outlineKind is how the view draws an outline.
func outlineKind(k overlay.OutlineKind) viewer.OutlineKind {
	switch k {
	case overlay.Parent:
		return viewer.Parent
	case overlay.Current:
		return viewer.Current
	case overlay.Child:
		return viewer.Child
	}
	return viewer.Selected
}

// followZoom chooses the level of attention that suits the magnification on the
// screen, if that is wanted, and reports whether it changed.
func (s *Shell) followZoom() bool {
	c := s.current
	if c == nil || c.attention == nil {
		return false
	}
	set := s.overlaySettings()
	if !set.Auto {
		return false
	}
	level := c.attention.Follow(c.level, s.parts.viewer.Magnification(), set)
	changed := level != c.level
	c.level = level
	return changed
}

// nextLayer goes to the attention of the next magnification, by hand; after the
// highest it follows the zoom again.
func (s *Shell) nextLayer() {
	c := s.current
	if c == nil || c.attention == nil {
		return
	}
	levels := len(c.attention.Levels())
	switch {
	case s.look.Overlay.Auto:
		s.setLevel(0)
	case c.level+1 < levels:
		s.setLevel(c.level + 1)
	default:
		s.changeOverlay(func(o *settings.Overlay) { o.Auto = true })
	}
}

// setLevel shows a level by hand.
func (s *Shell) setLevel(level int) {
	if c := s.current; c != nil {
		c.level = level
	}
	s.changeOverlay(func(o *settings.Overlay) { o.Auto, o.On = false, true })
}

// turnOpacity makes the attention stronger or weaker without drawing it anew.
func (s *Shell) turnOpacity(to float64) {
	s.update(func(l *settings.Settings) { l.Overlay.Opacity = min(max(to, 0), 1) })
	s.attentive().SetLayerOpacity(s.look.Overlay.Opacity)
	if c := s.current; c != nil && c.attention != nil && c.attention.Attends(c.level) {
		s.showLegend(c, s.overlaySettings())
	}
}

// readout says what lies under the cursor.
func (s *Shell) readout(x, y float64) string {
	c := s.current
	if c == nil || c.attention == nil {
		return ""
	}
	hit, ok := c.attention.At(c.level, x, y)
	if !ok {
		return fmt.Sprintf(s.texts.Shell.ReadoutUnread, s.texts.Numbers.Magnification(c.attention.Levels()[c.level]))
	}
	value, rank := hit.Attention, hit.Rank
	if overlay.Kind(s.look.Overlay.Kind) == overlay.Zoom && hit.ZoomRank > 0 {
		value, rank = hit.Zoom, hit.ZoomRank
	}
	switch {
	case !c.attention.Attends(c.level):
		return ""
	case rank == 0:
		return s.texts.Numbers.Share(value, 2)
	}
	return fmt.Sprintf(s.texts.Shell.ReadoutRank, s.texts.Numbers.Share(value, 2), rank, hit.Of)
}

// hover outlines a place while the mouse is on its picture; nil ends it.
func (s *Shell) hover(area *result.Rect) {
	s.hovered = area
	if c := s.current; c != nil && c.attention != nil {
		s.attentive().SetOutlines(s.outlines(c, s.look.Overlay.On && s.look.Overlay.Outlines))
	}
}
