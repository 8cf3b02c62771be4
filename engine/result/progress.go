package result

import "time"

// Progress is how far long work has come. Total is 0 while it is unknown.
type Progress struct {
	Stage string
	Done  int
	Total int
	Now   string // which part of a stage is worked on; "" where there is but one
}

// throttle is the shortest time between two reports of a stage.
const throttle = 100 * time.Millisecond

// Throttle returns a function that passes progress on to another at most ten
// times a second, and always the first and the last word of a stage, and the first of
// each part of it. to may be nil. Both are called from one goroutine at a time.
func Throttle(to func(Progress)) func(Progress) {
	if to == nil {
		return func(Progress) {}
	}
	var last Progress
	var at time.Time
	return func(p Progress) {
		now := time.Now()
		same := p.Stage == last.Stage && p.Now == last.Now
		ended := p.Total > 0 && p.Done >= p.Total
		if same && !ended && now.Sub(at) < throttle {
			return
		}
		last, at = p, now
		to(p)
	}
}
