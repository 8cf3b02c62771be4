package cli

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"zoomscope/engine/result"
)

// meter shows how far long work has come: a bar on a terminal, a line every few
// seconds elsewhere. Its methods are called from one goroutine.
type meter interface {
	update(subject string, p result.Progress)
	// clear ends the current bar, so that other text can be written.
	clear()
}

// newMeter chooses by what w is.
func newMeter(w io.Writer, quiet bool) meter {
	if quiet {
		return silent{}
	}
	if f, ok := terminal(w); ok {
		return &bar{w: f}
	}
	return &lines{w: w, every: 5 * time.Second}
}

type silent struct{}

func (silent) update(string, result.Progress) {}
func (silent) clear()                         {}

// bar is one progress bar, renewed with every stage.
type bar struct {
	w       io.Writer
	stage   string
	part    atomic.Value // of the stage, a string
	bar     *mpb.Bar
	display *mpb.Progress
}

func (b *bar) update(subject string, p result.Progress) {
	stage := subject + ": " + p.Stage
	b.part.Store(partOf(p))
	if b.bar == nil || stage != b.stage {
		b.clear()
		b.stage = stage
		b.display = mpb.New(mpb.WithOutput(b.w), mpb.WithAutoRefresh(), mpb.WithWidth(40))
		b.bar = b.display.AddBar(int64(max(p.Total, 1)), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(stage, decor.WCSyncSpaceR), decor.CountersNoUnit("%d of %d")),
			mpb.AppendDecorators(decor.AverageSpeed(0, "%.1f/s "), decor.AverageETA(decor.ET_STYLE_GO), decor.Name(" left"),
				decor.Any(func(decor.Statistics) string { return b.part.Load().(string) })))
	}
	b.bar.SetCurrent(int64(p.Done))
}

func (b *bar) clear() {
	if b.bar == nil {
		return
	}
	b.bar.Abort(true)
	b.display.Wait()
	b.bar, b.display = nil, nil
}

// lines writes where the work stands when a stage begins, or a part of it, and every
// so often within it, with the rate and the time left.
type lines struct {
	w         io.Writer
	every     time.Duration
	late      bool // nothing is said when a stage begins
	stage     string
	since     time.Time // when the stage began
	sinceDone int       // what was done by then
	part      string    // of the stage, as it was said last
	last      time.Time
}

func (l *lines) update(subject string, p result.Progress) {
	now, stage := time.Now(), subject+": "+p.Stage
	if stage != l.stage {
		l.stage, l.since, l.sinceDone, l.last, l.part = stage, now, p.Done, now, p.Now
		if !l.late {
			fmt.Fprintf(l.w, "%s%s%s\n", stage, of(p), partOf(p))
		}
		return
	}
	if p.Now == l.part && (now.Sub(l.last) < l.every || p.Done == l.sinceDone) {
		return
	}
	l.last, l.part = now, p.Now
	rate := float64(p.Done-l.sinceDone) / now.Sub(l.since).Seconds()
	fmt.Fprintf(l.w, "%s%s%s%s%s\n", stage, of(p), pace(rate), left(p, rate), partOf(p))
}

func (l *lines) clear() {}

func of(p result.Progress) string {
	if p.Total == 0 {
		return ""
	}
	return fmt.Sprintf(" %d of %d", p.Done, p.Total)
}

func partOf(p result.Progress) string {
	if p.Now == "" {
		return ""
	}
	return " (" + p.Now + ")"
}

func pace(rate float64) string {
	if rate <= 0 {
		return ""
	}
	return fmt.Sprintf(", %.3g/s", rate)
}

func left(p result.Progress, rate float64) string {
	if p.Total == 0 || rate <= 0 {
		return ""
	}
	seconds := float64(p.Total-p.Done) / rate
	return fmt.Sprintf(", %v left", (time.Duration(seconds * float64(time.Second))).Round(time.Second))
}
