package widgets

import (
	"fyne.io/fyne/v2"
	standard "fyne.io/fyne/v2/theme"
)

// PlainTable shows lines of words in columns: the first is as wide as there is room
// and begins at the left, the others are as wide as their words, as far as that
// fits, and end at the right.
type PlainTable struct {
	box *fyne.Container
}

// PlainRow is one line of a table.
type PlainRow struct {
	Cells []string
	Head  bool // quiet and small
	Bold  bool
}

// NewPlainTable makes an empty table.
func NewPlainTable() *PlainTable { return &PlainTable{box: &fyne.Container{}} }

// Object is what to place in the window.
func (t *PlainTable) Object() fyne.CanvasObject { return t.box }

// Set shows lines, all of the same number of cells.
func (t *PlainTable) Set(rows []PlainRow) {
	var objects []fyne.CanvasObject
	columns := 0
	for _, row := range rows {
		columns = len(row.Cells)
		for i, cell := range row.Cells {
			look := TextLook{Bold: row.Bold, MaxLines: 2}
			if row.Head {
				look.Size, look.Color = standard.SizeNameCaptionText, standard.ColorNamePlaceHolder
			}
			if i > 0 {
				look.Align = fyne.TextAlignTrailing
			}
			objects = append(objects, NewText(cell, look))
		}
	}
	t.box.Layout, t.box.Objects = plainLayout{columns}, objects
	t.box.Refresh()
}

// plainLayout gives each column its width first and then asks for heights.
type plainLayout struct{ columns int }

const (
	plainGap  = 10
	plainLine = 3 // between lines
	// plainFirst is the share of the width that the first column keeps.
	plainFirst = 0.4
)

// widths are those of the columns: as wide as their words where there is room. Where
// there is not, the first keeps a share of the width, and the others get narrower,
// the widest of them first.
func (l plainLayout) widths(objects []fyne.CanvasObject, width float32) []float32 {
	widths := make([]float32, l.columns)
	for i, o := range objects {
		t := o.(*Text)
		widths[i%l.columns] = max(widths[i%l.columns], t.measure(t.text)+1)
	}
	room := width - float32(l.columns-1)*plainGap
	first := min(widths[0], plainFirst*room)
	narrow(widths[1:], room-first)
	for _, w := range widths[1:] {
		room -= w
	}
	widths[0] = max(0, room)
	return widths
}

// narrow takes from the widest until all fit.
func narrow(widths []float32, room float32) {
	for range len(widths) {
		sum, most := float32(0), float32(0)
		for _, w := range widths {
			sum, most = sum+w, max(most, w)
		}
		if sum <= room {
			return
		}
		widest, next := float32(0), float32(0)
		for _, w := range widths {
			if w == most {
				widest++
			} else {
				next = max(next, w)
			}
		}
		to := max(next, most-(sum-room)/widest)
		for i, w := range widths {
			if w == most {
				widths[i] = max(0, to)
			}
		}
	}
}

func (l plainLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if l.columns == 0 {
		return
	}
	widths, y := l.widths(objects, size.Width), float32(0)
	for first := 0; first+l.columns <= len(objects); first += l.columns {
		x, height := float32(0), float32(0)
		for c, o := range objects[first : first+l.columns] {
			o.Resize(fyne.NewSize(widths[c], o.MinSize().Height))
			h := o.MinSize().Height
			o.Resize(fyne.NewSize(widths[c], h))
			o.Move(fyne.NewPos(x, y))
			x, height = x+widths[c]+plainGap, max(height, h)
		}
		y += height + plainLine
	}
}

func (l plainLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for first := 0; l.columns > 0 && first+l.columns <= len(objects); first += l.columns {
		line := float32(0)
		for _, o := range objects[first : first+l.columns] {
			line = max(line, o.MinSize().Height)
		}
		height += line + plainLine
	}
	return fyne.NewSize(float32(l.columns)*40, max(0, height-plainLine))
}
