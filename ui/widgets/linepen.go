package widgets

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// lines draws the series. It is called with the pixels that there are for the size
// of the chart, and keeps to what was current when the chart was drawn.
func (d *chartDrawing) lines(colors []color.Color) func(w, h int) image.Image {
	frame, series, size := d.frame, d.chart.Series, d.Size()
	return func(w, h int) image.Image {
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		if size.Width <= 0 || w == 0 || h == 0 {
			return img
		}
		scale := float32(w) / size.Width
		for i, s := range series {
			pen := pen{vector.NewRasterizer(w, h), scale * chartStroke / 2}
			frame.trace(s.Values, func(x, y float32) { pen.dot(scale*x, scale*y) },
				func(x, y, x2, y2 float32) { pen.stroke(scale*x, scale*y, scale*x2, scale*y2) })
			pen.to.Draw(img, img.Rect, image.NewUniform(colors[i]), image.Point{})
		}
		return img
	}
}

// trace goes along values: a dot at each, a stroke between neighbours. What is beyond
// the axis is drawn at its end.
func (f chartFrame) trace(values []float64, dot func(x, y float32), stroke func(x, y, x2, y2 float32)) {
	before := -1
	for i, v := range values {
		if math.IsNaN(v) {
			before = -1
			continue
		}
		x, y := f.x(float64(i+1)), f.y(min(max(v, f.low), f.high))
		dot(x, y)
		if before >= 0 {
			b := values[before]
			stroke(f.x(float64(before+1)), f.y(min(max(b, f.low), f.high)), x, y)
		}
		before = i
	}
}

// pen draws with a round tip of some radius.
type pen struct {
	to     *vector.Rasterizer
	radius float32
}

// dot is an octagon.
func (p pen) dot(x, y float32) {
	for i := range 8 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 4)
		px, py := x+p.radius*float32(cos), y+p.radius*float32(sin)
		if i == 0 {
			p.to.MoveTo(px, py)
		} else {
			p.to.LineTo(px, py)
		}
	}
	p.to.ClosePath()
}

// stroke is a rectangle along a line; it turns the same way as a dot, so that what
// overlaps adds up.
func (p pen) stroke(x, y, x2, y2 float32) {
	length := float32(math.Hypot(float64(x2-x), float64(y2-y)))
	if length == 0 {
		return
	}
	dx, dy := p.radius*(y-y2)/length, p.radius*(x2-x)/length // across, to the right
	p.to.MoveTo(x-dx, y-dy)
	p.to.LineTo(x2-dx, y2-dy)
	p.to.LineTo(x2+dx, y2+dy)
	p.to.LineTo(x+dx, y+dy)
	p.to.ClosePath()
}
