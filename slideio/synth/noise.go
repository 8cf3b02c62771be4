package synth

// one is the amplitude of noise.
const one = 1 << 14

// lattice is value noise: random values at the crossings of a square grid,
// smoothly interpolated between them.
type lattice struct {
	seed  uint64
	shift uint // the grid's spacing is 1<<shift

	// period, where not 0, is the power of two after which the noise repeats.
	// Crossings on multiples of it are drawn from seed alone, all others from
	// seed and variant, so that variants agree along the edges of a period.
	period  int
	variant uint64
}

// value is the random value at a crossing, of [-one, one).
func (l *lattice) value(ix, iy int) int {
	seed := l.seed
	if l.period != 0 {
		mask := l.period>>l.shift - 1
		ix, iy = ix&mask, iy&mask
		if ix != 0 && iy != 0 {
			seed ^= l.variant
		}
	}
	return int(hash(seed, ix, iy)>>49) - one
}

// ease maps a fraction of [0, 1<<shift) to the weight 3t^2 - 2t^3, of [0, one].
func ease(f int, shift uint) int {
	t := f << 14 >> shift
	return t * t >> 14 * (3*one - 2*t) >> 14
}

// at is the noise at a place, of [-one, one).
func (l *lattice) at(x, y int) int {
	ix, iy := x>>l.shift, y>>l.shift
	mask := 1<<l.shift - 1
	sx, sy := ease(x&mask, l.shift), ease(y&mask, l.shift)
	left := blend(l.value(ix, iy), l.value(ix, iy+1), sy)
	right := blend(l.value(ix+1, iy), l.value(ix+1, iy+1), sy)
	return blend(left, right, sx)
}

func blend(a, b, s int) int { return a + (b-a)*s>>14 }

// addRow adds amp/one times the noise at the places (xs[i], y) to dst[i].
func (l *lattice) addRow(dst []int32, xs []int, y, amp int) {
	mask := 1<<l.shift - 1
	iy, sy := y>>l.shift, ease(y&mask, l.shift)
	have := false
	var at, left, right int
	for i, x := range xs {
		if ix := x >> l.shift; !have || ix != at {
			if have && ix == at+1 {
				left = right
			} else {
				left = blend(l.value(ix, iy), l.value(ix, iy+1), sy)
			}
			right = blend(l.value(ix+1, iy), l.value(ix+1, iy+1), sy)
			at, have = ix, true
		}
		dst[i] += int32(blend(left, right, ease(x&mask, l.shift)) * amp >> 14)
	}
}

// shiftOf is the shift of a lattice whose spacing is 1<<log micrometres.
func shiftOf(log int) uint { return uint(8 + log) }
