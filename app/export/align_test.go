package export

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"zoomscope/engine/result"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// aligned is a white slide with one black region, 5x at level 0, and the result
// of a model that attends to nothing else: at every magnification the region's
// patches share the attention, and others that were read have none.
func aligned(bounds image.Rectangle) (slideio.Slide, *result.Result, result.Rect) {
	shape := synth.Shape{Width: 1600, Height: 1300, Downsamples: []float64{1}, MPPX: 2, MPPY: 2, Bounds: bounds}
	area := slideio.RectOf(image.Rect(0, 0, shape.Width, shape.Height))
	if !bounds.Empty() {
		area = slideio.RectOf(bounds)
	}
	region := result.Rect{X: area.X + 2*256, Y: area.Y + 256, Width: 256, Height: 256}
	black := image.Rect(int(region.X), int(region.Y), int(region.X)+256, int(region.Y)+256)
	slide := synth.NewExact("S-1", shape, func(_, x, y int) color.RGBA {
		if image.Pt(x, y).In(black) {
			return color.RGBA{A: 255}
		}
		return color.RGBA{255, 255, 255, 255}
	})
	r := &result.Result{
		Version: result.Version,
		Slide: result.Slide{
			Path: "S-1.svs", Width: shape.Width, Height: shape.Height, MPP: [2]float64{2, 2},
			Bounds: result.Rect{X: area.X, Y: area.Y, Width: area.W, Height: area.H},
		},
		Model: result.Model{Magnifications: []float64{5, 10, 20}, K: []int{2, 5}},
	}
	patches := oneHot(area.X, area.Y, 256, 4, 4+2).Patches
	for i, mag := range r.Model.Magnifications {
		if i > 0 {
			patches = children(patches, 2)
		}
		inside := 0
		for j := range patches {
			if within(patches[j].X, region.X, region.X+255) && within(patches[j].Y, region.Y, region.Y+255) {
				inside++
				patches[j].Selected = i < 2
			} else {
				patches[j].Selected = i < 2 && j == 0
			}
		}
		for j := range patches {
			patches[j].Attention = 0
			if patches[j].Selected && j > 0 || i == 2 && within(patches[j].X, region.X, region.X+255) && within(patches[j].Y, region.Y, region.Y+255) {
				patches[j].Attention = 1 / float64(inside)
			}
			patches[j].ZoomAttention = patches[j].Attention
		}
		r.Levels = append(r.Levels, result.Level{Magnification: mag, Patches: patches})
	}
	return slide, r, region
}

// TestAlignment reads the slide itself: in every pixel of the overview the heat
// must cover as much as the black region does, and the GeoJSON exactly the region.
func TestAlignment(t *testing.T) {
	for _, bounds := range []image.Rectangle{{}, image.Rect(137, 91, 1500, 1231)} {
		slide, r, region := aligned(bounds)
		if err := Check(r); err != nil {
			t.Fatal(err)
		}
		for _, side := range []int{1600, 611, 97} {
			ov, err := ReadOverview(t.Context(), FromSlide(slide), r.Slide, side)
			if err != nil {
				t.Fatal(err)
			}
			for _, level := range r.Levels {
				t.Run(fmt.Sprintf("bounds %v, side %d, %s", bounds, side, magName(level.Magnification)), func(t *testing.T) {
					checkHeatOnRegion(t, level, ov)
				})
			}
		}
		for _, level := range r.Levels {
			t.Run(fmt.Sprintf("bounds %v, GeoJSON, %s", bounds, magName(level.Magnification)), func(t *testing.T) {
				shifted := region
				shifted.X -= r.Slide.Bounds.X
				shifted.Y -= r.Slide.Bounds.Y
				checkRings(t, geo(t, r, GeoJSONOptions{Magnifications: []float64{level.Magnification}}), shifted)
			})
		}
	}
}

func checkHeatOnRegion(t *testing.T, level result.Level, ov *Overview) {
	t.Helper()
	h, err := NewHeat(level, HeatOptions{Opacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	heat := image.NewRGBA(ov.Image.Rect)
	h.Draw(heat, ov.Area)
	hot := 0
	for i := 0; i < len(heat.Pix); i += 4 {
		black, alpha := 255-int(ov.Image.Pix[i]), int(heat.Pix[i+3])
		if d := alpha - black; d < -2 || d > 2 {
			t.Fatalf("pixel %d: heat covers %d / 255, the region %d / 255", i/4, alpha, black)
		}
		if alpha > 0 {
			hot++
		}
	}
	if hot == 0 {
		t.Error("no heat")
	}
}

// checkRings wants the rings with attention to tile the region.
func checkRings(t *testing.T, f geoFile, region result.Rect) {
	t.Helper()
	sum := 0.0
	for _, x := range f.Features {
		if x.Properties.Measurements["attention"] == 0 {
			continue
		}
		ring := x.Geometry.Coordinates[0]
		a, c := ring[0], ring[2]
		if a[0] < region.X || a[1] < region.Y || c[0] > region.X+region.Width || c[1] > region.Y+region.Height {
			t.Errorf("ring %v outside %v", ring, region)
		}
		sum += (c[0] - a[0]) * (c[1] - a[1])
	}
	if sum != region.Width*region.Height {
		t.Errorf("rings cover %v pixels, the region has %v", sum, region.Width*region.Height)
	}
}
