package slideio

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Cache keeps decoded tiles of slides up to a number of bytes, the most recently
// used ones. Requests for a tile that is being read wait for that one read. Its
// methods may be called from several goroutines at once.
type Cache struct {
	max int64

	mu    sync.Mutex
	used  int64
	tiles *simplelru.LRU[tileKey, *image.RGBA]
	calls map[tileKey]*call
	hits  int64
	reads int64
}

// tileKey names a tile. Slides are told apart by their identity as values.
type tileKey struct {
	slide                 Slide
	level, col, row, size int
}

// call is a read under way. Its result may be used once done is closed.
type call struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // requests that want the result; the last to leave cancels
	img     *image.RGBA
	err     error
}

// CacheStats is what a cache holds, and how it was used.
type CacheStats struct {
	Tiles      int
	Bytes      int64
	Hits       int64 // requests served without a read, or by another's read
	Reads      int64 // reads begun
	BytesLimit int64
}

// NewCache makes a cache of at most maxBytes of pixels.
func NewCache(maxBytes int64) *Cache {
	c := &Cache{max: maxBytes, calls: make(map[tileKey]*call)}
	// The bound is in bytes; the number of tiles is left open.
	tiles, err := simplelru.NewLRU(math.MaxInt, func(_ tileKey, m *image.RGBA) { c.used -= int64(len(m.Pix)) })
	if err != nil {
		panic(err) // only for a size below 1
	}
	c.tiles = tiles
	return c
}

// Tile is the square tile of size x size pixels at column col and row row of a
// level, white where it reaches over the level's edge. The picture is shared: it
// must not be written to. When ctx ends the error is ctx's, and the read goes on
// if others wait for it.
func (c *Cache) Tile(ctx context.Context, s Slide, level, col, row, size int) (*image.RGBA, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if size <= 0 {
		return nil, fmt.Errorf("%s: tile size %d", s.Info().Path, size)
	}
	k := tileKey{s, level, col, row, size}
	c.mu.Lock()
	if m, ok := c.tiles.Get(k); ok {
		c.hits++
		c.mu.Unlock()
		return m, nil
	}
	r, ok := c.calls[k]
	if ok {
		c.hits++
	} else {
		r = c.begin(ctx, k)
	}
	r.waiting++
	c.mu.Unlock()
	return c.wait(ctx, k, r)
}

// begin starts the read of a tile in a goroutine of its own, which ends with the
// read; it outlives ctx but keeps ctx's values. mu is held.
func (c *Cache) begin(ctx context.Context, k tileKey) *call {
	c.reads++
	rctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &call{done: make(chan struct{}), cancel: cancel}
	c.calls[k] = r
	go func() {
		defer cancel()
		m := image.NewRGBA(image.Rect(0, 0, k.size, k.size))
		err := k.slide.ReadRegion(rctx, m, k.level, k.col*k.size, k.row*k.size)
		c.mu.Lock()
		defer c.mu.Unlock()
		if r.err = err; err == nil {
			r.img = m
		}
		if c.calls[k] == r { // not given up or forgotten meanwhile
			delete(c.calls, k)
			if err == nil {
				c.keep(k, m)
			}
		}
		close(r.done)
	}()
	return r
}

// wait waits for a read, or until ctx ends. The last to leave cancels the read,
// and takes it away so that whoever asks next begins another.
func (c *Cache) wait(ctx context.Context, k tileKey, r *call) (*image.RGBA, error) {
	select {
	case <-r.done:
		return r.img, r.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.cancel()
		if c.calls[k] == r {
			delete(c.calls, k)
		}
	}
	return nil, ctx.Err()
}

// keep stores a tile and drops the least recently used ones. mu is held.
func (c *Cache) keep(k tileKey, m *image.RGBA) {
	n := int64(len(m.Pix))
	if n > c.max {
		return
	}
	c.tiles.Add(k, m)
	c.used += n
	for c.used > c.max {
		c.tiles.RemoveOldest()
	}
}

// Get is a tile that is there already, without reading; nil when it is not.
func (c *Cache) Get(s Slide, level, col, row, size int) *image.RGBA {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, _ := c.tiles.Get(tileKey{s, level, col, row, size})
	return m
}

// Forget drops all tiles of a slide, those being read included. Call it when the
// slide is closed: until then the cache holds on to the slide.
func (c *Cache) Forget(s Slide) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.tiles.Keys() {
		if k.slide == s {
			c.tiles.Remove(k)
		}
	}
	for k := range c.calls {
		if k.slide == s {
			delete(c.calls, k)
		}
	}
}

// Stats is the cache's state at this moment.
func (c *Cache) Stats() CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CacheStats{Tiles: c.tiles.Len(), Bytes: c.used, Hits: c.hits, Reads: c.reads, BytesLimit: c.max}
}
