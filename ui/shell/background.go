package shell

import (
	"context"
	"errors"
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

// background runs do beside the window, and then, with what came of it, on the
// goroutine that draws.
func background[T any](s *Shell, do func(ctx context.Context) (T, error), then func(T, error)) {
	s.work(func(ctx context.Context) {
		v, err := do(ctx)
		s.show(func() { then(v, err) })
	})
}
