package slideio

import (
	"context"
	"encoding/binary"
	"image"
	"math"
	"slices"
	"sync"
)

// weightOne is the sum of the weights of one pixel along one axis.
const weightOne = 1 << 16

// axis says, for each of n pixels of the result, which pixels of the level it is
// made of along one axis, and with what weights.
type axis struct {
	n      int
	origin float64 // where pixel 0 starts, in pixels of the level
	step   float64 // pixels of the level per pixel of the result

	factor int // step, when step and origin are whole numbers; else 0
	whole  int // origin, when factor > 0

	first   []int32  // first pixel of the level that pixel i takes
	offset  []int32  // weights of pixel i: weight[offset[i]:offset[i+1]]
	weights []uint32 // units of 1/weightOne
}

// place sets the axis up for n pixels from origin on, step pixels each.
func (a *axis) place(n int, origin, step float64) {
	a.n, a.origin, a.step, a.factor, a.whole = n, origin, step, 0, 0
	// The far end shows what a step that is not quite whole adds up to.
	k := int(math.Round(step))
	start, ok := nearWhole(origin, alignTolerance)
	_, okEnd := nearWhole(origin+step*float64(n), alignTolerance)
	if ok && okEnd && k > 0 && math.Abs(step-float64(k))*float64(n) <= alignTolerance {
		a.factor, a.whole = k, start
	}
}

// weigh computes the weights, leaving out what lies outside 0..size.
//
// A reduction weighs every pixel by its covered part. A magnification weighs the
// two pixels whose centres are nearest. Weights are differences of a rounded
// cumulative sum, so that they add up to weightOne exactly and white stays white.
func (a *axis) weigh(size int) {
	a.first, a.weights = a.first[:0], a.weights[:0]
	a.offset = append(a.offset[:0], 0)
	width := max(a.step, 1)
	for i := range a.n {
		// For a magnification, the two nearest pixels are what a window one pixel
		// wide around the pixel's centre covers.
		centre := a.origin + (float64(i)+0.5)*a.step
		a.cover(centre-width/2, width, size)
	}
}

// cover appends the weights of the window [lo, lo+width).
func (a *axis) cover(lo, width float64, size int) {
	if n, ok := nearWhole(lo, 1e-7); ok {
		lo = float64(n) // not a sliver of one more pixel
	}
	from := int(min(max(math.Floor(lo), 0), float64(size)))
	to := int(min(max(math.Ceil(lo+width-1e-7), 0), float64(size)))
	a.first = append(a.first, int32(from))
	upTo := func(x int) uint32 {
		part := (float64(x) - lo) / width
		return uint32(math.Round(min(max(part, 0), 1) * weightOne))
	}
	sum := upTo(from)
	for x := from; x < to; x++ {
		next := upTo(x + 1)
		a.weights = append(a.weights, next-sum)
		sum = next
	}
	a.offset = append(a.offset, int32(len(a.weights)))
}

// taps are the pixels of the level that pixel i takes, and their weights.
func (a *axis) taps(i int) (first int, weights []uint32) {
	return int(a.first[i]), a.weights[a.offset[i]:a.offset[i+1]]
}

// tapsIn is the part of taps(i) within lo..hi.
func (a *axis) tapsIn(i, lo, hi int) (first int, weights []uint32) {
	first, weights = a.taps(i)
	from, to := max(first, lo), min(first+len(weights), hi)
	if from >= to {
		return lo, nil
	}
	return from, weights[from-first : to-first]
}

// past reports whether pixel i takes nothing from the level's pixel x on.
func (a *axis) past(i, x int) bool {
	first, weights := a.taps(i)
	return first+len(weights) <= x
}

// span is the range of the level's pixels that the pixels i..j take. It is empty
// when they all lie outside the level.
func (a *axis) span(i, j int) (lo, hi int) {
	lo, hi = math.MaxInt, 0
	for ; i < j; i++ {
		if first, weights := a.taps(i); len(weights) > 0 {
			lo, hi = min(lo, first), max(hi, first+len(weights))
		}
	}
	if lo >= hi {
		return 0, 0
	}
	return lo, hi
}

// work is the memory of resampling one block.
//
// Pixels are summed up as their distance from white, so that what lies outside
// the level adds nothing. Red and green share one word, 32 bits each.
type work struct {
	img image.RGBA
	rg  []uint64 // sums of the result's pixels
	b   []uint32
	hrg []uint64 // one row of the level, weighed along x: units of 1/256
	hb  []uint32
}

var works = sync.Pool{New: func() any { return new(work) }}

// read reads pixels of a level into the block's memory.
func (w *work) read(ctx context.Context, s Slide, level int, src image.Rectangle) error {
	n := 4 * src.Dx() * src.Dy()
	w.img.Pix = slices.Grow(w.img.Pix[:0], n)[:n]
	w.img.Stride = 4 * src.Dx()
	w.img.Rect = image.Rectangle{Max: src.Size()}
	return s.ReadRegion(ctx, &w.img, level, src.Min.X, src.Min.Y)
}

// start empties the sums for nx x ny pixels.
func (w *work) start(nx, ny int) {
	w.rg = slices.Grow(w.rg[:0], nx*ny)[:nx*ny]
	w.b = slices.Grow(w.b[:0], nx*ny)[:nx*ny]
	w.hrg = slices.Grow(w.hrg[:0], nx)[:nx]
	w.hb = slices.Grow(w.hb[:0], nx)[:nx]
	clear(w.rg)
	clear(w.b)
}

// add adds the pixels read from src to the result's pixels r.
func (w *work) add(ax, ay *axis, r, src image.Rectangle) {
	nx := r.Dx()
	from := r.Min.Y // rows of the result are met in order
	for y := src.Min.Y; y < src.Max.Y; y++ {
		for from < r.Max.Y-1 && ay.past(from, y) {
			from++
		}
		w.alongX(ax, r.Min.X, src, y)
		for j := from; j < r.Max.Y; j++ {
			first, weights := ay.taps(j)
			if first > y {
				break
			}
			if k := y - first; k < len(weights) {
				row := (j - r.Min.Y) * nx
				addRow(w.rg[row:row+nx], w.b[row:row+nx], w.hrg, w.hb, weights[k])
			}
		}
	}
}

// alongX weighs row y of src along x, for the result's pixels from x0 on.
func (w *work) alongX(ax *axis, x0 int, src image.Rectangle, y int) {
	row := w.img.Pix[(y-src.Min.Y)*w.img.Stride:][:w.img.Stride]
	for i := range w.hrg {
		first, weights := ax.tapsIn(x0+i, src.Min.X, src.Max.X)
		var rg, b uint64
		px := row[4*(first-src.Min.X):]
		for _, wt := range weights {
			p := ^binary.LittleEndian.Uint32(px)
			px = px[4:]
			rg += (uint64(p&0xff) | uint64(p&0xff00)<<24) * uint64(wt)
			b += uint64(p>>16&0xff) * uint64(wt)
		}
		w.hrg[i] = (rg + 0x00000080_00000080) >> 8 & 0x0000ffff_0000ffff
		w.hb[i] = uint32((b + 0x80) >> 8)
	}
}

// addRow adds a row weighed along x, with its weight along y.
func addRow(rg []uint64, b []uint32, hrg []uint64, hb []uint32, weight uint32) {
	rg, b, hb = rg[:len(hrg)], b[:len(hrg)], hb[:len(hrg)]
	for i, v := range hrg {
		rg[i] += v * uint64(weight)
		b[i] += hb[i] * weight
	}
}

// finish writes the sums as pixels.
func (w *work) finish(dst []byte, stride, nx, ny int) {
	for y := range ny {
		row := dst[y*stride:][:4*nx]
		for x, rg := range w.rg[y*nx:][:nx] {
			px := row[4*x:][:4]
			px[0] = whiteLess(uint32(rg))
			px[1] = whiteLess(uint32(rg >> 32))
			px[2] = whiteLess(w.b[y*nx+x])
			px[3] = 0xff
		}
	}
}

// whiteLess is 255 less a sum in units of 1/2^24.
func whiteLess(sum uint32) byte {
	return byte(255 - min((uint64(sum)+1<<23)>>24, 255))
}

// shrink writes nx x ny pixels, each the mean of k x k pixels of src, k <= 256.
func shrink(dst []byte, dstStride, nx, ny int, src []byte, srcStride, k int) {
	if k == 2 {
		halve(dst, dstStride, nx, ny, src, srcStride)
		return
	}
	// sum/n, rounded, as a product: exact for these sums and n < 1<<20.
	n := uint64(k * k)
	inverse := (1<<48 + n - 1) / n
	mean := func(sum uint64) byte { return byte((sum + n/2) * inverse >> 48) }
	for y := range ny {
		out := dst[y*dstStride:][:4*nx]
		in := src[y*k*srcStride:]
		for x := range nx {
			rb, ga := boxSum(in[4*k*x:], srcStride, k)
			px := out[4*x:][:4]
			px[0] = mean(rb & 0xffffffff)
			px[1] = mean(ga & 0xffffffff)
			px[2] = mean(rb >> 32)
			px[3] = 0xff
		}
	}
}

// halve is shrink for k = 2, the usual step between magnifications.
func halve(dst []byte, dstStride, nx, ny int, src []byte, srcStride int) {
	for y := range ny {
		out := dst[y*dstStride:][:4*nx]
		upper, lower := src[2*y*srcStride:][:8*nx], src[(2*y+1)*srcStride:][:8*nx]
		for x := range nx {
			a, b := binary.LittleEndian.Uint64(upper[8*x:]), binary.LittleEndian.Uint64(lower[8*x:])
			even, odd := a&lanes+b&lanes, a>>8&lanes+b>>8&lanes
			rb, ga := uint32(even+even>>32), uint32(odd+odd>>32) // two sums of 16 bits
			px := (rb+0x00020002)>>2&0x00ff00ff | (ga+2)<<6&0xff00
			binary.LittleEndian.PutUint32(out[4*x:], px+0xff000000)
		}
	}
}

// lanes are the even bytes of a word of two pixels: red and blue. Shifted by a
// byte they are green and alpha.
const lanes = 0x00ff00ff_00ff00ff

// boxSum sums k x k pixels: red and blue, green and alpha, 32 bits each.
//
// A word holds two pixels; the sums of a channel are kept in 16 bits for as many
// rows as fit and then added up.
func boxSum(src []byte, stride, k int) (rb, ga uint64) {
	if k == 4 {
		return boxSum4(src, stride)
	}
	most := max(1, 512/(k+k%2)) // rows of at most 257 sums of two pixels per word
	for y := 0; y < k; {
		var even, odd uint64
		for end := min(y+most, k); y < end; y++ {
			row := src[y*stride:][:4*k]
			for len(row) >= 8 {
				v := binary.LittleEndian.Uint64(row)
				even += v & lanes
				odd += v >> 8 & lanes
				row = row[8:]
			}
			if len(row) >= 4 {
				v := uint64(binary.LittleEndian.Uint32(row))
				even += v & lanes
				odd += v >> 8 & lanes
			}
		}
		rb += spread(even)
		ga += spread(odd)
	}
	return rb, ga
}

// boxSum4 is boxSum for k = 4, the usual step between levels.
func boxSum4(src []byte, stride int) (rb, ga uint64) {
	var even, odd uint64
	for range 4 {
		row := src[:16]
		a, b := binary.LittleEndian.Uint64(row), binary.LittleEndian.Uint64(row[8:])
		even += a&lanes + b&lanes
		odd += a>>8&lanes + b>>8&lanes
		src = src[min(stride, len(src)):]
	}
	return spread(even), spread(odd)
}

// spread adds up the two pixels of a word: four sums of 16 bits become two of 32.
func spread(v uint64) uint64 {
	const low = 0x0000ffff_0000ffff
	// low: first channel of both pixels; high: second channel of both.
	first, second := v&low, v>>16&low
	return first&0xffffffff + first>>32 + (second&0xffffffff+second>>32)<<32
}
