package shell

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/widgets"
)

// onTop reports whether words are in the dialog on the screen.
func (s *stand) onTop(words string) bool {
	top := s.window.Canvas().Overlays().Top()
	return top != nil && slices.ContainsFunc(test.LaidOutObjects(top), func(each fyne.CanvasObject) bool {
		text, ok := each.(*widgets.Text)
		return ok && strings.Contains(text.Text(), words)
	})
}

// press presses the button of those words in the dialog on the screen.
func (s *stand) press(words string) {
	s.t.Helper()
	for _, each := range test.LaidOutObjects(s.window.Canvas().Overlays().Top()) {
		if b, ok := each.(*widget.Button); ok && b.Text == words {
			test.Tap(b)
			return
		}
	}
	s.t.Fatalf("no button %q", words)
}

// TestReportInBlindedReading: what the model says of the cases read is shown before
// the last one is read only to those who want that.
func TestReportInBlindedReading(t *testing.T) {
	s := listed(t, 2, true, func(l *settings.Settings) { l.Worklist = settings.Worklist{Reader: "reader one", Blinded: true} })
	kappa := s.texts.Worklist.Agreement.Kappa
	judge := func(key fyne.KeyName, row int) {
		s.review.panel.Select(row)
		s.pressed(key, false)
		s.until("judged", func() bool { return s.review.cases[s.review.ids[row]].Verdict != nil })
		s.settled()
	}
	open := func() {
		s.showAgreement()
		s.until("a dialog", func() bool { return s.question != nil })
	}

	open()
	if !s.onTop(s.texts.Worklist.Agreement.None) {
		t.Error("it is asked about a report that tells nothing")
	}
	s.dismiss()

	judge(fyne.KeyF2, 0)
	open()
	if !s.onTop("1 case is still unread") || s.onTop(kappa) {
		t.Error("the report is opened in the middle of a blinded reading")
	}
	s.confirm()
	if s.question != nil {
		t.Error("Return opens the report")
	}
	open()
	s.press(s.texts.Review.EarlyOpen)
	if !s.onTop(kappa) {
		t.Error("the report cannot be opened")
	}
	s.dismiss()

	judge(fyne.KeyF2, 1)
	open()
	if !s.onTop(kappa) {
		t.Error("it is asked although all is read")
	}
}

func TestReportSaysWhatTheModelIsWorth(t *testing.T) {
	s := newStand(t, nil)
	for name, c := range map[string]struct {
		setup app.WorklistSetup
		want  string
	}{
		"trained":   {app.WorklistSetup{Trained: true}, ""},
		"synthetic": {app.WorklistSetup{Trained: true, Note: "a note of the model's"}, "a note of the model's"},
		"untrained": {app.WorklistSetup{Note: "a note of the model's"}, s.texts.Analysis.Untrained},
	} {
		if got := s.agreementReport(&app.WorklistAgreement{Setup: c.setup}).Caution; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
