package export

import (
	"image"
	"image/draw"
	"io"
	"math"

	"zoomscope/assets"
)

// WriteView writes, as PNG, a picture of a part of a slide with a scale bar in its
// lower left corner. umPerPixel is 0 where the resolution is not known: there is no
// bar then.
func WriteView(w io.Writer, view image.Image, umPerPixel float64) error {
	if !(umPerPixel > 0) || math.IsInf(umPerPixel, 1) {
		return WritePNG(w, view)
	}
	t, err := newTypesetter()
	if err != nil {
		return err
	}
	size := view.Bounds().Size()
	p := newPage(size.X, size.Y, t)
	draw.Draw(p.RGBA, p.Rect, view, view.Bounds().Min, draw.Src)
	p.measure(umPerPixel)
	return WritePNG(w, p.RGBA)
}

// barShare is the most of a view's width that its scale bar takes.
const barShare = 0.2

// measure draws a scale bar on a plate of its own.
func (p *page) measure(umPerPixel float64) {
	um := roundLength(barShare * float64(p.Rect.Dx()) * umPerPixel)
	s := style{size: textSize(max(p.Rect.Dx(), p.Rect.Dy())), ink: assets.Marker()}
	text, long, thick, pad := lengthText(um), um/umPerPixel, math.Round(max(3, s.size/5)), math.Round(s.size/2)
	wide := max(long, float64(p.width(text, s)))
	left, bottom := 2*pad, float64(p.Rect.Dy())-2*pad
	plate := box{left, bottom - float64(s.line()) - thick - 2*pad, left + wide + 2*pad, bottom}
	p.fill(plate, assets.Halo())
	p.fill(box{left + pad, bottom - pad - thick, left + pad + long, bottom - pad}, assets.Marker())
	p.draw(p.RGBA, int(left+pad), int(plate.y0+pad/2), text, s)
}
