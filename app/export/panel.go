package export

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// panel is a column of text and small drawings beside a picture. Parts are
// added from top to bottom; its height is known before it is drawn.
type panel struct {
	t      *typesetter
	width  int
	size   float64 // of its text, in pixels
	parts  []part
	height int
}

// part draws itself with its top left at (x, y).
type part struct {
	height int
	draw   func(p *page, x, y int)
}

func newPanel(t *typesetter, width int, size float64) *panel {
	return &panel{t: t, width: width, size: size}
}

func (n *panel) add(height int, draw func(p *page, x, y int)) {
	n.parts = append(n.parts, part{height, draw})
	n.height += height
}

func (n *panel) draw(p *page, x, y int) {
	for _, part := range n.parts {
		part.draw(p, x, y)
		y += part.height
	}
}

func (n *panel) plain() style { return style{size: n.size, ink: black()} }
func (n *panel) small() style { return style{size: 0.85 * n.size, ink: grey()} }
func (n *panel) head() style  { return style{size: 1.25 * n.size, bold: true, ink: black()} }
func (n *panel) warn() style  { return style{size: n.size, bold: true, ink: warning()} }

// gap leaves room of the given number of text sizes.
func (n *panel) gap(sizes float64) {
	n.add(int(math.Round(sizes*n.size)), func(*page, int, int) {})
}

// text adds a paragraph.
func (n *panel) text(text string, s style) {
	for _, line := range n.t.wrap(text, n.width, s) {
		n.add(s.line(), func(p *page, x, y int) { p.draw(p.RGBA, x, y, line, s) })
	}
}

// fact adds a caption and, under it, what it is.
func (n *panel) fact(caption, text string) {
	n.text(caption, n.small())
	n.text(text, n.plain())
	n.gap(0.45)
}

// identity says what was looked at and by what.
func (n *panel) identity(r *result.Result) {
	n.text("Slide", n.small())
	n.text(n.t.shorten(SlideName(r.Slide), 2*n.width-int(4*n.size), n.plain()), n.plain())
	n.gap(0.45)
	n.fact("Model", modelName(r.Model))
	if !r.Model.Trained {
		n.text("Untrained model: attention and prediction have no meaning.", n.warn())
		n.gap(0.45)
	} else if r.Model.Note != "" {
		n.text(r.Model.Note, n.warn())
		n.gap(0.45)
	}
	n.fact("Device", deviceText(r.Device))
}

// prediction adds a bar for each of the likeliest classes.
func (n *panel) prediction(r *result.Result) {
	n.text("Prediction", n.small())
	if len(r.Prediction.Probabilities) == 0 {
		n.text(predictionText(r), n.plain())
	}
	order := likeliest(r.Prediction.Probabilities)
	const most = 6
	for _, i := range order[:min(most, len(order))] {
		n.class(r.Model.Classes[i], r.Prediction.Probabilities[i], r.Model.Classes[i] == r.Prediction.Label)
	}
	if more := len(order) - most; more > 0 {
		n.text(fmt.Sprintf("and %d more", more), n.small())
	}
	n.gap(0.6)
}

func (n *panel) class(name string, probability float64, predicted bool) {
	s := n.plain()
	s.bold = predicted
	value := chance(probability)
	room := n.width - n.t.width(value, s) - int(n.size)
	lines := n.t.lines(name, room, 3, s)
	n.add(len(lines)*s.line(), func(p *page, x, y int) {
		for i, line := range lines {
			p.draw(p.RGBA, x, y+i*s.line(), line, s)
		}
		p.draw(p.RGBA, x+n.width-p.width(value, s), y, value, s)
	})
	thick := max(4, 0.3*n.size)
	n.add(int(math.Ceil(thick+0.35*n.size)), func(p *page, x, y int) {
		b := box{float64(x), float64(y), float64(x + n.width), float64(y) + thick}
		p.fill(b, color.RGBA{226, 228, 232, 255})
		b.x1 = b.x0 + probability*float64(n.width)
		p.fill(b, color.RGBA{70, 76, 88, 255})
	})
}

// likeliest is the order of the classes, the most probable first.
func likeliest(probabilities []float64) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
		for j := i; j > 0 && probabilities[order[j]] > probabilities[order[j-1]]; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	return order
}

// counts says what was read, of what an exhaustive method would have read.
func (n *panel) counts(r *result.Result) {
	text := many(r.Counts.Encoded, "patch", "patches")
	if r.Counts.Exhaustive > 0 {
		text = fmt.Sprintf("%s of %s (%s)", count(r.Counts.Encoded), many(r.Counts.Exhaustive, "patch", "patches"),
			percent(float64(r.Counts.Encoded)/float64(r.Counts.Exhaustive)))
	}
	n.fact("Read, of an exhaustive reading", text)
}

// colours adds the colour scale of h: as it looks on glass and on tissue, with
// what its ends and the even share stand for.
func (n *panel) colours(h *Heat, ground ground) {
	bar := int(math.Round(1.1 * n.size))
	n.add(2*bar+int(0.3*n.size), func(p *page, x, y int) {
		n.ramp(p, h, image.Rect(x, y, x+n.width, y+bar), ground.glass, ground.blend)
		n.ramp(p, h, image.Rect(x, y+bar, x+n.width, y+2*bar), ground.tissue, ground.blend)
		p.rim(image.Rect(x, y, x+n.width, y+2*bar))
		if at, ok := h.Even(); ok {
			mid := float64(x) + at*float64(n.width)
			b := box{mid - 1, float64(y), mid + 1, float64(y + 2*bar)}
			p.ring(b.grow(1), b, assets.Halo())
			p.fill(b, assets.Marker())
		}
	})
	n.ticks(h)
	n.text("upper half: on empty ground, lower half: on tissue", n.small())
}

// ramp fills r with the scale from left to right, laid over ground.
func (n *panel) ramp(p *page, h *Heat, r image.Rectangle, ground color.RGBA, blend Blend) {
	for x := r.Min.X; x < r.Max.X; x++ {
		c := h.shade((float64(x-r.Min.X) + 0.5) / float64(r.Dx()))
		over := func(k int, g uint8) uint8 { return uint8(math.Round(255*c[k] + (1-blend.hides(c, k))*float64(g))) }
		ink := color.RGBA{over(0, ground.R), over(1, ground.G), over(2, ground.B), 255}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			p.SetRGBA(x, y, ink)
		}
	}
}

// ticks labels the ends of the scale and, where the scale shows it, the share
// every patch would have if none stood out.
func (n *panel) ticks(h *Heat) {
	low, high := percent(h.low), percent(h.high)
	if len(h.patches) == 0 {
		n.text("no patch was read", n.plain())
		return
	}
	if h.scale == Percentile {
		low, high = "least", "most"
	} else if h.low == h.high {
		low, high = "", ""
		n.text("every patch has "+percent(h.low)+": none stands out", n.plain())
		return
	}
	s := n.plain()
	n.add(s.line(), func(p *page, x, y int) {
		p.draw(p.RGBA, x, y, low, s)
		p.draw(p.RGBA, x+n.width-p.width(high, s), y, high, s)
	})
	if h.scale == Percentile {
		n.text(fmt.Sprintf("from %s to %s of the attention", percent(h.low), percent(h.high)), n.small())
	} else {
		n.text(fmt.Sprintf("mark: an even share, %s", percent(h.even)), n.small())
	}
}

// outlined explains the outlines that outline draws.
func (n *panel) outlined(text string, ground ground, outline func(p *page, b box)) {
	s, side := n.plain(), 1.6*n.size
	indent := int(side + 0.7*n.size)
	lines := n.t.wrap(text, n.width-indent, s)
	height := max(len(lines)*s.line(), int(side)+2)
	n.add(height, func(p *page, x, y int) {
		b := box{float64(x), float64(y), float64(x) + side, float64(y) + side}
		p.fill(b, ground.tissue)
		outline(p, b)
		for i, line := range lines {
			p.draw(p.RGBA, x+indent, y+i*s.line(), line, s)
		}
	})
	n.gap(0.45)
}

// scaleBar adds a bar of a round length at umPerPixel micrometres per pixel of
// the picture; nothing where that is unknown.
func (n *panel) scaleBar(umPerPixel float64) {
	if !(umPerPixel > 0) {
		return
	}
	um := roundLength(0.8 * float64(n.width) * umPerPixel)
	long, thick := um/umPerPixel, math.Round(max(3, 0.2*n.size))
	n.add(int(2*thick), func(p *page, x, y int) {
		p.fill(box{float64(x), float64(y), float64(x) + long, float64(y) + thick}, black())
	})
	n.text(lengthText(um), n.plain())
	n.gap(0.45)
}

// roundLength is the greatest 1, 2 or 5 times a power of ten that is at most v.
func roundLength(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{5, 2} {
		if f*unit <= v {
			return f * unit
		}
	}
	return unit
}

func lengthText(um float64) string {
	if um >= 1000 {
		return strconv.FormatFloat(um/1000, 'f', -1, 64) + " mm"
	}
	return strconv.FormatFloat(um, 'g', 3, 64) + " µm"
}

// warnings repeats the result's warnings, as many as fit a few lines; that the
// model is untrained is said above.
func (n *panel) warnings(r *result.Result) {
	warnings := slices.DeleteFunc(slices.Clone(r.Warnings), func(w string) bool {
		return !r.Model.Trained && strings.Contains(w, "untrained")
	})
	if len(warnings) == 0 {
		return
	}
	n.text("Warnings", n.small())
	const most = 12
	lines := 0
	for _, w := range warnings {
		wrapped := n.t.wrap(w, n.width, n.small())
		if lines += len(wrapped); lines > most {
			n.text("and more, see result.json", n.small())
			break
		}
		n.text(w, n.small())
	}
	n.gap(0.45)
}
