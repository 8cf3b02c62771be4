package tissue

import (
	"context"
	"image"
	"math"
)

// The grey value of RGB in 15-bit fixed point.
const (
	redWeight   = 9798
	greenWeight = 19235
	blueWeight  = 3735
)

func gray(r, g, b uint8) uint8 {
	return uint8((redWeight*uint32(r) + greenWeight*uint32(g) + blueWeight*uint32(b) + 1<<14) >> 15)
}

// saturationScale[v] is 255/v in 12-bit fixed point; 0 for black.
type saturationScale [256]int32

func newSaturationScale() *saturationScale {
	var t saturationScale
	for v := 1; v < 256; v++ {
		t[v] = int32(math.RoundToEven(255 * 4096 / float64(v)))
	}
	return &t
}

// of returns the HSV saturation, 0..255.
func (t *saturationScale) of(r, g, b uint8) uint8 {
	v := max(r, g, b)
	delta := int32(v - min(r, g, b))
	return uint8((delta*t[v] + 2048) >> 12)
}

// stripHeight is how many rows one job takes.
const stripHeight = 64

func strips(rows int) int { return (rows + stripHeight - 1) / stripHeight }

func strip(i, rows int) (first, end int) {
	return i * stripHeight, min(rows, (i+1)*stripHeight)
}

// saturationThreshold is the Otsu threshold of the picture's saturation.
func saturationThreshold(ctx context.Context, img *image.RGBA) (int, error) {
	var sum tally
	table := newSaturationScale()
	b := img.Rect
	err := each(ctx, strips(b.Dy()), func() func(int) {
		return func(i int) {
			var n [256]int
			first, end := strip(i, b.Dy())
			for y := first; y < end; y++ {
				row := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):][:4*b.Dx()]
				for ; len(row) >= 4; row = row[4:] {
					n[table.of(row[0], row[1], row[2])]++
				}
			}
			sum.add(&n)
		}
	})
	return otsuLevels(&sum.n), err
}

// nearest returns, for each of dst places, the index of the nearest of src. It
// multiplies by the rounded ratio, as the reference does, which in rare places
// is one less than the exact quotient.
func nearest(dst, src int) []int {
	ratio := 1 / (float64(dst) / float64(src))
	at := make([]int, dst)
	for i := range at {
		at[i] = min(int(float64(i)*ratio), src-1)
	}
	return at
}

// reduced is the picture the rounds work on: reduced, and white where it is
// pale. Both planes are row-major, w*h.
type reduced struct {
	w, h int
	gray []uint8 // stays as it is
	// dark is 255 less the grey value of the picture with red and blue
	// exchanged (the reference reads it so); 0 where it was painted white.
	dark []uint8
	hist [256]int // of dark
}

// reduce samples the picture. Pixels whose saturation is not above threshold
// become white; a negative threshold keeps all.
func reduce(ctx context.Context, img *image.RGBA, factor float64, threshold int) (*reduced, error) {
	b := img.Rect
	p := &reduced{
		w: max(1, int(float64(b.Dx())/factor)),
		h: max(1, int(float64(b.Dy())/factor)),
	}
	p.gray, p.dark = make([]uint8, p.w*p.h), make([]uint8, p.w*p.h)
	cols, rows := nearest(p.w, b.Dx()), nearest(p.h, b.Dy())
	table := newSaturationScale()
	var sum tally
	err := each(ctx, strips(p.h), func() func(int) {
		return func(i int) {
			var n [256]int
			first, end := strip(i, p.h)
			for y := first; y < end; y++ {
				src := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+rows[y]):]
				p.sampleRow(y, src, cols, table, threshold, &n)
			}
			sum.add(&n)
		}
	})
	p.hist = sum.n
	return p, err
}

func (p *reduced) sampleRow(y int, src []uint8, cols []int, table *saturationScale, threshold int, n *[256]int) {
	gs, ds := p.gray[y*p.w:][:p.w], p.dark[y*p.w:][:p.w]
	for x, c := range cols {
		px := src[4*c:][:3]
		r, g, b := px[0], px[1], px[2]
		if int(table.of(r, g, b)) <= threshold {
			gs[x], ds[x] = 255, 0
		} else {
			gs[x], ds[x] = gray(r, g, b), 255-gray(b, g, r)
		}
		n[ds[x]]++
	}
}

// constant reports whether nothing can be told apart any more.
func (p *reduced) constant() bool {
	for _, n := range p.hist {
		if n != 0 {
			return n == p.w*p.h
		}
	}
	return true
}

// meanGray is the mean grey value of the runs, black pixels left out; NaN when
// there are no others.
func (p *reduced) meanGray(runs []run) float64 {
	sum, n := 0, 0
	for _, r := range runs {
		for _, v := range p.gray[int(r.y)*p.w:][r.x0:r.x1] {
			if v != 0 {
				sum += int(v)
				n++
			}
		}
	}
	return float64(sum) / float64(n)
}

// paint makes the runs white and returns the rectangle that holds all pixels
// that were not, empty when there were none.
func (p *reduced) paint(runs []run) image.Rectangle {
	var changed image.Rectangle
	for _, r := range runs {
		row := p.dark[int(r.y)*p.w:][r.x0:r.x1]
		first, last := -1, -1
		for x, v := range row {
			if v != 0 {
				p.hist[v]--
				p.hist[0]++
				row[x] = 0
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			x0 := int(r.x0)
			changed = changed.Union(image.Rect(x0+first, int(r.y), x0+last+1, int(r.y)+1))
		}
	}
	return changed
}
