package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// Option is one thing to choose.
type Option struct {
	Label string
	Note  string // a line below: what it can do, or why it cannot be chosen
	Off   bool   // cannot be chosen
}

// Choice shows the option chosen; pressing it opens the list of all, which the mouse
// or the arrow keys and Return choose from and Escape closes.
type Choice struct {
	Pressable
	// OnChanged is called with the index of an option that was pressed, when it is
	// not the one chosen already.
	OnChanged func(index int)

	empty   string
	word    *Text
	icon    *widget.Icon
	options []Option
	chosen  int
	popup   *widget.PopUp
	rows    []*Pressable
	at      int // row that Return chooses; -1 for none
	scroll  fyne.CanvasObject
}

// NewChoice makes a choice of nothing yet; empty stands where no option is chosen.
func NewChoice(empty string, changed func(index int)) *Choice {
	c := &Choice{OnChanged: changed, empty: empty, chosen: -1, word: NewText(empty, TextLook{MaxLines: 1})}
	c.icon = widget.NewIcon(standard.Icon(standard.IconNameArrowDropDown))
	content := NewInset(7, 4, NewRow(4, 0, c.word, NewAtLeast(16, 16, c.icon)))
	look := PressableLook{Fill: standard.ColorNameInputBackground, Border: standard.ColorNameInputBorder}
	c.extend(c, content, look, c.open)
	return c
}

// SetOptions shows other options, with the one of index chosen; -1 for none. A list
// that is open shows them too. It calls nothing back.
func (c *Choice) SetOptions(options []Option, chosen int) {
	stale := !slices.Equal(options, c.options) || chosen != c.chosen
	c.options, c.chosen = options, -1
	c.word.SetText(c.empty)
	c.Choose(chosen)
	if stale && c.Rows() != nil {
		c.popup.Hide()
		c.open()
	}
}

// Choose shows another option as chosen; it calls nothing back.
func (c *Choice) Choose(index int) {
	if index >= 0 && index < len(c.options) {
		c.chosen = index
		c.word.SetText(c.options[index].Label)
	}
}

// Options are those there are.
func (c *Choice) Options() []Option { return c.options }

// Chosen is the index of the option chosen; -1 for none.
func (c *Choice) Chosen() int { return c.chosen }

// Enable makes the choice answer, or not; an open list closes with it.
func (c *Choice) Enable(on bool) {
	c.Pressable.Enable(on)
	if !on && c.Rows() != nil {
		c.popup.Hide()
	}
	ink := standard.ColorNameForeground
	if !on {
		ink = standard.ColorNameDisabled
	}
	c.word.SetColor(ink)
}

// Rows are the rows of the opened list, one for each option; nil while closed.
func (c *Choice) Rows() []*Pressable {
	if c.popup == nil || !c.popup.Visible() {
		return nil
	}
	return c.rows
}

func (c *Choice) open() {
	on := fyne.CurrentApp().Driver().CanvasForObject(c)
	if on == nil || len(c.options) == 0 {
		return
	}
	list := NewColumn(0)
	c.rows = nil
	for i, o := range c.options {
		row := optionRow(o, i == c.chosen, func() { c.press(i) })
		c.rows = append(c.rows, row)
		list.Add(row)
	}
	list.Resize(fyne.NewSize(c.Size().Width, 0)) // text learns its width, and so its height
	c.at, c.scroll = c.chosen, NewScroll(0, list)
	height := min(list.MinSize().Height, on.Size().Height-4*theme.Gap) // it scrolls when higher than the window
	keys := newKeyed(NewAtLeast(c.Size().Width, height, c.scroll), c.typed)
	c.popup = widget.NewPopUp(keys, on)
	c.popup.ShowAtRelativePosition(fyne.NewPos(0, c.Size().Height), c)
	on.Focus(keys)
}

// typed acts on a key while the list is open.
func (c *Choice) typed(key fyne.KeyName) {
	switch key {
	case fyne.KeyEscape:
		c.popup.Hide()
	case fyne.KeyDown:
		c.step(1)
	case fyne.KeyUp:
		c.step(-1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if c.at >= 0 && !c.rows[c.at].Disabled() {
			c.press(c.at)
		}
	}
}

// step marks the next row that can be chosen, down or up.
func (c *Choice) step(by int) {
	to := c.at + by
	for to >= 0 && to < len(c.rows) && c.rows[to].Disabled() {
		to += by
	}
	if to < 0 || to >= len(c.rows) {
		return
	}
	if c.at >= 0 {
		c.rows[c.at].Mark(Plain)
	}
	c.at = to
	c.rows[to].Mark(Selected)
	ScrollTo(c.scroll, c.rows[to])
}

func optionRow(o Option, chosen bool, tapped func()) *Pressable {
	ink := standard.ColorNameForeground
	if o.Off {
		ink = standard.ColorNameDisabled
	}
	words := NewColumn(0, NewText(o.Label, TextLook{Color: ink, Bold: chosen}))
	if o.Note != "" {
		words.Add(NewNote(o.Note))
	}
	row := NewPressable(NewInset(6, 4, words), PressableLook{MarkFill: standard.ColorNameSelection}, tapped)
	if chosen {
		row.Mark(Selected)
	}
	row.Enable(!o.Off)
	return row
}

func (c *Choice) press(index int) {
	c.popup.Hide()
	if index == c.chosen {
		return
	}
	c.Choose(index)
	if c.OnChanged != nil {
		c.OnChanged(index)
	}
}
