package assets

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// ColorMap gives a colour to every number of [0, 1]. Its colours are opaque and
// become steadily lighter, in steps that look equal, also to the colour-blind.
type ColorMap struct {
	name  string
	table [256]color.RGBA
}

// ramps are control points, evenly spaced from 0 to 1. The colours are those of
// matplotlib's maps of the same names (released under CC0).
func ramps(name string) []uint32 {
	switch name {
	case "viridis":
		return []uint32{0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725}
	case "cividis":
		return []uint32{0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838}
	}
	return nil
}

// ColorMapNames lists the maps there are, the default first. Maps that run
// through red and purple are left out: those are the colours of stained tissue.
func ColorMapNames() []string { return []string{"viridis", "cividis"} }

// NewColorMap makes the map of the given name; "" means the default.
func NewColorMap(name string) (*ColorMap, error) {
	if name == "" {
		name = ColorMapNames()[0]
	}
	points := ramps(name)
	if points == nil {
		return nil, fmt.Errorf("colour map %q: there are only %s", name, strings.Join(ColorMapNames(), ", "))
	}
	m := &ColorMap{name: name}
	for i := range m.table {
		m.table[i] = between(points, float64(i)/255)
	}
	return m, nil
}

// between interpolates in OKLab, where a straight line has no darker middle.
func between(points []uint32, t float64) color.RGBA {
	at := t * float64(len(points)-1)
	i := min(int(at), len(points)-2)
	return toLab(hex(points[i])).mix(toLab(hex(points[i+1])), at-float64(i)).rgb()
}

func hex(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// Marker is the colour of what is outlined on a slide, and Halo the colour that
// surrounds it there: black in white stands out from stained tissue, from dark
// fluorescence and from every map, whatever colours the reader can tell apart.
func Marker() color.RGBA { return color.RGBA{A: 255} }

// Halo surrounds what is drawn in the Marker colour, and text on tissue.
func Halo() color.RGBA { return color.RGBA{R: 255, G: 255, B: 255, A: 255} }

// Name is the name the map was made by.
func (m *ColorMap) Name() string { return m.name }

// At is the colour of t. What lies outside [0, 1] gets the nearest end's
// colour, NaN the lowest.
func (m *ColorMap) At(t float64) color.RGBA {
	if !(t > 0) {
		return m.table[0]
	}
	return m.table[int(math.Round(255*min(t, 1)))]
}
