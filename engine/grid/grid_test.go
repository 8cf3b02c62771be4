package grid

import (
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zoomscope/slideio"
)

func mustNew(t *testing.T, g Geometry, magnifications []float64, patchSize int) *Grid {
	t.Helper()
	grid, err := New(g, magnifications, patchSize)
	if err != nil {
		t.Fatal(err)
	}
	return grid
}

func square(side int, mpp float64) Geometry {
	return Geometry{Bounds: image.Rect(0, 0, side, side), MPPX: mpp, MPPY: mpp}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name           string
		g              Geometry
		magnifications []float64
		patch          int
		columns, rows  []int
		sideX, sideY   []float64
	}{
		{
			"40x, whole patches", square(8192*3, 0.25), []float64{1.25, 2.5, 10}, 256,
			[]int{3, 6, 24}, []int{3, 6, 24}, []float64{8192, 4096, 1024}, []float64{8192, 4096, 1024},
		},
		{
			"one pixel more", square(8192*3+1, 0.25), []float64{1.25, 2.5}, 256,
			[]int{4, 8}, []int{4, 8}, []float64{8192, 4096}, []float64{8192, 4096},
		},
		{
			"one pixel less", square(8192*3-1, 0.25), []float64{1.25, 2.5}, 256,
			[]int{3, 6}, []int{3, 6}, []float64{8192, 4096}, []float64{8192, 4096},
		},
		{
			"one pixel", square(1, 0.25), []float64{1.25, 20}, 256,
			[]int{1, 16}, []int{1, 16}, []float64{8192, 512}, []float64{8192, 512},
		},
		{
			"pixels not square", Geometry{image.Rect(0, 0, 10000, 10000), 0.25, 0.5}, []float64{5, 10}, 256,
			[]int{5, 10}, []int{10, 20}, []float64{2048, 1024}, []float64{1024, 512},
		},
		{
			"bounds", Geometry{image.Rect(-50, 1000, 2000, 3049), 0.5, 0.5}, []float64{5, 10, 20}, 256,
			[]int{3, 6, 12}, []int{3, 6, 12}, []float64{1024, 512, 256}, []float64{1024, 512, 256},
		},
		{
			"five magnifications, ratios 2 2 4 3", square(50_000, 0.25), []float64{0.5, 1, 2, 8, 24}, 64,
			[]int{10, 20, 40, 160, 480}, []int{10, 20, 40, 160, 480},
			[]float64{5120, 2560, 1280, 320, 320. / 3}, []float64{5120, 2560, 1280, 320, 320. / 3},
		},
		{
			"0.2522", square(40_000, 0.2522), []float64{5, 10}, 256,
			[]int{20, 40}, []int{20, 40}, []float64{512 / 0.2522, 256 / 0.2522}, []float64{512 / 0.2522, 256 / 0.2522},
		},
		{
			"0.2522, whole patches", square(int(math.Round(256*32/0.2522)), 0.2522), []float64{10, 20}, 256,
			[]int{32, 64}, []int{32, 64}, []float64{256 / 0.2522, 128 / 0.2522}, []float64{256 / 0.2522, 128 / 0.2522},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := mustNew(t, c.g, c.magnifications, c.patch)
			if g.Levels() != len(c.magnifications) || g.PatchSize() != c.patch || g.Geometry() != c.g {
				t.Fatalf("%d levels of %d pixels on %v", g.Levels(), g.PatchSize(), g.Geometry())
			}
			for i := range g.Levels() {
				l := g.Level(i)
				if l.Magnification != c.magnifications[i] || l.Columns != c.columns[i] || l.Rows != c.rows[i] {
					t.Errorf("level %d: %+v, want %d x %d", i, l, c.columns[i], c.rows[i])
				}
				if math.Abs(l.SideX-c.sideX[i]) > 1e-6 || math.Abs(l.SideY-c.sideY[i]) > 1e-6 {
					t.Errorf("level %d: sides %v, %v, want %v, %v", i, l.SideX, l.SideY, c.sideX[i], c.sideY[i])
				}
			}
		})
	}
}

// TestTiling checks on grids of random geometry that neighbours share edges bit
// for bit, that children tile their parent exactly and in order, and that the
// grid covers the bounds with no column or row to spare.
func TestTiling(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	ladders := [][]float64{{5, 10}, {1.25, 2.5, 10}, {5, 10, 20}, {2.5, 10, 30}, {0.625, 1.25, 2.5, 5, 20}, {10. / 3, 10, 20}, {40}}
	for i := range 60 {
		g := Geometry{MPPX: 0.1 + rng.Float64()/2, MPPY: 0.1 + rng.Float64()/2}
		if i%3 == 0 {
			g.MPPX, g.MPPY = 0.2522, 0.2522
		}
		x, y := rng.IntN(40_000)-1000, rng.IntN(40_000)-1000
		g.Bounds = image.Rect(x, y, x+1+rng.IntN(120_000), y+1+rng.IntN(120_000))
		ladder := ladders[i%len(ladders)]
		t.Run(fmt.Sprint(g, ladder), func(t *testing.T) { checkTiling(t, mustNew(t, g, ladder, 256), rng) })
	}
}

func checkTiling(t *testing.T, g *Grid, rng *rand.Rand) {
	b, area := g.Geometry().Bounds, g.Area()
	low := g.Level(0)
	if area.X != float64(b.Min.X) || area.Y != float64(b.Min.Y) {
		t.Errorf("area %v does not begin at %v", area, b.Min)
	}
	if area.Right() < float64(b.Max.X)-sliver || area.Bottom() < float64(b.Max.Y)-sliver {
		t.Errorf("area %v does not cover %v", area, b)
	}
	if area.Right()-low.SideX > float64(b.Max.X) || area.Bottom()-low.SideY > float64(b.Max.Y) {
		t.Errorf("area %v has a column or row too many for %v", area, b)
	}
	for level := range g.Levels() {
		l := g.Level(level)
		exact := float64(g.PatchSize()) * 10 / l.Magnification / g.Geometry().MPPX
		if math.Abs(l.SideX-exact) > 1e-6 {
			t.Errorf("level %d: side %v, want %v", level, l.SideX, exact)
		}
		for range 50 {
			c := Cell{rng.IntN(l.Columns), rng.IntN(l.Rows)}
			r := g.Rect(level, c)
			right, below := g.Rect(level, Cell{c.Column + 1, c.Row}), g.Rect(level, Cell{c.Column, c.Row + 1})
			if r.Right() != right.X || r.Bottom() != below.Y || r.Y != right.Y || r.X != below.X {
				t.Fatalf("level %d: %v and its neighbours %v, %v", level, r, right, below)
			}
			if level+1 < g.Levels() {
				checkChildren(t, g, level, c)
			}
		}
		last := g.Rect(level, Cell{l.Columns - 1, l.Rows - 1})
		if last.Right() != area.Right() || last.Bottom() != area.Bottom() {
			t.Errorf("level %d ends at %v, area at %v", level, last, area)
		}
	}
}

func checkChildren(t *testing.T, g *Grid, level int, c Cell) {
	t.Helper()
	f := g.Level(level + 1).Ratio
	parent := g.Rect(level, c)
	children := g.Children(level, []Cell{{0, 0}, c})
	if len(children) != 2*f*f {
		t.Fatalf("%d children of two at ratio %d", len(children), f)
	}
	for j, child := range children[f*f:] {
		r := g.Rect(level+1, child)
		row, column := j/f, j%f
		if g.Parent(level+1, child) != c {
			t.Fatalf("parent of %v is not %v", child, c)
		}
		if column == 0 && r.X != parent.X || row == 0 && r.Y != parent.Y ||
			column == f-1 && r.Right() != parent.Right() || row == f-1 && r.Bottom() != parent.Bottom() {
			t.Fatalf("child %d of %v is %v", j, parent, r)
		}
		if child != (Cell{c.Column*f + column, c.Row*f + row}) {
			t.Fatalf("child %d of %v is %v", j, c, child)
		}
	}
}

// TestChildrenOfSkippedLevel: two steps of 2 reach the same patches as one of 4,
// though in another order.
func TestChildrenOfSkippedLevel(t *testing.T) {
	g := square(30_000, 0.25)
	steps, leap := mustNew(t, g, []float64{2.5, 5, 10}, 256), mustNew(t, g, []float64{2.5, 10}, 256)
	parents := []Cell{{1, 2}, {3, 0}}
	a := steps.Children(1, steps.Children(0, parents))
	b := leap.Children(0, parents)
	if len(a) != 32 || len(b) != 32 {
		t.Fatalf("%d and %d patches", len(a), len(b))
	}
	for _, c := range b {
		if !slices.Contains(a, c) || steps.Rect(2, c) != leap.Rect(1, c) {
			t.Fatalf("%v", c)
		}
	}
}

func TestLowest(t *testing.T) {
	g := mustNew(t, Geometry{image.Rect(100, 200, 4100, 3200), 0.5, 0.5}, []float64{5, 10}, 256) // 4 x 3
	share := map[Cell]float64{{1, 0}: 0.1, {0, 1}: 0.5, {3, 2}: 0.0999, {2, 2}: 1}
	cover := func(r slideio.Rect) float64 {
		return share[Cell{int((r.X - 100) / 1024), int((r.Y - 200) / 1024)}]
	}
	cells, all := g.Lowest(cover, 0.1)
	if want := []Cell{{1, 0}, {0, 1}, {2, 2}}; all || !slices.Equal(cells, want) {
		t.Errorf("%v, all %v, want %v", cells, all, want)
	}
	cells, all = g.Lowest(func(slideio.Rect) float64 { return 0 }, 0.1)
	if !all || len(cells) != 12 || cells[1] != (Cell{1, 0}) || cells[11] != (Cell{3, 2}) {
		t.Errorf("nothing passes: %v, all %v", cells, all)
	}
	cells, all = g.Lowest(func(slideio.Rect) float64 { return 0 }, 0)
	if all || len(cells) != 12 {
		t.Errorf("threshold 0: %v, all %v", cells, all)
	}
	if got := slices.Collect(g.All(0)); !slices.Equal(got, cells) {
		t.Errorf("all %v", got)
	}
	for range g.All(1) {
		break // an iteration may end early
	}
}

// TestCoverage: tissue of known places on a grid of 4 x 3 patches of 1024 pixels.
func TestCoverage(t *testing.T) {
	g := mustNew(t, Geometry{image.Rect(100, 200, 4100, 3200), 0.5, 0.5}, []float64{5, 10}, 256)
	for _, c := range []struct {
		name      string
		share     map[Cell]float64
		threshold float64
		leftOut   float64
		warns     string
	}{
		{"all of it", map[Cell]float64{{1, 0}: 0.6, {2, 2}: 1}, 0.5, 0, ""},
		{"half in thin pieces", map[Cell]float64{{1, 0}: 1, {0, 1}: 0.25, {0, 2}: 0.25, {3, 2}: 0.5 - 1e-9, {2, 2}: 0.5}, 0.5, 0.4, "cover 60 % of the tissue"},
		{"the same with another threshold", map[Cell]float64{{1, 0}: 1, {0, 1}: 0.25, {0, 2}: 0.25, {3, 2}: 0.5 - 1e-9, {2, 2}: 0.5}, 0.1, 0, ""},
		{"little", map[Cell]float64{{1, 0}: 0.9, {0, 1}: 0.09}, 0.1, 1.0 / 11, ""},
		{"a little more", map[Cell]float64{{1, 0}: 0.8, {0, 1}: 0.0999}, 0.1, 0.0999 / 0.8999, "less than 10 % tissue"},
		{"nothing passes, so that all counts", map[Cell]float64{{1, 0}: 0.4, {0, 1}: 0.3}, 0.5, 0, ""},
		{"no tissue", nil, 0.5, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cover := func(r slideio.Rect) float64 {
				return c.share[Cell{int((r.X - 100) / 1024), int((r.Y - 200) / 1024)}]
			}
			cells, _ := g.Lowest(cover, c.threshold)
			got := g.Coverage(cover, c.threshold, cells)
			if math.Abs(got.LeftOut-c.leftOut) > 1e-8 || got.Threshold != c.threshold {
				t.Errorf("%+v, want %v left out", got, c.leftOut)
			}
			if text := got.Warning(); !strings.Contains(text, c.warns) || (text == "") != (c.warns == "") {
				t.Errorf("warning %q, want %q", text, c.warns)
			}
		})
	}
	if text := (Coverage{}).Warning(); text != "" {
		t.Errorf("the zero value warns: %q", text)
	}
}

func TestExhaustive(t *testing.T) {
	for _, c := range []struct {
		magnifications []float64
		n, want        int
	}{
		{[]float64{5}, 7, 7},
		{[]float64{5, 10, 20}, 10, 10 + 40 + 160},
		{[]float64{1.25, 2.5, 10}, 3, 3 + 12 + 192},
		{[]float64{10, 30}, 2, 2 + 18},
	} {
		g := mustNew(t, square(10_000, 0.25), c.magnifications, 256)
		if got := g.Exhaustive(c.n); got != c.want {
			t.Errorf("%v: %d of %d, want %d", c.magnifications, got, c.n, c.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	ok := square(10_000, 0.25)
	for _, c := range []struct {
		name           string
		g              Geometry
		magnifications []float64
		patch          int
		want           string
	}{
		{"no resolution", square(10_000, 0), []float64{5, 10}, 256, ErrNoResolution.Error()},
		{"NaN resolution", square(10_000, math.NaN()), []float64{5, 10}, 256, ErrNoResolution.Error()},
		{"infinite resolution", square(10_000, math.Inf(1)), []float64{5, 10}, 256, ErrNoResolution.Error()},
		{"no extent", square(0, 0.25), []float64{5, 10}, 256, "no extent"},
		{"no magnification", ok, nil, 256, "no magnification"},
		{"magnification 0", ok, []float64{0, 10}, 256, "not a positive number"},
		{"NaN magnification", ok, []float64{5, math.NaN()}, 256, "not a positive number"},
		{"infinite magnification", ok, []float64{5, math.Inf(1)}, 256, "not a positive number"},
		{"descending", ok, []float64{10, 5}, 256, "must be larger"},
		{"equal", ok, []float64{10, 10}, 256, "must be larger"},
		{"1.2 times", ok, []float64{10, 12}, 256, "must be larger"},
		{"2.5 times", ok, []float64{4, 10}, 256, "must be a whole factor"},
		{"factor too large", ok, []float64{1, 5000}, 256, "more than"},
		{"factors too large together", ok, []float64{1, 64, 4096}, 256, "more than"},
		{"no patch size", ok, []float64{5, 10}, 0, "patches of 0"},
		{"absurd patch size", ok, []float64{5, 10}, 1 << 20, "patches of"},
		{"too many patches", square(4_000_000, 0.25), []float64{40, 80}, 16, "too many"},
		{"slide too large", square(1<<30, 0.25), []float64{5, 10}, 256, "too large"},
		{"patches below a pixel", square(1000, 100), []float64{50, 100}, 16, "patches at 100x"},
		{"patches beyond any slide", square(1000, 1e-9), []float64{5, 10}, 256, "patches at 10x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.g, c.magnifications, c.patch)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	for _, side := range []int{1000, 100_000, 1_000_000} {
		mustNew(t, square(side, 0.25), []float64{1.25, 2.5, 5, 10, 20, 40}, 256)
	}
}

func TestGeometryOf(t *testing.T) {
	in := &slideio.Info{Path: "a.tif", Bounds: image.Rect(1, 2, 3, 4)}
	if _, err := GeometryOf(in); !errors.Is(err, ErrNoResolution) || !strings.HasPrefix(err.Error(), "a.tif: ") {
		t.Errorf("error %v", err)
	}
	in.Resolution = slideio.Stated(20)
	g, err := GeometryOf(in)
	if err != nil || g.Bounds != in.Bounds || g.MPPX != 0.5 || g.Magnification() != 20 {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		mpp      float64
		enlarged string
	}{
		{0.25, ""}, {0.2522, ""}, {0.499, " at 40x are"}, {1, " at 20x, 40x are"}, {20, " at 10x, 20x, 40x are"},
	} {
		g := mustNew(t, square(10_000, c.mpp), []float64{10, 20, 40}, 256)
		got := strings.Join(g.Warnings(), "|")
		if (got == "") != (c.enlarged == "") || !strings.Contains(got, c.enlarged) || strings.Contains(got, "|") {
			t.Errorf("%v um: %q, want one sentence with %q", c.mpp, got, c.enlarged)
		}
	}
}

func TestCentred(t *testing.T) {
	// 1000 x 530 at the top, patches of 32, three levels: padded to 1024 x 640.
	c, err := NewCentred(pictures(t, 2001, 1060, 8, 4, 2), 32)
	if err != nil {
		t.Fatal(err)
	}
	columns, rows := c.Size(0)
	if columns != 8 || rows != 5 || c.Padded(2) != image.Pt(1024, 640) || c.Padded(0) != image.Pt(256, 160) {
		t.Fatalf("%d x %d, padded %v", columns, rows, c.Padded(2))
	}
	if c.Offset(2) != image.Pt(12, 55) || c.Offset(0) != image.Pt(3, 14) {
		t.Errorf("offsets %v, %v", c.Offset(2), c.Offset(0))
	}
	if got, want := c.Rect(2, Cell{1, 2}), image.Rect(20, 9, 52, 41); got != want {
		t.Errorf("patch %v, want %v", got, want)
	}
	if got, want := c.Level0(2, Cell{1, 2}), (slideio.Rect{X: 40, Y: 18, W: 64, H: 64}); got != want {
		t.Errorf("patch %v, want %v", got, want)
	}
	children := c.Children([]Cell{{3, 1}})
	if want := []Cell{{6, 2}, {6, 3}, {7, 2}, {7, 3}}; !slices.Equal(children, want) {
		t.Errorf("children %v, want %v", children, want)
	}
	if got, want := c.Coords(2, Cell{13, 6}), []int{1, 3, 1, 0, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("coordinates %v, want %v", got, want)
	}
}

func TestCentredCoordsAndBack(t *testing.T) {
	c, err := NewCentred(pictures(t, 5000, 3000, 8, 4, 2, 1), 64)
	if err != nil {
		t.Fatal(err)
	}
	for level := range c.Levels() {
		columns, rows := c.Size(level)
		for i := range columns * rows {
			cell := Cell{i % columns, i / columns}
			l, back, err := c.Cell(c.Coords(level, cell))
			if err != nil || l != level || back != cell {
				t.Fatalf("level %d, %v: %d, %v, %v", level, cell, l, back, err)
			}
		}
	}
	for _, coords := range [][]int{nil, {1}, {0, 0, 0}, {-1, 0}, {0, 99}, {0, 0, 2, 0}, {0, 0, 0, -1}, make([]int, 10)} {
		if _, _, err := c.Cell(coords); err == nil {
			t.Errorf("%v is accepted", coords)
		}
	}
}

func TestCentredLowest(t *testing.T) {
	c, err := NewCentred(pictures(t, 300, 200, 2, 1), 64)
	if err != nil {
		t.Fatal(err)
	}
	cells, all := c.Lowest(func(r image.Rectangle) float64 {
		if r.Min == image.Pt(64, 64) {
			return 0.5
		}
		return 0.2
	}, 0.5)
	if all || !slices.Equal(cells, []Cell{{1, 1}}) {
		t.Errorf("%v, all %v", cells, all)
	}
	if cells, all = c.Lowest(func(image.Rectangle) float64 { return 0 }, 0.5); !all || len(cells) != 6 {
		t.Errorf("%v, all %v", cells, all)
	}
}

func TestPictures(t *testing.T) {
	levels := []slideio.Level{
		{Width: 2220, Height: 2967, Downsample: 1},
		{Width: 555, Height: 742, Downsample: 3.9993},
		{Width: 139, Height: 186, Downsample: 15.96},
	}
	got, err := Pictures(levels, 20, []float64{1.25, 2.5, 5, 10, 20})
	want := []Picture{
		{2, 1, image.Pt(139, 186), 16},
		{1, 2, image.Pt(277, 371), 8},
		{1, 1, image.Pt(555, 742), 4},
		{0, 2, image.Pt(1110, 1483), 2},
		{0, 1, image.Pt(2220, 2967), 1},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, m := range []float64{0, -1, 40, 3, math.NaN()} {
		if _, err := Pictures(levels, 20, []float64{m}); err == nil {
			t.Errorf("%vx is accepted", m)
		}
	}
	if _, err := Pictures(levels[1:], 20, []float64{20}); err == nil {
		t.Error("no level is fine enough, and it is accepted")
	}
}

func TestCentredRefuses(t *testing.T) {
	picture := func(w, h, shrink int) Picture { return Picture{0, 1, image.Pt(w, h), shrink} }
	for _, c := range []struct {
		name     string
		pictures []Picture
		patch    int
	}{
		{"no magnification", nil, 32},
		{"not halves", []Picture{picture(25, 25, 4), picture(100, 100, 1)}, 32},
		{"no reduction", []Picture{picture(25, 25, 0)}, 32},
		{"no extent", []Picture{picture(0, 25, 1)}, 32},
		{"no patch size", []Picture{picture(25, 25, 1)}, 0},
		{"too large", []Picture{picture(1<<30, 25, 1)}, 32},
		{"too many patches", []Picture{picture(1<<20, 1<<20, 1)}, 1},
		{"lower picture too large", []Picture{picture(33, 32, 2), picture(64, 64, 1)}, 32},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewCentred(c.pictures, c.patch); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// pictures are those of a slide with one level.
func pictures(t *testing.T, w, h int, shrink ...int) []Picture {
	t.Helper()
	magnifications := make([]float64, len(shrink))
	for i, s := range shrink {
		magnifications[i] = 40 / float64(s)
	}
	p, err := Pictures([]slideio.Level{{Width: w, Height: h, Downsample: 1}}, 40, magnifications)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
