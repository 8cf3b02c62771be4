package panels

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Measures of the worklist.
const (
	worklistWide  = 980 // from this width on the case at hand stands beside the table
	detailWidth   = 300
	detailHeight  = 236
	leastWorklist = 500
)

// newTable stands names and rows together.
func (w *Worklist) newTable() *fyne.Container {
	w.head = widgets.NewColumn(1, w.header.Object(), widget.NewSeparator())
	return container.New(tableLayout{}, w.head, w.rows.Object(), w.nothing.object)
}

// newObject stands all parts together.
func (w *Worklist) newObject() *fyne.Container {
	top := widgets.NewInset(theme.Gap+2, theme.Gap, widgets.NewColumn(theme.Gap,
		w.top.object, widget.NewSeparator(), w.filter.object, w.filter.counts))
	return container.New(worklistLayout{w}, top, w.table, widget.NewSeparator(), w.detail.object)
}

// worklistLayout gives the table what the controls above and the case at hand leave.
type worklistLayout struct{ w *Worklist }

func (l worklistLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top, table, line, detail := objects[0], objects[1], objects[2], objects[3]
	top.Resize(fyne.NewSize(size.Width, top.MinSize().Height))
	height := top.MinSize().Height
	top.Resize(fyne.NewSize(size.Width, height))
	rest := max(0, size.Height-height)
	line.(*widget.Separator).Hidden = !detail.Visible()
	if !detail.Visible() {
		put(table, 0, height, size.Width, rest)
		return
	}
	wide := size.Width >= worklistWide
	l.w.detail.setTall(wide)
	if wide {
		put(table, 0, height, size.Width-detailWidth-1, rest)
		put(line, size.Width-detailWidth-1, height, 1, rest)
		put(detail, size.Width-detailWidth, height, detailWidth, rest)
		return
	}
	low := min(detailHeight, rest/2)
	put(table, 0, height, size.Width, rest-low-1)
	put(line, 0, size.Height-low-1, size.Width, 1)
	put(detail, 0, size.Height-low, size.Width, low)
}

func (l worklistLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(leastWorklist, 2*detailHeight)
}

func put(o fyne.CanvasObject, x, y, width, height float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(width, height))
}

// tableLayout stands the rows below the names.
type tableLayout struct{}

func (tableLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	head, rows, nothing := objects[0], objects[1], objects[2]
	head.Resize(fyne.NewSize(size.Width, head.MinSize().Height))
	height := head.MinSize().Height
	head.Resize(fyne.NewSize(size.Width, height))
	put(rows, 0, height, size.Width, max(0, size.Height-height))
	put(nothing, 0, 0, size.Width, size.Height)
}

func (tableLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// middle stands an object in the middle, no wider than most, and no wider than
// there is room.
type middle struct{ most float32 }

func newMiddle(most float32, object fyne.CanvasObject) *fyne.Container {
	return container.New(middle{most}, object)
}

func (m middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := min(m.most, size.Width-4*theme.Gap)
	for _, o := range objects {
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		height := o.MinSize().Height
		put(o, (size.Width-width)/2, max(0, (size.Height-height)/2), width, height)
	}
}

func (m middle) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// detailLayout stands the parts of the case at hand one below the other, or in three
// columns: picture, case, verdict. The first part is the picture, the last two are
// the verdict and the note.
type detailLayout struct {
	tall   bool
	height float32
}

// Heights and widths of the case at hand.
const (
	tallPicture  = 190
	flatPicture  = 120
	verdictShare = 0.4
)

func (l *detailLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := len(objects) - 2
	if l.tall {
		put(objects[0], 0, 0, size.Width, tallPicture)
		l.height = below(objects[1:], 0, tallPicture+theme.Gap, size.Width)
		return
	}
	picture := min(flatPicture, size.Width*0.24)
	rest := size.Width - picture - 4*theme.Gap
	verdict := min(detailWidth, rest*verdictShare+20)
	put(objects[0], 0, 0, picture, picture)
	left := below(objects[1:n], picture+2*theme.Gap, 0, rest-verdict)
	right := below(objects[n:], size.Width-verdict, 0, verdict)
	l.height = max(picture, left, right)
}

// below stands objects one below the other and returns where they end.
func below(objects []fyne.CanvasObject, x, y, width float32) float32 {
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		height := o.MinSize().Height
		put(o, x, y, width, height)
		y += height + theme.Gap
	}
	return y
}

func (l *detailLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, l.height) }
