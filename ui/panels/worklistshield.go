package panels

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// shield lies over what came to stand under the pointer by a press on something else,
// and takes the second press of a double one. It goes when the pointer moves on.
type shield struct {
	widget.BaseWidget
	second func() // the press was the second of a double one
	late   func() bool

	from    fyne.Position // of the pointer at first
	pointed bool
}

// newShield makes a shield that is not there yet. late tells whether it is too late
// for the second press.
func newShield(second func(), late func() bool) *shield {
	s := &shield{second: second, late: late}
	s.ExtendBaseWidget(s)
	s.Hide()
	return s
}

// raise lays the shield over what stands below it.
func (s *shield) raise() {
	s.pointed = false
	s.Show()
}

// CreateRenderer belongs to Fyne.
func (s *shield) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

// Tapped belongs to Fyne.
func (s *shield) Tapped(*fyne.PointEvent) {
	s.Hide()
	if !s.late() {
		s.second()
	}
}

// MouseIn belongs to Fyne.
func (s *shield) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved belongs to Fyne.
func (s *shield) MouseMoved(e *desktop.MouseEvent) {
	if !s.pointed {
		s.from, s.pointed = e.Position, true
	}
	const still = 6 // points that a pointer moves between the presses of a double one
	moved := e.Position.Subtract(s.from)
	if s.late() || math.Hypot(float64(moved.X), float64(moved.Y)) > still {
		s.Hide()
	}
}

// MouseOut belongs to Fyne.
func (s *shield) MouseOut() { s.Hide() }
