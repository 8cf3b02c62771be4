package viewer

import (
	"image"
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"zoomscope/assets"
)

// Lengths of the furniture, in points.
const (
	margin    = 10  // from the view's edge
	padding   = 6   // of a plate, left and right
	gap       = 4   // between plates
	barMost   = 200 // the longest scale bar
	barShare  = 0.2 // of the view's width: the longest scale bar
	barStroke = 2
	barTick   = 6
)

// furniture is what is always shown over the slide: the scale bar, the scale, the
// place under the cursor, and the overview map.
type furniture struct {
	v       *Viewer
	on      bool
	readout func(x, y float64) string
	reread  bool // the readout may differ at the same place

	box      *fyne.Container
	bar      *barPlate
	scale    *plate
	place    *plate
	overview *overview

	drawn   drawn
	x, y    int // the place told
	told    bool
	due     bool    // it is about to be told
	reserve float32 // width kept for the place, so that it does not jump about
}

// drawn is all that the scale bar and the scale depend on.
type drawn struct {
	zoom, mpp float64
	w, h      int
	at        screen
	text      float32
}

func newFurniture(v *Viewer) *furniture {
	f := &furniture{v: v, on: true, bar: newBarPlate(), scale: newPlate(), place: newPlate(), overview: newOverview(v)}
	f.place.box.Hide()
	f.box = &fyne.Container{Objects: []fyne.CanvasObject{f.bar.box, f.scale.box, f.place.box, f.overview}}
	return f
}

// setSlide forgets what was told of the slide before.
func (f *furniture) setSlide(p pyramid, preview *image.RGBA) {
	f.drawn, f.told, f.reserve = drawn{}, false, 0
	f.place.text.Text, f.place.width = "", 0
	f.overview.set(p, preview)
}

// arrange brings everything up to date; it does little where nothing changed.
func (f *furniture) arrange() {
	if !f.on || !f.v.ready() || f.v.camera.Zoom <= 0 {
		f.box.Hide()
		return
	}
	f.box.Show()
	now := drawn{f.v.proj.zoom, f.v.mpp, f.v.proj.w, f.v.proj.h, f.v.at, f.v.Theme().Size(theme.SizeNameText)}
	if now != f.drawn {
		if now.text != f.drawn.text {
			f.reserve, f.told = 0, false
		}
		f.drawn = now
		f.bar.set(f.v.options.Texts, now)
		f.scale.set(f.v.options.Texts.scale(now.zoom, now.mpp), now.text)
		f.layout()
	}
	f.later()
	f.overview.arrange()
}

// readTime is how often the place under the cursor is told while the view moves.
const readTime = 100 * time.Millisecond

// later tells of the place under the cursor in a while: in a moving view it is a new
// one with every frame, which is dear to write and cannot be read.
func (f *furniture) later() {
	if f.due || !f.v.cursor.inside && !f.place.box.Visible() {
		return
	}
	f.due = true
	wait := &fyne.Animation{Duration: readTime, Tick: func(t float32) {
		if t >= 1 {
			f.due = false
			f.hover()
		}
	}}
	wait.Start()
}

// hover tells of the place under the cursor now.
func (f *furniture) hover() {
	x, y, inside := f.v.cursorPlace()
	if !f.on || !inside {
		f.told = false
		if f.place.box.Visible() {
			f.place.box.Hide()
			canvas.Refresh(f.place.ground)
		}
		return
	}
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	if f.told && !f.reread && ix == f.x && iy == f.y {
		return
	}
	f.x, f.y, f.told, f.reread = ix, iy, true, false
	text := place(ix, iy)
	if f.readout != nil {
		if more := f.readout(x, y); more != "" {
			text += space + space + space + more
		}
	}
	f.place.set(text, f.drawn.text)
	f.place.box.Show()
	f.layout()
	canvas.Refresh(f.place.ground)
}

// layout puts the plates along the lower edge, the place above the others where the
// view is narrow.
func (f *furniture) layout() {
	size := f.v.Size()
	if f.reserve == 0 {
		f.reserve = plateWidth(place(f.v.slide.width, f.v.slide.height), f.drawn.text)
	}
	f.reserve = max(f.reserve, f.place.width)
	left := float32(margin)
	if f.bar.width > 0 {
		left += f.bar.width + gap
	}
	bottom := size.Height - margin
	f.bar.move(margin, bottom-f.bar.height)
	all := f.scale.width + gap + f.reserve
	x := max((size.Width-all)/2, left)
	if x+all <= size.Width-margin {
		f.scale.move(x, bottom-f.scale.height)
		f.place.move(x+f.scale.width+gap, bottom-f.place.height)
		return
	}
	f.scale.move(left, bottom-f.scale.height)
	f.place.move(margin, bottom-max(f.scale.height, f.bar.height)-gap-f.place.height)
}

// plateColour lets little of the tissue through, so that marker-coloured text can be
// read on white, on stain and on black.
func plateColour() color.Color {
	h := assets.Halo()
	return color.NRGBA{R: h.R, G: h.G, B: h.B, A: 0xd9}
}

// plate is a line of text on a ground of its own.
type plate struct {
	box           *fyne.Container
	ground        *canvas.Rectangle
	text          *canvas.Text
	width, height float32
}

func newPlate() *plate {
	p := &plate{
		ground: &canvas.Rectangle{FillColor: plateColour(), CornerRadius: 3},
		text:   &canvas.Text{Color: assets.Marker()},
	}
	p.box = &fyne.Container{Objects: []fyne.CanvasObject{p.ground, p.text}}
	return p
}

// plateWidth is how wide a plate is that holds a text.
func plateWidth(text string, size float32) float32 {
	return ceil(fyne.MeasureText(text, size, fyne.TextStyle{}).Width) + 2*padding
}

func (p *plate) set(text string, size float32) {
	if p.text.Text == text && p.text.TextSize == size {
		return
	}
	p.text.Text, p.text.TextSize = text, size
	m := p.text.MinSize()
	p.width, p.height = ceil(m.Width)+2*padding, ceil(m.Height)+2
	p.ground.Resize(fyne.NewSize(p.width, p.height))
	p.text.Move(fyne.NewPos(padding, 1))
	p.text.Resize(m)
	p.text.Refresh()
}

func (p *plate) move(x, y float32) { p.box.Move(fyne.NewPos(ceil(x), ceil(y))) }

// barPlate is the scale bar: a plate with a line under the text.
type barPlate struct {
	plate
	strokes [3]*canvas.Rectangle // the bar and its ends
}

func newBarPlate() *barPlate {
	b := &barPlate{plate: *newPlate()}
	for i := range b.strokes {
		b.strokes[i] = &canvas.Rectangle{FillColor: assets.Marker()}
		b.box.Objects = append(b.box.Objects, b.strokes[i])
	}
	return b
}

// set makes the bar for a zoom, and hides it where the resolution is not known.
func (b *barPlate) set(t Texts, d drawn) {
	if d.mpp <= 0 {
		b.box.Hide()
		b.width = 0
		return
	}
	b.box.Show()
	um := d.mpp / d.zoom // of a device pixel
	most := min(barMost*d.at.scale, barShare*float64(d.w))
	length := t.newBar(most * um)
	b.plate.set(length.text, d.text)
	m := b.text.MinSize()
	bar := float32(math.Round(length.um/um) / d.at.scale)
	b.width, b.height = ceil(max(bar, m.Width))+2*padding, ceil(m.Height)+barTick+3
	b.ground.Resize(fyne.NewSize(b.width, b.height))
	b.text.Move(fyne.NewPos((b.width-m.Width)/2, 0))
	x, y := ceil((b.width-bar)/2), ceil(m.Height)+barTick-1
	put := func(o *canvas.Rectangle, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	put(b.strokes[0], x, y-barStroke, bar, barStroke)
	put(b.strokes[1], x, y-barTick, barStroke, barTick)
	put(b.strokes[2], x+bar-barStroke, y-barTick, barStroke, barTick)
}

// ceil keeps plates on whole points.
func ceil(v float32) float32 { return float32(math.Ceil(float64(v))) }
