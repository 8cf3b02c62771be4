package viewer

import (
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/engine/result"
)

const (
	glideTime  = 100 * time.Millisecond // of a zoom
	flyTime    = 250 * time.Millisecond
	flyMargin  = 0.7 // of the view: how much of it the place flown to takes
	fullWidth  = 40  // magnification of level 0 where the resolution is not known
	micrometre = 10  // micrometres per pixel at magnification 1
)

// Camera is what the view shows now, also in the middle of a movement.
func (v *Viewer) Camera() Camera { return v.camera }

// VisibleArea is the area that the view shows, also beyond the slide.
func (v *Viewer) VisibleArea() result.Rect {
	if !v.ready() {
		return result.Rect{}
	}
	return v.proj.rect()
}

// Magnification is the one shown: 1 means 10 micrometres per device pixel. It is 0
// where the resolution is not known.
func (v *Viewer) Magnification() float64 {
	if v.mpp <= 0 {
		return 0
	}
	return v.camera.Zoom * micrometre / v.mpp
}

// SetCamera shows another part of the slide at once, as near to it as allowed: the
// centre stays on the slide, and the zoom between half of that which shows the whole
// slide and 8.
func (v *Viewer) SetCamera(c Camera) {
	v.stop()
	v.move(c, false)
}

// Fit shows the whole slide, and keeps to it when the view is resized.
func (v *Viewer) Fit() {
	v.stop()
	v.toFit()
}

func (v *Viewer) toFit() {
	if v.ready() {
		v.move(v.limits().whole(), true)
	}
}

// Magnify zooms about the centre, in a short glide, until a device pixel shows one
// pixel of magnification m. Where the resolution is not known, level 0 counts as 40x.
func (v *Viewer) Magnify(m float64) {
	zoom := m / fullWidth
	if v.mpp > 0 {
		zoom = m * v.mpp / micrometre
	}
	v.zoomAbout(0, 0, zoom, glideTime)
}

// ZoomBy zooms about the centre, in a short glide.
func (v *Viewer) ZoomBy(factor float64) {
	v.zoomAbout(0, 0, v.destination().Zoom*factor, glideTime)
}

// PanBy moves the view over the slide, by fractions of the view's width and height,
// at once.
func (v *Viewer) PanBy(dx, dy float64) {
	if v.ready() {
		v.pan(dx*float64(v.proj.w), dy*float64(v.proj.h))
	}
}

// pan moves the view by device pixels, from where a movement under way would lead.
func (v *Viewer) pan(dx, dy float64) {
	to := v.destination()
	v.stop()
	v.move(Camera{to.X + dx/to.Zoom, to.Y + dy/to.Zoom, to.Zoom}, false)
}

// FlyTo moves steadily, in a quarter of a second, to where an area fills most of the
// view. Any input cuts it off.
func (v *Viewer) FlyTo(area result.Rect) {
	if !v.ready() || !(area.Width > 0 && area.Height > 0) {
		return
	}
	zoom := flyMargin * min(float64(v.proj.w)/area.Width, float64(v.proj.h)/area.Height)
	to := v.limits().clamp(Camera{area.X + area.Width/2, area.Y + area.Height/2, zoom})
	from := v.camera
	v.fly(&flight{to: to, at: func(t float64) Camera { return from.towards(to, t) }}, flyTime)
}

// zoomAbout glides to another zoom and keeps the place that is dx, dy device pixels
// from the centre of the view where it is. No time means at once.
func (v *Viewer) zoomAbout(dx, dy, zoom float64, d time.Duration) {
	if !v.ready() {
		return
	}
	l := v.limits()
	from, goal := v.camera, l.zoom(finite(zoom, v.camera.Zoom))
	at := func(t float64) Camera {
		z := from.towards(Camera{from.X, from.Y, goal}, t).Zoom
		return l.clamp(from.anchored(dx, dy, z))
	}
	if d == 0 || goal == from.Zoom {
		v.SetCamera(at(1))
		return
	}
	v.fly(&flight{to: at(1), at: at}, d)
}

// flight is a movement under way.
type flight struct {
	to   Camera
	at   func(t float64) Camera // t from 0 to 1
	anim *fyne.Animation
}

// fly begins a movement in place of any other. Ticks that come late, after another
// one has begun, do nothing.
func (v *Viewer) fly(f *flight, d time.Duration) {
	v.stop()
	v.flight = f
	f.anim = &fyne.Animation{Duration: d, Curve: fyne.AnimationEaseOut, Tick: func(t float32) {
		if v.flight != f {
			return
		}
		if t >= 1 {
			v.flight = nil
		}
		v.move(f.at(float64(t)), false)
	}}
	f.anim.Start()
}

// stop ends a movement where it is.
func (v *Viewer) stop() {
	if v.flight != nil {
		v.flight.anim.Stop()
		v.flight = nil
	}
}

// destination is where a movement under way leads, or else the camera.
func (v *Viewer) destination() Camera {
	switch {
	case v.flight != nil:
		return v.flight.to
	case v.leader != nil:
		return v.leader.destination()
	}
	return v.camera
}

// move shows what a camera sees, here and in linked views.
func (v *Viewer) move(c Camera, fitted bool) {
	if v.ready() {
		c = v.limits().clamp(c)
		fitted = fitted || c == v.limits().whole()
	}
	same := c == v.camera
	v.camera, v.fitted = c, fitted
	v.arrange()
	if same {
		return
	}
	if v.OnCamera != nil {
		v.OnCamera(c)
	}
	v.lead()
}

// lead moves the linked views along. One that is moved this way leads no other.
func (v *Viewer) lead() {
	if v.leader != nil {
		return
	}
	for _, to := range v.linked {
		to.stop()
		to.leader = v
		to.move(v.camera, v.fitted)
		to.leader = nil
	}
}

// Link makes two views move together from now on: the one that is moved leads, the
// other follows as far as its own slide and size allow. The second takes the camera
// of the first at once, if both have a slide. The function given back takes the link
// away.
func Link(a, b *Viewer) (unlink func()) {
	a.linked, b.linked = append(a.linked, b), append(b.linked, a)
	if a.ready() && b.ready() {
		a.lead()
	}
	return func() {
		a.linked, b.linked = without(a.linked, b), without(b.linked, a)
	}
}

func without(all []*Viewer, one *Viewer) []*Viewer {
	var rest []*Viewer
	for _, v := range all {
		if v != one {
			rest = append(rest, v)
		}
	}
	return rest
}
