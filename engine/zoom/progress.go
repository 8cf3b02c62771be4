package zoom

import (
	"time"

	"zoomscope/engine/result"
)

// reporter passes progress on at most ten times a second, and always the last
// word of a stage. It is used from one goroutine at a time.
type reporter struct {
	to    func(result.Progress)
	last  time.Time
	stage string
}

const reportEvery = 100 * time.Millisecond

func (r *reporter) report(stage string, done, total int) {
	if r.to == nil {
		return
	}
	now := time.Now()
	if stage == r.stage && done < total && now.Sub(r.last) < reportEvery {
		return
	}
	r.stage, r.last = stage, now
	r.to(result.Progress{Stage: stage, Done: done, Total: total})
}
