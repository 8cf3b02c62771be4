package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"sync"
	"testing"

	"zoomscope/slideio"
	"zoomscope/slideio/slidetest"
	"zoomscope/slideio/tiff"
)

// little are the parameters of a slide that is quickly drawn.
func little(seed uint64, label int) Params {
	p := Defaults()
	p.Width, p.Height, p.Seed, p.Label = 1280, 1024, seed, label
	p.Tissue, p.Hints, p.Evidence = 0.8, 2, 1
	return p
}

func newSlide(t testing.TB, p Params) *Slide {
	t.Helper()
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func whole(t *testing.T, s slideio.Slide, level int) *image.RGBA {
	t.Helper()
	l := s.Info().Levels[level]
	return read(t, s, level, image.Rect(0, 0, l.Width, l.Height))
}

func TestConformance(t *testing.T) {
	offset := little(5, 2)
	offset.Bounds = image.Rect(300, 200, 1100, 900)
	odd := little(6, 1)
	odd.MPP, odd.Width, odd.Height, odd.Downsamples = 0.2522, 600, 501, []float64{1, 2.5}
	for name, p := range map[string]Params{"tissue": little(4, 1), "bounds": offset, "odd": odd} {
		t.Run(name, func(t *testing.T) {
			slidetest.Run(t, func(t *testing.T) slideio.Slide { return newSlide(t, p) })
		})
	}
	t.Run("positions", func(t *testing.T) {
		shape := Shape{Width: 700, Height: 500, Downsamples: []float64{1, 4}, MPPX: 0.5, MPPY: 0.5}
		open := func(t *testing.T) slideio.Slide { return Positions("positions", shape) }
		slidetest.Run(t, open, func(level, x, y int) color.RGBA {
			d := []int{1, 4}[level]
			return color.RGBA{uint8(x * d >> 4), uint8(x*d<<4 | y*d>>8), uint8(y * d), 255}
		})
	})
}

// The bytes of a slide are part of what the package promises. This sum changes
// only when the look of the slides is meant to change.
func TestSameBytesEverywhere(t *testing.T) {
	const want = "a92d2b87c13f4ab7"
	p := little(11, 2)
	p.Pens = 2
	s := newSlide(t, p)
	sum := sha256.New()
	for level := range s.Info().Levels {
		sum.Write(whole(t, s, level).Pix)
	}
	if got := hex.EncodeToString(sum.Sum(nil))[:16]; got != want {
		t.Errorf("sum %s, want %s", got, want)
	}
}

func TestPixelsDoNotDependOnRegionsNorGoroutines(t *testing.T) {
	p := little(3, 1)
	for level := range 2 {
		want := whole(t, newSlide(t, p), level)
		s := newSlide(t, p)
		got := image.NewRGBA(want.Rect)
		var wg sync.WaitGroup
		for y := 0; y < got.Rect.Dy(); y += 190 {
			for x := 0; x < got.Rect.Dx(); x += 330 {
				wg.Go(func() {
					part := got.SubImage(image.Rect(x, y, x+330, y+190)).(*image.RGBA)
					if err := s.ReadRegion(t.Context(), part, level, x, y); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		if got, want := sha256.Sum256(got.Pix), sha256.Sum256(want.Pix); got != want {
			t.Errorf("level %d differs when read by parts", level)
		}
	}
}

// difference is the mean absolute and the signed mean difference of two
// pictures in grey levels, and the largest over blocks of 8 x 8 pixels.
func difference(a, b *image.RGBA) (mean, signed, block float64) {
	w, h := a.Rect.Dx()/8, a.Rect.Dy()/8
	blocks := make([]float64, w*h*3)
	n := 0.0
	for y := range h * 8 {
		for x := range w * 8 {
			for c := range 3 {
				o := y*a.Stride + x*4 + c
				d := float64(a.Pix[o]) - float64(b.Pix[o])
				mean, signed, n = mean+math.Abs(d), signed+d, n+1
				blocks[(y/8*w+x/8)*3+c] += d / 64
			}
		}
	}
	for _, d := range blocks {
		block = max(block, math.Abs(d))
	}
	return mean / n, signed / n, block
}

// Coarser levels are drawn, not reduced, so that a glance at a large slide is
// cheap. They must still show what a reduction would: the tolerances are what a
// person does not see.
func TestLevelsAgree(t *testing.T) {
	for _, mpp := range []float64{0.25, 0.5} {
		for seed := range uint64(2) {
			p := little(seed+20, int(seed))
			p.MPP = mpp
			s := newSlide(t, p)
			fine := whole(t, s, 0)
			for level := 1; level < len(s.Info().Levels); level++ {
				l := s.Info().Levels[level]
				reduced := image.NewRGBA(image.Rect(0, 0, l.Width, l.Height))
				tiff.Reduce(reduced, image.Point{}, fine, int(l.Downsample))
				mean, signed, block := difference(whole(t, s, level), reduced)
				t.Logf("%g um/px, seed %d, downsample %g: mean difference %.2f, signed %.2f, largest block %.1f", mpp, seed, l.Downsample, mean, signed, block)
				if mean > 5 || math.Abs(signed) > 1 || block > 10 {
					t.Errorf("level %d differs from the reduced level 0", level)
				}
			}
		}
	}
}

func TestBoundsMoveThePicture(t *testing.T) {
	p := little(8, 1)
	q := p
	q.Width, q.Height = p.Width+512, p.Height+768
	q.Bounds = image.Rect(256, 512, 256+p.Width, 512+p.Height)
	plain, moved := newSlide(t, p), newSlide(t, q)
	for level, d := range []int{1, 4, 16}[:2] {
		want := whole(t, plain, level)
		got := read(t, moved, level, want.Rect.Add(q.Bounds.Min.Div(d)))
		if mean, _, _ := difference(got, want); mean > 0.01 {
			t.Errorf("level %d: mean difference %.3f", level, mean)
		}
	}
	a, b := plain.Truth().Evidence[0], moved.Truth().Evidence[0]
	if b.X-a.X != 256 || b.Y-a.Y != 512 {
		t.Errorf("evidence at %v, moved to %v", a, b)
	}
}

func TestImpossibleParams(t *testing.T) {
	for name, change := range map[string]func(*Params){
		"empty":      func(p *Params) { p.Width = 0 },
		"resolution": func(p *Params) { p.MPP = math.NaN() },
		"bounds":     func(p *Params) { p.Bounds = image.Rect(-1, 0, 5, 5) },
		"label":      func(p *Params) { p.Label = len(Classes) },
		"evidence":   func(p *Params) { p.Evidence = p.Hints + 1 },
		"tissue":     func(p *Params) { p.Tissue = 0 },
		"stain":      func(p *Params) { p.StainVariation = 2 },
		"too wide":   func(p *Params) { p.Width, p.MPP = 1<<20, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			p := Defaults()
			change(&p)
			if _, err := New(p); !errors.Is(err, ErrParams) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// brightness is the mean of each colour over a disc of a slide's finest level.
func brightness(t *testing.T, s *Slide, d Disc) [3]float64 {
	r := d.Rect()
	m := read(t, s, 0, image.Rect(int(r.X), int(r.Y), int(r.X+r.W), int(r.Y+r.H)))
	var sum [3]float64
	n := 0.0
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if d.Contains(r.X+float64(x), r.Y+float64(y)) {
				c := m.RGBAAt(x, y)
				sum[0], sum[1], sum[2], n = sum[0]+float64(c.R), sum[1]+float64(c.G), sum[2]+float64(c.B), n+1
			}
		}
	}
	return [3]float64{sum[0] / n, sum[1] / n, sum[2] / n}
}

// What the classes' structures take away from the light must not tell them apart:
// at low magnification all hearts look alike. The same slide is drawn with each
// class's structures.
func TestEvidenceIsInvisibleFromAfar(t *testing.T) {
	var mean [len(Classes)][3]float64
	const slides = 4
	for label := range Classes {
		for seed := range uint64(slides) {
			p := little(seed+40, label)
			s := newSlide(t, p)
			heart := newSlide(t, little(seed+40, 1)).Truth().Evidence[0]
			for c, v := range brightness(t, s, heart) {
				mean[label][c] += v / slides
			}
		}
	}
	t.Logf("mean colours of the hearts by class: %.1f", mean)
	for label := range Classes {
		for c := range 3 {
			if d := math.Abs(mean[label][c] - mean[0][c]); d > 3 {
				t.Errorf("%s differs from %s by %.1f grey levels", Classes[label], Classes[0], d)
			}
		}
	}
}

// Near by, the same hearts differ plainly.
func TestEvidenceIsVisibleNearby(t *testing.T) {
	heart := newSlide(t, little(40, 1)).Truth().Evidence[0].Rect()
	area := image.Rect(int(heart.X), int(heart.Y), int(heart.X+heart.W), int(heart.Y+heart.H))
	var pictures [len(Classes)]*image.RGBA
	for label := range Classes {
		pictures[label] = read(t, newSlide(t, little(40, label)), 0, area)
	}
	for label := 1; label < len(Classes); label++ {
		if mean, _, _ := difference(pictures[0], pictures[label]); mean < 5 {
			t.Errorf("%s and %s differ by %.1f grey levels in the mean", Classes[0], Classes[label], mean)
		}
	}
}

func TestClassesShareEverythingElse(t *testing.T) {
	a, b := newSlide(t, little(50, 0)), newSlide(t, little(50, 2))
	hearts := b.Truth().Evidence
	ma, mb := whole(t, a, 0), whole(t, b, 0)
	for y := range ma.Rect.Dy() {
		for x := range ma.Rect.Dx() {
			if ma.RGBAAt(x, y) == mb.RGBAAt(x, y) {
				continue
			}
			if near := math.Hypot(float64(x)-hearts[0].X, float64(y)-hearts[0].Y); near > hearts[0].Radius+30 {
				t.Fatalf("slides of two classes differ at (%d, %d), %.0f pixels from the evidence", x, y, near)
			}
		}
	}
}

func BenchmarkTile(b *testing.B) {
	p := Defaults()
	p.Tissue = 0.8
	s := newSlide(b, p)
	for level := range 3 {
		b.Run(fmt.Sprintf("downsample %g", s.Info().Levels[level].Downsample), func(b *testing.B) {
			m := image.NewRGBA(image.Rect(0, 0, tileSize, tileSize))
			n := s.Info().Levels[level].Width / tileSize
			i := 0
			for b.Loop() {
				s.draw(m, tileAddress{level, i % n, i / n % n})
				i++
			}
			b.ReportMetric(float64(tileSize*tileSize*i)/b.Elapsed().Seconds()/1e6, "Mpixel/s")
		})
	}
}
