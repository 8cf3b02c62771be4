package panels

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// SettingsState is what can be set.
type SettingsState struct {
	Theme       theme.Mode
	Language    string // "" follows the system
	Languages   []string
	Threads     int // 0 automatic
	Processors  int // the most threads there can be
	ColorMap    string
	ColorMaps   []string
	ShowRestart bool // the language was changed and shows at the next start
}

// SettingsEvents are what the user changes. Any may be nil.
type SettingsEvents struct {
	Theme    func(mode theme.Mode)
	Language func(lang string)
	Threads  func(threads int)
	ColorMap func(name string)
}

// Settings is where the program is set up.
type Settings struct {
	texts *texts.Texts
	on    SettingsEvents

	object   *fyne.Container
	look     *widgets.Segments
	language *widgets.Segments
	restart  *widgets.Text
	threads  *widgets.Choice
	colors   *widgets.Segments
	state    SettingsState
}

// NewSettings makes the panel.
func NewSettings(t *texts.Texts, on SettingsEvents) *Settings {
	s := &Settings{texts: t, on: on, restart: widgets.NewNote(t.Settings.LanguageNote)}
	s.look = widgets.NewSegments([]string{t.Settings.System, t.Settings.Light, t.Settings.Dark},
		func(i int) { call(on.Theme, theme.Modes()[i]) })
	s.language = widgets.NewSegments(nil, func(i int) { call(on.Language, s.code(i)) })
	s.threads = widgets.NewChoice("", func(i int) { call(on.Threads, i) })
	s.colors = widgets.NewSegments(nil, func(i int) { call(on.ColorMap, s.state.ColorMaps[i]) })
	s.object = widgets.NewColumn(2*theme.Gap,
		labelled(t.Settings.Look, s.look.Object()),
		widgets.NewColumn(4, labelled(t.Settings.Language, s.language.Object()), s.restart),
		widgets.NewColumn(4, labelled(t.Settings.Threads, s.threads), widgets.NewNote(t.Settings.ThreadsNote)),
		widgets.NewColumn(4, labelled(t.Settings.Map, s.colors.Object()), widgets.NewNote(t.Settings.MapNote)))
	return s
}

// Object is what to place in the window.
func (s *Settings) Object() fyne.CanvasObject { return s.object }

// Set shows what is set. It calls nothing back.
func (s *Settings) Set(state SettingsState) {
	s.state = state
	s.look.Choose(slices.Index(theme.Modes(), state.Theme))
	s.language.SetOptions(s.languageNames())
	s.language.Choose(1 + slices.Index(state.Languages, state.Language))
	show(s.restart, state.ShowRestart)
	s.threads.SetOptions(s.threadNames(), state.Threads)
	s.colors.SetOptions(state.ColorMaps)
	s.colors.Choose(slices.Index(state.ColorMaps, state.ColorMap))
	s.object.Refresh()
}

// code is the language of an option, the first of which follows the system.
func (s *Settings) code(option int) string {
	if option == 0 {
		return ""
	}
	return s.state.Languages[option-1]
}

func (s *Settings) languageNames() []string {
	names := []string{s.texts.Settings.LanguageSystem}
	for _, code := range s.state.Languages {
		names = append(names, languageName(code))
	}
	return names
}

// languageName is a language's name in itself.
func languageName(code string) string {
	switch code {
	case "en":
		return "English"
	case "de":
		return "Deutsch"
	}
	return code
}

func (s *Settings) threadNames() []widgets.Option {
	options := []widgets.Option{{Label: s.texts.Settings.ThreadsAuto}}
	for n := range s.state.Processors {
		options = append(options, widgets.Option{Label: strconv.Itoa(n + 1)})
	}
	return options
}
