package zoom

import (
	"errors"
	"strings"
	"testing"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
)

// A slide that does not fit into memory is refused before it is read.
func TestAnalyzeWholeNeedsMemory(t *testing.T) {
	m := wholeModel(t, mil.CLAMSB, 5, 20)
	want := analyze(t, newEngine(t, Options{Model: m}), extractSlide())
	c := m.Config()
	need := c.LeastMemory([]mil.Layer{{Len: len(want.Levels[0].Patches)}})
	for name, free := range map[string]int64{"too little": need - 1, "enough": need} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, Options{Model: m, FreeMemory: func() (int64, bool) { return free, true }})
			slide := extractSlide()
			_, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slide.Info().Resolution}, func(p result.Progress) {
				if free < need && strings.HasPrefix(p.Stage, "encoding") {
					t.Errorf("%+v", p)
				}
			})
			if free >= need && err != nil || free < need && (!errors.Is(err, mil.ErrMemory) || !strings.Contains(err.Error(), "clam_sb takes all")) {
				t.Errorf("error %v", err)
			}
		})
	}
}
