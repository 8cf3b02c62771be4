package shell

import (
	"fmt"
	"image"
	"image/color"
	"slices"

	"zoomscope/app"
	"zoomscope/assets"
	"zoomscope/engine/result"
	"zoomscope/ui/overlay"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// showSlides fills the list of slides.
func (s *Shell) showSlides() {
	items := make([]panels.SlideItem, len(s.slides))
	for i, c := range s.slides {
		items[i] = panels.SlideItem{ID: c.id, Name: c.name(), Thumb: c.thumb, State: c.state}
	}
	selected := -1
	if s.current != nil {
		selected = s.current.id
	}
	s.parts.slides.Set(items, selected)
}

// slideOf is the slide of a number; nil where it was closed.
func (s *Shell) slideOf(id int) *slide {
	for _, c := range s.slides {
		if c.id == id {
			return c
		}
	}
	return nil
}

// showSlide shows the slide at hand in the view and in every panel.
func (s *Shell) showSlide() {
	c := s.current
	s.window.SetTitle(s.title())
	s.showStart()
	if c == nil || c.view == nil {
		s.source(nil, nil, 0)
	} else {
		s.source(c.view, c.thumb, c.view.Resolution().X)
		if c.camera != nil {
			s.parts.viewer.SetCamera(*c.camera)
		} else {
			s.parts.viewer.Fit()
		}
		if s.onPreview != nil {
			s.onPreview()
			s.onPreview = nil
		}
	}
	s.showInformation()
	s.showAnalysis()
	s.followZoom()
	s.showAttention()
	s.showPath()
}

// source gives both views a slide; nil shows none.
func (s *Shell) source(view *app.View, thumb *image.RGBA, mpp float64) {
	for _, v := range s.views() {
		if view == nil {
			v.SetSource(nil, nil)
			continue
		}
		v.SetSource(view, thumb)
		v.SetResolution(mpp)
	}
}

// showAnalysis brings the analysis panel in line with the slide at hand.
func (s *Shell) showAnalysis() {
	a, c := s.parts.analysis, s.current
	a.SetModels(s.modelItems(), s.look.Model)
	a.SetDevices(s.deviceItems(), s.device())
	open := c != nil && c.view != nil
	a.SetOpen(open)
	a.SetWithheld(open && c.hidden())
	if !open {
		a.SetIdle()
		a.SetWarnings(nil)
		a.SetResult(nil, false)
		return
	}
	a.SetWarnings(s.warnings(c))
	s.showRun(c)
	a.SetResult(s.inWords(c.result), c.result != nil && s.synthetic(c))
}

// inWords is a result whose sentences are in the window's language.
func (s *Shell) inWords(r *result.Result) *result.Result {
	if r == nil {
		return nil
	}
	said := *r
	said.Device.Reason = s.translated(r.Device.Reason)
	return &said
}

// translated says in the window's language what the engine says in English.
func (s *Shell) translated(text string) string { return s.sentences.Say(text) }

// showRun shows the analysis of a slide under way, if there is one.
func (s *Shell) showRun(c *slide) {
	if c.run == nil {
		s.parts.analysis.SetIdle()
	} else {
		s.parts.analysis.SetRunning(c.run.line)
	}
}

// device is the kind of device chosen.
func (s *Shell) device() string {
	if s.look.Device == "" {
		return "auto"
	}
	return s.look.Device
}

func (s *Shell) modelItems() []panels.ModelItem {
	items := make([]panels.ModelItem, len(s.models))
	for i, m := range s.models {
		items[i] = panels.ModelItem{
			ID: m.ID, Name: m.Name, SHA256: m.SHA256, Note: s.translated(m.Note), Classes: m.Classes, Magnifications: m.Magnifications,
			Trained: m.Trained, Synthetic: m.Synthetic,
		}
		switch {
		case m.Err != nil:
			items[i].Problem = s.phrase(m.Err)
		case m.EncoderMissing:
			items[i].Problem = s.texts.Errors.NoEncoder.What
		}
	}
	return items
}

func (s *Shell) deviceItems() []panels.DeviceItem {
	if len(s.devices) == 0 { // not tried yet
		return []panels.DeviceItem{{Kind: "auto", Detail: s.texts.Shell.Probing, OK: true}, {Kind: "cpu", OK: true}}
	}
	items := make([]panels.DeviceItem, len(s.devices))
	for i, d := range s.devices {
		items[i] = panels.DeviceItem{Kind: d.Kind, Name: d.Name, Detail: s.translated(d.Detail), OK: d.OK}
	}
	return items
}

// synthetic reports whether the model behind a slide's result was trained on
// synthetic tissue.
func (s *Shell) synthetic(c *slide) bool { return app.IsSynthetic(c.result.Model) }

// warnings are what is to know of a slide before or after it is analysed, each with
// at most one thing to do.
func (s *Shell) warnings(c *slide) []widgets.Warning {
	var list []widgets.Warning
	r := c.view.Resolution()
	t := s.texts.Shell
	if s.probeFault != nil {
		list = append(list, widgets.Warning{Text: s.phrase(s.probeFault) + " " + s.problem(s.probeFault).Do, Grave: true})
	}
	if c.hidden() {
		list = append(list, widgets.Warning{Text: fmt.Sprintf(s.texts.Review.NameIt, s.classKeys())})
	}
	if r.X == 0 {
		list = append(list, widgets.Warning{Text: s.texts.Errors.NoResolution.What, Action: t.StateResolution, Do: s.askResolution})
	}
	for _, doubt := range r.Doubts {
		list = append(list, widgets.Warning{Text: s.translated(doubt), Action: t.ShowResolution, Do: s.askResolution})
	}
	if c.result == nil && r.X != 0 {
		list = append(list, s.forebodings(c, r.Magnification)...)
	}
	if c.result != nil {
		for _, w := range c.result.Warnings {
			if w != c.result.Model.Note && !slices.Contains(r.Doubts, w) { // those are told already
				list = append(list, widgets.Warning{Text: s.translated(w)})
			}
		}
	}
	return list
}

// forebodings say before an analysis why the chosen model will make little of a
// slide that was scanned at a magnification.
func (s *Shell) forebodings(c *slide, scanned float64) []widgets.Warning {
	var list []widgets.Warning
	t := s.texts.Analysis
	if c.dark {
		list = append(list, widgets.Warning{Text: t.DarkGround})
	}
	at := slices.IndexFunc(s.models, func(m app.ModelChoice) bool { return m.ID == s.look.Model })
	if at < 0 || len(s.models[at].Magnifications) == 0 {
		return list
	}
	if most := slices.Max(s.models[at].Magnifications); app.Enlarged(most, scanned) {
		n := s.texts.Numbers
		list = append(list, widgets.Warning{Text: fmt.Sprintf(t.TooCoarse, n.Magnification(scanned), n.Magnification(most))})
	}
	return list
}

// askResolution opens the panel where a slide's resolution is stated.
func (s *Shell) askResolution() {
	s.parts.tabs.Select(panels.SlideTab)
	s.parts.slide.AskResolution()
}

// showLegend explains the colours on the slide.
func (s *Shell) showLegend(c *slide, set overlay.Settings) {
	s.parts.attention.Set(panels.AttentionState{
		On: set.On, Magnifications: c.attention.Levels(), Auto: set.Auto, Level: c.level,
		Zoom: set.Kind == overlay.Zoom, ZoomPossible: c.attention.HasZoom(c.level), Opacity: set.Opacity,
		Percentile: set.Scale == overlay.Percentile, ColorMap: set.ColorMap, ColorMaps: assets.ColorMapNames(),
		Outlines: set.Outlines,
	})
	l := c.attention.Legend(c.level, set)
	s.parts.attention.SetLegend(panels.AttentionLegend{
		Magnification: l.Magnification, Zoom: l.Kind == overlay.Zoom, Percentile: l.Scale == overlay.Percentile,
		Low: l.Low, High: l.High, Even: l.Even, EvenAt: l.EvenAt, HasEven: l.HasEven,
		Middle: l.Middle, HasMiddle: l.Patches > 1,
		Color: func(t float64) color.RGBA { return overGlass(l.Shade(t)) },
	})
}

// overGlass is a premultiplied colour laid over empty, lit glass.
func overGlass(c color.RGBA) color.RGBA {
	rest := 255 - c.A
	return color.RGBA{R: c.R + rest, G: c.G + rest, B: c.B + rest, A: 255}
}

// showJobs fills the job bar: the device that ran or will, and the work under way.
func (s *Shell) showJobs() {
	lines := make([]panels.Job, len(s.jobs))
	for i, j := range s.jobs {
		lines[i] = j.line
		lines[i].ID = j.id
	}
	s.parts.jobs.SetJobs(lines)
	s.parts.jobs.SetDevice(s.deviceLine())
	if c := s.current; c != nil && c.run != nil {
		s.showRun(c)
	}
	s.showRunning()
}

// showRunning brings the list in line with the analyses under way.
func (s *Shell) showRunning() {
	for _, c := range s.slides {
		if c.run != nil && c.run.line.Stage != "" {
			c.state = panels.SlideState{Kind: panels.SlideRunning, Fraction: c.run.line.Fraction}
			s.parts.slides.SetState(c.id, c.state)
		}
	}
}

// deviceLine names the device that the last analysis of the slide at hand ran on,
// else the one that the next will.
func (s *Shell) deviceLine() string {
	if c := s.current; c != nil && c.result != nil {
		return panels.DeviceLabel(s.texts, c.result.Device.Used, c.result.Device.Name)
	}
	for _, d := range s.devices {
		if d.Kind == s.device() {
			return panels.DeviceLabel(s.texts, d.Kind, d.Name)
		}
	}
	if s.probeFault != nil {
		return s.phrase(s.probeFault)
	}
	return s.texts.Shell.Probing
}
