package viewer

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zoomscope/assets"
)

// ruler is the line that a user draws to say how long something is.
type ruler struct {
	on       bool // measuring
	drawn    bool // there is a line
	dragging bool
	from, to [2]float64 // level-0 pixels
	box      *fyne.Container
	lines    [2]*canvas.Line
}

func newRuler() *ruler {
	r := &ruler{box: &fyne.Container{}}
	r.lines[0] = &canvas.Line{StrokeColor: assets.Halo(), StrokeWidth: 5}
	r.lines[1] = &canvas.Line{StrokeColor: assets.Marker(), StrokeWidth: 2}
	r.box.Objects = []fyne.CanvasObject{r.lines[0], r.lines[1]}
	r.box.Hide()
	return r
}

// SetMeasuring changes what dragging does: while measuring it draws a line, whose
// ends OnMeasured gets. The line stays when measuring ends, until ClearMeasure; one
// that is not yet finished goes.
func (v *Viewer) SetMeasuring(on bool) {
	v.ruler.on = on
	if !on && v.ruler.dragging {
		v.ruler.clear()
	}
	v.arrange()
}

// ClearMeasure takes the drawn line away.
func (v *Viewer) ClearMeasure() {
	v.ruler.clear()
	v.arrange()
}

func (r *ruler) clear() {
	r.drawn, r.dragging = false, false
	r.box.Hide()
}

// drag begins a line, or moves its end.
func (r *ruler) drag(from, to [2]float64) {
	if !r.dragging {
		r.from, r.dragging, r.drawn = from, true, true
	}
	r.to = to
}

// drop ends the line; ok tells whether there was one being drawn.
func (r *ruler) drop() (from, to [2]float64, ok bool) {
	ok = r.dragging
	r.dragging = false
	return r.from, r.to, ok
}

func (r *ruler) place(p projection, at screen) {
	if !r.drawn {
		return
	}
	for _, l := range r.lines {
		l.Position1 = fyne.NewPos(at.points(float64(p.x(r.from[0]))), at.points(float64(p.y(r.from[1]))))
		l.Position2 = fyne.NewPos(at.points(float64(p.x(r.to[0]))), at.points(float64(p.y(r.to[1]))))
	}
	r.box.Show()
}
