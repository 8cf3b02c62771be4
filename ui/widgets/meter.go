package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// Meter is a thin bar, full up to a fraction.
type Meter struct {
	widget.BaseWidget
	fraction    float64
	color       fyne.ThemeColorName
	track, fill *canvas.Rectangle
}

// NewMeter makes an empty bar of the accent colour.
func NewMeter() *Meter {
	m := &Meter{color: standard.ColorNamePrimary, track: rounded(2), fill: rounded(2)}
	m.ExtendBaseWidget(m)
	return m
}

// Set fills the bar up to fraction, clipped to [0, 1].
func (m *Meter) Set(fraction float64) {
	if fraction = min(max(fraction, 0), 1); fraction != m.fraction {
		m.fraction = fraction
		m.Refresh()
	}
}

// Fraction is how far the bar is filled.
func (m *Meter) Fraction() float64 { return m.fraction }

// SetColor fills the bar with another colour of the theme.
func (m *Meter) SetColor(name fyne.ThemeColorName) {
	m.color = name
	m.Refresh()
}

// CreateRenderer belongs to Fyne.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	return newPainted(container.New(meterLayout{m}, m.track, m.fill), m.paint)
}

func (m *Meter) paint() {
	m.track.FillColor, m.fill.FillColor = inked(m, theme.ColorNameTrack), inked(m, m.color)
	meterLayout{m}.Layout([]fyne.CanvasObject{m.track, m.fill}, m.Size())
}

type meterLayout struct{ m *Meter }

func (l meterLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	width := size.Width * float32(l.m.fraction)
	if l.m.fraction > 0 {
		width = max(width, 2) // what is not nothing is seen
	}
	objects[1].Resize(fyne.NewSize(min(width, size.Width), size.Height))
}

func (l meterLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(10, theme.BarHeight) }
