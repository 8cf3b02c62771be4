package export

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"

	"zoomscope/engine/result"
)

// contact lays out the patches of one level as a sheet.
type contact struct {
	r       *result.Result
	level   result.Level
	zoomed  bool
	columns int
	side    int // of a picture
	text    float64
	gap     int
	map0    *image.RGBA // the small map without its marker
	area    result.Rect
}

// drawContact draws the pictures of a level's patches in the order of rank, each
// with its share of attention, its place, and a small map that marks it.
func drawContact(r *result.Result, level int, shots []shot, ov *Overview) (*image.RGBA, error) {
	t, err := newTypesetter()
	if err != nil {
		return nil, err
	}
	c := &contact{r: r, level: r.Levels[level], zoomed: zooms(r.Levels[level]), columns: columnsFor(len(shots)), side: cellSide(len(shots)), area: ov.Area}
	c.columns = max(c.columns, min(len(shots), 3))
	c.text = max(11, float64(c.side)/16)
	c.gap = int(1.5 * c.text)
	c.map0 = smallMap(ov, int(0.38*float64(c.side)), c.captionHeight()-int(0.5*c.text))
	width := c.columns*(c.side+c.gap) + c.gap
	head, foot := c.header(t, width-2*c.gap, len(shots)), c.footer(t, width-2*c.gap)
	rows := (len(shots) + c.columns - 1) / c.columns
	height := head.height + rows*c.cellHeight() + foot.height + 3*c.gap
	p := newPage(width, height, t)
	head.draw(p, c.gap, c.gap)
	for i, s := range shots {
		x := c.gap + i%c.columns*(c.side+c.gap)
		y := 2*c.gap + head.height + i/c.columns*c.cellHeight()
		c.cell(p, x, y, s)
	}
	foot.draw(p, c.gap, height-c.gap-foot.height)
	return p.RGBA, nil
}

func (c *contact) captionHeight() int { return int(5.6 * c.text) }
func (c *contact) cellHeight() int    { return c.side + c.captionHeight() + c.gap }

func (c *contact) header(t *typesetter, width, pictures int) *panel {
	n := newPanel(t, width, 1.25*c.text)
	text := many(pictures, "patch", "patches") + " with the most attention at " + magName(c.level.Magnification)
	if c.zoomed {
		text = many(pictures, "patch", "patches") + " zoomed into at " + magName(c.level.Magnification)
	}
	n.text(text, n.head())
	n.text(t.shorten("Slide "+SlideName(c.r.Slide), width, n.plain()), n.plain())
	n.text(origin(c.r), n.small())
	if !c.r.Model.Trained {
		n.text("Untrained model: what it attends to has no meaning.", n.warn())
	} else if c.r.Model.Note != "" {
		n.text(c.r.Model.Note, n.warn())
	}
	return n
}

func (c *contact) footer(t *typesetter, width int) *panel {
	n := newPanel(t, width, 1.1*c.text)
	if mpp := c.r.Slide.MPP[0]; mpp > 0 && len(c.level.Patches) > 0 {
		n.width = c.side
		n.scaleBar(c.level.Patches[0].Size * mpp / float64(c.side))
		n.width = width
	}
	n.warnings(c.r)
	n.text(result.ResearchUse, style{size: n.size, bold: true, ink: black()})
	return n
}

// cell draws one patch with its caption and map.
func (c *contact) cell(p *page, x, y int, s shot) {
	at := image.Rect(x, y, x+c.side, y+c.side)
	draw.CatmullRom.Scale(p.RGBA, at, s.small, s.small.Rect, draw.Src, nil)
	p.sayBeyond(at, p.beyond(at, s.patch, c.r.Slide))
	p.rim(at)
	y += c.side + int(0.5*c.text)
	place := p.paste(c.map0, x+c.side-c.map0.Rect.Dx(), y)
	p.rim(place)
	c.marker(p, frame{c.area, place}, s.patch)
	s1 := style{size: 1.15 * c.text, bold: true, ink: black()}
	p.draw(p.RGBA, x, y-int(0.2*c.text), fmt.Sprintf("Rank %d", s.pick.Rank), s1)
	s2 := style{size: 0.9 * c.text, ink: black()}
	y += s1.line()
	for _, line := range c.caption(s.patch) {
		p.draw(p.RGBA, x, y, line, s2)
		y += s2.line()
	}
}

func (c *contact) caption(patch result.Patch) []string {
	lines := []string{"attention " + percent(patch.Attention)}
	if c.zoomed {
		lines = append([]string{"zoom " + percent(patch.ZoomAttention)}, lines...)
	}
	return append(lines, fmt.Sprintf("x %.0f y %.0f", patch.X, patch.Y))
}

// marker shows on a small map where the patch lies: a disc over its middle, or
// its outline where that is large enough to see.
func (c *contact) marker(p *page, f frame, patch result.Patch) {
	b := f.box(patch)
	clip := &page{p.SubImage(f.px.Inset(-2)).(*image.RGBA), p.typesetter}
	if min(b.width(), b.height()) >= 10 {
		clip.mark(b, 2)
		return
	}
	clip.dot((b.x0+b.x1)/2, (b.y0+b.y1)/2, max(3, c.text/5))
}

// smallMap is the overview at most width x height pixels large.
func smallMap(ov *Overview, width, height int) *image.RGBA {
	w, h := float64(ov.Image.Rect.Dx()), float64(ov.Image.Rect.Dy())
	scale := min(float64(width)/w, float64(height)/h)
	img := image.NewRGBA(image.Rect(0, 0, max(1, int(w*scale)), max(1, int(h*scale))))
	draw.CatmullRom.Scale(img, img.Rect, ov.Image, ov.Image.Rect, draw.Src, nil)
	return img
}
