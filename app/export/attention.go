package export

import (
	"fmt"
	"image"
	"maps"
	"math"
	"slices"

	"zoomscope/engine/result"
)

// DefaultTop is how many patches stand out at the highest magnification, where
// the model zooms into none.
const DefaultTop = 12

// AttentionOptions say how a level's attention is shown; the zero value is the
// usual way.
type AttentionOptions struct {
	Heat     HeatOptions
	Top      int  // patches outlined where none was zoomed into; 0 for DefaultTop, negative for none
	NoMarks  bool // leaves outlines out
	NoLegend bool // gives the slide alone, pixel for pixel the overview's size
}

// Picture is a finished picture and where in it the slide is seen.
type Picture struct {
	Image *image.RGBA
	Slide image.Rectangle // the pixels that show Area
	Area  result.Rect     // level-0 pixels
	Heat  *Heat           // what was drawn, with its scale
	Blend Blend           // how it was laid over the slide
}

// DrawAttention draws the attention of one level, by index, over the overview,
// with a legend beside it.
func DrawAttention(r *result.Result, level int, ov *Overview, o AttentionOptions) (*Picture, error) {
	return drawAttention(r, level, ov, o, func(done, total int) {})
}

// drawAttention is DrawAttention, which tells how many rows have their attention.
func drawAttention(r *result.Result, level int, ov *Overview, o AttentionOptions, rows func(done, total int)) (*Picture, error) {
	l := r.Levels[level]
	heat, err := NewHeat(l, o.Heat)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", magName(l.Magnification), err)
	}
	t, err := newTypesetter()
	if err != nil {
		return nil, err
	}
	size := ov.Image.Rect.Size()
	text := textSize(max(size.X, size.Y))
	ground := groundOf(ov)
	pic := &Picture{Area: ov.Area, Heat: heat, Blend: ground.blend}
	var p *page
	if o.NoLegend {
		p = newPage(size.X, size.Y, t)
		pic.Slide = p.paste(ov.Image, 0, 0)
	} else {
		n := attentionPanel(r, level, heat, ov, ground, o, t, text)
		p, pic.Slide = beside(ov.Image, n)
	}
	layer := image.NewRGBA(image.Rectangle{Max: size})
	heat.draw(layer, ov.Area, rows)
	lay(p.RGBA, pic.Slide, layer, ground.blend)
	if !o.NoMarks {
		f := frame{ov.Area, pic.Slide}
		if level > 0 {
			markRead(p, f, r.Levels[level-1], l, readWidth(text))
		}
		markPicks(p, f, l, o.top(), text)
	}
	pic.Image = p.RGBA
	return pic, nil
}

func (o AttentionOptions) top() int {
	if o.Top == 0 {
		return DefaultTop
	}
	return max(o.Top, 0)
}

// textSize suits a picture whose longer side is given.
func textSize(side int) float64 { return min(max(float64(side)/100, 12), 28) }

// beside puts the panel to the right of img and says where img lies.
func beside(img *image.RGBA, n *panel) (*page, image.Rectangle) {
	margin := int(1.5 * n.size)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	p := newPage(w+n.width+3*margin, max(h, n.height)+2*margin, n.t)
	at := p.paste(img, margin, margin)
	p.rim(at)
	n.draw(p, 2*margin+w, margin)
	return p, at
}

// readWidth is the width of the outlines of what was read, beside text of a
// given size.
func readWidth(text float64) float64 { return max(1, math.Round(text/14)) }

// markWidth is the width of the outlines of picks, beside text of a given size.
func markWidth(text float64) float64 { return max(1.5, text/8) }

// markRead outlines the patches of the magnification below that were read at
// this one, where they are large enough to be seen under their outline.
func markRead(p *page, f frame, below, l result.Level, width float64) {
	clip := &page{p.SubImage(f.px).(*image.RGBA), p.typesetter}
	for _, i := range slices.Sorted(maps.Keys(parents(l))) { // where two meet, the later one is seen
		if b := f.box(below.Patches[i]); min(b.width(), b.height()) >= 3*smallest*width {
			clip.dash(b, width)
		}
	}
}

// parents are the patches of the magnification below that l's patches lie in.
func parents(l result.Level) map[int]bool {
	set := map[int]bool{}
	for _, p := range l.Patches {
		set[p.Parent] = true
	}
	return set
}

// markPicks outlines the level's picks within the slide, the first rank on top.
func markPicks(p *page, f frame, l result.Level, top int, text float64) {
	clip := &page{p.SubImage(f.px).(*image.RGBA), p.typesetter}
	picks := Picks(l, top)
	for i := range picks {
		clip.mark(f.box(l.Patches[picks[len(picks)-1-i].Index]), markWidth(text))
	}
}

func attentionPanel(r *result.Result, level int, h *Heat, ov *Overview, ground ground, o AttentionOptions, t *typesetter, text float64) *panel {
	l := r.Levels[level]
	n := newPanel(t, int(21*text), text)
	n.text("Attention at "+magName(l.Magnification), n.head())
	n.gap(0.5)
	n.text(heatText(h), n.small())
	n.gap(0.2)
	n.colours(h, ground)
	n.gap(0.6)
	if !o.NoMarks {
		if picked := picksText(l, o.top(), ov.Area); picked != "" {
			n.outlined(picked, ground, func(p *page, b box) { p.mark(b, markWidth(text)) })
		}
		if level > 0 {
			n.outlined(readText(r.Levels[level-1], l), ground, func(p *page, b box) { p.dash(b, readWidth(text)) })
		}
	}
	if unseen := unseenText(h, ov.Area); unseen != "" {
		n.text(unseen, n.warn())
		n.gap(0.45)
	}
	um := (r.Slide.MPP[0] * ov.Area.Width) / float64(ov.Image.Rect.Dx())
	n.scaleBar(um)
	n.prediction(r)
	n.identity(r)
	n.fact("Patches at "+magName(l.Magnification), count(len(l.Patches)))
	n.counts(r)
	n.text(areaText(r.Slide, ov), n.small())
	n.gap(0.45)
	n.warnings(r)
	n.gap(0.3)
	n.text(result.ResearchUse, style{size: n.size, bold: true, ink: black()})
	return n
}

func heatText(h *Heat) string {
	what := "Share of the attention, per patch"
	if h.layer == Zoom {
		what = "Share of the zoom attention, per patch"
	} else if h.instead {
		what = "No zoom attention at this magnification: share of the attention, per patch"
	}
	if h.scale == Percentile {
		return what + "; colours by rank among the patches"
	}
	return what + "; colours by value"
}

// picksText says which patches are outlined, "" when none is, and how many of
// them lie beyond the picture of area.
func picksText(l result.Level, top int, area result.Rect) string {
	picks := Picks(l, top)
	if len(picks) == 0 {
		return ""
	}
	text := many(len(picks), "patch", "patches") + " with the most attention"
	if zooms(l) {
		text = many(len(picks), "patch", "patches") + " zoomed into, chosen by zoom attention"
	}
	unseen := 0
	for _, pick := range picks {
		if inside(l.Patches[pick.Index], area) == 0 {
			unseen++
		}
	}
	if unseen > 0 {
		text += fmt.Sprintf("; %s not seen here", count(unseen))
	}
	return text
}

// unseenText says how much of the attention lies beyond the picture, "" when
// none does.
func unseenText(h *Heat, area result.Rect) string {
	n, share := 0, 0.0
	for i, v := range attentions(h.patches, h.layer) {
		if inside(h.patches[i], area) == 0 {
			n++
			share += v
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("Not seen here: %s beyond the edge, with %s of the attention.", many(n, "patch", "patches"), percent(share))
}

// readText says what was read at the magnification of l.
func readText(below, l result.Level) string {
	return fmt.Sprintf("%s of %s read at %s", many(len(parents(l)), "patch", "patches"), magName(below.Magnification), magName(l.Magnification))
}

// areaText says which part of the slide is shown.
func areaText(s result.Slide, ov *Overview) string {
	part := "Shown: the whole slide"
	if whole := (result.Rect{Width: float64(s.Width), Height: float64(s.Height)}); ov.Area != whole {
		part = fmt.Sprintf("Shown: the scanned area, from x %.0f, y %.0f", ov.Area.X, ov.Area.Y)
	}
	return fmt.Sprintf("%s, %s x %s pixels", part, count(int(math.Round(ov.Area.Width))), count(int(math.Round(ov.Area.Height))))
}
