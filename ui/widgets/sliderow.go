package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// SlideRow is a slide in a list: its picture, its name, and how it stands.
type SlideRow struct {
	Pressable
	picture *canvas.Image
	thumb   *placeholder
	name    *Text
	state   *Text
	meter   *Meter
	shut    *Pressable
	content *fyne.Container
}

// NewSlideRow makes a row; tapped is called when it is pressed, shut when its
// cross is.
func NewSlideRow(tapped, shut func()) *SlideRow {
	r := &SlideRow{
		picture: canvas.NewImageFromImage(nil),
		name:    NewText("", TextLook{MaxLines: 2}),
		state:   NewText("", TextLook{Size: standard.SizeNameCaptionText, MaxLines: 3}),
		meter:   NewMeter(),
	}
	r.picture.FillMode, r.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	r.meter.Hide()
	r.thumb = newPlaceholder(r.picture)
	thumb := NewAtLeast(theme.ThumbSide, theme.ThumbSide, r.thumb)
	r.shut = NewCross(shut)
	words := NewColumn(2, r.name, r.state, r.meter)
	r.content = NewTopRow(6, 1, thumb, words, r.shut)
	r.extend(r, NewInset(4, 4, r.content), PressableLook{MarkFill: standard.ColorNameSelection}, tapped)
	return r
}

// SetPicture shows the slide's picture; nil shows none.
func (r *SlideRow) SetPicture(picture image.Image) {
	r.picture.Image = picture
	r.picture.Hidden = picture == nil
	r.thumb.Refresh()
}

// SetName shows the slide's name.
func (r *SlideRow) SetName(name string) { r.name.SetText(name) }

// SetState shows how the slide stands, in a colour of the theme. A fraction of
// [0, 1] shows a bar; a negative one shows none.
func (r *SlideRow) SetState(words string, ink fyne.ThemeColorName, fraction float64) {
	r.state.SetText(words)
	r.state.SetColor(ink)
	r.meter.Hidden = fraction < 0
	r.meter.Set(fraction)
	r.content.Refresh()
	r.Refresh()
}

// Words are name and state as given.
func (r *SlideRow) Words() (name, state string) { return r.name.Text(), r.state.Text() }

// Cross is the control that closes the slide.
func (r *SlideRow) Cross() *Pressable { return r.shut }

// NewCross is a small cross that closes or cancels.
func NewCross(tapped func()) *Pressable {
	icon := widget.NewIcon(tinted(standard.IconNameCancel, standard.ColorNamePlaceHolder))
	return NewPressable(NewInset(2, 2, NewAtLeast(14, 14, icon)), PressableLook{}, tapped)
}
