package overlay

import (
	"math"
	"sync"
	"testing"

	"zoomscope/engine/result"
)

func TestLegend(t *testing.T) {
	patch := func(x, attention, zoom float64) result.Patch {
		return result.Patch{X: x, Size: 10, Height: 10, Attention: attention, ZoomAttention: zoom}
	}
	m := New(&result.Result{Levels: []result.Level{
		{Magnification: 5, Patches: []result.Patch{patch(0, 0.1, 0.6), patch(10, 0.2, 0.3), patch(20, 0.7, 0.1), patch(30, 0, 0)}},
		{Magnification: 10, Patches: []result.Patch{patch(0, 0.5, 0), patch(5, 0.5, 0)}},
	}})
	pooled := m.Legend(0, Settings{})
	if math.Abs(pooled.Middle-0.15) > 1e-12 {
		t.Errorf("median %v", pooled.Middle)
	}
	if pooled.Low != 0 || pooled.High != 0.7 || pooled.Even != 0.25 || !pooled.HasEven || math.Abs(pooled.EvenAt-0.25/0.7) > 1e-12 {
		t.Errorf("pooled: %+v", pooled)
	}
	if pooled.Kind != Pooled || pooled.Scale != Raw || pooled.ColorMap != "viridis" || pooled.Fallback || pooled.Patches != 4 || pooled.Magnification != 5 {
		t.Errorf("pooled: %+v", pooled)
	}
	zoom := m.Legend(0, Settings{Kind: Zoom, Scale: Percentile, ColorMap: "cividis"})
	if zoom.Kind != Zoom || zoom.High != 0.6 || zoom.HasEven || zoom.Fallback || zoom.ColorMap != "cividis" {
		t.Errorf("zoom: %+v", zoom)
	}
	top := m.Legend(1, Settings{Kind: Zoom})
	if top.Kind != Pooled || !top.Fallback || top.HasEven || top.Low != top.High || m.HasZoom(1) || !m.HasZoom(0) {
		t.Errorf("highest magnification: %+v", top)
	}
}

// TestLegendShowsWhatIsDrawn: the legend's colour of a patch's place is the
// patch's cell at the settings' opacity.
func TestLegendShowsWhatIsDrawn(t *testing.T) {
	r := layouts()[0].grow(3)
	m := New(r)
	for _, opacity := range []float64{0, 0.4, 1, 7} {
		s := Settings{Opacity: opacity}
		img, area, err := m.Cells(0, s)
		if err != nil {
			t.Fatal(err)
		}
		l := m.Legend(0, s)
		for _, p := range r.Levels[0].Patches {
			cell := cellAt(img, area, p.X, p.Y)
			got := l.Shade((p.Attention - l.Low) / (l.High - l.Low))
			want := func(v uint8) uint8 { return uint8(math.Round(float64(v) * min(opacity, 1))) }
			if got.A != want(cell.A) || got.R != want(cell.R) || got.G != want(cell.G) || got.B != want(cell.B) {
				t.Fatalf("opacity %v: legend %v, cell %v", opacity, got, cell)
			}
		}
	}
}

func TestShadeGrows(t *testing.T) {
	l := New(layouts()[0].grow(3)).Legend(0, Settings{Opacity: 1})
	if first, last := l.Shade(0), l.Shade(1); first.A != 0 || last.A != 255 {
		t.Errorf("from %v to %v", first, last)
	}
	for x := range 99 {
		if l.Shade(float64(x+1)/99).A < l.Shade(float64(x)/99).A {
			t.Fatalf("less is seen at %d than before", x+1)
		}
	}
}

// TestEqualAttention: none stands out, all are in the middle of the scale.
func TestEqualAttention(t *testing.T) {
	l := result.Level{Magnification: 5}
	for i := range 6 {
		l.Patches = append(l.Patches, result.Patch{X: float64(i%3) * 9, Y: float64(i/3) * 9, Size: 9, Height: 9, Attention: 1.0 / 6})
	}
	m := New(&result.Result{Levels: []result.Level{l}})
	for _, scale := range []Scale{Raw, Percentile} {
		img, _, err := m.Cells(0, Settings{Scale: scale})
		if err != nil {
			t.Fatal(err)
		}
		want := m.Legend(0, Settings{Scale: scale, Opacity: 1}).Shade(0.5)
		for i := range 6 {
			if got := img.RGBAAt(i%3, i/3); got != want || got.A == 0 {
				t.Errorf("%s, patch %d: %v, the middle is %v", scale, i, got, want)
			}
		}
	}
}

// TestSharedModel looks at one model from several goroutines, for the race
// detector.
func TestSharedModel(t *testing.T) {
	m := New(layouts()[1].grow(2))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := Settings{Kind: []Kind{Pooled, Zoom}[i%2], Scale: []Scale{Raw, Percentile}[i/2%2]}
			for level := range m.Levels() {
				if _, _, err := m.Cells(level, s); err != nil {
					t.Error(err)
				}
				m.Legend(level, s).Shade(0.9)
				m.At(level, 5000, 3000)
				m.Outlines(level, m.Path().Next(i))
			}
		})
	}
	wg.Wait()
}
