package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Field is a line, or lines, to type in that gives the keyboard back: Escape leaves
// it, and so does Enter in a single line. In a dialog Escape means the dialog, too.
type Field struct {
	widget.Entry
	// OnLeft is called when the field was left, whether by a key or otherwise.
	OnLeft func()
}

// NewField makes a single line with words that stand there while it is empty.
func NewField(hint string) *Field {
	f := &Field{}
	f.ExtendBaseWidget(f)
	f.SetPlaceHolder(hint)
	return f
}

// NewLines makes a field of several lines; Shift and Enter submit them.
func NewLines(hint string, rows int) *Field {
	f := &Field{}
	f.MultiLine, f.Wrapping = true, fyne.TextWrapWord
	f.ExtendBaseWidget(f)
	f.SetMinRowsVisible(rows)
	f.SetPlaceHolder(hint)
	return f
}

// TypedKey belongs to Fyne.
func (f *Field) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		f.Leave()
		f.pass(e)
		return
	}
	f.Entry.TypedKey(e)
	enter := e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter
	if enter && !f.MultiLine {
		f.Leave()
	}
}

// pass gives a key that is not the field's to the dialog that it stands in.
func (f *Field) pass(e *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(f)
	if c == nil || c.Overlays().Top() == nil {
		return
	}
	if typed := c.OnTypedKey(); typed != nil {
		typed(e)
	}
}

// Hide belongs to Fyne.
func (f *Field) Hide() {
	f.Leave()
	f.Entry.Hide()
}

// FocusLost belongs to Fyne.
func (f *Field) FocusLost() {
	f.Entry.FocusLost()
	if f.OnLeft != nil {
		f.OnLeft()
	}
}

// Enter gives the field the keyboard.
func (f *Field) Enter() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil {
		c.Focus(f)
	}
}

// Leave gives the keyboard back, if the field has it.
func (f *Field) Leave() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil && c.Focused() == fyne.Focusable(f) {
		c.Unfocus()
	}
}

// LeaveFields gives the keyboard back from any field in the window of an object: for
// when what the field may stand in is folded away.
func LeaveFields(of fyne.CanvasObject) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(of); c != nil {
		if f, ok := c.Focused().(*Field); ok {
			f.Leave()
		}
	}
}
