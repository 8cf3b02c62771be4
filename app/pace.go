package app

import (
	"fmt"
	"sync"
	"time"

	"zoomscope/engine/grid"
	"zoomscope/engine/result"
)

// Pace is how far an extraction of several slides has come, in patches. Its
// methods may be called from several goroutines at once.
type Pace struct {
	mu     sync.Mutex
	shares map[string]int // patches of a stage for one of the lowest magnification
	all    int            // shares of all stages
	slides int            // still to be done, that at hand included
	known  int            // slides whose patches are counted in sum
	sum    int
	before int // patches done in the slides that are done
	slide  int // patches of the slide at hand, 0 while unknown
	done   int // of those, done
	stage  string
	last   int // what the stage had done when it was last heard of
	read   int // patches encoded by this run
	start  time.Time
	now    func() time.Time
}

// PaceNow is a Pace at one moment.
type PaceNow struct {
	Done, Total int           // patches; Total is an estimate while slides are to come
	PerSecond   float64       // patches; 0 while unknown
	Left        time.Duration // for all slides; 0 while unknown
}

// newPace begins with what finished bags tell of how many patches a slide has.
func newPace(magnifications []float64, outcomes []ExtractOutcome, left int) *Pace {
	p := &Pace{shares: map[string]int{}, slides: left, now: time.Now}
	ratios, err := grid.Ratios(magnifications)
	if err != nil {
		ratios = make([]int, len(magnifications)) // the slides' errors will say it
	}
	n := 1
	for i, r := range ratios {
		n *= r * r
		p.shares[fmt.Sprintf("encoding %gx", magnifications[i])] = n
		p.all += n
	}
	for _, o := range outcomes {
		if o.Extracted != nil {
			p.known++
			for _, n := range o.Extracted.Patches {
				p.sum += n
			}
		}
	}
	return p
}

// update takes in the progress of the slide at hand.
func (p *Pace) update(r result.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	share := p.shares[r.Stage]
	if share == 0 || r.Total == 0 {
		return
	}
	lowest := r.Total / share
	below := 0 // patches of the stages before
	for _, s := range p.shares {
		if s < share {
			below += s * lowest
		}
	}
	if p.slide == 0 {
		p.slide = lowest * p.all
		p.known, p.sum = p.known+1, p.sum+p.slide
	}
	if p.start.IsZero() {
		p.start = p.now()
	}
	if r.Stage != p.stage {
		p.stage, p.last = r.Stage, r.Done // what was there before is no work of this run
	}
	p.read, p.last, p.done = p.read+max(0, r.Done-p.last), r.Done, below+r.Done
}

// next goes on to the next slide.
func (p *Pace) next() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slides = max(0, p.slides-1)
	p.before, p.slide, p.done, p.stage = p.before+p.done, 0, 0, ""
}

// Now is how things stand.
func (p *Pace) Now() PaceNow {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := PaceNow{Done: p.before + p.done, Total: p.before + p.slide}
	if p.known > 0 {
		rest := p.slides
		if p.slide > 0 {
			rest--
		}
		n.Total += max(0, rest) * p.sum / p.known
	}
	seconds := 0.0
	if !p.start.IsZero() {
		seconds = p.now().Sub(p.start).Seconds()
	}
	if p.read > 0 && seconds > 0 {
		n.PerSecond = float64(p.read) / seconds
		n.Left = time.Duration(float64(n.Total-n.Done) / n.PerSecond * float64(time.Second))
	}
	return n
}
