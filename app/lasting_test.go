package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// worn is a file whose reads of a place fail, and whose slides are given up after
// some of those.
type worn struct {
	shape   synth.Shape
	bad     image.Rectangle
	most    int64
	opened  atomic.Int64
	refused atomic.Bool // the file is out of reach
}

func (f *worn) open(context.Context) (slideio.Slide, error) {
	if f.refused.Load() {
		return nil, fs.ErrNotExist
	}
	f.opened.Add(1)
	var failed atomic.Int64
	return synth.Hook(synth.Positions("worn", f.shape), func(_ context.Context, _ int, r image.Rectangle) error {
		if failed.Load() >= f.most {
			return fmt.Errorf("%w: %w", slideio.ErrCorrupt, slideio.ErrGivenUp)
		}
		if r.Overlaps(f.bad) {
			failed.Add(1)
			return slideio.ErrCorrupt
		}
		return nil
	}), nil
}

func newWorn(t *testing.T) (*worn, *lasting) {
	t.Helper()
	f := &worn{shape: synth.Shape{Width: 1024, Height: 1024}, bad: image.Rect(0, 0, 10, 10), most: 3}
	l, err := openLasting(t.Context(), f.open)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return f, l
}

func read(ctx context.Context, s slideio.Slide, x int) error {
	return s.ReadRegion(ctx, image.NewRGBA(image.Rect(0, 0, 8, 8)), 0, x, 0)
}

func TestLasting(t *testing.T) {
	t.Run("good places are read on", func(t *testing.T) {
		f, l := newWorn(t)
		for range 10 {
			if err := read(t.Context(), l, 0); !errors.Is(err, slideio.ErrCorrupt) {
				t.Errorf("bad place: %v", err)
			}
			if err := read(t.Context(), l, 100); err != nil {
				t.Errorf("good place: %v", err)
			}
		}
		if n := f.opened.Load(); n < 2 || n > 5 {
			t.Errorf("opened %d times", n)
		}
	})
	t.Run("not for ever", func(t *testing.T) {
		f, l := newWorn(t)
		for range 200 {
			read(t.Context(), l, 0)
		}
		if n := f.opened.Load(); n != maxRenewals+1 {
			t.Errorf("opened %d times, want %d", n, maxRenewals+1)
		}
		if err := read(t.Context(), l, 100); !errors.Is(err, slideio.ErrGivenUp) {
			t.Errorf("after that: %v", err)
		}
	})
	t.Run("a file out of reach is left alone for a while", func(t *testing.T) {
		f, l := newWorn(t)
		f.refused.Store(true)
		for range 4 {
			read(t.Context(), l, 0)
		}
		f.refused.Store(false)
		if err := read(t.Context(), l, 100); !errors.Is(err, slideio.ErrGivenUp) {
			t.Errorf("at once: %v", err)
		}
		l.notUntil = time.Now()
		if err := read(t.Context(), l, 100); err != nil {
			t.Errorf("later: %v", err)
		}
	})
	t.Run("another slide in its place", func(t *testing.T) {
		f, l := newWorn(t)
		f.shape.Width = 2048
		for range 4 {
			read(t.Context(), l, 0)
		}
		if err := read(t.Context(), l, 100); !errors.Is(err, slideio.ErrGivenUp) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("closed is closed", func(t *testing.T) {
		f, l := newWorn(t)
		l.Close()
		if err := read(t.Context(), l, 100); !errors.Is(err, slideio.ErrClosed) || f.opened.Load() != 1 {
			t.Errorf("error %v, opened %d times", err, f.opened.Load())
		}
	})
	t.Run("many at once", func(t *testing.T) {
		_, l := newWorn(t)
		var readers sync.WaitGroup
		for i := range 8 {
			readers.Go(func() {
				for j := range 4 {
					err := read(t.Context(), l, 100*(i+j)%2)
					if err != nil && !errors.Is(err, slideio.ErrCorrupt) && !errors.Is(err, slideio.ErrGivenUp) {
						t.Errorf("error %v", err)
					}
				}
			})
		}
		readers.Wait()
	})
}
