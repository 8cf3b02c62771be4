package slideio

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowSlide takes a second for each read, unless its context ends first.
type slowSlide struct {
	*fake
	reads, cancelled atomic.Int32
	err              error
}

func (s *slowSlide) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	s.reads.Add(1)
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		s.cancelled.Add(1)
		return ctx.Err()
	}
	if s.err != nil {
		return s.err
	}
	return s.fake.ReadRegion(ctx, dst, level, x, y)
}

func newSlow() *slowSlide {
	return &slowSlide{fake: newFake(1, Level{Width: 100, Height: 100, Downsample: 1})}
}

func TestCacheJoinsEqualRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := NewCache(1<<20), newSlow()
		var got [5]*image.RGBA
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				m, err := c.Tile(t.Context(), s, 0, 1, 2, 16)
				if err != nil {
					t.Error(err)
				}
				got[i] = m
			})
		}
		wg.Wait()
		if n := s.reads.Load(); n != 1 {
			t.Errorf("%d reads", n)
		}
		for _, m := range got {
			if m == nil || m != got[0] {
				t.Fatal("different pictures")
			}
		}
		want := image.NewRGBA(image.Rect(0, 0, 16, 16))
		s.fake.ReadRegion(t.Context(), want, 0, 16, 32)
		if d := maxDiff(t, got[0], want); d != 0 {
			t.Errorf("differs by %d", d)
		}
		if st := c.Stats(); st.Reads != 1 || st.Hits != 4 || st.Tiles != 1 || st.Bytes != 4*16*16 {
			t.Errorf("%+v", st)
		}
		if c.Get(s, 0, 1, 2, 16) != got[0] || c.Get(s, 0, 2, 1, 16) != nil {
			t.Error("Get differs")
		}
	})
}

func TestCacheCancelledRequestLeavesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := NewCache(1<<20), newSlow()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { // the one that begins the read
			if _, err := c.Tile(ctx, s, 0, 0, 0, 8); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled request: %v", err)
			}
		})
		wg.Go(func() {
			time.Sleep(50 * time.Millisecond)
			if _, err := c.Tile(t.Context(), s, 0, 0, 0, 8); err != nil {
				t.Errorf("other request: %v", err)
			}
		})
		wg.Wait()
		if s.reads.Load() != 1 || s.cancelled.Load() != 0 {
			t.Errorf("%d reads, %d cancelled", s.reads.Load(), s.cancelled.Load())
		}
	})
}

func TestCacheCancelsReadNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := NewCache(1<<20), newSlow()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := c.Tile(ctx, s, 0, 0, 0, 8); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, err := c.Tile(t.Context(), s, 0, 0, 0, 8); err != nil { // at once: a read of its own
			t.Error(err)
		}
		if s.reads.Load() != 2 || s.cancelled.Load() != 1 {
			t.Errorf("%d reads, %d cancelled", s.reads.Load(), s.cancelled.Load())
		}
	})
}

func TestCacheKeepsNoErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := NewCache(1<<20), newSlow()
		s.err = errors.New("bad tile")
		for range 2 {
			if _, err := c.Tile(t.Context(), s, 0, 0, 0, 8); err != s.err {
				t.Error(err)
			}
		}
		s.err = nil
		if _, err := c.Tile(t.Context(), s, 0, 0, 0, 8); err != nil || s.reads.Load() != 3 {
			t.Errorf("%v after %d reads", err, s.reads.Load())
		}
	})
}

func TestCacheForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, other := NewCache(1<<20), newSlow(), newSlow()
		for _, sl := range []Slide{s, other} {
			for col := range 3 {
				if _, err := c.Tile(t.Context(), sl, 0, col, 0, 8); err != nil {
					t.Fatal(err)
				}
			}
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Tile(t.Context(), s, 0, 9, 0, 8); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		c.Forget(s)
		wg.Wait() // the read under way ends after Forget
		if st := c.Stats(); st.Tiles != 3 || st.Bytes != 3*4*64 {
			t.Errorf("%+v", st)
		}
		if c.Get(other, 0, 1, 0, 8) == nil || c.Get(s, 0, 1, 0, 8) != nil || c.Get(s, 0, 9, 0, 8) != nil {
			t.Error("the wrong slide was forgotten")
		}
	})
}

func TestCacheStaysWithinItsBytes(t *testing.T) {
	f := newFake(2, Level{Width: 200, Height: 200, Downsample: 1})
	c := NewCache(10 * 4 * 64)
	for i := range 30 {
		if _, err := c.Tile(t.Context(), f, 0, i, 0, 8); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Tile(t.Context(), f, 0, 0, 0, 8); err != nil { // kept in use
			t.Fatal(err)
		}
	}
	if st := c.Stats(); st.Bytes != st.BytesLimit || st.Tiles != 10 {
		t.Errorf("%+v", st)
	}
	if c.Get(f, 0, 0, 0, 8) == nil || c.Get(f, 0, 29, 0, 8) == nil || c.Get(f, 0, 5, 0, 8) != nil {
		t.Error("not the least recently used were dropped")
	}
	if _, err := c.Tile(t.Context(), f, 0, 0, 0, 64); err != nil { // larger than all there is
		t.Fatal(err)
	}
	if st := c.Stats(); st.Tiles != 10 {
		t.Errorf("a tile too large displaced others: %+v", st)
	}
}

func TestCacheConcurrent(t *testing.T) {
	f := newFake(2, Level{Width: 200, Height: 200, Downsample: 1})
	c := NewCache(20 * 4 * 64)
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(k), 0))
			for range 300 {
				col, row := rng.IntN(6), rng.IntN(6)
				ctx, cancel := context.WithCancel(t.Context())
				if rng.IntN(4) == 0 {
					go cancel()
				}
				m, err := c.Tile(ctx, f, 0, col, row, 8)
				cancel()
				if errors.Is(err, context.Canceled) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if m.RGBAAt(3, 4) != f.levels[0].RGBAAt(col*8+3, row*8+4) {
					t.Error("another tile's pixels")
				}
			}
		})
	}
	wg.Wait()
	if st := c.Stats(); st.Bytes > st.BytesLimit || st.Bytes != int64(st.Tiles)*4*64 {
		t.Errorf("%+v", st)
	}
}

func TestCacheRefusesSize(t *testing.T) {
	if _, err := NewCache(10).Tile(t.Context(), newSlow(), 0, 0, 0, 0); err == nil {
		t.Error("no error for size 0")
	}
}
