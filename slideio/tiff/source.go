package tiff

import (
	"context"
	"image"
	"image/draw"

	"zoomscope/slideio"
)

// FromImage is a picture in memory as a Source. Transparent parts turn white.
func FromImage(m image.Image) Source { return imageSource{m} }

type imageSource struct{ image.Image }

func (s imageSource) Size() (int, int) { return s.Bounds().Dx(), s.Bounds().Dy() }

func (s imageSource) Draw(_ context.Context, dst *image.RGBA, x, y int) error {
	draw.Draw(dst, dst.Rect, s.Image, s.Bounds().Min.Add(image.Pt(x, y)), draw.Over)
	return nil
}

// FromSlide is a level of a slide as a Source.
func FromSlide(s slideio.Slide, level int) Source { return slideSource{s, level} }

type slideSource struct {
	slideio.Slide
	level int
}

func (s slideSource) Size() (int, int) {
	l := s.Info().Levels[s.level]
	return l.Width, l.Height
}

func (s slideSource) Draw(ctx context.Context, dst *image.RGBA, x, y int) error {
	return s.ReadRegion(ctx, dst, s.level, x, y)
}
