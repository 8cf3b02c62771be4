package viewer

import (
	"math"
	"testing"

	"zoomscope/engine/result"
)

// BenchmarkPan is the cost of a frame of panning on the UI thread, without drawing.
func BenchmarkPan(b *testing.B) {
	for name, prepare := range map[string]func(*bench){
		"slide":    func(*bench) {},
		"layer":    func(v *bench) { layOver(v) },
		"outlines": func(v *bench) { layOver(v); outline(v, 300) },
	} {
		b.Run(name, func(b *testing.B) {
			v := onLargeSlide(b)
			prepare(v)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				v.SetCamera(Camera{50000 + 60*math.Sin(float64(i)/40), 50000 + 60*math.Cos(float64(i)/40), 0.7})
			}
		})
	}
}

// BenchmarkZoom is the same for zooming, within a level and over levels.
func BenchmarkZoom(b *testing.B) {
	v := onLargeSlide(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		v.SetCamera(Camera{50000, 50000, 0.7 + 0.2*math.Sin(float64(i)/40)})
	}
}

func onLargeSlide(b *testing.B) *bench {
	v := show(b, 1600, 900, 1, Options{})
	v.SetSource(plain(100000, 100000, pink), nil)
	v.SetResolution(0.25)
	for _, zoom := range []float64{0.9, 0.7, 0.5} {
		v.SetCamera(Camera{50000, 50000, zoom})
		v.settle(b)
	}
	return v
}

func layOver(v *bench) {
	v.SetLayer(&Layer{Cells: checker(98, 98), Area: result.Rect{Width: 98 * 1024, Height: 98 * 1024}, Opacity: 0.5})
}

func outline(v *bench, n int) {
	var all []Outline
	for i := range n {
		all = append(all, Outline{Area: result.Rect{X: 49000 + float64(i%20)*100, Y: 49500 + float64(i/20)*60, Width: 100, Height: 60}})
	}
	v.SetOutlines(all)
}
