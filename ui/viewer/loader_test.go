package viewer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a source whose tiles take a second, and which notes what is done with it.
type slow struct {
	mu                        sync.Mutex
	begun, finished, canceled []tileKey
	atOnce, most              int
	broken                    map[tileKey]bool
}

var errBroken = errors.New("broken")

func (s *slow) Size() (int, int) { return 1 << 20, 1 << 20 }

func (s *slow) Tile(ctx context.Context, z, col, row int) (*image.RGBA, error) {
	k := tileKey{z, col, row}
	s.note(func() {
		s.begun = append(s.begun, k)
		s.atOnce++
		s.most = max(s.most, s.atOnce)
	})
	defer s.note(func() { s.atOnce-- })
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		s.note(func() { s.canceled = append(s.canceled, k) })
		return nil, ctx.Err()
	}
	s.note(func() { s.finished = append(s.finished, k) })
	if s.broken[k] {
		return nil, fmt.Errorf("tile %v: %w", k, errBroken)
	}
	return image.NewRGBA(image.Rect(0, 0, TileSide, TileSide)), nil
}

func (s *slow) note(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// bubble runs f with a loader whose deliveries are collected in a queue.
func bubble(t *testing.T, workers int, f func(t *testing.T, l *loader, s *slow, q *queue)) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newQueue(), &slow{}
		l := newLoader(workers, q.do, func() {})
		l.open(s)
		f(t, l, s, q)
		l.close()
	})
}

func seen(cols ...int) []request {
	var all []request
	for _, c := range cols {
		all = append(all, request{tileKey{0, c, 0}, rankSeen})
	}
	return all
}

func cols(keys []tileKey) []int {
	var all []int
	for _, k := range keys {
		all = append(all, k.col)
	}
	return all
}

func TestLoaderOrder(t *testing.T) {
	bubble(t, 1, func(t *testing.T, l *loader, s *slow, _ *queue) {
		l.focus(3.5*TileSide, TileSide/2)
		requests := append([]request{{tileKey{0, 3, 1}, rankRing}, {tileKey{1, 1, 0}, rankCoarser}}, seen(0, 5, 2, 3, 9)...)
		l.want(requests)
		pass(10 * time.Second)
		want := []tileKey{{0, 3, 0}, {0, 2, 0}, {0, 5, 0}, {0, 0, 0}, {0, 9, 0}, {0, 3, 1}, {1, 1, 0}}
		if !slices.Equal(s.begun, want) {
			t.Errorf("read %v, want %v: what is seen first, the nearest of it first", s.begun, want)
		}
	})
}

func TestLoaderFollowsTheFocus(t *testing.T) {
	bubble(t, 1, func(t *testing.T, l *loader, s *slow, _ *queue) {
		l.want(seen(0, 1, 2, 7, 8, 9))
		pass(1500 * time.Millisecond)
		l.focus(9.5*TileSide, 0)
		pass(10 * time.Second)
		if want := []int{0, 1, 9, 8, 7, 2}; !slices.Equal(cols(s.begun), want) {
			t.Errorf("read %v, want %v", cols(s.begun), want)
		}
	})
}

func TestLoaderCancels(t *testing.T) {
	bubble(t, 2, func(t *testing.T, l *loader, s *slow, q *queue) {
		l.want(seen(0, 1, 2, 3))
		pass(500 * time.Millisecond)
		l.want(seen(1, 8))
		pass(10 * time.Second)
		if want := []int{0}; !slices.Equal(cols(s.canceled), want) {
			t.Errorf("cancelled %v, want %v", cols(s.canceled), want)
		}
		if want := []int{0, 1, 8}; !slices.Equal(cols(s.begun), want) {
			t.Errorf("begun %v, want %v: neither what is wanted no more, nor twice", cols(s.begun), want)
		}
		for _, a := range l.take() {
			if a.err != nil {
				t.Errorf("tile %v arrives with %v", a.key, a.err)
			}
		}
		if n := l.pending(); n != 0 {
			t.Errorf("%d pending at the end", n)
		}
	})
}

func TestLoaderReadsAgainWhatItCancelled(t *testing.T) {
	bubble(t, 1, func(t *testing.T, l *loader, s *slow, _ *queue) {
		l.want(seen(0))
		pass(100 * time.Millisecond)
		l.want(seen(5))
		l.want(seen(0))
		pass(10 * time.Second)
		got := l.take()
		if len(got) != 1 || got[0].key.col != 0 || got[0].err != nil {
			t.Errorf("arrived: %v, want tile 0 once", got)
		}
	})
}

func TestLoaderBatches(t *testing.T) {
	bubble(t, 4, func(t *testing.T, l *loader, s *slow, q *queue) {
		l.want(seen(0, 1, 2, 3, 4, 5, 6, 7))
		pass(1100 * time.Millisecond) // four are there
		if n := q.run(); n != 1 {
			t.Errorf("%d hops to the UI thread for tiles that came together, want 1", n)
		}
		if n := len(l.take()); n != 4 {
			t.Errorf("%d tiles in the first batch, want 4", n)
		}
		pass(time.Second)
		if n := q.run(); n != 1 {
			t.Errorf("%d hops for the second batch, want 1", n)
		}
		if s.most != 4 {
			t.Errorf("%d reads at once, want 4", s.most)
		}
	})
}

func TestLoaderDropsTheSourceBefore(t *testing.T) {
	bubble(t, 2, func(t *testing.T, l *loader, s *slow, _ *queue) {
		l.want(seen(0, 1, 2))
		pass(500 * time.Millisecond)
		next := &slow{}
		l.open(next)
		l.want(seen(0))
		pass(10 * time.Second)
		if len(s.finished) != 0 || !slices.Equal(cols(next.finished), []int{0}) {
			t.Errorf("finished %v of the source before, %v of the next", s.finished, next.finished)
		}
		if n := len(l.take()); n != 1 {
			t.Errorf("%d tiles arrived, want that of the next source", n)
		}
	})
}

// TestLoaderClose relies on synctest: it fails when a goroutine is left.
func TestLoaderAfter(t *testing.T) {
	bubble(t, 1, func(t *testing.T, l *loader, s *slow, q *queue) {
		ran := 0
		l.after(patience, func() { ran++ })
		pass(patience / 2)
		q.run()
		if ran != 0 {
			t.Error("ran too early")
		}
		pass(patience)
		q.run()
		if ran != 1 || len(l.timers) != 0 {
			t.Errorf("ran %d times, %d timers are left", ran, len(l.timers))
		}
		l.after(patience, func() { ran++ })
		l.close()
		pass(2 * patience)
		if q.run() != 0 || ran != 1 {
			t.Error("ran after the end")
		}
	})
}

func TestLoaderClose(t *testing.T) {
	bubble(t, 3, func(t *testing.T, l *loader, s *slow, _ *queue) {
		l.want(seen(0, 1, 2, 3, 4))
		pass(100 * time.Millisecond)
		start := time.Now()
		l.close()
		if d := time.Since(start); d > 0 {
			t.Errorf("closing took %v", d)
		}
		if len(s.canceled) != 3 {
			t.Errorf("%d reads cancelled, want 3", len(s.canceled))
		}
	})
}

// pass lets time go by, and what is then due happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
