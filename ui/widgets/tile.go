package widgets

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/theme"
)

// Patch is what a tile of the gallery shows.
type Patch struct {
	Picture image.Image // nil while it is still to come
	Rank    string
	Share   string
	// SlideAspect is the slide's width over its height, and X, Y where the patch's
	// middle lies on it, in [0, 1]. 0 leaves the map of the place away.
	SlideAspect, X, Y float64
}

// PatchTile is a patch with its rank, its share and a small map of its place.
type PatchTile struct {
	Pressable
	picture *canvas.Image
}

// NewPatchTile makes a tile. Pressing and hovering call back.
func NewPatchTile(p Patch, tapped func(), hover func(inside bool)) *PatchTile {
	t := &PatchTile{picture: canvas.NewImageFromImage(p.Picture)}
	t.picture.FillMode, t.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	t.picture.Hidden = p.Picture == nil
	share := NewText(p.Share, TextLook{Size: standard.SizeNameCaptionText, Align: fyne.TextAlignCenter, MaxLines: 1})
	framed := container.New(tileLayout{p}, t.picture, badge(p.Rank), placeMap(p), placeDot())
	look := PressableLook{Fill: theme.ColorNameTrack, Border: standard.ColorNameSeparator}
	t.extend(t, NewColumn(1, framed, NewInset(2, 1, share)), look, tapped)
	t.OnHover = hover
	return t
}

// SetPicture shows the patch once it was read.
func (t *PatchTile) SetPicture(picture image.Image) {
	t.picture.Image = picture
	t.picture.Hidden = picture == nil
	t.picture.Refresh()
}

// badge is text on a plate of the marker's colour, readable on any tissue.
func badge(rank string) fyne.CanvasObject {
	plate := rounded(3)
	plate.FillColor = color.NRGBA{A: 0xc8}
	word := canvas.NewText(rank, color.White)
	word.TextSize, word.TextStyle.Bold = theme.CaptionSize, true
	return container.NewStack(plate, NewInset(4, 0, word))
}

// placeMap is the slide as a sheet of glass.
func placeMap(p Patch) fyne.CanvasObject {
	sheet := canvas.NewRectangle(color.NRGBA{0xff, 0xff, 0xff, 0xd8})
	sheet.StrokeColor, sheet.StrokeWidth = color.NRGBA{A: 0xc8}, 1
	sheet.Hidden = p.SlideAspect <= 0
	return sheet
}

func placeDot() fyne.CanvasObject { return canvas.NewCircle(color.Black) }

// tileLayout places picture, badge, map and dot.
type tileLayout struct{ p Patch }

const dotSide = 5

func (l tileLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	picture, rank, sheet, dot := objects[0], objects[1], objects[2], objects[3]
	picture.Resize(size)
	rank.Resize(rank.MinSize())
	rank.Move(fyne.NewPos(3, 3))
	if l.p.SlideAspect <= 0 {
		dot.Hide()
		return
	}
	area := fyne.NewSize(theme.MarkerMapSide, theme.MarkerMapSide/float32(l.p.SlideAspect))
	if l.p.SlideAspect < 1 {
		area = fyne.NewSize(theme.MarkerMapSide*float32(l.p.SlideAspect), theme.MarkerMapSide)
	}
	area = area.Max(fyne.NewSquareSize(dotSide + 3)) // of a very long slide
	corner := fyne.NewPos(size.Width-area.Width-3, size.Height-area.Height-3)
	sheet.Resize(area)
	sheet.Move(corner)
	dot.Resize(fyne.NewSquareSize(dotSide))
	x := float32(min(max(l.p.X, 0), 1)) * (area.Width - dotSide)
	y := float32(min(max(l.p.Y, 0), 1)) * (area.Height - dotSide)
	dot.Move(corner.AddXY(x, y))
}

func (l tileLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSquareSize(theme.TileSide)
}
