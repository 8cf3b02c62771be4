package export

import (
	"context"
	"fmt"
	"io"

	"zoomscope/engine/result"
)

// MaxAttentionSide is the longest side, in pixels, of what WriteAttention draws:
// the picture is held in memory. WriteOverlayTIFF has no such limit.
// LeastAttentionSide is the shortest that is worth offering.
const (
	LeastAttentionSide = 64
	MaxAttentionSide   = 8192
)

// AttentionRequest says what WriteAttention draws; the zero value is the usual
// picture, with legend and outlines.
type AttentionRequest struct {
	AttentionOptions
	MaxSide int // of the slide in the picture, in pixels; 0 for DefaultMaxSide
}

// WriteAttention writes the attention of one level, by index, over the slide, as
// PNG. The longer side of the slide in it is req.MaxSide pixels, or fewer where
// the slide has no more. When ctx ends, so does the writing, with ctx's error.
func WriteAttention(ctx context.Context, w io.Writer, r *result.Result, level int, reader AreaReader, req AttentionRequest) error {
	if level < 0 || level >= len(r.Levels) {
		return fmt.Errorf("level %d of %d", level, len(r.Levels))
	}
	if req.MaxSide < 0 || req.MaxSide > MaxAttentionSide {
		return fmt.Errorf("a side of %d pixels: a picture has at most %d; a pyramidal TIFF can be larger", req.MaxSide, MaxAttentionSide)
	}
	ov, err := ReadOverview(ctx, reader, r.Slide, req.MaxSide)
	if err != nil {
		return err
	}
	pic, err := DrawAttention(r, level, ov, req.AttentionOptions)
	if err != nil {
		return err
	}
	return WritePNG(untilDone{ctx, w}, pic.Image)
}
