package synth

import "math"

// texture is a periodic picture of deviations, finer than what fields hold.
// Its rows and columns are powers of two.
type texture struct {
	logRows, logCols   int
	rowPitch, colPitch uint // shift from a length to a row or column
	pix                []int8
	deviations         []int // quantiles of what filtering took away; {0} for nothing
}

// at is the deviation at a place.
func (t *texture) at(row, col int) int {
	r := row >> t.rowPitch & (1<<t.logRows - 1)
	c := col >> t.colPitch & (1<<t.logCols - 1)
	return int(t.pix[r<<t.logCols|c])
}

// octave is one layer of a texture: spacing of the noise along rows and columns
// as shifts of the texture's own rows and columns, and its amplitude.
type octave struct {
	rows, cols int
	amp        int
}

// newTexture sums layers of noise that repeat with the texture.
func newTexture(seed uint64, logRows, logCols int, rowPitch, colPitch uint, layers []octave) *texture {
	t := &texture{logRows: logRows, logCols: logCols, rowPitch: rowPitch, colPitch: colPitch, deviations: []int{0}}
	sum := make([]int, 1<<(logRows+logCols))
	for n, o := range layers {
		rowMask, colMask := 1<<(logRows-o.rows)-1, 1<<(logCols-o.cols)-1
		value := func(r, c int) int {
			return int(hash(seed+uint64(n), r&rowMask, c&colMask)>>49) - one
		}
		for r := range 1 << logRows {
			sr := ease(r&(1<<o.rows-1), uint(o.rows))
			at, up, down := -1, 0, 0
			for c := range 1 << logCols {
				if ic := c >> o.cols; ic != at {
					at = ic
					up = blend(value(r>>o.rows, ic), value(r>>o.rows+1, ic), sr)
					down = blend(value(r>>o.rows, ic+1), value(r>>o.rows+1, ic+1), sr)
				}
				sum[r<<logCols|c] += blend(up, down, ease(c&(1<<o.cols-1), uint(o.cols))) * o.amp >> 14
			}
		}
	}
	t.pix = make([]int8, len(sum))
	for i, v := range sum {
		t.pix[i] = int8(clamp(v, -127, 127))
	}
	return t
}

// filtered is the texture averaged over squares of a side, for pixels of that
// size, with the quantiles of what was averaged away.
func (t *texture) filtered(side int) *texture {
	rows, cols := 1<<t.logRows, 1<<t.logCols
	nr := clamp(side>>t.rowPitch, 1, rows)
	nc := clamp(side>>t.colPitch, 1, cols)
	if nr == 1 && nc == 1 {
		return t
	}
	out := *t
	across := boxed(t.pix, rows, cols, nc, 1, cols)
	out.pix = boxed(across, cols, rows, nr, cols, 1)
	out.deviations = spread(t.pix, out.pix)
	return &out
}

// boxed averages n neighbours, wrapping around, along lines of a picture.
func boxed(pix []int8, lines, along, n, step, stride int) []int8 {
	out := make([]int8, len(pix))
	for l := range lines {
		at := func(i int) int { return l*stride + (i+along)%along*step }
		sum := 0
		for i := range n {
			sum += int(pix[at(i-n/2)])
		}
		for i := range along {
			out[at(i)] = int8(floorDiv(2*sum+n, 2*n))
			sum += int(pix[at(i-n/2+n)]) - int(pix[at(i-n/2)])
		}
	}
	return out
}

// spread is eight values with the standard deviation of a - b.
func spread(a, b []int8) []int {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		sum += d * d
	}
	sigma := math.Sqrt(float64(sum) / float64(len(a)))
	var out []int
	for _, q := range []float64{-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534} {
		out = append(out, int(math.Round(float64(q*sigma)*1.08)))
	}
	return out
}
