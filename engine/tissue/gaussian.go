package tissue

import (
	"context"
	"image"
	"math"
	"slices"
)

// gaussian holds the weights of a Gaussian by their distance from the centre;
// distances beyond 4 sigma weigh nothing.
type gaussian []float64

func newGaussian(sigma float64) gaussian {
	if sigma == 0 {
		return gaussian{1}
	}
	radius := int(4*sigma + 0.5)
	g := make(gaussian, radius+1)
	for i := range g {
		g[i] = math.Exp(-0.5 / (sigma * sigma) * float64(i*i))
	}
	sum := 0.0
	for i := -radius; i <= radius; i++ {
		sum += g[max(i, -i)]
	}
	for i := range g {
		g[i] /= sum
	}
	return g
}

// rowReader copies the pixels of row y from column x0 to x1 into dst.
type rowReader func(y, x0, x1 int, dst []float64)

func bytesReader(pix []uint8, w int) rowReader {
	return func(y, x0, x1 int, dst []float64) {
		for i, v := range pix[y*w:][x0:x1] {
			dst[i] = float64(v)
		}
	}
}

// chunk is how many columns of tiles one job smooths.
const chunk = 16

// smooth sets the tiles of p that r covers (in tiles) to the Gaussian of src,
// whose edge pixels go on outside. Down first, then across, each sum from the
// centre, then from the farthest pair inwards.
func (g gaussian) smooth(ctx context.Context, p *plane, src rowReader, r image.Rectangle) error {
	across := (r.Dx() + chunk - 1) / chunk
	clear(p.runs[r.Min.Y:r.Max.Y])
	return each(ctx, across*r.Dy(), func() func(int) {
		var s smoother
		return func(i int) {
			col := r.Min.X + i%across*chunk
			s.tiles(g, p, src, col, min(r.Max.X, col+chunk), r.Min.Y+i/across)
		}
	})
}

// smoother is one goroutine's buffers.
type smoother struct {
	block []float64   // source pixels of a block of columns
	rows  [][]float64 // its rows, those outside the picture repeated; nil for rows of 0
	lines []float64   // smoothed down
	empty []bool      // which blocks of the lines are 0 throughout
}

// tiles smooths the tiles of one row, from column col to end.
func (s *smoother) tiles(g gaussian, p *plane, src rowReader, col, end, row int) {
	radius := len(g) - 1
	left, _ := p.columns(col)
	_, right := p.columns(end - 1)
	y0, y1 := p.lines(row)
	width := right - left + 2*radius // of a line, which begins at left-radius
	s.lines = grow(s.lines, width*(y1-y0))
	s.down(g, p, src, left-radius, width, y0, y1)
	for c := col; c < end; c++ {
		x0, x1 := p.columns(c)
		t := p.tile(c, row)
		if s.isEmpty(x0-left, x1-left+2*radius) {
			*t = tile{}
			continue
		}
		if t.v == nil {
			t.v = make([]float64, (x1-x0)*(y1-y0))
		}
		for y := range y1 - y0 {
			g.across(t.v[y*(x1-x0):][:x1-x0], s.lines[y*width:][:width], x0-left)
		}
		t.measure()
	}
}

// down fills the lines y0..y1, which begin at column start.
func (s *smoother) down(g gaussian, p *plane, src rowReader, start, width, y0, y1 int) {
	s.empty = s.empty[:0]
	for at := 0; at < width; at += tileWidth {
		n := min(tileWidth, width-at)
		empty := !s.load(p, src, start+at, n, y0-len(g)+1, y1+len(g)-1)
		s.empty = append(s.empty, empty)
		for y := range y1 - y0 {
			line := s.lines[y*width+at:][:n]
			if empty {
				clear(line)
			} else {
				g.down(line, s.rows, y+len(g)-1)
			}
		}
	}
}

// load fills the block with rows y0..y1 of n columns from x, those outside the
// picture repeating its edge, and reports whether any pixel is not 0.
func (s *smoother) load(p *plane, src rowReader, x, n, y0, y1 int) bool {
	first, end := clamp(y0, p.h), clamp(y1-1, p.h)+1
	inner0, inner1 := clamp(x, p.w), clamp(x+n-1, p.w)+1
	s.block = grow(s.block, n*(end-first))
	s.rows = s.rows[:0]
	any := false
	for y := first; y < end; y++ {
		row := s.block[(y-first)*n:][:n]
		before := min(max(0, inner0-x), n-1)
		inner := row[before:][:inner1-inner0]
		src(y, inner0, inner1, inner)
		fill(row[:before], inner[0])
		fill(row[before+len(inner):], inner[len(inner)-1])
		if allZero(inner) {
			row = nil
		}
		any = any || row != nil
		s.rows = append(s.rows, row)
	}
	s.rows = repeatEnds(s.rows, first-y0, y1-end)
	return any
}

// repeatEnds puts copies of the first and last element before and behind.
func repeatEnds(rows [][]float64, before, behind int) [][]float64 {
	rows = slices.Insert(rows, 0, slices.Repeat(rows[:1], before)...)
	return append(rows, slices.Repeat(rows[len(rows)-1:], behind)...)
}

func (s *smoother) isEmpty(from, to int) bool {
	for i := from / tileWidth; i*tileWidth < to; i++ {
		if !s.empty[i] {
			return false
		}
	}
	return true
}

// down sets dst to the weighted sum of the rows around row i. Rows of 0 add
// nothing.
func (g gaussian) down(dst []float64, rows [][]float64, i int) {
	clear(dst)
	if rows[i] != nil {
		scaleTo(dst, rows[i], g[0])
	}
	var s [8][]float64
	var w [4]float64
	n := 0 // pairs held back until there are four
	for j := len(g) - 1; j > 0; j-- {
		a, b := rows[i-j], rows[i+j]
		if a == nil && b == nil {
			continue
		}
		s[2*n], s[2*n+1], w[n] = orZero(a), orZero(b), g[j]
		if n++; n == 4 {
			addFour(dst, &s, &w)
			n = 0
		}
	}
	for k := range n {
		addOne(dst, s[2*k], s[2*k+1], w[k])
	}
}

// across sets dst[x] to the weighted sum of the line around place
// from+radius+x.
func (g gaussian) across(dst, line []float64, from int) {
	c := from + len(g) - 1
	scaleTo(dst, line[c:], g[0])
	j := len(g) - 1
	for ; j >= 4; j -= 4 {
		addFour(dst, &[8][]float64{
			line[c-j:], line[c+j:], line[c-j+1:], line[c+j-1:],
			line[c-j+2:], line[c+j-2:], line[c-j+3:], line[c+j-3:],
		}, &[4]float64{g[j], g[j-1], g[j-2], g[j-3]})
	}
	for ; j > 0; j-- {
		addOne(dst, line[c-j:], line[c+j:], g[j])
	}
}

// zeros stands for a row of 0; it is never written.
var zeros [tileWidth]float64

func orZero(row []float64) []float64 {
	if row == nil {
		return zeros[:]
	}
	return row
}

func scaleTo(dst, a []float64, w float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * w
	}
}

func addOne(dst, a, b []float64, w float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] += float64((a[i] + b[i]) * w)
	}
}

// addFourGo is addOne for four pairs in turn, in a single pass from place first.
// The conversions keep products from being fused into the sums.
func addFourGo(dst []float64, s *[8][]float64, w *[4]float64, first int) {
	n := len(dst)
	a0, b0, a1, b1 := s[0][:n], s[1][:n], s[2][:n], s[3][:n]
	a2, b2, a3, b3 := s[4][:n], s[5][:n], s[6][:n], s[7][:n]
	for i := first; i < n; i++ {
		v := dst[i] + float64((a0[i]+b0[i])*w[0])
		v += float64((a1[i] + b1[i]) * w[1])
		v += float64((a2[i] + b2[i]) * w[2])
		dst[i] = v + float64((a3[i]+b3[i])*w[3])
	}
}

func clamp(i, n int) int { return max(0, min(i, n-1)) }

func fill(s []float64, v float64) {
	for i := range s {
		s[i] = v
	}
}

func allZero(s []float64) bool {
	for _, v := range s {
		if v != 0 {
			return false
		}
	}
	return true
}

func grow(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}
