package viewer

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"zoomscope/engine/result"
)

// viewW and viewH are the view of pixel tests: small, for every pixel is looked at.
const viewW, viewH = 190, 130

// block is the side, in level-0 pixels, of the squares of one colour in blocks.
const block = 128

// blockColour differs clearly between neighbours; none is blue.
func blockColour(col, row int) color.RGBA {
	h := uint32(col)*2654435761 ^ uint32(row)*2246822519
	h ^= h >> 15
	h *= 2654435761
	return color.RGBA{uint8(h >> 24), uint8(h >> 16), uint8(64 * ((col&1)*2 + row&1)), 255}
}

func blocks(width, height int) painted {
	return painted{width, height, func(x, y int) color.RGBA { return blockColour(x/block, y/block) }}
}

// cameras are what pixel tests look at: zooms below and above a level's own, at two
// offsets each, one of them over the slide's edge.
func cameras() []Camera {
	var all []Camera
	for _, zoom := range []float64{0.0311, 0.25, 0.3, 0.77, 1, 1.4, 3, 8} {
		all = append(all, Camera{4111.3, 2907.9, zoom}, Camera{170 / zoom, 90.5 / zoom, zoom})
	}
	return all
}

// each calls f for every pixel of the view with the places which a device pixel to
// each side of it shows: where all have one colour, the pixel must have it.
func each(p projection, f func(x, y int, from, to [2]float64)) {
	exact := func(c, o float64) float64 { return (c + o) / p.zoom }
	for y := range p.h {
		for x := range p.w {
			f(x, y,
				[2]float64{exact(float64(x)-1, p.ox), exact(float64(y)-1, p.oy)},
				[2]float64{exact(float64(x)+2, p.ox), exact(float64(y)+2, p.oy)})
		}
	}
}

// exactly is the projection without its rounding: the truth that pixels are held
// against.
func exactly(c Camera, w, h int) projection {
	return projection{zoom: c.Zoom, w: w, h: h, ox: c.X*c.Zoom - float64(w)/2, oy: c.Y*c.Zoom - float64(h)/2}
}

// oneCell tells which square of a grid holds all of a box; ok is false where an edge
// runs through it.
func oneCell(from, to [2]float64, origin [2]float64, w, h float64) (col, row int, ok bool) {
	c0, c1 := math.Floor((from[0]-origin[0])/w), math.Floor((to[0]-origin[0])/w)
	r0, r1 := math.Floor((from[1]-origin[1])/h), math.Floor((to[1]-origin[1])/h)
	return int(c0), int(r0), c0 == c1 && r0 == r1
}

// near tells whether no channel differs by more than most.
func near(a, b color.RGBA, most uint8) bool {
	off := func(x, y uint8) bool { return max(x, y)-min(x, y) > most }
	return !off(a.R, b.R) && !off(a.G, b.G) && !off(a.B, b.B)
}

// TestSlidePixels holds every pixel of the view against the slide: it must show what
// lies within one device pixel of it. Where tiles are shrunk or magnified smoothly a
// tile's pixel more is blended in.
func TestSlidePixels(t *testing.T) {
	const width, height = 8200, 6100
	b := show(t, viewW, viewH, 1, Options{})
	b.SetSource(blocks(width, height), nil)
	b.SetFurniture(false)
	for _, c := range cameras() {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			b.SetCamera(c)
			b.settle(t)
			blend := float64(int(1) << b.slide.level(c.Zoom))
			for name, m := range map[string]*image.RGBA{"window": b.capture(), "snapshot": b.Snapshot()} {
				checked := 0
				each(exactly(b.Camera(), viewW, viewH), func(x, y int, from, to [2]float64) {
					from[0], from[1], to[0], to[1] = from[0]-blend, from[1]-blend, to[0]+blend, to[1]+blend
					col, row, ok := oneCell(from, to, [2]float64{}, block, block)
					if !ok || to[0] > width || to[1] > height || t.Failed() {
						return
					}
					checked++
					want := blockColour(col, row)
					if col < 0 || row < 0 {
						want = b.groundColour()
					}
					if got := m.RGBAAt(x, y); !near(got, want, 1) {
						t.Errorf("%s: pixel %d,%d is %v, want %v", name, x, y, got, want)
					}
				})
				// Below a few pixels a block there is nothing but edges.
				if c.Zoom > 0.2 && checked < viewW*viewH/4 {
					t.Errorf("%s: only %d pixels checked", name, checked)
				}
			}
		})
	}
}

// TestLayerPixels holds the layer against the slide in the same way, over cells from
// parts of a pixel to larger than the view.
func TestLayerPixels(t *testing.T) {
	b := show(t, viewW, viewH, 1, Options{})
	b.SetSource(plain(8200, 6100, color.RGBA{1, 2, 3, 255}), nil)
	b.SetFurniture(false)
	for _, side := range []float64{64, 333.25, 2048} {
		area := result.Rect{X: -100.5, Y: 77, Width: 40 * side, Height: 30 * side}
		cells := image.NewRGBA(image.Rect(0, 0, 40, 30))
		for y := range 30 {
			for x := range 40 {
				cells.SetRGBA(x, y, blockColour(x, y))
			}
		}
		opacity := 1.0
		if side != 64 {
			opacity = 0.5
		}
		b.SetLayer(&Layer{Cells: cells, Area: area, Opacity: opacity})
		for _, c := range cameras() {
			if side*c.Zoom < 4 {
				continue
			}
			t.Run(fmt.Sprint(side, opacity, c), func(t *testing.T) {
				b.SetCamera(c)
				b.settle(t)
				b.checkLayer(t, area, side, opacity)
			})
		}
	}
}

func (b *bench) checkLayer(t *testing.T, area result.Rect, side, opacity float64) {
	for name, m := range map[string]*image.RGBA{"window": b.capture(), "snapshot": b.Snapshot()} {
		checked := 0
		each(exactly(b.Camera(), viewW, viewH), func(x, y int, from, to [2]float64) {
			col, row, ok := oneCell(from, to, [2]float64{area.X, area.Y}, side, side)
			off := from[0] < 0 || from[1] < 0 || to[0] > 8200 || to[1] > 6100
			if !ok || off || col < 0 || row < 0 || col >= 40 || row >= 30 || t.Failed() {
				return
			}
			checked++
			want := blockColour(col, row)
			mix := func(v, ground uint8) uint8 { return uint8(opacity*float64(v) + (1-opacity)*float64(ground)) }
			want = color.RGBA{mix(want.R, 1), mix(want.G, 2), mix(want.B, 3), 255}
			if got := m.RGBAAt(x, y); !near(got, want, 2) {
				t.Errorf("%s: pixel %d,%d is %v, want %v (cell %d,%d)", name, x, y, got, want, col, row)
			}
		})
		if checked == 0 {
			t.Skip("nothing but edges and places beside the slide")
		}
	}
}

// TestNoSeams wants one colour all over the slide, at scales and zooms at which edges
// do not fall on whole pixels by themselves.
func TestNoSeams(t *testing.T) {
	ground := color.RGBA{200, 120, 40, 255}
	r := rand.New(rand.NewPCG(7, 7))
	for _, scale := range []float32{1, 1.1, 1.25, 1.5, 1.75, 2} {
		t.Run(fmt.Sprint(scale), func(t *testing.T) {
			b := show(t, 300, 200, scale, Options{})
			b.SetSource(plain(100000, 100000, ground), nil)
			b.SetFurniture(false)
			for range 6 {
				b.SetCamera(Camera{20000 + r.Float64()*50000, 20000 + r.Float64()*50000, 0.05 + r.Float64()*2})
				b.settle(t)
				m := b.capture()
				for y := 1; y < m.Bounds().Dy()-2; y++ {
					for x := 1; x < m.Bounds().Dx()-2; x++ {
						if got := m.RGBAAt(x, y); !near(got, ground, 1) {
							t.Fatalf("%v: pixel %d,%d is %v", b.Camera(), x, y, got)
						}
					}
				}
			}
		})
	}
}

// TestOutlinePixels looks for the marker's line along the inner edge of the area, and
// for the halo on both its sides.
func TestOutlinePixels(t *testing.T) {
	b := show(t, viewW, viewH, 1, Options{})
	b.SetSource(plain(8200, 6100, color.RGBA{200, 30, 200, 255}), nil)
	b.SetFurniture(false)
	area := result.Rect{X: 3000, Y: 3000, Width: 80, Height: 40}
	b.SetOutlines([]Outline{{area, Selected}})
	for _, zoom := range []float64{0.5, 1, 1.7, 2} {
		b.SetCamera(Camera{3040, 3020, zoom})
		b.settle(t)
		x, y := b.proj.x(area.X), b.proj.y(area.Y+area.Height/2)
		for name, m := range map[string]*image.RGBA{"window": b.capture(), "snapshot": b.Snapshot()} {
			want := []uint8{200, 255, 0, 0, 255, 200} // red: slide, halo, line, line, halo, slide
			for i, v := range want {
				if got := m.RGBAAt(x-2+i, y).R; got != v {
					t.Errorf("zoom %v, %s: red is %d at %d from the edge, want %d", zoom, name, got, i-2, v)
				}
			}
		}
	}
}

func TestLargeSlideAtItsEnds(t *testing.T) {
	src := painted{100000, 100000, func(x, y int) color.RGBA { return color.RGBA{uint8(x / 400), uint8(y / 400), 0, 255} }}
	b := show(t, 300, 200, 1, Options{})
	b.SetSource(src, nil)
	b.SetFurniture(false)
	for _, c := range []Camera{{99990, 99990, 8}, {0, 99999, 1}, {99000, 50, 0.5}, {50000, 50000, 0.002}} {
		b.SetCamera(c)
		b.settle(t)
		m := b.capture()
		x, y := b.proj.place(100, 70)
		want := src.at(int(x), int(y))
		if x < 0 || y < 0 || x >= 100000 || y >= 100000 {
			want = b.groundColour()
		}
		if got := m.RGBAAt(100, 70); !near(got, want, 3) {
			t.Errorf("%v: %v, want %v", c, got, want)
		}
	}
}
