package viewer

import (
	"image"
	"image/color"
	"testing"

	"zoomscope/engine/result"
)

func TestBeside(t *testing.T) {
	r := image.Rect(2, 3, 12, 13)
	for name, hole := range map[string]image.Rectangle{
		"within": image.Rect(4, 5, 8, 9), "over a corner": image.Rect(-5, -5, 6, 7), "all": image.Rect(0, 0, 20, 20),
		"away": image.Rect(30, 30, 40, 40), "across": image.Rect(0, 5, 30, 7), "none": {},
	} {
		t.Run(name, func(t *testing.T) {
			parts := beside(r, hole)
			for y := range 20 {
				for x := range 20 {
					n := 0
					for _, part := range parts {
						if image.Pt(x, y).In(part) {
							n++
						}
					}
					at, want := image.Pt(x, y), 0
					if at.In(r) && !at.In(hole) {
						want = 1
					}
					if n != want {
						t.Fatalf("%v is covered %d times, want %d", at, n, want)
					}
				}
			}
		})
	}
}

// TestNothingBesideTheSlide has a layer and outlines that reach beyond the slide.
func TestNothingBesideTheSlide(t *testing.T) {
	b := show(t, 400, 300, 1, Options{})
	b.SetSource(plain(1000, 700, pink), nil)
	b.SetFurniture(false)
	for _, cells := range []int{4, 400} { // drawn as rectangles, and as a picture
		green := image.NewRGBA(image.Rect(0, 0, cells, cells))
		for i := range cells * cells {
			green.SetRGBA(i%cells, i/cells, color.RGBA{0, 200, 0, 255})
		}
		b.SetLayer(&Layer{Cells: green, Area: result.Rect{X: -1500, Y: -1500, Width: 4000, Height: 4000}, Opacity: 1})
		b.SetOutlines([]Outline{
			{result.Rect{X: 900, Y: 600, Width: 400, Height: 400}, Selected},
			{result.Rect{X: 1100, Y: 100, Width: 100, Height: 100}, Current},
		})
		for _, c := range []Camera{{500, 350, 0.36}, {1000, 700, 1}} {
			b.SetCamera(c)
			b.settle(t)
			slide := b.slideRect().Inset(-1) // the halo
			for name, m := range map[string]*image.RGBA{"window": b.capture(), "snapshot": b.Snapshot()} {
				for y := range 300 {
					for x := range 400 {
						if got := m.RGBAAt(x, y); !image.Pt(x, y).In(slide) && !near(got, b.groundColour(), 1) {
							t.Fatalf("%d cells, %v, %s: %d,%d is %v beside the slide", cells, c, name, x, y, got)
						}
					}
				}
				x, y := b.slideRect().Max.X-1, b.proj.y(650)
				if got := m.RGBAAt(x, y); got.R > 60 || got.G > 60 {
					t.Errorf("%d cells, %v, %s: the outline is open at the edge: %v", cells, c, name, got)
				}
			}
		}
	}
}
