package viewer

import (
	"image"
	"image/color"
	"math"
	"strings"
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
	where   string
	more    string // of the readout
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
	f.where, f.more = "", ""
	f.place.set(0)
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
		f.scale.set(now.text, f.v.options.Texts.scale(now.zoom, now.mpp))
		f.fit()
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
	f.where, f.more = place(ix, iy), ""
	if f.readout != nil {
		f.more = f.readout(x, y)
	}
	f.fit()
	f.place.box.Show()
	f.layout()
	canvas.Refresh(f.place.ground)
}

// fit writes the place in one line, or in two where the view is narrow, shortened
// where it is narrower yet.
func (f *furniture) fit() {
	room := f.v.Size().Width - 2*margin
	line := f.where
	if f.more != "" {
		line += space + space + space + f.more
	}
	if plateWidth(line, f.drawn.text) <= room {
		f.place.set(f.drawn.text, line)
		return
	}
	var lines []string
	for _, line := range []string{f.where, f.more} {
		if line != "" {
			lines = append(lines, shorten(line, f.drawn.text, room))
		}
	}
	f.place.set(f.drawn.text, lines...)
}

// shorten cuts a text so that its plate is no wider than room, with dots for what is
// cut.
func shorten(text string, size, room float32) string {
	if plateWidth(text, size) <= room {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && plateWidth(string(letters)+"…", size) > room {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
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
	under := max(f.scale.height, f.bar.height)
	if left+f.scale.width > size.Width-margin && left > margin {
		left, under = margin, f.bar.height+gap+f.scale.height
		bottom -= f.bar.height + gap
	}
	f.scale.move(left, bottom-f.scale.height)
	f.place.move(margin, size.Height-margin-under-gap-f.place.height)
}

// plateColour lets little of the tissue through, so that marker-coloured text can be
// read on white, on stain and on black.
func plateColour() color.Color {
	h := assets.Halo()
	return color.NRGBA{R: h.R, G: h.G, B: h.B, A: 0xf0}
}

// plateEdge keeps a plate in one piece where it lies half on the slide and half on
// ground of its own colour.
func plateEdge() color.Color { return color.Gray{Y: 0x70} }

// plate is text on a ground of its own, in one line or two.
type plate struct {
	box           *fyne.Container
	ground        *canvas.Rectangle
	texts         [2]*canvas.Text
	width, height float32
}

func newPlate() *plate {
	p := &plate{
		ground: &canvas.Rectangle{FillColor: plateColour(), CornerRadius: 3, StrokeColor: plateEdge(), StrokeWidth: 1},
		texts:  [2]*canvas.Text{{Color: assets.Marker()}, {Color: assets.Marker()}},
	}
	p.box = &fyne.Container{Objects: []fyne.CanvasObject{p.ground, p.texts[0], p.texts[1]}}
	return p
}

// plateWidth is how wide a plate is that holds a text.
func plateWidth(text string, size float32) float32 {
	return ceil(fyne.MeasureText(text, size, fyne.TextStyle{}).Width) + 2*padding
}

// set shows up to two lines, those that are not "".
func (p *plate) set(size float32, lines ...string) {
	lines = append(lines, "", "")[:2]
	if p.text() == strings.Join(lines, "\n") && p.texts[0].TextSize == size {
		return
	}
	p.width, p.height = 0, 2
	for i, t := range p.texts {
		t.Text, t.TextSize = lines[i], size
		t.Hidden = lines[i] == ""
		if !t.Hidden {
			m := t.MinSize()
			t.Move(fyne.NewPos(padding, p.height-1))
			t.Resize(m)
			p.width, p.height = max(p.width, ceil(m.Width)+2*padding), p.height+ceil(m.Height)
		}
		t.Refresh()
	}
	p.ground.Resize(fyne.NewSize(p.width, p.height))
}

// text are the lines shown, each with a line end between.
func (p *plate) text() string { return p.texts[0].Text + "\n" + p.texts[1].Text }

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
	b.plate.set(d.text, length.text)
	m := b.texts[0].MinSize()
	bar := float32(math.Round(length.um/um) / d.at.scale)
	b.width, b.height = ceil(max(bar, m.Width))+2*padding, ceil(m.Height)+barTick+3
	b.ground.Resize(fyne.NewSize(b.width, b.height))
	b.texts[0].Move(fyne.NewPos((b.width-m.Width)/2, 0))
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
