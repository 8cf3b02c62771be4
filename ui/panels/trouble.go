package panels

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// TroubleEvents are what the user does about a slide that cannot be shown. Any may
// be nil.
type TroubleEvents struct {
	Again func() // try once more
	Close func() // take it from the list
}

// Trouble stands in the slide area for a slide that cannot be shown.
type Trouble struct {
	object               fyne.CanvasObject
	name, what, do, more *widgets.Text
}

// NewTrouble makes it with nothing to tell.
func NewTrouble(t *texts.Texts, on TroubleEvents) *Trouble {
	p := &Trouble{
		name: widgets.NewText("", widgets.TextLook{Size: standard.SizeNameHeadingText, Bold: true}),
		what: widgets.NewText("", widgets.TextLook{Color: standard.ColorNameError}),
		do:   widgets.NewBody(""), more: widgets.NewNote(""),
	}
	column := widgets.NewColumn(2*theme.Gap, p.name, p.what, p.do,
		widgets.NewFlow(theme.Gap,
			widgets.NewButton(t.Slides.Again, func() { tell(on.Again) }),
			widgets.NewButton(t.Slides.Remove, func() { tell(on.Close) })),
		p.more)
	p.object = container.NewCenter(widgets.NewAtLeast(startWidth, 0, column))
	return p
}

// Object is what to place in the window.
func (p *Trouble) Object() fyne.CanvasObject { return p.object }

// Set tells of a slide what happened and what to do; details are for who asks.
func (p *Trouble) Set(name string, problem texts.Problem, details string) {
	p.name.SetText(name)
	p.what.SetText(problem.What)
	p.do.SetText(problem.Do)
	p.more.SetText(details)
	p.object.Refresh()
}
