package export

import (
	"image"
	"testing"
)

// TestRoomFor puts labels to a crowd of patches: those that are set keep apart, and
// some have no room.
func TestRoomFor(t *testing.T) {
	clip, size := image.Rect(0, 0, 200, 200), image.Pt(18, 12)
	var taken []image.Rectangle
	tried := 0
	for y := 0.0; y < 200; y += 20 {
		for x := 0.0; x < 200; x += 20 {
			tried++
			r, ok := roomFor(box{x, y, x + 20, y + 20}, size, clip, taken)
			if !ok {
				continue
			}
			for _, other := range taken {
				if r.Inset(-2).Overlaps(other) {
					t.Fatalf("%v meets %v", r, other)
				}
			}
			if !r.In(clip) {
				t.Fatalf("%v is beyond %v", r, clip)
			}
			taken = append(taken, r)
		}
	}
	if len(taken) < tried/4 || len(taken) == tried {
		t.Errorf("%d of %d labels are set", len(taken), tried)
	}
}
