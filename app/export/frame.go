package export

import (
	"context"
	"fmt"
	"image"
	"math"

	"zoomscope/engine/result"
)

// AreaReader reads an area of a slide, in level-0 pixels, scaled to fill all of
// dst. What lies outside the slide is white.
type AreaReader interface {
	ReadArea(ctx context.Context, dst *image.RGBA, area result.Rect) error
}

// Area is the part of level 0 that pictures of the slide show: the scanned
// bounds, or all of it where there are none.
func Area(s result.Slide) result.Rect {
	if s.Bounds.Width > 0 && s.Bounds.Height > 0 {
		return s.Bounds
	}
	return result.Rect{Width: float64(s.Width), Height: float64(s.Height)}
}

// DefaultMaxSide is the longer side of overviews, in pixels, unless told otherwise.
const DefaultMaxSide = 2000

// Overview is a picture of the slide at low power, and the area it covers.
type Overview struct {
	Image *image.RGBA
	Area  result.Rect
}

// ReadOverview reads the slide's Area into a picture whose longer side is
// maxSide pixels (0 for DefaultMaxSide), or fewer where the slide has no more.
func ReadOverview(ctx context.Context, reader AreaReader, s result.Slide, maxSide int) (*Overview, error) {
	return readOverview(ctx, reader, s, maxSide, func(done, total int) {})
}

// readOverview is ReadOverview, which tells how many of the picture's rows are there.
func readOverview(ctx context.Context, reader AreaReader, s result.Slide, maxSide int, rows func(done, total int)) (*Overview, error) {
	area := Area(s)
	ov := &Overview{Image: image.NewRGBA(image.Rectangle{Max: fit(area, maxSide)}), Area: area}
	height := ov.Image.Rect.Dy()
	each := area.Height / float64(height)
	const most = 1024 // rows read at a time: few tiles are then read twice
	for y := 0; y < height; y += most {
		n := min(most, height-y)
		band := ov.Image.SubImage(image.Rect(0, y, ov.Image.Rect.Dx(), y+n)).(*image.RGBA)
		part := result.Rect{X: area.X, Y: area.Y + float64(y)*each, Width: area.Width, Height: float64(n) * each}
		if err := reader.ReadArea(ctx, band, part); err != nil {
			return nil, fmt.Errorf("overview: %w", err)
		}
		rows(y+n, height)
	}
	return ov, nil
}

// fit is the size in pixels of a picture of area.
func fit(area result.Rect, maxSide int) image.Point {
	if maxSide <= 0 {
		maxSide = DefaultMaxSide
	}
	scale := min(1, float64(maxSide)/max(area.Width, area.Height))
	return image.Pt(max(1, int(math.Round(area.Width*scale))), max(1, int(math.Round(area.Height*scale))))
}

// frame maps an area of level 0 to a rectangle of pixels, which it fills.
type frame struct {
	area result.Rect
	px   image.Rectangle
}

// box is a rectangle in pixels of a picture, edges at any fraction of a pixel.
type box struct{ x0, y0, x1, y1 float64 }

// box is where the patch lies in the picture.
func (f frame) box(p result.Patch) box {
	sx, sy := float64(f.px.Dx())/f.area.Width, float64(f.px.Dy())/f.area.Height
	ox, oy := float64(f.px.Min.X), float64(f.px.Min.Y)
	return box{
		ox + (p.X-f.area.X)*sx, oy + (p.Y-f.area.Y)*sy,
		ox + (p.X+p.Size-f.area.X)*sx, oy + (p.Y+p.Height-f.area.Y)*sy,
	}
}

// inside is the part of the patch, 0 to 1, that lies in area.
func inside(p result.Patch, area result.Rect) float64 {
	w := min(p.X+p.Size, area.X+area.Width) - max(p.X, area.X)
	h := min(p.Y+p.Height, area.Y+area.Height) - max(p.Y, area.Y)
	return max(0, w) * max(0, h) / (p.Size * p.Height)
}

// cut is the part of b within r; where there is none, r's nearest place.
func (b box) cut(r image.Rectangle) box {
	x := func(v float64) float64 { return min(max(v, float64(r.Min.X)), float64(r.Max.X)) }
	y := func(v float64) float64 { return min(max(v, float64(r.Min.Y)), float64(r.Max.Y)) }
	return box{x(b.x0), y(b.y0), x(b.x1), y(b.y1)}
}

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }

// grow moves every edge outwards by d; a box that would turn inside out is
// empty, at its middle.
func (b box) grow(d float64) box {
	g := box{b.x0 - d, b.y0 - d, b.x1 + d, b.y1 + d}
	if g.x1 < g.x0 {
		g.x0 = (b.x0 + b.x1) / 2
		g.x1 = g.x0
	}
	if g.y1 < g.y0 {
		g.y0 = (b.y0 + b.y1) / 2
		g.y1 = g.y0
	}
	return g
}

// pixels is the smallest rectangle of whole pixels that holds b, cut to clip.
func (b box) pixels(clip image.Rectangle) image.Rectangle {
	lo := func(v float64, a, z int) int { return int(math.Floor(min(max(v, float64(a)), float64(z)))) }
	hi := func(v float64, a, z int) int { return int(math.Ceil(min(max(v, float64(a)), float64(z)))) }
	r := image.Rectangle{
		image.Pt(lo(b.x0, clip.Min.X, clip.Max.X), lo(b.y0, clip.Min.Y, clip.Max.Y)),
		image.Pt(hi(b.x1, clip.Min.X, clip.Max.X), hi(b.y1, clip.Min.Y, clip.Max.Y)),
	}
	if r.Empty() {
		return image.Rectangle{}
	}
	return r
}

// cover is the share of pixel (x, y) that lies in b.
func (b box) cover(x, y int) float64 {
	return overlap(b.x0, b.x1, x) * overlap(b.y0, b.y1, y)
}

// overlap is the length of [a, b] within [i, i+1].
func overlap(a, b float64, i int) float64 {
	return max(0, min(b, float64(i+1))-max(a, float64(i)))
}
