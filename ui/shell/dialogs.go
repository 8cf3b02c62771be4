package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"zoomscope/engine/result"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// question is a dialog on the screen that Return answers.
type question struct {
	dialog dialog.Dialog
	yes    *widget.Button // nil: Return closes it
	below  *question      // the dialog that this one stands over; nil for none
}

// asking notes the dialog that Return and Escape answer while it is shown.
func (s *Shell) asking(d dialog.Dialog, yes *widget.Button) {
	q := &question{dialog: d, yes: yes, below: s.question}
	s.question = q
	d.SetOnClosed(func() {
		if s.question == q {
			s.question = q.below
		}
		s.focusLost()
	})
}

// occupied reports whether a dialog waits for an answer: slides then stay as they
// are.
func (s *Shell) occupied() bool { return s.question != nil || s.asked }

// confirm does what the dialog on the screen offers.
func (s *Shell) confirm() {
	q := s.question
	switch {
	case q == nil:
	case q.yes == nil:
		q.dialog.Hide()
	case !q.yes.Disabled():
		q.yes.OnTapped()
	}
}

// dismiss takes the dialog on the screen away.
func (s *Shell) dismiss() {
	if q := s.question; q != nil {
		q.dialog.Hide()
	}
}

// notice shows a dialog that is read and closed.
func (s *Shell) notice(title string, parts ...fyne.CanvasObject) {
	d := dialog.NewCustom(title, s.texts.Shell.OK, widgets.NewInset(theme.Gap, theme.Gap, column(parts...)), s.window)
	s.asking(d, nil)
	d.Resize(fyne.NewSize(noticeWidth, 0))
	d.Show()
}

// showKeys lists all keys.
func (s *Shell) showKeys() {
	if !s.occupied() {
		s.notice(s.texts.Keys.Title, panels.NewKeys(s.texts))
	}
}

// about says what the program is and what it is not.
func (s *Shell) about() {
	t := s.texts.Shell
	s.notice(t.About, paragraph(fmt.Sprintf(t.AboutText, s.Version, result.ResearchUse), fyne.TextStyle{}, fyne.TextWrapWord))
}

// say tells in the bar below what needs no answer.
func (s *Shell) say(words string) { s.parts.jobs.Say(words) }

// showLog shows where the log file is.
func (s *Shell) showLog() {
	where := widgets.NewField("")
	where.SetText(s.LogFile)
	s.notice(s.texts.Shell.ShowLog, where)
}
