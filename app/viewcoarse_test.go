package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

func TestCoarseDownsample(t *testing.T) {
	level := func(w, h int, d float64) slideio.Level {
		return slideio.Level{Width: int(float64(w) / d), Height: int(float64(h) / d), Downsample: d}
	}
	for _, c := range []struct {
		name string
		w, h int
		ds   []float64
		want int
	}{
		{"a small picture", 3000, 3000, []float64{1}, 0},
		{"a large picture", 20000, 15000, []float64{1}, 8},
		{"an enormous picture", 100000, 100000, []float64{1}, 32},
		{"a usual pyramid", 100000, 80000, []float64{1, 4, 16, 64}, 0},
		{"the coarsest level is still large", 100000, 100000, []float64{1, 4}, 32},
		{"a gap that is filled where memory allows it", 200000, 200000, []float64{1, 2, 256}, 64},
		{"a small level below a gap", 40000, 40000, []float64{1, 4, 16}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &slideio.Info{}
			for _, d := range c.ds {
				in.Levels = append(in.Levels, level(c.w, c.h, d))
			}
			if got := coarseDownsample(in); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
			if d := float64(c.want); d > 0 && 4*math.Ceil(float64(c.w)/d)*math.Ceil(float64(c.h)/d) > coarseBytes {
				t.Error("takes more memory than it may")
			}
		})
	}
}

// noGate never waits.
func noGate() func(context.Context) error { return func(context.Context) error { return nil } }

const coarseW, coarseH = 2501, 2203 // at 1/8: 2 x 2 blocks, the last ones not whole

func coarseOf(t *testing.T, before func(r image.Rectangle) error) *coarse {
	t.Helper()
	slide := synth.Hook(speckled(coarseW, coarseH), func(_ context.Context, _ int, r image.Rectangle) error { return before(r) })
	c := newCoarse(slide, 8, noGate)
	t.Cleanup(c.stop)
	return c
}

// TestCoarse reads the coarse level in odd parts, from many goroutines at once, beside
// the making of it in the background: pixels are those that ReadArea gives, and each
// place of the file is read once.
func TestCoarse(t *testing.T) {
	var pixels atomic.Int64
	c := coarseOf(t, func(r image.Rectangle) error {
		pixels.Add(int64(r.Intersect(image.Rect(0, 0, coarseW, coarseH)).Dx()) * int64(r.Intersect(image.Rect(0, 0, coarseW, coarseH)).Dy()))
		return nil
	})
	plain := speckled(coarseW, coarseH)
	c.start()
	var readers sync.WaitGroup
	for i := range 12 {
		readers.Go(func() {
			r := image.Rect(0, 0, 100+7*i, 90+5*i).Add(image.Pt(40*i-30, 30*i-20))
			got, want := image.NewRGBA(image.Rectangle{Max: r.Size()}), image.NewRGBA(image.Rectangle{Max: r.Size()})
			if err := c.ReadRegion(t.Context(), got, 1, r.Min.X, r.Min.Y); err != nil {
				t.Error(err)
				return
			}
			area := slideio.RectOf(image.Rectangle{Min: r.Min.Mul(8), Max: r.Max.Mul(8)})
			if err := slideio.ReadArea(t.Context(), plain, want, area); err != nil || apart(t, got, want) != 0 {
				t.Errorf("region %v differs, error %v", r, err)
			}
		})
	}
	readers.Wait()
	c.work.Wait()
	if n := pixels.Load(); n != coarseW*coarseH || c.missing() != 0 {
		t.Errorf("%d pixels were read of %d; %g are missing", n, coarseW*coarseH, c.missing())
	}
}

// TestCoarseServesReadArea: what is far reduced comes from the coarse level.
func TestCoarseServesReadArea(t *testing.T) {
	var reads atomic.Int64
	c := coarseOf(t, func(image.Rectangle) error { reads.Add(1); return nil })
	whole, again := image.NewRGBA(image.Rect(0, 0, 78, 68)), image.NewRGBA(image.Rect(0, 0, 78, 68))
	area := slideio.Rect{W: 78 * 32, H: 68 * 32}
	if err := slideio.ReadArea(t.Context(), c, whole, area); err != nil {
		t.Fatal(err)
	}
	before := reads.Load()
	if err := slideio.ReadArea(t.Context(), c, again, area); err != nil || reads.Load() != before {
		t.Errorf("read %d times again, error %v", reads.Load()-before, err)
	}
	if err := slideio.ReadArea(t.Context(), speckled(coarseW, coarseH), again, area); err != nil || apart(t, whole, again) > 1 {
		t.Errorf("differs by %d from what the file gives, error %v", apart(t, whole, again), err)
	}
}

func TestCoarseOfDamage(t *testing.T) {
	t.Run("a damaged place is grey", func(t *testing.T) {
		c := coarseOf(t, func(r image.Rectangle) error {
			if r.Overlaps(image.Rect(100, 100, 110, 110)) {
				return slideio.ErrCorrupt
			}
			return nil
		})
		m, err := c.get(t.Context(), 0)
		if err != nil || m.RGBAAt(3, 3) != unread || m.RGBAAt(coarsePiece+3, 3) == unread {
			t.Errorf("error %v", err)
		}
	})
	t.Run("where nothing can be read it is an error, until it can", func(t *testing.T) {
		var gone atomic.Bool
		gone.Store(true)
		c := coarseOf(t, func(image.Rectangle) error {
			if gone.Load() {
				return fmt.Errorf("%w: %w", slideio.ErrCorrupt, slideio.ErrGivenUp)
			}
			return nil
		})
		if _, err := c.get(t.Context(), 1); !errors.Is(err, slideio.ErrGivenUp) {
			t.Errorf("error %v", err)
		}
		gone.Store(false)
		if _, err := c.get(t.Context(), 1); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestCoarseEnds: who asks may go, and all ends with stop.
func TestCoarseEnds(t *testing.T) {
	slide := synth.Delay(speckled(coarseW, coarseH), 20*time.Millisecond)
	c := newCoarse(slide, 8, noGate)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := c.get(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	c.start()
	waits := make(chan error)
	go func() {
		_, err := c.get(t.Context(), 0)
		waits <- err
	}()
	c.stop()
	if err := <-waits; !errors.Is(err, slideio.ErrClosed) {
		t.Errorf("of the block under way: %v", err)
	}
	if _, err := c.get(t.Context(), 3); !errors.Is(err, slideio.ErrClosed) {
		t.Errorf("after stop: %v", err)
	}
	c.start() // does nothing any more
}

// TestCoarseReady: it is told once all is made, also where that was asked for by
// others, and when the slide is closed before.
func TestCoarseReady(t *testing.T) {
	told := func(c *coarse) bool {
		select {
		case <-c.ready:
			return true
		default:
			return false
		}
	}
	slow := synth.Delay(speckled(coarseW, coarseH), time.Millisecond)
	c := newCoarse(slow, 8, noGate)
	go func() { // the last block is under way when its turn comes
		if _, err := c.get(t.Context(), 3); err != nil {
			t.Error(err)
		}
	}()
	if told(c) {
		t.Error("told before anything is made")
	}
	c.start()
	<-c.ready
	if c.missing() != 0 {
		t.Errorf("%g pixels are missing", c.missing())
	}
	c.stop()
	for _, begin := range []func(*coarse){(*coarse).start, func(*coarse) {}} {
		c := newCoarse(slow, 8, noGate)
		begin(c)
		c.stop()
		c.start()
		if !told(c) {
			t.Error("not told that the slide was closed")
		}
	}
	w := New(Config{DataDir: t.TempDir()})
	v := viewOf(t, w, func(string) slideio.Slide { return speckled(600, 500) })
	select {
	case <-v.CoarseReady():
	default:
		t.Error("a slide that needs no coarse level is not ready")
	}
}

// TestCoarseGivesWay: each piece asks first.
func TestCoarseGivesWay(t *testing.T) {
	var asked atomic.Int64
	c := newCoarse(speckled(coarseW, coarseH), 8, func() func(context.Context) error {
		return func(context.Context) error { asked.Add(1); return nil }
	})
	defer c.stop()
	c.start()
	c.work.Wait()
	w, h := (coarseW+7)/8, (coarseH+7)/8
	if n := ((w + coarsePiece - 1) / coarsePiece) * ((h + coarsePiece - 1) / coarsePiece); asked.Load() < int64(n) {
		t.Errorf("asked %d times for %d pieces", asked.Load(), n)
	}
}

func TestRough(t *testing.T) {
	gradient := synth.Gradient("gradient", synth.Shape{Width: 12000, Height: 6000, Downsamples: []float64{1}})
	gradient.Info().Levels[0].TileWidth = 0 // few pixels a sample
	c := newCoarse(synth.FailIn(gradient, image.Rect(0, 0, 200, 200), slideio.ErrCorrupt), 8, noGate)
	c.end() // the background's reads would count
	m, err := c.rough(t.Context(), 400, 200)
	if err != nil || m.Rect.Size() != image.Pt(400, 200) {
		t.Fatalf("%v, error %v", m.Rect, err)
	}
	if m.RGBAAt(0, 0) != unread {
		t.Errorf("a damaged sample is %v", m.RGBAAt(0, 0))
	}
	for _, x := range []int{100, 200, 300} {
		if c := m.RGBAAt(x, x/2); math.Abs(float64(c.R)-float64(x)/400*255) > 5 || math.Abs(float64(c.G)-float64(x)/400*255) > 5 {
			t.Errorf("(%d, %d) is %v", x, x/2, c)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.rough(ended, 10, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}
