package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// keySink is an unseen widget that has the keyboard whenever no field for text
// has it: keys that would move the focus, such as Tab, reach the window's own
// commands.
type keySink struct {
	widget.BaseWidget
	shift bool
	key   func(name fyne.KeyName, shift bool) // of keys without a character, and Space and Tab
	char  func(r rune)
	left  func() // the focus went elsewhere
}

func newKeySink() *keySink {
	k := &keySink{}
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer implements fyne.Widget; there is nothing to be seen.
func (k *keySink) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

// FocusGained implements fyne.Focusable.
func (k *keySink) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (k *keySink) FocusLost() {
	k.shift = false
	k.left()
}

// AcceptsTab implements fyne.Tabbable.
func (k *keySink) AcceptsTab() bool { return true }

// TypedRune implements fyne.Focusable.
func (k *keySink) TypedRune(r rune) {
	if r != ' ' {
		k.char(r)
	}
}

// TypedKey implements fyne.Focusable.
func (k *keySink) TypedKey(e *fyne.KeyEvent) { k.key(e.Name, k.shift) }

// KeyDown implements desktop.Keyable.
func (k *keySink) KeyDown(e *fyne.KeyEvent) { k.hold(e.Name, true) }

// KeyUp implements desktop.Keyable.
func (k *keySink) KeyUp(e *fyne.KeyEvent) { k.hold(e.Name, false) }

func (k *keySink) hold(name fyne.KeyName, down bool) {
	if name == desktop.KeyShiftLeft || name == desktop.KeyShiftRight {
		k.shift = down
	}
}
