package tifftiles

import (
	"math"
	"slices"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Cache keeps decoded tiles of files up to a number of bytes, the most recently
// used ones. Requests for a tile that is being decoded wait for it. Its methods
// may be called from several goroutines at once.
type Cache struct {
	max int64

	mu    sync.Mutex
	used  int64
	tiles *simplelru.LRU[key, *tile]
	spare sync.Pool // of *tile, for the memory in them
}

type key struct {
	level *Level
	index int
}

// tile is a decoded tile, or one about to be. It is in use while refs, which
// Cache.mu guards, counts the cache itself or a reader.
type tile struct {
	refs int
	once sync.Once
	pix  []byte
	err  error
}

// NewCache makes a cache of at most maxBytes of pixels.
func NewCache(maxBytes int64) *Cache {
	c := &Cache{max: maxBytes}
	// The bound is in bytes; the number of tiles is left open.
	tiles, err := simplelru.NewLRU(math.MaxInt, func(_ key, t *tile) {
		c.used -= int64(len(t.pix))
		c.drop(t)
	})
	if err != nil {
		panic(err) // only for a size below 1
	}
	c.tiles = tiles
	return c
}

// get is a tile, decoded by this call or another's. The caller must release it,
// also when it could not be decoded and err says so.
func (c *Cache) get(l *Level, i int) *tile {
	k := key{l, i}
	c.mu.Lock()
	t, ok := c.tiles.Get(k)
	if !ok {
		t = c.add(k)
	}
	t.refs++
	c.mu.Unlock()
	t.once.Do(func() { t.err = l.decode(t.pix, i) })
	return t
}

// add puts an undecoded tile into the cache and drops the least recently used
// ones. mu is held.
func (c *Cache) add(k key) *tile {
	t, _ := c.spare.Get().(*tile)
	if t == nil {
		t = new(tile)
	}
	n := 4 * k.level.TileWidth * k.level.TileHeight
	t.refs, t.once, t.err = 1, sync.Once{}, nil
	t.pix = slices.Grow(t.pix[:0], n)[:n]
	c.tiles.Add(k, t)
	for c.used += int64(n); c.used > c.max && c.tiles.Len() > 1; {
		c.tiles.RemoveOldest()
	}
	return t
}

// release ends the use of a tile that get gave. One that could not be decoded is
// not kept: another time it may be read.
func (c *Cache) release(l *Level, i int, t *tile) {
	k := key{l, i}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.err != nil {
		if kept, ok := c.tiles.Peek(k); ok && kept == t {
			c.tiles.Remove(k)
		}
	}
	c.drop(t)
}

// drop gives up one use of a tile. mu is held.
func (c *Cache) drop(t *tile) {
	if t.refs--; t.refs == 0 {
		c.spare.Put(t)
	}
}

// forget drops the tiles of a file.
func (c *Cache) forget(f *File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.tiles.Keys() {
		if k.level.file == f {
			c.tiles.Remove(k)
		}
	}
}
