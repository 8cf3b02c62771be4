package shell

import (
	"os"
	"runtime"
	"strconv"

	"zoomscope/app/settings"
	"zoomscope/assets"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/viewer"
)

// buildPanels makes the panels and says what each thing done in them does.
func (s *Shell) buildPanels() {
	p, t := &s.parts, s.texts
	p.slides = panels.NewSlideList(t, panels.SlideListEvents{
		Select: func(id int) { s.choose(s.slideOf(id)) },
		Close:  func(id int) { s.closeSlide(s.slideOf(id)) },
	})
	p.analysis = panels.NewAnalysis(t, panels.AnalysisEvents{
		Model: s.chooseModel, Device: s.chooseDevice, Run: s.run, Cancel: s.cancelRun,
	})
	p.attention = panels.NewAttention(t, s.attentionEvents())
	p.path = panels.NewZoomPath(t, panels.ZoomPathEvents{
		Go: s.goTo, Hover: s.hoverStep,
		Previous: func() { s.walk(false) }, Next: func() { s.walk(true) },
		Up: func() { s.climb(true) }, Down: func() { s.climb(false) },
	})
	p.slide = panels.NewSlide(t, panels.SlideEvents{
		StateMagnification: s.stateMagnification, Measure: s.measure, StateLength: s.stateLength,
		Reset: func() { s.stateMagnification(0) }, ShowImages: s.showAssociated,
	})
	p.settings = panels.NewSettings(t, s.settingsEvents())
	p.start = panels.NewStart(t, panels.StartEvents{
		Open: s.ask, Demo: s.openDemo, Folder: s.askIn,
		Recent: func(path string) { s.open([]string{path}) },
	})
	p.trouble = panels.NewTrouble(t, panels.TroubleEvents{Again: s.again, Close: func() { s.closeSlide(s.current) }})
	p.jobs = panels.NewJobBar(t, s.cancelJob)
	p.training, p.models = panels.NewTraining(t, s.trainingEvents()), panels.NewModels(t, s.modelsEvents())
	p.tabs = panels.NewTabs(t, p.analysis, p.attention, p.path, p.slide, p.training, p.models, p.settings)
	p.tabs.OnSelected = func(tab panels.TabID) {
		s.update(func(l *settings.Settings) { l.Window.Tab = strconv.Itoa(int(tab)) })
		s.tabShown(tab)
	}
	if tab, err := strconv.Atoi(s.look.Window.Tab); err == nil && tab > 0 && tab <= int(panels.SettingsTab) {
		p.tabs.Select(panels.TabID(tab))
	}
	s.showSettings()
}

func (s *Shell) attentionEvents() panels.AttentionEvents {
	set := func(change func(*settings.Overlay)) { s.changeOverlay(change) }
	return panels.AttentionEvents{
		Toggle: func(on bool) { set(func(o *settings.Overlay) { o.On = on }) },
		Auto:   func() { set(func(o *settings.Overlay) { o.Auto = true }) },
		Level:  s.setLevel,
		Zoom: func(zoom bool) {
			set(func(o *settings.Overlay) { o.Kind = either(zoom, "zoom", "pooled") })
		},
		Opacity: s.turnOpacity,
		Percentile: func(percentile bool) {
			set(func(o *settings.Overlay) { o.Scale = either(percentile, "percentile", "raw") })
		},
		ColorMap: s.chooseColors,
		Outlines: func(on bool) { set(func(o *settings.Overlay) { o.Outlines = on }) },
	}
}

func (s *Shell) settingsEvents() panels.SettingsEvents {
	return panels.SettingsEvents{
		Theme: func(mode theme.Mode) {
			s.update(func(l *settings.Settings) { l.Theme = string(mode) })
			s.App.Settings().SetTheme(theme.New(mode))
			s.showSettings()
		},
		Language: func(lang string) {
			s.update(func(l *settings.Settings) { l.Language = lang })
			s.showSettings()
		},
		Threads:  func(n int) { s.update(func(l *settings.Settings) { l.Threads = n }) },
		ColorMap: s.chooseColors,
	}
}

func (s *Shell) chooseColors(name string) {
	s.changeOverlay(func(o *settings.Overlay) { o.ColorMap = name })
	s.showSettings()
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// showSettings fills the settings panel.
func (s *Shell) showSettings() {
	s.parts.settings.Set(panels.SettingsState{
		Theme: theme.Mode(s.look.Theme), Language: s.look.Language, Languages: assets.Languages(),
		Threads: s.look.Threads, Processors: runtime.NumCPU(),
		ColorMap: colorMap(s.look.Overlay), ColorMaps: assets.ColorMapNames(),
		ShowRestart: s.look.Language != s.startLanguage,
	})
}

// colorMap is the map chosen, or the default one.
func colorMap(o settings.Overlay) string {
	if o.ColorMap == "" {
		return assets.ColorMapNames()[0]
	}
	return o.ColorMap
}

// showStart shows what stands in the slide area for a slide: the start while none is
// open, or why the one at hand cannot be shown.
func (s *Shell) showStart() {
	s.parts.start.Set(s.there(), s.look.LastFolder)
	listed := s.review.shown
	seen(s.review.room, listed)
	seen(s.parts.start.Object(), len(s.slides) == 0 && !listed)
	failed := s.current != nil && s.current.fault != nil
	if failed {
		s.parts.trouble.Set(s.current.name(), s.problem(s.current.fault), s.current.fault.Error())
	}
	seen(s.parts.trouble.Object(), failed && !listed)
	seen(s.parts.stage, len(s.slides) > 0 && !failed && !listed)
}

// there are the recent slides that still are where they were.
func (s *Shell) there() []string {
	var list []string
	for _, path := range s.look.Recent {
		if _, err := os.Stat(path); err == nil {
			list = append(list, path)
		}
	}
	return list
}

// viewerTexts are the few words over the slide.
func (s *Shell) viewerTexts() viewer.Texts {
	return viewer.Texts{DecimalSign: s.texts.Numbers.DecimalSign}
}
