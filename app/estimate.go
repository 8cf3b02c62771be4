package app

import (
	"fmt"
	"time"

	"zoomscope/engine/result"
)

// Progress is how far an analysis has come, all its stages together.
type Progress struct {
	result.Progress               // of the stage at hand
	Fraction        float64       // of the whole, 0 to 1; it never falls
	PerSecond       float64       // patches encoded; 0 while unknown
	Left            time.Duration // for the whole; 0 while unknown
}

// StageOpening is the stage before an analysis begins: devices are proven, and
// model and encoder opened.
const StageOpening = "opening the model"

// The shares of the whole that are over when a stage begins. What comes before
// encoding takes seconds, whatever the slide.
const (
	tissueBegins   = 0.01
	encodingBegins = 0.04
)

// estimate turns the stages of one analysis into one whole. It is used from one
// goroutine at a time.
type estimate struct {
	to    func(Progress)
	stage map[string]int // index of the magnification, by the name of its stage
	k     []int          // patches zoomed into
	grow  []int          // children of each

	totals   []int     // patches of the magnifications, as far as they are known
	start    time.Time // of encoding
	fraction float64
}

// newEstimate passes progress on to a function, which may be nil.
func newEstimate(to func(Progress)) *estimate { return &estimate{to: to} }

// expect says which magnifications will be gone through.
func (e *estimate) expect(magnifications []float64, k []int) {
	e.k, e.stage = k, map[string]int{}
	e.grow = make([]int, len(magnifications))
	e.totals = make([]int, len(magnifications))
	for i, m := range magnifications {
		e.stage[fmt.Sprintf("encoding %gx", m)] = i
		if i > 0 {
			ratio := int(m/magnifications[i-1] + 0.5)
			e.grow[i] = ratio * ratio
		}
	}
}

// report takes in what a stage says and passes it on with what it means.
func (e *estimate) report(p result.Progress) {
	if e.to == nil {
		return
	}
	out := Progress{Progress: p}
	if i, ok := e.stage[p.Stage]; ok {
		e.encoding(&out, i)
	} else if p.Stage != StageOpening {
		e.fraction = max(e.fraction, tissueBegins)
	}
	out.Fraction = e.fraction
	e.to(out)
}

// encoding fills in the progress at the i-th magnification.
func (e *estimate) encoding(p *Progress, i int) {
	if e.start.IsZero() {
		e.start = time.Now()
	}
	e.totals[i] = p.Total
	done, all := p.Done, 0
	for j := range e.totals {
		if j > i { // all that the rule lets through; a method that has none takes all
			e.totals[j] = e.totals[j-1] * e.grow[j]
			if len(e.k) > 0 {
				e.totals[j] = min(e.k[j-1], e.totals[j-1]) * e.grow[j]
			}
		}
		if j < i {
			done += e.totals[j]
		}
		all += e.totals[j]
	}
	if all == 0 {
		return
	}
	e.fraction = max(e.fraction, encodingBegins+(1-encodingBegins)*float64(done)/float64(all))
	if seconds := time.Since(e.start).Seconds(); seconds > 0 && done > 0 {
		p.PerSecond = float64(done) / seconds
		p.Left = time.Duration(float64(all-done) / p.PerSecond * float64(time.Second))
	}
}
