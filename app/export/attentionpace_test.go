package export

import (
	"bytes"
	"image"
	"testing"

	"zoomscope/engine/result"
)

// TestWriteAttentionProgress: a large picture moves while it is read and while it is
// written, and never back.
func TestWriteAttentionProgress(t *testing.T) {
	r, reader := small(t)
	var steps []int
	var buf bytes.Buffer
	err := WriteAttention(t.Context(), &buf, r, 0, reader, AttentionRequest{MaxSide: 2600, Progress: func(p result.Progress) {
		if p.Stage != "attention at 5x" || p.Total != pictureSteps || len(steps) > 0 && p.Done < steps[len(steps)-1] {
			t.Errorf("%+v after %v", p, steps)
		}
		steps = append(steps, p.Done)
	}})
	if err != nil {
		t.Fatal(err)
	}
	count := func(from, below int) (n int) {
		for _, s := range steps {
			if s >= from && s < below {
				n++
			}
		}
		return n
	}
	if read, drawn, end := count(1, untilRead), count(untilRead+1, untilDrawn), count(pictureSteps, pictureSteps+1); read < 2 || drawn < 10 || end != 1 {
		t.Errorf("%d steps of reading, %d of drawing, %d of the end: %v", read, drawn, end, steps)
	}
	if count(untilDrawn, pictureSteps*9/10) < 4 || steps[len(steps)-2] < pictureSteps*3/4 {
		t.Errorf("the writing is told so: %v", steps)
	}
}

// TestOverviewInBands equals the picture that is read at once.
func TestOverviewInBands(t *testing.T) {
	r, reader := small(t)
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 2300)
	if err != nil {
		t.Fatal(err)
	}
	whole := image.NewRGBA(ov.Image.Rect)
	if err := reader.ReadArea(t.Context(), whole, ov.Area); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ov.Image.Pix, whole.Pix) {
		t.Error("the bands do not meet")
	}
}
