package overlay

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zoomscope/engine/result"
)

// TestCellsAreThePatches takes random places within and around the level, and
// every corner of a patch: the cell over a place has the colour of the patch
// that holds it.
func TestCellsAreThePatches(t *testing.T) {
	for i, l := range layouts() {
		r := l.grow(uint64(i))
		m := New(r)
		for level := range r.Levels {
			t.Run(fmt.Sprintf("%s %gx", l.name, l.mags[level]), func(t *testing.T) {
				checkCells(t, m, r.Levels[level], level, Settings{Kind: Pooled, Scale: Percentile})
			})
		}
	}
}

func checkCells(t *testing.T, m *Model, l result.Level, level int, s Settings) {
	t.Helper()
	img, area, err := m.Cells(level, s)
	if err != nil {
		t.Fatal(err)
	}
	if img.Rect.Min != (image.Point{}) || img.Stride != 4*img.Rect.Dx() {
		t.Fatalf("picture of %v, stride %d: not tight", img.Rect, img.Stride)
	}
	shade := shades(t, l, s)
	for _, at := range places(l, area) {
		x, y := at[0], at[1]
		want := holder(l.Patches, x, y)
		if got := cellAt(img, area, x, y); got != shade(want) {
			t.Fatalf("%v, %v: colour %v, that of patch %d is %v", x, y, got, want, shade(want))
		}
		hit, ok := m.At(level, x, y)
		if ok != (want >= 0) || ok && hit.Patch != want {
			t.Fatalf("%v, %v: patch %d (%v), want %d", x, y, hit.Patch, ok, want)
		}
	}
}

// places are random ones in and about area, and, just beside them, all corners
// of patches.
func places(l result.Level, area result.Rect) [][2]float64 {
	rng := rand.New(rand.NewPCG(5, 5))
	var at [][2]float64
	for range 2000 {
		at = append(at, [2]float64{area.X + area.Width*(1.2*rng.Float64()-0.1), area.Y + area.Height*(1.2*rng.Float64()-0.1)})
	}
	for _, p := range l.Patches[:min(len(l.Patches), 100)] {
		for _, x := range []float64{p.X, p.X + p.Size, math.Nextafter(p.X, -1e9), math.Nextafter(p.X+p.Size, -1e9)} {
			for _, y := range []float64{p.Y, p.Y + p.Height, math.Nextafter(p.Y, -1e9), math.Nextafter(p.Y+p.Height, -1e9)} {
				at = append(at, [2]float64{x, y})
			}
		}
	}
	return at
}

// cellAt is the colour over a place of a picture stretched over area: that of
// the pixel whose edges, worked out from the far side, hold it.
func cellAt(img *image.RGBA, area result.Rect, x, y float64) color.RGBA {
	index := func(v, origin, extent float64, n int) int {
		side := extent / float64(n)
		for i := range n {
			if v >= origin+float64(i)*side && v < origin+float64(i+1)*side {
				return i
			}
		}
		return -1
	}
	return img.RGBAAt(index(x, area.X, area.Width, img.Rect.Dx()), index(y, area.Y, area.Height, img.Rect.Dy()))
}

// TestCellsOverPixels stretches the cells over level 0, pixel by pixel, and
// compares with each patch painted in turn, at settings of every kind.
func TestCellsOverPixels(t *testing.T) {
	l := layout{"", []float64{5, 10, 20}, -8, 12, 32, 24, 5, 4, 5, false}
	r := l.grow(9)
	m := New(r)
	for _, s := range []Settings{
		{}, {Kind: Zoom}, {Scale: Percentile}, {Kind: Zoom, Scale: Percentile, ColorMap: "cividis"},
	} {
		for level := range 2 {
			img, area, err := m.Cells(level, s)
			if err != nil {
				t.Fatal(err)
			}
			want := painted(t, r.Levels[level], s)
			for y := range want.Rect.Dy() {
				for x := range want.Rect.Dx() {
					place := want.Rect.Min.Add(image.Pt(x, y))
					got := cellAt(img, area, float64(place.X)+0.5, float64(place.Y)+0.5)
					if got != want.RGBAAt(place.X, place.Y) {
						t.Fatalf("%+v, level %d, pixel %v: %v, painted %v", s, level, place, got, want.RGBAAt(place.X, place.Y))
					}
				}
			}
		}
	}
}

func painted(t *testing.T, l result.Level, s Settings) *image.RGBA {
	img := image.NewRGBA(image.Rect(-20, 0, 200, 130))
	shade := shades(t, l, s)
	for i, p := range l.Patches {
		for y := int(p.Y); y < int(p.Y+p.Height); y++ {
			for x := int(p.X); x < int(p.X+p.Size); x++ {
				img.SetRGBA(x, y, shade(i))
			}
		}
	}
	return img
}

// TestCellsOfAnySize are of bounded size however many patches there are.
func TestCellsOfAnySize(t *testing.T) {
	far := func(x, y, side float64) result.Level {
		patches := []result.Patch{{Size: side, Height: side}, {X: x, Y: y, Size: side, Height: side, Attention: 1}}
		return result.Level{Magnification: 5, Patches: patches}
	}
	for name, c := range map[string]struct {
		level result.Level
		size  image.Point
	}{
		"empty":      {result.Level{Magnification: 5}, image.Pt(1, 1)},
		"far apart":  {far(1<<24, 256, 256), image.Pt(4096, 1)}, // a row of 65 537 cells
		"many cells": {far(3000, 3000, 1), image.Pt(3001, 3001)},
		"a grid":     {far(1024, 2048, 512), image.Pt(3, 5)},
		"no grid":    {far(1000, 700, 512), image.Pt(47, 38)}, // 16 pixels to 512
		"no size":    {far(0, 0, 0), image.Pt(1, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			img, area, err := New(&result.Result{Levels: []result.Level{c.level}}).Cells(0, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			if img.Rect.Size() != c.size {
				t.Errorf("picture of %v, want %v", img.Rect.Size(), c.size)
			}
			if !(area.Width >= 0 && area.Height >= 0) {
				t.Errorf("area %v", area)
			}
		})
	}
}

// TestCellsOffGrid compares the picture of patches on no grid with the patch
// under the middle of each of its pixels, away from edges.
func TestCellsOffGrid(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	l := result.Level{Magnification: 10}
	for i := range 40 {
		x, y := float64(i%8)*300+rng.Float64()*90, float64(i/8)*300+rng.Float64()*90
		l.Patches = append(l.Patches, result.Patch{X: x, Y: y, Size: 200, Height: 180, Attention: float64(i), Parent: -1})
	}
	m := New(&result.Result{Levels: []result.Level{l}})
	if m.levels[0].grid != nil {
		t.Fatal("found a grid where there is none")
	}
	img, area, err := m.Cells(0, Settings{Scale: Percentile})
	if err != nil {
		t.Fatal(err)
	}
	shade := shades(t, l, Settings{Scale: Percentile})
	sx, sy := area.Width/float64(img.Rect.Dx()), area.Height/float64(img.Rect.Dy())
	inner, edges := 0, 0
	for py := range img.Rect.Dy() {
		for px := range img.Rect.Dx() {
			x, y := area.X+(float64(px)+0.5)*sx, area.Y+(float64(py)+0.5)*sy
			i := holder(l.Patches, x, y)
			if !inside(l.Patches, x, y, sx, sy) {
				edges++
				continue
			}
			inner++
			if !alike(img.RGBAAt(px, py), shade(i)) {
				t.Fatalf("pixel %d, %d: %v, patch %d is %v", px, py, img.RGBAAt(px, py), i, shade(i))
			}
			if hit, ok := m.At(0, x, y); ok != (i >= 0) || hit.Patch != max(i, 0) {
				t.Fatalf("pixel %d, %d: patch %d, want %d", px, py, hit.Patch, i)
			}
		}
	}
	if inner < 2*edges {
		t.Errorf("%d pixels within patches, %d at edges: too coarse", inner, edges)
	}
}

// inside reports whether the corners of the box of half sides dx, dy about a
// place are all in one patch, or in none.
func inside(patches []result.Patch, x, y, dx, dy float64) bool {
	i := holder(patches, x, y)
	return holder(patches, x-dx, y-dy) == i && holder(patches, x+dx, y-dy) == i &&
		holder(patches, x-dx, y+dy) == i && holder(patches, x+dx, y+dy) == i
}

// alike allows for sums in float32.
func alike(a, b color.RGBA) bool {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 1 }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B) && near(a.A, b.A)
}

// TestCellsOverlap: where patches lie on each other there is no grid.
func TestCellsOverlap(t *testing.T) {
	l := result.Level{Magnification: 5, Patches: []result.Patch{
		{Size: 64, Height: 64, Attention: 1}, {Size: 64, Height: 64}, {X: 64, Size: 64, Height: 64},
	}}
	if newLattice(l.Patches) != nil {
		t.Error("two patches share a cell")
	}
	if h, ok := New(&result.Result{Levels: []result.Level{l}}).At(0, 5, 5); !ok || h.Patch != 0 {
		t.Errorf("hit %+v, %v", h, ok)
	}
}

// TestLatticeOfRoundedPlaces: a program that rounds to whole pixels keeps its grid.
func TestLatticeOfRoundedPlaces(t *testing.T) {
	const side = 507.936
	var patches []result.Patch
	for i := range 60 {
		patches = append(patches, result.Patch{
			X: math.Round(float64(i%10) * side), Y: math.Round(float64(i/10) * side), Size: side, Height: side,
		})
	}
	if g := newLattice(patches); g == nil || g.columns != 10 || g.rows != 6 {
		t.Fatalf("lattice %+v", g)
	}
	patches[37].X += 3
	if newLattice(patches) != nil {
		t.Error("a patch three pixels off counts as on the grid")
	}
}

// TestAlong takes edges, and what is just before them, of grids whose corner and
// side are no exact numbers: each belongs to the interval that it begins.
func TestAlong(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n = 500
	for range 200 {
		origin, side := 4000*(rng.Float64()-0.5), 0.1+2000*rng.Float64()
		for i := range n {
			edge := origin + float64(i)*side
			if got := along(edge, origin, side, n); got != i {
				t.Fatalf("%v from %v by %v: interval %d, want %d", edge, origin, side, got, i)
			}
			if got := along(math.Nextafter(edge, -1e9), origin, side, n); got != i-1 {
				t.Fatalf("before %v from %v by %v: interval %d, want %d", edge, origin, side, got, i-1)
			}
		}
	}
}

func TestCellsErrors(t *testing.T) {
	m := New(layouts()[0].grow(1))
	for _, s := range []Settings{{ColorMap: "jet"}, {Scale: "log"}, {Kind: "mean"}} {
		if img, _, err := m.Cells(0, s); err == nil || img != nil {
			t.Errorf("%+v: no error", s)
		}
		if l := m.Legend(0, s); l.Patches != 0 || l.Shade(1) != (color.RGBA{}) {
			t.Errorf("%+v: legend %+v", s, l)
		}
	}
}

// TestCellsAreKept: the same settings give the same picture, others another, and
// what is no matter of the picture makes none.
func TestCellsAreKept(t *testing.T) {
	m := New(layouts()[0].grow(1))
	cells := func(level int, s Settings) *image.RGBA {
		img, _, err := m.Cells(level, s)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	plain := cells(1, Settings{})
	same := DefaultSettings()
	if cells(1, same) != plain || cells(1, Settings{Opacity: 0.2, Outlines: true, Level: 2}) != plain {
		t.Error("the same look is made twice")
	}
	if slices.Equal(cells(1, Settings{Kind: Zoom}).Pix, plain.Pix) || slices.Equal(cells(1, Settings{ColorMap: "cividis"}).Pix, plain.Pix) {
		t.Error("another look is the same picture")
	}
	if cells(2, Settings{Kind: Zoom}) != cells(2, Settings{}) {
		t.Error("the highest magnification has no zoom attention, and is drawn twice")
	}
}

// TestCellsLetGo: pictures beyond what is kept are dropped, the newest stays.
func TestCellsLetGo(t *testing.T) {
	side := 2000.0
	level := result.Level{Magnification: 5, Patches: []result.Patch{
		{Size: 1, Height: 1, ZoomAttention: 1}, {X: side, Y: side, Size: 1, Height: 1, Attention: 1},
	}}
	m := New(&result.Result{Levels: []result.Level{level}})
	for _, s := range []Settings{
		{}, {Kind: Zoom}, {Scale: Percentile}, {Kind: Zoom, Scale: Percentile}, {ColorMap: "cividis"},
	} {
		img, _, err := m.Cells(0, s)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, _ := m.Cells(0, s); again != img {
			t.Errorf("%+v: the newest picture was dropped", s)
		}
		if m.pixels > maxKept {
			t.Errorf("%d pixels kept", m.pixels)
		}
	}
	if len(m.looks) >= 5 {
		t.Error("nothing was dropped")
	}
}

func BenchmarkCells(b *testing.B) {
	l := layout{"", []float64{10, 20}, 0, 0, 1015.873, 1015.873, 40, 24, 300, false} // some 640 patches, 300 zoomed into
	r := l.grow(1)
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			New(r)
		}
	})
	b.Run("cells", func(b *testing.B) {
		for b.Loop() {
			m := New(r)
			for level := range r.Levels {
				if _, _, err := m.Cells(level, Settings{Scale: Percentile}); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("path", func(b *testing.B) {
		for b.Loop() {
			New(r).Path()
		}
	})
	b.Run("at", func(b *testing.B) {
		m := New(r)
		for b.Loop() {
			m.At(1, 20000, 12000)
		}
	})
}
