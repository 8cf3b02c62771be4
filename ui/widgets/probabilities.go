package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/theme"
)

// Bar is one class of a prediction.
type Bar struct {
	Label    string
	Value    string // the fraction in words
	Fraction float64
	First    bool // the answer: drawn to stand out
}

// Probabilities are bars, one below the other.
type Probabilities struct {
	box  *fyne.Container
	bars []Bar
}

// NewProbabilities makes an empty list of bars.
func NewProbabilities() *Probabilities {
	return &Probabilities{box: NewColumn(theme.Gap - 2)}
}

// Object is what to place in the window.
func (p *Probabilities) Object() fyne.CanvasObject { return p.box }

// Set shows other bars, in the order given.
func (p *Probabilities) Set(bars []Bar) {
	p.bars = bars
	p.box.Objects = nil
	for _, b := range bars {
		p.box.Add(barRow(b))
	}
	p.box.Refresh()
}

// Bars are the bars shown.
func (p *Probabilities) Bars() []Bar { return p.bars }

func barRow(b Bar) fyne.CanvasObject {
	meter := NewMeter()
	meter.Set(b.Fraction)
	look := TextLook{Bold: b.First}
	value := TextLook{Bold: b.First, Whole: true}
	if !b.First {
		meter.SetColor(standard.ColorNameDisabled)
	}
	return NewColumn(2, NewTopRow(theme.Gap, 0, NewText(b.Label, look), NewText(b.Value, value)), meter)
}
