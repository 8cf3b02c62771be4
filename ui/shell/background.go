package shell

import (
	"context"
	"errors"
	"sync"
)

// work runs f beside the window; Close waits for it. f must end soon after ctx.
func (s *Shell) work(f func(ctx context.Context)) {
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		f(s.ctx)
	}()
}

// native asks the user in one of the system's dialogs, and then takes the path
// chosen. The dialog waits for the user, so nothing waits for it; there is one at a
// time.
func (s *Shell) native(ask func() (string, error), then func(path string)) {
	if s.asked {
		return
	}
	s.asked = true
	go func() {
		path, err := ask()
		s.show(func() {
			s.asked = false
			switch {
			case err == nil:
				then(path)
			case !errors.Is(err, ErrCancelled):
				s.fail("", err)
			}
		})
	}()
}

// show runs f on the goroutine that draws, unless the window is closing. It is
// called from other goroutines alone.
func (s *Shell) show(f func()) {
	s.Do(func() {
		if s.ctx.Err() == nil {
			f()
		}
	})
}

// newest passes values on to the goroutine that draws. While that has not taken one
// in, the next takes its place: work that tells its progress often does not hold up
// the window.
type newest[T any] struct {
	s    *Shell
	take func(T)

	mu      sync.Mutex
	value   T
	waiting bool
}

// tell is called from other goroutines alone.
func (n *newest[T]) tell(v T) {
	n.mu.Lock()
	waiting := n.waiting
	n.value, n.waiting = v, true
	n.mu.Unlock()
	if !waiting {
		n.s.show(n.taken)
	}
}

func (n *newest[T]) taken() {
	n.mu.Lock()
	v := n.value
	n.waiting = false
	n.mu.Unlock()
	n.take(v)
}

// background runs do beside the window, and then, with what came of it, on the
// goroutine that draws.
func background[T any](s *Shell, do func(ctx context.Context) (T, error), then func(T, error)) {
	s.work(func(ctx context.Context) {
		v, err := do(ctx)
		s.show(func() { then(v, err) })
	})
}
