package slideio

import "image"

// Halve fills dst with src at half its size: each pixel is the mean of two by two.
// dst must be half as wide and high as src, rounded up; what an odd src lacks at its
// right and bottom edge is white, as what lies outside a slide.
func Halve(dst, src *image.RGBA) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if size := dst.Rect.Size(); size != image.Pt((w+1)/2, (h+1)/2) {
		panic("slideio: Halve: size of dst")
	}
	halve(dst.Pix, dst.Stride, w/2, h/2, src.Pix, src.Stride)
	if w%2 == 1 {
		halveEdge(dst, src, image.Rect(w/2, 0, w/2+1, (h+1)/2))
	}
	if h%2 == 1 {
		halveEdge(dst, src, image.Rect(0, h/2, w/2, h/2+1))
	}
}

// halveEdge fills the pixels r of dst, counted from its top left, which may reach
// over src's edge.
func halveEdge(dst, src *image.RGBA, r image.Rectangle) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	at := func(x, y, c int) int {
		if x >= w || y >= h {
			return 0xff
		}
		return int(src.Pix[y*src.Stride+4*x+c])
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			out := dst.Pix[y*dst.Stride+4*x:][:4]
			for c := range 3 {
				sum := at(2*x, 2*y, c) + at(2*x+1, 2*y, c) + at(2*x, 2*y+1, c) + at(2*x+1, 2*y+1, c)
				out[c] = byte((sum + 2) / 4)
			}
			out[3] = 0xff
		}
	}
}
