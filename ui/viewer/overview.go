package viewer

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"zoomscope/assets"
)

const (
	mapMost      = 170  // points: the longer side of the overview map
	mapShare     = 0.28 // of the view's shorter side
	mapLeast     = 60   // points: smaller maps are not shown
	mapNarrowest = 8    // points: the shorter side of very long slides
	mapFrame     = 8    // device pixels: the least side of the visible rectangle
	mapMark      = 12   // points: the mark of a place that is pointed at
)

// overview is the small map of the slide. A tap or drag on it goes there.
type overview struct {
	widget.BaseWidget
	v       *Viewer
	slide   pyramid
	preview *image.RGBA
	size    image.Point // device pixels

	ground  *canvas.Rectangle
	picture *canvas.Image
	border  *canvas.Rectangle
	frame   *frame
	framed  *fyne.Container
	seen    image.Rectangle
	mark    [2]*canvas.Rectangle // halo and mark of the place pointed at
	marked  image.Rectangle
}

var (
	_ fyne.Tappable     = (*overview)(nil)
	_ fyne.Draggable    = (*overview)(nil)
	_ desktop.Hoverable = (*overview)(nil)
)

func newOverview(v *Viewer) *overview {
	o := &overview{
		v:       v,
		ground:  &canvas.Rectangle{FillColor: assets.Halo()},
		picture: &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest},
		border:  &canvas.Rectangle{FillColor: color.Transparent, StrokeColor: color.Gray{Y: 0x70}, StrokeWidth: 1},
		frame:   newFrame(),
		framed:  &fyne.Container{},
	}
	for i, c := range []color.Color{assets.Halo(), assets.Marker()} {
		o.mark[i] = &canvas.Rectangle{FillColor: c}
		o.mark[i].Hidden = true
	}
	o.Hidden = true
	o.ExtendBaseWidget(o)
	return o
}

// CreateRenderer is Fyne's.
func (o *overview) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{Objects: []fyne.CanvasObject{o.ground, o.picture, o.border, o.framed, o.mark[0], o.mark[1]}})
}

func (o *overview) set(p pyramid, preview *image.RGBA) {
	o.slide, o.preview, o.size = p, preview, image.Point{}
}

// arrange shows the map where it is of use and there is room, and the visible
// rectangle on it.
func (o *overview) arrange() {
	p, at := o.v.proj, o.v.at
	size := o.fit(p, at)
	whole := p.x(0) >= 0 && p.y(0) >= 0 && p.x(float64(o.slide.width)) <= p.w && p.y(float64(o.slide.height)) <= p.h
	if whole || size == (image.Point{}) {
		if !o.Hidden {
			o.Hide()
		}
		return
	}
	edge := int(margin * at.scale)
	at.put(o, image.Rectangle{Max: size}.Add(image.Pt(p.w-edge-size.X, edge)))
	if size != o.size {
		o.size = size
		o.draw(at)
	}
	o.place(p, at)
	o.point(p, at)
	if o.Hidden {
		o.Show()
	}
}

// fit is the size of the map in device pixels; zero where it would be too small.
func (o *overview) fit(p projection, at screen) image.Point {
	side := min(mapMost*at.scale, mapShare*float64(min(p.w, p.h)))
	if side < mapLeast*at.scale {
		return image.Point{}
	}
	k := side / float64(max(o.slide.width, o.slide.height))
	least := mapNarrowest * at.scale
	return image.Pt(int(max(k*float64(o.slide.width), least)), int(max(k*float64(o.slide.height), least)))
}

// draw makes the picture anew: shrunk properly once, so that the graphics card has
// nothing left to scale.
func (o *overview) draw(at screen) {
	all := image.Rectangle{Max: o.size}
	at.put(o.ground, all)
	at.put(o.picture, all)
	at.put(o.border, all.Inset(-1))
	o.seen, o.marked = image.Rectangle{}, image.Rectangle{}
	o.picture.Image = nil
	if o.preview != nil && !o.preview.Rect.Empty() {
		m := image.NewRGBA(all)
		draw.BiLinear.Scale(m, all, o.preview, o.preview.Rect, draw.Src, nil)
		o.picture.Image = m
	}
	o.picture.Hidden = o.picture.Image == nil
	o.picture.Refresh()
}

// place draws the visible rectangle.
func (o *overview) place(p projection, at screen) {
	r := p.rect()
	kx, ky := float64(o.size.X)/float64(o.slide.width), float64(o.size.Y)/float64(o.slide.height)
	seen := image.Rect(int(r.X*kx), int(r.Y*ky), int((r.X+r.Width)*kx), int((r.Y+r.Height)*ky))
	seen = atLeast(seen, mapFrame)
	line, halo := Selected.pixels(at)
	seen = seen.Inset(-halo).Intersect(image.Rectangle{Max: o.size})
	if seen == o.seen {
		return
	}
	o.seen = seen
	o.framed.Objects = o.frame.draw(o.framed.Objects[:0], seen, line, halo, at)
}

// point marks the place that is pointed at where it is out of view.
func (o *overview) point(p projection, at screen) {
	area, ok := o.v.outlines.pointed()
	out := Outline{Area: area}
	var r image.Rectangle
	if ok && !out.rect(p).Overlaps(image.Rect(0, 0, p.w, p.h)) {
		side := int(mapMark * at.scale)
		kx, ky := float64(o.size.X)/float64(o.slide.width), float64(o.size.Y)/float64(o.slide.height)
		x, y := int((area.X+area.Width/2)*kx)-side/2, int((area.Y+area.Height/2)*ky)-side/2
		r = image.Rect(x, y, x+side, y+side)
	}
	if r == o.marked {
		return
	}
	o.marked = r
	for i, m := range o.mark {
		m.Hidden = r.Empty()
		at.put(m, r.Inset(i*int(2*at.scale)))
		canvas.Refresh(m)
	}
}

// Tapped goes to the place.
func (o *overview) Tapped(e *fyne.PointEvent) { o.show(e.Position) }

// Dragged goes along with the cursor.
func (o *overview) Dragged(e *fyne.DragEvent) { o.show(e.Position) }

// DragEnd is Fyne's.
func (o *overview) DragEnd() {}

// MouseIn and the others keep the cursor from counting as over the slide.
func (o *overview) MouseIn(*desktop.MouseEvent) {}

// MouseMoved is Fyne's.
func (o *overview) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (o *overview) MouseOut() {}

func (o *overview) show(at fyne.Position) {
	v := o.v
	if !v.ready() || o.size == (image.Point{}) {
		return
	}
	v.input()
	v.stop()
	x := v.at.pixels(at.X) / float64(o.size.X) * float64(o.slide.width)
	y := v.at.pixels(at.Y) / float64(o.size.Y) * float64(o.slide.height)
	v.move(Camera{x, y, v.camera.Zoom}, false)
}
