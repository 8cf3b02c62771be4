package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Check is a thing to switch on and off; its words wrap.
type Check struct {
	Pressable
	// OnChanged is called when the box was pressed.
	OnChanged func(on bool)

	icon *widget.Icon
	word *Text
	on   bool
}

// NewCheck makes a box that is off.
func NewCheck(label string, changed func(on bool)) *Check {
	c := &Check{OnChanged: changed, icon: widget.NewIcon(nil), word: NewBody(label)}
	content := NewInset(0, 2, NewRow(6, 1, NewAtLeast(18, 18, c.icon), c.word))
	c.extend(c, content, PressableLook{}, c.press)
	c.show()
	return c
}

// Set switches without calling back.
func (c *Check) Set(on bool) {
	c.on = on
	c.show()
}

// On tells whether it is switched on.
func (c *Check) On() bool { return c.on }

// Label is its words.
func (c *Check) Label() string { return c.word.Text() }

// Enable makes the box answer, or not.
func (c *Check) Enable(on bool) {
	c.Pressable.Enable(on)
	c.show()
}

func (c *Check) press() {
	c.Set(!c.on)
	if c.OnChanged != nil {
		c.OnChanged(c.on)
	}
}

func (c *Check) show() {
	name, tint, ink := standard.IconNameCheckButton, standard.ColorNamePlaceHolder, standard.ColorNameForeground
	if c.on {
		name, tint = standard.IconNameCheckButtonChecked, standard.ColorNamePrimary
	}
	if c.Disabled() {
		tint, ink = standard.ColorNameDisabled, standard.ColorNameDisabled
	}
	c.icon.SetResource(tinted(name, tint))
	c.word.SetColor(ink)
}

// tinted is an icon of the theme in one of its colours.
func tinted(icon fyne.ThemeIconName, tint fyne.ThemeColorName) fyne.Resource {
	return standard.NewColoredResource(standard.Icon(icon), tint)
}
