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
	caution *Text
	meter   *Meter
	shut    *Pressable
	words   *fyne.Container
	content *fyne.Container
}

// NewSlideRow makes a row; tapped is called when it is pressed, shut when its
// cross is.
func NewSlideRow(tapped, shut func()) *SlideRow {
	r := &SlideRow{
		picture: canvas.NewImageFromImage(nil),
		name:    NewText("", TextLook{MaxLines: 2}),
		state:   NewText("", TextLook{Size: standard.SizeNameCaptionText, MaxLines: 3}),
		caution: NewText("", TextLook{Size: standard.SizeNameCaptionText, Color: standard.ColorNameWarning, MaxLines: 2}),
		meter:   NewMeter(),
	}
	r.picture.FillMode, r.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	r.meter.Hide()
	r.caution.Hide()
	r.thumb = newPlaceholder(r.picture)
	thumb := NewAtLeast(theme.ThumbSide, theme.ThumbSide, r.thumb)
	r.shut = NewCross(shut)
	r.words = NewColumn(2, r.name, NewColumn(0, r.state, r.caution), r.meter)
	r.content = NewTopRow(6, 1, thumb, r.words, r.shut)
	r.extend(r, NewInset(4, 4, r.content), PressableLook{MarkFill: standard.ColorNameSelection}, tapped)
	return r
}

// SetPicture shows the slide's picture; nil shows none. The one shown already costs
// nothing.
func (r *SlideRow) SetPicture(picture image.Image) {
	if r.picture.Image == picture {
		return
	}
	r.picture.Image = picture
	r.picture.Hidden = picture == nil
	r.thumb.Refresh()
}

// Picture is the picture shown; nil for none.
func (r *SlideRow) Picture() image.Image { return r.picture.Image }

// SetName shows the slide's name.
func (r *SlideRow) SetName(name string) { r.name.SetText(name) }

// SetState shows how the slide stands, in a colour of the theme, and a caution about
// it, "" for none. A fraction of [0, 1] shows a bar; a negative one shows none. What
// is as before costs nothing; where the row's height is another, what it stands in
// is to be laid out anew.
func (r *SlideRow) SetState(words, caution string, ink fyne.ThemeColorName, fraction float64) {
	before := r.words.MinSize()
	r.state.SetText(words)
	r.state.SetColor(ink)
	r.caution.SetText(caution)
	r.caution.Hidden = caution == ""
	r.meter.Hidden = fraction < 0
	if !r.meter.Hidden {
		r.meter.Set(fraction)
	}
	if r.words.MinSize() != before {
		r.content.Layout.Layout(r.content.Objects, r.content.Size())
	}
}

// Words are name, state and caution as given.
func (r *SlideRow) Words() (name, state, caution string) {
	return r.name.Text(), r.state.Text(), r.caution.Text()
}

// Cross is the control that closes the slide.
func (r *SlideRow) Cross() *Pressable { return r.shut }

// NewCross is a small cross that closes or cancels.
func NewCross(tapped func()) *Pressable {
	icon := widget.NewIcon(tinted(standard.IconNameCancel, standard.ColorNamePlaceHolder))
	return NewPressable(NewInset(2, 2, NewAtLeast(14, 14, icon)), PressableLook{}, tapped)
}
