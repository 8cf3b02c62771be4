package shell

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/app"
	"zoomscope/app/settings"
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
