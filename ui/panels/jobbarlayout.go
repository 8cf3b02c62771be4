package panels

import (
	"slices"

	"fyne.io/fyne/v2"

	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// Lengths of the job bar, in points.
const (
	barRow   = 22 // its height, whatever goes on
	leastJob = 40 // what is left of words in a narrow window
	signEdge = 4  // left and right of what the program is for
)

// barLayout stands what is in the bar beside each other, what the program is for at
// the right. Where there is little room, the longest words are shortened first.
type barLayout struct{ b *JobBar }

func (l barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	sign := l.signWidth(size.Width)
	most := l.cap(objects, size.Width-sign)
	x := float32(0)
	for _, o := range objects {
		width := o.MinSize().Width
		if text, ok := o.(*widgets.Text); ok {
			width = min(text.Wish(), most)
		}
		if o == fyne.CanvasObject(l.b.sign) {
			x, width = size.Width-sign, sign
		}
		o.Resize(fyne.NewSize(width, o.MinSize().Height)) // words learn their width, and so their height
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(x, (size.Height-height)/2))
		x += width + theme.Gap
	}
}

// signWidth is what is given to what the program is for: its short form is always
// whole.
func (l barLayout) signWidth(room float32) float32 {
	return 2*signEdge + min(l.b.purpose.Wish(), max(l.b.purposeWidth, 0.7*room))
}

// cap is the greatest width of any words at which all fit into room.
func (l barLayout) cap(objects []fyne.CanvasObject, room float32) float32 {
	var wishes []float32
	for _, o := range objects {
		if text, ok := o.(*widgets.Text); ok {
			wishes = append(wishes, text.Wish())
		} else if o != fyne.CanvasObject(l.b.sign) {
			room -= o.MinSize().Width
		}
	}
	room -= float32(len(objects)-1) * theme.Gap
	slices.Sort(wishes)
	for i, wish := range wishes {
		share := room / float32(len(wishes)-i)
		if wish > share {
			return max(share, 0)
		}
		room -= wish
	}
	return slices.Max(append(wishes, 0))
}

func (l barLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	width := l.b.purposeWidth + 2*signEdge + float32(max(len(objects)-1, 0))*theme.Gap
	for _, o := range objects {
		if text, ok := o.(*widgets.Text); ok {
			width += min(text.Wish(), leastJob)
		} else if o != fyne.CanvasObject(l.b.sign) {
			width += o.MinSize().Width
		}
	}
	return fyne.NewSize(width, barRow)
}
