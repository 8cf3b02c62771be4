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
	worklistSide  = theme.Gap + 2
	detailWidth   = 300
	detailHeight  = 236
	hintHeight    = 36   // of the case at hand while there is none
	leastBody     = 320  // of table and case at hand, before the controls above scroll
	leastBodyPart = 0.6  // of the height, where that is less
	leastDetail   = 0.33 // of the height of table and case at hand
)

// newTable stands names and rows together.
func (w *Worklist) newTable() *fyne.Container {
	w.head = widgets.NewColumn(1, w.header.Object(), widget.NewSeparator())
	return container.New(tableLayout{}, w.head, w.rows.Object(), w.nothing.object)
}

// newObject stands all parts together.
func (w *Worklist) newObject() *fyne.Container {
	top := container.New(slack{}, widgets.NewInset(worklistSide, theme.Gap, widgets.NewColumn(theme.Gap,
		w.top.object, widget.NewSeparator(), w.filter.object, w.filter.counts)))
	return container.New(worklistLayout{w, top}, container.New(topLayout{top}, container.NewVScroll(top)),
		w.table, widget.NewSeparator(), w.detail.object)
}

// arrange gives all parts their room anew, after the case at hand came or went.
func (w *Worklist) arrange() {
	w.object.Layout.Layout(w.object.Objects, w.object.Size())
}

// worklistLayout gives the table what the controls above and the case at hand leave.
// Where the window is low, the controls scroll.
type worklistLayout struct {
	w        *Worklist
	controls *fyne.Container // what scrolls
}

func (l worklistLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top, table, line, detail := objects[0], objects[1], objects[2], l.w.detail
	for _, controls := range []interface{ setRoom(width float32) }{l.w.top, l.w.filter, l.w.sort} {
		controls.setRoom(size.Width - 2*worklistSide)
	}
	l.controls.Resize(fyne.NewSize(size.Width, l.controls.Size().Height)) // the scroller around stays where it is
	height := min(top.MinSize().Height, size.Height-min(leastBody, leastBodyPart*size.Height))
	put(top, 0, 0, size.Width, height)
	wide, rest := size.Width >= worklistWide, max(0, size.Height-height)
	detail.setShape(size.Width)
	l.w.pane = l.pane(size.Width, rest)
	hide(l.w.pane == 0, line, detail.object)
	switch {
	case l.w.pane == 0:
		put(table, 0, height, size.Width, rest)
	case wide:
		put(table, 0, height, size.Width-detailWidth-1, rest)
		put(line, size.Width-detailWidth-1, height, 1, rest)
		put(detail.object, size.Width-detailWidth, height, detailWidth, rest)
	default:
		put(table, 0, height, size.Width, rest-l.w.pane-1)
		put(line, 0, size.Height-l.w.pane-1, size.Width, 1)
		put(detail.object, 0, size.Height-l.w.pane, size.Width, l.w.pane)
	}
}

// pane is the height of the case at hand where it and the table share so much of it.
// While there is none, it is as high only where the table loses nothing by it; else it
// is a line, or nothing.
func (l worklistLayout) pane(width, rest float32) float32 {
	left := func(rows float32) float32 { // by so many rows
		return rest - 1 - l.w.head.MinSize().Height - rows*widgets.CaseRowHeight
	}
	switch {
	case l.w.empty:
		return 0
	case width >= worklistWide:
		return rest
	case l.w.detail.filled():
		return min(detailHeight, max(leastDetail*rest, left(2)))
	case left(6) >= detailHeight:
		return detailHeight
	case left(3) >= hintHeight && width >= detailWidth:
		return hintHeight
	}
	return 0
}

func (l worklistLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func put(o fyne.CanvasObject, x, y, width, height float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(width, height))
}

func hide(hidden bool, objects ...fyne.CanvasObject) {
	for _, o := range objects {
		if o.Visible() == hidden {
			show(o, !hidden)
		}
	}
}

// slack gives its object the width that there is, also where it wants more.
type slack struct{}

func (slack) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

func (slack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, objects[0].MinSize().Height)
}

// topLayout gives the controls above their width before their scroller asks how high
// they are.
type topLayout struct{ content *fyne.Container }

func (l topLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.content.Resize(fyne.NewSize(size.Width, l.content.Size().Height))
	for _, o := range objects {
		o.Resize(size)
		o.Refresh()
	}
}

func (l topLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.content.MinSize() }

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

// countsLayout stands buttons beside words that wrap, or below them where the words
// would have too little room.
type countsLayout struct{ width float32 }

// leastCounts is a width that the number of cases can be told in.
const leastCounts = 190

func (l *countsLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	words, buttons := objects[0], objects[1].(*fyne.Container)
	wish := width(buttons, theme.Gap)
	if l.below(buttons) {
		give(buttons, 0, give(words, 0, 0, l.width), l.width)
		return
	}
	give(words, 0, 0, l.width-wish-theme.Gap)
	give(buttons, l.width-wish, 0, wish)
	for _, o := range objects {
		o.Move(fyne.NewPos(o.Position().X, (l.MinSize(objects).Height-o.Size().Height)/2))
	}
}

func (l *countsLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	words, buttons := objects[0].MinSize(), objects[1].MinSize()
	if l.below(objects[1].(*fyne.Container)) {
		return fyne.NewSize(0, words.Height+buttons.Height)
	}
	return fyne.NewSize(0, max(words.Height, buttons.Height))
}

func (l *countsLayout) below(buttons *fyne.Container) bool {
	wish := width(buttons, theme.Gap)
	return wish > 0 && l.width-wish-theme.Gap < leastCounts
}

// width is that of all objects of a container in one line.
func width(box *fyne.Container, gap float32) float32 {
	sum := -gap
	for _, o := range box.Objects {
		if o.Visible() {
			sum += o.MinSize().Width + gap
		}
	}
	return max(0, sum)
}

// give places an object of a width, as high as that asks for, and returns its height.
func give(o fyne.CanvasObject, x, y, width float32) float32 {
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	height := o.MinSize().Height
	put(o, x, y, width, height)
	return height
}

// detailShape is how the parts of the case at hand stand.
type detailShape int

const (
	detailFlat  detailShape = iota // in three columns: picture, case, verdict
	detailTall                     // one below the other
	detailTight                    // the same, with a small picture, and the verdict first
)

// detailLayout stands the parts of the case at hand in their shape. The first part is
// the picture, the second names the case, the last two are the verdict and the note.
type detailLayout struct {
	shape  detailShape
	height float32
}

// Heights and widths of the case at hand.
const (
	tallPicture  = 190
	flatPicture  = 120
	tightPicture = 64
	verdictShare = 0.4
	leastFlat    = 480 // width of all of it
)

// shapeFor is the shape in a worklist of a width.
func shapeFor(width float32) detailShape {
	switch {
	case width >= worklistWide:
		return detailTall
	case width < leastFlat:
		return detailTight
	}
	return detailFlat
}

func (l *detailLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := len(objects) - 2
	switch l.shape {
	case detailTall:
		put(objects[0], 0, 0, size.Width, tallPicture)
		l.height = below(objects[1:], 0, tallPicture+theme.Gap, size.Width)
	case detailTight:
		picture := min(tightPicture, size.Width/4)
		put(objects[0], 0, 0, picture, picture)
		name := below(objects[1:2], picture+theme.Gap, 0, size.Width-picture-theme.Gap)
		verdict := below(objects[n:], 0, max(name, picture+theme.Gap), size.Width)
		l.height = below(objects[2:n], 0, verdict, size.Width)
	default:
		picture := min(flatPicture, size.Width*0.24)
		rest := size.Width - picture - 4*theme.Gap
		verdict := min(detailWidth, rest*verdictShare+20)
		put(objects[0], 0, 0, picture, picture)
		left := below(objects[1:n], picture+2*theme.Gap, 0, rest-verdict)
		right := below(objects[n:], size.Width-verdict, 0, verdict)
		l.height = max(picture, left, right)
	}
}

// below stands objects one below the other and returns where the next would stand.
func below(objects []fyne.CanvasObject, x, y, width float32) float32 {
	for _, o := range objects {
		if o.Visible() {
			y += give(o, x, y, width) + theme.Gap
		}
	}
	return y
}

func (l *detailLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, l.height) }
