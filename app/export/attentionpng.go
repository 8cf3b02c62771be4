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
	// Progress may be nil. It is told, from the goroutine of the caller, how far the
	// picture has come, in steps of about the same time.
	Progress func(result.Progress)
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
	tell := req.steps("attention at " + magName(r.Levels[level].Magnification))
	ov, err := readOverview(ctx, reader, r.Slide, req.MaxSide, tell(0, untilRead))
	if err != nil {
		return err
	}
	pic, err := drawAttention(r, level, ov, req.AttentionOptions, tell(untilRead, untilDrawn))
	if err != nil {
		return err
	}
	return writePNG(untilDone{ctx, w}, pic.Image, tell(untilDrawn, pictureSteps))
}

// What of a picture's making is over once the slide is read, and once the attention is
// drawn, of pictureSteps: about as large pictures take.
const (
	untilRead    = 300
	untilDrawn   = 500
	pictureSteps = 1000
)

// steps gives what tells of a part of the picture's making: the steps at which it
// begins and ends.
func (q AttentionRequest) steps(stage string) func(from, to int) func(done, total int) {
	return func(from, to int) func(int, int) {
		return func(done, total int) {
			if q.Progress != nil {
				q.Progress(result.Progress{Stage: stage, Done: from + (to-from)*done/max(total, 1), Total: pictureSteps})
			}
		}
	}
}
