package shell

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/app"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// BenchWorklist shows the window with the worklist, which has so many rows, scrolls
// through it, sorts and filters it, and says how long that took. The window is closed
// at the end.
func (s *Shell) BenchWorklist(ctx context.Context, rows int) (*app.WorklistTimes, error) {
	b := &worklistBench{Shell: s, times: &app.WorklistTimes{Rows: rows}}
	stop := context.AfterFunc(ctx, func() { s.show(s.close) })
	defer stop()
	s.App.Lifecycle().SetOnStarted(func() {
		s.refocus()
		s.work(func(ctx context.Context) {
			b.err = b.run(ctx)
			s.show(s.close)
		})
	})
	s.window.ShowAndRun()
	err := s.ended()
	return b.times, errors.Join(b.err, ctx.Err(), err)
}

// worklistBench is one measurement. Its methods run beside the window.
type worklistBench struct {
	*Shell
	times *app.WorklistTimes
	err   error
}

func (b *worklistBench) run(ctx context.Context) error {
	time.Sleep(time.Second) // the window comes to rest
	var err error
	if b.times.Open, err = b.until(ctx, b.toggleWorklist); err != nil {
		return err
	}
	fyne.DoAndWait(func() {
		size := b.review.panel.Object().Size()
		b.times.Display = fmt.Sprintf("%.0fx%.0f", size.Width, size.Height)
	})
	if err := b.steps(ctx); err != nil {
		return err
	}
	for _, s := range []struct {
		what string
		pace float64 // rows a second
	}{{"row by row", 10}, {"by the wheel", 60}, {"thrown to the end", float64(b.times.Rows) / measured.Seconds()}} {
		if err := b.scroll(ctx, s.what, s.pace); err != nil {
			return err
		}
	}
	return nil
}

// steps sorts and filters.
func (b *worklistBench) steps(ctx context.Context) error {
	var classes []string
	fyne.DoAndWait(func() { classes = b.review.query.Setup.Classes })
	if len(classes) == 0 {
		return errors.New("there is no model to sort and filter by")
	}
	on := b.worklistEvents()
	sort := func(o panels.WorklistSort) func() {
		return func() { b.review.panel.SetSort(o); on.Sort(o) }
	}
	filter := func(f panels.WorklistFilter) func() {
		return func() { b.review.panel.SetFilter(f); on.Filter(f) }
	}
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"sort by name", sort(panels.WorklistSort{By: panels.WorklistByName})},
		{"sort by probability", sort(panels.WorklistSort{By: panels.WorklistByProbability, Class: classes[len(classes)-1]})},
		{"sort by verdict", sort(panels.WorklistSort{By: panels.WorklistByVerdict})},
		{"sort by uncertainty", sort(panels.WorklistSort{By: panels.WorklistByUncertainty})},
		{"filter by name", filter(panels.WorklistFilter{Text: "S-26-07"})},
		{"filter by class", filter(panels.WorklistFilter{Class: classes[0]})},
		{"filter by warnings, unread", filter(panels.WorklistFilter{Warnings: true, Unread: true})},
		{"no filter", filter(panels.WorklistFilter{})},
	} {
		seconds, err := b.until(ctx, step.do)
		if err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		b.times.Steps = append(b.times.Steps, app.WorklistStep{What: step.what, Rows: b.rows(), Seconds: seconds})
	}
	return nil
}

// until does something to the list and says how long it was until all that is in
// sight was there.
func (b *worklistBench) until(ctx context.Context, do func()) (seconds float64, err error) {
	begin := time.Now()
	fyne.DoAndWait(do)
	for there := false; !there; {
		if time.Since(begin) > time.Minute {
			return 0, errors.New("the list was not there after a minute")
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Millisecond):
		}
		fyne.DoAndWait(func() {
			r := &b.review
			there = r.store != nil && !r.reading && r.panel.Length() > 0 && r.panel.Filled()
		})
	}
	return time.Since(begin).Seconds(), nil
}

// rows is how long the list is.
func (b *worklistBench) rows() (n int) {
	fyne.DoAndWait(func() { n = b.review.panel.Length() })
	return n
}

// scroll goes from the top on at a pace, and back where the list ends.
func (b *worklistBench) scroll(ctx context.Context, what string, pace float64) error {
	if _, err := b.until(ctx, func() { b.review.panel.ScrollToOffset(0) }); err != nil {
		return err
	}
	end := float64(b.rows()) * widgets.CaseRowHeight
	blank := 0
	times := b.ticks(ctx, measured, func(seconds float64) {
		p := b.review.panel
		if !p.Filled() {
			blank++
		}
		p.ScrollToOffset(float32(min(seconds*pace*widgets.CaseRowHeight, end)))
	})
	if times.Frames == 0 {
		return errors.New("no frames were drawn")
	}
	b.times.Scrolls = append(b.times.Scrolls, app.WorklistScroll{
		What: what, Pace: pace, Blank: float64(blank) / float64(times.Frames+1), FrameTimes: times,
	})
	return nil
}
