package shell

import (
	"context"

	"fyne.io/fyne/v2"

	"zoomscope/app/settings"
)

// presets are the magnifications that the digits go to.
func preset(r rune) (magnification float64, ok bool) {
	switch r {
	case '1':
		return 1.25, true
	case '2':
		return 2.5, true
	case '3':
		return 5, true
	case '4':
		return 10, true
	case '5':
		return 20, true
	case '6':
		return 40, true
	}
	return 0, false
}

// Steps of one press of a key.
const (
	zoomStep    = 1.5
	panStep     = 0.15 // of the view
	opacityStep = 0.1
)

// typed acts on a character. Letters do the same in either case, but for A.
func (s *Shell) typed(r rune) {
	if s.typedReview(r) {
		return
	}
	if m, ok := preset(r); ok {
		s.parts.viewer.Magnify(m)
		return
	}
	if action := s.letters()[r]; action != nil {
		action()
	}
}

func (s *Shell) letters() map[rune]func() {
	opacity := func(by float64) func() {
		return func() { s.turnOpacity(s.look.Overlay.Opacity + by) }
	}
	zoom := func(by float64) func() { return func() { s.parts.viewer.ZoomBy(by) } }
	return map[rune]func(){
		'0': s.flyHome, '+': zoom(zoomStep), '=': zoom(zoomStep), '-': zoom(1 / zoomStep),
		'a': s.toggleAttention, 'A': s.nextLayer, '[': opacity(-opacityStep), ']': opacity(opacityStep),
		'r': s.run, 'R': s.run,
		'j': s.nextSlide, 'J': s.nextSlide, 'k': s.previousSlide, 'K': s.previousSlide,
	}
}

// pressed acts on a key without a character.
func (s *Shell) pressed(key fyne.KeyName, shift bool) {
	if s.pressedReview(key) {
		return
	}
	pan := s.parts.viewer.PanBy
	switch key {
	case fyne.KeySpace:
		s.walk(!shift)
	case fyne.KeyTab:
		s.climb(!shift)
	case fyne.KeyLeft:
		pan(-panStep, 0)
	case fyne.KeyRight:
		pan(panStep, 0)
	case fyne.KeyUp:
		pan(0, -panStep)
	case fyne.KeyDown:
		pan(0, panStep)
	case fyne.KeyEscape:
		s.cancelRun()
	case fyne.KeyF1:
		s.showKeys()
	case fyne.KeyF9:
		s.foldLeft()
	case fyne.KeyF10:
		s.foldRight()
	case fyne.KeyF11:
		s.slideOnly()
	}
}

func (s *Shell) nextSlide()     { s.stepSlide(1) }
func (s *Shell) previousSlide() { s.stepSlide(-1) }

func (s *Shell) toggleAttention() {
	s.changeOverlay(func(o *settings.Overlay) { o.On = !o.On })
}

// refocus gives the keyboard back to the window's own commands, unless something
// else has it.
func (s *Shell) refocus() {
	if c := s.window.Canvas(); c.Focused() == nil && c.Overlays().Top() == nil {
		c.Focus(s.parts.keys)
	}
}

// focusLost comes when the keyboard leaves the window's own commands: at a press
// of the mouse somewhere, or for a field of text, which has it once the press is
// done.
func (s *Shell) focusLost() {
	s.work(func(context.Context) { s.show(s.refocus) })
}
