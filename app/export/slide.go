package export

import (
	"context"
	"image"

	"zoomscope/engine/result"
	"zoomscope/slideio"
)

// FromSlide reads areas of a slide.
func FromSlide(s slideio.Slide) AreaReader { return slideReader{s} }

type slideReader struct{ slide slideio.Slide }

// ReadArea implements AreaReader.
func (s slideReader) ReadArea(ctx context.Context, dst *image.RGBA, area result.Rect) error {
	return slideio.ReadArea(ctx, s.slide, dst, slideio.Rect{X: area.X, Y: area.Y, W: area.Width, H: area.Height})
}
