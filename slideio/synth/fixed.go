package synth

import "math"

// Lengths within a slide are integers of 1/256 micrometre, and what decides
// about a pixel is computed in integers, or in float64 with every product
// rounded before it is added to (float64(a*b) + c), so that no compiler fuses
// the two: a slide has the same bytes on every machine.

// um is a micrometre.
const um = 256

// micrometres converts a length.
func micrometres(v float64) int { return int(math.Round(float64(v * um))) }

// mix scrambles 64 bits (the finalizer of the splitmix64 generator).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// hash scrambles a seed and a place.
func hash(seed uint64, x, y int) uint64 {
	return mix(seed ^ uint64(uint32(x))*0x9e3779b97f4a7c15 ^ mix(uint64(uint32(y))+0x632be59bd9b4e019))
}

// dice is a sequence of random numbers drawn from one seed.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	return mix(uint64(*d))
}

// upto is a number of [0, n).
func (d *dice) upto(n int) int { return int(d.next() >> 33 % uint64(max(n, 1))) }

// between is a number of [lo, hi].
func (d *dice) between(lo, hi int) int { return lo + d.upto(hi-lo+1) }

// real is a number of [lo, hi).
func (d *dice) real(lo, hi float64) float64 {
	return lo + float64((hi-lo)*float64(float64(d.next()>>11)/(1<<53)))
}

// vector is a direction or a place; directions have length 4096.
type vector struct{ x, y int }

const unit = 4096

// turns is the number of directions in a circle.
const turns = 256

// direction is the direction at i/turns of a circle.
func direction(i int) vector {
	i &= turns - 1
	quarter, rest := i/(turns/4), i%(turns/4)
	t := float64(rest) * (math.Pi / 2 / (turns / 4))
	s, c := int(math.Round(float64(unit*taylor(t, 1)))), int(math.Round(float64(unit*taylor(t, 0))))
	switch quarter {
	case 0:
		return vector{c, s}
	case 1:
		return vector{-s, c}
	case 2:
		return vector{-c, -s}
	}
	return vector{s, -c}
}

// taylor is cos t (first = 0) or sin t (first = 1) for t of [0, pi/2].
func taylor(t float64, first int) float64 {
	term, sum := 1.0, 0.0
	if first == 1 {
		term = t
	}
	for n := first; n < 24; n += 2 {
		sum += term
		term = float64(-term*float64(t*t)) / float64((n+1)*(n+2))
	}
	return sum
}

// expNeg is exp(-x) for x >= 0.
func expNeg(x float64) float64 {
	halvings := 0
	for x > 0.5 {
		x, halvings = x/2, halvings+1
	}
	term, sum := 1.0, 0.0
	for n := 1; n < 16; n++ {
		sum += term
		term = float64(-term*x) / float64(n)
	}
	for range halvings {
		sum = float64(sum * sum)
	}
	return sum
}

// length is the length of a vector, rounded down.
func length(x, y int) int { return int(math.Sqrt(float64(x*x + y*y))) }

// direct returns the direction of a vector, along x for the zero vector.
func direct(x, y int) vector {
	n := length(x, y)
	if n == 0 {
		return vector{unit, 0}
	}
	return vector{x * unit / n, y * unit / n}
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func clamp(v, lo, hi int) int { return max(lo, min(v, hi)) }
