package shell

import (
	"fyne.io/fyne/v2"

	"zoomscope/ui/panels"
)

// The function keys that name classes: F2 is the first class, F8 the last one that
// has a key.
const (
	firstClassKey = 2
	mostClassKeys = 7
)

// classOf is the index of the class that a key names; -1 for none.
func classOf(key fyne.KeyName) int {
	for i, k := range []fyne.KeyName{fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8} {
		if k == key {
			return i
		}
	}
	return -1
}

// reviewing reports whether the slide on the screen is a case of the worklist.
func (s *Shell) reviewing() bool {
	return s.review.store != nil && !s.review.shown && s.current != nil && s.current.known != nil
}

// typedReview acts on a character that is the worklist's; false where it is not.
func (s *Shell) typedReview(r rune) bool {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	if s.review.shown {
		s.typedInList(r)
		return true
	}
	if !s.reviewing() {
		return false
	}
	switch r {
	case 'j':
		s.stepCase(1)
	case 'k':
		s.stepCase(-1)
	case 'y':
		s.judgeShown(panels.WorklistAgree)
	case 'n':
		s.judgeShown(panels.WorklistDisagree)
	case 'u':
		s.judgeShown(panels.WorklistUnsure)
	case 'm':
		if !s.coming() {
			s.showWorklist()
			s.review.panel.FocusNote()
		}
	default:
		return false
	}
	return true
}

// typedInList acts on a character while the worklist is shown.
func (s *Shell) typedInList(r rune) {
	p := s.review.panel
	switch r {
	case 'j':
		p.Next()
	case 'k':
		p.Previous()
	case 'y':
		s.judgeInList(panels.WorklistAgree)
	case 'n':
		s.judgeInList(panels.WorklistDisagree)
	case 'u':
		s.judgeInList(panels.WorklistUnsure)
	case 'm':
		p.FocusNote()
	case '/':
		p.FocusFilter()
	}
}

// judgeInList gives a verdict on the case at hand, or says why that makes no sense.
func (s *Shell) judgeInList(opinion panels.WorklistOpinionKind) {
	if p := s.review.panel; !p.Judge(opinion) && p.SelectedID() != 0 {
		s.say(s.texts.Review.Hidden)
	}
}

// agree, disagree and unsure are the menu's verdicts on the case on the screen.
func (s *Shell) agree()    { s.typedReview('y') }
func (s *Shell) disagree() { s.typedReview('n') }
func (s *Shell) unsure()   { s.typedReview('u') }

// pressedReview acts on a key that is the worklist's; false where it is not.
func (s *Shell) pressedReview(key fyne.KeyName) bool {
	if class := classOf(key); class >= 0 {
		switch {
		case s.review.shown:
			s.review.panel.JudgeClass(class)
		case s.reviewing():
			s.nameShown(class)
		}
		return true
	}
	if !s.review.shown {
		return false
	}
	switch key {
	case fyne.KeyReturn, fyne.KeyEnter:
		s.review.panel.OpenSelected()
	case fyne.KeyDown:
		s.review.panel.Next()
	case fyne.KeyUp:
		s.review.panel.Previous()
	case fyne.KeySpace, fyne.KeyTab, fyne.KeyLeft, fyne.KeyRight: // of the slide, which is not seen
	default:
		return false
	}
	return true
}
