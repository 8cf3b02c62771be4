package export

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/vector"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// page is a picture being composed: white, with a typesetter.
type page struct {
	*image.RGBA
	*typesetter
}

func newPage(width, height int, t *typesetter) *page {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	return &page{img, t}
}

// paste copies img to (x, y) and says where it lies.
func (p *page) paste(img *image.RGBA, x, y int) image.Rectangle {
	at := img.Rect.Sub(img.Rect.Min).Add(image.Pt(x, y))
	draw.Draw(p.RGBA, at, img, img.Rect.Min, draw.Src)
	return at
}

// fill lays c over b, partly covered pixels by their part.
func (p *page) fill(b box, c color.RGBA) { p.ring(b, box{}, c) }

// ring lays c over what is in outer and not in inner.
func (p *page) ring(outer, inner box, c color.RGBA) {
	p.pattern(outer, inner, func(int, int) color.RGBA { return c })
}

// pattern is ring in a colour that depends on the place.
func (p *page) pattern(outer, inner box, at func(x, y int) color.RGBA) {
	px := outer.pixels(p.Rect)
	for y := px.Min.Y; y < px.Max.Y; y++ {
		for x := px.Min.X; x < px.Max.X; x++ {
			if part := outer.cover(x, y) - inner.cover(x, y); part > 0 {
				p.blend(x, y, at(x, y), part)
			}
		}
	}
}

// blend lays the given part of an opaque colour over a pixel.
func (p *page) blend(x, y int, c color.RGBA, part float64) {
	px := p.Pix[p.PixOffset(x, y):]
	for k, v := range [3]uint8{c.R, c.G, c.B} {
		px[k] = uint8(math.Round(part*float64(v) + (1-part)*float64(px[k])))
	}
}

// rim draws a thin grey line just outside r.
func (p *page) rim(r image.Rectangle) {
	b := boxOf(r)
	p.ring(b.grow(1), b, color.RGBA{190, 194, 200, 255})
}

func boxOf(r image.Rectangle) box {
	return box{float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)}
}

// smallest is the side below which a patch would be hidden by its own outline,
// in widths of the line.
const smallest = 5

// mark outlines a patch in the Marker colour, with the Halo on both sides. The
// outline lies inside the patch, so that it hides none of its neighbours; a
// patch too small for that gets it outside.
func (p *page) mark(b box, width float64) {
	thin := max(1, width/2)
	if min(b.width(), b.height()) < smallest*(width+thin) {
		b = b.grow(width + 2*thin)
	}
	core := b.grow(-thin)
	p.ring(b, core, assets.Halo())
	p.ring(core, core.grow(-width), assets.Marker())
	p.ring(core.grow(-width), core.grow(-width-thin), assets.Halo())
}

// dash outlines a patch, within it, in dashes of the Marker colour and the Halo
// in turn: seen on any ground, and never taken for a mark.
func (p *page) dash(b box, width float64) {
	long := int(math.Ceil(4 * width))
	p.pattern(b, b.grow(-width), func(x, y int) color.RGBA {
		if (x+y)/long%2 == 0 {
			return assets.Marker()
		}
		return assets.Halo()
	})
}

// beyond hatches what of a patch's picture at r lies outside the slide, which
// would look like glass. It returns where in the picture the slide is.
func (p *page) beyond(r image.Rectangle, patch result.Patch, s result.Slide) box {
	f := frame{areaOf(patch), r}
	slide := f.box(result.Patch{Size: float64(s.Width), Height: float64(s.Height)}).cut(r)
	p.pattern(boxOf(r), slide, func(x, y int) color.RGBA {
		if (x+y)%12 < 2 {
			return color.RGBA{176, 180, 188, 255}
		}
		return color.RGBA{228, 230, 234, 255}
	})
	return slide
}

// sayBeyond writes what the hatching around slide in r means, where there is room.
func (p *page) sayBeyond(r image.Rectangle, slide box) {
	text, style := "beyond the slide", style{size: 16, ink: black(), halo: true}
	size := image.Pt(p.width(text, style), style.line()).Add(image.Pt(8, 8))
	for _, free := range []box{
		{float64(r.Min.X), slide.y1, float64(r.Max.X), float64(r.Max.Y)},
		{slide.x1, float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)},
		{float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), slide.y0},
		{float64(r.Min.X), float64(r.Min.Y), slide.x0, float64(r.Max.Y)},
	} {
		if free.width() >= float64(size.X) && free.height() >= float64(size.Y) {
			p.draw(p.RGBA, int((free.x0+free.x1)/2)-size.X/2+4, int((free.y0+free.y1)/2)-size.Y/2+4, text, style)
			return
		}
	}
}

// point is a place in pixels of a picture.
type point struct{ x, y float64 }

// link draws a line through the points in the Marker colour with its Halo.
func (p *page) link(points []point, width float64) {
	for _, pen := range []struct {
		width float64
		ink   color.RGBA
	}{{2.6 * width, assets.Halo()}, {width, assets.Marker()}} {
		for i := 1; i < len(points); i++ {
			p.stroke(points[i-1], points[i], pen.width, pen.ink)
		}
	}
}

func (p *page) stroke(from, to point, width float64, c color.RGBA) {
	dx, dy := to.x-from.x, to.y-from.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	nx, ny := -dy/length*width/2, dx/length*width/2
	px := box{min(from.x, to.x), min(from.y, to.y), max(from.x, to.x), max(from.y, to.y)}.grow(width).pixels(p.Rect)
	if px.Empty() {
		return
	}
	corner := func(x, y float64) (float32, float32) {
		return float32(x - float64(px.Min.X)), float32(y - float64(px.Min.Y))
	}
	ra := vector.NewRasterizer(px.Dx(), px.Dy())
	ra.MoveTo(corner(from.x+nx, from.y+ny))
	ra.LineTo(corner(to.x+nx, to.y+ny))
	ra.LineTo(corner(to.x-nx, to.y-ny))
	ra.LineTo(corner(from.x-nx, from.y-ny))
	ra.ClosePath()
	ra.Draw(p.RGBA, px, image.NewUniform(c), image.Point{})
}

// dot draws a small disc in the Marker colour with its Halo.
func (p *page) dot(x, y, radius float64) {
	for py := int(y - radius - 3); py <= int(y+radius+3); py++ {
		for px := int(x - radius - 3); px <= int(x+radius+3); px++ {
			if !image.Pt(px, py).In(p.Rect) {
				continue
			}
			d := math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y)
			p.blend(px, py, assets.Halo(), min(max(radius+2-d, 0), 1))
			p.blend(px, py, assets.Marker(), min(max(radius-d, 0), 1))
		}
	}
}

// WritePNG writes img as PNG.
func WritePNG(w io.Writer, img image.Image) error {
	enc := png.Encoder{CompressionLevel: png.DefaultCompression}
	return enc.Encode(w, img)
}
