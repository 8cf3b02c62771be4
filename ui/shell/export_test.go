package shell

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// TestExportOfTheSameName exports the views of two slides of one name to one folder:
// nothing is written over without a question.
func TestExportOfTheSameName(t *testing.T) {
	out := t.TempDir()
	s := newStand(t, func(l *settings.Settings) { l.ExportFolder = out })
	view, second, third := filepath.Join(out, "slide-view.png"), filepath.Join(out, "slide-2-view.png"), filepath.Join(out, "slide-3-view.png")
	export := func(path string) {
		t.Helper()
		s.open([]string{path})
		s.until("open", func() bool {
			return s.current != nil && s.current.path == path && s.current.view != nil && !s.parts.viewer.Loading()
		})
		s.export()
		s.typedNowhere(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}
	asked := func() {
		t.Helper()
		s.until("asked", func() bool { return s.question != nil })
		for _, want := range []string{out, "slide-view.png", "slide-2"} {
			if !s.onTop(want) {
				t.Errorf("the question does not say %q", want)
			}
		}
	}
	ended := func() { s.until("no job left", func() bool { return s.question == nil && len(s.jobs) == 0 }) }
	content := func(path string) []byte {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}

	path := picture(t, "slide.png")
	export(path)
	s.until("exported", func() bool { return exists(view) })
	ended()
	before := []byte("of the first slide")
	if err := os.WriteFile(view, before, 0o600); err != nil {
		t.Fatal(err)
	}

	other := picture(t, "slide.png")
	export(other)
	asked()
	s.press(s.texts.Shell.Cancel)
	ended()
	export(other)
	asked()
	s.typedNowhere(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.until("both kept", func() bool { return exists(second) })
	ended()
	if !bytes.Equal(content(view), before) {
		t.Error("the first slide's picture is gone")
	}

	export(other)
	s.until("asked", func() bool { return s.question != nil })
	s.press(s.texts.Export.Replace)
	s.until("replaced", func() bool { return !bytes.Equal(content(view), before) })
	ended()

	if err := os.Remove(view); err != nil {
		t.Fatal(err)
	}
	s.jobs = append(s.jobs, &job{writes: []string{view}})
	export(other)
	s.until("asked of what is being written", func() bool { return s.question != nil })
	s.press(s.texts.Export.KeepBoth)
	s.until("kept", func() bool { return exists(third) })
	s.jobs = nil
}

// TestExportWhileTheDiskIsLookedAt lets things happen between the wish to export and
// the answer of the disk, which is not taken in before the queue is worked off.
func TestExportWhileTheDiskIsLookedAt(t *testing.T) {
	out := t.TempDir()
	s := newStand(t, nil)
	var open []*slide
	for range 3 {
		s.open([]string{picture(t, "slide.png")})
		s.until("open", func() bool { return s.current.view != nil })
		open = append(open, s.current)
	}
	file := func(dir, name string) string { return filepath.Join(out, dir, name+"-view.png") }
	export := func(c *slide, dir string) {
		t.Helper()
		folder := filepath.Join(out, dir)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		seen := sight{picture: image.NewRGBA(image.Rect(0, 0, 40, 30))}
		s.exportChoice(c, seen, panels.ExportChoice{Kinds: []panels.ExportKind{panels.ExportView}, Level: -1, Folder: folder})
	}
	put := func(dir, name string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Join(out, dir), 0o700), os.WriteFile(file(dir, name), []byte("before"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(name string) {
		t.Helper()
		s.until("asked", func() bool { return s.question != nil })
		if !s.onTop(name) {
			t.Errorf("it is not asked whether %s is to be written", name)
		}
	}
	ended := func() { s.until("no job left", func() bool { return len(s.jobs) == 0 }) }
	rest := func() { // works off what may come
		for range 40 {
			s.pump()
			time.Sleep(5 * time.Millisecond)
		}
	}

	t.Run("two at once", func(t *testing.T) {
		export(open[0], "two")
		export(open[1], "two")
		asked("slide-2")
		s.press(s.texts.Export.KeepBoth)
		s.until("both written", func() bool { return exists(file("two", "slide")) && exists(file("two", "slide-2")) })
		ended()
	})
	t.Run("another dialog opens", func(t *testing.T) {
		put("dialog", "slide")
		export(open[0], "dialog")
		s.showKeys()
		keys := s.question
		rest()
		if s.question != keys {
			t.Fatal("the question stands over the other dialog")
		}
		s.dismiss()
		asked("slide-2")
		s.press(s.texts.Shell.Cancel)
		ended()
	})
	t.Run("another begins while it is asked", func(t *testing.T) {
		put("begun", "slide")
		export(open[0], "begun")
		asked("slide-2")
		s.jobs = append(s.jobs, &job{writes: []string{file("begun", "slide-2")}})
		s.press(s.texts.Export.KeepBoth)
		asked("slide-3")
		s.press(s.texts.Export.KeepBoth)
		s.until("written", func() bool { return exists(file("begun", "slide-3")) })
		s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool { return j.id == 0 })
		ended()
		if exists(file("begun", "slide-2")) {
			t.Error("what another export writes was written")
		}
	})
	t.Run("another begins", func(t *testing.T) {
		export(open[0], "late")
		s.jobs = append(s.jobs, &job{writes: []string{file("late", "slide")}})
		asked("slide-2")
		s.press(s.texts.Shell.Cancel)
		s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool { return j.id == 0 })
		ended()
	})
	t.Run("the slide is closed", func(t *testing.T) {
		put("there", "slide")
		export(open[1], "closed")
		export(open[2], "there")
		s.closeSlide(open[1])
		s.closeSlide(open[2])
		rest()
		ended()
		if s.question != nil || exists(file("closed", "slide")) {
			t.Error("it was exported, or asked for, all the same")
		}
	})
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// TestReportOfWhatIsWithheld: a reader who reads blinded is not told to run what
// cannot be run.
func TestReportOfWhatIsWithheld(t *testing.T) {
	s := newStand(t, nil)
	s.open([]string{picture(t, "slide.png")})
	s.until("open", func() bool { return s.current.view != nil })
	said := func(words string) bool {
		for _, each := range test.LaidOutObjects(s.parts.jobs.Object()) {
			if text, ok := each.(*widgets.Text); ok && text.Text() == words {
				return true
			}
		}
		return false
	}
	s.report()
	if !said(s.texts.Shell.NoResult) {
		t.Error("it is not said that there is no result")
	}
	s.current.known = &app.WorklistCase{Hidden: true}
	s.report()
	if !said(s.texts.Review.Withheld) {
		t.Error("it is not said that the result is withheld")
	}
	s.export()
	if !s.onTop(s.texts.Review.Withheld) {
		t.Error("the form does not say so")
	}
	s.dismiss()
}
