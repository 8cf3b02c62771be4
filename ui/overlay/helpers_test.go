package overlay

import (
	"image/color"
	"math/rand/v2"
	"testing"

	"zoomscope/app"
	"zoomscope/assets"
	"zoomscope/engine/result"
)

// layout is a slide's patches, of which a part is tissue.
type layout struct {
	name          string
	mags          []float64
	x, y          float64 // corner of the lowest grid
	width, height float64 // of its patches
	columns, rows int
	k             int
	byColumns     bool // children in the order of the research code
}

// layouts are grids of many kinds: sizes of whole pixels and not, corners on
// and off the slide, axes that differ, children in both orders.
func layouts() []layout {
	return []layout{
		{"whole pixels", []float64{5, 10, 20}, 0, 0, 2048, 2048, 9, 7, 12, false},
		{"odd size and bounds", []float64{5, 10, 20}, 17, 3, 2031.746031746, 2031.746031746, 11, 5, 12, false},
		{"axes differ", []float64{1.25, 2.5, 10}, 1024, 511, 8126.98412698, 8258.06451612, 5, 8, 6, false},
		{"padded on all sides", []float64{5, 10, 20}, -1031, -377, 2048, 2048, 8, 8, 10, true},
		{"two levels", []float64{10, 20}, 3.25, 0.5, 1015.873, 1015.873, 23, 19, 40, false},
		{"one patch", []float64{5, 10}, 5, 5, 999.5, 999.5, 1, 1, 12, false},
		{"below a pixel", []float64{1.25, 40}, 0, 0, 3.7, 3.7, 3, 2, 2, false},
	}
}

// grow makes the result of a model with random attention on the layout. Sides
// are rounded as engine/grid does, so that edges are exact.
func (l layout) grow(seed uint64) *result.Result {
	rng := rand.New(rand.NewPCG(seed, 7))
	const unit = 1.0 / (1 << 28)
	total := 1
	for i := 1; i < len(l.mags); i++ {
		total *= int(l.mags[i] / l.mags[i-1])
	}
	exact := func(side float64) float64 { return float64(int64(side/float64(total)/unit)) * unit * float64(total) }
	w, h := exact(l.width), exact(l.height)
	var patches []result.Patch
	for row := range l.rows {
		for column := range l.columns {
			if column+row == 0 || rng.IntN(3) > 0 {
				patches = append(patches, result.Patch{X: l.x + float64(column)*w, Y: l.y + float64(row)*h, Size: w, Height: h, Parent: -1})
			}
		}
	}
	r := &result.Result{}
	for i, m := range l.mags {
		if i > 0 {
			patches = l.within(patches, int(m/l.mags[i-1]))
		}
		attend(rng, patches, l.k, i+1 < len(l.mags))
		r.Levels = append(r.Levels, result.Level{Magnification: m, Patches: patches})
	}
	return r
}

// within are the f*f children of the selected patches.
func (l layout) within(parents []result.Patch, f int) []result.Patch {
	var patches []result.Patch
	for i, p := range parents {
		if !p.Selected {
			continue
		}
		w, h := p.Size/float64(f), p.Height/float64(f)
		for j := range f * f {
			row, column := j/f, j%f
			if l.byColumns {
				row, column = column, row
			}
			patches = append(patches, result.Patch{X: p.X + float64(column)*w, Y: p.Y + float64(row)*h, Size: w, Height: h, Parent: i})
		}
	}
	return patches
}

// attend gives the patches random attention that sums to one, and selects the k
// with the most zoom attention.
func attend(rng *rand.Rand, patches []result.Patch, k int, zoom bool) {
	var sum, zoomSum float64
	for i := range patches {
		patches[i].Attention, patches[i].ZoomAttention = rng.Float64(), rng.Float64()
		if !zoom {
			patches[i].ZoomAttention = 0
		}
		sum, zoomSum = sum+patches[i].Attention, zoomSum+patches[i].ZoomAttention
	}
	for i := range patches {
		patches[i].Attention /= sum
		if zoom {
			patches[i].ZoomAttention /= zoomSum
		}
	}
	if !zoom {
		return
	}
	for i, rank := range app.AttentionRanks(result.Level{Patches: patches}, app.ZoomAttention) {
		patches[i].Selected = rank <= k
	}
}

// holder is the slow way to find the first patch that holds a place; -1 if none.
func holder(patches []result.Patch, x, y float64) int {
	for i, p := range patches {
		if x >= p.X && x < p.X+p.Size && y >= p.Y && y < p.Y+p.Height {
			return i
		}
	}
	return -1
}

// shades gives the colour of every patch of a level.
func shades(t *testing.T, l result.Level, s Settings) func(i int) color.RGBA {
	t.Helper()
	colors, err := assets.NewColorMap(s.ColorMap)
	if err != nil {
		t.Fatal(err)
	}
	h, err := app.NewHeat(l, app.HeatOptions{Scale: s.Scale, Layer: s.Kind, Opacity: 1, Colors: colors})
	if err != nil {
		t.Fatal(err)
	}
	return func(i int) color.RGBA {
		if i < 0 {
			return color.RGBA{}
		}
		return h.Shade(i)
	}
}
