package encoder

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"

	"zoomscope/engine/nn/nntest"
)

// slowScattering is the transform of Builtin written down again, place by place
// in float64, from the description of scattering alone. It shares no code with
// the network.
func slowScattering(tile []byte) []float64 {
	stain := slowStains(tile)
	var colour, second, features []float64
	for moment := range 3 {
		for _, p := range stain {
			mean, deviation, skew := moments(p.v)
			colour = append(colour, []float64{mean, deviation, skew}[moment])
		}
	}
	var grids [][]float64
	for _, p := range stain {
		grids = append(grids, p.cells(16))
	}
	var energy, spread, place, window [5][3]float64
	for octave := range 5 {
		if octave > 0 {
			for i := range stain {
				stain[i] = stain[i].halved()
			}
		}
		step := 1
		if octave < 2 {
			step = 2
		}
		var moduli [3][]picture
		for i, p := range stain {
			moduli[i] = p.moduli(step)
			e, wave := harmonics(moduli[i])
			mean, _, _ := moments(e.v)
			energy[octave][i] = mean
			spread[octave][i] = deviation(e.v)
			place[octave][i] = average(lengths(wave)) / (mean + 1e-4)
			window[octave][i] = average(quotient(lengths([2]picture{wave[0].parts(4), wave[1].parts(4)}), e.parts(4)))
			grids = append(grids, e.cells(16))
		}
		for coarser := octave + 1; coarser < 5; coarser++ {
			for i := range 2 {
				second = append(second, slowSecond(moduli[i], 256>>coarser, energy[octave][i])...)
			}
		}
	}
	features = append(colour, second...)
	for term := range 5 {
		for i := range 3 {
			sum := 0.0
			for octave := range 5 {
				c := math.Sqrt(2.0/5) * math.Cos(math.Pi*float64(term)*(float64(octave)+0.5)/5)
				if term == 0 {
					c = math.Sqrt(1.0 / 5)
				}
				sum += c * math.Log(energy[octave][i]+1e-4)
			}
			features = append(features, sum)
		}
	}
	for _, x := range spread {
		for _, v := range x {
			features = append(features, math.Log(v+1e-4))
		}
	}
	for _, x := range place {
		features = append(features, x[:]...)
	}
	for _, x := range window {
		for _, v := range x {
			features = append(features, math.Log(v+0.02))
		}
	}
	for i := range grids {
		for k := i + 1; k < len(grids); k++ {
			features = append(features, correlation(grids[i], grids[k]))
		}
	}
	return features
}

// picture is n x n values.
type picture struct {
	n int
	v []float64
}

func newPicture(n int) picture { return picture{n, make([]float64, n*n)} }

// at is a value; beyond the border the picture is mirrored at the outermost
// pixels' centres.
func (p picture) at(x, y int) float64 {
	mirror := func(i int) int {
		if i < 0 {
			return -i
		}
		if i >= p.n {
			return 2*p.n - 2 - i
		}
		return i
	}
	return p.v[mirror(y)*p.n+mirror(x)]
}

// slowStains solves density = amounts * stains for the amounts, pixel by pixel,
// by Cramer's rule.
func slowStains(tile []byte) []picture {
	vectors := [3][3]float64{{0.650, 0.704, 0.286}, {0.072, 0.990, 0.105}}
	for c := range 3 { // perpendicular to both
		i, k := (c+1)%3, (c+2)%3
		vectors[2][c] = vectors[0][i]*vectors[1][k] - vectors[0][k]*vectors[1][i]
	}
	for i, v := range vectors {
		length := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
		for c := range v {
			vectors[i][c] /= length
		}
	}
	stain := []picture{newPicture(256), newPicture(256), newPicture(256)}
	for at := range 256 * 256 {
		var density [3]float64
		for c := range density {
			density[c] = -math.Log10((float64(tile[at*3+c]) + 1) / 256)
		}
		for i := range stain {
			with := vectors
			with[i] = density
			stain[i].v[at] = determinant(with) / determinant(vectors)
		}
	}
	return stain
}

func determinant(m [3][3]float64) float64 {
	return m[0][0]*(m[1][1]*m[2][2]-m[1][2]*m[2][1]) -
		m[0][1]*(m[1][0]*m[2][2]-m[1][2]*m[2][0]) +
		m[0][2]*(m[1][0]*m[2][1]-m[1][1]*m[2][0])
}

// halved is the picture at half the size, each value the mean of 4 x 4 with the
// weights 1 3 3 1.
func (p picture) halved() picture {
	q := newPicture(p.n / 2)
	weight := [4]float64{1, 3, 3, 1}
	for y := range q.n {
		for x := range q.n {
			for dy, wy := range weight {
				for dx, wx := range weight {
					q.v[y*q.n+x] += wy * wx / 64 * p.at(2*x-1+dx, 2*y-1+dy)
				}
			}
		}
	}
	return q
}

// moduli are those of the Morlet wavelets of eight orientations at every step-th
// pixel. With a step of 2 the centres lie between pixels.
func (p picture) moduli(step int) []picture {
	side := 6 + step
	var out []picture
	for o := range 8 {
		wave := slowWavelet(math.Pi*float64(o)/8, side)
		q := newPicture(p.n / step)
		for y := range q.n {
			for x := range q.n {
				var sum complex128
				for i, w := range wave {
					sum += w * complex(p.at(x*step-3+i%side, y*step-3+i/side), 0)
				}
				q.v[y*q.n+x] = math.Hypot(real(sum), imag(sum))
			}
		}
		out = append(out, q)
	}
	return out
}

// slowWavelet is exp(-(u^2 + 0.49 v^2) / (2 * 0.8^2)) (exp(3/4 pi i u) - b), with b
// such that it adds up to 0, over its norm; u runs at the angle.
func slowWavelet(angle float64, side int) []complex128 {
	envelope, wave := make([]float64, side*side), make([]complex128, side*side)
	var total float64
	var sum complex128
	for i := range wave {
		x, y := float64(i%side)-float64(side-1)/2, float64(i/side)-float64(side-1)/2
		u, v := x*math.Cos(angle)+y*math.Sin(angle), -x*math.Sin(angle)+y*math.Cos(angle)
		envelope[i] = math.Exp(-(u*u + 0.49*v*v) / (2 * 0.64))
		sin, cos := math.Sincos(0.75 * math.Pi * u)
		wave[i] = complex(envelope[i]*cos, envelope[i]*sin)
		total, sum = total+envelope[i], sum+wave[i]
	}
	norm := 0.0
	for i := range wave {
		wave[i] -= complex(envelope[i], 0) * sum / complex(total, 0)
		norm += real(wave[i])*real(wave[i]) + imag(wave[i])*imag(wave[i])
	}
	for i := range wave {
		wave[i] /= complex(math.Sqrt(norm), 0)
	}
	return wave
}

// harmonics are the mean over orientations at each place, and the cosine and
// sine part of twice the angle.
func harmonics(moduli []picture) (mean picture, wave [2]picture) {
	n := moduli[0].n
	mean, wave = newPicture(n), [2]picture{newPicture(n), newPicture(n)}
	for o, m := range moduli {
		sin, cos := math.Sincos(2 * math.Pi * float64(o) / 8)
		for i, v := range m.v {
			mean.v[i] += v / 8
			wave[0].v[i] += v * cos / 8
			wave[1].v[i] += v * sin / 8
		}
	}
	return mean, wave
}

// parts are the means over k x k equal parts.
func (p picture) parts(k int) picture {
	q := newPicture(k)
	d := p.n / k
	for i, v := range p.v {
		q.v[i/p.n/d*k+i%p.n/d] += v / float64(d*d)
	}
	return q
}

// cells is the picture as k x k values: means, or values repeated.
func (p picture) cells(k int) []float64 {
	if p.n >= k {
		return p.parts(k).v
	}
	q := newPicture(k)
	for i := range q.v {
		q.v[i] = p.v[i/k*p.n/k*p.n+i%k*p.n/k]
	}
	return q.v
}

// slowSecond is ln(second/first) for angles of 0 to 4 eighths of a half turn
// between the orientations of first and second order, at the scale whose
// picture has n pixels.
func slowSecond(moduli []picture, n int, first float64) []float64 {
	var sum, count [5]float64
	for a, m := range moduli {
		if m.n > n {
			m = m.parts(n)
		}
		for b, second := range m.moduli(2) {
			angle := (b - a + 8) % 8
			angle = min(angle, 8-angle)
			sum[angle] += average(second.v)
			count[angle]++
		}
	}
	out := make([]float64, 5)
	for i := range out {
		out[i] = math.Log(sum[i]/count[i]+1e-4) - math.Log(first+1e-4)
	}
	return out
}

func average(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func deviation(v []float64) float64 {
	mean, sum := average(v), 0.0
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return math.Sqrt(sum / float64(len(v)))
}

// moments are mean, standard deviation and skewness, the variance 1e-4 larger.
func moments(v []float64) (mean, deviation, skew float64) {
	mean = average(v)
	var square, cube float64
	for _, x := range v {
		square += (x - mean) * (x - mean) / float64(len(v))
		cube += (x - mean) * (x - mean) * (x - mean) / float64(len(v))
	}
	deviation = math.Sqrt(square + 1e-4)
	return mean, deviation, cube / (deviation * deviation * deviation)
}

func lengths(wave [2]picture) []float64 {
	out := make([]float64, len(wave[0].v))
	for i := range out {
		out[i] = math.Hypot(wave[0].v[i], wave[1].v[i])
	}
	return out
}

func quotient(a []float64, b picture) []float64 {
	out := make([]float64, len(a))
	for i := range out {
		out[i] = a[i] / (b.v[i] + 1e-3)
	}
	return out
}

// correlation is that of two maps, their variances 1e-6 larger.
func correlation(a, b []float64) float64 {
	ma, mb := average(a), average(b)
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	n := float64(len(a))
	return ab / n / math.Sqrt((aa/n+1e-6)*(bb/n+1e-6))
}

// tissueLike is a patch of smooth blots in the colours of the stains, with noise.
func tissueLike(seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	tile := make([]byte, TileBytes)
	density := make([]float64, TileBytes)
	colours := [][3]float64{{0.65, 0.70, 0.29}, {0.07, 0.99, 0.11}, {0.3, 0.5, 0.7}}
	for range 120 {
		x, y, r := rng.Float64()*Side, rng.Float64()*Side, 2+rng.Float64()*12
		stretch, colour, amount := 0.3+rng.Float64(), colours[rng.IntN(3)], 0.1+0.5*rng.Float64()
		for i := range Side * Side {
			dx, dy := float64(i%Side)-x, (float64(i/Side)-y)/stretch
			if d := (dx*dx + dy*dy) / (r * r); d < 9 {
				for c := range 3 {
					density[i*3+c] += amount * colour[c] * math.Exp(-d)
				}
			}
		}
	}
	for i, d := range density {
		tile[i] = byte(min(255, 250*math.Pow(10, -d)+4*rng.Float64()))
	}
	return tile
}

// edgeTiles are patches on which logarithms, quotients and correlations are
// near their limits.
func edgeTiles() map[string][]byte {
	white, black, checks, half := make([]byte, TileBytes), make([]byte, TileBytes), make([]byte, TileBytes), make([]byte, TileBytes)
	for i := range white {
		white[i] = 255
		checks[i] = byte(255 * ((i/3 + i/3/Side) % 2))
		if i/3%Side < Side/2 {
			half[i] = 255
		}
	}
	return map[string][]byte{"white": white, "black": black, "checks": checks, "half": half}
}

func TestBuiltinEqualsSlowTwin(t *testing.T) {
	e := openBuiltin(t, 1)
	edges := edgeTiles()
	tiles := maps.Clone(edges)
	tiles["tissue 1"], tiles["tissue 2"] = tissueLike(1), tissueLike(2)
	for name, tile := range tiles {
		tolerance := 2e-3
		if edges[name] != nil {
			tolerance = 5e-2
		}
		t.Run(name, func(t *testing.T) {
			got := make([]float32, e.Dim())
			if err := e.Encode(t.Context(), tile, 1, got); err != nil {
				t.Fatal(err)
			}
			want := slowScattering(tile)
			if len(want) != len(got) {
				t.Fatalf("%d values, not %d", len(got), len(want))
			}
			compare(t, got, want, tolerance)
		})
	}
}

// compare allows what float32 sums and wavelets rounded to 2^-24 lose: 2e-3 of a
// value, or of 1. On patches of hard black and white the deviation of an energy
// can be nothing but that rounding, 3e-5 beside the 1e-4 that the logarithm adds:
// there 5e-2 is allowed.
func compare(t *testing.T, got []float32, want []float64, tolerance float64) {
	t.Helper()
	worst, at := 0.0, 0
	for i, w := range want {
		d := math.Abs(float64(got[i])-w) / max(1, math.Abs(w))
		if math.IsNaN(d) {
			t.Fatalf("value %d is %g, not %g", i, got[i], w)
		}
		if d > worst {
			worst, at = d, i
		}
	}
	t.Logf("largest difference %.2g at %d: %g, want %g", worst, at, got[at], want[at])
	if worst > tolerance {
		t.Errorf("value %d is %g, not %g", at, got[at], want[at])
	}
}

// TestBuiltinSymmetry: turned and mirrored patches have the same features, up to
// float32 sums in another order.
func TestBuiltinSymmetry(t *testing.T) {
	const tolerance = 2e-4
	e := openBuiltin(t, 1)
	tile := tissueLike(3)
	want := make([]float32, e.Dim())
	if err := e.Encode(t.Context(), tile, 1, want); err != nil {
		t.Fatal(err)
	}
	for symmetry := 1; symmetry < 8; symmetry++ {
		t.Run(fmt.Sprint(symmetry), func(t *testing.T) {
			got := make([]float32, e.Dim())
			if err := e.Encode(t.Context(), turned(tile, symmetry), 1, got); err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				if d := math.Abs(float64(got[i] - w)); d > tolerance*max(1, math.Abs(float64(w))) {
					t.Errorf("value %d is %g, not %g", i, got[i], w)
				}
			}
		})
	}
}

// turned is one of the eight symmetries of a patch: the bits swap the axes and
// mirror each.
func turned(tile []byte, symmetry int) []byte {
	out := make([]byte, len(tile))
	for i := range Side * Side {
		x, y := i%Side, i/Side
		if symmetry&1 != 0 {
			x, y = y, x
		}
		if symmetry&2 != 0 {
			x = Side - 1 - x
		}
		if symmetry&4 != 0 {
			y = Side - 1 - y
		}
		copy(out[i*3:i*3+3], tile[(y*Side+x)*3:])
	}
	return out
}

// TestBuiltinIsFixed pins the encoder's identity: models and bags name it, so
// that a change must be meant.
func TestBuiltinIsFixed(t *testing.T) {
	const want = "a750d43c32b3f595d1b8b11be499453c3759d51f95ed4a7b8e6eae4dc442e2f3"
	spec, err := writeBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	if got := spec.Card().SHA256; got != want {
		t.Errorf("built-in encoder is %s, not %s", got, want)
	}
	again, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if again.Card() != spec.Card() {
		t.Errorf("made again it is %+v, not %+v", again.Card(), spec.Card())
	}
}

// TestBuiltinWithoutLibrary runs the network on the interpreter, so that a
// machine without ONNX Runtime tests it too.
func TestBuiltinWithoutLibrary(t *testing.T) {
	if testing.Short() {
		t.Skip("the interpreter takes some seconds")
	}
	spec, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, spec, nntest.Interpreter{})
	tile := tissueLike(4)
	got := make([]float32, e.Dim())
	if err := e.Encode(t.Context(), tile, 1, got); err != nil {
		t.Fatal(err)
	}
	compare(t, got, slowScattering(tile), 2e-3)
}
