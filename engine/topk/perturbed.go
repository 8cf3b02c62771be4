package topk

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// Perturbation is how selections are made differentiable, and where the noise
// comes from.
type Perturbation struct {
	Samples int     // S, draws of noise
	Sigma   float64 // deviation of the noise that is added to the scores
	// Noise [S, N], standard normal, if it is given; else it is drawn from Seed,
	// the same on any machine and any number of threads.
	Noise []float32
	Seed  uint64
	// Full asks for the whole gradient. See Selector.Gradient.
	Full bool
}

// Selector is the mean T [K, N] of the one-hot matrices of the Top-K of S
// perturbed scores (Cordonnier et al., "Differentiable Patch Selection for Image
// Recognition", CVPR 2021). Each row sums to 1. Only what is not 0 is stored, at
// most S*K entries: the entries of row i are those from Start[i] to Start[i+1],
// in ascending order of their columns.
type Selector struct {
	Rows, Columns int
	Start         []int     // [K+1]
	Column        []int     // per entry
	Weight        []float32 // per entry: the share of samples that picked it

	noise []float32 // per entry: the sum of the noise of those samples
	scale float64   // 1 / (S sigma)

	// For the whole gradient alone.
	perturbation Perturbation
	entry        []int32 // [S, K], which entry a sample picked
}

// Perturbed selects the k of scores [N], clipped to N, that are highest under
// noise. The indices of each sample are in ascending order. Scores that are not
// finite are an error; a k or Samples below 1, a Sigma that is not positive, or
// noise of another size is the caller's mistake and panics.
func Perturbed(scores []float32, k int, p Perturbation) (*Selector, error) {
	if k < 1 || p.Samples < 1 || !(p.Sigma > 0) || p.Noise != nil && len(p.Noise) != p.Samples*len(scores) {
		panic(fmt.Sprintf("topk: %d of %d scores, %d samples of sigma %g, noise for %d",
			k, len(scores), p.Samples, p.Sigma, len(p.Noise)))
	}
	for i, s := range scores {
		if s-s != 0 {
			return nil, fmt.Errorf("score %d of %d is %v", i, len(scores), s)
		}
	}
	if k = min(k, len(scores)); k == 0 {
		return One(nil, 0), nil
	}
	picks := p.draw(scores, k)
	return newSelector(picks, k, len(scores), p), nil
}

// pick is an index that a sample chose, and its noise there.
type pick struct {
	column int32
	noise  float32
}

// draw returns the picks [S, K] of all samples, each sample's in ascending order.
func (p *Perturbation) draw(scores []float32, k int) []pick {
	picks := make([]pick, p.Samples*k)
	workers := min(runtime.GOMAXPROCS(0), p.Samples, 1+p.Samples*len(scores)/minShare)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			s := newSampler(scores, p)
			for i := w; i < p.Samples; i += workers {
				s.sample(picks[i*k:(i+1)*k], i)
			}
		})
	}
	all.Wait()
	return picks
}

// minShare is how many perturbed scores are worth a goroutine.
const minShare = 1 << 12

// sampler makes the samples of one goroutine.
type sampler struct {
	*Perturbation
	scores []float32
	noise  []float32
	values []float32 // perturbed scores
	rank   []float32 // of which some are sorted
	source *rand.PCG
	normal *rand.Rand
}

func newSampler(scores []float32, p *Perturbation) *sampler {
	n := len(scores)
	source := rand.NewPCG(0, 0)
	return &sampler{
		Perturbation: p, scores: scores,
		noise: make([]float32, n), values: make([]float32, n), rank: make([]float32, n),
		source: source, normal: rand.New(source),
	}
}

// sample writes the picks of sample i. Of equal values the lower index wins.
func (s *sampler) sample(picks []pick, i int) {
	noise := s.noiseOf(i)
	sigma := float32(s.Sigma)
	for j, v := range s.scores {
		s.values[j] = v + float32(noise[j]*sigma) // rounded twice on any machine
	}
	copy(s.rank, s.values)
	last := highest(s.rank, len(picks))
	ties := len(picks)
	for _, v := range s.values {
		if v > last {
			ties--
		}
	}
	n := 0
	for j, v := range s.values {
		if v < last {
			continue
		}
		if v == last {
			if ties == 0 {
				continue
			}
			ties--
		}
		picks[n] = pick{int32(j), noise[j]}
		n++
	}
}

// noiseOf is the noise of sample i: its row of what is given, or a stream of its
// own. It may overwrite what it returned before.
func (s *sampler) noiseOf(i int) []float32 {
	n := len(s.noise)
	if s.Noise != nil {
		return s.Noise[i*n : (i+1)*n]
	}
	s.source.Seed(s.Seed, uint64(i))
	for j := range s.noise {
		s.noise[j] = float32(s.normal.NormFloat64())
	}
	return s.noise
}

// highest is the k-th highest of values, which it reorders (quickselect by the
// median of three; Hoare, 1961).
func highest(values []float32, k int) float32 {
	lo, hi := 0, len(values)-1
	for lo < hi {
		a, b, c := values[lo], values[lo+(hi-lo)/2], values[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for values[i] > pivot {
				i++
			}
			for values[j] < pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k-1 <= j:
			hi = j
		case k-1 >= i:
			lo = i
		default:
			return values[k-1]
		}
	}
	return values[lo]
}

// newSelector counts the picks [S, K] row by row.
func newSelector(picks []pick, k, n int, p Perturbation) *Selector {
	t := &Selector{Rows: k, Columns: n, Start: make([]int, 1, k+1), scale: 1 / (float64(p.Samples) * p.Sigma)}
	if p.Full {
		t.perturbation, t.entry = p, make([]int32, len(picks))
	}
	order := make([]uint64, p.Samples) // column, then sample
	for i := range k {
		for s := range order {
			order[s] = uint64(picks[s*k+i].column)<<32 | uint64(s)
		}
		slices.Sort(order)
		for at := 0; at < len(order); {
			column, first, sum := order[at]>>32, at, 0.0
			for ; at < len(order) && order[at]>>32 == column; at++ {
				place := int(uint32(order[at]))*k + i
				sum += float64(picks[place].noise)
				if p.Full {
					t.entry[place] = int32(len(t.Column))
				}
			}
			t.Column = append(t.Column, int(column))
			t.Weight = append(t.Weight, float32(float64(at-first)/float64(p.Samples)))
			t.noise = append(t.noise, float32(sum))
		}
		t.Start = append(t.Start, len(t.Column))
	}
	return t
}

// Used are the columns that any sample picked, ascending.
func (t *Selector) Used() []int {
	return slices.Compact(slices.Sorted(slices.Values(t.Column)))
}

// Gradient gives an estimate of the gradient [N] with respect to the scores, of
// inner, the gradient with respect to each entry of T.
//
// The whole one (Berthet et al., "Learning with Differentiable Perturbed
// Optimizers", NeurIPS 2020, eq. 4) is
//
//	dL/dt_c = 1/(S sigma) * sum over s of z_s[c] * sum over i, d of inner[i,d] onehot_s[i,d]
//
// whose mean over draws is the slope of the smoothed selection. The public code
// of Cordonnier et al. and of ZoomMIL keeps of it what a score does to its own
// column, d = c, and leaves out that a patch which rises pushes others out:
//
//	dL/dt_d = 1/(S sigma) * sum over s and i of inner[i,d] onehot_s[i,d] z_s[d]
//
// That is what there is unless Perturbation.Full was set. It is biased, and much
// less noisy. An inner of another length is the caller's mistake and panics.
func (t *Selector) Gradient(inner []float32) []float32 {
	if len(inner) != len(t.Column) {
		panic(fmt.Sprintf("topk: %d gradients for %d entries", len(inner), len(t.Column)))
	}
	sums := make([]float64, t.Columns)
	if t.entry != nil {
		t.whole(sums, inner)
	} else {
		for e, d := range t.Column {
			sums[d] += float64(inner[e]) * float64(t.noise[e])
		}
	}
	out := make([]float32, t.Columns)
	for d, s := range sums {
		out[d] = float32(s * t.scale)
	}
	return out
}

// whole adds up the whole gradient. The noise is drawn again, which costs less
// than to keep it.
func (t *Selector) whole(sums []float64, inner []float32) {
	s := newSampler(make([]float32, t.Columns), &t.perturbation)
	for i := range t.perturbation.Samples {
		product := 0.0
		for _, e := range t.entry[i*t.Rows : (i+1)*t.Rows] {
			product += float64(inner[e])
		}
		for c, z := range s.noiseOf(i) {
			sums[c] += product * float64(z)
		}
	}
}

// One is the selector of rows that are chosen for certain: row i is 1 at
// columns[i], which are below n. No gradient flows through it.
func One(columns []int, n int) *Selector {
	t := &Selector{Rows: len(columns), Columns: n, Start: []int{0}}
	for i, d := range columns {
		t.Column = append(t.Column, d)
		t.Weight = append(t.Weight, 1)
		t.Start = append(t.Start, i+1)
	}
	t.noise = make([]float32, len(columns))
	return t
}
