package app

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"zoomscope/engine/result"
)

// TestEstimate follows an analysis of 100 patches at 5x, and 3 of them with 4
// children each at 10x, at ten patches a second.
func TestEstimate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Progress
		e := newEstimate(func(p Progress) { got = append(got, p) })
		e.report(result.Progress{Stage: StageOpening, Total: 1})
		e.expect([]float64{5, 10}, []int{3})
		e.report(result.Progress{Stage: "finding tissue", Total: 1})
		time.Sleep(3 * time.Second)
		e.report(result.Progress{Stage: "finding tissue", Done: 1, Total: 1})
		for _, stage := range []struct {
			name  string
			total int
		}{{"encoding 5x", 100}, {"encoding 10x", 12}} {
			for done := range stage.total + 1 {
				if done > 0 {
					time.Sleep(time.Second / 10)
				}
				e.report(result.Progress{Stage: stage.name, Done: done, Total: stage.total})
			}
		}
		last := 0.0
		for _, p := range got {
			if p.Fraction < last || p.Fraction > 1 {
				t.Fatalf("%+v after %g", p, last)
			}
			last = p.Fraction
		}
		if got[0].Fraction != 0 || last != 1 {
			t.Errorf("from %g to %g", got[0].Fraction, last)
		}
		half := got[3+56] // 56 of 112 patches
		if half.Done != 56 || math.Abs(half.Fraction-0.52) > 1e-9 || math.Abs(half.PerSecond-10) > 1e-6 || (half.Left-5600*time.Millisecond).Abs() > time.Millisecond {
			t.Errorf("half way: %+v", half)
		}
	})
}

// TestEstimateOfAllPatches: a method that does not zoom takes all patches of both
// magnifications.
func TestEstimateOfAllPatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Progress
		e := newEstimate(func(now Progress) { p = now })
		e.expect([]float64{5, 10}, nil)
		e.report(result.Progress{Stage: "encoding 5x", Done: 0, Total: 20})
		time.Sleep(time.Second)
		e.report(result.Progress{Stage: "encoding 5x", Done: 20, Total: 20})
		if p.Left.Round(time.Millisecond) != 4*time.Second {
			t.Errorf("after 20 of 100 patches, in a second: %+v", p)
		}
	})
}

// TestEstimateOfFewPatches: the lowest magnification has fewer patches than are
// zoomed into, and the device changes meanwhile.
func TestEstimateOfFewPatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Progress
		e := newEstimate(func(now Progress) { p = now })
		e.expect([]float64{1.25, 5}, []int{300})
		e.report(result.Progress{Stage: "encoding 1.25x", Done: 0, Total: 2})
		if p.Left != 0 || p.PerSecond != 0 {
			t.Errorf("at its beginning: %+v", p)
		}
		time.Sleep(time.Second)
		e.report(result.Progress{Stage: "encoding 1.25x", Done: 2, Total: 2})
		if p.Left != 16*time.Second {
			t.Errorf("%v left of 32 patches", p.Left)
		}
		before := p.Fraction
		e.report(result.Progress{Stage: "encoding 1.25x", Done: 0, Total: 2})
		if p.Fraction != before {
			t.Errorf("fell from %g to %g", before, p.Fraction)
		}
		e.report(result.Progress{Stage: "encoding 1.25x"}) // no patch at all
		e.report(result.Progress{Stage: "something else", Done: 5, Total: 5})
	})
	newEstimate(nil).report(result.Progress{Stage: "x"}) // nobody listens
}
