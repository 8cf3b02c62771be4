package train

import (
	"cmp"
	"math"
	"slices"
)

// ranking holds what areas under ROC curves are made of, so that resamples need
// no sorting.
type ranking struct {
	truth []int   // class of each slide
	order [][]int // for each class, slides by ascending score
	tied  [][]bool
	pair  bool // two classes: one curve
}

// rank sorts the slides by their score for each class. The score is the logit
// less the log sum exp of the others: it orders slides as the probability does,
// but does not run into 1.
func rank(classes int, predictions []Prediction) *ranking {
	r := &ranking{pair: classes == 2}
	for _, p := range predictions {
		r.truth = append(r.truth, p.Class)
	}
	for c := range classes {
		score := make([]float64, len(predictions))
		order := make([]int, len(predictions))
		for i, p := range predictions {
			score[i] = p.Logits[c] - logSumExp(p.Logits, c)
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(score[a], score[b]) })
		tied := make([]bool, len(order)) // with the one before
		for i := 1; i < len(order); i++ {
			tied[i] = score[order[i]] == score[order[i-1]]
		}
		r.order = append(r.order, order)
		r.tied = append(r.tied, tied)
	}
	return r
}

// auc is the share of pairs of a slide of class c and another in which the first
// has the higher score, ties counting half. Slide i counts times[i] times; nil is
// once each. Whole numbers throughout, so exact. Undefined without such pairs.
func (r *ranking) auc(c int, times []int) Number {
	var positive, negative, twice int64 // twice the number of pairs won
	var p, n int64                      // of the present run of ties
	for i, slide := range r.order[c] {
		if !r.tied[c][i] {
			positive, negative, p, n = positive+p, negative+n, 0, 0
		}
		count := int64(1)
		if times != nil {
			count = int64(times[slide])
		}
		if r.truth[slide] == c {
			p += count
			twice += count * (2*negative + n)
		} else {
			n += count
			twice += count * p
		}
	}
	positive, negative = positive+p, negative+n
	if positive == 0 || negative == 0 {
		return Undefined()
	}
	return Number(float64(twice) / float64(2*positive*negative))
}

// overall is the AUC of the second of two classes, or the mean over more, which
// is undefined when that of any class is.
func (r *ranking) overall(times []int) Number {
	if r.pair {
		return r.auc(1, times)
	}
	sum := Number(0)
	for c := range r.order {
		sum += r.auc(c, times)
	}
	return sum / Number(len(r.order))
}

// bootstrap draws the slides with replacement, time and again, for the interval
// of the overall AUC. Draws that lack a class say nothing and are left out; when
// they are more than half, so is the interval. Each slide is drawn by itself: see
// Interval for slides that belong together.
func (r *ranking) bootstrap(resamples int, seed uint64) Interval {
	v := Interval{Value: r.overall(nil), Low: Undefined(), High: Undefined()}
	if !v.Value.Defined() {
		return v
	}
	dice := generator(domainBootstrap, seed)
	times := make([]int, len(r.truth))
	var values []float64
	for range resamples {
		clear(times)
		for range times {
			times[dice.IntN(len(times))]++
		}
		if a := r.overall(times); a.Defined() {
			values = append(values, float64(a))
		}
	}
	if v.Resamples = len(values); 2*v.Resamples < resamples || resamples == 0 {
		return v
	}
	slices.Sort(values)
	v.Low, v.High = percentile(values, 0.025), percentile(values, 0.975)
	return v
}

// percentile interpolates linearly between the sorted values.
func percentile(sorted []float64, q float64) Number {
	at := q * float64(len(sorted)-1)
	i := int(math.Floor(at))
	if i+1 == len(sorted) {
		return Number(sorted[i])
	}
	f := at - float64(i)
	return Number((1-f)*sorted[i] + f*sorted[i+1])
}
