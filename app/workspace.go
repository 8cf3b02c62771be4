// Package app holds the use cases of the program as one Workspace: open,
// analyse, extract, and keep models and encoders. The window and the command
// line both work through it. It imports no user interface and calls no foreign
// code itself.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// Config is what a Workspace is made of.
type Config struct {
	Drivers []slideio.Driver // how slides are opened, in order
	Devices *device.Manager  // where networks run
	DataDir string           // folder of installed models and encoders
	Version string           // of the program, kept in what it writes
	Log     *slog.Logger
	LogFile string // where Log writes to, for Diagnostics; "" for none
}

// Workspace is the program without its surface. Its methods may be called from
// several goroutines at once.
type Workspace struct {
	Config
	encoders encoder.Store
	quiet    quiet
	kept     keeper // the engine of AnalyzeView
	pictures *keptPictures
	demo     turn // held while the demo slide is drawn
}

// New makes a workspace. The data folder is made when something is first put
// into it.
func New(c Config) *Workspace {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Workspace{Config: c, encoders: encoder.Store{Dir: filepath.Join(c.DataDir, "encoders")}, pictures: newKeptPictures()}
}

// Close frees what is kept between analyses, once one that is under way has ended.
func (w *Workspace) Close() error { return w.kept.close() }

// Open opens a slide. The caller closes it.
func (w *Workspace) Open(ctx context.Context, path string) (slideio.Slide, error) {
	return slideio.Open(ctx, path, w.Drivers...)
}

// ErrResolutionUnknown: the slide's file does not say how large a pixel is, and
// the user has not said it either.
var ErrResolutionUnknown = errors.New("resolution unknown: state the magnification it was scanned at")

// resolutionOf is the resolution to analyse a slide at: what the user stated of it
// (magnification > 0), else the file's own. Where the two disagree it has a doubt.
func resolutionOf(s slideio.Slide, magnification float64) (slideio.Resolution, error) {
	return resolution(s, magnification, false)
}

// resolutionAmong is resolutionOf a slide of so many that the user states a
// magnification of: of more than one it is for those whose files do not say their own.
func resolutionAmong(s slideio.Slide, magnification float64, slides int) (slideio.Resolution, error) {
	return resolution(s, magnification, slides > 1)
}

// resolution is what is stated of a slide, or what its file says, where there are both
// the first one unless ownFirst, with a doubt where they disagree.
func resolution(s slideio.Slide, magnification float64, ownFirst bool) (slideio.Resolution, error) {
	own, stated := s.Info().Resolution, slideio.Resolution{}
	if magnification > 0 {
		stated = slideio.Stated(magnification)
	}
	switch {
	case own.Known() && (ownFirst || !stated.Known()):
		return own.Despite(stated), nil
	case stated.Known():
		return stated.Against(own), nil
	}
	return slideio.Resolution{}, fmt.Errorf("%s: %w", s.Info().Path, ErrResolutionUnknown)
}

// tellDevice tells on which device an engine runs, and when what it returns is called
// tells again if another took over meanwhile. to may be nil.
func tellDevice(to func(result.Device), e *zoom.Engine) (again func()) {
	if to == nil {
		return func() {}
	}
	first := e.Place.Device
	to(first)
	return func() {
		if now := e.Place.Device; now.Used != first.Used {
			to(now)
		}
	}
}

// Event is one step of work on several slides.
type Event struct {
	Slide    string // path of the slide at hand
	Index    int    // its number, from 0
	Count    int    // slides in all
	Progress result.Progress
	Pace     *Pace // of an extraction, over all its slides; nil for other work
}

// about makes the progress of the slide that e names into events, at most ten a
// second. events may be nil.
func about(e Event, events func(Event)) func(result.Progress) {
	if events == nil {
		return func(result.Progress) {}
	}
	return result.Throttle(func(p result.Progress) {
		e.Progress = p
		events(e)
	})
}
