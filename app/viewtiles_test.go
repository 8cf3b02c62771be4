package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// speckled is a slide of one level without any pattern.
func speckled(w, h int) slideio.Slide {
	return synth.NewExact("speckled", synth.Shape{Width: w, Height: h, Downsamples: []float64{1}}, speckle)
}

func speckle(_, x, y int) color.RGBA {
	v := uint32(x)*2654435761 ^ uint32(y)*2246822519
	v ^= v >> 13
	v *= 3266489917
	v ^= v >> 16
	return color.RGBA{byte(v), byte(v >> 8), byte(v >> 16), 255}
}

func tilesFor(t testing.TB, s slideio.Slide) *tiles {
	t.Helper()
	q := new(quiet)
	made := newTiles(s, newKeptPictures(), q.gate)
	t.Cleanup(made.close)
	return made
}

// plainTile is a tile by definition: means over squares, white outside.
func plainTile(w, h int, at tileAt, size image.Point) *image.RGBA {
	m, n := image.NewRGBA(image.Rectangle{Max: size}), 1<<at.z
	for y := range size.Y {
		for x := range size.X {
			var sum [3]int
			for j := range n {
				for i := range n {
					c := color.RGBA{255, 255, 255, 255}
					if X, Y := (at.col*tileSide+x)*n+i, (at.row*tileSide+y)*n+j; X < w && Y < h {
						c = speckle(0, X, Y)
					}
					sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
				}
			}
			mean := func(v int) byte { return byte((v + n*n/2) / (n * n)) }
			m.SetRGBA(x, y, color.RGBA{mean(sum[0]), mean(sum[1]), mean(sum[2]), 255})
		}
	}
	return m
}

// apart is the largest difference of any value of two pictures of one size.
func apart(t *testing.T, a, b *image.RGBA) int {
	t.Helper()
	if a.Rect != b.Rect || a.Stride != 4*a.Rect.Dx() {
		t.Fatalf("pictures %v and %v, stride %d", a.Rect, b.Rect, a.Stride)
	}
	most := 0
	for i, v := range a.Pix {
		most = max(most, int(v)-int(b.Pix[i]), int(b.Pix[i])-int(v))
	}
	return most
}

func TestTilesAgainstDefinition(t *testing.T) {
	const w, h = 1101, 777
	for _, c := range []struct {
		z    int
		tile tileAt
		size image.Point
	}{
		{0, tileAt{0, 0, 0}, image.Pt(256, 256)},
		{0, tileAt{0, 4, 3}, image.Pt(77, 9)},
		{1, tileAt{1, 1, 1}, image.Pt(256, 133)},
		{1, tileAt{1, 2, 0}, image.Pt(39, 256)},
		{3, tileAt{3, 0, 0}, image.Pt(138, 98)},
		{5, tileAt{5, 0, 0}, image.Pt(35, 25)},
		{11, tileAt{11, 0, 0}, image.Pt(1, 1)},
	} {
		t.Run(fmt.Sprint(c.tile), func(t *testing.T) {
			got, err := tilesFor(t, speckled(w, h)).tile(t.Context(), c.tile.z, c.tile.col, c.tile.row)
			if err != nil {
				t.Fatal(err)
			}
			if d := apart(t, got, plainTile(w, h, c.tile, c.size)); d != 0 {
				t.Errorf("differs by %d", d)
			}
		})
	}
}

// TestTilesFromFour makes every tile from finer ones that are kept. Each step rounds
// to half a step of grey, and always up: three steps stay within two.
func TestTilesFromFour(t *testing.T) {
	const w, h = 2101, 1033
	var reads atomic.Int64
	slide := synth.Hook(speckled(w, h), func(context.Context, int, image.Rectangle) error {
		reads.Add(1)
		return nil
	})
	made, alone := tilesFor(t, slide), speckled(w, h)
	for z := range 4 {
		before := reads.Load()
		for _, at := range allTiles(made, z) {
			got, err := made.tile(t.Context(), z, at.col, at.row)
			if err != nil {
				t.Fatal(err)
			}
			want, err := tilesFor(t, alone).tile(t.Context(), z, at.col, at.row)
			if err != nil {
				t.Fatal(err)
			}
			if d := apart(t, got, want); d > z/2+1 || z == 0 && d > 0 {
				t.Errorf("%v differs by %d", at, d)
			}
		}
		if n := reads.Load() - before; z > 0 && n > 0 {
			t.Errorf("level %d was read %d times", z, n)
		}
	}
}

func allTiles(s *tiles, z int) (all []tileAt) {
	for row := 0; s.size(tileAt{z, 0, row}).X > 0; row++ {
		for col := 0; s.size(tileAt{z, col, row}).X > 0; col++ {
			all = append(all, tileAt{z, col, row})
		}
	}
	return all
}

// TestTilesOfTheFilesLevels: where the file has the level, its own pixels are shown,
// also when finer tiles are kept.
func TestTilesOfTheFilesLevels(t *testing.T) {
	shape := synth.Shape{Width: 2048, Height: 2048, Downsamples: []float64{1, 4}}
	slide := synth.NewExact("levels", shape, func(level, _, _ int) color.RGBA { return color.RGBA{byte(100 * level), 0, 0, 255} })
	made := tilesFor(t, slide)
	for z, want := range []byte{0, 0, 100, 100} {
		for _, at := range allTiles(made, z) {
			m, err := made.tile(t.Context(), z, at.col, at.row)
			if err != nil || m.Pix[0] != want || m.Pix[len(m.Pix)-4] != want {
				t.Errorf("%v: %v, error %v; want %d", at, m.Pix[:4], err, want)
			}
		}
	}
}

// TestTilesDoNotDrift shows a slide of slopes, whose levels are not quite halved, far
// from its origin.
func TestTilesDoNotDrift(t *testing.T) {
	slope := func(v float64) float64 { return math.Abs(math.Mod(v, 508) - 254) }
	shape := synth.Shape{Width: 80000, Height: 60000, Downsamples: []float64{1, 2.0007, 4.00003, 15.997}}
	slide := synth.NewExact("slopes", shape, func(level, x, y int) color.RGBA {
		d := shape.Downsamples[level]
		return color.RGBA{byte(slope((float64(x)+0.5)*d) + 0.5), byte(slope((float64(y)+0.5)*d) + 0.5), 0, 255}
	})
	made := tilesFor(t, slide)
	for z := range 5 {
		t.Run(fmt.Sprint(z), func(t *testing.T) {
			scale := 1 << z
			col, row := 70000/tileSide/scale, 50000/tileSide/scale
			m, err := made.tile(t.Context(), z, col, row)
			if err != nil {
				t.Fatal(err)
			}
			for i := range tileSide {
				X := (float64(col*tileSide+i) + 0.5) * float64(scale)
				Y := (float64(row*tileSide+i) + 0.5) * float64(scale)
				near := func(v float64) bool { // to where slopes turn, and means are not what lies in the middle
					d := math.Mod(v, 254)
					return min(d, 254-d) < float64(2*scale)
				}
				c := m.RGBAAt(i, i)
				if !near(X) && math.Abs(float64(c.R)-slope(X)) > 1 || !near(Y) && math.Abs(float64(c.G)-slope(Y)) > 1 {
					t.Fatalf("pixel %d shows %v, want %.1f, %.1f", i, c, slope(X), slope(Y))
				}
			}
		})
	}
}

func TestTilesThatAreNone(t *testing.T) {
	made := tilesFor(t, speckled(512, 300))
	for _, at := range []tileAt{{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}, {0, 2, 0}, {0, 0, 2}, {1, 1, 0}, {31, 0, 0}, {0, math.MaxInt, 0}} {
		if m, err := made.tile(t.Context(), at.z, at.col, at.row); err == nil {
			t.Errorf("%v is %v", at, m.Rect)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := made.tile(ended, 0, 0, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}

// TestTilesOfADamagedPlace: its error names the region and is kept for a while; the
// other tiles are there.
func TestTilesOfADamagedPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		slide := synth.Hook(speckled(1024, 1024), func(_ context.Context, _ int, r image.Rectangle) error {
			if r.Overlaps(image.Rect(600, 600, 610, 610)) {
				reads++
				return slideio.ErrCorrupt
			}
			return nil
		})
		made := tilesFor(t, slide)
		for range 3 {
			_, err := made.tile(t.Context(), 0, 2, 2)
			region := (*slideio.RegionError)(nil)
			if !errors.As(err, &region) || !region.Rect.Overlaps(image.Rect(600, 600, 610, 610)) || !errors.Is(err, slideio.ErrCorrupt) {
				t.Fatalf("error %v", err)
			}
		}
		if reads != 1 {
			t.Errorf("read %d times", reads)
		}
		time.Sleep(2 * failureLasts)
		if made.tile(t.Context(), 0, 2, 2); reads != 2 {
			t.Errorf("later it was read %d times", reads)
		}
		if _, err := made.tile(t.Context(), 0, 1, 1); err != nil {
			t.Errorf("beside: %v", err)
		}
	})
}

func TestPictureAndThumbnail(t *testing.T) {
	made := tilesFor(t, synth.Gradient("gradient", synth.Shape{Width: 3000, Height: 1000, Bounds: image.Rect(0, 0, 3000, 1000)}))
	m, err := made.thumbnail(t.Context(), 300)
	if err != nil || m.Rect.Size() != image.Pt(300, 100) {
		t.Fatalf("thumbnail %v, error %v", m.Rect, err)
	}
	if c := m.RGBAAt(150, 50); c.R < 126 || c.R > 130 || c.G < 126 || c.G > 130 {
		t.Errorf("middle of the thumbnail is %v", c)
	}
	m, err = made.picture(t.Context(), slideio.Rect{X: -100, Y: 0, W: 200, H: 100}, 20, 10)
	if err != nil || m.RGBAAt(0, 0) != (color.RGBA{255, 255, 255, 255}) || m.RGBAAt(19, 0).R > 10 {
		t.Errorf("picture %v, error %v", m, err)
	}
	for _, side := range []int{0, -1} {
		if _, err := made.thumbnail(t.Context(), side); err == nil {
			t.Errorf("a thumbnail of %d", side)
		}
	}
	if _, err := made.picture(t.Context(), slideio.Rect{W: 1, H: 1}, 1<<20, 1<<20); err == nil {
		t.Error("a picture of a million pixels along each side")
	}
}

// TestKeptPictures: slides share the memory, and one that is closed leaves it.
func TestKeptPictures(t *testing.T) {
	kept, q := newKeptPictures(), new(quiet)
	first, second := newTiles(speckled(512, 512), kept, q.gate), newTiles(synth.Flat("white", synth.Shape{Width: 8192, Height: 8192}, color.RGBA{255, 255, 255, 255}), kept, q.gate)
	a, err := first.tile(t.Context(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := second.tile(t.Context(), 0, 0, 0)
	if err != nil || apart(t, a, b) == 0 {
		t.Errorf("slides show each other's tiles, error %v", err)
	}
	for _, at := range allTiles(second, 0)[:keptTiles] {
		if _, err := second.tile(t.Context(), 0, at.col, at.row); err != nil {
			t.Fatal(err)
		}
	}
	if n := kept.all.Len(); n != keptTiles || kept.get(first, tileAt{}) != nil {
		t.Errorf("%d tiles are kept", n)
	}
	if second.close(); kept.all.Len() != 0 {
		t.Errorf("%d tiles are kept of a closed slide", kept.all.Len())
	}
}
