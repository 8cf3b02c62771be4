package synth

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"

	"zoomscope/slideio"
)

// Shape is the geometry of a slide in memory.
type Shape struct {
	Width, Height int       // of level 0 in pixels
	Downsamples   []float64 // of the levels, the first 1; nil means 1, 4, 16... while a side exceeds 256
	MPPX, MPPY    float64   // micrometres per level-0 pixel; 0 when the slide does not know
	Magnification float64   // objective power as the slide states it; 0 for none

	// Bounds is the part of level 0 that holds the picture; all of it when
	// empty. Positions are counted from level 0's origin all the same.
	Bounds image.Rectangle
}

// Name of the driver and vendor in a synthetic slide's Info.
const (
	driverName = "synth"
	vendorName = "synthetic"
)

// info is the Info of a slide of this shape.
func (s Shape) info(path string) slideio.Info {
	in := slideio.Info{
		Path: path, Driver: driverName, Vendor: vendorName,
		Bounds:     s.Bounds,
		Resolution: slideio.Resolution{X: s.MPPX, Y: s.MPPY, ObjectivePower: s.Magnification},
		Properties: map[string]string{},
	}
	if in.Resolution.Known() {
		in.Resolution.Source = "synth.mpp"
		in.Properties["synth.mpp"] = fmt.Sprintf("%g x %g", s.MPPX, s.MPPY)
	}
	if in.Bounds.Empty() {
		in.Bounds = image.Rect(0, 0, s.Width, s.Height)
	}
	for _, d := range s.downsamples() {
		in.Levels = append(in.Levels, slideio.Level{
			Width:      int(math.Ceil(float64(s.Width) / d)),
			Height:     int(math.Ceil(float64(s.Height) / d)),
			Downsample: d, TileWidth: tileSize, TileHeight: tileSize,
		})
	}
	return in
}

func (s Shape) downsamples() []float64 {
	if s.Downsamples != nil {
		return s.Downsamples
	}
	ds := []float64{1}
	for d := 1.0; float64(max(s.Width, s.Height)) > 256*d; {
		d *= 4
		ds = append(ds, d)
	}
	return ds
}

// Exact is a slide in memory whose every pixel is computed from its place by a
// simple rule, for tests of geometry. It is safe for concurrent use.
type Exact struct {
	infoBase slideio.Info
	pixel    func(level, x, y int) color.RGBA
	gate
}

// NewExact returns a slide whose pixel (x, y) of a level has the colour that
// pixel returns; x and y are counted in pixels of the level. pixel must be safe
// for concurrent use and return opaque colours.
func NewExact(name string, shape Shape, pixel func(level, x, y int) color.RGBA) *Exact {
	return &Exact{infoBase: shape.info(name), pixel: pixel}
}

// Flat is a slide of one colour.
func Flat(name string, shape Shape, c color.RGBA) *Exact {
	return NewExact(name, shape, func(int, int, int) color.RGBA { return c })
}

// Checker is a slide of squares in two colours. Their side is in level-0 pixels;
// the square at the origin has the first colour. Coarser levels show the colour
// at each pixel's centre.
func Checker(name string, shape Shape, side int, first, second color.RGBA) *Exact {
	ds := shape.downsamples()
	return NewExact(name, shape, func(level, x, y int) color.RGBA {
		X := int((float64(x) + 0.5) * ds[level])
		Y := int((float64(y) + 0.5) * ds[level])
		if (X/side+Y/side)%2 == 0 {
			return first
		}
		return second
	})
}

// Positions is a slide whose every pixel tells where it lies: PositionOf of its
// colour is the level-0 pixel at its top left corner (rounded down), modulo 4096
// in both directions. Its coarser levels are made by picking, not by averaging.
func Positions(name string, shape Shape) *Exact {
	ds := shape.downsamples()
	return NewExact(name, shape, func(level, x, y int) color.RGBA {
		X, Y := int(float64(x)*ds[level])&0xfff, int(float64(y)*ds[level])&0xfff
		return color.RGBA{uint8(X >> 4), uint8(X<<4 | Y>>8), uint8(Y), 255}
	})
}

// PositionOf is the place that a pixel of a Positions slide tells.
func PositionOf(c color.RGBA) image.Point {
	return image.Pt(int(c.R)<<4|int(c.G)>>4, int(c.G)&15<<8|int(c.B))
}

// Gradient is a slide whose red grows linearly from 0 at its left edge to 255 at
// the right and whose green does so from top to bottom; blue is 128. Each pixel
// has the colour of its centre, so that all levels, and any linear resampling of
// them, agree to within rounding.
func Gradient(name string, shape Shape) *Exact {
	ds := shape.downsamples()
	at := func(i int, d float64, size int) uint8 {
		return uint8(min(255, (float64(i)+0.5)*d/float64(size)*255+0.5))
	}
	return NewExact(name, shape, func(level, x, y int) color.RGBA {
		return color.RGBA{at(x, ds[level], shape.Width), at(y, ds[level], shape.Height), 128, 255}
	})
}

// Info implements slideio.Slide.
func (s *Exact) Info() *slideio.Info { return &s.infoBase }

// ReadRegion implements slideio.Slide.
func (s *Exact) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	return s.read(ctx, &s.infoBase, dst, level, x, y, func(area image.Rectangle, at image.Point) error {
		for Y := area.Min.Y; Y < area.Max.Y; Y++ {
			for X := area.Min.X; X < area.Max.X; X++ {
				dst.SetRGBA(X-at.X, Y-at.Y, s.pixel(level, X, Y))
			}
		}
		return nil
	})
}

// Associated implements slideio.Slide: there is none.
func (s *Exact) Associated(_ context.Context, name string) (*image.RGBA, error) {
	return nil, s.noAssociated(&s.infoBase, name)
}

// gate is what slides in memory have in common: closing, checks, white outside.
type gate struct {
	mu     sync.RWMutex // held for reading by every read
	closed bool
}

// Close implements slideio.Slide.
func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return nil
}

func (g *gate) noAssociated(in *slideio.Info, name string) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return fmt.Errorf("%s: %w", in.Path, slideio.ErrClosed)
	}
	return fmt.Errorf("%s: %q: %w", in.Path, name, slideio.ErrNoAssociated)
}

var errNoLevel = errors.New("no such level")

// read makes the request's part outside the bounds white and has paint fill the
// rest: area, in pixels of the level; dst's pixel of level pixel p is p - at.
func (g *gate) read(ctx context.Context, in *slideio.Info, dst *image.RGBA, level, x, y int, paint func(area image.Rectangle, at image.Point) error) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	at := image.Pt(x, y).Sub(dst.Rect.Min)
	want := dst.Rect.Add(at)
	wrap := func(err error) error {
		return &slideio.RegionError{Path: in.Path, Level: level, Rect: want, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.closed {
		return wrap(slideio.ErrClosed)
	}
	if level < 0 || level >= len(in.Levels) {
		return wrap(errNoLevel)
	}
	area := want.Intersect(boundsAt(in, level))
	if area != want {
		draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	}
	if area.Empty() {
		return nil
	}
	if err := paint(area, at); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return wrap(err)
	}
	return nil
}

// boundsAt is the part of a level that shows any of the bounds.
func boundsAt(in *slideio.Info, level int) image.Rectangle {
	l := in.Levels[level]
	down := func(v int) int { return int(math.Floor(float64(v) / l.Downsample)) }
	up := func(v int) int { return int(math.Ceil(float64(v) / l.Downsample)) }
	r := image.Rect(down(in.Bounds.Min.X), down(in.Bounds.Min.Y), up(in.Bounds.Max.X), up(in.Bounds.Max.Y))
	return r.Intersect(image.Rect(0, 0, l.Width, l.Height))
}
