package tissue

import (
	"context"
	"fmt"
	"image"
	"math"

	"golang.org/x/sync/errgroup"

	"zoomscope/engine/grid"
	"zoomscope/slideio"
)

const (
	// MaxPixels is the most that the low-power picture of a slide has.
	MaxPixels = 16_000_000

	// readTile is the side of the parts that the picture is read in.
	readTile = 512

	// snap is how far, in mask pixels, a patch may lie from whole pixels and
	// still be counted by them.
	snap = 1e-4
)

// SlideMask is the tissue of a slide. It never changes and may be used from
// several goroutines.
type SlideMask struct {
	Mask *Mask
	// Area is what the mask covers, in level-0 pixels; mask pixels are not
	// square where the slide's are not.
	Area slideio.Rect
	// Magnification is the power of the picture that the mask was made of: the
	// lowest of the grid, or a whole fraction of it.
	Magnification float64
	// Settings are those used, scaled to that power.
	Settings Settings
}

// OfSlide finds the tissue of a slide, on a picture of all that the grid covers.
// The picture has the grid's lowest magnification, or where that would make it
// larger than MaxPixels, the largest whole fraction of it that does not; the
// settings are scaled to that power (see the package comment). Errors are the
// slide's, or name it. When ctx ends, the error is ctx's.
func OfSlide(ctx context.Context, s slideio.Slide, g *grid.Grid, settings Settings) (*SlideMask, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	size, fraction := pictureSize(g)
	m := &SlideMask{Area: g.Area(), Magnification: g.Level(0).Magnification / float64(fraction)}
	m.Settings = settings.At(m.Magnification)
	if err := m.Settings.Validate(); err != nil {
		return nil, fmt.Errorf("%s: at %.3gx: %w", s.Info().Path, m.Magnification, err)
	}
	img := image.NewRGBA(image.Rectangle{Max: size})
	// Patches need not be a whole number of mask pixels wide: the last ones then
	// overhang.
	pixelX := g.Level(0).SideX * float64(fraction) / float64(g.PatchSize())
	pixelY := g.Level(0).SideY * float64(fraction) / float64(g.PatchSize())
	m.Area.W, m.Area.H = pixelX*float64(size.X), pixelY*float64(size.Y)
	if err := readPicture(ctx, s, img, m.Area); err != nil {
		return nil, err
	}
	var err error
	if m.Mask, err = Find(ctx, img, m.Settings); err != nil {
		return nil, err
	}
	return m, nil
}

// pictureSize is the size of the low-power picture, and the divisor of the
// lowest magnification that gives it.
func pictureSize(g *grid.Grid) (size image.Point, fraction int) {
	w, h := g.Level(0).Columns*g.PatchSize(), g.Level(0).Rows*g.PatchSize()
	for fraction = max(1, int(math.Sqrt(float64(w)*float64(h)/MaxPixels))); ; fraction++ {
		size = image.Pt((w+fraction-1)/fraction, (h+fraction-1)/fraction)
		if size.X*size.Y <= MaxPixels {
			return size, fraction
		}
	}
}

// readPicture reads an area in tiles, several at a time.
func readPicture(ctx context.Context, s slideio.Slide, img *image.RGBA, area slideio.Rect) error {
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(processors())
	sx, sy := area.W/float64(img.Rect.Dx()), area.H/float64(img.Rect.Dy())
	for y := 0; y < img.Rect.Dy(); y += readTile {
		for x := 0; x < img.Rect.Dx() && reading.Err() == nil; x += readTile {
			r := image.Rect(x, y, x+readTile, y+readTile).Intersect(img.Rect)
			group.Go(func() error {
				return slideio.ReadArea(reading, s, img.SubImage(r).(*image.RGBA), slideio.Rect{
					X: area.X + float64(r.Min.X)*sx, Y: area.Y + float64(r.Min.Y)*sy,
					W: float64(r.Dx()) * sx, H: float64(r.Dy()) * sy,
				})
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// Fraction is the share of r's area, in level-0 pixels, that is tissue; see
// [Mask.Fraction].
func (m *SlideMask) Fraction(r slideio.Rect) float64 {
	sx := float64(m.Mask.Width) / m.Area.W
	sy := float64(m.Mask.Height) / m.Area.H
	x0, x1 := snapped((r.X-m.Area.X)*sx), snapped((r.Right()-m.Area.X)*sx)
	y0, y1 := snapped((r.Y-m.Area.Y)*sy), snapped((r.Bottom()-m.Area.Y)*sy)
	return m.Mask.Fraction(slideio.Rect{X: x0, Y: y0, W: x1 - x0, H: y1 - y0})
}

// Share is the part of the mask's area that is tissue.
func (m *SlideMask) Share() float64 {
	return float64(m.Mask.Count()) / (float64(m.Mask.Width) * float64(m.Mask.Height))
}

func snapped(v float64) float64 {
	if r := math.Round(v); math.Abs(v-r) < snap {
		return r
	}
	return v
}
