package bench

import "fmt"

// WorklistTimes are how long the worklist takes in the real window.
type WorklistTimes struct {
	Rows    int              `json:"rows"`
	Display string           `json:"display"` // size of the list, as 1280x800
	Open    float64          `json:"open_s"`  // from the key to the first rows with their pictures, the check of the file included
	Steps   []WorklistStep   `json:"steps"`   // orders and filters
	Scrolls []WorklistScroll `json:"scrolls"`
}

// WorklistStep is a change of the list, until the rows in sight are there.
type WorklistStep struct {
	What    string  `json:"what"`
	Rows    int     `json:"rows"` // of the list after it
	Seconds float64 `json:"s"`
}

// WorklistScroll is a way through the list at a steady pace.
type WorklistScroll struct {
	What  string  `json:"what"`
	Pace  float64 `json:"rows_per_second"`
	Blank float64 `json:"blank"` // share of the frames in which a row in sight was still to come, 0 to 1
	FrameTimes
}

// Verdicts hold the times against the window's budgets.
func (t *WorklistTimes) Verdicts() []Verdict {
	var all []Verdict
	for _, s := range t.Scrolls {
		all = append(all, AtLeast("frames within 33 ms, "+s.What, s.Within33, 0.95))
	}
	return all
}

// WorklistScrolls shows the frames while the list scrolls.
func WorklistScrolls(list []*WorklistTimes) Table {
	t := Table{Head: []string{"scrolling", "rows a second", "frames", "median ms", "95 % ms", "slowest ms", "work ms", "within 17 ms", "within 33 ms", "rows to come"}}
	for _, w := range list {
		for _, s := range w.Scrolls {
			t.add(s.What, fmt.Sprintf("%.0f", s.Pace), fmt.Sprint(s.Frames), fmt.Sprintf("%.1f", s.Median), fmt.Sprintf("%.1f", s.P95),
				fmt.Sprintf("%.1f", s.Max), fmt.Sprintf("%.1f", s.Work), percent(s.Within), percent(s.Within33), percent(s.Blank))
		}
	}
	return t
}

// WorklistSteps shows how long the list takes to open, and to change.
func WorklistSteps(list []*WorklistTimes) Table {
	t := Table{Head: []string{"worklist", "rows", "until shown"}}
	for _, w := range list {
		t.add("open", fmt.Sprint(w.Rows), fmt.Sprintf("%.3f s", w.Open))
		for _, s := range w.Steps {
			t.add(s.What, fmt.Sprint(s.Rows), fmt.Sprintf("%.3f s", s.Seconds))
		}
	}
	return t
}
