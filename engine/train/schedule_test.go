package train

import (
	"math"
	"testing"
)

// plateau is PyTorch's ReduceLROnPlateau written out, epoch by epoch.
type plateau struct {
	best float64
	bad  int
	rate float64
}

func (p *plateau) step(loss float64, patience int, factor, threshold float64) {
	if loss < p.best*(1-threshold) {
		p.best, p.bad = loss, 0
	} else {
		p.bad++
	}
	if p.bad > patience {
		next := math.Max(p.rate*factor, 0)
		if p.rate-next > 1e-8 {
			p.rate = next
		}
		p.bad = 0
	}
}

func TestPlateau(t *testing.T) {
	falling := []float64{5, 4, 3, 2, 1}
	flat := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	cases := map[string]struct {
		p      Plateau
		first  float64
		losses []float64
		want   float64 // at the end
	}{
		"falling":         {Plateau{1, 0.5, 1e-4}, 1, falling, 1},
		"patience":        {Plateau{5, 0.8, 1e-4}, 1, flat[:6], 1},
		"out of patience": {Plateau{5, 0.8, 1e-4}, 1, flat[:7], 0.8},
		"again":           {Plateau{5, 0.8, 1e-4}, 1, flat[:13], 0.8 * 0.8},
		"no patience":     {Plateau{0, 0.5, 1e-4}, 1, flat[:3], 0.25},
		"too little":      {Plateau{0, 0.5, 1e-4}, 1, []float64{1, 1 - 5e-5}, 0.5},
		"just enough":     {Plateau{0, 0.5, 1e-4}, 1, []float64{1, 1 - 2e-4}, 1},
		"smallest change": {Plateau{0, 0.5, 1e-4}, 1.5e-8, flat[:5], 1.5e-8},
		"left alone":      {Plateau{0, 1, 1e-4}, 1, flat, 1},
		"no numbers":      {Plateau{0, 0.5, 1e-4}, 1, []float64{math.NaN()}, 0.5},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := c.p.rates(c.first, c.losses)
			twin := plateau{best: math.Inf(1), rate: c.first}
			for i, loss := range c.losses {
				if got[i] != twin.rate {
					t.Errorf("epoch %d at rate %v, want %v", i+1, got[i], twin.rate)
				}
				twin.step(loss, c.p.Patience, c.p.Factor, c.p.Threshold)
			}
			if last := got[len(got)-1]; last != twin.rate || math.Abs(last-c.want) > 1e-15 {
				t.Errorf("rate at the end %v, twin %v, want %v", last, twin.rate, c.want)
			}
		})
	}
}

func TestSelection(t *testing.T) {
	type e struct{ loss, f1 float64 }
	nan := math.NaN()
	cases := map[string]struct {
		epochs   []e
		loss, f1 int // the best by each
	}{
		"nothing":      {nil, 0, 0},
		"one":          {[]e{{1, 0.5}}, 1, 1},
		"apart":        {[]e{{3, 0.9}, {1, 0.5}, {2, 0.8}}, 2, 1},
		"equal":        {[]e{{1, 0.5}, {1, 0.5}}, 1, 1},
		"equal F1":     {[]e{{3, 0.5}, {2, 0.5}, {2, 0.5}, {1, 0.4}}, 4, 2},
		"F1 undefined": {[]e{{2, nan}, {3, 0}, {1, nan}}, 3, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var history []Epoch
			for _, v := range c.epochs {
				history = append(history, Epoch{Validation: &Metrics{Loss: Number(v.loss), WeightedF1: Number(v.f1)}})
			}
			if loss, f1 := ByLoss.Best(history), ByF1.Best(history); loss != c.loss || f1 != c.f1 {
				t.Errorf("best by loss %d, by F1 %d, want %d and %d", loss, f1, c.loss, c.f1)
			}
		})
	}
}

func TestEarlyStopRule(t *testing.T) {
	cases := map[string]struct {
		e            EarlyStop
		epochs, best int
		want         bool
	}{
		"off":           {EarlyStop{}, 100, 1, false},
		"not yet":       {EarlyStop{5, 0}, 9, 5, false},
		"now":           {EarlyStop{5, 0}, 10, 5, true},
		"too early":     {EarlyStop{5, 20}, 10, 5, false},
		"least reached": {EarlyStop{5, 20}, 20, 5, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.e.stops(c.epochs, c.best); got != c.want {
				t.Errorf("stops: %v", got)
			}
		})
	}
}
