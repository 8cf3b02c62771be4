package slideio

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// TestHalveAgainstReadArea halves pictures of odd and even sides, into the middle
// of another, as ReadArea reduces a slide.
func TestHalveAgainstReadArea(t *testing.T) {
	for _, size := range []image.Point{{2, 2}, {1, 1}, {3, 2}, {2, 5}, {7, 9}, {64, 31}, {255, 256}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(size.X), uint64(size.Y)))
			slide := newFake(rng.Uint64(), Level{Width: size.X, Height: size.Y, Downsample: 1})
			half := image.Rect(0, 0, (size.X+1)/2, (size.Y+1)/2)
			want := image.NewRGBA(half)
			area := Rect{W: float64(2 * half.Dx()), H: float64(2 * half.Dy())}
			if err := ReadArea(t.Context(), slide, want, area); err != nil {
				t.Fatal(err)
			}
			around := image.NewRGBA(image.Rect(0, 0, half.Dx()+5, half.Dy()+4))
			got := around.SubImage(half.Add(image.Pt(3, 2))).(*image.RGBA)
			Halve(got, slide.levels[0])
			for y := range half.Dy() {
				for x := range half.Dx() {
					if g, w := got.RGBAAt(x+3, y+2), want.RGBAAt(x, y); g != w {
						t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, g, w)
					}
				}
			}
			if around.RGBAAt(2, 2).A != 0 || around.RGBAAt(half.Dx()+3, 2).A != 0 {
				t.Error("wrote beside its part of the picture")
			}
		})
	}
}

func TestHalveRefusesOtherSizes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Halve(image.NewRGBA(image.Rect(0, 0, 1, 1)), image.NewRGBA(image.Rect(0, 0, 3, 2)))
}
