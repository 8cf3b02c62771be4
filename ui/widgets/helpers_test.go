package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"zoomscope/ui/theme"
)

// window shows what make makes, in the program's look.
func window(t *testing.T, size fyne.Size, make func() fyne.CanvasObject) fyne.Window {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light))
	w := test.NewTempWindow(t, container.NewStack())
	w.SetPadded(false)
	w.SetContent(make())
	w.Resize(size)
	return w
}

// object is a control that is placed by its Object.
type object interface{ Object() fyne.CanvasObject }

// place shows a control and gives it back.
func place[T any](t *testing.T, make func() T) T {
	t.Helper()
	var made T
	window(t, fyne.NewSize(300, 400), func() fyne.CanvasObject {
		made = make()
		if o, ok := any(made).(object); ok {
			return NewColumn(0, o.Object())
		}
		return NewColumn(0, any(made).(fyne.CanvasObject))
	})
	return made
}
