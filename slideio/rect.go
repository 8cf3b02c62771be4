package slideio

import (
	"fmt"
	"image"
	"math"
)

// Rect is an area of a slide in pixels of level 0, which need not be whole.
type Rect struct{ X, Y, W, H float64 }

// RectOf is the area that covers the pixels of r.
func RectOf(r image.Rectangle) Rect {
	return Rect{float64(r.Min.X), float64(r.Min.Y), float64(r.Dx()), float64(r.Dy())}
}

// Empty reports whether the area has no extent. An area with NaN is empty.
func (r Rect) Empty() bool { return !(r.W > 0 && r.H > 0) }

// Right and Bottom are the area's far edges.
func (r Rect) Right() float64  { return r.X + r.W }
func (r Rect) Bottom() float64 { return r.Y + r.H }

// Center is the area's middle.
func (r Rect) Center() (x, y float64) { return r.X + r.W/2, r.Y + r.H/2 }

// Contains reports whether a point lies in the area; the far edges do not.
func (r Rect) Contains(x, y float64) bool {
	return x >= r.X && x < r.Right() && y >= r.Y && y < r.Bottom()
}

// Intersect is the common part of two areas, the zero Rect when there is none.
func (r Rect) Intersect(o Rect) Rect {
	x, y := max(r.X, o.X), max(r.Y, o.Y)
	out := Rect{x, y, min(r.Right(), o.Right()) - x, min(r.Bottom(), o.Bottom()) - y}
	if out.Empty() {
		return Rect{}
	}
	return out
}

// Pixels is the smallest rectangle of whole pixels that covers the area.
func (r Rect) Pixels() image.Rectangle {
	return image.Rect(int(math.Floor(r.X)), int(math.Floor(r.Y)),
		int(math.Ceil(r.Right())), int(math.Ceil(r.Bottom())))
}

func (r Rect) String() string {
	return fmt.Sprintf("%gx%g at (%g, %g)", r.W, r.H, r.X, r.Y)
}

// finite reports whether all four numbers can be computed with.
func (r Rect) finite() bool {
	for _, v := range [...]float64{r.X, r.Y, r.W, r.H} {
		if math.IsNaN(v) || math.Abs(v) > 1e15 {
			return false
		}
	}
	return true
}
