package viewer

import (
	"image"
	"image/color"
	"slices"

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
	Hover                       // one that is pointed at elsewhere: a double line; out of view, it is marked on the overview map
)

// Outline is a rectangle drawn over the slide in marker and halo colours.
type Outline struct {
	Area result.Rect
	Kind OutlineKind
}

const (
	maxOutlines = 600 // drawn at once: the last ones, if there are more
	minOutline  = 4   // device pixels; what is smaller is drawn as a mark of this size
	hoverGap    = 2   // points between the two lines of Hover
	minDouble   = 24  // points: smaller outlines have one line
)

// strokes are the widths, in points, of the marker line and of the halo on each
// side of it.
func (k OutlineKind) strokes() (line, halo float64) {
	switch k {
	case Current:
		return 4, 2
	case Parent, Child, Hover:
		return 1, 1
	}
	return 2, 1
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
	frames   []*frame
}

func newOutliner() *outliner { return &outliner{box: &fyne.Container{}} }

func (o *outliner) place(p projection, at screen) {
	o.box.Objects = o.box.Objects[:0]
	view := image.Rect(0, 0, p.w, p.h)
	n := 0
	for _, out := range o.outlines[o.first(p):] {
		r := out.rect(p)
		if !r.Overlaps(view) {
			continue
		}
		line, halo := out.Kind.pixels(at)
		for _, r := range out.rings(p, at) {
			if n == len(o.frames) {
				o.frames = append(o.frames, newFrame())
			}
			// What lies far outside the view is cut off, beyond the strokes' width.
			r = r.Intersect(view.Inset(-8 * (line + 2*halo)))
			o.box.Objects = o.frames[n].draw(o.box.Objects, r, line, halo, at)
			n++
		}
	}
}

// set takes other outlines, cut to the slide; what lies wholly beside it is left
// out.
func (o *outliner) set(outlines []Outline, slide result.Rect) {
	o.outlines = nil
	for _, out := range outlines {
		if out.Area = common(out.Area, slide); out.Area.Width > 0 && out.Area.Height > 0 {
			o.outlines = append(o.outlines, out)
		}
	}
}

// common is the part that two areas share; without width or height where they share
// none.
func common(a, b result.Rect) result.Rect {
	x, y := max(a.X, b.X), max(a.Y, b.Y)
	return result.Rect{X: x, Y: y, Width: min(a.X+a.Width, b.X+b.Width) - x, Height: min(a.Y+a.Height, b.Y+b.Height) - y}
}

// pointed is the last outline of kind Hover.
func (o *outliner) pointed() (result.Rect, bool) {
	for _, out := range slices.Backward(o.outlines) {
		if out.Kind == Hover {
			return out.Area, true
		}
	}
	return result.Rect{}, false
}

// rings are the outer edges of the halos that are drawn of an outline.
func (o Outline) rings(p projection, at screen) []image.Rectangle {
	line, halo := o.Kind.pixels(at)
	outer := o.rect(p).Inset(-halo)
	if o.Kind != Hover || float64(min(outer.Dx(), outer.Dy())) < minDouble*at.scale {
		return []image.Rectangle{outer}
	}
	return []image.Rectangle{outer, outer.Inset(line + 2*halo + int(hoverGap*at.scale))}
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

// rect is where the outline's area lies in the view, not smaller than a mark.
func (o Outline) rect(p projection) image.Rectangle {
	r := image.Rect(p.x(o.Area.X), p.y(o.Area.Y), p.x(o.Area.X+o.Area.Width), p.y(o.Area.Y+o.Area.Height))
	return atLeast(r, minOutline)
}

// atLeast makes a rectangle as wide and as high as side, about its middle.
func atLeast(r image.Rectangle, side int) image.Rectangle {
	if d := side - r.Dx(); d > 0 {
		r.Min.X -= d / 2
		r.Max.X = r.Min.X + side
	}
	if d := side - r.Dy(); d > 0 {
		r.Min.Y -= d / 2
		r.Max.Y = r.Min.Y + side
	}
	return r
}

// smallFrame is the side from which a frame is drawn as bars. A rectangle with a
// stroke has the processor visit all pixels within it where there is no graphics
// card; below this side that is cheaper than the additional objects.
const smallFrame = 32

// frame draws a line with a halo on both its sides: the first four rectangles are
// the halo, the others the line on top of it.
type frame [8]*canvas.Rectangle

func newFrame() *frame {
	f := new(frame)
	for i := range f {
		f[i] = &canvas.Rectangle{}
	}
	return f
}

// draw puts the halo's outer edge on r and adds the rectangles needed to objects.
func (f *frame) draw(objects []fyne.CanvasObject, r image.Rectangle, line, halo int, at screen) []fyne.CanvasObject {
	objects = stroke(objects, f[:4], r, line+2*halo, at, assets.Halo())
	return stroke(objects, f[4:], r.Inset(halo), line, at, assets.Marker())
}

// stroke draws along the inner edge of r.
func stroke(objects []fyne.CanvasObject, pool []*canvas.Rectangle, r image.Rectangle, width int, at screen, c color.RGBA) []fyne.CanvasObject {
	if max(r.Dx(), r.Dy()) >= smallFrame {
		for i, side := range sides(r, width) {
			fill(pool[i], side, at, c)
			objects = append(objects, pool[i])
		}
		return objects
	}
	o := pool[0]
	fill(o, r, at, color.RGBA{})
	if o.StrokeColor != c {
		o.StrokeColor = c
	}
	o.StrokeWidth = at.points(float64(width))
	return append(objects, o)
}

// fill makes a rectangle of one colour. Fyne refreshes rectangles that have a stroke
// when they are resized, which is dear for hundreds of them and of no use: they have
// nothing to upload.
func fill(o *canvas.Rectangle, r image.Rectangle, at screen, c color.RGBA) {
	o.StrokeWidth = 0
	if o.FillColor != c {
		o.FillColor = c
	}
	at.put(o, r)
}

// sides are the bars along the inner edge of a rectangle.
func sides(r image.Rectangle, width int) [4]image.Rectangle {
	inner := r.Inset(width)
	if inner.Empty() {
		inner = image.Rectangle{Min: r.Max, Max: r.Max}
	}
	return [4]image.Rectangle{
		{r.Min, image.Pt(r.Max.X, inner.Min.Y)},
		{image.Pt(r.Min.X, inner.Max.Y), r.Max},
		{image.Pt(r.Min.X, inner.Min.Y), image.Pt(inner.Min.X, inner.Max.Y)},
		{image.Pt(inner.Max.X, inner.Min.Y), image.Pt(r.Max.X, inner.Max.Y)},
	}
}
