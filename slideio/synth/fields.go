package synth

import "math"

// Amplitudes of the noise on the outline of tissue.
const (
	edgeAmp9 = 110 * um
	edgeAmp7 = 34 * um
	edgeAmp5 = 9 * um
)

// blobAt is how far inside the pieces of tissue, without their ragged edge, a
// place lies (negative: outside).
func (w *world) blobAt(x, y int) int {
	if w.corners != nil {
		return w.cornersAt(x, y)
	}
	best := math.MinInt32
	for _, b := range w.blobs {
		u := float64(x-b.x) / float64(b.rx)
		v := float64(y-b.y) / float64(b.ry)
		q := math.Sqrt(float64(u*u) + float64(v*v))
		best = max(best, int(float64((1-q)*float64(min(b.rx, b.ry)))))
	}
	return best
}

// cornerDepth is how far inside the tissue a corner lies; more than the sum of
// the edges' noises, so that squares with four such corners are full of tissue.
const cornerDepth = 200 * um

func (w *world) cornersAt(x, y int) int {
	c := func(i int) int {
		if w.corners[i] {
			return cornerDepth
		}
		return -cornerDepth
	}
	t := func(v int) int { return ease(clamp(v, 0, w.period-1), uint(logOf(w.period))) }
	if x >= w.period {
		return blend(c(1), c(3), t(y))
	}
	return blend(blend(c(0), c(1), t(x)), blend(c(2), c(3), t(x)), t(y))
}

// tissueAt is how far inside the tissue a place lies (negative: outside).
func (w *world) tissueAt(x, y int) int {
	l := &w.layers
	return w.blobAt(x, y) + l.edge9.at(x, y)*edgeAmp9>>14 + l.edge7.at(x, y)*edgeAmp7>>14 + l.edge5.at(x, y)*edgeAmp5>>14
}

func (w *world) tissueRow(dst []int32, xs []int, y int) {
	for i, x := range xs {
		dst[i] = int32(w.blobAt(x, y))
	}
	l := &w.layers
	l.edge9.addRow(dst, xs, y, edgeAmp9)
	l.edge7.addRow(dst, xs, y, edgeAmp7)
	l.edge5.addRow(dst, xs, y, edgeAmp5)
}

// planAt decides what grows where: glands above glandLevel.
func (w *world) planAt(x, y int) int {
	l := &w.layers
	return l.plan10.at(x, y)*5/8 + l.plan9.at(x, y)*5/8 + l.plan8.at(x, y)/4
}

// fatAt decides where fat grows: above fatLevel.
func (w *world) fatAt(x, y int) int {
	return w.layers.fat9.at(x, y)*3/4 + w.layers.fat7.at(x, y)/4 - max(0, w.planAt(x, y)-w.glandLevel+2600)*2
}

// inflamedAt is how densely lymphocytes gather at a place, of [0, 256]: in small
// patches of every slide, which are no hint of anything.
func (w *world) inflamedAt(x, y int) int {
	return clamp((w.layers.inflamed8.at(x, y)-one/3)*3>>7, 0, 256)
}

// bulgeAt displaces the outlines of glands, vacuoles and nests.
func (w *world) bulgeAt(x, y int) int {
	return w.layers.bulge6.at(x, y)*(11*um)>>14 + w.layers.bulge5.at(x, y)*(5*um)>>14
}

// phi and psi are the coordinates across and along the fibres.
func (w *world) phiAt(x, y int) int {
	l := &w.layers
	return (w.turn.x*y-w.turn.y*x)/unit + l.warp8.at(x, y)*warpAmp8>>14 + l.warp6.at(x, y)*warpAmp6>>14
}

const (
	warpAmp8  = 95 * um
	warpAmp6  = 14 * um
	driftAmp8 = 60 * um
)

// along is the direction of the fibres at a place.
func (w *world) along(x, y int) vector {
	const h = 3 * um
	dx := w.phiAt(x+h, y) - w.phiAt(x-h, y)
	dy := w.phiAt(x, y+h) - w.phiAt(x, y-h)
	return direct(dy, -dx)
}

// cleftAt is how far from a cleft in the tissue a place lies (negative: inside).
// nest is the weight of the nest there.
func (w *world) cleftAt(x, y, nest int) int {
	l := &w.layers
	return cleft(l.cleft7.at(x, y)*cleftAmp7>>14, l.torn8.at(x, y)*tornAmp8>>14, nest)
}

const (
	cleftAmp7 = 60 * um
	tornAmp8  = 13 * um
)

// cleft is cleftAt, given its noises: tissue tears along the zeros of one of
// them, where the other is high and there is no nest.
func cleft(line, torn, nest int) int { return abs(line) - (torn - 5*um) + nest*(8*um)>>8 }

// nestAt is how much of a nest a place is, of [0, 256], and the nest.
func (w *world) nestAt(x, y int) (int, *nest) {
	best, which := 0, (*nest)(nil)
	for i := range w.nests {
		n := &w.nests[i]
		if max(abs(x-n.x), abs(y-n.y)) > n.radius+nestReach {
			continue
		}
		if v := w.nestWeight(n, x, y, w.layers.nestEdge7.at(x, y)); v > best {
			best, which = v, n
		}
	}
	return best, which
}

// nestReach is how far beyond its radius a nest can show.
const nestReach = 110 * um

// nestWeight is nestAt for one nest, given the noise on its outline.
func (w *world) nestWeight(n *nest, x, y, noise int) int {
	d := n.radius - length(x-n.x, y-n.y) + noise*(45*um)>>14
	return clamp((d+30*um)*256/(60*um), 0, 256)
}

// inHeart reports whether a place belongs to the structures of its nest.
func (n *nest) inHeart(x, y int) bool { return length(x-n.heart.x, y-n.heart.y) < n.heartReach }

func abs(v int) int { return max(v, -v) }

// logOf is the binary logarithm of a power of two.
func logOf(v int) int {
	n := 0
	for ; v > 1; v >>= 1 {
		n++
	}
	return n
}

func sqrt(v float64) float64 { return math.Sqrt(v) }
