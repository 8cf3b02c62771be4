package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"zoomscope/assets"
)

// Spot is a place of a picture: a rectangle in fractions of its width and height.
type Spot struct{ X, Y, Width, Height float64 }

// on tells whether any of the place is on the picture.
func (s Spot) on() bool { return s.X < 1 && s.Y < 1 && s.X+s.Width >= 0 && s.Y+s.Height >= 0 }

// SpotPicture is a picture with places marked on it, or an empty frame while there
// is none.
type SpotPicture struct {
	widget.BaseWidget
	thumb   *placeholder
	picture *canvas.Image
	layer   *fyne.Container
	marks   []*spotMark
	spots   []Spot
	least   float32
}

// spotMark is a hollow square with a dark rim, to be seen on any tissue.
type spotMark struct{ halo, line *canvas.Rectangle }

// NewSpotPicture makes an empty frame. A mark is at least so many points wide and
// high, however small its place.
func NewSpotPicture(least float32) *SpotPicture {
	p := &SpotPicture{picture: canvas.NewImageFromImage(nil), least: least}
	p.picture.FillMode, p.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	p.picture.Hide()
	p.thumb = newPlaceholder(p.picture)
	p.layer = container.New(spotLayout{p})
	p.ExtendBaseWidget(p)
	return p
}

// Set shows a picture, nil for none, with places marked: of each the part that is on
// the picture. Without a picture nothing is marked.
func (p *SpotPicture) Set(picture image.Image, spots []Spot) {
	if p.picture.Image != picture {
		p.picture.Image = picture
		p.picture.Hidden = picture == nil
		p.thumb.Refresh()
	}
	if picture == nil {
		spots = nil
	}
	if len(spots) == 0 && len(p.spots) == 0 {
		return
	}
	p.spots = spots
	for len(p.marks) < len(spots) {
		p.addMark()
	}
	spotLayout{p}.Layout(nil, p.Size())
	canvas.Refresh(p.layer) // without each of them
}

// Spots are the places marked.
func (p *SpotPicture) Spots() []Spot { return p.spots }

// Picture is the picture shown; nil for none.
func (p *SpotPicture) Picture() image.Image { return p.picture.Image }

func (p *SpotPicture) addMark() {
	m := &spotMark{rounded(0), rounded(0)}
	m.halo.StrokeColor, m.halo.StrokeWidth = assets.Halo(), 3
	m.line.StrokeColor, m.line.StrokeWidth = assets.Marker(), 1.5
	p.marks = append(p.marks, m)
	p.layer.Add(m.halo)
	p.layer.Add(m.line)
}

// CreateRenderer belongs to Fyne.
func (p *SpotPicture) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(p.thumb, p.layer))
}

type spotLayout struct{ p *SpotPicture }

func (l spotLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	p := l.p
	for i, m := range p.marks {
		none := i >= len(p.spots) || !p.spots[i].on()
		m.halo.Hidden, m.line.Hidden = none, none
		if none {
			continue
		}
		at, side := p.place(p.spots[i], size)
		m.halo.Move(at)
		m.halo.Resize(side)
		m.line.Move(at.AddXY(0.75, 0.75))
		m.line.Resize(side.Subtract(fyne.NewSquareSize(1.5)).Max(fyne.Size{}))
	}
}

func (l spotLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// place is where a spot lies within the frame, of which the picture fills a part. Of
// a spot that reaches beyond the picture it is the part on it.
func (p *SpotPicture) place(s Spot, size fyne.Size) (fyne.Position, fyne.Size) {
	bounds := p.picture.Image.Bounds()
	scale := min(size.Width/float32(bounds.Dx()), size.Height/float32(bounds.Dy()))
	area := fyne.NewSize(scale*float32(bounds.Dx()), scale*float32(bounds.Dy()))
	corner := fyne.NewPos((size.Width-area.Width)/2, (size.Height-area.Height)/2)
	x, width := along(s.X, s.Width, area.Width, p.least)
	y, height := along(s.Y, s.Height, area.Height, p.least)
	return corner.AddXY(x, y), fyne.NewSize(width, height)
}

// along is where a mark begins and how long it is, on a side of so many points, of a
// place in fractions of it. It is at least so long, as far as the side is.
func along(from, length float64, side, least float32) (at, long float32) {
	begin, end := side*float32(within(from, 1)), side*float32(within(from+length, 1))
	long = min(max(end-begin, least), side)
	return float32(within(float64(begin+end-long)/2, float64(side-long))), long
}

// within keeps a coordinate from 0 to most.
func within(x, most float64) float64 { return max(0, min(x, most)) }
