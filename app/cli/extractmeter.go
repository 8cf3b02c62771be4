package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"zoomscope/app"
)

// extractMeter shows an extraction: what is done at the moment, and how fast and
// how long all slides together go. Its methods are called from one goroutine.
type extractMeter interface {
	update(e app.Event)
	clear()
}

// newExtractMeter chooses by what w is.
func newExtractMeter(w io.Writer, quiet bool) extractMeter {
	if quiet {
		return silentExtract{}
	}
	if f, ok := terminal(w); ok {
		return &extractBar{w: f}
	}
	return &extractLines{w: w, every: 5 * time.Second}
}

type silentExtract struct{}

func (silentExtract) update(app.Event) {}
func (silentExtract) clear()           {}

// extractBar is one bar for all slides.
type extractBar struct {
	w       io.Writer
	bar     *mpb.Bar
	display *mpb.Progress
	shown   chan app.Event // the last one
}

func (b *extractBar) update(e app.Event) {
	if b.bar == nil {
		b.shown = make(chan app.Event, 1)
		b.shown <- e
		b.display = mpb.New(mpb.WithOutput(b.w), mpb.WithAutoRefresh(), mpb.WithWidth(30))
		b.bar = b.display.AddBar(0, mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return stageOf(b.last()) + " " })),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return paceOf(b.last()) })))
	}
	<-b.shown
	b.shown <- e
	now := e.Pace.Now()
	b.bar.SetTotal(int64(max(now.Total, now.Done, 1)), false)
	b.bar.SetCurrent(int64(now.Done))
}

func (b *extractBar) last() app.Event {
	e := <-b.shown
	b.shown <- e
	return e
}

func (b *extractBar) clear() {
	if b.bar == nil {
		return
	}
	b.bar.Abort(true)
	b.display.Wait()
	b.bar, b.display = nil, nil
}

// extractLines writes a line when a stage begins and every so often within it.
type extractLines struct {
	w     io.Writer
	every time.Duration
	stage string
	last  time.Time
}

func (l *extractLines) update(e app.Event) {
	now, stage := time.Now(), subject(e)+": "+e.Progress.Stage
	if stage == l.stage && now.Sub(l.last) < l.every {
		return
	}
	l.stage, l.last = stage, now
	if pace := paceOf(e); pace != "" {
		fmt.Fprintf(l.w, "%s, %s\n", stageOf(e), pace)
		return
	}
	fmt.Fprintln(l.w, stageOf(e))
}

func (l *extractLines) clear() {}

// stageOf says what is done at the moment.
func stageOf(e app.Event) string { return subject(e) + ": " + e.Progress.Stage + of(e.Progress) }

// paceOf says how all slides together go, "" while that is not known.
func paceOf(e app.Event) string {
	now := e.Pace.Now()
	if now.PerSecond == 0 {
		return ""
	}
	about := ""
	if e.Index+1 < e.Count {
		about = "about "
	}
	return fmt.Sprintf("%.3g patches/s, %s%v left in all", now.PerSecond, about, now.Left.Round(time.Second))
}
