package tissue

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// stained paints a picture with n blobs of tissue of about radius pixels on a
// pale background; a share of the pixels within is white, as lumina are.
func stained(w, h, n int, radius float64, seed uint64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range w * h {
		v := uint8(236 + rng.IntN(12))
		img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = v, v-uint8(rng.IntN(4)), v, 255
	}
	for range n {
		cx, cy := rng.Float64()*float64(w), rng.Float64()*float64(h)
		r := radius * (0.4 + rng.Float64())
		dark := 40 * rng.Float64()
		for y := max(0, int(cy-r)); y < min(h, int(cy+r)+1); y++ {
			half := math.Sqrt(max(0, r*r-(float64(y)-cy)*(float64(y)-cy)))
			for x := max(0, int(cx-half)); x < min(w, int(cx+half)+1); x++ {
				if rng.IntN(8) != 0 {
					img.SetRGBA(x, y, color.RGBA{uint8(190 - dark), uint8(90 + rng.Float64()*40 - dark), uint8(160 - dark), 255})
				}
			}
		}
	}
	return img
}

// BenchmarkFind measures 16 megapixels under each preset, with little tissue in
// a few large pieces, much tissue, and the many cores of a tissue microarray.
func BenchmarkFind(b *testing.B) {
	pictures := map[string]*image.RGBA{
		"pieces":     stained(4096, 4096, 6, 700, 1),
		"full":       stained(4096, 4096, 60, 900, 2),
		"microarray": stained(4096, 4096, 300, 90, 3),
	}
	for _, s := range Presets() {
		for name, img := range pictures {
			b.Run(s.Preset+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(img.Pix)))
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					_, sizes, err := find(b.Context(), img, s)
					if err != nil {
						b.Fatal(err)
					}
					n = len(sizes)
				}
				b.ReportMetric(float64(n), "rounds")
			})
		}
	}
}
