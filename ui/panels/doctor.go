package panels

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// presets are the magnifications that slides are scanned at.
func presets() []float64 { return []float64{5, 10, 20, 40, 63} }

// unitWidth has room for both units in one row.
const unitWidth = 92

// doctor states a slide's magnification where the file does not, or is wrong.
type doctor struct {
	texts *texts.Texts
	on    SlideEvents

	object    *fyne.Container
	why       *widgets.Text
	presets   []*widgets.Button
	other     *widgets.Field
	fault     *widgets.Text
	measure   *widgets.Button
	lineBox   *fyne.Container
	line      *widgets.Text
	length    *widgets.Field
	unit      *widgets.Segments
	remember  *widgets.Text
	reset     *widgets.Button
	resetBox  *fyne.Container
	measuring bool
}

func newDoctor(t *texts.Texts, on SlideEvents) *doctor {
	d := &doctor{texts: t, on: on, why: widgets.NewBody(""), remember: widgets.NewNote("")}
	d.fault = widgets.NewText("", widgets.TextLook{Color: standard.ColorNameError})
	d.fault.Hide()
	d.line = widgets.NewBody("")
	d.reset = widgets.NewButton(t.Slide.Reset, func() { tell(on.Reset) })
	d.resetBox = widgets.NewFlow(0, d.reset)
	d.object = widgets.NewColumn(theme.Gap, d.why, labelled(t.Slide.ScannedAt, d.typed()), d.fault,
		labelled(t.Slide.MeasureTitle, d.byLine()), d.remember, d.resetBox)
	return d
}

// typed is the choice of a magnification by its number.
func (d *doctor) typed() fyne.CanvasObject {
	row := widgets.NewFlow(3)
	for _, m := range presets() {
		b := widgets.NewButton(d.texts.Numbers.Magnification(m), func() { d.state(m) })
		d.presets = append(d.presets, b)
		row.Add(b)
	}
	d.other = widgets.NewField(d.texts.Slide.OtherHint)
	d.other.OnSubmitted = func(string) { d.stateTyped() }
	return widgets.NewColumn(4, row,
		widgets.NewRow(4, 0, d.other, widgets.NewButton(d.texts.Slide.Apply, d.stateTyped)))
}

// byLine is the choice of a magnification by a line of known length.
func (d *doctor) byLine() fyne.CanvasObject {
	t := d.texts.Slide
	d.measure = widgets.NewButton(t.Measure, d.toggleMeasuring)
	d.length = widgets.NewField(t.LengthHint)
	d.length.OnSubmitted = func(string) { d.stateLength() }
	d.unit = widgets.NewSegments([]string{t.Micrometres, t.Millimetre}, nil)
	d.lineBox = widgets.NewColumn(4, d.line,
		widgets.NewRow(4, 0, d.length, widgets.NewAtLeast(unitWidth, 0, d.unit.Object()), widgets.NewButton(t.Apply, d.stateLength)))
	d.lineBox.Hide()
	return widgets.NewColumn(4, widgets.NewFlow(0, d.measure), d.lineBox)
}

// set shows what is known of the slide's magnification.
func (d *doctor) set(i SlideInfo) {
	t := d.texts.Slide
	switch {
	case i.Magnification == 0:
		d.why.SetText(t.DoctorUnknown)
	case i.Stated:
		d.why.SetText(t.DoctorStated)
	default:
		d.why.SetText(t.DoctorKnown)
	}
	d.remember.SetText(t.RememberFile)
	if i.Scanner != "" {
		d.remember.SetText(fmt.Sprintf(t.Remember, i.Scanner))
	}
	show(d.resetBox, i.Stated)
	d.fault.Hide()
	d.other.SetText("")
	d.length.SetText("")
	d.leave()
}

// leave gives up measuring: a line being drawn, and one whose length is still to be
// told.
func (d *doctor) leave() {
	measuring := d.lineBox.Visible()
	d.stopMeasuring()
	if measuring {
		call(d.on.Measure, false)
	}
}

func (d *doctor) toggleMeasuring() {
	d.measuring = !d.measuring
	d.showMeasuring()
	call(d.on.Measure, d.measuring)
}

func (d *doctor) stopMeasuring() {
	d.measuring = false
	d.showMeasuring()
}

func (d *doctor) showMeasuring() {
	t := d.texts.Slide
	d.measure.SetText(t.Measure)
	if d.measuring {
		d.measure.SetText(d.texts.Analysis.Cancel)
		d.line.SetText(t.MeasureNow)
	}
	d.lineBox.Objects[1].Hide()
	show(d.lineBox, d.measuring)
	d.object.Refresh()
}

// measured asks for the true length of the line.
func (d *doctor) measured(pixels float64) {
	d.stopMeasuring()
	d.line.SetText(fmt.Sprintf(d.texts.Slide.Measured, d.texts.Numbers.Count(int(math.Round(pixels)))))
	d.lineBox.Objects[1].Show()
	d.lineBox.Show()
	d.object.Refresh()
}

func (d *doctor) state(m float64) {
	d.complain("")
	call(d.on.StateMagnification, m)
}

func (d *doctor) stateTyped() {
	m, ok := number(strings.TrimRight(strings.TrimSpace(d.other.Text), "xX×"))
	if !ok || m < 0.1 || m > 200 {
		d.complain(d.texts.Slide.BadMagnification)
		return
	}
	d.state(m)
}

func (d *doctor) stateLength() {
	length, ok := number(d.length.Text)
	if d.unit.Chosen() == 1 {
		length *= 1000
	}
	if !ok || length <= 0 || length > 1e6 {
		d.complain(d.texts.Slide.BadLength)
		return
	}
	d.complain("")
	call(d.on.StateLength, length)
}

// complain shows what is wrong with what was typed; "" shows nothing.
func (d *doctor) complain(fault string) {
	d.fault.SetText(fault)
	show(d.fault, fault != "")
	d.object.Refresh()
}

// number reads a number with a point or a comma.
func number(s string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}
