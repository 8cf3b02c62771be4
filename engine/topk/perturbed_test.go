package topk

import (
	"cmp"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"zoomscope/engine/safetensors"
	"zoomscope/packaging/testenv"
)

// slowPerturbed is T [K, N] and the gradient of sum(inner * T), by the one-hot
// tensors [S, K, N] written out.
func slowPerturbed(scores []float32, k int, p Perturbation, inner [][]float64) (mean [][]float64, gradient []float64) {
	n := len(scores)
	k = min(k, n)
	mean = make([][]float64, k)
	for i := range mean {
		mean[i] = make([]float64, n)
	}
	gradient = make([]float64, n)
	for s := range p.Samples {
		values := make([]float32, n)
		for j := range values {
			values[j] = scores[j] + float32(p.Noise[s*n+j]*float32(p.Sigma))
		}
		for i, d := range slowHard(values, k) {
			mean[i][d] += 1 / float64(p.Samples)
			for c := range n {
				if c == d || p.Full {
					gradient[c] += inner[i][d] * float64(p.Noise[s*n+c]) / (float64(p.Samples) * p.Sigma)
				}
			}
		}
	}
	return mean, gradient
}

// dense writes T out.
func (t *Selector) dense() [][]float64 {
	out := make([][]float64, t.Rows)
	for i := range out {
		out[i] = make([]float64, t.Columns)
		for e := t.Start[i]; e < t.Start[i+1]; e++ {
			out[i][t.Column[e]] = float64(t.Weight[e])
		}
	}
	return out
}

// entries are the values of m where T has entries.
func (t *Selector) entries(m [][]float64) []float32 {
	var out []float32
	for i := range t.Rows {
		for e := t.Start[i]; e < t.Start[i+1]; e++ {
			out = append(out, float32(m[i][t.Column[e]]))
		}
	}
	return out
}

func normals(r *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

func TestPerturbedAgainstDense(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n, samples := 1+r.IntN(40), 1+r.IntN(30)
		k := 1 + r.IntN(n+2)
		p := Perturbation{Samples: samples, Sigma: 0.01 + r.Float64(), Noise: normals(r, samples*n), Full: r.IntN(2) == 0}
		scores := make([]float32, n)
		for i := range scores {
			scores[i] = float32(r.IntN(4)) / 4 // ties but for the noise
		}
		inner := make([][]float64, min(k, n))
		for i := range inner {
			inner[i] = make([]float64, n)
			for j := range inner[i] {
				inner[i][j] = float64(float32(r.NormFloat64()))
			}
		}
		want, gradient := slowPerturbed(scores, k, p, inner)
		got, err := Perturbed(scores, k, p)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "T", flat(got.dense()), flat(want), 1e-6)
		near(t, "gradient", f64(got.Gradient(got.entries(inner))), gradient, 1e-4)
		for i := range got.Rows {
			if cols := got.Column[got.Start[i]:got.Start[i+1]]; !slices.IsSorted(cols) || len(cols) > samples {
				t.Fatalf("row %d has columns %v of %d samples", i, cols, samples)
			}
		}
	}
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func flat(m [][]float64) []float64 { return slices.Concat(m...) }

func f64(xs []float32) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = float64(x)
	}
	return out
}

// The mean of the whole gradient over many draws is the slope of the smoothed
// selection, f(t) = sum of c * E[T(t)]; without Full it is the sum of the slopes
// of the entries of a score's own column. The slopes are measured by differences
// between t + h and t - h under the same noise. Both are means of independent
// batches; each coordinate must agree within 5 standard errors, which chance
// breaks once in a million, and the slopes must stand out of the noise at all.
func TestPerturbedGradientIsTheSlopeOfTheSmoothedSelection(t *testing.T) {
	for name, full := range map[string]bool{"whole": true, "own column": false} {
		t.Run(name, func(t *testing.T) { compareWithSlope(t, full) })
	}
}

func compareWithSlope(t *testing.T, full bool) {
	const (
		k, batches, samples = 2, 400, 500
		sigma, h            = 0.5, 0.05
	)
	scores := []float32{0.3, -0.2, 0.1, 0.6, -0.5}
	c := [][]float64{{1, -2, 0.5, 3, -1}, {-0.5, 1.5, 2, -1, 0.7}}
	n := len(scores)
	selector := func(scores []float32, p Perturbation) *Selector {
		p.Samples, p.Sigma, p.Full = samples, sigma, full
		s, err := Perturbed(scores, k, p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	value := func(scores, noise []float32, column int) float64 {
		sum := 0.0
		for i, row := range selector(scores, Perturbation{Noise: noise}).dense() {
			for d, v := range row {
				if full || d == column {
					sum += c[i][d] * v
				}
			}
		}
		return sum
	}
	r := rand.New(rand.NewPCG(5, 6))
	gradient, slope := make([]stats, n), make([]stats, n)
	for b := range batches {
		s := selector(scores, Perturbation{Seed: uint64(b)})
		for d, g := range s.Gradient(s.entries(c)) {
			gradient[d].add(float64(g))
		}
		noise := normals(r, samples*n)
		for d := range scores {
			up, down := slices.Clone(scores), slices.Clone(scores)
			up[d] += h
			down[d] -= h
			slope[d].add((value(up, noise, d) - value(down, noise, d)) / float64(up[d]-down[d]))
		}
	}
	compareMeans(t, gradient, slope)
}

func compareMeans(t *testing.T, gradient, slope []stats) {
	t.Helper()
	stands := false
	for d := range gradient {
		difference := gradient[d].mean() - slope[d].mean()
		deviation := math.Hypot(gradient[d].deviation(), slope[d].deviation())
		t.Logf("coordinate %d: gradient %.4f, slope %.4f, standard error %.4f", d, gradient[d].mean(), slope[d].mean(), deviation)
		if math.Abs(difference) > 5*deviation {
			t.Errorf("coordinate %d: gradient %v, slope %v, off by %.1f standard errors", d, gradient[d].mean(), slope[d].mean(), difference/deviation)
		}
		stands = stands || math.Abs(slope[d].mean()) > 20*deviation
	}
	if !stands {
		t.Error("no slope stands out of the noise: the test shows nothing")
	}
}

// stats is the mean of values and its standard error.
type stats struct{ n, sum, squares float64 }

func (s *stats) add(v float64) { s.n, s.sum, s.squares = s.n+1, s.sum+v, s.squares+v*v }
func (s *stats) mean() float64 { return s.sum / s.n }
func (s *stats) deviation() float64 {
	m := s.mean()
	return math.Sqrt((s.squares/s.n - m*m) / (s.n - 1))
}

func TestPerturbedRepeats(t *testing.T) {
	scores := normals(rand.New(rand.NewPCG(7, 8)), 700)
	run := func(threads int, seed uint64) *Selector {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		s, err := Perturbed(scores, 40, Perturbation{Samples: 100, Sigma: 0.3, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one := run(1, 9)
	for _, threads := range []int{2, 3, 8} {
		if s := run(threads, 9); !slices.Equal(s.Column, one.Column) || !slices.Equal(s.Weight, one.Weight) || !slices.Equal(s.noise, one.noise) {
			t.Errorf("%d threads select otherwise than one", threads)
		}
	}
	if s := run(1, 10); slices.Equal(s.Column, one.Column) {
		t.Error("another seed selects the same")
	}
}

// Noise that is drawn has the mean and deviation that it should.
func TestNoiseIsNormal(t *testing.T) {
	s := newSampler(make([]float32, 2000), &Perturbation{Seed: 1})
	var all, squares stats
	for i := range 50 {
		for _, z := range s.noiseOf(i) {
			all.add(float64(z))
			squares.add(float64(z) * float64(z))
		}
	}
	if math.Abs(all.mean()) > 5*all.deviation() || math.Abs(squares.mean()-1) > 5*squares.deviation() {
		t.Errorf("mean %v, mean square %v", all.mean(), squares.mean())
	}
}

func TestHighest(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 2000 {
		values := make([]float32, 1+r.IntN(50))
		for i := range values {
			values[i] = float32(r.IntN(1 + r.IntN(60)))
		}
		sorted := slices.SortedFunc(slices.Values(values), func(a, b float32) int { return cmp.Compare(b, a) })
		k := 1 + r.IntN(len(values))
		if got := highest(slices.Clone(values), k); got != sorted[k-1] {
			t.Fatalf("number %d of %v is %v, want %v", k, values, got, sorted[k-1])
		}
	}
}

func TestPerturbedBadScores(t *testing.T) {
	for name, bad := range map[string]float32{"NaN": float32(math.NaN()), "infinite": float32(math.Inf(1))} {
		t.Run(name, func(t *testing.T) {
			if _, err := Perturbed([]float32{0, bad, 1}, 2, Perturbation{Samples: 3, Sigma: 1}); err == nil {
				t.Error("no error")
			}
		})
	}
	s, err := Perturbed(nil, 2, Perturbation{Samples: 3, Sigma: 1})
	if err != nil || s.Rows != 0 || len(s.Gradient(nil)) != 0 {
		t.Errorf("of nothing: %+v, %v", s, err)
	}
}

func TestOne(t *testing.T) {
	s := One([]int{1, 3}, 5)
	near(t, "T", flat(s.dense()), []float64{0, 1, 0, 0, 0, 0, 0, 0, 1, 0}, 0)
	near(t, "gradient", f64(s.Gradient([]float32{2, 3})), make([]float64, 5), 0)
	if !slices.Equal(s.Used(), []int{1, 3}) {
		t.Errorf("used %v", s.Used())
	}
}

// The selections that the public code made of the same noise.
func TestGoldenPerturbed(t *testing.T) {
	dir := testenv.Golden(t)
	files, err := filepath.Glob(filepath.Join(dir, "zoommil", "*.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors below %s (%v)", dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := safetensors.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, level := range []string{"0", "1"} {
				goldenLevel(t, f, level)
			}
		})
	}
}

func goldenLevel(t *testing.T, f *safetensors.File, level string) {
	t.Helper()
	get := func(name string) []float32 {
		values, err := f.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	scores, want, noise := get("train/select_attention/"+level), get("train/indicator/"+level), get("noise/"+level)
	sigma, err := strconv.ParseFloat(f.Metadata()["sigma"], 64)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Perturbed(scores, len(want)/len(scores), Perturbation{Samples: len(noise) / len(scores), Sigma: sigma, Noise: noise})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "indicator", flat(s.dense()), f64(want), 1e-6)
}

func BenchmarkPerturbed(b *testing.B) {
	for _, c := range []struct{ n, k int }{{62, 12}, {217, 16}, {620, 300}, {16000, 300}} {
		b.Run(strconv.Itoa(c.n)+" choose "+strconv.Itoa(c.k), func(b *testing.B) {
			scores := make([]float32, c.n)
			for i := range scores {
				scores[i] = 1 / float32(c.n)
			}
			for i := range b.N {
				if _, err := Perturbed(scores, c.k, Perturbation{Samples: 100, Sigma: 0.002, Seed: uint64(i)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
