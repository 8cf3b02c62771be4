package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// CaseHeader stands above a table of cases: the name of each column, which can be
// pressed, and an arrow at the one that the cases are in the order of.
type CaseHeader struct {
	object *fyne.Container
	cells  [caseColumnCount]*caseHead
}

// caseHead is the name of a column.
type caseHead struct {
	*Pressable
	word *Text
	icon *widget.Icon
	mark *fyne.Container // around the icon
	line *fyne.Container
}

// NewCaseHeader makes a header of the columns' names, in the order of the constants.
func NewCaseHeader(names []string, tapped func(column CaseColumn)) *CaseHeader {
	h := &CaseHeader{}
	var cells []fyne.CanvasObject
	for i, name := range names {
		h.cells[i] = newCaseHead(name, func() { tapped(CaseColumn(i)) })
		cells = append(cells, h.cells[i].Pressable)
	}
	h.object = container.New(caseHeaderLayout{h}, cells...)
	h.Sort(CaseName, false)
	return h
}

func newCaseHead(name string, tapped func()) *caseHead {
	h := &caseHead{word: NewText(name, TextLook{MaxLines: 1}), icon: widget.NewIcon(nil)}
	h.mark = NewAtLeast(14, 14, h.icon)
	h.line = NewRow(0, 0, h.word, h.mark)
	h.Pressable = NewPressable(NewInset(3, 3, h.line), PressableLook{}, tapped)
	return h
}

// Object is what to place in the window.
func (h *CaseHeader) Object() fyne.CanvasObject { return h.object }

// Cell is the name of a column.
func (h *CaseHeader) Cell(column CaseColumn) *Pressable { return h.cells[column].Pressable }

// Sort marks the column that the cases are in the order of, with an arrow down, or
// up where the order is reversed; a negative column marks none.
func (h *CaseHeader) Sort(column CaseColumn, reversed bool) {
	for i, cell := range h.cells {
		cell.sorted(CaseColumn(i) == column, reversed)
	}
}

func (h *caseHead) sorted(on, reversed bool) {
	ink, icon := standard.ColorNamePlaceHolder, fyne.Resource(nil)
	if h.Disabled() {
		ink = standard.ColorNameDisabled
	}
	if on {
		ink = standard.ColorNamePrimary
		name := standard.IconNameArrowDropDown
		if reversed {
			name = standard.IconNameArrowDropUp
		}
		icon = tinted(name, ink)
	}
	h.word.SetColor(ink)
	h.icon.SetResource(icon)
	h.mark.Hidden = !on
	h.line.Refresh()
}

type caseHeaderLayout struct{ h *CaseHeader }

func (l caseHeaderLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	columns := columnsFor(size.Width)
	line := l.h.cells[CaseName].MinSize().Height
	for i, cell := range l.h.cells {
		at, y := columns.at[i], float32(0)
		cell.Hidden = !columns.has(CaseColumn(i))
		second := CaseColumn(i) == CaseUncertainty || CaseColumn(i) == CaseWarnings
		if columns.narrow && second {
			y = line
		}
		cell.Resize(fyne.NewSize(at.width+6, line))
		cell.Move(fyne.NewPos(at.x-3, y)) // its words in line with those below
	}
}

// MinSize has room for the second line of a narrow table.
func (l caseHeaderLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	line := l.h.cells[CaseName].MinSize().Height
	if columnsFor(l.h.object.Size().Width).narrow {
		return fyne.NewSize(0, 2*line)
	}
	return fyne.NewSize(0, line)
}
