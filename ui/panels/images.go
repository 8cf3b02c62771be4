package panels

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// images keeps the images beside the slide hidden until the user asks for them.
type images struct {
	texts   *texts.Texts
	object  *fyne.Container
	privacy *widgets.Text
	button  *widgets.Button
	choice  *fyne.Container
	shown   *fyne.Container
	want    func()
}

func newImages(t *texts.Texts, want func()) *images {
	i := &images{texts: t, want: want, privacy: widgets.NewNote(""), shown: widgets.NewColumn(theme.Gap)}
	i.button = widgets.NewButton(t.Slide.ShowImages, i.press)
	i.choice = widgets.NewFlow(0, i.button)
	i.object = widgets.NewColumn(theme.Gap, i.privacy, i.choice, i.shown)
	i.clear(nil)
	return i
}

// clear forgets the images; names are those that could be asked for.
func (i *images) clear(names []string) {
	replace(i.shown)
	i.button.SetText(i.texts.Slide.ShowImages)
	show(i.choice, len(names) > 0)
	i.privacy.SetText(i.texts.Slide.NoImages)
	if len(names) > 0 {
		i.privacy.SetText(i.texts.Slide.Privacy)
	}
	i.object.Refresh()
}

func (i *images) press() {
	if len(i.shown.Objects) > 0 {
		replace(i.shown)
		i.button.SetText(i.texts.Slide.ShowImages)
		i.object.Refresh()
		return
	}
	tell(i.want)
}

func (i *images) show(list []SlideImage) {
	var parts []fyne.CanvasObject
	for _, each := range list {
		parts = append(parts, widgets.NewNote(each.Name), framed(each))
	}
	replace(i.shown, parts...)
	i.button.SetText(i.texts.Slide.HideImages)
	i.object.Refresh()
}

// framed is an image as wide as the panel and as high as that makes it.
func framed(each SlideImage) fyne.CanvasObject {
	shown := canvas.NewImageFromImage(picture(each.Picture))
	shown.FillMode, shown.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	height := float32(theme.PanelWidth)
	if each.Picture != nil && each.Picture.Rect.Dx() > 0 {
		inner := float32(theme.PanelWidth - 4*theme.Gap)
		height = min(inner*float32(each.Picture.Rect.Dy())/float32(each.Picture.Rect.Dx()), height)
	}
	return widgets.NewAtLeast(0, height, shown)
}
