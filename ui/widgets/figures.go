package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"
)

// NewFigures is a table of numbers: the first row names the columns, the first
// column the rows. Numbers stand at the right of their columns.
func NewFigures(rows [][]string) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for i, row := range rows {
		for j, word := range row {
			look := TextLook{MaxLines: 1}
			if i == 0 {
				look.Color, look.Size = standard.ColorNamePlaceHolder, standard.SizeNameCaptionText
			}
			if j > 0 {
				look.Align = fyne.TextAlignTrailing
			}
			cells = append(cells, NewText(word, look))
		}
	}
	return container.New(figureGrid{len(rows[0])}, cells...)
}

// figureGrid stands cells in columns; the first has what the others leave.
type figureGrid struct{ columns int }

const (
	figureHeight = 20
	figureWidth  = 74
)

func (g figureGrid) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	column := min(figureWidth, size.Width*0.7/float32(g.columns-1))
	first := size.Width - float32(g.columns-1)*column
	for i, o := range objects {
		col := i % g.columns
		x, width := float32(0), first
		if col > 0 {
			x, width = first+float32(col-1)*column, column
		}
		o.Move(fyne.NewPos(x, float32(i/g.columns)*figureHeight))
		o.Resize(fyne.NewSize(width, figureHeight))
	}
}

func (g figureGrid) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, float32(len(objects)/g.columns)*figureHeight)
}
