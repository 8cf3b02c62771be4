package viewer

import (
	"image"
	"math"

	"fyne.io/fyne/v2"
)

// screen turns device pixels of the view into Fyne's points.
type screen struct{ scale float64 }

// The view may lie at a fraction of a device pixel, and positions are single
// precision, so that an edge on a whole pixel might be drawn at this one or the
// next, and two equal edges apart. A shift by a part of a pixel that layouts do not
// come up with keeps edges away from where rounding is undecided, both for drivers
// that round and for those that round up.
const shift = 0.2

// slack is taken from lengths, in device pixels, so that drivers that round up do
// not add a pixel to a length whose product with the scale is a hair too large.
const slack = 1.0 / 1024

// screenOf asks the object's canvas how many device pixels a point has; 1 where it
// is on none.
func screenOf(o fyne.CanvasObject) screen {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil || c.Scale() <= 0 {
		return screen{1}
	}
	// Some systems put their own factor between the canvas's pixels and the
	// device's; it shows in this conversion alone, which yields whole pixels.
	const far = 4096
	scale := float64(c.Scale())
	px, _ := c.PixelCoordinateForPosition(fyne.NewPos(far, far))
	const steps = 64 // factors are multiples of 1/64: what is off is the rounding
	factor := math.Round(float64(px)/(far*scale)*steps) / steps
	return screen{scale * max(factor, 1.0/steps)}
}

// pixels is a length in device pixels.
func (s screen) pixels(points float32) float64 { return float64(points) * s.scale }

// points is a length of n device pixels.
func (s screen) points(n float64) float32 { return float32(n / s.scale) }

// put moves and resizes an object to a rectangle of device pixels. It tells whether
// the size changed.
func (s screen) put(o fyne.CanvasObject, r image.Rectangle) bool {
	o.Move(fyne.NewPos(s.points(float64(r.Min.X)-shift), s.points(float64(r.Min.Y)-shift)))
	size := fyne.NewSize(s.length(r.Dx()), s.length(r.Dy()))
	if o.Size() == size {
		return false
	}
	o.Resize(size)
	return true
}

func (s screen) length(n int) float32 {
	if s.scale == math.Trunc(s.scale) {
		return s.points(float64(n))
	}
	return s.points(float64(n) - slack)
}
