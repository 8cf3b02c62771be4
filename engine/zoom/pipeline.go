package zoom

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A patchReader fills a picture with patch i. Readers call it from several
// goroutines at once.
type patchReader func(ctx context.Context, i int, dst *image.RGBA) error

// A batchEncoder turns n tiles of side x side RGB pixels, one behind the other,
// into n feature rows. It is called from one goroutine at a time.
type batchEncoder func(ctx context.Context, tiles []byte, n int, dst []float32) error

// pipeline reads patches and encodes them, both at once: readers fill batches,
// in order, while the encoder works on those that are full. Memory is the
// batches' pixels and nothing that grows with the number of patches.
type pipeline struct {
	read    patchReader
	encode  batchEncoder
	side    int // pixels along a patch
	dim     int // values per feature row
	batch   int // patches handed to the encoder at once
	readers int // goroutines that read

	gate func(ctx context.Context) error // called before each batch is encoded; may be nil

	busy clock // time spent reading and encoding
}

// clock adds up busy time over goroutines, in nanoseconds.
type clock struct{ read, encode atomic.Int64 }

func (c *clock) seconds() (read, encode float64) {
	return time.Duration(c.read.Load()).Seconds(), time.Duration(c.encode.Load()).Seconds()
}

// pixels is one batch: the patches from first on.
type pixels struct {
	first, n int
	data     []byte       // n * side * side * 3
	missing  atomic.Int64 // patches still to be read
}

// slot is one patch to read: its index, and its place in a batch.
type slot struct {
	batch *pixels
	i     int
}

// run encodes n patches. sink receives the features
// [n, dim] of each batch, the patches from first on, in ascending order and from
// one goroutine; it must not keep them. The first error ends everything.
func (p *pipeline) run(ctx context.Context, n int, sink func(first, n int, features []float32) error) error {
	group, ctx := errgroup.WithContext(ctx)
	free := make(chan *pixels, p.readers+2)
	for range min(cap(free), (n+p.batch-1)/p.batch) {
		free <- &pixels{data: make([]byte, p.batch*p.side*p.side*3)}
	}
	todo := make(chan slot)
	full := make(chan *pixels, cap(free)) // never blocks: holds every batch there is

	group.Go(func() error { return p.plan(ctx, n, free, todo) })
	var reading sync.WaitGroup
	for range min(p.readers, n) {
		reading.Add(1)
		group.Go(func() error {
			defer reading.Done()
			return p.readAll(ctx, todo, full)
		})
	}
	group.Go(func() error { // closes full once no reader can send
		reading.Wait()
		close(full)
		return nil
	})
	group.Go(func() error { return p.encodeAll(ctx, full, free, sink) })
	return group.Wait()
}

// plan hands out the patches in order, batch by batch as batches come free.
func (p *pipeline) plan(ctx context.Context, n int, free <-chan *pixels, todo chan<- slot) error {
	defer close(todo)
	for first := 0; first < n; first += p.batch {
		var b *pixels
		select {
		case b = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.first, b.n = first, min(p.batch, n-first)
		b.missing.Store(int64(b.n))
		for i := range b.n {
			select {
			case todo <- slot{b, i}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (p *pipeline) readAll(ctx context.Context, todo <-chan slot, full chan<- *pixels) error {
	scratch := image.NewRGBA(image.Rect(0, 0, p.side, p.side))
	for s := range todo {
		start := time.Now()
		if err := p.read(ctx, s.batch.first+s.i, scratch); err != nil {
			return err
		}
		size := p.side * p.side * 3
		packRGB(s.batch.data[s.i*size:(s.i+1)*size], scratch.Pix)
		p.busy.read.Add(int64(time.Since(start)))
		if s.batch.missing.Add(-1) == 0 {
			full <- s.batch
		}
	}
	return nil
}

func (p *pipeline) encodeAll(ctx context.Context, full <-chan *pixels, free chan<- *pixels, sink func(first, n int, features []float32) error) error {
	features := make([]float32, p.batch*p.dim)
	early := map[int]*pixels{} // full before the ones they follow
	next := 0
	for b := range full {
		early[b.first] = b
		for b := early[next]; b != nil; b = early[next] {
			delete(early, next)
			next += b.n
			if p.gate != nil {
				if err := p.gate(ctx); err != nil {
					return err
				}
			}
			start := time.Now()
			rows := features[:b.n*p.dim]
			if err := p.encode(ctx, b.data[:b.n*p.side*p.side*3], b.n, rows); err != nil {
				return err
			}
			p.busy.encode.Add(int64(time.Since(start)))
			if err := sink(b.first, b.n, rows); err != nil {
				return err
			}
			free <- b // never blocks: b came from free
		}
	}
	return ctx.Err()
}

// packRGB drops the fourth byte of every pixel.
func packRGB(dst, rgba []byte) {
	for i, j := 0, 0; i+3 < len(rgba) && j+2 < len(dst); i, j = i+4, j+3 {
		dst[j], dst[j+1], dst[j+2] = rgba[i], rgba[i+1], rgba[i+2]
	}
}

// halving encodes a batch, and where the device runs out of memory its halves.
// The size that last worked is kept, so that each later batch is not tried in
// vain. A single patch that does not fit is the error outOfMemory.
type halving struct {
	encode      batchEncoder
	outOfMemory error // what encode's error wraps when memory ran out
	side, dim   int
	limit       int // patches that are known not to be too many; 0 = no limit yet
}

func (h *halving) run(ctx context.Context, tiles []byte, n int, dst []float32) error {
	size := h.side * h.side * 3
	for first := 0; first < n; {
		m := n - first
		if h.limit > 0 {
			m = min(m, h.limit)
		}
		err := h.encode(ctx, tiles[first*size:(first+m)*size], m, dst[first*h.dim:(first+m)*h.dim])
		switch {
		case err == nil:
			first += m
		case errors.Is(err, h.outOfMemory) && m > 1:
			h.limit = m / 2
		case err != nil:
			return fmt.Errorf("encoding %d patches: %w", m, err)
		}
	}
	return nil
}
