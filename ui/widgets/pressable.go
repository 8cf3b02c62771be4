package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// Mark is how much a Pressable stands out.
type Mark int

// The marks there are.
const (
	Plain    Mark = iota
	Related       // belongs to the selected one
	Selected      // the one at hand
)

// Pressable is a surface that can be pressed and hovered over; what stands on it
// is given. It is the base of rows, tiles, segments and headers.
type Pressable struct {
	widget.BaseWidget
	// OnTapped is called when the surface is pressed, unless it is disabled.
	OnTapped func()
	// OnHover is called when the pointer comes and goes.
	OnHover func(inside bool)

	look     PressableLook
	content  fyne.CanvasObject
	back     *canvas.Rectangle
	veil     *canvas.Rectangle
	mark     Mark
	hovered  bool
	disabled bool
}

// PressableLook is how a surface is drawn; the zero value is transparent with no
// border.
type PressableLook struct {
	Fill   fyne.ThemeColorName
	Border fyne.ThemeColorName
	// MarkFill is the surface of the selected one; empty shows it by a border.
	MarkFill fyne.ThemeColorName
}

// NewPressable makes a surface under content.
func NewPressable(content fyne.CanvasObject, look PressableLook, tapped func()) *Pressable {
	p := &Pressable{}
	p.extend(p, content, look, tapped)
	return p
}

// extend makes p the surface of another control, which embeds it.
func (p *Pressable) extend(control fyne.Widget, content fyne.CanvasObject, look PressableLook, tapped func()) {
	p.OnTapped, p.look, p.content = tapped, look, content
	p.back, p.veil = rounded(3), rounded(3)
	p.ExtendBaseWidget(control)
}

// Mark shows the surface as plain, related or selected.
func (p *Pressable) Mark(mark Mark) {
	if p.mark != mark {
		p.mark = mark
		p.Refresh()
	}
}

// Marked tells the mark.
func (p *Pressable) Marked() Mark { return p.mark }

// Enable makes the surface answer, or not.
func (p *Pressable) Enable(on bool) {
	if p.disabled == on {
		p.disabled, p.hovered = !on, false
		p.Refresh()
	}
}

// Disabled tells whether the surface does not answer.
func (p *Pressable) Disabled() bool { return p.disabled }

// Tapped belongs to Fyne.
func (p *Pressable) Tapped(*fyne.PointEvent) {
	if !p.disabled && p.OnTapped != nil {
		p.OnTapped()
	}
}

// MouseIn belongs to Fyne.
func (p *Pressable) MouseIn(*desktop.MouseEvent) { p.hover(true) }

// MouseMoved belongs to Fyne.
func (p *Pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut belongs to Fyne.
func (p *Pressable) MouseOut() { p.hover(false) }

func (p *Pressable) hover(inside bool) {
	if p.disabled {
		return
	}
	p.hovered = inside && p.OnTapped != nil
	p.paint()
	p.veil.Refresh()
	if p.OnHover != nil {
		p.OnHover(inside)
	}
}

// CreateRenderer belongs to Fyne.
func (p *Pressable) CreateRenderer() fyne.WidgetRenderer {
	return newPainted(container.NewStack(p.back, p.content, p.veil), p.paint)
}

func (p *Pressable) paint() {
	fill, border, width := p.look.Fill, p.look.Border, float32(1)
	switch {
	case p.mark == Selected && p.look.MarkFill != "":
		fill = p.look.MarkFill
	case p.mark == Selected:
		border, width = standard.ColorNamePrimary, 3
	case p.mark == Related:
		border, width = theme.ColorNameRelated, 2
	}
	p.back.FillColor = inked(p, fill)
	p.veil.StrokeColor, p.veil.StrokeWidth = inked(p, border), width
	if border == "" {
		p.veil.StrokeWidth = 0
	}
	p.veil.FillColor = inked(p, "")
	if p.hovered {
		p.veil.FillColor = inked(p, standard.ColorNameHover)
	}
}
