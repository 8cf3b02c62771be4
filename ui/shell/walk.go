package shell

import (
	"context"
	"image"
	"time"

	"zoomscope/engine/result"
	"zoomscope/ui/overlay"
	"zoomscope/ui/panels"
	"zoomscope/ui/viewer"
)

// patchSide is the side of the gallery's pictures, in pixels: patches are 256
// pixels at their own magnification, and shown at about half of that.
const patchSide = 192

// walk goes along the zoom path: by steps forwards or backwards.
func (s *Shell) walk(forwards bool) {
	c := s.current
	if c == nil || c.attention == nil {
		return
	}
	path := c.attention.Path()
	if forwards {
		s.goTo(path.Next(c.step))
	} else {
		s.goTo(path.Previous(c.step))
	}
}

// climb goes one magnification up or down the zoom path.
func (s *Shell) climb(up bool) {
	c := s.current
	if c == nil || c.attention == nil {
		return
	}
	path := c.attention.Path()
	to, ok := path.Up(c.step)
	if !up {
		to, ok = path.Down(c.step)
	}
	switch {
	case ok:
		s.goTo(to)
	case c.step < 0:
		s.goTo(path.Next(-1))
	case up:
		s.say(s.texts.Shell.NothingAbove)
	default:
		s.say(s.texts.Shell.NothingBelow)
	}
}

// goTo flies to a step of the zoom path and shows the attention of its level.
func (s *Shell) goTo(step int) {
	c := s.current
	if c == nil || c.attention == nil || step < 0 {
		return
	}
	c.step = step
	at := c.attention.Path().Steps()[step]
	s.Log.Info("zoom path", "slide", c.id, "step", step)
	c.level = at.Level
	s.parts.viewer.FlyTo(around(at.Area))
	s.showAttention()
	s.parts.path.SetCurrent(step)
}

// around leaves room around a patch, so that it is seen where it lies.
func around(r result.Rect) result.Rect {
	const room = 0.75 // of the patch's size, on each side
	return result.Rect{X: r.X - room*r.Width, Y: r.Y - room*r.Height, Width: (1 + 2*room) * r.Width, Height: (1 + 2*room) * r.Height}
}

// showPath fills the gallery of the slide at hand.
func (s *Shell) showPath() {
	c := s.current
	switch {
	case c != nil && c.attention == nil && c.hidden():
		s.parts.path.Hide()
		return
	case c == nil || c.attention == nil:
		s.parts.path.Clear()
		return
	}
	var levels []panels.PathLevel
	for i, magnification := range c.attention.Levels() {
		levels = append(levels, panels.PathLevel{Magnification: magnification, Zoom: c.attention.HasZoom(i), Patches: gallery(c, i)})
	}
	w, h := c.view.Size()
	s.parts.path.Set(levels, float64(w)/float64(h))
	s.parts.path.SetCurrent(c.step)
}

// gallery lists the patches that stand out at a level.
func gallery(c *slide, level int) []panels.PathPatch {
	path := c.attention.Path()
	steps := path.Steps()
	w, h := c.view.Size()
	var list []panels.PathPatch
	for _, step := range path.Gallery(level) {
		at := steps[step]
		list = append(list, panels.PathPatch{
			Step: step, Rank: at.Rank, Share: at.Share, Picture: c.patches[step],
			Place: panels.Place{
				X: (at.Area.X + at.Area.Width/2) / float64(w),
				Y: (at.Area.Y + at.Area.Height/2) / float64(h),
			},
			Parent: at.Parent, Children: path.Children(step),
		})
	}
	return list
}

// hoverStep outlines a step of the path while the mouse is on its picture.
func (s *Shell) hoverStep(step int, inside bool) {
	c := s.current
	if c == nil || c.attention == nil || !inside {
		s.hover(nil)
		return
	}
	area := c.attention.Path().Steps()[step].Area
	s.hover(&area)
}

// loadGallery reads the pictures of the zoom path beside the window, best first.
func (s *Shell) loadGallery(c *slide) {
	c.patches = map[int]*image.RGBA{}
	path := c.attention.Path()
	view, model := c.view, c.attention
	s.work(func(ctx context.Context) {
		for _, step := range galleryOrder(path, len(model.Levels())) {
			area := path.Steps()[step].Area
			img, err := view.Picture(ctx, area, patchSide, patchSide)
			if err != nil {
				return
			}
			s.show(func() { s.gotPatch(c, model, step, img) })
		}
	})
}

// gotPatch shows a picture of the gallery, unless a newer result has replaced it.
func (s *Shell) gotPatch(c *slide, model *overlay.Model, step int, img *image.RGBA) {
	if model != c.attention {
		return
	}
	c.patches[step] = img
	if s.current == c {
		s.parts.path.SetPicture(step, img)
	}
}

// galleryOrder lists the steps of all galleries, those of the lowest magnification
// first.
func galleryOrder(path *overlay.Path, levels int) []int {
	var order []int
	for i := range levels {
		order = append(order, path.Gallery(i)...)
	}
	return order
}

// flyHome shows the whole slide again.
func (s *Shell) flyHome() { s.parts.viewer.Fit() }

// quietFor is how long work in the background gives way after the view moved.
const quietFor = 300 * time.Millisecond

// moved is called on every move of the view.
func (s *Shell) moved(viewer.Camera) {
	s.Workspace.Quiet(quietFor)
	if s.followZoom() {
		s.showAttention()
	}
}

// tapped goes to the step of the zoom path under a place of the slide, if there is
// one at the level shown.
func (s *Shell) tapped(x, y float64) {
	s.refocus()
	c := s.current
	if c == nil || c.attention == nil || !s.look.Overlay.On {
		return
	}
	hit, ok := c.attention.At(c.level, x, y)
	if !ok {
		return
	}
	if step, ok := c.attention.Path().StepOf(c.level, hit.Patch); ok {
		c.step = step
		s.showAttention()
		s.parts.path.SetCurrent(step)
	}
}

// drawn is called once a slide's own pixels fill the view.
func (s *Shell) drawn() {
	if c := s.current; c != nil {
		s.Log.Info("slide drawn", "slide", c.id, "ms", time.Since(c.opening).Milliseconds())
	}
	if s.onDrawn != nil {
		s.onDrawn()
	}
}
