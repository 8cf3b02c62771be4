package app

import (
	"slices"
	"testing"

	"zoomscope/engine/result"
)

// TestExportProgress exports everything at once: the whole never falls back, and
// only the last word is all of it.
func TestExportProgress(t *testing.T) {
	w, r := pinkSlide(t)
	items := slices.DeleteFunc(ExportItems(), func(i ExportItem) bool { return i == ExportView })
	var all []result.Progress
	stages := map[string]bool{}
	_, err := w.Export(t.Context(), ExportRequest{Result: r, Items: items, Dir: t.TempDir(), MaxSide: 200, Top: 2}, func(p result.Progress) {
		all = append(all, p)
		stages[p.Stage] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range all {
		last := i == len(all)-1
		if p.Total != exportSteps || p.Stage == "" || i > 0 && p.Done < all[i-1].Done || (p.Done == p.Total) != last {
			t.Errorf("%d of %d: %+v", i, len(all), p)
		}
	}
	for _, want := range []string{"report", "writing pink slide-attention-5x.png", "attention at 5x", "overlay at 10x", "zoom path", "pictures of patches"} {
		if !stages[want] {
			t.Errorf("stage %q is not told: %v", want, stages)
		}
	}
}

// TestExportPace goes through two files, the second of three times the work.
func TestExportPace(t *testing.T) {
	var got []int
	p := exportPace{all: 40, to: func(q result.Progress) { got = append(got, q.Done) }}
	p.begin(10)
	p.report(result.Progress{Stage: "a", Total: 1})
	p.report(result.Progress{Stage: "b", Done: 1, Total: 2})
	p.report(result.Progress{Stage: "c"}) // of which nothing is known
	p.report(result.Progress{Stage: "c", Done: 1, Total: 4})
	p.end()
	p.begin(30)
	p.report(result.Progress{Stage: "overview", Done: 1, Total: 1})
	p.report(result.Progress{Stage: "pictures of patches", Done: 5, Total: 5})
	p.end()
	p.finish()
	if want := []int{0, 125, 125, 125, 250, 362, 999, 999, 1000}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
