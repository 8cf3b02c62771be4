package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Button does one thing when pressed. Unlike Fyne's own it takes no focus, and is
// as tight as the panels around it.
type Button struct {
	Pressable
	word    *Text
	icon    *widget.Icon
	name    fyne.ThemeIconName
	primary bool
}

// NewButton makes a button of words.
func NewButton(label string, do func()) *Button { return NewIconButton(label, "", do) }

// NewIconButton makes a button of words after an icon of the theme; "" for none.
func NewIconButton(label string, icon fyne.ThemeIconName, do func()) *Button {
	b := &Button{word: NewText(label, TextLook{Whole: true}), icon: widget.NewIcon(nil), name: icon}
	content := fyne.CanvasObject(b.word)
	if icon != "" {
		content = NewRow(5, -1, NewAtLeast(16, 16, b.icon), b.word)
	}
	b.extend(b, NewInset(10, 4, container.NewCenter(content)), PressableLook{Fill: standard.ColorNameButton}, do)
	b.show()
	return b
}

// Text is the words on the button.
func (b *Button) Text() string { return b.word.Text() }

// SetText shows other words.
func (b *Button) SetText(label string) {
	b.word.SetText(label)
	b.Refresh()
}

// SetIcon shows another icon, on a button that was made with one.
func (b *Button) SetIcon(name fyne.ThemeIconName) {
	b.name = name
	b.show()
}

// SetPrimary makes the button the one that the eye falls on, or not.
func (b *Button) SetPrimary(primary bool) {
	b.primary = primary
	b.show()
}

// Enable makes the button answer, or not.
func (b *Button) Enable(on bool) {
	b.Pressable.Enable(on)
	b.show()
}

func (b *Button) show() {
	fill, ink := standard.ColorNameButton, standard.ColorNameForeground
	switch {
	case b.Disabled():
		fill, ink = standard.ColorNameDisabledButton, standard.ColorNameDisabled
	case b.primary:
		fill, ink = standard.ColorNamePrimary, standard.ColorNameForegroundOnPrimary
	}
	b.look.Fill = fill
	b.word.SetColor(ink)
	if b.name != "" {
		b.icon.SetResource(tinted(b.name, ink))
	}
	b.Refresh()
}
