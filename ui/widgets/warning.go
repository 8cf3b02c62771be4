package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Warning is something to know, with at most one thing to do about it.
type Warning struct {
	Text   string
	Action string // words of the button; empty for none
	Do     func()
	Grave  bool // an error rather than a doubt
}

// NewWarningLine shows a warning as an icon, wrapped words and a button.
func NewWarningLine(w Warning) fyne.CanvasObject {
	name, ink := standard.IconNameWarning, standard.ColorNameWarning
	if w.Grave {
		name, ink = standard.IconNameError, standard.ColorNameError
	}
	icon := NewAtLeast(18, 18, widget.NewIcon(tinted(name, ink)))
	words := NewColumn(4, NewBody(w.Text))
	if w.Action != "" {
		words.Add(NewFlow(0, NewButton(w.Action, w.Do)))
	}
	return NewTopRow(6, 1, icon, words)
}
