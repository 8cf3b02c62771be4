package tissue

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"zoomscope/engine/grid"
	"zoomscope/slideio"
)

// painted is a slide whose pixels are a function of their place.
type painted struct {
	info slideio.Info
	at   func(x, y float64) color.RGBA
	fail error
}

func newPainted(w, h int, mppX, mppY float64, downsamples []float64, at func(x, y float64) color.RGBA) *painted {
	p := &painted{at: at}
	p.info = slideio.Info{Path: "painted.svs", Bounds: image.Rect(0, 0, w, h), Resolution: slideio.Resolution{X: mppX, Y: mppY}}
	for _, d := range downsamples {
		p.info.Levels = append(p.info.Levels, slideio.Level{
			Width: int(math.Ceil(float64(w) / d)), Height: int(math.Ceil(float64(h) / d)), Downsample: d,
		})
	}
	return p
}

func (p *painted) Info() *slideio.Info { return &p.info }

func (p *painted) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	if p.fail != nil {
		return p.fail
	}
	l := p.info.Levels[level]
	for dy := range dst.Rect.Dy() {
		for dx := range dst.Rect.Dx() {
			c := color.RGBA{255, 255, 255, 255}
			if sx, sy := x+dx, y+dy; sx >= 0 && sy >= 0 && sx < l.Width && sy < l.Height {
				c = p.at((float64(sx)+0.5)*l.Downsample, (float64(sy)+0.5)*l.Downsample)
			}
			dst.SetRGBA(dst.Rect.Min.X+dx, dst.Rect.Min.Y+dy, c)
		}
	}
	return ctx.Err()
}

func (p *painted) Associated(context.Context, string) (*image.RGBA, error) {
	return nil, slideio.ErrNoAssociated
}

func (p *painted) Close() error { return nil }

var (
	pink  = color.RGBA{190, 90, 160, 255}
	glass = color.RGBA{244, 243, 245, 255}
)

// block is tissue in a rectangle of level-0 pixels.
func block(r slideio.Rect) func(x, y float64) color.RGBA {
	return func(x, y float64) color.RGBA {
		if r.Contains(x, y) {
			return pink
		}
		return glass
	}
}

func layOut(t *testing.T, s slideio.Slide, magnifications ...float64) *grid.Grid {
	t.Helper()
	geometry, err := grid.GeometryOf(s.Info())
	if err != nil {
		t.Fatal(err)
	}
	g, err := grid.New(geometry, magnifications, 256)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// near are settings that follow an edge closely.
var near = Settings{Sigma: 1, Kernel: 1, Downsampling: 1, MinSize: 10, Background: 228, ThresholdingSteps: 1, DilationSteps: 1, Threshold: 0.1}

// TestOfSlideFindsTheBlock: a slide with one block of tissue has it in the mask
// at its place on the slide, whatever its resolution and bounds.
func TestOfSlideFindsTheBlock(t *testing.T) {
	for _, c := range []struct {
		name       string
		mppX, mppY float64
		bounds     image.Rectangle
		pyramid    []float64
	}{
		{"20x", 0.5, 0.5, image.Rect(0, 0, 9000, 7000), []float64{1, 4, 16}},
		{"0.2522", 0.2522, 0.2522, image.Rect(0, 0, 9000, 7000), []float64{1, 4.0001, 16.004}},
		{"bounds offset", 0.2522, 0.2522, image.Rect(1003, 777, 8100, 6900), []float64{1, 4, 16}},
		{"pixels not square", 0.25, 0.5, image.Rect(0, 0, 9000, 7000), []float64{1, 4, 16}},
	} {
		t.Run(c.name, func(t *testing.T) {
			where := slideio.Rect{X: 2000, Y: 3000, W: 3000, H: 2000}
			s := newPainted(9000, 7000, c.mppX, c.mppY, c.pyramid, block(where))
			s.info.Bounds = c.bounds
			g := layOut(t, s, 2.5, 10)
			m, err := OfSlide(t.Context(), s, g, near)
			if err != nil {
				t.Fatal(err)
			}
			if m.Magnification != 2.5 {
				t.Errorf("made at %vx", m.Magnification)
			}
			inside := slideio.Rect{X: where.X + 50, Y: where.Y + 50, W: where.W - 100, H: where.H - 100}
			if got := m.Fraction(inside); got != 1 {
				t.Errorf("inside: %v", got)
			}
			outside := slideio.Rect{X: where.X - 50, Y: where.Y - 50, W: where.W + 100, H: where.H + 100}
			area := m.Share() * m.Area.W * m.Area.H
			if got := m.Fraction(outside) * outside.W * outside.H; math.Abs(got-area) > 1 {
				t.Errorf("%v of %v pixels lie near the block", got, area)
			}
			if want := where.W * where.H; math.Abs(area-want) > 0.05*want {
				t.Errorf("area %v, want %v", area, want)
			}
			cells, all := g.Lowest(m.Fraction, 0.1)
			if all || len(cells) == 0 {
				t.Fatalf("%d patches, all %v", len(cells), all)
			}
			for _, cell := range cells {
				if g.Rect(0, cell).Intersect(outside).Empty() {
					t.Errorf("patch %v does not meet the block", g.Rect(0, cell))
				}
			}
		})
	}
}

// TestOfSlideIsFindOnItsPicture: the mask is that of the picture read at the
// lowest magnification.
func TestOfSlideIsFindOnItsPicture(t *testing.T) {
	s := newPainted(6000, 5000, 0.25, 0.25, []float64{1, 8}, func(x, y float64) color.RGBA {
		if math.Hypot(x-2500, y-2500) < 1800 && math.Mod(x, 400) > 60 {
			return pink
		}
		return glass
	})
	g := layOut(t, s, 5, 10)
	crc, _ := Preset("crc")
	m, err := OfSlide(t.Context(), s, g, crc)
	if err != nil {
		t.Fatal(err)
	}
	if m.Settings != crc {
		t.Errorf("settings %+v", m.Settings)
	}
	img := image.NewRGBA(image.Rect(0, 0, 3*256, 3*256))
	if err := slideio.ReadArea(t.Context(), s, img, g.Area()); err != nil {
		t.Fatal(err)
	}
	want, err := Find(t.Context(), img, crc)
	if err != nil {
		t.Fatal(err)
	}
	if m.Mask.Width != want.Width || m.Mask.Height != want.Height || want.Count() == 0 {
		t.Fatalf("%d x %d, want %d x %d with tissue", m.Mask.Width, m.Mask.Height, want.Width, want.Height)
	}
	for y := range want.Height {
		for x := range want.Width {
			if m.Mask.At(x, y) != want.At(x, y) {
				t.Fatalf("pixel (%d, %d)", x, y)
			}
		}
	}
}

func TestPictureStaysBelowLimit(t *testing.T) {
	for _, c := range []struct {
		w, h int
		mpp  float64
		low  float64
	}{
		{100_000, 100_000, 0.25, 1.25},
		{100_000, 100_000, 0.25, 5},
		{100_000, 100_000, 0.25, 10},
		{100_000, 100_000, 0.2522, 20},
		{1_000_000, 3000, 0.25, 10},
		{2220, 2967, 0.499, 1.25},
		{16384, 16384, 0.25, 10},
	} {
		s := newPainted(c.w, c.h, c.mpp, c.mpp, []float64{1}, nil)
		g := layOut(t, s, c.low, 2*c.low)
		size, fraction := pictureSize(g)
		w, h := g.Level(0).Columns*256, g.Level(0).Rows*256
		if size.X*size.Y > MaxPixels || size.X*fraction < w || size.Y*fraction < h {
			t.Errorf("%+v: %v at 1/%d of %d x %d", c, size, fraction, w, h)
		}
		if before := fraction - 1; before > 0 && ((w+before-1)/before)*((h+before-1)/before) <= MaxPixels {
			t.Errorf("%+v: 1/%d would fit", c, before)
		}
	}
}

// TestOfSlideOnHugeSlide: the mask of a slide whose lowest magnification is too
// large comes from a lower power, with scaled settings, and lies where it should.
func TestOfSlideOnHugeSlide(t *testing.T) {
	where := slideio.Rect{X: 30_000, Y: 40_000, W: 30_000, H: 20_000}
	s := newPainted(100_000, 100_000, 0.25, 0.25, []float64{1, 4, 16, 64}, block(where))
	g := layOut(t, s, 5, 10)
	crc, _ := Preset("crc")
	m, err := OfSlide(t.Context(), s, g, crc)
	if err != nil {
		t.Fatal(err)
	}
	if m.Magnification != 1.25 || m.Settings.Downsampling != 1 || m.Settings.Sigma != crc.Sigma {
		t.Errorf("made at %vx with %+v", m.Magnification, m.Settings)
	}
	area := m.Share() * m.Area.W * m.Area.H
	if want := where.W * where.H; math.Abs(area-want) > 0.1*want {
		t.Errorf("area %.4g, want %.4g", area, want)
	}
	if got := m.Fraction(where); got < 0.99 {
		t.Errorf("%v of the block found", got)
	}
}

func TestOfSlideWithoutTissue(t *testing.T) {
	for name, at := range map[string]func(x, y float64) color.RGBA{
		"empty glass": func(x, y float64) color.RGBA { return glass },
		"dark field":  func(x, y float64) color.RGBA { return color.RGBA{0, 0, 0, 255} },
		"white":       func(x, y float64) color.RGBA { return color.RGBA{255, 255, 255, 255} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newPainted(5000, 3000, 0.5, 0.5, []float64{1, 8}, at)
			g := layOut(t, s, 2.5, 10)
			bright, _ := Preset("bright")
			m, err := OfSlide(t.Context(), s, g, bright)
			if err != nil {
				t.Fatal(err)
			}
			cells, all := g.Lowest(m.Fraction, bright.Threshold)
			t.Logf("share %.3f, %d patches, all %v", m.Share(), len(cells), all)
			if m.Share() == 0 && (!all || len(cells) != g.Level(0).Columns*g.Level(0).Rows) {
				t.Errorf("%d patches, all %v", len(cells), all)
			}
		})
	}
}

func TestOfSlideFails(t *testing.T) {
	s := newPainted(5000, 3000, 0.5, 0.5, []float64{1, 8}, block(slideio.Rect{W: 100, H: 100}))
	g := layOut(t, s, 2.5, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := OfSlide(ctx, s, g, near); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s.fail = slideio.ErrCorrupt
	if _, err := OfSlide(t.Context(), s, g, near); !errors.Is(err, slideio.ErrCorrupt) {
		t.Errorf("damaged: %v", err)
	}
	bad := near
	bad.Kernel = 0
	if _, err := OfSlide(t.Context(), s, g, bad); err == nil || !strings.Contains(err.Error(), "kernel_size") {
		t.Errorf("bad settings: %v", err)
	}
}

// TestSharedSlides runs on every sample slide that opens; those without a
// resolution are taken at 20x.
func TestSharedSlides(t *testing.T) {
	for _, name := range sampleSlides(t) {
		t.Run(name, func(t *testing.T) {
			s := openSample(t, name)
			geometry, err := grid.GeometryOf(s.Info())
			if err != nil {
				geometry.MPPX, geometry.MPPY = 0.5, 0.5
			}
			g, err := grid.New(geometry, []float64{2.5, 5}, 256)
			if err != nil {
				t.Fatal(err)
			}
			settings, _ := Preset("crc")
			m, err := OfSlide(t.Context(), s, g, settings)
			if err != nil {
				t.Fatal(err)
			}
			cells, all := g.Lowest(m.Fraction, settings.Threshold)
			t.Logf("%.3f tissue, %d of %d patches, all %v", m.Share(), len(cells), g.Level(0).Columns*g.Level(0).Rows, all)
			if len(cells) == 0 || m.Share() == 0 || m.Share() == 1 {
				t.Errorf("%d patches, %v tissue", len(cells), m.Share())
			}
		})
	}
}
