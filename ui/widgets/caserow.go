package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// CaseCells are the words of a row of a table of cases. What is empty is left away.
type CaseCells struct {
	Name, Place string

	Label    string // the class predicted
	Value    string // its probability in words
	Fraction float64
	Silent   string // stands there where there is no prediction

	Margin, Entropy string

	State    string
	StateInk fyne.ThemeColorName
	Progress float64 // of the bar below the state; negative for none

	Warnings string

	Verdict     string
	VerdictInk  fyne.ThemeColorName
	VerdictIcon fyne.ThemeIconName
	Note        string
}

// CaseRow is a case in a table: its picture with places marked, what a model says
// of it, how it stands, and what a reader says.
type CaseRow struct {
	Pressable
	index   int
	cells   CaseCells
	blank   bool
	content *fyne.Container

	thumb                *SpotPicture
	name, place          *Text
	label, value, silent *Text
	meter                *Meter
	measured             *fyne.Container // the bar and the value
	margin, entropy      *Text
	state                *Text
	progress             *Meter
	warnings             *Text
	warningLine          *fyne.Container
	verdict, verdictSub  *Text
	verdictIcon          *widget.Icon
	verdictLine          *fyne.Container
	waiting              *Meter // stands for what is still to come
}

// NewCaseRow makes an empty row. The probability in words has room of so many points
// whatever it is, so that the bars of all rows end in line.
func NewCaseRow(valueRoom float32, tapped func(row *CaseRow)) *CaseRow {
	line := TextLook{MaxLines: 1}
	small := TextLook{Size: standard.SizeNameCaptionText, MaxLines: 1}
	quiet := small
	quiet.Color = standard.ColorNamePlaceHolder
	r := &CaseRow{
		thumb: NewSpotPicture(9), meter: NewMeter(), progress: NewMeter(), waiting: NewMeter(), verdictIcon: widget.NewIcon(nil),
		name: NewText("", TextLook{MaxLines: 2}), place: NewText("", quiet),
		label: NewText("", line), value: NewText("", TextLook{Whole: true, Align: fyne.TextAlignTrailing}), silent: NewText("", lines(quiet, 3)),
		margin: NewText("", quiet), entropy: NewText("", quiet), state: NewText("", lines(small, 3)),
		warnings: NewText("", small), verdict: NewText("", line), verdictSub: NewText("", quiet),
	}
	warning := widget.NewIcon(tinted(standard.IconNameWarning, standard.ColorNameWarning))
	r.measured = NewRow(6, 0, r.meter, NewAtLeast(valueRoom, 0, r.value))
	r.warningLine = NewRow(4, 1, NewAtLeast(caseIcon, caseIcon, warning), r.warnings)
	r.verdictLine = NewRow(4, 1, NewAtLeast(caseIcon, caseIcon, r.verdictIcon), r.verdict)
	r.content = container.New(caseRowLayout{r}, r.thumb, r.name, r.place, r.waiting, r.label, r.measured, r.silent,
		r.margin, r.entropy, r.state, r.progress, r.warningLine, r.verdictLine, r.verdictSub)
	r.extend(r, r.content, PressableLook{MarkFill: standard.ColorNameSelection}, func() { tapped(r) })
	return r
}

func lines(look TextLook, most int) TextLook {
	look.MaxLines = most
	return look
}

// Set shows a case, without its picture.
func (r *CaseRow) Set(c CaseCells) {
	was := r.cells
	r.cells, r.blank = c, false
	r.name.SetText(c.Name)
	r.place.SetText(c.Place)
	r.label.SetText(c.Label)
	r.value.SetText(c.Value)
	r.silent.SetText(c.Silent)
	r.meter.Set(c.Fraction)
	r.margin.SetText(c.Margin)
	r.entropy.SetText(c.Entropy)
	r.state.SetText(c.State)
	r.state.SetColor(orForeground(c.StateInk))
	r.progress.Set(c.Progress)
	r.warnings.SetText(c.Warnings)
	r.verdict.SetText(c.Verdict)
	r.verdict.SetColor(orForeground(c.VerdictInk))
	r.verdictSub.SetText(c.Note)
	if c.VerdictIcon != "" && (c.VerdictIcon != was.VerdictIcon || c.VerdictInk != was.VerdictInk) {
		r.verdictIcon.SetResource(tinted(c.VerdictIcon, orForeground(c.VerdictInk)))
	}
	r.arrange()
}

// SetBlank shows a row whose case is still to come.
func (r *CaseRow) SetBlank() {
	r.Set(CaseCells{Progress: -1})
	r.thumb.Set(nil, nil)
	r.blank = true
	r.arrange()
}

// SetPicture shows the case's picture, nil for none, with places marked.
func (r *CaseRow) SetPicture(picture image.Image, spots []Spot) { r.thumb.Set(picture, spots) }

// SetIndex tells the row which one of the table it shows.
func (r *CaseRow) SetIndex(index int) {
	if r.index == index {
		return
	}
	r.index = index
	if r.hovered { // the pointer was on another case
		r.hovered = false
		r.repaint()
	}
}

// Mark shows the row as plain, related or selected.
func (r *CaseRow) Mark(mark Mark) {
	if r.mark != mark {
		r.mark = mark
		r.repaint()
	}
}

// repaint draws the row's surface anew, and nothing that stands on it.
func (r *CaseRow) repaint() {
	r.paint()
	r.back.Refresh()
	r.veil.Refresh()
}

// Index is which one of the table the row shows.
func (r *CaseRow) Index() int { return r.index }

// Cells are the words as given.
func (r *CaseRow) Cells() CaseCells { return r.cells }

// Blank tells whether the case is still to come.
func (r *CaseRow) Blank() bool { return r.blank }

// Picture is the case's picture; nil for none.
func (r *CaseRow) Picture() image.Image { return r.thumb.Picture() }

// Spots are the places marked on the picture.
func (r *CaseRow) Spots() []Spot { return r.thumb.Spots() }

func (r *CaseRow) arrange() { caseRowLayout{r}.Layout(nil, r.content.Size()) }

func orForeground(name fyne.ThemeColorName) fyne.ThemeColorName {
	if name == "" {
		return standard.ColorNameForeground
	}
	return name
}

// caseRowLayout stands the parts of a row in its columns.
type caseRowLayout struct{ r *CaseRow }

const caseIcon = 15

func (l caseRowLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, CaseRowHeight)
}

func (l caseRowLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size.Width <= 0 {
		return
	}
	r, c := l.r, columnsFor(size.Width)
	l.appear(c)
	r.thumb.Resize(fyne.NewSquareSize(caseThumb))
	r.thumb.Move(fyne.NewPos(caseEdge, (size.Height-caseThumb)/2))
	stack(c.at[CaseName], size.Height, r.name, r.place, r.waiting)
	stack(c.at[CaseVerdict], size.Height, r.verdictLine, r.verdictSub)
	switch {
	case !c.narrow:
		stack(c.at[CasePrediction], size.Height, r.label, r.measured, r.silent)
		stack(c.at[CaseUncertainty], size.Height, r.margin, r.entropy)
		stack(c.at[CaseState], size.Height, r.state, r.progress)
		stack(c.at[CaseWarnings], size.Height, r.warningLine)
	case c.has(CaseState):
		stack(c.at[CasePrediction], size.Height, r.label, r.measured, r.silent, r.margin)
		stack(c.at[CaseState], size.Height, r.state, r.progress, r.warningLine)
	default:
		stack(c.at[CasePrediction], size.Height, r.label, r.measured, r.silent, r.margin, r.state, r.progress)
	}
}

// appear hides what has nothing to show, and what stands in a column that is left out.
// Of the state a table without its column tells where there is no prediction.
func (l caseRowLayout) appear(c caseColumns) {
	r := l.r
	predicts, judged := c.has(CasePrediction), c.has(CaseVerdict)
	states := c.has(CaseState) || predicts && r.cells.Label == "" && r.cells.Silent == ""
	appearText(true, r.name, r.place)
	appearText(predicts, r.label, r.silent, r.margin)
	appearText(!c.narrow, r.entropy)
	appearText(states, r.state)
	appearText(judged, r.verdictSub)
	r.thumb.Hidden = !c.picture
	r.waiting.Hidden = !r.blank
	r.measured.Hidden = !predicts || r.cells.Value == ""
	r.progress.Hidden = !states || r.cells.Progress < 0 || r.blank
	r.warningLine.Hidden = !c.has(CaseWarnings) || r.cells.Warnings == ""
	r.verdictLine.Hidden = !judged || r.cells.Verdict == ""
	r.verdictLine.Objects[0].(*fyne.Container).Hidden = c.narrow || r.cells.VerdictIcon == ""
}

// appearText shows texts where they have room, and words.
func appearText(room bool, texts ...*Text) {
	for _, t := range texts {
		t.Hidden = !room || t.Text() == ""
	}
}

// stack stands parts one below the other in the middle of a column.
func stack(at span, height float32, parts ...fyne.CanvasObject) {
	const gap = 2
	total := float32(-gap)
	for _, p := range parts {
		if p.Visible() {
			total += fit(p, at.width) + gap
		}
	}
	y := max(0, (height-total)/2)
	for _, p := range parts {
		if p.Visible() {
			p.Move(fyne.NewPos(at.x, y))
			y += p.Size().Height + gap
		}
	}
}

// fit gives a part its width and the height that follows from it, which it returns.
// What stands in a part may have changed though the part has its size.
func fit(part fyne.CanvasObject, width float32) float32 {
	part.Resize(fyne.NewSize(width, part.MinSize().Height))
	height := part.MinSize().Height
	size := fyne.NewSize(width, height)
	part.Resize(size)
	if box, ok := part.(*fyne.Container); ok {
		box.Layout.Layout(box.Objects, size)
	}
	return height
}
