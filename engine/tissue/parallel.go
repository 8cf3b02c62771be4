package tissue

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// each runs the jobs 0..n-1 on all processors and waits for them. Every
// goroutine makes its own job function, which may keep buffers between calls.
// When ctx ends, no further job is begun and its error is returned.
func each(ctx context.Context, n int, worker func() func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, processors()) {
		wg.Go(func() {
			job := worker()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				job(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// tally is a histogram that several goroutines add to.
type tally struct {
	mu sync.Mutex
	n  [256]int
}

func (t *tally) add(n *[256]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, v := range n {
		t.n[i] += v
	}
}

func processors() int { return runtime.GOMAXPROCS(0) }
