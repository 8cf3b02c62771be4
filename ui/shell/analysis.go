package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/engine/result"
	"zoomscope/ui/overlay"
	"zoomscope/ui/panels"
)

// run analyses the slide at hand; slides are analysed one after the other.
func (s *Shell) run() {
	c := s.current
	if c == nil || c.view == nil {
		s.say(s.texts.Analysis.OpenFirst)
		return
	}
	if c.run != nil || s.coming() {
		return
	}
	if c.hidden() {
		s.say(s.texts.Review.Withheld)
		return
	}
	if c.view.Resolution().X == 0 {
		s.parts.tabs.Select(panels.SlideTab)
		s.parts.slide.AskResolution()
		return
	}
	options := app.EngineOptions{Model: s.look.Model, Device: s.look.Device, Threads: s.look.Threads}
	c.state = panels.SlideState{Kind: panels.SlideQueued}
	begin := time.Now()
	c.run = start(s, fmt.Sprintf(s.texts.Shell.Analysing, c.name()), func(ctx context.Context, report func(panels.Job)) (*result.Result, error) {
		return s.analyze(ctx, c, options, report)
	}, func(r *result.Result, err error) { s.analysed(c, r, err, time.Since(begin)) })
	s.showSlides()
	s.showAnalysis()
}

// analyze runs the model, beside the window. The workspace runs one analysis at a
// time; others wait there.
func (s *Shell) analyze(ctx context.Context, c *slide, o app.EngineOptions, report func(panels.Job)) (*result.Result, error) {
	s.Log.Info("analysis begun", "slide", c.id)
	return s.Workspace.AnalyzeView(ctx, c.view, o, func(p app.Progress) {
		report(panels.Job{Stage: s.stage(p.Stage), Fraction: p.Fraction, Left: p.Left})
	})
}

// stage translates the name of a stage of work.
func (s *Shell) stage(name string) string {
	t := s.texts.Shell
	switch kind, at, _ := strings.Cut(name, " "); {
	case name == app.StageOpening:
		return t.StageOpening
	case name == "finding tissue":
		return t.StageTissue
	case kind == "encoding":
		return fmt.Sprintf(t.StageEncoding, at)
	}
	return name
}

// analysed takes in a finished analysis, or why there is none.
func (s *Shell) analysed(c *slide, r *result.Result, err error, took time.Duration) {
	c.run = nil
	switch {
	case errors.Is(err, ErrCancelled):
		s.Log.Info("analysis cancelled", "slide", c.id, "ms", took.Milliseconds())
		c.state = s.doneState(c)
	case err != nil:
		s.Log.Warn("analysis failed", "slide", c.id, "kind", app.KindOf(err))
		c.state = panels.SlideState{Kind: panels.SlideFailed, Reason: s.phrase(err)}
		s.fail(c.path, err)
	default:
		s.Log.Info("analysis done", "slide", c.id, "ms", took.Milliseconds(), "device", r.Device.Used, "patches", r.Counts.Encoded)
		s.take(c, r)
	}
	if s.onAnalysed != nil {
		s.onAnalysed(err)
	}
	s.showSlides()
	if s.current == c {
		s.showAnalysis()
		s.showAttention()
		s.showPath()
	}
}

// take gives a slide its result.
func (s *Shell) take(c *slide, r *result.Result) {
	if s.withholds(c, r) {
		return
	}
	c.result, c.attention, c.step = r, overlay.New(r), -1
	c.level = c.attention.LevelAt(s.parts.viewer.Magnification(), s.overlaySettings())
	c.state = s.doneState(c)
	s.loadGallery(c)
}

// doneState is the line of a slide that is not being worked on.
func (s *Shell) doneState(c *slide) panels.SlideState {
	if c.result == nil {
		return panels.SlideState{}
	}
	p := c.result.Prediction
	return panels.SlideState{
		Kind: panels.SlideDone, Label: p.Label, Probability: probabilityOf(c.result), Caution: s.caution(c),
	}
}

// caution says beside a prediction why it means little; "" for nothing.
func (s *Shell) caution(c *slide) string {
	switch {
	case !c.result.Model.Trained:
		return s.texts.Slides.Untrained
	case s.synthetic(c):
		return s.texts.Slides.Synthetic
	}
	return ""
}

// probabilityOf is the probability of the predicted class.
func probabilityOf(r *result.Result) float64 {
	for i, class := range r.Model.Classes {
		if class == r.Prediction.Label && i < len(r.Prediction.Probabilities) {
			return r.Prediction.Probabilities[i]
		}
	}
	return 0
}

// cancelRun ends the analysis of the slide at hand.
func (s *Shell) cancelRun() {
	if s.current != nil && s.current.run != nil {
		s.current.run.cancel()
	}
}

// probe asks beside the window what there is to run: models, and devices, each of
// which is tried out.
func (s *Shell) probe() {
	s.probeModels()
	background(s, s.Workspace.DeviceChoices, func(devices []app.DeviceChoice, err error) {
		if err != nil {
			s.Log.Warn("devices cannot be tried", "kind", app.KindOf(err))
		}
		s.probeFault = err
		s.devices = devices
		s.Log.Info("devices tried", "count", len(devices))
		s.showAnalysis()
		s.showJobs()
	})
}

// probeModels asks which models there are.
func (s *Shell) probeModels() {
	background(s, func(context.Context) ([]app.ModelChoice, error) { return s.Workspace.ModelChoices() },
		func(models []app.ModelChoice, err error) {
			if err != nil {
				s.fail("", err)
				return
			}
			s.models = models
			s.showAnalysis()
		})
}

func (s *Shell) chooseModel(id string) {
	s.update(func(l *settings.Settings) { l.Model = id })
	s.showAnalysis()
	s.showTriage()
	s.readWorklist()
}

func (s *Shell) chooseDevice(kind string) {
	s.update(func(l *settings.Settings) { l.Device = kind })
	s.showAnalysis()
}
