package train

import "math"

// Plateau lowers the learning rate when the validation loss stops falling, as
// PyTorch's ReduceLROnPlateau does in mode min with a relative threshold.
type Plateau struct {
	Patience  int     `json:"patience"`  // epochs without improvement that are let pass
	Factor    float64 `json:"factor"`    // of the rate, each time; 1 leaves it alone
	Threshold float64 `json:"threshold"` // an improvement is more than this share of the best
}

// rates are the learning rates of the epochs: the first, and the one after each
// loss.
func (p Plateau) rates(first float64, losses []float64) []float64 {
	const least = 1e-8 // changes below are not made
	rates := []float64{first}
	best, bad := math.Inf(1), 0
	for _, loss := range losses {
		if loss < best*(1-p.Threshold) {
			best, bad = loss, 0
		} else {
			bad++
		}
		rate := rates[len(rates)-1]
		if bad > p.Patience {
			bad = 0
			if lower := rate * p.Factor; rate-lower > least {
				rate = lower
			}
		}
		rates = append(rates, rate)
	}
	return rates
}

// EarlyStop ends a run that no longer gets better. With Patience 0 it does not.
type EarlyStop struct {
	Patience  int `json:"patience"`   // epochs after the best one
	MinEpochs int `json:"min_epochs"` // that are run in any case
}

func (e EarlyStop) stops(epochs, best int) bool {
	return e.Patience > 0 && epochs >= e.MinEpochs && epochs-best >= e.Patience
}

// Selection says which epoch's model is the best.
type Selection string

// ByLoss takes the lowest validation loss; ByF1 the highest weighted F1 on the
// validation split, of equals the lowest loss. Of epochs that are still equal the
// earlier one is taken.
const (
	ByLoss Selection = "loss"
	ByF1   Selection = "f1"
)

// better says whether a, of a later epoch, beats b.
func (s Selection) better(a, b *Metrics) bool {
	if s == ByF1 && a.WeightedF1 != b.WeightedF1 {
		return a.WeightedF1 > b.WeightedF1 || a.WeightedF1.Defined() && !b.WeightedF1.Defined()
	}
	return a.Loss < b.Loss
}

// Best is the epoch of the best model, 0 before the first.
func (s Selection) Best(history []Epoch) int {
	best := 0
	for i, e := range history {
		if best == 0 || s.better(e.Validation, history[best-1].Validation) {
			best = i + 1
		}
	}
	return best
}
