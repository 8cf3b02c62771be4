package viewer

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

var (
	_ fyne.Scrollable     = (*Viewer)(nil)
	_ fyne.Draggable      = (*Viewer)(nil)
	_ fyne.Tappable       = (*Viewer)(nil)
	_ fyne.DoubleTappable = (*Viewer)(nil)
	_ desktop.Hoverable   = (*Viewer)(nil)
	_ desktop.Cursorable  = (*Viewer)(nil)
	_ desktop.Mouseable   = (*Viewer)(nil)
)

const (
	wheelClick = 25   // what Fyne reports for one click of a mouse wheel
	wheelZoom  = 1.25 // the factor of one click
	tapZoom    = 2    // of a double tap
)

// cursor is where the mouse is, in device pixels of the view.
type cursor struct {
	x, y   float64
	inside bool
}

func (v *Viewer) input() {
	if v.OnInput != nil {
		v.OnInput()
	}
}

// Scrolled zooms about the cursor: in a short glide for clicks of a wheel, at once
// for the small steps of a touchpad.
func (v *Viewer) Scrolled(e *fyne.ScrollEvent) {
	v.input()
	dy := float64(e.Scrolled.DY)
	zoom := v.destination().Zoom * math.Pow(wheelZoom, dy/wheelClick)
	d := glideTime
	if math.Abs(dy) < wheelClick {
		d = 0
	}
	dx, dyc := v.fromCentre(e.Position)
	v.zoomAbout(dx, dyc, zoom, d)
}

// fromCentre is a position in device pixels from the middle of the view.
func (v *Viewer) fromCentre(p fyne.Position) (dx, dy float64) {
	return v.at.pixels(p.X) - float64(v.proj.w)/2, v.at.pixels(p.Y) - float64(v.proj.h)/2
}

// MouseDown ends typing in a field of text elsewhere: the keys are the window's own
// again.
func (v *Viewer) MouseDown(*desktop.MouseEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v)
	if c == nil {
		return
	}
	// What text is typed into knows shortcuts, to copy and to paste.
	if _, typing := c.Focused().(fyne.Shortcutable); typing {
		c.Unfocus()
	}
}

// MouseUp is Fyne's.
func (v *Viewer) MouseUp(*desktop.MouseEvent) {}

// Dragged pans, or draws the line while measuring.
func (v *Viewer) Dragged(e *fyne.DragEvent) {
	v.input()
	if !v.ready() {
		return
	}
	dx, dy := v.at.pixels(e.Dragged.DX), v.at.pixels(e.Dragged.DY)
	v.cursor.x, v.cursor.y = v.at.pixels(e.Position.X), v.at.pixels(e.Position.Y)
	if v.ruler.on {
		fx, fy := v.proj.place(v.cursor.x-dx, v.cursor.y-dy)
		tx, ty := v.proj.place(v.cursor.x, v.cursor.y)
		v.ruler.drag([2]float64{fx, fy}, [2]float64{tx, ty})
		v.arrange()
		return
	}
	v.pan(-dx, -dy)
}

// DragEnd ends the line.
func (v *Viewer) DragEnd() {
	from, to, ok := v.ruler.drop()
	if ok && v.OnMeasured != nil {
		v.OnMeasured(from, to)
	}
}

// Tapped reports the place. Fyne holds it back until it is sure that no second tap
// follows.
func (v *Viewer) Tapped(e *fyne.PointEvent) {
	v.input()
	if v.ready() && v.OnTapped != nil && !v.ruler.on {
		v.OnTapped(v.proj.place(v.at.pixels(e.Position.X), v.at.pixels(e.Position.Y)))
	}
}

// DoubleTapped zooms in at the place.
func (v *Viewer) DoubleTapped(e *fyne.PointEvent) {
	v.input()
	dx, dy := v.fromCentre(e.Position)
	v.zoomAbout(dx, dy, v.destination().Zoom*tapZoom, glideTime)
}

// MouseIn and MouseMoved follow the cursor.
func (v *Viewer) MouseIn(e *desktop.MouseEvent) { v.MouseMoved(e) }

// MouseMoved is Fyne's.
func (v *Viewer) MouseMoved(e *desktop.MouseEvent) {
	v.cursor = cursor{v.at.pixels(e.Position.X), v.at.pixels(e.Position.Y), true}
	v.hovered()
}

// MouseOut is Fyne's.
func (v *Viewer) MouseOut() {
	v.cursor.inside = false
	v.hovered()
}

// hovered tells of the place under the cursor.
func (v *Viewer) hovered() {
	x, y, inside := v.cursorPlace()
	if inside && v.missing > 0 {
		v.loader.focus(x, y)
	}
	v.furniture.hover()
	if v.OnHover != nil {
		v.OnHover(x, y, inside)
	}
}

// cursorPlace is the place under the cursor, and whether it is on the slide.
func (v *Viewer) cursorPlace() (x, y float64, onSlide bool) {
	if !v.ready() || v.camera.Zoom <= 0 {
		return 0, 0, false
	}
	x, y = v.proj.place(v.cursor.x, v.cursor.y)
	in := x >= 0 && y >= 0 && x < float64(v.slide.width) && y < float64(v.slide.height)
	return x, y, in && v.cursor.inside
}

// Cursor is a cross while measuring.
func (v *Viewer) Cursor() desktop.Cursor {
	if v.ruler.on {
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
}
