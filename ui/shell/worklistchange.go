package shell

import (
	"context"
	"errors"
	"sync"
)

// changes are those that the reader makes to the worklist: verdicts, notes, and what
// is taken back. They are kept in the order in which they were made.
type changes struct {
	last chan struct{} // closed once the last one is kept; nil before the first

	mu   sync.Mutex
	lost []error // of changes that failed while the window closed
}

// failed is what went wrong while the window closed, when nobody could be told.
func (c *changes) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.lost...)
}

// change does one beside the window, after those before it, and then, with what came
// of it, on the goroutine that draws. It is done also while the window closes.
func change[T any](s *Shell, do func(ctx context.Context) (T, error), then func(T, error)) {
	c := &s.review.changes
	before, kept := c.last, make(chan struct{})
	c.last = kept
	background(s, func(ctx context.Context) (T, error) {
		defer close(kept)
		if before != nil {
			<-before
		}
		v, err := do(context.WithoutCancel(ctx))
		if err != nil && ctx.Err() != nil {
			c.mu.Lock()
			c.lost = append(c.lost, err)
			c.mu.Unlock()
		}
		return v, err
	}, then)
}
