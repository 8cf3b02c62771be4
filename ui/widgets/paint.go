package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// painted renders a widget by one object whose colours are set anew at every
// refresh, and so follow the theme.
type painted struct {
	fyne.WidgetRenderer
	paint func()
}

func newPainted(content fyne.CanvasObject, paint func()) fyne.WidgetRenderer {
	paint()
	return &painted{widget.NewSimpleRenderer(content), paint}
}

func (p *painted) Refresh() {
	p.paint()
	for _, o := range p.Objects() {
		o.Refresh()
	}
}

// inked gives the widget's colour of a name; "" is no colour.
func inked(w fyne.Widget, name fyne.ThemeColorName) color.Color {
	if name == "" {
		return color.Transparent
	}
	app := fyne.CurrentApp()
	return themeOf(w).Color(name, app.Settings().ThemeVariant())
}

func themeOf(w fyne.Widget) fyne.Theme {
	if themed, ok := w.(interface{ Theme() fyne.Theme }); ok {
		return themed.Theme()
	}
	return fyne.CurrentApp().Settings().Theme()
}

// rounded is a rectangle with the corners of all controls.
func rounded(radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius = radius
	return r
}
