package bench

import (
	"fmt"
	"path/filepath"
	"time"
)

// ViewerTimes are how long the window takes, measured in the real one on a fixed
// path over a slide.
type ViewerTimes struct {
	Slide       string     `json:"slide"`
	Display     string     `json:"display"`          // size of the view, as 1280x800
	Start       float64    `json:"start_s"`          // from the start of the program to the window
	Preview     float64    `json:"preview_s"`        // from open to the slide's small picture
	FirstPixels float64    `json:"first_pixels_s"`   // from open to the slide's own pixels
	Panning     FrameTimes `json:"panning"`          // nothing else running
	Zooming     FrameTimes `json:"zooming"`          // the same
	Analysing   FrameTimes `json:"while_analysing"`  // panning and zooming in turn while the slide is analysed
	Analysis    float64    `json:"analysis_s"`       // how long the analysis took meanwhile
	Alone       float64    `json:"analysis_alone_s"` // and how long it takes undisturbed
}

// FrameTimes are the times between frames, in milliseconds.
type FrameTimes struct {
	Frames   int     `json:"frames"`
	Median   float64 `json:"median_ms"`
	P95      float64 `json:"p95_ms"`
	Max      float64 `json:"max_ms"`
	Within   float64 `json:"within_17ms"` // share of the frames, 0 to 1
	Within33 float64 `json:"within_33ms"`
	Rate     float64 `json:"per_second"`
	Work     float64 `json:"work_ms"` // time of processors that the program took for a frame, all its threads; 0 unknown
}

// Verdicts hold the times against the window's budgets.
func (t *ViewerTimes) Verdicts() []Verdict {
	return []Verdict{
		AtLeast("frames within 17 ms while panning", t.Panning.Within, 0.95),
		AtMost("slowest frame while panning", t.Panning.Max, 33, "ms"),
		AtLeast("frames a second while analysing", t.Analysing.Rate, 30),
		AtMost("start to window", t.Start, 1, "s"),
	}
}

// ProcessorTime is what all threads of this process have used of processors; 0 where
// the system does not tell.
func ProcessorTime() time.Duration { return processorTime() }

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// ViewerTable shows frame times.
func ViewerTable(list []*ViewerTimes) Table {
	t := Table{Head: []string{"frames", "number", "median ms", "95 % ms", "slowest ms", "within 17 ms", "a second"}}
	for _, v := range list {
		for _, row := range []struct {
			what string
			f    FrameTimes
		}{{"panning", v.Panning}, {"zooming", v.Zooming}, {"while analysing", v.Analysing}} {
			f := row.f
			t.add(row.what, fmt.Sprint(f.Frames), fmt.Sprintf("%.1f", f.Median), fmt.Sprintf("%.1f", f.P95),
				fmt.Sprintf("%.1f", f.Max), percent(f.Within), fmt.Sprintf("%.1f", f.Rate))
		}
	}
	return t
}

// ViewerSeconds shows what happens once, in seconds.
func ViewerSeconds(list []*ViewerTimes) Table {
	t := Table{Head: []string{"slide", "start", "small picture", "first pixels", "analysis", "while looking"}}
	for _, v := range list {
		s := func(v float64) string { return fmt.Sprintf("%.2f s", v) }
		t.add(filepath.Base(v.Slide), s(v.Start), s(v.Preview), s(v.FirstPixels), s(v.Alone), s(v.Analysis))
	}
	return t
}
