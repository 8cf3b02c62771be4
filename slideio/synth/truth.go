package synth

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"

	"zoomscope/slideio"
)

// Truth is what is known of a synthetic slide because it was made so.
type Truth struct {
	Class  string  `json:"class"`
	Label  int     `json:"label"` // index of Classes
	Width  int     `json:"width"` // of level 0 in pixels
	Height int     `json:"height"`
	MPP    float64 `json:"mpp"`

	// Evidence is where the structures lie that prove the class; none in a
	// normal slide. Hints are the regions that low magnification shows, those
	// around the evidence and the harmless ones.
	Evidence []Disc `json:"evidence"`
	Hints    []Disc `json:"hints"`
}

// Disc is a round region in level-0 pixels.
type Disc struct {
	X      float64 `json:"x"` // of the centre
	Y      float64 `json:"y"`
	Radius float64 `json:"radius"`
}

// Rect is the smallest area that covers the disc.
func (d Disc) Rect() slideio.Rect {
	return slideio.Rect{X: d.X - d.Radius, Y: d.Y - d.Radius, W: 2 * d.Radius, H: 2 * d.Radius}
}

// Contains reports whether a place lies in the disc.
func (d Disc) Contains(x, y float64) bool {
	dx, dy := x-d.X, y-d.Y
	return float64(dx*dx)+float64(dy*dy) < float64(d.Radius*d.Radius)
}

// Overlap is the fraction of an area, in level-0 pixels, that is evidence,
// estimated on a mesh of 32 x 32 points.
func (t *Truth) Overlap(r slideio.Rect) float64 {
	const n = 32
	hits := 0
	for i := range n * n {
		x := r.X + (float64(i%n)+0.5)/n*r.W
		y := r.Y + (float64(i/n)+0.5)/n*r.H
		if t.proves(x, y) {
			hits++
		}
	}
	return float64(hits) / (n * n)
}

func (t *Truth) proves(x, y float64) bool {
	for _, d := range t.Evidence {
		if d.Contains(x, y) {
			return true
		}
	}
	return false
}

// Mask is the evidence as a picture whose pixels are downsample level-0 pixels
// wide: 255 where a pixel's centre is evidence, else 0.
func (t *Truth) Mask(downsample int) *image.Gray {
	d := float64(downsample)
	w, h := (t.Width+downsample-1)/downsample, (t.Height+downsample-1)/downsample
	m := image.NewGray(image.Rect(0, 0, w, h))
	for _, e := range t.Evidence {
		box := image.Rect(int((e.X-e.Radius)/d), int((e.Y-e.Radius)/d), int((e.X+e.Radius)/d)+1, int((e.Y+e.Radius)/d)+1)
		box = box.Intersect(m.Rect)
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				if e.Contains((float64(x)+0.5)*d, (float64(y)+0.5)*d) {
					m.SetGray(x, y, color.Gray{Y: 255})
				}
			}
		}
	}
	return m
}

// MaskPNG is Mask as a PNG file.
func (t *Truth) MaskPNG(downsample int) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, t.Mask(downsample))
	return b.Bytes(), err
}

// JSON is the truth as an indented document.
func (t *Truth) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(t, "", "  ")
	return append(b, '\n'), err
}

// newTruth is the truth of a slide without its regions.
func newTruth(label, width, height int, mpp float64) *Truth {
	return &Truth{Class: Classes[label], Label: label, Width: width, Height: height, MPP: mpp, Evidence: []Disc{}, Hints: []Disc{}}
}

// add enters the nests of a world whose origin lies at a level-0 pixel.
func (t *Truth) add(w *world, origin image.Point) {
	pixels := func(v int) float64 { return float64(v) / um / t.MPP }
	for _, n := range w.nests {
		disc := func(c vector, r int) Disc {
			return Disc{float64(origin.X) + pixels(c.x), float64(origin.Y) + pixels(c.y), pixels(r)}
		}
		t.Hints = append(t.Hints, disc(n.vector, n.radius))
		if n.structure != rod {
			t.Evidence = append(t.Evidence, disc(n.heart, n.heartReach))
		}
	}
}

// Truth returns what is known of the slide.
func (s *Slide) Truth() *Truth {
	p := &s.params
	t := newTruth(p.Label, p.Width, p.Height, p.MPP)
	t.add(s.world, p.area().Min)
	return t
}
