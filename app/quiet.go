package app

import (
	"context"
	"sync"
	"time"
)

// giveWay is the longest that work in the background waits at a time.
const giveWay = 150 * time.Millisecond

// quiet lets work in the background give way to a user who is moving about. The
// zero value is ready; its methods may be called from several goroutines at once.
type quiet struct {
	mu    sync.Mutex
	until time.Time
}

// Quiet asks analyses of AnalyzeView, and other work in the background, to give way
// for the time d from now on: a window calls it whenever its view moves. They go on
// meanwhile, at no less than half their speed. Analyses whose threads have a low
// priority give way by that alone.
func (w *Workspace) Quiet(d time.Duration) { w.quiet.ask(time.Now().Add(d)) }

func (q *quiet) ask(until time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if until.After(q.until) {
		q.until = until
	}
}

func (q *quiet) left() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return time.Until(q.until)
}

// gate makes what one piece of work calls between its steps, from one goroutine at
// a time. It waits while the user is busy, but no longer than giveWay and no longer
// than the work has run since it last returned, so that at most half of the time is
// given away. It returns ctx's error when ctx ends.
func (q *quiet) gate() func(ctx context.Context) error {
	last := time.Now()
	return func(ctx context.Context) error {
		start := time.Now()
		end := start.Add(min(giveWay, start.Sub(last)))
		defer func() { last = time.Now() }()
		for {
			d := min(q.left(), time.Until(end))
			if d <= 0 {
				return ctx.Err()
			}
			select {
			case <-time.After(d):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}
