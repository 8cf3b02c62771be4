package widgets

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// Legend shows a scale of colours with the values of its ends, and a tick at one
// value between.
type Legend struct {
	widget.BaseWidget
	swatch         *canvas.Image
	tick           *canvas.Rectangle
	title          *Text
	low, high, mid *Text
	at             float64
}

// LegendScale is what a legend shows.
type LegendScale struct {
	Title string
	// Color gives the colour at t of [0, 1], low to high.
	Color     func(t float64) color.RGBA
	Low, High string // values at the ends
	// Tick is a value that is marked, at TickAt of [0, 1]; empty for none.
	Tick   string
	TickAt float64
}

// NewLegend makes a legend of nothing.
func NewLegend() *Legend {
	end := TextLook{Size: standard.SizeNameCaptionText, Color: standard.ColorNamePlaceHolder, Whole: true}
	l := &Legend{
		swatch: canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, swatchWidth, 1))),
		tick:   canvas.NewRectangle(color.Transparent),
		title:  NewText("", TextLook{Size: standard.SizeNameCaptionText, MinLines: 1}),
		low:    NewText("", end), high: NewText("", end), mid: NewText("", end),
	}
	l.swatch.FillMode, l.swatch.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleFastest
	l.ExtendBaseWidget(l)
	return l
}

const swatchWidth = 256

// Set shows a scale.
func (l *Legend) Set(s LegendScale) {
	picture := image.NewRGBA(image.Rect(0, 0, swatchWidth, 1))
	for x := range swatchWidth {
		picture.SetRGBA(x, 0, s.Color(float64(x)/(swatchWidth-1)))
	}
	l.swatch.Image = picture
	l.title.SetText(s.Title)
	l.low.SetText(s.Low)
	l.high.SetText(s.High)
	l.mid.SetText(s.Tick)
	l.at = s.TickAt
	l.tick.Hidden, l.mid.Hidden = s.Tick == "", s.Tick == ""
	l.Refresh()
}

// Words are title, low end, tick and high end as shown.
func (l *Legend) Words() [4]string {
	return [4]string{l.title.Text(), l.low.Text(), l.mid.Text(), l.high.Text()}
}

// CreateRenderer belongs to Fyne.
func (l *Legend) CreateRenderer() fyne.WidgetRenderer {
	box := &fyne.Container{Layout: legendLayout{l}, Objects: []fyne.CanvasObject{l.title, l.swatch, l.tick, l.low, l.mid, l.high}}
	return newPainted(box, l.paint)
}

func (l *Legend) paint() {
	l.tick.FillColor = inked(l, standard.ColorNameForeground)
	legendLayout{l}.Layout(nil, l.Size())
}

// legendLayout keeps the tick's words clear of the ends' words, one line lower
// where they would meet.
type legendLayout struct{ l *Legend }

func (p legendLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	l := p.l
	l.title.Resize(fyne.NewSize(size.Width, l.title.MinSize().Height))
	y := l.title.MinSize().Height + 2
	l.swatch.Resize(fyne.NewSize(size.Width, theme.LegendHeight))
	l.swatch.Move(fyne.NewPos(0, y))
	x := float32(l.at) * size.Width
	l.tick.Resize(fyne.NewSize(2, theme.LegendHeight+4))
	l.tick.Move(fyne.NewPos(min(max(0, x-1), max(0, size.Width-2)), y))
	y += theme.LegendHeight + 4
	high := l.high.MinSize()
	l.low.Resize(l.low.MinSize())
	l.low.Move(fyne.NewPos(0, y))
	l.high.Resize(high)
	l.high.Move(fyne.NewPos(size.Width-high.Width, y))
	p.placeTick(x, y, size.Width)
}

func (p legendLayout) placeTick(x, y, width float32) {
	l := p.l
	mid := l.mid.MinSize()
	left := min(max(0, x-mid.Width/2), max(0, width-mid.Width))
	if left < l.low.MinSize().Width+theme.Gap || left+mid.Width > width-l.high.MinSize().Width-theme.Gap {
		y += l.low.lineHeight()
	}
	l.mid.Resize(mid)
	l.mid.Move(fyne.NewPos(left, y))
}

func (p legendLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	l := p.l
	line := l.low.lineHeight() // there is room for a tick below, also where there is none
	return fyne.NewSize(80, l.title.MinSize().Height+2+theme.LegendHeight+4+2*line)
}
