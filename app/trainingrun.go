package app

import (
	"context"
	"errors"
	"sync"
)

// ErrPaused is the cause of a training that was paused: it can be gone on with.
var ErrPaused = errors.New("the training is paused")

// errKeepBest is the cause of a training that is to be ended.
var errKeepBest = errors.New("the training ends with the best model so far")

// Training is a run that can be paused, gone on with, and ended before all its
// epochs are run. Its methods may be called from several goroutines at once; Run
// runs once at a time.
type Training struct {
	w   *Workspace
	req TrainRequest

	mu      sync.Mutex
	cancel  context.CancelCauseFunc // nil while it does not run
	epochs  int                     // that are complete
	finish  bool                    // it is to end with the best model so far
	watched string
}

// NewTraining makes a training that was not begun yet, or goes on with the one in
// the request's folder.
func (w *Workspace) NewTraining(req TrainRequest) *Training {
	t := &Training{w: w, req: req}
	t.req.Resume, t.req.Finish = true, false
	t.req.Watch = t.watching
	return t
}

// Run begins the training, or goes on with it, and returns when it ends: with its
// summary, with ErrPaused, or with the cause of ctx's end. events may be nil; it is
// called from one goroutine.
func (t *Training) Run(ctx context.Context, events func(TrainEvent)) (*TrainSummary, error) {
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	finish := t.begin(cancel)
	defer t.end()
	hear := t.hear(events)
	if !finish {
		s, err := t.w.Train(running, t.req, hear)
		if !errors.Is(err, errKeepBest) {
			return s, err
		}
	}
	req := t.req
	req.Finish = true
	return t.w.Train(ctx, req, hear)
}

func (t *Training) begin(cancel context.CancelCauseFunc) (finish bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cancel = cancel
	return t.finish && t.epochs > 0
}

func (t *Training) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cancel = nil
}

// hear passes events on and counts epochs.
func (t *Training) hear(events func(TrainEvent)) func(TrainEvent) {
	return func(e TrainEvent) {
		switch e := e.(type) {
		case TrainStarted:
			t.completed(len(e.History))
		case TrainEpoch:
			t.completed(e.Epoch.Epoch)
		}
		if events != nil {
			events(e)
		}
	}
}

// completed takes note of epochs; the first is waited for when the training is to
// end, since there is no model before it.
func (t *Training) completed(epochs int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epochs = epochs
	t.endWithBest()
}

func (t *Training) endWithBest() {
	if t.finish && t.epochs > 0 && t.cancel != nil {
		t.cancel(errKeepBest)
	}
}

// Pause ends Run with ErrPaused, between two steps. What was done since the last
// whole epoch is done again when it goes on.
func (t *Training) Pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel != nil {
		t.cancel(ErrPaused)
	}
}

// KeepBest ends the training with the best model so far, at the end of the first
// epoch at the earliest. One that does not run ends when Run is next called.
func (t *Training) KeepBest() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finish = true
	t.endWithBest()
}

// Watch asks for a TrainAttention of a slide of the validation split after each
// epoch from now on; "" ends it.
func (t *Training) Watch(slide string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watched = slide
}

func (t *Training) watching() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.watched
}
