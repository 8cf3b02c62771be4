package tissue

import (
	"math"
	"math/bits"

	"zoomscope/slideio"
)

// Mask says of each pixel of a picture whether it is tissue, one bit each.
type Mask struct {
	Width, Height int
	stride        int // words per row; bits beyond Width are 0
	words         []uint64
}

// NewMask returns a mask without tissue. Negative sizes panic.
func NewMask(width, height int) *Mask {
	stride := (width + 63) / 64
	return &Mask{Width: width, Height: height, stride: stride, words: make([]uint64, stride*height)}
}

func (m *Mask) row(y int) []uint64 { return m.words[y*m.stride:][:m.stride] }

// At reports whether pixel (x, y) is tissue; outside the picture nothing is.
func (m *Mask) At(x, y int) bool {
	if x < 0 || y < 0 || x >= m.Width || y >= m.Height {
		return false
	}
	return m.words[y*m.stride+x/64]>>(x%64)&1 != 0
}

// SetRow makes the pixels of row y from x0 to x1 tissue. Places outside the
// picture panic.
func (m *Mask) SetRow(y, x0, x1 int) {
	if x0 >= x1 {
		return
	}
	row := m.row(y)
	first, last := x0/64, (x1-1)/64
	head, tail := ^uint64(0)<<(x0%64), ^uint64(0)>>(63-(x1-1)%64)
	if first == last {
		row[first] |= head & tail
		return
	}
	row[first] |= head
	for i := first + 1; i < last; i++ {
		row[i] = ^uint64(0)
	}
	row[last] |= tail
}

// Count is the number of tissue pixels.
func (m *Mask) Count() int {
	n := 0
	for _, w := range m.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// countRow is the number of tissue pixels of a row from x0 to x1.
func countRow(row []uint64, x0, x1 int) int {
	if x0 >= x1 {
		return 0
	}
	first, last := x0/64, (x1-1)/64
	head, tail := ^uint64(0)<<(x0%64), ^uint64(0)>>(63-(x1-1)%64)
	if first == last {
		return bits.OnesCount64(row[first] & head & tail)
	}
	n := bits.OnesCount64(row[first]&head) + bits.OnesCount64(row[last]&tail)
	for _, w := range row[first+1 : last] {
		n += bits.OnesCount64(w)
	}
	return n
}

// Fraction is the share of r's area, in mask pixels, that is tissue. A pixel
// partly within r counts by that part; what lies outside the mask is not
// tissue. It is exact when r falls on whole pixels, and 0 for an empty r.
func (m *Mask) Fraction(r slideio.Rect) float64 {
	area := r.W * r.H
	if !(r.W > 0 && r.H > 0) || math.IsInf(area, 0) {
		return 0
	}
	xs, ys := newSpan(r.X, r.X+r.W, m.Width), newSpan(r.Y, r.Y+r.H, m.Height)
	sum, whole := 0.0, 0 // whole: of rows wholly within r
	for y := ys.first; y < ys.end; y++ {
		row := m.row(y)
		inner := countRow(row, xs.inner0, xs.inner1)
		edges := 0.0
		if xs.first < xs.inner0 && m.At(xs.first, y) {
			edges += xs.head
		}
		if xs.inner1 >= xs.inner0 && xs.inner1 < xs.end && m.At(xs.end-1, y) {
			edges += xs.tail
		}
		switch {
		case y >= ys.inner0 && y < ys.inner1:
			whole += inner
			sum += edges
		case y < ys.inner0:
			sum += ys.head * (float64(inner) + edges)
		default:
			sum += ys.tail * (float64(inner) + edges)
		}
	}
	return min(1, (float64(whole)+sum)/area)
}

// span is the pixels that an interval meets, first to end, and those wholly
// within it, inner0 to inner1. When pixel first is not, head of it is; when
// pixel end-1 is not, tail of it is. One that is cut on both sides counts as
// head.
type span struct {
	first, end     int
	inner0, inner1 int
	head, tail     float64
}

func newSpan(lo, hi float64, size int) span {
	lo, hi = max(lo, 0), min(hi, float64(size))
	if !(lo < hi) {
		return span{}
	}
	s := span{first: int(math.Floor(lo)), end: int(math.Ceil(hi))}
	s.inner0, s.inner1 = int(math.Ceil(lo)), int(math.Floor(hi))
	s.head, s.tail = float64(s.inner0)-lo, hi-float64(s.inner1)
	if s.inner0 > s.inner1 { // within one pixel
		s.head = hi - lo
	}
	return s
}

// enlarge returns the mask at another size, nearest neighbour.
func (m *Mask) enlarge(width, height int) *Mask {
	if width == m.Width && height == m.Height {
		return m
	}
	out := NewMask(width, height)
	cols, rows := nearest(width, m.Width), nearest(height, m.Height)
	for y, from := range rows {
		if y > 0 && rows[y-1] == from {
			copy(out.row(y), out.row(y-1))
			continue
		}
		src, dst := m.row(from), out.row(y)
		for x, c := range cols {
			dst[x/64] |= (src[c/64] >> (c % 64) & 1) << (x % 64)
		}
	}
	return out
}
