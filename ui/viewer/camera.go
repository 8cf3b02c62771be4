package viewer

import (
	"math"

	"zoomscope/engine/result"
)

// maxZoom is how many device pixels a level-0 pixel may cover.
const maxZoom = 8

// Camera is what the view shows: its centre, in level-0 pixels, and the device
// pixels per level-0 pixel.
type Camera struct{ X, Y, Zoom float64 }

// anchored gives the camera of another zoom that keeps the place which c shows dx,
// dy device pixels from the centre of the view.
func (c Camera) anchored(dx, dy, zoom float64) Camera {
	return Camera{X: c.X + dx/c.Zoom - dx/zoom, Y: c.Y + dy/c.Zoom - dy/zoom, Zoom: zoom}
}

// towards goes from c (t = 0) to d (t = 1): the zoom by equal factors, the centre so
// that all of the picture grows or shrinks about one fixed place.
func (c Camera) towards(d Camera, t float64) Camera {
	if t >= 1 {
		return d
	}
	zoom := c.Zoom * math.Pow(d.Zoom/c.Zoom, t)
	f := t
	if between := 1/d.Zoom - 1/c.Zoom; math.Abs(between)*c.Zoom > 1e-3 {
		f = (1/zoom - 1/c.Zoom) / between
	}
	return Camera{X: c.X + f*(d.X-c.X), Y: c.Y + f*(d.Y-c.Y), Zoom: zoom}
}

// limits are the cameras allowed over a slide in a view.
type limits struct {
	width, height float64 // of the slide
	fit           float64 // zoom that shows the whole slide
}

// newLimits takes the slide's size in level-0 pixels and the view's in device
// pixels; both are above zero.
func newLimits(width, height, viewWidth, viewHeight int) limits {
	w, h := float64(width), float64(height)
	return limits{width: w, height: h, fit: min(float64(viewWidth)/w, float64(viewHeight)/h)}
}

// whole is the camera that shows the whole slide.
func (l limits) whole() Camera { return Camera{X: l.width / 2, Y: l.height / 2, Zoom: l.fit} }

// zoom is the nearest zoom allowed.
func (l limits) zoom(z float64) float64 {
	return min(max(z, l.fit/2), max(maxZoom, l.fit))
}

// clamp is the nearest camera allowed; numbers that are not finite become those of
// the whole slide.
func (l limits) clamp(c Camera) Camera {
	whole := l.whole()
	return Camera{
		X:    min(max(finite(c.X, whole.X), 0), l.width),
		Y:    min(max(finite(c.Y, whole.Y), 0), l.height),
		Zoom: l.zoom(finite(c.Zoom, whole.Zoom)),
	}
}

func finite(v, otherwise float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return otherwise
	}
	return v
}

// projection turns places into device pixels of the view.
type projection struct {
	zoom   float64
	ox, oy float64 // whole numbers
	w, h   int     // the view
}

// project puts the camera's centre into the middle of a view of w x h device pixels.
func project(c Camera, w, h int) projection {
	return projection{
		zoom: c.Zoom, w: w, h: h,
		ox: math.Round(c.X*c.Zoom - float64(w)/2),
		oy: math.Round(c.Y*c.Zoom - float64(h)/2),
	}
}

// x is the device pixel at whose left side a place lies.
func (p projection) x(place float64) int { return int(math.Round(place*p.zoom) - p.ox) }

// y is the device pixel at whose upper side a place lies.
func (p projection) y(place float64) int { return int(math.Round(place*p.zoom) - p.oy) }

// place is what lies at a point of the view, in device pixels.
func (p projection) place(x, y float64) (float64, float64) {
	return (x + p.ox) / p.zoom, (y + p.oy) / p.zoom
}

// rect is what the view shows, also beyond the slide.
func (p projection) rect() result.Rect {
	x, y := p.place(0, 0)
	return result.Rect{X: x, Y: y, Width: float64(p.w) / p.zoom, Height: float64(p.h) / p.zoom}
}
