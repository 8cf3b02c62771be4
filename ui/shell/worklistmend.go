package shell

import (
	"context"
	"fmt"
	"path/filepath"

	"zoomscope/app"
	"zoomscope/ui/panels"
)

// retryCase queues a case again that failed.
func (s *Shell) retryCase(id int64) {
	store, setup := s.review.store, s.review.query.Setup.ID
	s.requeue(func(ctx context.Context) (int, error) { return 1, store.Retry(ctx, setup, id) })
}

// retryFailed queues again all that failed.
func (s *Shell) retryFailed() {
	store, setup := s.review.store, s.review.query.Setup.ID
	s.requeue(func(ctx context.Context) (int, error) { return store.Enqueue(ctx, setup, "", true) })
}

// stateCase keeps at which magnification cases were scanned, and queues them.
func (s *Shell) stateCase(said panels.WorklistStatement) {
	c, ok := s.knownCase(said.ID)
	if !ok {
		return
	}
	store, q := s.review.store, alike(s.review.query, c)
	s.requeue(func(ctx context.Context) (int, error) {
		ids := []int64{c.ID}
		if said.All {
			var err error
			if ids, err = store.Order(ctx, q); err != nil {
				return 0, err
			}
		}
		if err := store.StateMagnification(ctx, said.Magnification, ids...); err != nil {
			return 0, err
		}
		return store.Enqueue(ctx, q.Setup.ID, "", false)
	})
}

// alike asks for the cases of a case's folder that fail for want of a magnification.
func alike(q app.WorklistQuery, c app.WorklistCase) app.WorklistQuery {
	q.Sort = app.WorklistSort{}
	q.Filter = app.WorklistFilter{
		Folder: filepath.Dir(c.Path), States: []app.WorklistState{app.WorklistFailed}, Kind: string(app.ErrorResolutionUnknown),
	}
	return q
}

// requeue queues cases, tells how many, and what to do then.
func (s *Shell) requeue(do func(ctx context.Context) (int, error)) {
	background(s, do, func(n int, err error) {
		s.readWorklist()
		t := s.review.triage
		switch {
		case err != nil:
			s.unless(err)
		case n == 0 || t.job != nil && !t.finding: // it is gone on with
		case n == 1:
			s.say(s.texts.Review.RequeuedOne)
		default:
			s.say(fmt.Sprintf(s.texts.Review.Requeued, n))
		}
	})
}
