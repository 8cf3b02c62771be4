package shell

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"zoomscope/app/apptest"
	"zoomscope/app/settings"
	"zoomscope/packaging/testenv"
	"zoomscope/ui/panels"
)

// stand is a window without a display. What goroutines want done on the UI thread
// waits in a queue, which the test works off.
type stand struct {
	*Shell
	t       *testing.T
	dialogs *fakeDialogs

	mu    sync.Mutex
	queue []func()
}

// newStand makes a window; prepare may change the settings that it starts with.
func newStand(t *testing.T, prepare func(*settings.Settings)) *stand {
	t.Helper()
	store, err := settings.Open(filepath.Join(t.TempDir(), "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Update(func(l *settings.Settings) {
		l.Language = "en"
		if prepare != nil {
			prepare(l)
		}
	}); err != nil {
		t.Fatal(err)
	}
	a := test.NewTempApp(t)
	s := &stand{t: t, dialogs: &fakeDialogs{}}
	s.Shell, err = New(Config{
		App: a, Workspace: apptest.New(t), Settings: store, Dialogs: s.dialogs, Version: "test",
		Do: func(f func()) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.queue = append(s.queue, f)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.ended(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// pump does what waits in the queue.
func (s *stand) pump() {
	for {
		s.mu.Lock()
		list := s.queue
		s.queue = nil
		s.mu.Unlock()
		if len(list) == 0 {
			return
		}
		for _, f := range list {
			f()
		}
	}
}

// until works off the queue until a condition holds.
func (s *stand) until(what string, holds func() bool) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		s.pump()
		if holds() {
			return
		}
	}
	s.t.Fatalf("after a minute: not %s", what)
}

// picture writes a plain picture, which opens without a native library.
func picture(t *testing.T, name string) string {
	return pictureOf(t, name, func(x, y int) color.RGBA { return color.RGBA{uint8(200 + x%50), uint8(120 + y%40), 190, 255} })
}

func pictureOf(t *testing.T, name string, at func(x, y int) color.RGBA) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 900, 600))
	for y := range 600 {
		for x := range 900 {
			img.SetRGBA(x, y, at(x, y))
		}
	}
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

// fakeDialogs answer at once.
type fakeDialogs struct {
	path string
	err  error
}

func (d *fakeDialogs) OpenSlide(string, string, string) (string, error) { return d.path, d.err }
func (d *fakeDialogs) OpenFile(string, string, string, ...string) (string, error) {
	return d.path, d.err
}
func (d *fakeDialogs) Folder(string, string) (string, error) { return d.path, d.err }
func (d *fakeDialogs) SaveFile(string, string, string, string, string) (string, error) {
	return d.path, d.err
}

func TestOpen(t *testing.T) {
	s := newStand(t, nil)
	if !s.parts.start.Object().Visible() {
		t.Error("the start is not there before a slide is open")
	}
	first, second := picture(t, "first.png"), picture(t, "second.png")
	s.open([]string{first, second})
	s.until("both open", func() bool { return len(s.slides) == 2 && s.slides[0].view != nil && s.slides[1].view != nil })
	if s.parts.start.Object().Visible() || s.current != s.slides[0] {
		t.Error("the first slide is not shown")
	}
	if got := s.window.Title(); !strings.Contains(got, "first.png") {
		t.Errorf("title %q", got)
	}
	s.typed('j')
	if s.current != s.slides[1] {
		t.Error("j does not go to the next slide")
	}
	s.typed('j')
	if s.current != s.slides[0] {
		t.Error("j does not come around")
	}
	s.open([]string{second})
	if len(s.slides) != 2 || s.current != s.slides[1] {
		t.Error("a slide that is open is not shown again but opened twice")
	}
	if got := s.Settings.Get().Recent; len(got) != 2 {
		t.Errorf("recent slides %q", got)
	}
	s.closeSlide(s.current)
	s.closeSlide(s.current)
	if !s.parts.start.Object().Visible() || s.current != nil {
		t.Error("the start is not back after the last slide was closed")
	}
}

func TestOpenWhatIsNone(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.png")
	if err := os.WriteFile(broken, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "gone.svs"), "broken": broken} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, nil)
			s.open([]string{path})
			s.until("failed", func() bool { return s.slides[0].state.Kind == panels.SlideFailed })
			if !s.parts.trouble.Object().Visible() || s.parts.stage.Visible() {
				t.Error("nothing is said")
			}
			s.again()
			s.until("failed again", func() bool { return len(s.slides) == 1 && s.slides[0].state.Kind == panels.SlideFailed })
			s.open([]string{picture(t, "good.png")})
			s.until("another opens", func() bool { return s.current.view != nil })
			if s.parts.trouble.Object().Visible() {
				t.Error("the trouble of another slide is still told")
			}
		})
	}
}

func TestOpenDialog(t *testing.T) {
	s := newStand(t, nil)
	s.dialogs.err = ErrCancelled
	s.ask()
	if !s.asked {
		t.Error("nobody was asked")
	}
	s.until("given up", func() bool { return !s.asked })
	if len(s.slides) != 0 || s.window.Canvas().Overlays().Top() != nil {
		t.Error("a dialog that was given up does something")
	}
	s.dialogs.path, s.dialogs.err = picture(t, "chosen.png"), nil
	s.ask()
	s.until("open", func() bool { return len(s.slides) == 1 && s.slides[0].view != nil })
}

func TestFolds(t *testing.T) {
	s := newStand(t, nil)
	s.pressed(fyne.KeyF9, false)
	s.pressed(fyne.KeyF10, false)
	if s.parts.left.Visible() || s.parts.right.Visible() {
		t.Error("the sides do not fold away")
	}
	if w := s.Settings.Get().Window; !w.LeftFolded || !w.RightFolded {
		t.Errorf("not kept: %+v", w)
	}
	s.pressed(fyne.KeyF9, false)
	s.pressed(fyne.KeyF11, false)
	if s.parts.left.Visible() || s.parts.tools.Visible() || s.parts.foot.Visible() {
		t.Error("F11 leaves more than the slide")
	}
	s.pressed(fyne.KeyF11, false)
	if !s.parts.left.Visible() || s.parts.right.Visible() || !s.parts.tools.Visible() {
		t.Error("F11 does not bring back what was there")
	}
}

func TestUnknownResolutionIsAsked(t *testing.T) {
	s := newStand(t, nil)
	s.open([]string{picture(t, "plain.png")})
	s.until("open", func() bool { return s.current.view != nil })
	s.typed('r')
	if s.current.run != nil || s.parts.tabs.Selected() != panels.SlideTab {
		t.Error("an analysis was begun, or nothing was asked, at an unknown resolution")
	}
	s.stateMagnification(20)
	if got := s.current.view.Resolution(); got.X != 0.5 || !got.Stated {
		t.Errorf("resolution %+v", got)
	}
	s.stateMagnification(0)
	s.measure(true)
	s.parts.viewer.OnMeasured([2]float64{100, 100}, [2]float64{500, 400})
	s.stateLength(250)
	if got := s.current.view.Resolution(); got.X != 0.5 {
		t.Errorf("500 pixels of 250 um give %v um per pixel", got.X)
	}
}

// TestForebodings: what makes an analysis pointless is said before it.
func TestForebodings(t *testing.T) {
	s := newStand(t, nil)
	s.probeModels()
	s.open([]string{picture(t, "light.png"), pictureOf(t, "dark.png", func(x, _ int) color.RGBA { return color.RGBA{10, 10, uint8(20 + x%9), 255} })})
	s.until("open", func() bool { return s.slides[0].view != nil && s.slides[1].view != nil && len(s.models) > 0 })
	said := func(c *slide, magnification float64) []string {
		var list []string
		for _, w := range s.forebodings(c, magnification) {
			list = append(list, w.Text)
		}
		return list
	}
	coarse := func(scanned string) string { return fmt.Sprintf(s.texts.Analysis.TooCoarse, scanned, "20x") }
	dark := s.texts.Analysis.DarkGround
	for _, c := range []struct {
		name    string
		slide   int
		scanned float64
		want    []string
	}{
		{"fine", 0, 40, nil},
		{"as fine as the model", 0, 19, nil},
		{"coarse", 0, 5, []string{coarse("5x")}},
		{"dark", 1, 20, []string{dark}},
		{"dark and coarse", 1, 5, []string{dark, coarse("5x")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := said(s.slides[c.slide], c.scanned); !slices.Equal(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}

func TestExportOfTheView(t *testing.T) {
	out := t.TempDir()
	s := newStand(t, func(l *settings.Settings) { l.ExportFolder = out })
	s.open([]string{picture(t, "slide.png")})
	s.until("open", func() bool { return s.current.view != nil && !s.parts.viewer.Loading() })
	s.export()
	if s.question == nil {
		t.Fatal("no export dialog")
	}
	s.typedNowhere(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.until("exported", func() bool { _, err := os.Stat(filepath.Join(out, "slide-view.png")); return err == nil })
	s.until("no job left", func() bool { return len(s.jobs) == 0 })
}

// TestDialogHoldsTheSlide closes a slide under the dialog that is to export it.
func TestDialogHoldsTheSlide(t *testing.T) {
	s := newStand(t, nil)
	s.open([]string{picture(t, "a.png"), picture(t, "b.png")})
	s.until("open", func() bool { return s.slides[0].view != nil && s.slides[1].view != nil })
	s.export()
	a := s.current
	s.closeSlide(a)
	s.dropped(fyne.Position{}, []fyne.URI{fileURI(picture(t, "c.png"))})
	s.pump()
	if s.current != a || len(s.slides) != 2 {
		t.Error("slides change under a dialog about one of them")
	}
	s.typedNowhere(&fyne.KeyEvent{Name: fyne.KeyEscape})
	s.closeSlide(a)
	if s.current == a {
		t.Error("the dialog still holds the slide after it was closed")
	}
}

func TestDialogOverDialog(t *testing.T) {
	s := newStand(t, nil)
	s.notice("below")
	s.notice("above")
	s.dismiss()
	if s.question == nil {
		t.Fatal("the dialog below is forgotten")
	}
	s.dismiss()
	if s.question != nil {
		t.Error("a dialog is left")
	}
}

func TestDroppedFolder(t *testing.T) {
	s := newStand(t, nil)
	path := picture(t, "in-folder.png")
	s.dropped(fyne.Position{}, []fyne.URI{fileURI(filepath.Dir(path))})
	s.until("open", func() bool { return len(s.slides) == 1 && s.slides[0].view != nil })
}

// TestAnalysis runs the bundled model and looks at what becomes of it.
func TestAnalysis(t *testing.T) {
	testenv.ORT(t)
	testenv.OpenSlide(t)
	s := newStand(t, nil)
	s.probe()
	s.open([]string{apptest.DrawSlide(t, t.TempDir(), "tissue", 3)})
	s.until("open", func() bool { return s.current.view != nil && len(s.models) > 0 })
	s.typed('r')
	if s.current.run == nil {
		t.Fatal("r does not run")
	}
	s.until("analysed", func() bool { return s.current.run == nil })
	c := s.current
	if c.result == nil || c.attention == nil || c.state.Kind != panels.SlideDone {
		t.Fatalf("no result: %+v", c.state)
	}
	t.Run("walk", func(t *testing.T) {
		steps := len(c.attention.Path().Steps())
		for range steps {
			s.pressed(fyne.KeySpace, false)
		}
		if c.step != steps-1 {
			t.Errorf("after %d steps at %d", steps, c.step)
		}
		s.pressed(fyne.KeySpace, false)
		if c.step != 0 {
			t.Errorf("the walk does not come around: %d", c.step)
		}
		s.pressed(fyne.KeySpace, true)
		if c.step != steps-1 {
			t.Errorf("Shift+Space does not go back: %d", c.step)
		}
	})
	t.Run("layers", func(t *testing.T) {
		s.typed('A')
		if s.look.Overlay.Auto || c.level != 0 {
			t.Errorf("Shift+A: auto %v, level %d", s.look.Overlay.Auto, c.level)
		}
		for range len(c.attention.Levels()) {
			s.typed('A')
		}
		if !s.look.Overlay.Auto {
			t.Error("after the highest the zoom is not followed again")
		}
		s.typed('a')
		if s.look.Overlay.On {
			t.Error("a does not take the attention away")
		}
		before := s.look.Overlay.Opacity
		s.typed(']')
		if s.look.Overlay.Opacity <= before {
			t.Error("] does not make it stronger")
		}
	})
	t.Run("export", func(t *testing.T) {
		out := t.TempDir()
		s.exportChoice(c, s.snapshot(c), panels.ExportChoice{Kinds: panels.ExportKinds(), Level: -1, Side: 600, Legend: true, Folder: out})
		s.until("under way", func() bool { return len(s.jobs) > 0 })
		s.until("exported", func() bool { return len(s.jobs) == 0 })
		for _, want := range []string{"tissue-report.pdf", "tissue-view.png", "tissue-attention-5x.png", "tissue-patches.geojson", "tissue-patches.csv"} {
			if st, err := os.Stat(filepath.Join(out, want)); err != nil || st.Size() == 0 {
				t.Errorf("%s: %v", want, err)
			}
		}
	})
	t.Run("cancel", func(t *testing.T) {
		s.run()
		s.pressed(fyne.KeyEscape, false)
		s.until("cancelled", func() bool { return c.run == nil })
		if c.result == nil {
			t.Error("cancelling takes the result before away")
		}
	})
	t.Run("other resolution meanwhile", func(t *testing.T) {
		s.run()
		s.stateMagnification(40)
		s.until("cancelled", func() bool { return c.run == nil })
		if c.result != nil {
			t.Error("a result made at the resolution before is taken")
		}
		s.stateMagnification(0)
	})
	t.Run("other resolution", func(t *testing.T) {
		s.run()
		s.until("analysed again", func() bool { return c.run == nil })
		s.stateMagnification(40)
		if c.result != nil || c.state.Kind != panels.SlidePlain {
			t.Error("a result made at another resolution is kept")
		}
	})
}

func TestTwoViews(t *testing.T) {
	s := newStand(t, nil)
	s.open([]string{picture(t, "slide.png")})
	s.until("open", func() bool { return s.current.view != nil })
	s.toggleTwo()
	if len(s.views()) != 2 || s.plain() != s.parts.viewer || s.attentive() != s.parts.second {
		t.Fatal("there are not two views")
	}
	s.parts.viewer.ZoomBy(2)
	s.toggleTwo()
	if len(s.views()) != 1 || s.plain() != nil {
		t.Error("there is not one view again")
	}
}

func TestProblemsAreTold(t *testing.T) {
	s := newStand(t, nil)
	p := s.problem(errors.New("unheard of"))
	if p != s.texts.Errors.Other {
		t.Errorf("%+v", p)
	}
	s.fail("slide.svs", errors.New("unheard of"))
	if s.question == nil {
		t.Error("no dialog")
	}
	s.confirm()
	if s.question != nil {
		t.Error("Return does not close it")
	}
}

func fileURI(path string) fyne.URI { return storage.NewFileURI(path) }
