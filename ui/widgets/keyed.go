package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// keyed stands around a content of which nothing takes the keyboard, and acts on its
// keys.
type keyed struct {
	widget.BaseWidget
	content fyne.CanvasObject
	typed   func(key fyne.KeyName)
}

func newKeyed(content fyne.CanvasObject, typed func(key fyne.KeyName)) *keyed {
	k := &keyed{content: content, typed: typed}
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer belongs to Fyne.
func (k *keyed) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(k.content) }

// FocusGained belongs to Fyne.
func (k *keyed) FocusGained() {}

// FocusLost belongs to Fyne.
func (k *keyed) FocusLost() {}

// TypedRune belongs to Fyne.
func (k *keyed) TypedRune(rune) {}

// TypedKey belongs to Fyne.
func (k *keyed) TypedKey(e *fyne.KeyEvent) { k.typed(e.Name) }
