package encoder

import (
	"math"
	"sync"

	"zoomscope/engine/nn"
)

// BuiltinName is the name on the built-in encoder's card.
const BuiltinName = "scattering"

// builtin is the one Spec of Builtin: writing it again would give the same.
var builtin = sync.OnceValues(writeBuiltin)

// Builtin is the encoder that needs no learned weights: a wavelet scattering
// transform of the stains. See the doc comment of scattering for what it
// computes. Its bytes, and so its identity, are the same at every call.
func Builtin() (*Spec, error) { return builtin() }

func writeBuiltin() (*Spec, error) {
	g := nn.NewGraph("scattering")
	features := scattering{g}.features(tilesInput(g))
	g.Output("features", features)
	return specOf(g, Card{
		Name:        BuiltinName,
		Dim:         features.Shape()[1].Size,
		Licence:     "as the program",
		Description: "Wavelet scattering of hematoxylin, eosin and residual stain; no learned weights; any resolution.",
	})
}

// The built-in encoder's sizes.
const (
	stains       = 3
	octaves      = 5                  // scales, each half the size of the one before
	orientations = 8                  // over half a turn
	sparse       = 2                  // of them, whose moduli are taken at every second pixel
	cells        = 16                 // along the grid on which maps are compared
	windows      = 4                  // along the grid of which a window has a direction
	dyes         = 2                  // the stains of which the second order is taken
	relative     = orientations/2 + 1 // angles between two orientations
)

// scattering builds the network of Builtin:
//
//  1. Optical density -log10((v+1)/256) of each channel, unmixed into
//     hematoxylin, eosin and a residual perpendicular to both (Ruifrok and
//     Johnston 2001).
//  2. Of each stain a pyramid of octaves pictures, each half the one before,
//     smoothed by 1 3 3 1 so that mirrored and turned pictures give mirrored
//     and turned ones.
//  3. First order: at every scale the modulus of Morlet wavelets in eight
//     orientations. At each place their mean (energy) and how unequal they are
//     (anisotropy: the modulus of the second harmonic over orientations).
//  4. Second order: the moduli, halved again and again, through the same
//     wavelets at every coarser scale, averaged over places and over all pairs
//     of orientations with the same angle between them.
//  5. Features: mean, deviation and skewness of the stains; mean, deviation and
//     anisotropy of the energies; the second order relative to the first; and the
//     correlations, over a grid of cells, of stains and energies with each other.
//
// Every step treats the eight symmetries of the square alike, so that turning or
// mirroring a patch changes its features by rounding alone; turning it by other
// angles changes them little.
type scattering struct{ g *nn.Graph }

func (s scattering) features(tiles *nn.Value) *nn.Value {
	g := s.g
	pixels := s.stainsOf(tiles) // [B, stains, Side, Side]
	parts := []*nn.Value{s.colour(pixels)}
	maps := []*nn.Value{}
	var first []order
	picture := g.Reshape(pixels, -1, 1, Side, Side) // [B*stains, 1, n, n], as all pictures below
	maps = append(maps, s.grid(picture))
	for octave := range octaves {
		if octave > 0 {
			picture = s.halve(picture)
		}
		stride := 1
		if octave < sparse {
			stride = 2
		}
		o := s.firstOrder(picture, stride)
		first = append(first, o)
		maps = append(maps, s.grid(o.energy))
		parts = append(parts, s.secondOrder(o, octave)...)
	}
	parts = append(parts, s.statistics(first)...)
	parts = append(parts, s.correlations(maps))
	return g.Concat(1, parts...)
}

// stainsOf unmixes the stains of tiles: [B, stains, Side, Side].
func (s scattering) stainsOf(tiles *nn.Value) *nn.Value {
	g := s.g
	x := channelsFirst(g, g.Cast(tiles, nn.Float32), NCHW)
	x = g.Log(g.Add(x, g.Scalar(1)))
	// The density is (ln 256 - x) / ln 10; its unmixing is linear too.
	unmix := unmixing()
	w, b := make([]float64, 9), make([]float64, 3)
	for i := range 3 {
		for k := range 3 {
			w[3*i+k] = -unmix[i][k] / math.Ln10
			b[i] += unmix[i][k] * 8 * math.Ln2 / math.Ln10
		}
	}
	return g.Conv(x, s.constant(w, 3, 3, 1, 1), s.constant(b, 3), nn.ConvOptions{})
}

// unmixing is the matrix from optical densities (R, G, B) to amounts of
// hematoxylin, eosin and residual: the inverse of the one whose columns are the
// stains' unit vectors.
func unmixing() [3][3]float64 {
	h := unit([3]float64{0.650, 0.704, 0.286})
	e := unit([3]float64{0.072, 0.990, 0.105})
	r := unit(cross(h, e))
	// Rows of the inverse are cross products over the determinant.
	det := dot(h, cross(e, r))
	m := [3][3]float64{cross(e, r), cross(r, h), cross(h, e)}
	for i := range m {
		for k := range m[i] {
			m[i][k] /= det
		}
	}
	return m
}

func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func unit(a [3]float64) [3]float64 {
	n := math.Sqrt(dot(a, a))
	return [3]float64{a[0] / n, a[1] / n, a[2] / n}
}

// wavelets are Morlet wavelets of side x side pixels, first all real parts and
// then all imaginary ones: [2*orientations, side*side]. Each has no response to
// a flat picture and unit energy: a Gaussian, sigma 0.8 along the wave and 1/0.7 of
// that across it, times a wave of 3/8 cycles per pixel.
func wavelets(side int) []float64 {
	re, im := []float64{}, []float64{}
	for o := range orientations {
		r, i := wavelet(math.Pi*float64(o)/orientations, side)
		re, im = append(re, r...), append(im, i...)
	}
	return append(re, im...)
}

// wavelet is one of wavelets, at an angle.
func wavelet(angle float64, side int) (re, im []float64) {
	const sigma, slant, frequency = 0.8, 0.7, 3 * math.Pi / 4
	sin, cos := math.Sincos(angle)
	re, im = make([]float64, side*side), make([]float64, side*side)
	gauss := make([]float64, side*side)
	var sumGauss, sumWave float64
	for i := range gauss {
		x, y := float64(i%side)-float64(side-1)/2, float64(i/side)-float64(side-1)/2
		u, v := x*cos+y*sin, y*cos-x*sin
		gauss[i] = math.Exp(-(u*u + slant*slant*v*v) / (2 * sigma * sigma))
		re[i], im[i] = gauss[i]*math.Cos(frequency*u), gauss[i]*math.Sin(frequency*u)
		sumGauss, sumWave = sumGauss+gauss[i], sumWave+re[i]
	}
	var energy float64
	for i := range gauss {
		re[i] -= gauss[i] * sumWave / sumGauss
		energy += re[i]*re[i] + im[i]*im[i]
	}
	for i := range gauss {
		re[i] /= math.Sqrt(energy)
		im[i] /= math.Sqrt(energy)
	}
	return re, im
}

// modulus is the modulus of the wavelets' responses, [N, 1, n, n] to
// [N, orientations, n/stride, n/stride]. A wavelet's centre is a pixel at stride
// 1 and between four pixels at stride 2: either way the places are mirrored onto
// themselves with the picture.
func (s scattering) modulus(x *nn.Value, stride int) *nn.Value {
	g := s.g
	side := 6 + stride
	pairs := make([]float64, orientations*2*orientations) // adds the squares of both parts
	for o := range orientations {
		pairs[o*2*orientations+o], pairs[o*2*orientations+orientations+o] = 1, 1
	}
	x = g.Pad(x, [4]int{3, 3, 3, 3}, "reflect")
	x = g.Conv(x, s.constant(wavelets(side), 2*orientations, 1, side, side), nil, nn.ConvOptions{Stride: stride})
	return g.Sqrt(g.Conv(g.Mul(x, x), s.constant(pairs, orientations, 2*orientations, 1, 1), nil, nn.ConvOptions{}))
}

// halve is a picture of half the size, smoothed by 1 3 3 1.
func (s scattering) halve(x *nn.Value) *nn.Value {
	var w []float64
	for _, a := range []float64{1, 3, 3, 1} {
		for _, b := range []float64{1, 3, 3, 1} {
			w = append(w, a*b/64)
		}
	}
	x = s.g.Pad(x, [4]int{1, 1, 1, 1}, "reflect")
	return s.g.Conv(x, s.constant(w, 1, 1, 4, 4), nil, nn.ConvOptions{Stride: 2})
}

// order is the first order at one scale.
type order struct {
	moduli *nn.Value // [B*stains, orientations, n, n]
	energy *nn.Value // their mean, [B*stains, 1, n, n]
	wave   *nn.Value // cosine and sine of their second harmonic, [B*stains, 2, n, n]
}

func (s scattering) firstOrder(picture *nn.Value, stride int) order {
	g := s.g
	u := s.modulus(picture, stride)
	w := make([]float64, 3*orientations) // mean, and cosine and sine of twice the angle
	for o := range orientations {
		sin, cos := math.Sincos(2 * math.Pi * float64(o) / orientations)
		w[o], w[orientations+o], w[2*orientations+o] = 1.0/orientations, cos/orientations, sin/orientations
	}
	a := g.Conv(u, s.constant(w, 3, orientations, 1, 1), nil, nn.ConvOptions{})
	return order{u, g.Slice(a, 1, 0, 1), g.Slice(a, 1, 1, 3)}
}

// Small numbers that keep logarithms and quotients of nothing finite: energies
// (a density of 1e-4 is below what 8 bits can hold), and variances of maps and of
// stains, of which float32 means of 65536 dark pixels leave up to 1e-6.
const (
	floor    = 1e-4
	noPower  = 1e-6
	noColour = 1e-4
)

// average is the mean over places, [B*stains, c, n, n] as [B, stains*c].
func (s scattering) average(x *nn.Value) *nn.Value {
	return s.g.Reshape(s.g.GlobalAvgPool(x), -1, stains*x.Shape()[1].Size)
}

// secondOrder is the logarithm of the second order over the first, of
// hematoxylin and eosin, at every coarser scale.
func (s scattering) secondOrder(o order, octave int) []*nn.Value {
	g := s.g
	n := o.moduli.Shape()[2].Size
	x := g.Slice(g.Reshape(o.moduli, -1, stains, orientations*n*n), 1, 0, dyes)
	x = g.Reshape(x, -1, 1, n, n)
	base := g.Slice(s.average(o.energy), 1, 0, dyes)
	base = g.Reshape(s.logarithm(base, floor), -1, dyes, 1)
	var parts []*nn.Value
	for next := octave + 1; next < octaves; next++ {
		if n > Side>>next {
			x, n = g.AvgPool(x, 2, 2, 0), n/2
		}
		y := g.Reshape(g.GlobalAvgPool(s.modulus(x, 2)), -1, dyes, orientations*orientations)
		y = g.MatMul(y, s.relativeAngles())
		y = g.Sub(s.logarithm(y, floor), base)
		parts = append(parts, g.Reshape(y, -1, dyes*relative))
	}
	return parts
}

// relativeAngles averages pairs of orientations with the same angle between
// them: [orientations*orientations, relative].
func (s scattering) relativeAngles() *nn.Value {
	w := make([]float64, orientations*orientations*relative)
	for a := range orientations {
		for b := range orientations {
			angle := (a - b + orientations) % orientations
			angle = min(angle, orientations-angle)
			pairs := 2 * orientations
			if angle == 0 || angle == orientations/2 {
				pairs = orientations
			}
			w[(a*orientations+b)*relative+angle] = 1 / float64(pairs)
		}
	}
	return s.constant(w, orientations*orientations, relative)
}

// colour is mean, standard deviation and skewness of each stain: [B, 3*stains].
func (s scattering) colour(pixels *nn.Value) *nn.Value {
	g := s.g
	mean := g.GlobalAvgPool(pixels)
	c := g.Sub(pixels, mean)
	square := g.Mul(c, c)
	variance := g.Add(g.GlobalAvgPool(square), g.Scalar(noColour))
	deviation := g.Sqrt(variance)
	skew := g.Div(g.GlobalAvgPool(g.Mul(square, c)), g.Mul(variance, deviation))
	return g.Reshape(g.Concat(1, mean, deviation, skew), -1, 3*stains)
}

// statistics are, of every stain, the logarithm of the mean energy as a cosine
// series over scales, the logarithm of its deviation, the anisotropy of places
// and that of windows.
func (s scattering) statistics(first []order) []*nn.Value {
	g := s.g
	var means, deviations, places, wider []*nn.Value
	for _, o := range first {
		mean := s.average(o.energy)
		centred := g.Sub(o.energy, g.GlobalAvgPool(o.energy))
		variance := s.average(g.Mul(centred, centred))
		means = append(means, s.logarithm(mean, floor))
		deviations = append(deviations, s.logarithm(g.Sqrt(variance), floor))
		places = append(places, g.Div(s.average(s.length(o.wave)), g.Add(mean, g.Scalar(floor))))
		k := o.energy.Shape()[2].Size / windows
		unequal := g.Div(s.length(g.AvgPool(o.wave, k, k, 0)), g.Add(g.AvgPool(o.energy, k, k, 0), g.Scalar(10*floor)))
		wider = append(wider, s.logarithm(s.average(unequal), 200*floor))
	}
	series := g.MatMul(g.Concat(1, means...), s.cosines())
	return []*nn.Value{series, g.Concat(1, deviations...), g.Concat(1, places...), g.Concat(1, wider...)}
}

// logarithm is ln(x + least).
func (s scattering) logarithm(x *nn.Value, least float64) *nn.Value {
	return s.g.Log(s.g.Add(x, s.g.Scalar(least)))
}

// length is the length of the vectors along the channels: [N, c, n, n] to
// [N, 1, n, n].
func (s scattering) length(x *nn.Value) *nn.Value {
	return s.g.Sqrt(s.g.ReduceSum(s.g.Mul(x, x), true, 1))
}

// cosines is the orthonormal cosine transform over scales, of each stain:
// [octaves*stains, octaves*stains].
func (s scattering) cosines() *nn.Value {
	const n = octaves * stains
	w := make([]float64, n*n)
	for in := range octaves {
		for out := range octaves {
			c := math.Sqrt(2.0/octaves) * math.Cos(math.Pi*float64(out)*(float64(in)+0.5)/octaves)
			if out == 0 {
				c = math.Sqrt(1.0 / octaves)
			}
			for k := range stains {
				w[(in*stains+k)*n+out*stains+k] = c
			}
		}
	}
	return s.constant(w, n, n)
}

// grid is a map as cells x cells values, [B, stains, cells*cells]: the means of
// its parts, or each value for several cells where there are fewer.
func (s scattering) grid(x *nn.Value) *nn.Value {
	g := s.g
	switch n := x.Shape()[2].Size; {
	case n > cells:
		x = g.AvgPool(x, n/cells, n/cells, 0)
	case n < cells:
		k := cells / n
		ones := make([]float64, k*k)
		for i := range ones {
			ones[i] = 1
		}
		x = g.Mul(g.Reshape(x, -1, n, 1, n, 1), s.constant(ones, k, 1, k))
	}
	return g.Reshape(x, -1, stains, cells*cells)
}

// correlations are those of every two maps, [B, n*(n-1)/2].
func (s scattering) correlations(maps []*nn.Value) *nn.Value {
	g := s.g
	x := g.Concat(1, maps...)
	n := x.Shape()[1].Size
	x = g.Sub(x, g.ReduceMean(x, true, 2))
	variance := g.Add(g.ReduceMean(g.Mul(x, x), true, 2), g.Scalar(noPower))
	x = g.Div(x, g.Sqrt(variance))
	x = g.Mul(g.MatMul(x, g.Transpose(x, 0, 2, 1)), g.Scalar(1.0/(cells*cells)))
	var above []int64
	for i := range n {
		for k := i + 1; k < n; k++ {
			above = append(above, int64(i*n+k))
		}
	}
	return g.Gather(g.Reshape(x, -1, n*n), g.Const(nn.I64Tensor(above, len(above))), 1)
}

// constant is a float32 constant, rounded to multiples of 2^-24: what is left of
// the last digits in which mathematical functions of different processors
// differ would change the encoder's identity.
func (s scattering) constant(x []float64, shape ...int) *nn.Value {
	data := make([]float32, len(x))
	for i, v := range x {
		data[i] = float32(math.RoundToEven(v*(1<<24)) / (1 << 24))
	}
	return s.g.Const(nn.F32Tensor(data, shape...))
}
