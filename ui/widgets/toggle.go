package widgets

import (
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Toggle is a thing to switch on and off whose words stay in one line, for rows of
// controls.
type Toggle struct {
	Pressable
	// OnChanged is called when it was pressed.
	OnChanged func(on bool)

	icon *widget.Icon
	word *Text
	on   bool
}

// NewToggle makes a toggle that is off.
func NewToggle(label string, changed func(on bool)) *Toggle {
	t := &Toggle{OnChanged: changed, icon: widget.NewIcon(nil), word: NewText(label, TextLook{Whole: true})}
	content := NewInset(4, 4, NewRow(5, -1, NewAtLeast(16, 16, t.icon), t.word))
	t.extend(t, content, PressableLook{}, t.press)
	t.show()
	return t
}

// Set switches without calling back.
func (t *Toggle) Set(on bool) {
	t.on = on
	t.show()
}

// On tells whether it is switched on.
func (t *Toggle) On() bool { return t.on }

// Label is its words.
func (t *Toggle) Label() string { return t.word.Text() }

func (t *Toggle) press() {
	t.Set(!t.on)
	if t.OnChanged != nil {
		t.OnChanged(t.on)
	}
}

func (t *Toggle) show() {
	name, tint := standard.IconNameCheckButton, standard.ColorNamePlaceHolder
	if t.on {
		name, tint = standard.IconNameCheckButtonChecked, standard.ColorNamePrimary
	}
	t.icon.SetResource(tinted(name, tint))
}
