package viewer

import (
	"image"
	"math"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// tileCache keeps tiles up to a number of bytes, the most recently used ones. It is
// used on the UI thread alone.
type tileCache struct {
	max, used int64
	tiles     *simplelru.LRU[tileKey, *image.RGBA]
}

func newTileCache(maxBytes int64) *tileCache {
	c := &tileCache{max: maxBytes}
	// The bound is in bytes; the number of tiles is left open.
	tiles, err := simplelru.NewLRU(math.MaxInt, func(_ tileKey, m *image.RGBA) { c.used -= int64(len(m.Pix)) })
	if err != nil {
		panic(err) // only for a size below 1
	}
	c.tiles = tiles
	return c
}

// get gives a tile and counts it as used; nil when it is not there.
func (c *tileCache) get(k tileKey) *image.RGBA {
	m, _ := c.tiles.Get(k)
	return m
}

func (c *tileCache) has(k tileKey) bool { return c.tiles.Contains(k) }

// add keeps a tile, unless it alone is above the bound.
func (c *tileCache) add(k tileKey, m *image.RGBA) {
	n := int64(len(m.Pix))
	if n > c.max {
		return
	}
	c.tiles.Remove(k) // so that the bytes of one it replaces are given back
	c.tiles.Add(k, m)
	c.used += n
	for c.used > c.max {
		c.tiles.RemoveOldest()
	}
}

func (c *tileCache) clear() { c.tiles.Purge() }
