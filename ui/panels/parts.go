package panels

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Room of labels beside their values.
const (
	labelWidth = 88
	shortLabel = 52
)

// Job is long work as it is shown while it runs.
type Job struct {
	ID       int
	Title    string // what is worked on
	Stage    string // what is done at present; "" for nothing to tell
	Fraction float64
	Left     time.Duration // 0 unknown
}

// amount is how far a job has come, in words.
func (j Job) amount(t *texts.Texts) string {
	percent := t.Numbers.Share(j.Fraction, 0)
	if j.Fraction < 0.01 {
		percent = t.Numbers.Share(0, 0)
	}
	if j.Left <= 0 {
		return percent
	}
	return fmt.Sprintf(t.Analysis.Progress, percent, t.Numbers.Left(j.Left))
}

// labelled stands a control below its label.
func labelled(label string, control fyne.CanvasObject) *fyne.Container {
	return widgets.NewColumn(3, widgets.NewQuiet(label), control)
}

// beside stands a control beside its label, and notes below the control.
func beside(label string, control fyne.CanvasObject, notes ...fyne.CanvasObject) *fyne.Container {
	return besideAt(labelWidth, label, control, notes...)
}

// besideAt is beside with a label of some other width.
func besideAt(width float32, label string, control fyne.CanvasObject, notes ...fyne.CanvasObject) *fyne.Container {
	word := widgets.NewAtLeast(width, 0, widgets.NewInset(0, 3, widgets.NewQuiet(label)))
	if len(notes) > 0 {
		control = widgets.NewColumn(2, append([]fyne.CanvasObject{control}, notes...)...)
	}
	return widgets.NewTopRow(theme.Gap, 1, word, control)
}

// fact is a labelled value.
func fact(label, value string) fyne.CanvasObject {
	return widgets.NewTopRow(theme.Gap, 1,
		widgets.NewAtLeast(labelWidth, 0, widgets.NewQuiet(label)), widgets.NewBody(value))
}

// replace gives a container other objects.
func replace(box *fyne.Container, objects ...fyne.CanvasObject) {
	box.Objects = objects
	box.Hidden = len(objects) == 0
	box.Refresh()
}

// show makes an object seen, or not.
func show(o fyne.CanvasObject, seen bool) {
	if seen {
		o.Show()
	} else {
		o.Hide()
	}
}

// warningLines shows warnings one below the other.
func warningLines(list []widgets.Warning) []fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for _, w := range list {
		lines = append(lines, widgets.NewWarningLine(w))
	}
	return lines
}
