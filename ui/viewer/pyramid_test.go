package viewer

import (
	"fmt"
	"image"
	"math"
	"testing"

	"zoomscope/engine/result"
)

func TestLevel(t *testing.T) {
	p := newPyramid(100000, 80000)
	if p.top != 9 { // 256 << 9 is the first of at least 100 000
		t.Fatalf("coarsest level %d, want 9", p.top)
	}
	for zoom, want := range map[float64]int{8: 0, 1: 0, 0.51: 0, 0.5: 1, 0.26: 1, 0.25: 2, 0.3: 1, 1.0 / 512: 9, 1e-5: 9} {
		if got := p.level(zoom); got != want {
			t.Errorf("zoom %v: level %d, want %d", zoom, got, want)
		}
	}
	for zoom := 0.9999; zoom > 1.0/512; zoom *= 0.97 {
		if side := zoom * math.Pow(2, float64(p.level(zoom))); side <= 0.5 || side > 1 {
			t.Errorf("zoom %v: a tile pixel covers %v device pixels", zoom, side)
		}
	}
}

// TestTiles compares with a walk over all tiles of the level.
func TestTiles(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {256, 257}, {5000, 300}, {1023, 1025}} {
		p := newPyramid(size.X, size.Y)
		for z := range p.top + 1 {
			for _, area := range []result.Rect{
				{X: -50, Y: -50, Width: 10000, Height: 10000},
				{X: 256, Y: 0, Width: 256, Height: 256},
				{X: 255.5, Y: 100, Width: 1, Height: 300},
				{X: 6000, Y: 10, Width: 5, Height: 5},
				{X: -30, Y: -30, Width: 20, Height: 20},
			} {
				t.Run(fmt.Sprint(size, z, area), func(t *testing.T) {
					r := p.tiles(z, area)
					got := map[tileKey]bool{}
					for k := range r.all {
						got[k] = true
					}
					want := touching(p, z, area)
					if fmt.Sprint(got) != fmt.Sprint(want) || r.len() != len(want) {
						t.Errorf("%v (%d tiles), want %v", got, r.len(), want)
					}
				})
			}
		}
	}
}

func touching(p pyramid, z int, a result.Rect) map[tileKey]bool {
	found := map[tileKey]bool{}
	side := float64(int(TileSide) << z)
	for row := 0; float64(row)*side < float64(p.height); row++ {
		for col := 0; float64(col)*side < float64(p.width); col++ {
			x, y := float64(col)*side, float64(row)*side
			if x < a.X+a.Width && x+side > a.X && y < a.Y+a.Height && y+side > a.Y {
				found[tileKey{z, col, row}] = true
			}
		}
	}
	return found
}

func TestCheckTile(t *testing.T) {
	tight := image.NewRGBA(image.Rect(0, 0, 256, 100))
	for name, m := range map[string]*image.RGBA{
		"none":   nil,
		"empty":  image.NewRGBA(image.Rectangle{}),
		"part":   tight.SubImage(image.Rect(0, 0, 100, 100)).(*image.RGBA),
		"offset": image.NewRGBA(image.Rect(1, 0, 10, 10)),
		"large":  image.NewRGBA(image.Rect(0, 0, 257, 10)),
		"short":  {Pix: make([]uint8, 10), Stride: 40, Rect: image.Rect(0, 0, 10, 10)},
	} {
		if checkTile(tileKey{}, m) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := checkTile(tileKey{}, tight); err != nil {
		t.Error(err)
	}
}

func TestCacheKeepsToItsBound(t *testing.T) {
	c := newTileCache(10 * tileBytes)
	for i := range 100 {
		k := tileKey{0, i % 37, 0}
		c.add(k, image.NewRGBA(image.Rect(0, 0, TileSide, TileSide-i)))
		c.get(tileKey{0, 0, 0})
		var sum int64
		for _, m := range c.tiles.Values() {
			sum += int64(len(m.Pix))
		}
		if c.used != sum || sum > c.max {
			t.Fatalf("after %d: %d bytes counted, %d held, at most %d allowed", i, c.used, sum, c.max)
		}
		if !c.has(k) || !c.has(tileKey{0, 0, 0}) {
			t.Fatalf("after %d: a tile just used is gone", i)
		}
	}
	c.clear()
	if c.used != 0 || c.tiles.Len() != 0 {
		t.Errorf("cleared: %d bytes, %d tiles", c.used, c.tiles.Len())
	}
	tiny := newTileCache(100)
	tiny.add(tileKey{}, image.NewRGBA(image.Rect(0, 0, 256, 256)))
	if tiny.tiles.Len() != 0 {
		t.Error("a tile above the bound is kept")
	}
}
