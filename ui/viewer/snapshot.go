package viewer

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"fyne.io/fyne/v2/canvas"

	"zoomscope/assets"
)

// Snapshot draws what is seen, one pixel per device pixel, from the tiles there are,
// with layer and outlines and without furniture. It is nil where there is no view.
func (v *Viewer) Snapshot() *image.RGBA {
	v.arrange()
	if v.proj.w <= 0 || v.proj.h <= 0 {
		return nil
	}
	m := image.NewRGBA(image.Rect(0, 0, v.proj.w, v.proj.h))
	draw.Draw(m, m.Rect, image.NewUniform(v.background.FillColor), image.Point{}, draw.Src)
	if !v.ready() {
		return m
	}
	if v.missing > 0 && v.preview.cells != nil {
		paint(m, v.preview.rect(v.proj, v.preview.cells.Rect), v.preview.cells, canvas.ImageScaleFastest, 1)
	}
	for _, s := range v.stage.order {
		paint(m, tileRect(v.proj, s.key, s.tile, v.slide), s.object.Image, s.object.ScaleMode, 1)
	}
	v.layer.snapshot(m, v.proj)
	for _, r := range beside(v.matted(), v.slideRect()) {
		draw.Draw(m, r, image.NewUniform(v.background.FillColor), image.Point{}, draw.Src)
	}
	v.outlines.snapshot(m, v.proj, v.at)
	return m
}

// paint stretches a picture over a rectangle, as Fyne would.
func paint(dst *image.RGBA, r image.Rectangle, src image.Image, mode canvas.ImageScale, opacity float64) {
	var scaler draw.Scaler = draw.ApproxBiLinear
	if mode == canvas.ImageScalePixels {
		scaler = draw.NearestNeighbor
	}
	var o *draw.Options
	if opacity < 1 {
		o = &draw.Options{SrcMask: image.NewUniform(color.Alpha{A: uint8(255*opacity + 0.5)})}
	}
	scaler.Scale(dst, r, src, src.Bounds(), draw.Over, o)
}

// snapshot draws cell by cell: each has the very edges that the view gives it.
func (l *layer) snapshot(m *image.RGBA, p projection) {
	if l.cells == nil || l.opacity == 0 {
		return
	}
	w, h := l.cell()
	if min(w, h)*p.zoom < 1 {
		paint(m, l.rect(p, l.cells.Rect), l.cells, canvas.ImageScaleFastest, l.opacity)
		return
	}
	mask := image.NewUniform(color.Alpha{A: uint8(255*l.opacity + 0.5)})
	seen := l.visible(p, 0)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		for x := seen.Min.X; x < seen.Max.X; x++ {
			r := l.rect(p, image.Rect(x, y, x+1, y+1))
			draw.DrawMask(m, r, image.NewUniform(l.cells.RGBAAt(x, y)), image.Point{}, mask, image.Point{}, draw.Over)
		}
	}
}

func (o *outliner) snapshot(m *image.RGBA, p projection, at screen) {
	for _, out := range o.outlines[o.first(p):] {
		line, halo := out.Kind.pixels(at)
		for _, outer := range out.rings(p, at) {
			ring(m, outer, line+2*halo, assets.Halo())
			ring(m, outer.Inset(halo), line, assets.Marker())
		}
	}
}

// ring fills the inner edge of a rectangle.
func ring(m *image.RGBA, r image.Rectangle, width int, c color.Color) {
	for _, side := range sides(r, width) {
		draw.Draw(m, side, image.NewUniform(c), image.Point{}, draw.Over)
	}
}
