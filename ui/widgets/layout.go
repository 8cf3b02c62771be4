package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// column stands its objects one below the other at full width. Unlike Fyne's own
// box it gives each its width first and then asks for the height, as wrapped text
// knows its height only by its width.
type column struct{ gap float32 }

// NewColumn makes a container that stands objects one below the other, gap points
// apart, each as wide as the container.
func NewColumn(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(column{gap}, objects...)
}

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, y))
		y += height + c.gap
	}
}

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least, gap := fyne.Size{}, float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		least = fyne.NewSize(max(least.Width, m.Width), least.Height+gap+m.Height)
		gap = c.gap
	}
	return least
}

// row stands its objects beside each other at their smallest widths; the one at
// grow gets what is left. Lower ones are centred, or stand at the top.
type row struct {
	gap  float32
	grow int
	top  bool
}

// NewRow makes a container of objects beside each other, gap points apart. The
// object of index grow is given the width that is left; -1 for none.
func NewRow(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(row{gap, grow, false}, objects...)
}

// NewTopRow is NewRow with the objects' upper edges in line.
func NewTopRow(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(row{gap, grow, true}, objects...)
}

func (r row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rest := max(0, size.Width-r.MinSize(objects).Width)
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		width := o.MinSize().Width
		if i == r.grow {
			width += rest
		}
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(width, height))
		y := float32(0)
		if !r.top {
			y = (size.Height - height) / 2
		}
		o.Move(fyne.NewPos(x, max(0, y)))
		x += width + r.gap
	}
}

func (r row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least, gap := fyne.Size{}, float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		least = fyne.NewSize(least.Width+gap+m.Width, max(least.Height, m.Height))
		gap = r.gap
	}
	return least
}

// flow fills rows with objects of their smallest sizes and goes on in the next row
// where one no longer fits. It remembers its width, for its height follows from it.
type flow struct {
	gap   float32
	width float32
}

// NewFlow makes a container that fills rows with objects, gap points apart.
func NewFlow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{gap: gap}, objects...)
}

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.place(objects, func(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		o.Resize(size)
		o.Move(at)
	})
}

func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	f.place(objects, func(_ fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		least = fyne.NewSize(max(least.Width, size.Width), max(least.Height, at.Y+size.Height))
	})
	return least
}

func (f *flow) place(objects []fyne.CanvasObject, put func(fyne.CanvasObject, fyne.Position, fyne.Size)) {
	var at fyne.Position
	tallest := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		size := o.MinSize()
		if at.X > 0 && at.X+size.Width > f.width {
			at = fyne.NewPos(0, at.Y+tallest+f.gap)
			tallest = 0
		}
		put(o, at, size)
		at.X += size.Width + f.gap
		tallest = max(tallest, size.Height)
	}
}

// inset keeps its only object away from the edges.
type inset struct{ x, y float32 }

// NewInset surrounds an object with x points left and right, y above and below.
func NewInset(x, y float32, object fyne.CanvasObject) *fyne.Container {
	return container.New(inset{x, y}, object)
}

func (p inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size.Subtract(fyne.NewSize(2*p.x, 2*p.y)).Max(fyne.Size{}))
		o.Move(fyne.NewPos(p.x, p.y))
	}
}

func (p inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least.Add(fyne.NewSize(2*p.x, 2*p.y))
}

// fixed gives its object one size at the least, or keeps one side free with 0.
type fixed struct{ size fyne.Size }

// NewAtLeast gives an object a smallest width and height; 0 leaves a side as the
// object wants it.
func NewAtLeast(width, height float32, object fyne.CanvasObject) *fyne.Container {
	return container.New(fixed{fyne.NewSize(width, height)}, object)
}

func (f fixed) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
		o.Move(fyne.Position{})
	}
}

func (f fixed) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least := f.size
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least
}

// NewScroll makes a vertical scroller around a column of panels, with a margin at
// its sides where the scroll bar finds room.
func NewScroll(margin float32, content fyne.CanvasObject) fyne.CanvasObject {
	inner := NewInset(margin, margin, content)
	return container.New(scrolled{inner}, container.NewVScroll(inner))
}

// Rearrange lays out what stands in a scroller that NewScroll made, after something in
// it became higher or lower. Nothing is drawn anew that stays as it is.
func Rearrange(scroller fyne.CanvasObject) {
	if box, _ := parts(scroller); box != nil {
		box.Layout.Layout(box.Objects, box.Size())
	}
}

// ScrollTo brings an object that stands in a scroller of NewScroll to sight, by the
// shortest way, with a little room around it. What is hidden, or higher than the
// scroller, is left where it is.
func ScrollTo(scroller, object fyne.CanvasObject) {
	box, scroll := parts(scroller)
	if box == nil || !object.Visible() {
		return
	}
	Rearrange(scroller)
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(object).Y - driver.AbsolutePositionForObject(scroll.Content).Y
	const room = 12
	from, to := top-room, top+object.Size().Height+room
	offset, view := scroll.Offset, scroll.Size().Height
	switch most := scroll.Content.Size().Height - view; {
	case to-from > view:
		return
	case from < offset.Y:
		offset.Y = max(0, from)
	case to > offset.Y+view:
		offset.Y = min(to-view, most)
	}
	scroll.ScrollToOffset(offset)
}

// parts is what NewScroll put together; nil for anything else.
func parts(scroller fyne.CanvasObject) (*fyne.Container, *container.Scroll) {
	box, ok := scroller.(*fyne.Container)
	if !ok || len(box.Objects) != 1 {
		return nil, nil
	}
	scroll, ok := box.Objects[0].(*container.Scroll)
	if !ok {
		return nil, nil
	}
	return box, scroll
}

// scrolled gives the content its width before the scroller asks for its height.
type scrolled struct{ content *fyne.Container }

func (s scrolled) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	s.content.Resize(fyne.NewSize(size.Width, s.content.Size().Height))
	for _, o := range objects {
		o.Resize(size)
		o.Refresh()
	}
}

func (s scrolled) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least
}
