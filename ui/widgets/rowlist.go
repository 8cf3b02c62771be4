package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// RowList is a list of rows of equal height that scrolls. Only rows in sight exist
// as objects: they are used again for other rows as the list scrolls, so that ten
// thousand rows cost what twenty do.
type RowList[R fyne.CanvasObject] struct {
	// OnSeen is called when other rows than before are in sight. It may be nil.
	OnSeen func(from, n int)

	height float32
	make   func() R
	fill   func(index int, row R)

	object  *fyne.Container
	scroll  *container.Scroll
	content *fyne.Container
	length  int
	bound   map[int]R // rows in sight
	idle    []R       // used again first; shown only while rows are placed, as hiding and showing draws all of a row anew
	from, n int
	wanted  int // stays in sight when the size changes, until the user scrolls; -1 for none
}

// NewRowList makes an empty list of rows that are height points high. make makes a
// row, fill shows in it what stands at an index.
func NewRowList[R fyne.CanvasObject](height float32, make func() R, fill func(index int, row R)) *RowList[R] {
	l := &RowList[R]{height: height, make: make, fill: fill, bound: map[int]R{}, wanted: -1}
	l.content = container.New(rowSpace[R]{l})
	l.scroll = container.NewVScroll(l.content)
	l.scroll.OnScrolled = func(fyne.Position) { l.wanted = -1; l.place() }
	l.object = container.New(rowFrame[R]{l}, l.scroll)
	return l
}

// Object is what to place in the window.
func (l *RowList[R]) Object() fyne.CanvasObject { return l.object }

// Length is how many rows there are.
func (l *RowList[R]) Length() int { return l.length }

// SetLength changes how many rows there are, and fills those in sight anew.
func (l *RowList[R]) SetLength(n int) {
	l.length, l.wanted = max(n, 0), -1
	l.clear()
	l.scroll.Refresh() // may scroll, where the list became shorter
	l.place()
}

// Seen is the range of rows in sight, also in part.
func (l *RowList[R]) Seen() (from, n int) { return l.from, l.n }

// Row is the row that shows an index, and whether it is in sight.
func (l *RowList[R]) Row(index int) (R, bool) {
	row, ok := l.bound[index]
	return row, ok
}

// Made is how many rows exist as objects.
func (l *RowList[R]) Made() int { return len(l.bound) + len(l.idle) }

// Fill fills the rows in sight among the n from index from on anew.
func (l *RowList[R]) Fill(from, n int) {
	for i := max(from, l.from); i < min(from+n, l.from+l.n); i++ {
		l.fill(i, l.bound[i])
	}
}

// ScrollTo brings a row to sight by the shortest way, and keeps it there when the
// size of the list changes, until the user scrolls.
func (l *RowList[R]) ScrollTo(index int) {
	l.show(index)
	l.wanted = index
}

// ScrollToOffset brings to sight what stands so many points below the first row's
// top, as the wheel does.
func (l *RowList[R]) ScrollToOffset(offset float32) {
	l.wanted = -1
	l.scrollTo(offset)
}

func (l *RowList[R]) show(index int) {
	top, view := float32(index)*l.height, l.scroll.Size().Height
	if view <= 0 {
		return
	}
	switch offset := l.scroll.Offset.Y; {
	case top < offset:
		l.scrollTo(top)
	case top+l.height > offset+view:
		l.scrollTo(top + l.height - view)
	}
}

func (l *RowList[R]) scrollTo(offset float32) {
	l.scroll.ScrollToOffset(fyne.NewPos(0, max(0, offset)))
	l.place()
}

// clear unbinds all rows.
func (l *RowList[R]) clear() {
	for i, row := range l.bound {
		l.free(i, row)
	}
	l.from, l.n = 0, 0
}

func (l *RowList[R]) free(index int, row R) {
	delete(l.bound, index)
	l.idle = append(l.idle, row)
}

// hideIdle hides the rows that none was found for.
func (l *RowList[R]) hideIdle() {
	for _, row := range l.idle {
		if row.Visible() {
			row.Hide()
		}
	}
}

// place binds a row to each index in sight.
func (l *RowList[R]) place() {
	view := l.scroll.Size()
	first := int(l.scroll.Offset.Y / l.height)
	end := int(math.Ceil(float64((l.scroll.Offset.Y + view.Height) / l.height)))
	first, end = max(0, min(first, l.length)), max(0, min(end, l.length))
	for i, row := range l.bound {
		if i < first || i >= end {
			l.free(i, row)
		}
	}
	for i := first; i < end; i++ {
		l.bind(i, view.Width)
	}
	l.hideIdle()
	if l.from != first || l.n != end-first {
		l.from, l.n = first, end-first
		if l.OnSeen != nil {
			l.OnSeen(l.from, l.n)
		}
	}
}

func (l *RowList[R]) bind(index int, width float32) {
	row, ok := l.bound[index]
	if !ok {
		row = l.take()
		l.bound[index] = row
		row.Resize(fyne.NewSize(width, l.height))
		l.fill(index, row)
		if !row.Visible() {
			row.Show()
		}
	}
	row.Resize(fyne.NewSize(width, l.height))
	row.Move(fyne.NewPos(0, float32(index)*l.height))
}

func (l *RowList[R]) take() R {
	if n := len(l.idle); n > 0 {
		row := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return row
	}
	row := l.make()
	l.content.Objects = append(l.content.Objects, row)
	return row
}

// rowSpace is the room that all rows would take.
type rowSpace[R fyne.CanvasObject] struct{ l *RowList[R] }

func (s rowSpace[R]) Layout([]fyne.CanvasObject, fyne.Size) { s.l.place() }

func (s rowSpace[R]) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, float32(s.l.length)*s.l.height)
}

// rowFrame gives the scroller all room, and the rows that come to sight by it.
type rowFrame[R fyne.CanvasObject] struct{ l *RowList[R] }

func (f rowFrame[R]) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	f.l.scroll.Resize(size)
	f.l.place()
	if wanted := f.l.wanted; wanted >= 0 {
		f.l.ScrollTo(wanted)
	}
}

func (f rowFrame[R]) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, 2*f.l.height)
}
