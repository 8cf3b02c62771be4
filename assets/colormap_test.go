package assets

import (
	"image/color"
	"math"
	"testing"
)

func TestColorMapIsPerceptual(t *testing.T) {
	for _, name := range ColorMapNames() {
		t.Run(name, func(t *testing.T) {
			m, err := NewColorMap(name)
			if err != nil {
				t.Fatal(err)
			}
			for vision, see := range visions() {
				checkRamp(t, vision, m, see)
			}
		})
	}
}

// checkRamp wants a lightness that always rises, and thirty-two steps none of
// which stands out: one more than four times the mean would look like an edge.
func checkRamp(t *testing.T, vision string, m *ColorMap, see func(color.RGBA) color.RGBA) {
	t.Helper()
	const steps = 32
	var sum, most float64
	for i := range steps {
		a, b := toLab(see(m.At(float64(i)/steps))), toLab(see(m.At(float64(i+1)/steps)))
		if b[0] <= a[0] {
			t.Errorf("%s: lightness falls from %.3f to %.3f at %d/%d", vision, a[0], b[0], i, steps)
		}
		d := a.distance(b)
		sum, most = sum+d, max(most, d)
	}
	if mean := sum / steps; most > 4*mean || mean < 0.015 {
		t.Errorf("%s: steps of %.3f on average and at most %.3f", vision, mean, most)
	}
}

// visions are how the colour-blind see: the matrices of Vienot, Brettel and
// Mollon (1999), on linear light.
func visions() map[string]func(color.RGBA) color.RGBA {
	simulate := func(m [3][3]float64) func(color.RGBA) color.RGBA {
		return func(c color.RGBA) color.RGBA {
			v := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
			var out [3]uint8
			for i, row := range m {
				out[i] = gamma(row[0]*v[0] + row[1]*v[1] + row[2]*v[2])
			}
			return color.RGBA{out[0], out[1], out[2], 255}
		}
	}
	return map[string]func(color.RGBA) color.RGBA{
		"trichromat":  func(c color.RGBA) color.RGBA { return c },
		"protanope":   simulate([3][3]float64{{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}}),
		"deuteranope": simulate([3][3]float64{{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}}),
	}
}

func TestMarkerIsInNeitherTissueNorMap(t *testing.T) {
	marker := toLab(Marker())
	tissue := map[string]color.RGBA{
		"glass": {244, 242, 245, 255}, "eosin": {226, 150, 190, 255}, "stroma": {205, 120, 165, 255},
		"blood": {190, 60, 70, 255}, "nucleus": {85, 50, 120, 255}, "dense nuclei": {62, 40, 95, 255},
	}
	const apart = 0.25 // of 1 from black to white
	for name, c := range tissue {
		if d := marker.distance(toLab(c)); d < apart {
			t.Errorf("marker is %.2f from %s", d, name)
		}
	}
	for _, name := range ColorMapNames() {
		m, _ := NewColorMap(name)
		for i := range 256 {
			if d := marker.distance(toLab(m.At(float64(i) / 255))); d < apart {
				t.Fatalf("marker is %.2f from %s at %d/255", d, name, i)
			}
		}
	}
	if d := marker.distance(toLab(Halo())); d < 0.9 {
		t.Errorf("marker and halo are %.2f apart", d)
	}
}

func TestColorMapEnds(t *testing.T) {
	m, err := NewColorMap("")
	if err != nil {
		t.Fatal(err)
	}
	if m.Name() != "viridis" {
		t.Errorf("default map %q", m.Name())
	}
	low, high := color.RGBA{0x44, 0x01, 0x54, 255}, color.RGBA{0xfd, 0xe7, 0x25, 255}
	for at, want := range map[float64]color.RGBA{0: low, -3: low, math.Inf(-1): low, 1: high, 7: high, math.Inf(1): high} {
		if got := m.At(at); got != want {
			t.Errorf("At(%v) = %v, want %v", at, got, want)
		}
	}
	if got := m.At(math.NaN()); got != low {
		t.Errorf("At(NaN) = %v, want %v", got, low)
	}
	if _, err := NewColorMap("jet"); err == nil {
		t.Error("jet: no error")
	}
}

func TestLabRoundTrip(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				c := color.RGBA{uint8(r), uint8(g), uint8(b), 255}
				if got := toLab(c).rgb(); got != c {
					t.Fatalf("%v becomes %v", c, got)
				}
			}
		}
	}
}
