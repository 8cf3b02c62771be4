package export

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// The greys and the warm wash of a report.
func pale() color.RGBA { return color.RGBA{222, 225, 230, 255} }
func dark() color.RGBA { return color.RGBA{70, 76, 88, 255} }
func wash() color.RGBA { return color.RGBA{255, 242, 230, 255} }

// reportCells are the attention pictures of a report, side by side and one above
// the other, all of one size.
type reportCells struct {
	columns int
	width   float64  // of a cell
	w, h    float64  // of the picture in it
	head    *stack   // above them all
	legends []*stack // of the levels shown
	under   float64  // height of what stands below a picture
	alone   bool     // the slide without attention fills a cell that would be empty
}

// Measures around an attention picture, in millimetres.
const (
	cellTitle = 4.2
	cellGap   = 3.5
)

// rows is how many pictures stand one above the other, at least one.
func (c *reportCells) rows() int {
	n := len(c.legends)
	if c.alone {
		n++
	}
	return max(1, (n+c.columns-1)/c.columns)
}

func (c *reportCells) height() float64 {
	rows := float64(c.rows())
	height := c.head.height + rows*(cellTitle+c.h+c.under) + (rows-1)*cellGap
	if c.alone && len(c.legends)%c.columns == 0 {
		height -= c.under // nothing stands below the last row
	}
	return height
}

// pixels is the longer side of a picture that looks sharp on paper.
func (c *reportCells) pixels() int { return max(300, int(math.Ceil(max(c.w, c.h)*reportDots))) }

// layOut makes the attention pictures as large as the room allows, and shows the
// slide alone beside them where that costs little, or where there are none.
func (p *report) layOut(room float64) reportCells {
	var best reportCells
	var most float64
	for columns := 1; columns <= len(p.seen)+1; columns++ {
		for _, alone := range []bool{false, true} {
			if len(p.seen) == 0 && len(p.r.Levels) > 0 && !alone {
				continue
			}
			c := p.layColumns(columns, alone, room)
			worth := c.w
			if alone {
				worth *= 1.15
			}
			if worth > most {
				best, most = c, worth
			}
		}
	}
	return best
}

// layColumns is the layout with the given number of pictures side by side.
func (p *report) layColumns(columns int, alone bool, room float64) reportCells {
	total := p.width - 2*reportMargin - reportColumn - reportGutter
	area := Area(p.r.Slide)
	c := reportCells{columns: columns, alone: alone, head: p.attentionHead(total)}
	c.width = (total - float64(columns-1)*cellGap) / float64(columns)
	for _, i := range p.seen {
		k := p.legend(i, c.width)
		c.legends, c.under = append(c.legends, k), max(c.under, k.height)
	}
	rows := float64(c.rows())
	free := (room-c.head.height-(rows-1)*cellGap)/rows - cellTitle - c.under
	scale := max(8/max(area.Width, area.Height), min(c.width/area.Width, free/area.Height))
	c.w, c.h = area.Width*scale, area.Height*scale
	return c
}

// attentionHead says what all the pictures show.
func (p *report) attentionHead(width float64) *stack {
	k := newStack(p.sheet, width, 6.8)
	if len(p.seen) == 0 && len(p.r.Levels) > 0 {
		k.width -= scaleBarRoom
		k.text(p.t.NoAttention, 3, k.small())
		k.gap(1)
		return k
	}
	text := p.t.Pooled
	if p.o.Heat.Layer == Zoom && slices.ContainsFunc(p.r.Levels, hasZoom) {
		text = p.t.Zoom
	}
	if p.o.Heat.Scale == Percentile {
		text += "; " + p.t.ByRank
	}
	k.width -= scaleBarRoom
	k.text(text+"; "+p.t.Numbers, 3, k.small())
	k.gap(1)
	return k
}

// legend is what stands below the picture of a level but for its colours: room
// for them, the ends of their scale, the outlines.
func (p *report) legend(level int, width float64) *stack {
	k := newStack(p.sheet, width, 6.6)
	l := p.r.Levels[level]
	h, err := NewHeat(l, p.o.Heat)
	if err != nil { // said when it is drawn
		return k
	}
	k.gap(rampTop + rampHeight + 0.4)
	p.ticks(k, h, l)
	if h.Instead() {
		k.text(p.t.NoZoom, 3, k.small())
	}
	k.text(strings.Join(p.outlines(level), "; "), 3, k.small())
	if share := p.unseen(h, l); share > 0 {
		k.text(fmt.Sprintf(p.t.Beyond, p.share(share)), 4, k.small())
	}
	return k
}

// Measures of the colour scale below a picture.
const (
	rampTop    = 1.0
	rampHeight = 3.2
)

// ticks adds the words below the colour scale.
func (p *report) ticks(k *stack, h *Heat, l result.Level) {
	low, high := h.Range()
	switch {
	case len(l.Patches) == 0:
		k.text(p.t.NothingRead, 1, k.plain())
		return
	case low == high:
		k.text(fmt.Sprintf(p.t.NoneStands, p.share(low)), 3, k.small())
		return
	}
	left, right := p.share(low), p.share(high)
	if h.Scale() == Percentile {
		left, right = fmt.Sprintf(p.t.Least, left), fmt.Sprintf(p.t.Most, right)
	}
	s := k.plain()
	k.add(s.line(), func(x, y float64) {
		k.put(x, y, left, s)
		k.putRight(x+k.width, y, right, s)
		if even := fmt.Sprintf(p.t.Even, p.share(h.EvenShare())); h.Scale() == Raw {
			if room := k.width - k.wide(left, s) - k.wide(right, s) - 3; k.wide(even, k.small()) <= room {
				k.put(x+k.wide(left, s)+1.5+(room-k.wide(even, k.small()))/2, y, even, k.small())
			}
		}
	})
}

// outlines explains the outlines of a level.
func (p *report) outlines(level int) []string {
	l := p.r.Levels[level]
	var parts []string
	n := len(Picks(l, DefaultTop))
	switch {
	case n == 0:
	case p.crowded(level) && zooms(l):
		parts = append(parts, fmt.Sprintf(p.t.OutlinedSome, count(len(p.shots(level))), count(n)))
	case p.crowded(level):
		parts = append(parts, fmt.Sprintf(p.t.OutlinedTop, count(len(p.shots(level)))))
	case zooms(l):
		parts = append(parts, fmt.Sprintf(p.t.OutlinedZoom, count(n)))
	default:
		parts = append(parts, fmt.Sprintf(p.t.OutlinedTop, count(n)))
	}
	if level > 0 && !p.crowded(level) {
		parts = append(parts, fmt.Sprintf(p.t.Dashed, count(len(parents(l))), p.mag(l.Magnification)))
	}
	return parts
}

// unseen is the attention of patches that lie beyond the picture.
func (p *report) unseen(h *Heat, l result.Level) float64 {
	share := 0.0
	for i, v := range attentions(l.Patches, h.Layer()) {
		if inside(l.Patches[i], Area(p.r.Slide)) == 0 {
			share += v
		}
	}
	return share
}

// attention draws the pictures with their legends.
func (p *report) attention(ctx context.Context, x, y float64) error {
	c := &p.cells
	c.head.draw(x, y)
	p.scaleBar(p.width-reportMargin, y)
	y += c.head.height
	for i, level := range p.seen {
		if err := ctx.Err(); err != nil {
			return err
		}
		cx, cy := c.at(i, x, y)
		if err := p.cell(i, level, cx, cy); err != nil {
			return err
		}
	}
	if !c.alone {
		return nil
	}
	return p.slideAlone(c.at(len(p.seen), x, y))
}

// at is where the i-th cell is, if the first is at (x, y).
func (c *reportCells) at(i int, x, y float64) (float64, float64) {
	return x + float64(i%c.columns)*(c.width+cellGap), y + float64(i/c.columns)*(cellTitle+c.h+c.under+cellGap)
}

// slideAlone draws the slide as it is.
func (p *report) slideAlone(x, y float64) error {
	p.title(p.t.Alone, x, y)
	if err := p.photo(p.ov.Image, x, y+cellTitle, p.cells.w, p.cells.h); err != nil {
		return err
	}
	p.rim(x, y+cellTitle, p.cells.w, p.cells.h)
	return nil
}

// title sets the title of a picture.
func (p *report) title(text string, x, y float64) {
	l := lettering{size: 8, bold: true, ink: black()}
	p.put(x, y, p.shorten(text, p.cells.width, l), l)
}

// cell draws the attention of a level, as the i-th picture.
func (p *report) cell(i, level int, x, y float64) error {
	c := &p.cells
	p.title(fmt.Sprintf(p.t.Attention, p.mag(p.r.Levels[level].Magnification)), x, y)
	y += cellTitle
	pic, err := DrawAttention(p.r, level, p.ov, AttentionOptions{Heat: p.o.Heat, NoLegend: true, NoMarks: p.crowded(level)})
	if err != nil {
		return err
	}
	if err := p.marks(level, pic); err != nil {
		return err
	}
	if err := p.photo(pic.Image, x, y, c.w, c.h); err != nil {
		return err
	}
	p.rim(x, y, c.w, c.h)
	y += c.h
	c.legends[i].draw(x, y)
	return p.ramp(pic, x, y+rampTop)
}

// scaleBarRoom is the width kept for the scale bar beside the head of the pictures.
const scaleBarRoom = 45.0

// scaleBar draws, for all the pictures, a bar of a round length that ends at x,
// where the resolution is known.
func (p *report) scaleBar(x, y float64) {
	um := p.r.Slide.MPP[0] * Area(p.r.Slide).Width / p.cells.w // on one millimetre of paper
	if um <= 0 {
		return
	}
	length := roundLength(min(0.6*p.cells.w, scaleBarRoom-17) * um)
	l := lettering{size: 6.8, ink: black()}
	p.fill(x-length/um, y+1.1, length/um, 0.5, black())
	p.putRight(x-length/um-1, y, p.number(lengthText(length)), l)
}

// crowded reports whether outlines of all that stands out would hide the colours
// of a level.
func (p *report) crowded(level int) bool {
	const most = 60
	l := p.r.Levels[level]
	return len(Picks(l, DefaultTop)) > most || level > 0 && len(parents(l)) > most
}

// marks outlines the patches shown below, where not all are outlined, and writes
// the ranks beside the outlines as far as there is room.
func (p *report) marks(level int, pic *Picture) error {
	t, err := newTypesetter()
	if err != nil {
		return err
	}
	pg := &page{pic.Image, t}
	s := style{size: 6 * reportDots * 25.4 / 72, bold: true, ink: assets.Marker(), halo: true}
	f := frame{pic.Area, pic.Slide}
	shots := p.shots(level)
	if p.crowded(level) {
		for _, shot := range slices.Backward(shots) {
			pg.mark(f.box(shot.patch), markWidth(textSize(max(f.px.Dx(), f.px.Dy()))))
		}
	}
	var taken []image.Rectangle
	for _, shot := range shots {
		text := fmt.Sprint(shot.pick.Rank)
		r, ok := roomFor(f.box(shot.patch).cut(f.px), image.Pt(t.width(text, s), s.line()), f.px, taken)
		if inside(shot.patch, pic.Area) == 0 || !ok {
			continue
		}
		taken = append(taken, r)
		t.draw(pic.Image, r.Min.X, r.Min.Y, text, s)
	}
	return nil
}

// shots are the patches of a level that are shown.
func (p *report) shots(level int) []shot {
	for _, row := range p.rows {
		if row.level == level {
			return row.shots
		}
	}
	return nil
}

// ramp draws the colour scale of a picture as it looks on glass and on tissue,
// and where on it an even share lies.
func (p *report) ramp(pic *Picture, x, y float64) error {
	const steps, thick = 256, 8
	ground := groundOf(p.ov)
	t, err := newTypesetter()
	if err != nil {
		return err
	}
	pg := newPage(steps, 2*thick, t)
	n := new(panel)
	n.ramp(pg, pic.Heat, image.Rect(0, 0, steps, thick), ground.glass, ground.blend)
	n.ramp(pg, pic.Heat, image.Rect(0, thick, steps, 2*thick), ground.tissue, ground.blend)
	width := p.cells.width
	if err := p.drawing(pg.RGBA, x, y, width, rampHeight); err != nil {
		return err
	}
	p.rim(x, y, width, rampHeight)
	if at, ok := pic.Heat.Even(); ok {
		p.fill(x+at*width-0.45, y-0.3, 0.9, rampHeight+0.6, assets.Halo())
		p.fill(x+at*width-0.2, y-0.3, 0.4, rampHeight+0.6, assets.Marker())
	}
	return nil
}

// Measures around a patch on paper, in millimetres.
const (
	rowTitle     = 4.0
	patchCaption = 6.2
	rowGap       = 2.0
)

// fullSide is the side of a patch on paper where a row of them fills the page.
func (p *report) fullSide() float64 {
	return (p.width - 2*reportMargin - (reportAcross-1)*reportBetween) / reportAcross
}

// leastSide is the side of a patch on paper that room is kept for.
func (p *report) leastSide() float64 {
	if n := p.patchLines(); n > 0 {
		return min(p.fullSide(), max(11, 62/float64(n)))
	}
	return p.fullSide()
}

// dropRows leaves out patches, those of the lowest magnification first, until the
// others are large enough to be seen in the room.
func (p *report) dropRows(room float64) {
	const least = 8
	for len(p.rows) > 1 && p.sideFor(room) < least {
		p.rows = p.rows[1:]
	}
}

// sideFor is the side of a patch on paper where the patches have so much room.
func (p *report) sideFor(room float64) float64 {
	n := float64(p.patchLines())
	if n == 0 {
		return p.fullSide()
	}
	words := float64(len(p.rows))*rowTitle + n*patchCaption + float64(max(0, len(p.rows)-1))*rowGap
	return max(1, min(p.fullSide(), (room-words)/n))
}

func (p *report) patchesHeight() float64 {
	n := float64(p.patchLines())
	return float64(len(p.rows))*rowTitle + n*(p.side+patchCaption) + float64(max(0, len(p.rows)-1))*rowGap
}

// patchLines is how many rows of patches there are on paper.
func (p *report) patchLines() int {
	n := 0
	for _, row := range p.rows {
		n += row.lines()
	}
	return n
}

func (r *reportRow) lines() int { return (len(r.shots) + reportAcross - 1) / reportAcross }

// patches draws the patches of every level.
func (p *report) patches(ctx context.Context, y float64) error {
	for i := range p.rows {
		row := &p.rows[i]
		l := lettering{size: 8, bold: true, ink: black()}
		title, more := p.rowText(row)
		p.put(reportMargin, y, title, l)
		p.put(reportMargin+p.wide(p.clean(title), l)+2, y+0.3, more, lettering{size: 6.8, ink: grey()})
		y += rowTitle
		for j := range row.shots {
			if err := ctx.Err(); err != nil {
				return err
			}
			x := reportMargin + float64(j%reportAcross)*(p.fullSide()+reportBetween)
			if err := p.patch(&row.shots[j], x, y+float64(j/reportAcross)*(p.side+patchCaption)); err != nil {
				return err
			}
		}
		y += float64(row.lines())*(p.side+patchCaption) + rowGap
	}
	return nil
}

// rowText is the title of a row of patches, and what else there is to say.
func (p *report) rowText(row *reportRow) (title, more string) {
	l := p.r.Levels[row.level]
	words := p.t.PatchesTop
	if zooms(l) {
		words = p.t.PatchesZoomed
	}
	var notes []string
	if um := p.r.Slide.MPP[0] * row.shots[0].patch.Size; um > 0 {
		notes = append(notes, fmt.Sprintf(p.t.Wide, p.number(widthText(um))))
	}
	for _, s := range row.shots {
		if whole := (result.Rect{Width: float64(p.r.Slide.Width), Height: float64(p.r.Slide.Height)}); inside(s.patch, whole) < 0.999 {
			notes = append(notes, p.t.Hatched)
			break
		}
	}
	return fmt.Sprintf(words, p.mag(l.Magnification), count(len(row.shots)), count(row.all)), strings.Join(notes, "; ")
}

// widthText is a length with up to three significant digits.
func widthText(um float64) string {
	if um >= 1000 {
		return fmt.Sprintf("%.3g mm", um/1000)
	}
	return fmt.Sprintf("%.3g µm", um)
}

// patch draws one patch with rank, share and place.
func (p *report) patch(s *shot, x, y float64) error {
	t, err := newTypesetter()
	if err != nil {
		return err
	}
	pg := &page{s.small, t}
	pg.beyond(s.small.Rect, s.patch, p.r.Slide)
	if err := p.photo(s.small, x, y, p.side, p.side); err != nil {
		return err
	}
	p.rim(x, y, p.side, p.side)
	share := s.patch.Attention
	if zooms(p.r.Levels[s.level]) {
		share = s.patch.ZoomAttention
	}
	bold, plain := lettering{size: 7, bold: true, ink: black()}, lettering{size: 7, ink: black()}
	rank := fmt.Sprint(s.pick.Rank)
	p.put(x, y+p.side+0.3, rank, bold)
	p.put(x+p.wide(rank, bold)+1.5, y+p.side+0.3, p.share(share), plain)
	place := lettering{size: 5.6, ink: grey()}
	at := fmt.Sprintf("x\u00a0%.0f y\u00a0%.0f", s.patch.X, s.patch.Y)
	p.put(x, y+p.side+0.3+bold.line(), p.shorten(at, p.fullSide()+1.5, place), place)
	return nil
}
