package widgets

import (
	"fyne.io/fyne/v2"

	"zoomscope/ui/theme"
)

// ProgressLine is long work under way: its stage, how far it has come, the time
// left, and a cross that cancels it.
type ProgressLine struct {
	box    *fyne.Container
	words  *fyne.Container
	stage  *Text
	amount *Text
	meter  *Meter
	cross  *Pressable
}

// NewProgressLine makes a line; cancel is called when its cross is pressed. With a
// nil cancel there is no cross.
func NewProgressLine(cancel func()) *ProgressLine {
	p := &ProgressLine{
		stage: NewBody(""), amount: NewText("", TextLook{Whole: true}),
		meter: NewMeter(), cross: NewCross(cancel),
	}
	p.cross.Hidden = cancel == nil
	p.words = NewTopRow(theme.Gap, 0, p.stage, p.amount)
	p.box = NewColumn(3, p.words, NewRow(4, 0, p.meter, p.cross))
	return p
}

// Object is what to place in the window.
func (p *ProgressLine) Object() fyne.CanvasObject { return p.box }

// Set shows stage and amount in words, and the bar up to fraction.
func (p *ProgressLine) Set(stage, amount string, fraction float64) {
	p.stage.SetText(stage)
	p.amount.SetText(amount)
	p.meter.Set(fraction)
	p.words.Refresh()
	p.box.Refresh()
}

// Words are stage and amount as given.
func (p *ProgressLine) Words() (stage, amount string) { return p.stage.Text(), p.amount.Text() }

// Fraction is how far the bar is filled.
func (p *ProgressLine) Fraction() float64 { return p.meter.Fraction() }

// Cross is the control that cancels.
func (p *ProgressLine) Cross() *Pressable { return p.cross }
