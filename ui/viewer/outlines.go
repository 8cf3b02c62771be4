package viewer

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// OutlineKind is what an outlined place is.
type OutlineKind int

// The kinds there are.
const (
	Selected OutlineKind = iota // a patch that was chosen
	Parent                      // one at a lower magnification: thinner
	Current                     // the one that is looked at: stronger
	Child                       // one that belongs to the current: thinner
)

// Outline is a rectangle drawn over the slide in marker and halo colours.
type Outline struct {
	Area result.Rect
	Kind OutlineKind
}

const (
	maxOutlines = 600 // drawn at once
	minOutline  = 4   // device pixels; what is smaller is drawn as a mark of this size
)

// strokes are the widths, in points, of the marker line and of the halo on each
// side of it.
func (k OutlineKind) strokes() (line, halo float64) {
	switch k {
	case Current:
		return 4, 2
	case Parent, Child:
		return 1, 1
	}
	return 2, 1
}

// frame is one outline on screen: the halo below, the line above it.
type frame struct{ halo, line *canvas.Rectangle }

func newFrame() frame {
	return frame{
		halo: &canvas.Rectangle{FillColor: color.Transparent, StrokeColor: assets.Halo()},
		line: &canvas.Rectangle{FillColor: color.Transparent, StrokeColor: assets.Marker()},
	}
}

// pixels are the strokes in whole device pixels.
func (k OutlineKind) pixels(at screen) (line, halo int) {
	l, h := k.strokes()
	return max(int(l*at.scale+0.5), 1), max(int(h*at.scale+0.5), 1)
}

// outliner draws the outlines that are seen. Frames are recycled.
type outliner struct {
	box      *fyne.Container
	outlines []Outline
	frames   []frame
}

func newOutliner() *outliner { return &outliner{box: &fyne.Container{}} }

func (o *outliner) place(p projection, at screen) {
	o.box.Objects = o.box.Objects[:0]
	first := o.first(p)
	n := 0
	for _, out := range o.outlines[first:] {
		r := out.rect(p)
		if !r.Overlaps(image.Rect(0, 0, p.w, p.h)) {
			continue
		}
		f := o.frame(n)
		n++
		f.place(r, out.Kind, p, at)
		o.box.Objects = append(o.box.Objects, f.halo, f.line)
	}
}

// first is where to start so that no more than maxOutlines are seen: later ones are
// on top.
func (o *outliner) first(p projection) int {
	view := image.Rect(0, 0, p.w, p.h)
	seen := 0
	for i := len(o.outlines) - 1; i >= 0; i-- {
		if o.outlines[i].rect(p).Overlaps(view) {
			if seen++; seen > maxOutlines {
				return i + 1
			}
		}
	}
	return 0
}

func (o *outliner) frame(i int) frame {
	for len(o.frames) <= i {
		o.frames = append(o.frames, newFrame())
	}
	return o.frames[i]
}

// rect is where the outline's area lies in the view, not smaller than a mark.
func (o Outline) rect(p projection) image.Rectangle {
	r := image.Rect(p.x(o.Area.X), p.y(o.Area.Y), p.x(o.Area.X+o.Area.Width), p.y(o.Area.Y+o.Area.Height))
	if d := minOutline - r.Dx(); d > 0 {
		r.Min.X -= d / 2
		r.Max.X = r.Min.X + minOutline
	}
	if d := minOutline - r.Dy(); d > 0 {
		r.Min.Y -= d / 2
		r.Max.Y = r.Min.Y + minOutline
	}
	return r
}

// place draws the line along the inner edge of r, with the halo on both its sides.
// What lies far outside the view is cut off, beyond the strokes' width.
func (f frame) place(r image.Rectangle, kind OutlineKind, p projection, at screen) {
	l, h := kind.pixels(at)
	outer := r.Inset(-h).Intersect(image.Rect(0, 0, p.w, p.h).Inset(-2 * (l + 2*h)))
	f.stroke(f.halo, outer, l+2*h, at)
	f.stroke(f.line, outer.Inset(h), l, at)
}

func (f frame) stroke(o *canvas.Rectangle, r image.Rectangle, width int, at screen) {
	w := at.points(float64(width))
	changed := o.StrokeWidth != w
	o.StrokeWidth = w
	if !at.put(o, r) && changed {
		o.Refresh()
	}
}
