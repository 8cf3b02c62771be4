package synth

import (
	"context"
	"image"
	"math"
	"time"

	"zoomscope/slideio"
)

// Hooked is a slide with something done before every read, for tests of
// failures and of slow files.
type Hooked struct {
	slideio.Slide
	before func(ctx context.Context, level int, area image.Rectangle) error
}

// Hook returns a slide that calls before ahead of every ReadRegion of s, with
// the level and the region in level-0 pixels (rounded outwards). An error ends the read: as a
// *slideio.RegionError, or as ctx's own error when ctx has ended. before must be
// safe for concurrent use.
func Hook(s slideio.Slide, before func(ctx context.Context, level int, area image.Rectangle) error) *Hooked {
	return &Hooked{s, before}
}

// FailIn returns a slide that is damaged: reads that touch area, in level-0
// pixels, fail with err at every level.
func FailIn(s slideio.Slide, area image.Rectangle, err error) *Hooked {
	return Hook(s, func(_ context.Context, _ int, r image.Rectangle) error {
		if r.Overlaps(area) {
			return err
		}
		return nil
	})
}

// Delay returns a slide each of whose reads takes d longer.
func Delay(s slideio.Slide, d time.Duration) *Hooked {
	return Hook(s, func(ctx context.Context, _ int, _ image.Rectangle) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// ReadRegion implements slideio.Slide.
func (h *Hooked) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	at := image.Rect(x, y, x+dst.Rect.Dx(), y+dst.Rect.Dy())
	if levels := h.Info().Levels; level >= 0 && level < len(levels) {
		if err := h.before(ctx, level, levelZero(at, levels[level].Downsample)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &slideio.RegionError{Path: h.Info().Path, Level: level, Rect: at, Err: err}
		}
	}
	return h.Slide.ReadRegion(ctx, dst, level, x, y)
}

// levelZero is the smallest rectangle of level-0 pixels that covers r.
func levelZero(r image.Rectangle, downsample float64) image.Rectangle {
	down := func(v int) int { return int(math.Floor(float64(v) * downsample)) }
	up := func(v int) int { return int(math.Ceil(float64(v) * downsample)) }
	return image.Rect(down(r.Min.X), down(r.Min.Y), up(r.Max.X), up(r.Max.Y))
}
