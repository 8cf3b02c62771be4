package export

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// Scale is how attention is spread over the colours.
type Scale string

// The scales there are.
const (
	// Raw runs evenly from the least to the most attention of a patch.
	Raw Scale = "raw"
	// Percentile runs over the patches in the order of their attention, equal
	// ones in one place.
	Percentile Scale = "percentile"
)

// Layer is which attention is drawn.
type Layer string

// The layers there are.
const (
	// Pooled is the attention that the prediction rests on.
	Pooled Layer = "pooled"
	// Zoom is the attention that chooses where to zoom. A level that has none, as
	// the highest magnification, shows Pooled in its place.
	Zoom Layer = "zoom"
)

// HeatOptions say how attention is coloured. The zero value is raw pooled
// attention at DefaultOpacity in the default colours.
type HeatOptions struct {
	Scale   Scale
	Layer   Layer
	Opacity float64 // of the highest attention, up to 1; 0 for DefaultOpacity
	Colors  *assets.ColorMap
}

// DefaultOpacity lets tissue be seen under the highest attention.
const DefaultOpacity = 0.55

func (o HeatOptions) check() error {
	switch {
	case o.Scale != "" && o.Scale != Raw && o.Scale != Percentile:
		return fmt.Errorf("scale %q: there are only %q and %q", o.Scale, Raw, Percentile)
	case o.Layer != "" && o.Layer != Pooled && o.Layer != Zoom:
		return fmt.Errorf("layer %q: there are only %q and %q", o.Layer, Pooled, Zoom)
	case !within(o.Opacity, 0, 1):
		return fmt.Errorf("opacity %v is not between 0 and 1", o.Opacity)
	}
	return nil
}

// Heat is a level's attention, ready to be drawn at any size. It does not
// change and may be used by several goroutines.
type Heat struct {
	patches []result.Patch
	at      []float64 // place of each patch on the colour scale, 0..1
	low     float64   // least and most attention of a patch
	high    float64
	even    float64 // mean attention of a patch
	scale   Scale
	layer   Layer
	instead bool // layer is drawn for want of the one asked for
	opacity float64
	colors  *assets.ColorMap
}

// ErrNoAttention: there is nothing to draw, since the method weighs no patches.
var ErrNoAttention = errors.New("the method has no attention to show")

// NewHeat places every patch of the level on the colour scale. Where all have
// the same attention, none stands out and all are in the middle; patches of which
// none has any give ErrNoAttention.
func NewHeat(level result.Level, o HeatOptions) (*Heat, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	h := &Heat{
		patches: level.Patches, colors: o.Colors, opacity: cmp.Or(o.Opacity, DefaultOpacity),
		scale: cmp.Or(o.Scale, Raw), layer: cmp.Or(o.Layer, Pooled),
	}
	if h.colors == nil {
		h.colors = defaultColors()
	}
	if h.layer == Zoom && len(level.Patches) > 0 && !hasZoom(level) {
		h.layer, h.instead = Pooled, true
	}
	if h.layer == Pooled && level.Blind() {
		return nil, ErrNoAttention
	}
	values := attentions(level.Patches, h.layer)
	if len(values) > 0 {
		h.low, h.high, h.even = slices.Min(values), slices.Max(values), average(values)
	}
	if h.scale == Percentile {
		h.at = percentiles(values)
	} else {
		h.at = stretched(values, h.low, h.high)
	}
	return h, nil
}

func average(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// hasZoom reports whether the level has zoom attention.
func hasZoom(level result.Level) bool {
	return slices.ContainsFunc(level.Patches, func(p result.Patch) bool { return p.ZoomAttention != 0 })
}

func defaultHeat(level result.Level) *Heat {
	h, err := NewHeat(level, HeatOptions{})
	if err != nil {
		panic(err) // the zero options are valid
	}
	return h
}

func defaultColors() *assets.ColorMap {
	m, err := assets.NewColorMap("")
	if err != nil {
		panic(err) // the default map exists
	}
	return m
}

func attentions(patches []result.Patch, layer Layer) []float64 {
	values := make([]float64, len(patches))
	for i, p := range patches {
		values[i] = p.Attention
		if layer == Zoom {
			values[i] = p.ZoomAttention
		}
	}
	return values
}

// stretched maps [low, high] to [0, 1].
func stretched(values []float64, low, high float64) []float64 {
	at := make([]float64, len(values))
	for i, v := range values {
		at[i] = 0.5
		if high > low {
			at[i] = (v - low) / (high - low)
		}
	}
	return at
}

// percentiles maps values to their place in ascending order, 0 to 1; equal
// values share the middle of their places.
func percentiles(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	at := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		place := 0.5
		if len(order) > 1 {
			place = float64(i+j-1) / 2 / float64(len(order)-1)
		}
		for ; i < j; i++ {
			at[order[i]] = place
		}
	}
	return at
}

// Range is the least and the most attention of a patch of the level.
func (h *Heat) Range() (low, high float64) { return h.low, h.high }

// Scale is the scale in use.
func (h *Heat) Scale() Scale { return h.scale }

// Layer is the attention that is drawn.
func (h *Heat) Layer() Layer { return h.layer }

// Instead reports whether Zoom was asked for and Pooled is drawn, since the level
// has no zoom attention.
func (h *Heat) Instead() bool { return h.instead }

// Place is where patch i lies on the colour scale, from 0 to 1.
func (h *Heat) Place(i int) float64 { return h.at[i] }

// EvenShare is the attention that every patch of the level would have if none stood
// out; 0 of no patches.
func (h *Heat) EvenShare() float64 { return h.even }

// Even is the place on the scale of the share that every patch would have if
// none stood out. It is false where the scale does not show it: it must run by
// value, over more than one.
func (h *Heat) Even() (at float64, ok bool) {
	if h.scale != Raw || !(h.high > h.low) {
		return 0, false
	}
	at = (h.even - h.low) / (h.high - h.low)
	return at, within(at, 0, 1)
}

// Color is the opaque colour of patch i.
func (h *Heat) Color(i int) color.RGBA { return h.colors.At(h.at[i]) }

// Shade is the colour of patch i as it is laid over the slide, multiplied by
// its alpha: what Draw sets a pixel to that the patch covers alone.
func (h *Heat) Shade(i int) color.RGBA { return h.ShadeAt(h.at[i]) }

// ShadeAt is the colour of place t of the scale, from 0 to 1, as it is laid over
// the slide, multiplied by its alpha.
func (h *Heat) ShadeAt(t float64) color.RGBA {
	s := h.shade(t)
	part := func(k int) uint8 { return uint8(math.Round(255 * s[k])) }
	return color.RGBA{part(0), part(1), part(2), part(3)}
}

// ColorMap is the name of the colours in use.
func (h *Heat) ColorMap() string { return h.colors.Name() }

// shade is the colour of t in [0, 1] as it is laid over the slide: its red,
// green and blue, each multiplied by the alpha, and the alpha, all from 0 to 1.
func (h *Heat) shade(t float64) [4]float64 {
	c, a := h.colors.At(t), h.opacity*fade(t)
	return [4]float64{a * float64(c.R) / 255, a * float64(c.G) / 255, a * float64(c.B) / 255, a}
}

// fade hides what is low: nothing below a tenth of the scale, all from seven
// tenths on, and no edge in between.
func fade(t float64) float64 {
	const from, to = 0.1, 0.7
	t = min(max((t-from)/(to-from), 0), 1)
	return t * t * (3 - 2*t)
}

// Draw sets dst to the level's colours over an area of level 0: transparent
// where there is no patch, and where a patch covers part of a pixel, coloured
// by that part. Patches that meet leave no seam between them; of patches that
// overlap, a pixel shows the mean.
func (h *Heat) Draw(dst *image.RGBA, area result.Rect) {
	h.draw(dst, area, func(done, total int) {})
}

// draw is Draw, which tells how many rows are done.
func (h *Heat) draw(dst *image.RGBA, area result.Rect, told func(done, total int)) {
	f := frame{area, dst.Rect}
	boxes := make([]box, len(h.patches))
	for i, p := range h.patches {
		boxes[i] = f.box(p)
	}
	const rows = 64 // bounds the sums held at once
	sums := make([][5]float32, rows*dst.Rect.Dx())
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y += rows {
		band := image.Rect(dst.Rect.Min.X, y, dst.Rect.Max.X, min(y+rows, dst.Rect.Max.Y))
		clear(sums)
		for i, b := range boxes {
			h.add(sums, band, b, h.at[i])
		}
		store(dst, band, sums)
		told(band.Max.Y-dst.Rect.Min.Y, dst.Rect.Dy())
	}
}

// add adds the colour of a patch to the pixels of the band that it covers. The
// fifth sum is the part of the pixel that is covered.
func (h *Heat) add(sums [][5]float32, band image.Rectangle, b box, t float64) {
	px := b.pixels(band)
	c := h.shade(t)
	for y := px.Min.Y; y < px.Max.Y; y++ {
		high := overlap(b.y0, b.y1, y)
		row := sums[(y-band.Min.Y)*band.Dx():]
		for x := px.Min.X; x < px.Max.X; x++ {
			w := high * overlap(b.x0, b.x1, x)
			s := &row[x-band.Min.X]
			for k := range 4 {
				s[k] += float32(w * c[k])
			}
			s[4] += float32(w)
		}
	}
}

func store(dst *image.RGBA, band image.Rectangle, sums [][5]float32) {
	for y := band.Min.Y; y < band.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(band.Min.X, y):]
		for x, s := range sums[(y-band.Min.Y)*band.Dx():][:band.Dx()] {
			full := max(1, s[4])
			for k := range 4 {
				row[4*x+k] = uint8(math.Round(float64(255 * s[k] / full)))
			}
		}
	}
}
