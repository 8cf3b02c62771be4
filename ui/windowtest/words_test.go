package windowtest

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
)

// screenOf paints words at places of an even ground.
func screenOf(ink, ground color.Color, words map[string]image.Point) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 300, 120))
	draw.Draw(img, img.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	for text, at := range words {
		t := canvas.NewText(text, ink)
		t.TextSize = 13
		t.Resize(t.MinSize())
		c := software.NewTransparentCanvas()
		c.SetPadded(false)
		c.SetContent(t)
		drawn := c.Capture()
		draw.Draw(img, drawn.Bounds().Add(at), drawn, image.Point{}, draw.Over)
	}
	return img
}

func TestFindWords(t *testing.T) {
	d := &Display{t: t}
	d.letters(Said("a")) // the window's theme
	size := fyne.CurrentApp().Settings().Theme().Size("text")
	if size != 13 {
		t.Skipf("letters of %g points", size)
	}
	all := image.Rect(0, 0, 300, 120)
	for name, c := range map[string]struct{ ink, ground color.Color }{
		"dark on light": {color.Black, color.White}, "light on dark": {color.White, color.RGBA{29, 91, 163, 255}},
	} {
		t.Run(name, func(t *testing.T) {
			screen := grayOf(screenOf(c.ink, c.ground, map[string]image.Point{"Make features": {40, 30}, "Make pictures": {40, 70}}), all)
			for _, w := range []struct {
				text string
				near image.Point
				is   bool
			}{
				{"Make features", image.Pt(82, 39), true}, {"Make pictures", image.Pt(82, 79), true},
				{"Make fixtures", image.Point{}, false}, {"features", image.Pt(98, 39), true},
			} {
				p, ok := find(screen, d.letters(Said(w.text)))
				if ok != w.is || ok && math.Hypot(float64(p.X-w.near.X), float64(p.Y-w.near.Y)) > 8 {
					t.Errorf("%q: %v at %v", w.text, ok, p)
				}
			}
		})
	}
}

// slowFind is find by its definition.
func slowFind(in, what gray) (image.Point, float64) {
	best, at := 0.0, image.Point{}
	for y := 0; y+what.h <= in.h; y++ {
		for x := 0; x+what.w <= in.w; x++ {
			part := gray{w: what.w, h: what.h}
			for j := range what.h {
				part.v = append(part.v, in.v[(y+j)*in.w+x:][:what.w]...)
			}
			a, la := centred(part)
			b, lb := centred(what)
			sum := 0.0
			for i := range a {
				sum += float64(a[i]) * float64(b[i])
			}
			if r := math.Abs(sum) / (la * lb); la > 0 && r > best {
				best, at = r, image.Pt(x+what.w/2, y+what.h/2)
			}
		}
	}
	return at, best
}

func TestFindIsTheHighestCorrelation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	in := gray{w: 40, h: 30}
	for range in.w * in.h {
		in.v = append(in.v, 255*random.Float32())
	}
	what := gray{w: 9, h: 6}
	for j := range what.h {
		for i := range what.w {
			what.v = append(what.v, 200-0.5*in.v[(j+11)*in.w+i+17]+10*random.Float32())
		}
	}
	want, r := slowFind(in, what)
	got, ok := find(in, what)
	if !ok || got != want || r < alike || want != image.Pt(17+4, 11+3) {
		t.Errorf("%v (%v), want %v at %g", got, ok, want, r)
	}
}
