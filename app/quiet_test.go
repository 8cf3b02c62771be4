package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestQuiet runs work of steps of 20 ms beside a user.
func TestQuiet(t *testing.T) {
	const step, steps = 20 * time.Millisecond, 100
	for _, c := range []struct {
		name     string
		quiet    time.Duration // asked for before every step
		min, max time.Duration // that all steps take
	}{
		{"nobody is there", 0, steps * step, steps * step},
		{"a user who never rests costs half the time", time.Second, 2*steps*step - step, 2 * steps * step},
		{"a short wish costs no more than it asks for", 5 * time.Millisecond, steps * step, steps * (step + 5*time.Millisecond)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, start := New(Config{}), time.Now()
				gate := w.quiet.gate()
				for range steps {
					if c.quiet > 0 {
						w.Quiet(c.quiet)
					}
					if err := gate(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(step)
				}
				if took := time.Since(start); took < c.min || took > c.max {
					t.Errorf("took %v, want %v to %v", took, c.min, c.max)
				}
			})
		})
	}
}

// TestQuietWaitsLittle: one wait is bounded, also after long work, follows a wish
// that is renewed while it waits, and ends with ctx.
func TestQuietWaitsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{})
		gate := w.quiet.gate()
		time.Sleep(time.Minute)
		w.Quiet(50 * time.Millisecond)
		time.AfterFunc(40*time.Millisecond, func() { w.Quiet(time.Hour) })
		start := time.Now()
		if err := gate(t.Context()); err != nil || time.Since(start) != giveWay {
			t.Errorf("waited %v, error %v; want %v", time.Since(start), err, giveWay)
		}
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		start = time.Now()
		if err := gate(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}
