package export

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// Blend is how colours are laid over a slide.
type Blend string

// The blends there are.
const (
	// Over lays colours over the slide as paint: for light slides.
	Over Blend = "over"
	// Screen adds them as light, so that faint signals on a dark slide, as in
	// fluorescence, are not covered.
	Screen Blend = "screen"
)

// hides is the part, 0 to 1, that a shade takes away from channel k of what is
// under it.
func (b Blend) hides(shade [4]float64, k int) float64 {
	if b == Screen {
		return shade[k]
	}
	return shade[3]
}

// lay lays a layer over the pixels r of dst, which are opaque.
func lay(dst *image.RGBA, r image.Rectangle, layer *image.RGBA, b Blend) {
	if b == Over {
		draw.Draw(dst, r, layer, layer.Rect.Min, draw.Over)
		return
	}
	for y := range r.Dy() {
		to := dst.Pix[dst.PixOffset(r.Min.X, r.Min.Y+y):]
		from := layer.Pix[layer.PixOffset(layer.Rect.Min.X, layer.Rect.Min.Y+y):]
		for i := range 4 * r.Dx() {
			if i%4 != 3 {
				s, d := int(from[i]), int(to[i])
				to[i] = uint8(s + (d*(255-s)+127)/255)
			}
		}
	}
}

// ground is what a slide's colours look like, for samples in the legend.
type ground struct {
	glass  color.RGBA // where there is no tissue
	tissue color.RGBA
	blend  Blend
}

// Dark tells whether most of a slide is dark, by a small picture of all of it.
func Dark(small *image.RGBA) bool { return groundOf(&Overview{Image: small}).blend == Screen }

// groundOf tells tissue from empty ground by colour alone, which will do for a
// sample: the mean of the coloured pixels and of the others. A slide is dark
// where most of its pixels are.
func groundOf(ov *Overview) ground {
	var light, dim, coloured mean
	dark := 0
	for i := 0; i+3 < len(ov.Image.Pix); i += 4 {
		px := ov.Image.Pix[i : i+3 : i+3]
		most, least := max(px[0], px[1], px[2]), min(px[0], px[1], px[2])
		if most < 64 {
			dark++
		}
		switch {
		case most-least >= 30:
			coloured.add(px)
		case most < 64: // on a light slide, pen and dark nuclei
			dim.add(px)
		default:
			light.add(px)
		}
	}
	if 8*dark > len(ov.Image.Pix) {
		return ground{dim.colour(color.RGBA{A: 255}), coloured.colour(color.RGBA{150, 150, 150, 255}), Screen}
	}
	return ground{light.colour(color.RGBA{246, 245, 247, 255}), coloured.colour(color.RGBA{219, 160, 196, 255}), Over}
}

// mean is the sum of colours.
type mean struct{ r, g, b, n float64 }

func (m *mean) add(px []uint8) {
	m.r, m.g, m.b, m.n = m.r+float64(px[0]), m.g+float64(px[1]), m.b+float64(px[2]), m.n+1
}

// colour is the mean, or other where nothing was added.
func (m *mean) colour(other color.RGBA) color.RGBA {
	if m.n == 0 {
		return other
	}
	part := func(v float64) uint8 { return uint8(math.Round(v / m.n)) }
	return color.RGBA{part(m.r), part(m.g), part(m.b), 255}
}
