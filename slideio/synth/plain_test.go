package synth

import (
	"context"
	"errors"
	"image"
	"image/color"
	"testing"
	"time"

	"zoomscope/slideio"
)

func read(t *testing.T, s slideio.Slide, level int, r image.Rectangle) *image.RGBA {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	if err := s.ReadRegion(t.Context(), m, level, r.Min.X, r.Min.Y); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPositions(t *testing.T) {
	s := Positions("positions", Shape{Width: 3000, Height: 2000, Downsamples: []float64{1, 4, 10}, MPPX: 0.2522, MPPY: 0.2522})
	for level, d := range []int{1, 4, 10} {
		m := read(t, s, level, image.Rect(7, 11, 27, 21))
		for y := range 10 {
			for x := range 20 {
				if got, want := PositionOf(m.RGBAAt(x, y)), image.Pt((x+7)*d, (y+11)*d); got != want {
					t.Fatalf("level %d: %v, want %v", level, got, want)
				}
			}
		}
	}
}

func TestOutsideIsWhite(t *testing.T) {
	blue := color.RGBA{0, 0, 200, 255}
	white := color.RGBA{255, 255, 255, 255}
	s := Flat("flat", Shape{Width: 100, Height: 80, Downsamples: []float64{1, 4}, Bounds: image.Rect(20, 12, 60, 52)}, blue)
	for level, inside := range []image.Rectangle{image.Rect(20, 12, 60, 52), image.Rect(5, 3, 15, 13)} {
		area := image.Rect(-10, -7, 120, 90)
		m := read(t, s, level, area)
		for y := area.Min.Y; y < area.Max.Y; y++ {
			for x := area.Min.X; x < area.Max.X; x++ {
				want := white
				if image.Pt(x, y).In(inside) {
					want = blue
				}
				if got := m.RGBAAt(x+10, y+7); got != want {
					t.Fatalf("level %d (%d, %d): %v, want %v", level, x, y, got, want)
				}
			}
		}
	}
}

func TestSubImageOnlyIsFilled(t *testing.T) {
	m := image.NewRGBA(image.Rect(-5, -5, 20, 20))
	sub := m.SubImage(image.Rect(3, 4, 9, 8)).(*image.RGBA)
	s := Positions("p", Shape{Width: 300, Height: 300})
	if err := s.ReadRegion(t.Context(), sub, 0, 100, 200); err != nil {
		t.Fatal(err)
	}
	for y := -5; y < 20; y++ {
		for x := -5; x < 20; x++ {
			want := color.RGBA{}
			if image.Pt(x, y).In(sub.Rect) {
				p := image.Pt(100+x-3, 200+y-4)
				if PositionOf(m.RGBAAt(x, y)) != p {
					t.Fatalf("(%d, %d) shows %v", x, y, PositionOf(m.RGBAAt(x, y)))
				}
				continue
			}
			if m.RGBAAt(x, y) != want {
				t.Fatalf("(%d, %d) was touched", x, y)
			}
		}
	}
}

func TestGradientAgreesBetweenLevels(t *testing.T) {
	s := Gradient("g", Shape{Width: 1000, Height: 600, Downsamples: []float64{1, 4}})
	fine := read(t, s, 0, image.Rect(0, 0, 1000, 600))
	coarse := read(t, s, 1, image.Rect(0, 0, 250, 150))
	for y := range 150 {
		for x := range 250 {
			sum := 0
			for i := range 16 {
				sum += int(fine.RGBAAt(x*4+i%4, y*4+i/4).R)
			}
			if d := sum - 16*int(coarse.RGBAAt(x, y).R); d > 16 || d < -16 {
				t.Fatalf("(%d, %d): mean %d/16, level says %d", x, y, sum, coarse.RGBAAt(x, y).R)
			}
		}
	}
}

func TestChecker(t *testing.T) {
	a, b := color.RGBA{1, 2, 3, 255}, color.RGBA{250, 249, 248, 255}
	s := Checker("c", Shape{Width: 64, Height: 64, Downsamples: []float64{1, 2}}, 8, a, b)
	for level, d := range []int{1, 2} {
		m := read(t, s, level, image.Rect(0, 0, 64/d, 64/d))
		for y := range 64 / d {
			for x := range 64 / d {
				want := []color.RGBA{a, b}[(x*d/8+y*d/8)%2]
				if m.RGBAAt(x, y) != want {
					t.Fatalf("level %d (%d, %d): %v", level, x, y, m.RGBAAt(x, y))
				}
			}
		}
	}
}

func TestShapeInfo(t *testing.T) {
	in := Flat("f", Shape{Width: 1030, Height: 500, MPPX: 0.25, MPPY: 0.25, Magnification: 40}, color.RGBA{A: 255}).Info()
	want := []slideio.Level{
		{Width: 1030, Height: 500, Downsample: 1, TileWidth: 256, TileHeight: 256},
		{Width: 258, Height: 125, Downsample: 4, TileWidth: 256, TileHeight: 256},
		{Width: 65, Height: 32, Downsample: 16, TileWidth: 256, TileHeight: 256},
	}
	for i, l := range in.Levels {
		if l != want[i] {
			t.Errorf("level %d: %+v, want %+v", i, l, want[i])
		}
	}
	if len(in.Levels) != 3 || in.Resolution.Magnification() != 40 || in.Bounds != image.Rect(0, 0, 1030, 500) {
		t.Errorf("info %+v", in)
	}
	if Flat("f", Shape{Width: 10, Height: 10}, color.RGBA{}).Info().Resolution.Known() {
		t.Error("a resolution out of nothing")
	}
}

func TestFailures(t *testing.T) {
	s := Positions("name", Shape{Width: 300, Height: 300, Downsamples: []float64{1, 4}})
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	closed := Positions("closed", Shape{Width: 10, Height: 10})
	closed.Close()
	cases := map[string]struct {
		slide       slideio.Slide
		ctx         context.Context
		level, x, y int
		want        error
	}{
		"closed":         {closed, t.Context(), 0, 0, 0, slideio.ErrClosed},
		"cancelled":      {s, cancelled, 0, 0, 0, context.Canceled},
		"level":          {s, t.Context(), 2, 0, 0, errNoLevel},
		"negative level": {Delay(s, 0), t.Context(), -1, 0, 0, errNoLevel},
		"damaged":        {FailIn(s, image.Rect(108, 0, 110, 20), broken), t.Context(), 0, 100, 10, broken},
		"damaged coarse": {FailIn(s, image.Rect(100, 100, 101, 101), broken), t.Context(), 1, 17, 17, broken},
		"beside damage":  {FailIn(s, image.Rect(109, 0, 110, 20), broken), t.Context(), 0, 100, 10, nil},
		"slow":           {Delay(s, time.Hour), late, 0, 0, 0, context.DeadlineExceeded},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.slide.ReadRegion(c.ctx, image.NewRGBA(image.Rect(0, 0, 9, 9)), c.level, c.x, c.y)
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			var region *slideio.RegionError
			if isCtx := c.ctx.Err() != nil; err != nil && errors.As(err, &region) == isCtx {
				t.Errorf("error %T", err)
			}
		})
	}
	if _, err := s.Associated(t.Context(), "label"); !errors.Is(err, slideio.ErrNoAssociated) {
		t.Errorf("associated: %v", err)
	}
}
