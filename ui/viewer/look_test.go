package viewer

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"zoomscope/engine/result"
)

// TestLook writes pictures of the view to the folder that ZOOMSCOPE_LOOK names, for
// people to look at.
func TestLook(t *testing.T) {
	dir := os.Getenv("ZOOMSCOPE_LOOK")
	if dir == "" {
		t.Skip("ZOOMSCOPE_LOOK names no folder")
	}
	src := tissue(40000, 30000)
	for _, scale := range []float32{1, 1.5, 2} {
		b := show(t, 1200, 800, scale, Options{})
		b.SetSource(src, thumbnail(t, src, 1000))
		b.SetResolution(0.25)
		b.SetReadout(func(x, y float64) string { return fmt.Sprintf("carcinoma %.2f", x/40000) })
		look(t, b, dir, fmt.Sprintf("first-%v", scale))
		b.settle(t)
		look(t, b, dir, fmt.Sprintf("fit-%v", scale))
		b.SetLayer(&Layer{Cells: checker(40, 30), Area: result.Rect{Width: 40960, Height: 30720}, Opacity: 0.6})
		b.SetOutlines([]Outline{
			{result.Rect{X: 8192, Y: 8192, Width: 4096, Height: 4096}, Parent},
			{result.Rect{X: 9216, Y: 9216, Width: 1024, Height: 1024}, Selected},
			{result.Rect{X: 10240, Y: 9216, Width: 1024, Height: 1024}, Current},
			{result.Rect{X: 20000, Y: 20000, Width: 10, Height: 10}, Selected},
		})
		for _, m := range []float64{1.25, 2.5, 5, 20, 320} {
			b.SetCamera(Camera{10100, 10000, m / 40})
			b.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(300, 200)}})
			if m == 20 {
				look(t, b, dir, fmt.Sprintf("loading-%v-%v", m, scale))
			}
			b.settle(t)
			look(t, b, dir, fmt.Sprintf("at-%v-%v", m, scale))
		}
	}
	b := show(t, 500, 400, 1, Options{Background: theme.ColorNameForeground})
	b.SetSource(tissue(3000, 9000), nil)
	b.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(250, 200)}})
	b.settle(t)
	look(t, b, dir, "other-ground")
}

func look(t *testing.T, b *bench, dir, name string) {
	t.Helper()
	save(t, b.capture(), filepath.Join(dir, name+".png"))
	save(t, b.Snapshot(), filepath.Join(dir, name+"-snapshot.png"))
}

func save(t *testing.T, m image.Image, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

// thumbnail draws a source small.
func thumbnail(t *testing.T, s painted, side int) *image.RGBA {
	k := float64(max(s.width, s.height)) / float64(side)
	m := image.NewRGBA(image.Rect(0, 0, int(float64(s.width)/k), int(float64(s.height)/k)))
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			m.SetRGBA(x, y, s.at(int((float64(x)+0.5)*k), int((float64(y)+0.5)*k)))
		}
	}
	return m
}

// tissue looks like stained tissue on glass, roughly.
func tissue(width, height int) painted {
	return painted{width, height, func(x, y int) color.RGBA {
		fx, fy := float64(x)/float64(width)-0.5, float64(y)/float64(height)-0.5
		edge := 0.16 + 0.05*math.Sin(9*math.Atan2(fy, fx)) + 0.01*math.Sin(float64(x)/300)
		if fx*fx+fy*fy > edge {
			return color.RGBA{243, 241, 244, 255}
		}
		const cell = 48
		cx, cy := float64(x%cell)-cell/2, float64(y%cell)-cell/2
		if hash := (x/cell*7919 + y/cell*104729) % 97; cx*cx+cy*cy < float64(60+3*hash) {
			return color.RGBA{uint8(80 + hash/2), 50, uint8(110 + hash/2), 255}
		}
		v := 12 * math.Sin(float64(x)/90+3*math.Sin(float64(y)/170))
		return color.RGBA{uint8(222 + v), uint8(150 + 2*v), uint8(190 + v), 255}
	}}
}

// checker is a layer of many colours and opacities.
func checker(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			a := uint8((x*53 + y*97) % 256)
			if (x+y)%3 == 0 {
				a = 0
			}
			m.Set(x, y, color.NRGBA{uint8(60 + x*5), uint8(230 - y*4), 90, a})
		}
	}
	return m
}
