package shell

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/app"
	"zoomscope/ui/viewer"
)

// measured is how long each part of the path over the slide is followed.
const measured = 10 * time.Second

// Bench shows the window, opens a slide, moves over it along a fixed path, alone
// and while it is analysed, and says how long the frames took. The window is closed
// at the end.
func (s *Shell) Bench(ctx context.Context, path string) (*app.ViewerTimes, error) {
	b := &bench{Shell: s, times: &app.ViewerTimes{Slide: path}}
	stop := context.AfterFunc(ctx, func() { s.show(s.close) })
	defer stop()
	s.App.Lifecycle().SetOnStarted(func() {
		s.refocus()
		b.times.Start = time.Since(s.Started).Seconds()
		s.work(func(ctx context.Context) {
			b.err = b.run(ctx, path)
			s.show(s.close)
		})
	})
	s.window.ShowAndRun()
	err := s.ended()
	return b.times, errors.Join(b.err, ctx.Err(), err)
}

// bench is one measurement. Its methods run beside the window.
type bench struct {
	*Shell
	times *app.ViewerTimes
	err   error
}

func (b *bench) run(ctx context.Context, path string) error {
	slide, err := b.opens(ctx, path)
	if err != nil {
		return err
	}
	size := b.parts.viewer.Size()
	b.times.Display = fmt.Sprintf("%.0fx%.0f", size.Width, size.Height)
	b.times.Panning = b.frames(ctx, b.panning(slide), measured)
	b.times.Zooming = b.frames(ctx, b.zooming(slide), measured)
	if slide.view.Resolution().X == 0 {
		slide.view.StateMagnification(20)
	}
	if b.times.Alone, err = b.analysis(ctx, slide, nil); err != nil {
		return err
	}
	b.times.Analysis, err = b.analysis(ctx, slide, func(ctx context.Context) {
		pan, zoom := b.panning(slide), b.zooming(slide)
		both := func(t float64) viewer.Camera { // a second of each in turn
			if int(t)%2 == 0 {
				return pan(t)
			}
			return zoom(t)
		}
		b.times.Analysing = b.frames(ctx, both, 10*time.Minute)
	})
	return err
}

// opens opens the slide and times its first pixels.
func (b *bench) opens(ctx context.Context, path string) (*slide, error) {
	drawn := make(chan struct{})
	var c *slide
	begin := time.Now()
	fyne.DoAndWait(func() {
		b.onPreview = func() { b.times.Preview = time.Since(begin).Seconds() }
		b.onDrawn = func() {
			b.times.FirstPixels = time.Since(begin).Seconds()
			b.onDrawn = nil
			close(drawn)
		}
		b.open([]string{path})
		c = b.current
	})
	select {
	case <-drawn:
		return c, nil
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("%s: its pixels were not on the screen after a minute", path)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// panning is the way over the slide at a pixel of the slide for one of the screen:
// a figure of eight around its middle at some 900 pixels a second.
func (b *bench) panning(c *slide) func(seconds float64) viewer.Camera {
	w, h := c.view.Size()
	x, y := float64(w)/2, float64(h)/2
	rx, ry := min(x, 3000), min(y, 1500)
	return func(t float64) viewer.Camera {
		a := t * 0.25
		return viewer.Camera{X: x + rx*math.Sin(a), Y: y + ry*math.Sin(2*a), Zoom: 1}
	}
}

// zooming goes from the whole slide to twice its own pixels and back, in six
// seconds.
func (b *bench) zooming(c *slide) func(seconds float64) viewer.Camera {
	w, h := c.view.Size()
	var low float64
	fyne.DoAndWait(func() {
		size := b.parts.viewer.Size()
		low = min(float64(size.Width)/float64(w), float64(size.Height)/float64(h), 1)
	})
	return func(t float64) viewer.Camera {
		at := (1 - math.Cos(t*2*math.Pi/6)) / 2
		return viewer.Camera{X: 0.45 * float64(w), Y: 0.55 * float64(h), Zoom: low * math.Pow(2/low, at)}
	}
}

// frames follows a path until the time is over or ctx has ended.
func (b *bench) frames(ctx context.Context, path func(seconds float64) viewer.Camera, d time.Duration) app.FrameTimes {
	return b.ticks(ctx, d, func(seconds float64) { b.parts.viewer.SetCamera(path(seconds)) })
}

// ticks moves something before each frame until the time is over or ctx has ended.
// The driver ticks animations once before each frame, so that the times between
// ticks are those of frames.
func (s *Shell) ticks(ctx context.Context, d time.Duration, move func(seconds float64)) app.FrameTimes {
	var ticks []time.Time
	var work time.Duration
	over := make(chan struct{})
	animation := &fyne.Animation{Duration: time.Second, RepeatCount: fyne.AnimationRepeatForever, Curve: fyne.AnimationLinear}
	animation.Tick = func(float32) {
		now := time.Now()
		if len(ticks) > 0 && (now.Sub(ticks[0]) >= d || ctx.Err() != nil) {
			work += app.ProcessorTime()
			animation.Stop()
			close(over)
			animation.Tick = func(float32) {}
			return
		}
		if len(ticks) == 0 {
			work = -app.ProcessorTime()
		}
		ticks = append(ticks, now)
		move(now.Sub(ticks[0]).Seconds())
	}
	s.show(animation.Start)
	select {
	case <-over:
	case <-s.ctx.Done(): // the window is gone, and with it the ticks
		return app.FrameTimes{}
	}
	times := frameTimes(ticks)
	times.Work = work.Seconds() * 1000 / max(float64(times.Frames), 1)
	return times
}

// frameTimes sums up the times between ticks.
func frameTimes(ticks []time.Time) app.FrameTimes {
	if len(ticks) < 2 {
		return app.FrameTimes{}
	}
	var ms []float64
	within, within33 := 0, 0
	for i := range ticks[1:] {
		d := float64(ticks[i+1].Sub(ticks[i])) / float64(time.Millisecond)
		ms = append(ms, d)
		if d <= 17 {
			within++
		}
		if d <= 33 {
			within33++
		}
	}
	slices.Sort(ms)
	n := len(ms)
	return app.FrameTimes{
		Frames: n, Median: ms[n/2], P95: ms[min(n-1, n*95/100)], Max: ms[n-1],
		Within: float64(within) / float64(n), Within33: float64(within33) / float64(n), Rate: float64(n) / ticks[n].Sub(ticks[0]).Seconds(),
	}
}

// analysis analyses the slide, as R does, and times it; meanwhile does something
// until its ctx ends with the analysis.
func (b *bench) analysis(ctx context.Context, c *slide, meanwhile func(ctx context.Context)) (seconds float64, err error) {
	running, done := context.WithCancel(ctx)
	begin := time.Now()
	fyne.DoAndWait(func() {
		b.onAnalysed = func(e error) {
			seconds, err = time.Since(begin).Seconds(), e
			b.onAnalysed = nil
			done()
		}
		b.Shell.run()
	})
	if meanwhile != nil {
		meanwhile(running)
	}
	<-running.Done()
	return seconds, errors.Join(err, ctx.Err())
}
