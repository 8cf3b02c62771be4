package overlay

import (
	"image/color"
	"math"
	"slices"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// Legend says what the colours over the slide stand for.
type Legend struct {
	Magnification float64
	Kind          Kind // what is shown
	Fallback      bool // zoom attention was asked for and the level has none
	Scale         Scale
	ColorMap      string
	Patches       int
	// Low and High are the least and the most attention of a patch, as shares of
	// all: the ends of the scale. Where they are equal, none stands out and every
	// patch is in the middle.
	Low, High float64
	// Middle is the median share: what a scale by percentile has in its middle.
	Middle float64
	// Even is the share of every patch if none stood out; 0 where there is none.
	Even float64
	// EvenAt is where Even lies on the scale, 0 to 1, if HasEven: a scale by
	// percentile does not show it.
	EvenAt  float64
	HasEven bool

	heat    *app.Heat
	opacity float64
}

// Legend explains what Cells shows of the level; it is the zero Legend where
// Cells is an error.
func (m *Model) Legend(level int, s Settings) Legend {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.look(level, s)
	p, err := m.picture(k)
	if err != nil {
		return Legend{}
	}
	l := m.levels[level]
	out := Legend{
		Magnification: l.Magnification, Kind: k.kind, Fallback: s.Kind == Zoom && k.kind != Zoom,
		Scale: k.scale, ColorMap: k.colors, Patches: len(l.Patches),
		heat: p.heat, opacity: min(max(s.Opacity, 0), 1),
	}
	out.Low, out.High = p.heat.Range()
	out.EvenAt, out.HasEven = p.heat.Even()
	out.Middle = median(l.Patches, k.kind)
	out.Even = p.heat.EvenShare()
	return out
}

// Shade is the colour of place t of the scale, 0 to 1, as it is laid over the
// slide at the settings' opacity, multiplied by its alpha.
func (l Legend) Shade(t float64) color.RGBA {
	if l.heat == nil {
		return color.RGBA{}
	}
	c := l.heat.ShadeAt(t)
	part := func(v uint8) uint8 { return uint8(math.Round(l.opacity * float64(v))) }
	return color.RGBA{part(c.R), part(c.G), part(c.B), part(c.A)}
}

// median is the middle share of the patches, of one kind of attention; 0 of none.
func median(patches []result.Patch, kind Kind) float64 {
	shares := make([]float64, len(patches))
	for i, p := range patches {
		shares[i] = p.Attention
		if kind == Zoom {
			shares[i] = p.ZoomAttention
		}
	}
	slices.Sort(shares)
	if n := len(shares); n > 0 {
		return (shares[(n-1)/2] + shares[n/2]) / 2
	}
	return 0
}
