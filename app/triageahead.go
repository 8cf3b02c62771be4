package app

import (
	"context"

	"zoomscope/app/worklist"
)

// ahead is the one slide that is opened while another is analysed. The zero value is
// none. Its methods are called from one goroutine.
type ahead struct {
	run    int64
	cancel context.CancelFunc
	ready  chan *openedSlide // gives the slide once
}

// begin starts to open the slide of a job; another that was begun is dropped.
func (a *ahead) begin(ctx context.Context, t *triage, j worklist.Job) {
	if a.ready != nil && a.run == j.Run {
		return
	}
	a.drop()
	ctx, cancel := context.WithCancel(ctx)
	ready := make(chan *openedSlide, 1)
	a.run, a.cancel, a.ready = j.Run, cancel, ready
	go func() { ready <- t.open(ctx, j) }()
}

// take gives the slide of a job, opened now unless it was ahead.
func (a *ahead) take(ctx context.Context, t *triage, j worklist.Job) *openedSlide {
	if a.ready == nil || a.run != j.Run {
		return t.open(ctx, j)
	}
	o := <-a.ready
	a.cancel()
	*a = ahead{}
	return o
}

// drop closes a slide that was not taken.
func (a *ahead) drop() {
	if a.ready == nil {
		return
	}
	a.cancel()
	(<-a.ready).close()
	*a = ahead{}
}
