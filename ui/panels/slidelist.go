package panels

import (
	"fmt"
	"image"
	"slices"

	"golang.org/x/image/draw"

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
	Caution     string  // of SlideDone: why it means little, in a word or two; "" for nothing
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
	scroll fyne.CanvasObject
	column *fyne.Container
	empty  fyne.CanvasObject
	rows   map[int]*slideRow
	order  []int
}

// slideRow is a row and what it shows.
type slideRow struct {
	*widgets.SlideRow
	item SlideItem
}

// NewSlideList makes an empty list.
func NewSlideList(t *texts.Texts, on SlideListEvents) *SlideList {
	l := &SlideList{texts: t, on: on, rows: map[int]*slideRow{}, column: widgets.NewColumn(2)}
	l.empty = widgets.NewColumn(theme.Gap, widgets.NewQuiet(t.Slides.Empty), widgets.NewNote(t.Slides.EmptyHint))
	title := widgets.NewStrong(t.Slides.Title)
	l.scroll = widgets.NewScroll(theme.Gap-2, widgets.NewColumn(theme.Gap, title, l.empty, l.column))
	l.object = widgets.NewAtLeast(theme.ListWidth, 0, l.scroll)
	l.column.Hide()
	return l
}

// Object is what to place in the window. It scrolls.
func (l *SlideList) Object() fyne.CanvasObject { return l.object }

// Set shows the slides in the order given, with the one of selected marked. Of a
// slide that stays only what is new is drawn: its picture is known by its pointer.
func (l *SlideList) Set(slides []SlideItem, selected int) {
	old, before := l.rows, l.order
	l.rows, l.order, l.column.Objects = map[int]*slideRow{}, nil, nil
	moved := false
	for _, s := range slides {
		row := old[s.ID]
		if row == nil {
			row = l.newRow(s.ID)
		}
		moved = l.fill(row, s) || moved
		mark := widgets.Plain
		if s.ID == selected {
			mark = widgets.Selected
		}
		row.Mark(mark)
		l.rows[s.ID] = row
		l.order = append(l.order, s.ID)
		l.column.Add(row.SlideRow)
	}
	if !slices.Equal(before, l.order) {
		show(l.empty, len(slides) == 0)
		show(l.column, len(slides) > 0)
		l.object.Refresh()
	} else if moved {
		widgets.Rearrange(l.scroll)
	}
}

func (l *SlideList) newRow(id int) *slideRow {
	row := widgets.NewSlideRow(func() { call(l.on.Select, id) }, func() { call(l.on.Close, id) })
	r := &slideRow{SlideRow: row}
	l.state(r, SlideState{})
	return r
}

// SetState shows how one slide stands and touches nothing else; one that is not in
// the list is none of its business.
func (l *SlideList) SetState(id int, s SlideState) {
	row := l.rows[id]
	if row == nil {
		return
	}
	item := row.item
	item.State = s
	if l.fill(row, item) {
		widgets.Rearrange(l.scroll)
	}
}

// Row is the row of a slide; nil where it is not in the list.
func (l *SlideList) Row(id int) *widgets.SlideRow {
	if row := l.rows[id]; row != nil {
		return row.SlideRow
	}
	return nil
}

// Order is the slides in the order shown.
func (l *SlideList) Order() []int { return l.order }

// fill shows what is new of a slide, and tells whether the row's height changed.
func (l *SlideList) fill(row *slideRow, s SlideItem) (moved bool) {
	before, height := row.item, row.MinSize().Height
	row.item = s
	row.SetName(s.Name)
	if s.Thumb != before.Thumb {
		row.SetPicture(picture(reduced(s.Thumb, thumbSide)))
	}
	if s.State != before.State {
		l.state(row, s.State)
	}
	return row.MinSize().Height != height
}

func (l *SlideList) state(row *slideRow, s SlideState) {
	words, ink, fraction := l.words(s)
	caution := ""
	if s.Kind == SlideDone {
		caution = s.Caution
	}
	row.SetState(words, caution, ink, fraction)
}

// thumbSide is the longer side, in pixels, of the pictures that the list keeps: they
// are shown at about a third of it in points.
const thumbSide = 160

// reduced is a picture with a longer side of at most so many pixels.
func reduced(p *image.RGBA, side int) *image.RGBA {
	if p == nil || p.Rect.Empty() {
		return nil
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(small, small.Rect, p, p.Rect, draw.Src, nil)
	return small
}

// words gives the words of a state, their colour, and the fraction of the bar,
// negative for none.
func (l *SlideList) words(s SlideState) (string, fyne.ThemeColorName, float64) {
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
