package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// Fold is a titled section whose content folds away.
type Fold struct {
	// OnToggled is called when the title was pressed.
	OnToggled func(open bool)

	box     *fyne.Container
	header  *Pressable
	icon    *widget.Icon
	title   *Text
	content fyne.CanvasObject
	open    bool
}

// NewFold makes an open section.
func NewFold(title string, content fyne.CanvasObject) *Fold {
	f := &Fold{icon: widget.NewIcon(nil), title: NewStrong(title), content: content, open: true}
	header := NewInset(0, 3, NewRow(4, 1, NewAtLeast(16, 16, f.icon), f.title))
	f.header = NewPressable(header, PressableLook{}, f.toggle)
	f.box = NewColumn(theme.Gap-4, f.header, content)
	f.show()
	return f
}

// Object is what to place in the window.
func (f *Fold) Object() fyne.CanvasObject { return f.box }

// Header is the part that is pressed.
func (f *Fold) Header() *Pressable { return f.header }

// SetTitle shows another title.
func (f *Fold) SetTitle(title string) { f.title.SetText(title) }

// SetOpen opens or closes the section without calling back.
func (f *Fold) SetOpen(open bool) {
	f.open = open
	f.show()
}

// Open tells whether the content is seen.
func (f *Fold) Open() bool { return f.open }

func (f *Fold) toggle() {
	f.SetOpen(!f.open)
	if f.OnToggled != nil {
		f.OnToggled(f.open)
	}
}

func (f *Fold) show() {
	name := standard.IconNameMenuExpand
	if f.open {
		name = standard.IconNameArrowDropDown
		f.content.Show()
	} else {
		LeaveFields(f.header)
		f.content.Hide()
	}
	f.icon.SetResource(standard.Icon(name))
	f.box.Refresh()
}
