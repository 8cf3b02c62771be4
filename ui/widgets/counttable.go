package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
)

// CountTable is a square table of counts: what one says by row, what another says
// by column.
type CountTable struct {
	Rows, Columns string // titles of the sides
	Names         []string
	Counts        [][]int // of row, then column
}

const (
	countTitle = 16
	countCell  = 34 // height
	countName  = 96 // least width of the rows' names
	countWide  = 62 // least width of a column
)

// NewCountTable shows a table of counts. The cells where both say the same stand
// out; a cell with nothing is quiet.
func NewCountTable(t CountTable) fyne.CanvasObject {
	quiet := TextLook{Color: standard.ColorNamePlaceHolder, Size: standard.SizeNameCaptionText, MaxLines: 2}
	middle := quiet
	middle.Align = fyne.TextAlignCenter
	cells := []fyne.CanvasObject{NewText(t.Rows, quiet)}
	for _, name := range t.Names {
		cells = append(cells, NewText(name, middle))
	}
	for i, name := range t.Names {
		cells = append(cells, NewText(name, TextLook{MaxLines: 2}))
		for j := range t.Names {
			cells = append(cells, countOf(t.Counts[i][j], i == j))
		}
	}
	cells = append(cells, NewText(t.Columns, middle))
	return container.New(countGrid{len(t.Names)}, cells...)
}

func countOf(n int, same bool) fyne.CanvasObject {
	look := TextLook{Align: fyne.TextAlignCenter, Bold: same && n > 0}
	if n == 0 {
		look.Color = standard.ColorNameDisabled
	}
	plate := PressableLook{Border: standard.ColorNameSeparator}
	if same {
		plate.Fill = standard.ColorNameSelection
	}
	return NewPressable(container.New(centred{}, NewText(strconv.Itoa(n), look)), plate, nil)
}

// countGrid stands names and cells in a square of n columns, and the last object
// over the columns, as their title.
type countGrid struct{ n int }

func (g countGrid) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	names, column := g.widths(size.Width)
	last := len(objects) - 1
	objects[last].Resize(fyne.NewSize(float32(g.n)*column, countTitle))
	objects[last].Move(fyne.NewPos(names, 0))
	for i, o := range objects[:last] {
		row, col := i/(g.n+1), i%(g.n+1)
		at := fyne.NewPos(names+float32(col-1)*column, countTitle+float32(row)*countCell)
		room := fyne.NewSize(column-2, countCell-2)
		if col == 0 {
			at.X, room.Width = 0, names-6
		}
		if text, ok := o.(*Text); ok { // names stand in the middle of their height
			text.Resize(room)
			at.Y += max(0, (room.Height-text.MinSize().Height)/2)
		}
		o.Resize(room)
		o.Move(at)
	}
}

func (g countGrid) widths(width float32) (names, column float32) {
	column = max(countWide, min(110, (width-countName)/float32(g.n)))
	return max(countName, min(150, width-column*float32(g.n))), column
}

func (g countGrid) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(countName+float32(g.n)*countWide, countTitle+float32(g.n+1)*countCell)
}

// centred gives an object the full width and stands it in the middle of the height.
type centred struct{}

func (centred) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, (size.Height-height)/2))
	}
}

func (centred) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }
