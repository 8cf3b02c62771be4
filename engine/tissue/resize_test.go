package tissue

import (
	"image"
	"math"
	"testing"
)

// slowResize filters each pixel on its own, with the weights of the same
// windows: across, rounded, then down.
func slowResize(dst, src *image.RGBA) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	middle := image.NewRGBA(image.Rect(0, 0, w, src.Rect.Dy()))
	one := func(n, m, i int, at func(j int) uint8) uint8 {
		scale := float64(m) / float64(n)
		width := max(scale, 1)
		c := (float64(i) + 0.5) * scale
		weight := func(j int) float64 {
			if j < int(max(0, c-width+0.5)) || j >= int(c+width+0.5) {
				return 0
			}
			return max(0, 1-math.Abs(float64(j)-c+0.5)/width)
		}
		total := 0.0
		for j := range m {
			total += weight(j)
		}
		sum := 0.5
		for j := range m {
			sum += math.Floor(weight(j)/total*(1<<22)+0.5) / (1 << 22) * float64(at(j))
		}
		return uint8(min(sum, 255))
	}
	for y := range src.Rect.Dy() {
		for i := range 4 * w {
			middle.Pix[y*middle.Stride+i] = one(w, src.Rect.Dx(), i/4, func(j int) uint8 {
				return src.Pix[src.PixOffset(src.Rect.Min.X+j, src.Rect.Min.Y+y)+i%4]
			})
		}
	}
	for y := range h {
		for i := range 4 * w {
			dst.Pix[dst.PixOffset(dst.Rect.Min.X, dst.Rect.Min.Y+y)+i] = one(h, src.Rect.Dy(), y, func(j int) uint8 {
				return middle.Pix[j*middle.Stride+i]
			})
		}
	}
}

func TestResizeBilinearEqualsSlowTwin(t *testing.T) {
	src := stained(61, 47, 4, 15, 1)
	part := src.SubImage(image.Rect(3, 5, 58, 40)).(*image.RGBA)
	for _, in := range []*image.RGBA{src, part} {
		for _, size := range []image.Point{{61, 47}, {30, 23}, {20, 15}, {7, 40}, {1, 1}, {90, 60}, {61, 11}} {
			got := image.NewRGBA(image.Rectangle{Max: size})
			want := image.NewRGBA(image.Rectangle{Max: size})
			ResizeBilinear(got, in)
			slowResize(want, in)
			for i := range got.Pix {
				if got.Pix[i] != want.Pix[i] {
					t.Fatalf("%v to %v: byte %d is %d, want %d", in.Rect, size, i, got.Pix[i], want.Pix[i])
				}
			}
		}
	}
}

func TestResizeBilinearOfNothing(t *testing.T) {
	dst := stained(4, 4, 1, 2, 1)
	before := dst.Pix[0]
	ResizeBilinear(dst, image.NewRGBA(image.Rectangle{}))
	ResizeBilinear(image.NewRGBA(image.Rectangle{}), dst)
	if dst.Pix[0] != before {
		t.Error("changed")
	}
}
