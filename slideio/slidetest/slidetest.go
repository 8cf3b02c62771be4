// Package slidetest is the conformance suite of slideio.Slide: what every
// driver's slides must do, whatever they show.
package slidetest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"zoomscope/slideio"
)

// Truth is the colour that a pixel of a level must have.
type Truth func(level, x, y int) color.RGBA

// Run checks slides that open opens, each time afresh, against the contract of
// slideio.Slide, and their pixels against the truths given. Close is called by
// the suite.
func Run(t *testing.T, open func(t *testing.T) slideio.Slide, truths ...Truth) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, slideio.Slide)
	}{
		{"info", testInfo},
		{"repeats", testRepeats},
		{"outside is white", testOutside},
		{"parts make the whole", testParts},
		{"sub-image", testSubImage},
		{"empty region", testEmpty},
		{"no such level", testNoLevel},
		{"concurrent", testConcurrent},
		{"cancelled", testCancelled},
		{"associated", testAssociated},
		{"area", testArea},
		{"levels show the same place", testLevelsAlign},
		{"closed", testClosed},
		{"close waits", testCloseWaits},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, opened(t, open)) })
	}
	for _, truth := range truths {
		t.Run("truth", func(t *testing.T) { testTruth(t, opened(t, open), truth) })
	}
}

func opened(t *testing.T, open func(t *testing.T) slideio.Slide) slideio.Slide {
	t.Helper()
	s := open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

func read(t *testing.T, s slideio.Slide, level int, r image.Rectangle) *image.RGBA {
	t.Helper()
	m := image.NewRGBA(image.Rectangle{Max: r.Size()})
	for i := range m.Pix { // as a buffer that was used before
		m.Pix[i] = 0x5a
	}
	if err := s.ReadRegion(t.Context(), m, level, r.Min.X, r.Min.Y); err != nil {
		t.Fatalf("level %d, %v: %v", level, r, err)
	}
	return m
}

func full(l slideio.Level) image.Rectangle { return image.Rect(0, 0, l.Width, l.Height) }

// middle is a part of a level of at most n x n pixels.
func middle(l slideio.Level, n int) image.Rectangle {
	at := image.Pt(max(0, (l.Width-n)/2), max(0, (l.Height-n)/2))
	return image.Rectangle{at, at.Add(image.Pt(n, n))}.Intersect(full(l))
}

func testInfo(t *testing.T, s slideio.Slide) {
	in := s.Info()
	if in == nil || len(in.Levels) == 0 {
		t.Fatal("no levels")
	}
	if in != s.Info() {
		t.Error("Info gives another value each time")
	}
	if in.Driver == "" || in.Vendor == "" || in.Path == "" {
		t.Errorf("driver %q, vendor %q, path %q", in.Driver, in.Vendor, in.Path)
	}
	if in.Levels[0].Downsample != 1 {
		t.Errorf("level 0 has downsample %g", in.Levels[0].Downsample)
	}
	for i, l := range in.Levels {
		if l.Width <= 0 || l.Height <= 0 || l.TileWidth < 0 || l.TileHeight < 0 {
			t.Errorf("level %d: %+v", i, l)
		}
		if i > 0 && l.Downsample < in.Levels[i-1].Downsample {
			t.Errorf("level %d is finer than the one before", i)
		}
		// A level may be cut or filled up to whole tiles, not be of another shape.
		if w := float64(l.Width) * l.Downsample / float64(in.Width()); w < 0.5 || w > 2 {
			t.Errorf("level %d: %d pixels wide at downsample %g, level 0 %d", i, l.Width, l.Downsample, in.Width())
		}
	}
	if in.Bounds.Empty() || !in.Bounds.In(full(in.Levels[0])) {
		t.Errorf("bounds %v of %v", in.Bounds, full(in.Levels[0]))
	}
	if r := in.Resolution; r.Known() == (r.Source == "") || r.X < 0 || r.Y < 0 {
		t.Errorf("resolution %+v", r)
	}
	if !slices.IsSorted(in.Associated) {
		t.Errorf("associated images not sorted: %q", in.Associated)
	}
}

func testRepeats(t *testing.T, s slideio.Slide) {
	for i, l := range s.Info().Levels {
		r := middle(l, 300)
		a, b := read(t, s, i, r), read(t, s, i, r)
		if !bytes.Equal(a.Pix, b.Pix) {
			t.Errorf("level %d: two reads differ", i)
		}
		opaque(t, a)
	}
}

func opaque(t *testing.T, m *image.RGBA) {
	t.Helper()
	if !m.Opaque() {
		t.Error("pixels are not opaque")
	}
}

// testOutside reads around each corner and far away.
func testOutside(t *testing.T, s slideio.Slide) {
	for i, l := range s.Info().Levels {
		for _, at := range []image.Point{
			{-20, -20}, {l.Width - 20, -20}, {-20, l.Height - 20}, {l.Width - 20, l.Height - 20},
			{-1 << 28, 0}, {1 << 28, 1 << 28}, {0, -100}, {l.Width, 0},
		} {
			r := image.Rectangle{at, at.Add(image.Pt(40, 40))}
			m := read(t, s, i, r)
			opaque(t, m)
			in := r.Intersect(full(l))
			for y := range 40 {
				for x := range 40 {
					p := at.Add(image.Pt(x, y))
					if !p.In(full(l)) && m.RGBAAt(x, y) != (color.RGBA{255, 255, 255, 255}) {
						t.Fatalf("level %d: %v, outside, is %v", i, p, m.RGBAAt(x, y))
					}
				}
			}
			if in.Empty() {
				continue
			}
			alone := read(t, s, i, in)
			same(t, m.SubImage(in.Sub(at)).(*image.RGBA), alone, 0)
		}
	}
}

// same compares pixels, up to a difference of each channel.
func same(t *testing.T, a, b *image.RGBA, tolerance int) {
	t.Helper()
	for y := range a.Rect.Dy() {
		ra, rb := a.Pix[y*a.Stride:][:4*a.Rect.Dx()], b.Pix[y*b.Stride:][:4*a.Rect.Dx()]
		for i := range ra {
			if d := int(ra[i]) - int(rb[i]); d > tolerance || -d > tolerance {
				t.Fatalf("pixel (%d, %d), channel %d: %d and %d", i/4, y, i%4, ra[i], rb[i])
			}
		}
	}
}

// testParts reads a region at once and in odd parts. They agree exactly where the
// level's size is level 0's divided by its downsample; elsewhere a library may
// place reads by its own idea of the ratio, half a pixel of level 0 apart.
func testParts(t *testing.T, s slideio.Slide) {
	for i, l := range s.Info().Levels {
		r := middle(l, 301)
		whole, parts := read(t, s, i, r), image.NewRGBA(image.Rectangle{Max: r.Size()})
		const step = 97
		for y := 0; y < r.Dy(); y += step {
			for x := 0; x < r.Dx(); x += step {
				part := parts.SubImage(image.Rect(x, y, x+step, y+step)).(*image.RGBA)
				if err := s.ReadRegion(t.Context(), part, i, r.Min.X+x, r.Min.Y+y); err != nil {
					t.Fatal(err)
				}
			}
		}
		full := s.Info().Levels[0]
		if float64(l.Width)*l.Downsample == float64(full.Width) && float64(l.Height)*l.Downsample == float64(full.Height) {
			same(t, whole, parts, 0)
		} else if d := meanDifference(whole, parts); d > 6 {
			t.Errorf("level %d: parts differ from the whole by %.1f grey levels", i, d)
		}
	}
}

func meanDifference(a, b *image.RGBA) float64 {
	sum := 0
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(len(a.Pix))
}

func testSubImage(t *testing.T, s slideio.Slide) {
	l := s.Info().Levels[0]
	r := middle(l, 90).Add(image.Pt(-3, 5))
	want := read(t, s, 0, r)
	m := image.NewRGBA(image.Rect(-7, -9, 120, 130))
	for i := range m.Pix {
		m.Pix[i] = 0x5a
	}
	sub := m.SubImage(image.Rectangle{Max: r.Size()}.Add(image.Pt(4, 6))).(*image.RGBA)
	if err := s.ReadRegion(t.Context(), sub, 0, r.Min.X, r.Min.Y); err != nil {
		t.Fatal(err)
	}
	same(t, sub, want, 0)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			if !image.Pt(x, y).In(sub.Rect) && m.RGBAAt(x, y).A != 0x5a {
				t.Fatalf("pixel (%d, %d) outside the sub-image was written", x, y)
			}
		}
	}
}

func testEmpty(t *testing.T, s slideio.Slide) {
	if err := s.ReadRegion(t.Context(), image.NewRGBA(image.Rectangle{}), 0, 0, 0); err != nil {
		t.Error(err)
	}
}

func testNoLevel(t *testing.T, s slideio.Slide) {
	for _, level := range []int{-1, len(s.Info().Levels)} {
		err := s.ReadRegion(t.Context(), image.NewRGBA(image.Rect(0, 0, 9, 9)), level, 0, 0)
		var re *slideio.RegionError
		if !errors.As(err, &re) || re.Level != level || re.Path != s.Info().Path {
			t.Errorf("level %d: %v", level, err)
		}
	}
}

// testConcurrent compares reads on several goroutines with serial ones.
func testConcurrent(t *testing.T, s slideio.Slide) {
	type job struct {
		level int
		r     image.Rectangle
		want  *image.RGBA
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var jobs []job
	for range 24 {
		i := rng.IntN(len(s.Info().Levels))
		l := s.Info().Levels[i]
		at := image.Pt(rng.IntN(l.Width)-16, rng.IntN(l.Height)-16)
		r := image.Rectangle{at, at.Add(image.Pt(1+rng.IntN(150), 1+rng.IntN(150)))}
		jobs = append(jobs, job{i, r, read(t, s, i, r)})
	}
	var wg sync.WaitGroup
	for k := range 6 {
		wg.Go(func() {
			for n := range jobs {
				j := jobs[(n+4*k)%len(jobs)]
				m := image.NewRGBA(image.Rectangle{Max: j.r.Size()})
				if err := s.ReadRegion(t.Context(), m, j.level, j.r.Min.X, j.r.Min.Y); err != nil {
					t.Error(err)
				} else if !bytes.Equal(m.Pix, j.want.Pix) {
					t.Errorf("level %d, %v: differs from the serial read", j.level, j.r)
				}
			}
		})
	}
	wg.Wait()
}

func testCancelled(t *testing.T, s slideio.Slide) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.ReadRegion(ctx, image.NewRGBA(image.Rect(0, 0, 50, 50)), 0, 0, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	for _, name := range s.Info().Associated {
		if _, err := s.Associated(ctx, name); !errors.Is(err, context.Canceled) {
			t.Errorf("associated image: %v", err)
		}
	}
	read(t, s, 0, image.Rect(0, 0, 50, 50)) // and the slide is none the worse
}

func testAssociated(t *testing.T, s slideio.Slide) {
	for _, name := range s.Info().Associated {
		m, err := s.Associated(t.Context(), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m.Rect.Empty() || m.Rect.Min != (image.Point{}) {
			t.Errorf("%s: %v", name, m.Rect)
		}
		opaque(t, m)
	}
	if _, err := s.Associated(t.Context(), "no such image"); !errors.Is(err, slideio.ErrNoAssociated) {
		t.Errorf("unknown name: %v", err)
	}
}

// testArea compares areas at each level's own scale with the level.
func testArea(t *testing.T, s slideio.Slide) {
	for i, l := range s.Info().Levels {
		if slideio.BestLevel(s.Info(), l.Downsample) != i {
			continue
		}
		r := middle(l, 120)
		m := image.NewRGBA(image.Rectangle{Max: r.Size()})
		ds := l.Downsample
		area := slideio.Rect{X: float64(r.Min.X) * ds, Y: float64(r.Min.Y) * ds, W: float64(r.Dx()) * ds, H: float64(r.Dy()) * ds}
		if err := slideio.ReadArea(t.Context(), s, m, area); err != nil {
			t.Fatal(err)
		}
		same(t, m, read(t, s, i, r), 1)
	}
}

// finest is a slide without its coarser levels.
type finest struct {
	slideio.Slide
	info slideio.Info
}

func (f *finest) Info() *slideio.Info { return &f.info }

// testLevelsAlign compares a level with level 0 reduced to it: no other place
// within a pixel of the level may fit clearly better.
func testLevelsAlign(t *testing.T, s slideio.Slide) {
	alone := &finest{Slide: s, info: *s.Info()}
	alone.info.Levels = alone.info.Levels[:1]
	for i, l := range s.Info().Levels {
		r := middle(l, 64)
		if i == 0 || l.Downsample > 32 || r.Dx() < 8 || r.Dy() < 8 {
			continue
		}
		difference := func(dx, dy int) float64 {
			at, ds := r.Add(image.Pt(dx, dy)), l.Downsample
			reduced := image.NewRGBA(image.Rectangle{Max: r.Size()})
			area := slideio.Rect{X: float64(at.Min.X) * ds, Y: float64(at.Min.Y) * ds, W: float64(r.Dx()) * ds, H: float64(r.Dy()) * ds}
			if err := slideio.ReadArea(t.Context(), alone, reduced, area); err != nil {
				t.Fatal(err)
			}
			return meanDifference(read(t, s, i, r), reduced)
		}
		here := difference(0, 0)
		for _, d := range []image.Point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			if there := difference(d.X, d.Y); there < here-0.5 {
				t.Errorf("level %d: differs from level 0 by %.2f, moved by %v by %.2f", i, here, d, there)
			}
		}
	}
}

func testClosed(t *testing.T, s slideio.Slide) {
	names := s.Info().Associated
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l := s.Info().Levels[0] // what was learned stays
	for _, x := range []int{0, l.Width + 10} {
		err := s.ReadRegion(t.Context(), image.NewRGBA(image.Rect(0, 0, 9, 9)), 0, x, 0)
		if !errors.Is(err, slideio.ErrClosed) {
			t.Errorf("read at %d: %v", x, err)
		}
	}
	for _, name := range names {
		if _, err := s.Associated(t.Context(), name); !errors.Is(err, slideio.ErrClosed) {
			t.Errorf("associated image: %v", err)
		}
	}
}

// testCloseWaits closes the slide under running reads: each either succeeds or
// says that the slide was closed.
func testCloseWaits(t *testing.T, s slideio.Slide) {
	r := middle(s.Info().Levels[0], 200)
	want := read(t, s, 0, r)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				m := image.NewRGBA(image.Rectangle{Max: r.Size()})
				err := s.ReadRegion(t.Context(), m, 0, r.Min.X, r.Min.Y)
				switch {
				case errors.Is(err, slideio.ErrClosed):
					return
				case err != nil:
					t.Error(err)
				case !bytes.Equal(m.Pix, want.Pix):
					t.Error("a read beside Close gave other pixels")
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

func testTruth(t *testing.T, s slideio.Slide, truth Truth) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i, l := range s.Info().Levels {
		for range 10 {
			at := image.Pt(rng.IntN(l.Width), rng.IntN(l.Height))
			r := image.Rectangle{at, at.Add(image.Pt(33, 29))}.Intersect(full(l))
			m := read(t, s, i, r)
			for y := range r.Dy() {
				for x := range r.Dx() {
					if got, want := m.RGBAAt(x, y), truth(i, r.Min.X+x, r.Min.Y+y); got != want {
						t.Fatalf("level %d, pixel (%d, %d): %v, want %v", i, r.Min.X+x, r.Min.Y+y, got, want)
					}
				}
			}
		}
	}
}
