package overlay

import (
	"math"
	"testing"

	"zoomscope/engine/result"
)

func threeLevels() *Model {
	return New(layouts()[0].grow(1)) // 5x, 10x, 20x
}

func TestLevelAt(t *testing.T) {
	m := threeLevels()
	auto := Settings{Auto: true, Level: 2}
	for magnification, want := range map[float64]int{
		0: 0, -1: 0, 0.3: 0, 1.25: 0, 5: 0, 7: 0, 7.1: 1, 10: 1, 14.1: 1, 14.2: 2, 20: 2, 40: 2, 1000: 2,
	} {
		if got := m.LevelAt(magnification, auto); got != want {
			t.Errorf("%gx: level %d, want %d", magnification, got, want)
		}
	}
	if got := m.LevelAt(math.NaN(), auto); got != 0 {
		t.Errorf("unknown: level %d", got)
	}
	for level, want := range map[int]int{-3: 0, 0: 0, 2: 2, 9: 2} {
		if got := m.LevelAt(20, Settings{Level: level}); got != want {
			t.Errorf("by hand %d: level %d", level, got)
		}
	}
	if got := New(&result.Result{}).LevelAt(5, auto); got != -1 {
		t.Errorf("no levels: %d", got)
	}
}

// TestFollow walks the zoom about the borders: small moves change nothing, and
// from wherever, far enough always ends at LevelAt.
func TestFollow(t *testing.T) {
	m := threeLevels()
	auto := Settings{Auto: true}
	for _, border := range []float64{math.Sqrt(50), math.Sqrt(200)} {
		for _, start := range []float64{0.8, 1.25} {
			level := m.Follow(-1, border*start, auto)
			for i := range 50 {
				by := 1 + 0.1*math.Sin(float64(i))
				if got := m.Follow(level, border*by, auto); got != level {
					t.Fatalf("flickers at %gx, from level %d to %d", border*by, level, got)
				}
			}
		}
	}
	for _, start := range []int{-1, 0, 1, 2, 7} {
		for _, magnification := range []float64{0.1, 5, 10, 20, 80} {
			if got, want := m.Follow(start, magnification, auto), m.LevelAt(magnification, auto); got != want {
				t.Errorf("from %d at %gx: level %d, want %d", start, magnification, got, want)
			}
		}
	}
	if got := m.Follow(0, 7.2, Settings{Level: 1}); got != 1 {
		t.Errorf("by hand: level %d", got)
	}
}

// TestFollowIsSteady: zooming slowly up and down, the level changes twice each
// way, later than without a hold.
func TestFollowIsSteady(t *testing.T) {
	m := threeLevels()
	level, changes := 0, 0
	turn := func(magnification float64) {
		if next := m.Follow(level, magnification, Settings{Auto: true}); next != level {
			level = next
			changes++
		}
	}
	for e := 0.0; e < 5; e += 0.01 {
		turn(math.Exp2(e))
	}
	if level != 2 || changes != 2 {
		t.Errorf("up: level %d after %d changes", level, changes)
	}
	for e := 5.0; e > 0; e -= 0.01 {
		turn(math.Exp2(e))
	}
	if level != 0 || changes != 4 {
		t.Errorf("down: level %d after %d changes", level, changes)
	}
}
