package panels

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// SlideKind is how a slide of the list stands.
type SlideKind int

// The kinds there are; the first is a slide with nothing to tell.
const (
	SlidePlain SlideKind = iota
	SlideOpening
	SlideQueued
	SlideRunning
	SlideDone
	SlideFailed
)

// SlideState is how a slide of the list stands.
type SlideState struct {
	Kind        SlideKind
	Fraction    float64 // of SlideRunning
	Label       string  // of SlideDone: the class predicted
	Probability float64 // of SlideDone
	Reason      string  // of SlideFailed, a few words
}

// SlideItem is one slide of the list.
type SlideItem struct {
	ID    int
	Name  string
	Thumb *image.RGBA // nil while there is none
	State SlideState
}

// SlideListEvents are what the user does in the list. Any may be nil.
type SlideListEvents struct {
	Select func(id int)
	Close  func(id int)
}

// SlideList is the list of slides of this sitting.
type SlideList struct {
	texts  *texts.Texts
	on     SlideListEvents
	object fyne.CanvasObject
	column *fyne.Container
	empty  fyne.CanvasObject
	rows   map[int]*widgets.SlideRow
	order  []int
}

// NewSlideList makes an empty list.
func NewSlideList(t *texts.Texts, on SlideListEvents) *SlideList {
	l := &SlideList{texts: t, on: on, rows: map[int]*widgets.SlideRow{}, column: widgets.NewColumn(2)}
	l.empty = widgets.NewColumn(theme.Gap, widgets.NewQuiet(t.Slides.Empty), widgets.NewNote(t.Slides.EmptyHint))
	title := widgets.NewStrong(t.Slides.Title)
	l.object = widgets.NewAtLeast(theme.ListWidth, 0,
		widgets.NewScroll(theme.Gap-2, widgets.NewColumn(theme.Gap, title, l.empty, l.column)))
	l.column.Hide()
	return l
}

// Object is what to place in the window. It scrolls.
func (l *SlideList) Object() fyne.CanvasObject { return l.object }

// Set shows the slides in the order given, with the one of selected marked. Rows
// of slides that stay are kept, so that the list does not flicker.
func (l *SlideList) Set(slides []SlideItem, selected int) {
	old := l.rows
	l.rows, l.order = map[int]*widgets.SlideRow{}, nil
	l.column.Objects = nil
	for _, s := range slides {
		row := old[s.ID]
		if row == nil {
			row = widgets.NewSlideRow(func() { call(l.on.Select, s.ID) }, func() { call(l.on.Close, s.ID) })
		}
		l.fill(row, s)
		row.Mark(widgets.Plain)
		if s.ID == selected {
			row.Mark(widgets.Selected)
		}
		l.rows[s.ID] = row
		l.order = append(l.order, s.ID)
		l.column.Add(row)
	}
	show(l.empty, len(slides) == 0)
	show(l.column, len(slides) > 0)
	l.object.Refresh()
}

// Row is the row of a slide; nil where it is not in the list.
func (l *SlideList) Row(id int) *widgets.SlideRow { return l.rows[id] }

// Order is the slides in the order shown.
func (l *SlideList) Order() []int { return l.order }

func (l *SlideList) fill(row *widgets.SlideRow, s SlideItem) {
	row.SetName(s.Name)
	row.SetPicture(picture(s.Thumb))
	words, ink, fraction := l.state(s.State)
	row.SetState(words, ink, fraction)
}

// state gives the words of a state, their colour, and the fraction of the bar,
// negative for none.
func (l *SlideList) state(s SlideState) (string, fyne.ThemeColorName, float64) {
	t := l.texts
	switch s.Kind {
	case SlideOpening:
		return t.Slides.Opening, standard.ColorNamePlaceHolder, -1
	case SlideQueued:
		return t.Slides.Queued, standard.ColorNamePlaceHolder, -1
	case SlideRunning:
		return fmt.Sprintf(t.Slides.Running, Job{Fraction: s.Fraction}.amount(t)), standard.ColorNamePrimary, s.Fraction
	case SlideDone:
		return fmt.Sprintf(t.Slides.Done, s.Label, t.Numbers.Probability(s.Probability)), standard.ColorNameForeground, -1
	case SlideFailed:
		return fmt.Sprintf(t.Slides.Failed, s.Reason), standard.ColorNameError, -1
	}
	return "", standard.ColorNamePlaceHolder, -1
}

// picture is an image, or really nil.
func picture(p *image.RGBA) image.Image {
	if p == nil {
		return nil
	}
	return p
}
