package panels

import (
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// shield lies over what came to stand under the pointer by a press on something else,
// and takes the second press of a double one. It goes when the pointer moves on, or
// when it is too late for that press: one that begins later is for what lies below.
type shield struct {
	widget.BaseWidget
	second func() // the press was the second of a double one
	now    func() time.Time

	raised  time.Time
	from    fyne.Position // of the pointer at first
	pointed bool
	held    bool // the press has begun and may end late
}

// newShield makes a shield that is not there yet. now tells the time.
func newShield(second func(), now func() time.Time) *shield {
	s := &shield{second: second, now: now}
	s.ExtendBaseWidget(s)
	s.Hide()
	return s
}

// raise lays the shield over what stands below it, for as long as a second press may
// begin.
func (s *shield) raise() {
	s.raised, s.pointed, s.held = s.now(), false, false
	s.Show()
}

// Visible belongs to Fyne, which asks it at every press to find what is pressed. As
// nothing is drawn of a shield, nothing has to be drawn anew when time takes it away.
func (s *shield) Visible() bool {
	return s.BaseWidget.Visible() && (s.held || s.now().Sub(s.raised) < doubleClick)
}

// CreateRenderer belongs to Fyne.
func (s *shield) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

// MouseDown belongs to Fyne.
func (s *shield) MouseDown(*desktop.MouseEvent) { s.held = true }

// MouseUp belongs to Fyne, which calls Tapped after it.
func (s *shield) MouseUp(*desktop.MouseEvent) { s.held = false }

// Tapped belongs to Fyne.
func (s *shield) Tapped(*fyne.PointEvent) {
	s.Hide()
	s.second()
}

// MouseIn belongs to Fyne.
func (s *shield) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved belongs to Fyne. A press that moves may become a drag, of which Fyne
// does not tell the end.
func (s *shield) MouseMoved(e *desktop.MouseEvent) {
	s.held = false
	if !s.pointed {
		s.from, s.pointed = e.Position, true
	}
	const still = 6 // points that a pointer moves between the presses of a double one
	moved := e.Position.Subtract(s.from)
	if math.Hypot(float64(moved.X), float64(moved.Y)) > still {
		s.Hide()
	}
}

// MouseOut belongs to Fyne.
func (s *shield) MouseOut() {
	s.held = false
	s.Hide()
}
