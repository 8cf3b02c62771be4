package export

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"zoomscope/assets"
)

func TestWriteView(t *testing.T) {
	pink := color.RGBA{240, 170, 200, 255}
	view := image.NewRGBA(image.Rect(5, 5, 1005, 705)) // a part of something larger
	draw.Draw(view, view.Rect, image.NewUniform(pink), image.Point{}, draw.Src)
	written := func(t *testing.T, mpp float64) image.Image {
		t.Helper()
		var b bytes.Buffer
		if err := WriteView(&b, view, mpp); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds() != image.Rect(0, 0, 1000, 700) {
			t.Fatalf("the picture has %v", img.Bounds())
		}
		return img
	}
	t.Run("unknown resolution", func(t *testing.T) {
		if n := longestRun(written(t, 0), assets.Marker()); n != 0 {
			t.Errorf("a bar of %d pixels", n)
		}
	})
	t.Run("half a micrometre", func(t *testing.T) { // a fifth of 500 um
		if n := longestRun(written(t, 0.5), assets.Marker()); n != 200 {
			t.Errorf("the bar of 100 um has %d pixels, must have 200", n)
		}
	})
	t.Run("not round", func(t *testing.T) { // 58 um in a fifth: a bar of 50
		if n := longestRun(written(t, 0.29), assets.Marker()); n < 171 || n > 173 {
			t.Errorf("the bar of 50 um has %d pixels, must have 172.4", n)
		}
	})
}

// longestRun is the most pixels of a colour in a row, beside each other.
func longestRun(img image.Image, c color.RGBA) int {
	most := 0
	for y := range img.Bounds().Dy() {
		run := 0
		for x := range img.Bounds().Dx() {
			if color.RGBAModel.Convert(img.At(x, y)) == c {
				run++
				most = max(most, run)
			} else {
				run = 0
			}
		}
	}
	return most
}
