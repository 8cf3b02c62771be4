package viewer

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// mat covers what of the layer lies beside the slide: patches at its edges reach
// beyond them.
type mat struct {
	box   *fyne.Container
	sides [4]*canvas.Rectangle
}

func newMat() *mat {
	m := &mat{box: &fyne.Container{}}
	for i := range m.sides {
		m.sides[i] = &canvas.Rectangle{}
	}
	return m
}

// place covers the parts of layer, where the layer lies in the view, that are not
// over the slide.
func (m *mat) place(layer, slide image.Rectangle, at screen, c color.Color) {
	m.box.Objects = m.box.Objects[:0]
	for i, r := range beside(layer, slide) {
		if r.Empty() {
			continue
		}
		if m.sides[i].FillColor != c {
			m.sides[i].FillColor = c
		}
		at.put(m.sides[i], r)
		m.box.Objects = append(m.box.Objects, m.sides[i])
	}
}

func (m *mat) clear() { m.box.Objects = m.box.Objects[:0] }

// beside are the parts of r that are not in hole: above, below, left and right.
func beside(r, hole image.Rectangle) [4]image.Rectangle {
	in := r.Intersect(hole)
	if in.Empty() {
		return [4]image.Rectangle{r}
	}
	// Not image.Rect, which would swap ends.
	box := func(x0, y0, x1, y1 int) image.Rectangle {
		return image.Rectangle{Min: image.Pt(x0, y0), Max: image.Pt(x1, y1)}
	}
	return [4]image.Rectangle{
		box(r.Min.X, r.Min.Y, r.Max.X, in.Min.Y), box(r.Min.X, in.Max.Y, r.Max.X, r.Max.Y),
		box(r.Min.X, in.Min.Y, in.Min.X, in.Max.Y), box(in.Max.X, in.Min.Y, r.Max.X, in.Max.Y),
	}
}

// matted is where the layer lies in the view; empty where there is none to see.
func (v *Viewer) matted() image.Rectangle {
	l := v.layer
	if l.cells == nil || l.opacity == 0 {
		return image.Rectangle{}
	}
	return l.rect(v.proj, l.cells.Rect).Intersect(image.Rect(0, 0, v.proj.w, v.proj.h))
}

// slideRect is where the slide lies in the view.
func (v *Viewer) slideRect() image.Rectangle {
	p := v.proj
	return image.Rect(p.x(0), p.y(0), p.x(float64(v.slide.width)), p.y(float64(v.slide.height)))
}
