package zoom

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// numbered is a pipeline over patches whose pixels all hold their number, and
// an encoder that gives the mean of a patch.
func numbered(batch, readers int) *pipeline {
	p := &pipeline{side: 4, dim: 1, batch: batch, readers: readers}
	p.read = func(_ context.Context, i int, dst *image.RGBA) error {
		for j := range dst.Pix {
			dst.Pix[j] = byte(i % 251)
		}
		return nil
	}
	p.encode = func(_ context.Context, tiles []byte, n int, dst []float32) error {
		for i := range n {
			dst[i] = float32(tiles[i*4*4*3])
		}
		return nil
	}
	return p
}

func TestPipelineEncodesEveryPatchOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 100} {
		for _, readers := range []int{1, 2, 5} {
			p := numbered(8, readers)
			got := make([]float32, n)
			seen := 0
			err := p.run(t.Context(), n, func(first, count int, f []float32) error {
				if first != seen {
					t.Errorf("batch from %d came after %d patches", first, seen)
				}
				seen += copy(got[first:first+count], f)
				return nil
			})
			if err != nil || seen != n {
				t.Fatalf("n %d: %d patches, error %v", n, seen, err)
			}
			for i, v := range got {
				if v != float32(i%251) {
					t.Fatalf("n %d, readers %d: patch %d has feature %v", n, readers, i, v)
				}
			}
		}
	}
}

func TestPipelineStopsAtTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	for name, spoil := range map[string]func(*pipeline){
		"reader": func(p *pipeline) {
			p.read = func(context.Context, int, *image.RGBA) error { return broken }
		},
		"encoder": func(p *pipeline) {
			p.encode = func(context.Context, []byte, int, []float32) error { return broken }
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := numbered(4, 3)
			spoil(p)
			err := p.run(t.Context(), 1000, func(int, int, []float32) error { return nil })
			if !errors.Is(err, broken) {
				t.Errorf("error %v, want %v", err, broken)
			}
		})
	}
}

func TestPipelineCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := numbered(4, 2)
		p.read = func(ctx context.Context, _ int, _ *image.RGBA) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return nil
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		start := time.Now()
		err := p.run(ctx, 1_000_000, func(int, int, []float32) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took > 91*time.Second {
			t.Errorf("stopped after %v, a second too late", took)
		}
	})
}

// Reading and encoding must overlap: with both at one second a batch, n batches
// take n+1 seconds, not 2n.
func TestPipelineOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := numbered(1, 1)
		read, encode := p.read, p.encode
		p.read = func(ctx context.Context, i int, dst *image.RGBA) error {
			time.Sleep(time.Second)
			return read(ctx, i, dst)
		}
		p.encode = func(ctx context.Context, tiles []byte, n int, dst []float32) error {
			time.Sleep(time.Second)
			return encode(ctx, tiles, n, dst)
		}
		start := time.Now()
		if err := p.run(t.Context(), 10, func(int, int, []float32) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 11*time.Second {
			t.Errorf("took %v, want 11s", took)
		}
	})
}

func TestPipelineMemoryIsBounded(t *testing.T) {
	p := numbered(4, 2)
	read := p.read
	var ahead, most atomic.Int64
	p.read = func(ctx context.Context, i int, dst *image.RGBA) error {
		most.Store(max(most.Load(), ahead.Add(1)))
		return read(ctx, i, dst)
	}
	err := p.run(t.Context(), 400, func(_, n int, _ []float32) error {
		time.Sleep(time.Millisecond) // a slow encoder lets the readers run ahead
		ahead.Add(-int64(n))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if bound := int64((p.readers+2)*p.batch + p.readers); most.Load() > bound {
		t.Errorf("readers ran %d patches ahead, the bound is %d", most.Load(), bound)
	}
}

func TestHalving(t *testing.T) {
	tooMuch := errors.New("out of memory")
	for _, fits := range []int{8, 5, 3, 1} {
		calls := 0
		h := &halving{outOfMemory: tooMuch, side: 1, dim: 1, encode: func(_ context.Context, tiles []byte, n int, dst []float32) error {
			calls++
			if n > fits {
				return tooMuch
			}
			for i := range n {
				dst[i] = float32(tiles[i*3])
			}
			return nil
		}}
		tiles, want, got := make([]byte, 8*3), make([]float32, 8), make([]float32, 8)
		for i := range want {
			tiles[i*3] = byte(rand.IntN(256))
			want[i] = float32(tiles[i*3])
		}
		for range 2 {
			if err := h.run(t.Context(), tiles, 8, got); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("fits %d: feature %d is %v, want %v", fits, i, got[i], want[i])
				}
			}
		}
	}
	h := &halving{outOfMemory: tooMuch, side: 1, dim: 1, encode: func(context.Context, []byte, int, []float32) error { return tooMuch }}
	if err := h.run(t.Context(), make([]byte, 12), 4, make([]float32, 4)); !errors.Is(err, tooMuch) {
		t.Errorf("error %v, want %v", err, tooMuch)
	}
}
