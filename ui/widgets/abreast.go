package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// abreast stands objects beside each other in columns of one width where there is
// room for that, else one below the other.
type abreast struct {
	gap, least float32
	width      float32
}

// NewAbreast makes a container whose objects stand beside each other, gap points
// apart, where each has at least so many points, and else one below the other.
func NewAbreast(gap, least float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&abreast{gap: gap, least: least}, objects...)
}

func (a *abreast) columns(n int) int {
	if n > 1 && a.width >= float32(n)*a.least+float32(n-1)*a.gap {
		return n
	}
	return 1
}

func (a *abreast) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	a.width = size.Width
	seen := visible(objects)
	n := a.columns(len(seen))
	width := (size.Width - float32(n-1)*a.gap) / float32(n)
	at := fyne.Position{}
	for _, o := range seen {
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(width, height))
		o.Move(at)
		if n > 1 {
			at.X += width + a.gap
		} else {
			at.Y += height + a.gap
		}
	}
}

func (a *abreast) MinSize(objects []fyne.CanvasObject) fyne.Size {
	seen := visible(objects)
	n := a.columns(len(seen))
	least := fyne.Size{}
	for i, o := range seen {
		m := o.MinSize()
		least.Width = max(least.Width, m.Width)
		if n > 1 {
			least.Height = max(least.Height, m.Height)
		} else {
			least.Height += m.Height
			if i > 0 {
				least.Height += a.gap
			}
		}
	}
	return least
}

func visible(objects []fyne.CanvasObject) []fyne.CanvasObject {
	var seen []fyne.CanvasObject
	for _, o := range objects {
		if o.Visible() {
			seen = append(seen, o)
		}
	}
	return seen
}
