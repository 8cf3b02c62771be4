package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// Slider chooses a number of [0, 1] under a label, with the number in words beside
// it. It answers to pressing and dragging; the
// wheel is left to the panel, which scrolls.
type Slider struct {
	box   *fyne.Container
	name  *Text
	value *Text
	rail  *rail
}

// NewSlider makes a slider at 0. write tells the number in words; changed is
// called while the person moves it.
func NewSlider(label string, write func(float64) string, changed func(float64)) *Slider {
	s := &Slider{name: NewBody(label), value: NewText("", TextLook{Color: standard.ColorNamePlaceHolder, Whole: true})}
	s.rail = newRail(changed)
	s.value.SetText(write(0))
	words := NewTopRow(theme.Gap, 0, s.name, s.value)
	s.rail.told = func(v float64) {
		s.value.SetText(write(v))
		words.Refresh()
	}
	s.box = NewColumn(0, words, s.rail)
	return s
}

// Object is what to place in the window.
func (s *Slider) Object() fyne.CanvasObject { return s.box }

// Rail is the part that is pressed and dragged.
func (s *Slider) Rail() fyne.CanvasObject { return s.rail }

// Set moves the slider without calling back.
func (s *Slider) Set(v float64) {
	s.rail.set(v)
}

// Value is the number chosen.
func (s *Slider) Value() float64 { return s.rail.at }

// Enable makes the slider answer, or not.
func (s *Slider) Enable(on bool) {
	s.rail.disabled = !on
	s.rail.Refresh()
}

// rail is a line with a knob on it.
type rail struct {
	widget.BaseWidget
	at                float64
	disabled          bool
	changed, told     func(float64)
	track, fill, knob *canvas.Rectangle
}

const (
	railHeight = 18
	knobSide   = 12
)

func newRail(changed func(float64)) *rail {
	r := &rail{changed: changed, track: rounded(2), fill: rounded(2), knob: rounded(knobSide / 2)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *rail) set(v float64) {
	r.at = min(max(v, 0), 1)
	r.told(r.at)
	r.Refresh()
}

// move is a person's doing.
func (r *rail) move(v float64) {
	v = math.Round(100*min(max(v, 0), 1)) / 100
	if r.disabled || v == r.at {
		return
	}
	r.set(v)
	if r.changed != nil {
		r.changed(r.at)
	}
}

func (r *rail) moveTo(x float32) {
	r.move(float64((x - knobSide/2) / max(1, r.Size().Width-knobSide)))
}

// Tapped belongs to Fyne.
func (r *rail) Tapped(e *fyne.PointEvent) { r.moveTo(e.Position.X) }

// Dragged belongs to Fyne.
func (r *rail) Dragged(e *fyne.DragEvent) { r.moveTo(e.Position.X) }

// DragEnd belongs to Fyne.
func (r *rail) DragEnd() {}

// CreateRenderer belongs to Fyne.
func (r *rail) CreateRenderer() fyne.WidgetRenderer {
	return newPainted(container.New(railLayout{r}, r.track, r.fill, r.knob), r.paint)
}

func (r *rail) paint() {
	r.track.FillColor = inked(r, theme.ColorNameTrack)
	ink := standard.ColorNamePrimary
	if r.disabled {
		ink = standard.ColorNameDisabled
	}
	r.fill.FillColor, r.knob.FillColor = inked(r, ink), inked(r, ink)
	r.knob.StrokeColor, r.knob.StrokeWidth = inked(r, standard.ColorNameBackground), 1
	railLayout{r}.Layout(nil, r.Size())
}

type railLayout struct{ r *rail }

func (l railLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	r, middle := l.r, size.Height/2
	x := float32(r.at) * max(0, size.Width-knobSide)
	r.track.Resize(fyne.NewSize(size.Width, 4))
	r.track.Move(fyne.NewPos(0, middle-2))
	r.fill.Resize(fyne.NewSize(x+knobSide/2, 4))
	r.fill.Move(fyne.NewPos(0, middle-2))
	r.knob.Resize(fyne.NewSquareSize(knobSide))
	r.knob.Move(fyne.NewPos(x, middle-knobSide/2))
}

func (l railLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, railHeight) }
