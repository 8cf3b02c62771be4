package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// placeholder is an empty frame where a picture is still to come.
type placeholder struct {
	widget.BaseWidget
	frame   *canvas.Rectangle
	picture *canvas.Image
}

func newPlaceholder(picture *canvas.Image) *placeholder {
	p := &placeholder{frame: rounded(2), picture: picture}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer belongs to Fyne.
func (p *placeholder) CreateRenderer() fyne.WidgetRenderer {
	return newPainted(container.NewStack(p.frame, p.picture), p.paint)
}

func (p *placeholder) paint() {
	p.frame.FillColor = inked(p, theme.ColorNameTrack)
	p.frame.Hidden = p.picture.Image != nil
}
