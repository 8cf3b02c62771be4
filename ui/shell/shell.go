// Package shell is the window: it lays the parts out, turns what the user does into
// calls of the workspace, and what comes back into what is seen. Beside the viewer's
// tile loader it is the one place that hops to the goroutine that draws; all its own
// state belongs to that goroutine.
package shell

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/engine/result"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
)

// Config is what a window is made of.
type Config struct {
	App       fyne.App
	Workspace *app.Workspace
	Settings  *settings.Store
	// SettingsFault is why the settings could not be read, nil where they were; it
	// is told once the window is there.
	SettingsFault error
	Dialogs       Dialogs
	Version       string
	LogFile       string // "" for none
	Log           *slog.Logger
	Started       time.Time // when the program began

	// Do runs a function on the goroutine that draws, soon; nil means fyne.Do, which
	// Fyne's test driver runs where it is called.
	Do func(func())
}

// Dialogs are the system's own file dialogs. They wait for the user and are
// called beside the window. What the user gives up is ErrCancelled.
type Dialogs interface {
	OpenSlide(title, filter, dir string) (path string, err error)
	// OpenFile offers files of some endings, given without dots.
	OpenFile(title, filter, dir string, endings ...string) (path string, err error)
	SaveFile(title, filter, dir, name, ending string) (path string, err error)
	Folder(title, dir string) (path string, err error)
}

// ErrCancelled: the user gave a dialog up.
var ErrCancelled = errors.New("cancelled by the user")

// Shell is the window and what is open in it.
type Shell struct {
	Config
	texts     *texts.Texts
	sentences *app.Sentences // what the engine says, in the window's language
	window    fyne.Window
	parts     parts // what is seen
	look      settings.Settings

	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup

	slides  []*slide
	current *slide // shown; nil where none is
	serial  int    // of slides and jobs
	jobs    []*job

	models     []app.ModelChoice
	devices    []app.DeviceChoice
	probeFault error // why devices could not be tried; nil where they were, or are to be

	line          float64 // drawn on the slide, in level-0 pixels; 0 for none
	startLanguage string
	question      *question // the dialog on the screen; nil for none
	asked         bool      // one of the system's dialogs is open
	review        review
	alone         bool          // the slide fills the screen
	openings      chan struct{} // bounds how many slides are opened at once
	training      trainee
	importing     app.ImportRequest // the last one, which may be tried again with more
	hovered       *result.Rect      // place of the gallery's picture that the mouse is on; nil for none

	// For measurements: told when the slide's small picture and its own pixels are
	// there, and of an analysis that ended. nil, or called once each.
	onPreview, onDrawn func()
	onAnalysed         func(error)
}

// openedAtOnce is how many slides are opened at a time.
const openedAtOnce = 3

// New makes the window; Run shows it.
func New(c Config) (*Shell, error) {
	s := &Shell{Config: c, look: c.Settings.Get()}
	s.startLanguage = s.look.Language
	s.openings = make(chan struct{}, openedAtOnce)
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Do == nil {
		s.Do = fyne.Do
	}
	var err error
	if s.texts, err = texts.Load(s.look.Language); err != nil {
		return nil, err
	}
	if s.sentences, err = app.NewSentences(s.texts.Language); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.App.Settings().SetTheme(theme.New(theme.Mode(s.look.Theme)))
	s.window = s.App.NewWindow(s.texts.Shell.Title)
	s.window.SetMaster()
	s.window.SetPadded(false)
	s.window.Resize(fyne.NewSize(float32(s.look.Window.Width), float32(s.look.Window.Height)))
	s.build()
	s.window.SetCloseIntercept(s.close)
	s.window.SetOnDropped(s.dropped)
	return s, nil
}

// Run shows the window and opens the slides in it; it returns once the window is
// closed or ctx ended, with all work ended too.
func (s *Shell) Run(ctx context.Context, slides []string) error {
	stop := context.AfterFunc(ctx, func() { s.show(s.close) })
	defer stop()
	s.App.Lifecycle().SetOnStarted(func() { s.started(slides) })
	s.App.Lifecycle().SetOnStopped(s.cancel)
	s.window.ShowAndRun()
	return s.ended()
}

// started is called once the window is on the screen.
func (s *Shell) started(slides []string) {
	s.Log.Info("window shown")
	s.refocus()
	if s.SettingsFault != nil {
		s.tell(s.texts.Shell.SettingsLost, s.SettingsFault)
	}
	s.probe()
	s.tabShown(s.parts.tabs.Selected())
	s.open(slides)
}

// close ends the window.
func (s *Shell) close() {
	s.cancel() // from here on nothing comes back from beside the window
	s.App.Quit()
}

// ended puts everything away once the window is gone, by whatever way, and keeps
// what the user arranged.
func (s *Shell) ended() error {
	s.keepWindow()
	s.cancel()
	for _, slide := range s.slides {
		s.drop(slide)
	}
	s.parts.viewer.Close()
	s.parts.second.Close()
	s.workers.Wait()
	s.Log.Info("window closed")
	return errors.Join(s.closeWorklist(), s.Settings.Close())
}

// keepWindow keeps the window's size for the next start.
func (s *Shell) keepWindow() {
	size := s.window.Canvas().Size()
	if s.alone { // on the whole screen
		return
	}
	s.update(func(l *settings.Settings) {
		l.Window.Width, l.Window.Height = int(size.Width), int(size.Height)
	})
}

// update changes the settings and keeps them.
func (s *Shell) update(change func(*settings.Settings)) {
	change(&s.look)
	if err := s.Settings.Update(change); err != nil {
		s.Log.Warn("settings are not kept", "error", err)
	}
}
