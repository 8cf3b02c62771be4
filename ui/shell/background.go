package shell

import "context"

// work runs f beside the window; Close waits for it. f must end soon after ctx.
func (s *Shell) work(f func(ctx context.Context)) {
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		f(s.ctx)
	}()
}

// show runs f on the goroutine that draws, unless the window is closing. It is
// called from goroutines of work alone.
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
