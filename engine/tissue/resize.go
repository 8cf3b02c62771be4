package tissue

import (
	"image"
	"math"
)

// ResizeBilinear fills dst with src at dst's size, by a triangle filter as wide
// as the reduction: the filter that the reference makes its lower
// magnifications with. Weights are rounded to 22 bits; the rows are filtered
// first, and rounded to 8 bits, then the columns. All four channels are treated
// alike. An empty src leaves dst as it is.
func ResizeBilinear(dst, src *image.RGBA) {
	if src.Rect.Empty() || dst.Rect.Empty() {
		return
	}
	across := newFilter(dst.Rect.Dx(), src.Rect.Dx())
	down := newFilter(dst.Rect.Dy(), src.Rect.Dy())
	rows := rowRing{src: src, filter: across, rows: make(map[int][]uint8)}
	sums := make([]int32, 4*dst.Rect.Dx())
	for y := range down {
		f := &down[y]
		fill32(sums, half)
		for i, w := range f.weights {
			for j, v := range rows.get(f.first + i) {
				sums[j] += w * int32(v)
			}
		}
		rows.drop(f.first)
		out := dst.Pix[dst.PixOffset(dst.Rect.Min.X, dst.Rect.Min.Y+y):]
		for j, s := range sums {
			out[j] = toByte(s)
		}
	}
}

const (
	precision = 22
	half      = 1 << (precision - 1)
)

// toByte rounds a sum of pixels and weights, to which half was added.
func toByte(sum int32) uint8 { return uint8(max(0, min(sum>>precision, 255))) }

// window is the pixels that one pixel of the result is the weighted sum of.
type window struct {
	first   int
	weights []int32
}

func newFilter(dst, src int) []window {
	scale := float64(src) / float64(dst)
	width := max(scale, 1)
	f := make([]window, dst)
	for i := range f {
		centre := (float64(i) + 0.5) * scale
		first := max(0, int(centre-width+0.5))
		end := min(src, int(centre+width+0.5))
		weights := make([]float64, end-first)
		sum := 0.0
		for j := range weights {
			weights[j] = max(0, 1-math.Abs((float64(first+j)-centre+0.5)/width))
			sum += weights[j]
		}
		f[i] = window{first, make([]int32, len(weights))}
		for j, w := range weights {
			f[i].weights[j] = int32(0.5 + w/sum*(1<<precision))
		}
	}
	return f
}

// rowRing keeps the filtered rows that are still needed.
type rowRing struct {
	src    *image.RGBA
	filter []window
	rows   map[int][]uint8
	free   [][]uint8
}

func (r *rowRing) get(y int) []uint8 {
	if row, ok := r.rows[y]; ok {
		return row
	}
	var row []uint8
	if n := len(r.free); n > 0 {
		row, r.free = r.free[n-1], r.free[:n-1]
	} else {
		row = make([]uint8, 4*len(r.filter))
	}
	b := r.src.Rect
	src := r.src.Pix[r.src.PixOffset(b.Min.X, b.Min.Y+y):][:4*b.Dx()]
	for x := range r.filter {
		r.filter[x].apply(row[4*x:][:4], src)
	}
	r.rows[y] = row
	return row
}

// drop gives up the rows before y.
func (r *rowRing) drop(y int) {
	for k, row := range r.rows {
		if k < y {
			r.free = append(r.free, row)
			delete(r.rows, k)
		}
	}
}

func (w *window) apply(dst, src []uint8) {
	a, b, c, d := int32(half), int32(half), int32(half), int32(half)
	src = src[4*w.first:]
	for i, k := range w.weights {
		p := src[4*i:][:4]
		a += k * int32(p[0])
		b += k * int32(p[1])
		c += k * int32(p[2])
		d += k * int32(p[3])
	}
	dst[0], dst[1], dst[2], dst[3] = toByte(a), toByte(b), toByte(c), toByte(d)
}

func fill32(s []int32, v int32) {
	for i := range s {
		s[i] = v
	}
}
