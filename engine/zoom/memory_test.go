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
			if free >= need && err != nil || free < need && (!errors.Is(err, ErrMemory) || !strings.Contains(err.Error(), "clam_sb takes all")) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAvailableMemory(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		want  int64
		known bool
	}{
		"linux":     {"MemTotal:  8000000 kB\nMemAvailable:    4000000 kB\n", 4000000 << 10, true},
		"none":      {"MemTotal:  8000000 kB\n", 0, false},
		"no number": {"MemAvailable: much kB\n", 0, false},
		"too large": {"MemAvailable: 9000000000000000000 kB\n", 0, false},
		"negative":  {"MemAvailable: -1 kB\n", 0, false},
		"nothing":   {"", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, known := availableMemory(c.text); known != c.known || known && got != c.want {
				t.Errorf("%d, %v", got, known)
			}
		})
	}
}
