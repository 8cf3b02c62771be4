package viewer

import (
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zoomscope/engine/result"
)

// grid is a picture laid over an area: each of its pixels, a cell, covers an equal
// part of it.
type grid struct {
	cells *image.RGBA
	area  result.Rect
}

// cell is the size of a cell, in level-0 pixels.
func (g grid) cell() (w, h float64) {
	b := g.cells.Rect
	return g.area.Width / float64(b.Dx()), g.area.Height / float64(b.Dy())
}

// rect is where some cells lie in the view.
func (g grid) rect(p projection, cells image.Rectangle) image.Rectangle {
	w, h := g.cell()
	c := cells.Sub(g.cells.Rect.Min)
	return image.Rect(
		p.x(g.area.X+float64(c.Min.X)*w), p.y(g.area.Y+float64(c.Min.Y)*h),
		p.x(g.area.X+float64(c.Max.X)*w), p.y(g.area.Y+float64(c.Max.Y)*h))
}

// visible are the cells that the view shows, and margin more on each side.
func (g grid) visible(p projection, margin int) image.Rectangle {
	w, h := g.cell()
	x0, y0 := p.place(0, 0)
	x1, y1 := p.place(float64(p.w), float64(p.h))
	b := g.cells.Rect
	low := func(v, origin, size float64) int { return int(min(max((v-origin)/size, -1), 1e9)) }
	return image.Rect(
		low(x0, g.area.X, w)-margin, low(y0, g.area.Y, h)-margin,
		low(x1, g.area.X, w)+1+margin, low(y1, g.area.Y, h)+1+margin).Add(b.Min).Intersect(b)
}

// stretched draws a grid as one picture, cut to about what is seen where the whole
// would be very large: single precision would not do for its edges.
type stretched struct {
	grid
	object  *canvas.Image
	crop    image.Rectangle // of cells: what the object shows
	uploads int64
}

func newStretched() *stretched {
	s := &stretched{object: &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest}}
	s.object.Hidden = true
	return s
}

// set takes another picture; nil for none.
func (s *stretched) set(g grid) {
	s.grid, s.crop = g, image.Rectangle{}
	if g.cells == nil {
		s.hide()
		s.object.Image = nil
	}
}

// place puts the picture where the projection has it.
func (s *stretched) place(p projection, at screen, mode canvas.ImageScale) {
	if s.cells == nil {
		return
	}
	need := s.visible(p, 2) // what is blended with lies within 2 cells
	if need.Empty() {
		s.hide()
		return
	}
	crop := s.cut(p, need)
	if crop != s.crop || s.object.ScaleMode != mode {
		s.object.Image, s.object.ScaleMode, s.crop = s.copy(crop), mode, crop
		s.object.Refresh()
		s.uploads++
	}
	if at.put(s.object, s.rect(p, crop)) {
		s.uploads++
	}
	s.object.Show()
}

func (s *stretched) hide() {
	if !s.object.Hidden {
		s.object.Hide()
	}
}

// cut chooses the cells to draw: all while that is not much larger than the view,
// else those needed and some more, and the same as before while they do.
func (s *stretched) cut(p projection, need image.Rectangle) image.Rectangle {
	most := 2 * max(p.w, p.h, 512)
	fits := func(c image.Rectangle) bool {
		r := s.rect(p, c)
		return max(r.Dx(), r.Dy()) <= most
	}
	if all := s.cells.Rect; fits(all) {
		return all
	}
	if !s.crop.Empty() && need.In(s.crop) && fits(s.crop) {
		return s.crop
	}
	wide := image.Rect(need.Min.X-need.Dx()/3, need.Min.Y-need.Dy()/3, need.Max.X+need.Dx()/3, need.Max.Y+need.Dy()/3)
	if wide = wide.Intersect(s.cells.Rect); fits(wide) {
		return wide
	}
	return need
}

// copy gives a tight picture of some cells: Fyne uploads pixels without minding the
// stride.
func (s *stretched) copy(crop image.Rectangle) *image.RGBA {
	if crop == s.cells.Rect && s.cells.Rect.Min == (image.Point{}) && s.cells.Stride == 4*crop.Dx() {
		return s.cells
	}
	m := image.NewRGBA(image.Rect(0, 0, crop.Dx(), crop.Dy()))
	draw.Draw(m, m.Rect, s.cells, crop.Min, draw.Src)
	return m
}

// largeCell is the size in device pixels from which cells are drawn as rectangles:
// a picture of the few that are seen would reach far beyond the view.
const largeCell = 256

// layer draws a grid with hard edges and an opacity, however large its cells are.
type layer struct {
	stretched
	opacity float64
	box     *fyne.Container     // of the large cells
	rects   []*canvas.Rectangle // the pool; the first are in the box
}

func newLayer() *layer {
	return &layer{stretched: *newStretched(), box: &fyne.Container{}, opacity: 1}
}

func (l *layer) set(g grid, opacity float64) {
	l.stretched.set(g)
	l.fade(opacity)
	if g.cells == nil {
		l.clear()
	}
}

// fade changes the opacity alone; nothing is uploaded again.
func (l *layer) fade(opacity float64) {
	l.opacity = min(max(finite(opacity, 1), 0), 1)
	l.object.Translucency = 1 - l.opacity
}

func (l *layer) clear() { l.box.Objects = l.box.Objects[:0] }

func (l *layer) place(p projection, at screen) {
	l.clear()
	if l.cells == nil {
		return
	}
	w, h := l.cell()
	if max(w, h)*p.zoom < largeCell {
		l.stretched.place(p, at, l.mode(min(w, h)*p.zoom))
		return
	}
	l.hide()
	l.large(p, at)
}

// mode blends cells that are smaller than a pixel: of some, none would be seen.
func (l *layer) mode(pixels float64) canvas.ImageScale {
	if pixels < 1 {
		return canvas.ImageScaleFastest
	}
	return canvas.ImageScalePixels
}

// large draws the visible cells as rectangles, cut to the view.
func (l *layer) large(p projection, at screen) {
	view := image.Rect(0, 0, p.w, p.h)
	seen := l.visible(p, 0)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		for x := seen.Min.X; x < seen.Max.X; x++ {
			c := color.NRGBAModel.Convert(l.cells.RGBAAt(x, y)).(color.NRGBA)
			r := l.rect(p, image.Rect(x, y, x+1, y+1)).Intersect(view)
			if c.A == 0 || r.Empty() {
				continue
			}
			c.A = uint8(float64(c.A)*l.opacity + 0.5)
			o := l.rectangle(len(l.box.Objects))
			if o.FillColor != c {
				o.FillColor = c
			}
			at.put(o, r)
			l.box.Objects = append(l.box.Objects, o)
		}
	}
}

func (l *layer) rectangle(i int) *canvas.Rectangle {
	for len(l.rects) <= i {
		l.rects = append(l.rects, &canvas.Rectangle{})
	}
	return l.rects[i]
}
