package zoom

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestGate: it is asked once before each batch, what it holds up is no time of the
// encoder's, and its error ends the work.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := numbered(8, 2)
		asked, encoded := 0, 0
		p.gate = func(context.Context) error {
			if asked != encoded {
				t.Errorf("asked %d times for %d batches", asked, encoded)
			}
			asked++
			time.Sleep(time.Second)
			return nil
		}
		sink := func(int, int, []float32) error { encoded++; return nil }
		start := time.Now()
		if err := p.run(t.Context(), 20, sink); err != nil || asked != 3 || encoded != 3 {
			t.Errorf("asked %d times for %d batches, error %v", asked, encoded, err)
		}
		if _, encode := p.busy.seconds(); encode != 0 || time.Since(start) != 3*time.Second {
			t.Errorf("%g s of encoding in %v", encode, time.Since(start))
		}
		shut := errors.New("shut")
		p.gate = func(context.Context) error { return shut }
		if err := p.run(t.Context(), 20, sink); !errors.Is(err, shut) || encoded != 3 {
			t.Errorf("%d batches, error %v", encoded, err)
		}
	})
}

// TestAnalyzeAsksItsGate at every magnification, and gives the result that it gives
// without one.
func TestAnalyzeAsksItsGate(t *testing.T) {
	c := shapes["three magnifications"]
	slide := mosaic(c.shape, c.tissue)
	e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...)})
	free := analyze(t, e, slide)
	asked := 0
	req := Request{Slide: slide, Resolution: slide.Info().Resolution, Seed: 7, Gate: func(context.Context) error { asked++; return nil }}
	gated, err := e.Analyze(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	batches := 0
	for _, l := range free.Levels {
		batches += (len(l.Patches) + e.Place.Batch - 1) / e.Place.Batch
	}
	if asked != batches || gated.Prediction.Label != free.Prediction.Label || gated.Counts != free.Counts {
		t.Errorf("asked %d times for %d batches; %+v, want %+v", asked, batches, gated.Prediction, free.Prediction)
	}
}
