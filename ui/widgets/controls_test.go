package widgets

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

func TestSegments(t *testing.T) {
	var told []int
	s := place(t, func() *Segments {
		return NewSegments([]string{"auto", "5x", "10x"}, func(i int) { told = append(told, i) })
	})
	test.Tap(s.Cell(2))
	test.Tap(s.Cell(2)) // chosen already
	if s.Chosen() != 2 || !slices.Equal(told, []int{2}) {
		t.Errorf("chosen %d, told %v", s.Chosen(), told)
	}
	s.Choose(1)
	if s.Cell(1).Marked() != Selected || s.Cell(2).Marked() != Plain || len(told) != 1 {
		t.Errorf("chosen by the program: told %v", told)
	}
	s.Choose(7)
	if s.Chosen() != 1 {
		t.Errorf("an option that is not there is chosen: %d", s.Chosen())
	}
	s.Enable(false)
	test.Tap(s.Cell(0))
	if s.Chosen() != 1 || len(told) != 1 {
		t.Error("a disabled option was chosen")
	}
	s.SetOptions([]string{"a", "b"})
	if !slices.Equal(s.Options(), []string{"a", "b"}) || s.Chosen() != 0 {
		t.Errorf("options %v, chosen %d", s.Options(), s.Chosen())
	}
}

func TestCheck(t *testing.T) {
	var told []bool
	c := place(t, func() *Check { return NewCheck("legend", func(on bool) { told = append(told, on) }) })
	test.Tap(c)
	test.Tap(c)
	c.Set(true)
	if !slices.Equal(told, []bool{true, false}) || !c.On() {
		t.Errorf("told %v, on %v", told, c.On())
	}
	c.Enable(false)
	test.Tap(c)
	if len(told) != 2 || !c.On() {
		t.Error("a disabled box was switched")
	}
}

func TestSlider(t *testing.T) {
	var told []float64
	write := func(v float64) string { return fmt.Sprint(v) }
	s := place(t, func() *Slider { return NewSlider("opacity", write, func(v float64) { told = append(told, v) }) })
	width := s.rail.Size().Width
	test.TapAt(s.rail, fyne.NewPos(width/2, 5))
	if !slices.Equal(told, []float64{0.5}) || s.value.Text() != "0.5" {
		t.Errorf("pressed in the middle: %v, %q", told, s.value.Text())
	}
	s.rail.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(width+50, 5)}})
	s.rail.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(-50, 5)}})
	if !slices.Equal(told, []float64{0.5, 1, 0}) {
		t.Errorf("dragged past both ends: %v", told)
	}
	s.Set(0.3)
	if len(told) != 3 || s.Value() != 0.3 || s.value.Text() != "0.3" {
		t.Errorf("set: told %v, value %v", told, s.Value())
	}
	s.Enable(false)
	test.TapAt(s.rail, fyne.NewPos(width/2, 5))
	if s.Value() != 0.3 {
		t.Error("a disabled slider moved")
	}
}

func TestButton(t *testing.T) {
	pressed := 0
	b := place(t, func() *Button { return NewIconButton("Run", standard.IconNameMediaPlay, func() { pressed++ }) })
	test.Tap(b)
	b.Enable(false)
	test.Tap(b)
	b.Enable(true)
	b.SetText("Cancel")
	test.Tap(b)
	if pressed != 2 || b.Text() != "Cancel" {
		t.Errorf("pressed %d times, says %q", pressed, b.Text())
	}
	if _, ok := any(b).(fyne.Focusable); ok {
		t.Error("a button takes the keyboard's focus")
	}
}

func TestChoice(t *testing.T) {
	var told []int
	c := place(t, func() *Choice { return NewChoice("none", func(i int) { told = append(told, i) }) })
	test.Tap(c)
	if c.Rows() != nil {
		t.Error("a list without options opens")
	}
	c.SetOptions([]Option{{Label: "auto", Note: "the best one"}, {Label: "webgpu", Note: "no adapter", Off: true}, {Label: "cpu"}}, 0)
	test.Tap(c)
	if len(c.Rows()) != 3 || c.Rows()[0].Marked() != Selected {
		t.Fatalf("%d rows", len(c.Rows()))
	}
	test.Tap(c.Rows()[1])
	if c.Rows() == nil || len(told) != 0 {
		t.Error("an option that is off was chosen")
	}
	test.Tap(c.Rows()[2])
	if c.Rows() != nil || !slices.Equal(told, []int{2}) || c.word.Text() != "cpu" {
		t.Errorf("told %v, shows %q", told, c.word.Text())
	}
	c.SetOptions(nil, -1)
	if c.word.Text() != "none" || c.Chosen() != -1 {
		t.Errorf("emptied: shows %q", c.word.Text())
	}
}

// TestChoiceChangesWhileOpen holds the open list to the options there are: a row of
// an old list would choose another option than the one it names.
func TestChoiceChangesWhileOpen(t *testing.T) {
	var told []int
	c := place(t, func() *Choice { return NewChoice("none", func(i int) { told = append(told, i) }) })
	c.SetOptions([]Option{{Label: "crc"}}, 0)
	test.Tap(c)
	open := c.popup
	c.SetOptions([]Option{{Label: "crc"}}, 0)
	if c.popup != open || c.Rows() == nil {
		t.Error("the same options close the list")
	}
	c.SetOptions([]Option{{Label: "colon"}, {Label: "crc"}}, 1)
	if len(c.Rows()) != 2 || c.Rows()[1].Marked() != Selected {
		t.Fatalf("%d rows in the open list", len(c.Rows()))
	}
	test.Tap(c.Rows()[0])
	if c.Rows() != nil || !slices.Equal(told, []int{0}) || c.word.Text() != "colon" {
		t.Errorf("told %v, shows %q", told, c.word.Text())
	}
	test.Tap(c)
	c.Enable(false)
	if c.Rows() != nil {
		t.Error("the list of a choice that is off can be pressed")
	}
	c.Enable(true)
	test.Tap(c)
	c.SetOptions(nil, -1)
	if c.Rows() != nil {
		t.Error("a list without options stays open")
	}
}

func TestChoiceKeys(t *testing.T) {
	var told []int
	c := place(t, func() *Choice { return NewChoice("none", func(i int) { told = append(told, i) }) })
	c.SetOptions([]Option{{Label: "auto"}, {Label: "webgpu", Off: true}, {Label: "cpu"}}, 0)
	on := fyne.CurrentApp().Driver().CanvasForObject(c)
	key := func(names ...fyne.KeyName) {
		for _, name := range names {
			on.Focused().TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	test.Tap(c)
	key(fyne.KeyUp, fyne.KeyDown)
	if c.Rows()[2].Marked() != Selected || c.Rows()[0].Marked() != Plain {
		t.Error("the row below is not marked, past the one that is off")
	}
	key(fyne.KeyDown, fyne.KeyReturn)
	if c.Rows() != nil || !slices.Equal(told, []int{2}) {
		t.Errorf("told %v", told)
	}
	test.Tap(c)
	key(fyne.KeyUp, fyne.KeyEscape)
	if c.Rows() != nil || c.Chosen() != 2 || len(told) != 1 {
		t.Errorf("Escape: chosen %d, told %v", c.Chosen(), told)
	}
	c.SetOptions([]Option{{Label: "auto", Off: true}}, -1)
	test.Tap(c)
	key(fyne.KeyReturn, fyne.KeyDown, fyne.KeyReturn)
	if c.Rows() == nil || len(told) != 1 {
		t.Errorf("nothing can be chosen, told %v", told)
	}
}

// TestFieldPassesEscape leaves a field by Escape, in a dialog and elsewhere.
func TestFieldPassesEscape(t *testing.T) {
	var f *Field
	w := window(t, fyne.NewSize(300, 400), func() fyne.CanvasObject { f = NewField(""); return f })
	var told []fyne.KeyName
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { told = append(told, e.Name) })
	f.Enter()
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.Canvas().Focused() != nil || len(told) != 0 {
		t.Errorf("outside a dialog: told %v", told)
	}
	inside := NewField("")
	dialog := widget.NewModalPopUp(inside, w.Canvas())
	dialog.Show()
	inside.Enter()
	inside.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.Canvas().Focused() != nil || !slices.Equal(told, []fyne.KeyName{fyne.KeyEscape}) {
		t.Errorf("in a dialog: told %v", told)
	}
}

func TestFold(t *testing.T) {
	var told []bool
	content := NewMeter()
	f := place(t, func() *Fold { return NewFold("Properties", content) })
	f.OnToggled = func(open bool) { told = append(told, open) }
	high := f.Object().MinSize().Height
	test.Tap(f.Header())
	if content.Visible() || f.Open() || f.Object().MinSize().Height >= high {
		t.Error("the content is still there")
	}
	test.Tap(f.Header())
	f.SetOpen(false)
	if !slices.Equal(told, []bool{false, true}) {
		t.Errorf("told %v", told)
	}
}

func TestWarningLine(t *testing.T) {
	done := 0
	with := NewWarningLine(Warning{Text: "in doubt", Action: "State…", Do: func() { done++ }})
	without := NewWarningLine(Warning{Text: "in doubt", Grave: true})
	place(t, func() *fyne.Container { return NewColumn(0, with, without) })
	if n := len(buttons(without)); n != 0 {
		t.Errorf("%d buttons where there is nothing to do", n)
	}
	test.Tap(buttons(with)[0])
	if done != 1 {
		t.Errorf("done %d times", done)
	}
}

// buttons are those within an object.
func buttons(o fyne.CanvasObject) []*Button {
	var found []*Button
	for _, each := range test.LaidOutObjects(o) {
		if b, ok := each.(*Button); ok {
			found = append(found, b)
		}
	}
	return found
}

func TestPatchTile(t *testing.T) {
	taps, hovers := 0, []bool{}
	p := Patch{Rank: "3", Share: "4.1 %", SlideAspect: 2, X: 1, Y: 0}
	tile := place(t, func() *PatchTile {
		return NewPatchTile(p, func() { taps++ }, func(in bool) { hovers = append(hovers, in) })
	})
	test.Tap(tile)
	tile.MouseIn(nil)
	tile.MouseOut()
	if taps != 1 || !slices.Equal(hovers, []bool{true, false}) {
		t.Errorf("%d taps, hovers %v", taps, hovers)
	}
	if tile.picture.Visible() {
		t.Error("a picture that is still to come is shown")
	}
	tile.SetPicture(image.NewRGBA(image.Rect(0, 0, 4, 4)))
	if !tile.picture.Visible() {
		t.Error("the picture is not shown")
	}
}

// The dot lies on the map where the patch lies on the slide, whatever its shape.
func TestTileMap(t *testing.T) {
	for _, aspect := range []float64{0.01, 0.5, 1, 3, 100} {
		for _, at := range []struct{ x, y float64 }{{0, 0}, {1, 1}, {0.25, 0.75}, {-2, 9}} {
			p := Patch{SlideAspect: aspect, X: at.x, Y: at.y}
			objects := []fyne.CanvasObject{NewMeter(), badge("1"), placeMap(p), placeDot()}
			tileLayout{p}.Layout(objects, fyne.NewSquareSize(theme.TileSide))
			sheet, dot := objects[2], objects[3]
			from, to := sheet.Position(), sheet.Position().AddXY(sheet.Size().Width, sheet.Size().Height)
			end := dot.Position().AddXY(dot.Size().Width, dot.Size().Height)
			if dot.Position().X < from.X || dot.Position().Y < from.Y || end.X > to.X+0.01 || end.Y > to.Y+0.01 {
				t.Errorf("aspect %v: dot of %v at %v is outside the map %v to %v", aspect, at, dot.Position(), from, to)
			}
			if to.X > theme.TileSide || from.X < 0 || to.Y > theme.TileSide {
				t.Errorf("aspect %v: map from %v to %v", aspect, from, to)
			}
		}
	}
}

func TestProbabilities(t *testing.T) {
	p := place(t, NewProbabilities)
	bars := []Bar{{Label: "a", Value: "92 %", Fraction: 0.92, First: true}, {Label: "b", Value: "8 %", Fraction: 0.08}}
	p.Set(bars)
	var full []float64
	for _, o := range test.LaidOutObjects(p.Object()) {
		if m, ok := o.(*Meter); ok {
			full = append(full, m.Fraction())
		}
	}
	if !slices.Equal(full, []float64{0.92, 0.08}) || !slices.Equal(p.Bars(), bars) {
		t.Errorf("meters %v", full)
	}
}

func TestMeter(t *testing.T) {
	m := NewMeter()
	window(t, fyne.NewSize(200, 8), func() fyne.CanvasObject { return m })
	for fraction, want := range map[float64]float32{0: 0, 0.5: 100, 1: 200, -3: 0, 7: 200, 0.0001: 2} {
		m.Set(fraction)
		if got := m.fill.Size().Width; got != want {
			t.Errorf("%v fills %v points, want %v", fraction, got, want)
		}
	}
}

func TestLegend(t *testing.T) {
	l := place(t, NewLegend)
	gray := func(v float64) color.RGBA { g := uint8(255 * v); return color.RGBA{g, g, g, 255} }
	l.Set(LegendScale{Title: "10x", Color: gray, Low: "0.03 %", High: "4.1 %", Tick: "even share", TickAt: 0.25})
	if got := l.Words(); got != [4]string{"10x", "0.03 %", "even share", "4.1 %"} {
		t.Errorf("words %q", got)
	}
	picture := l.swatch.Image.(*image.RGBA)
	if picture.RGBAAt(0, 0) != gray(0) || picture.RGBAAt(swatchWidth-1, 0) != gray(1) {
		t.Error("the ends have other colours than the scale")
	}
	if got := l.tick.Position().X + 1; got != l.Size().Width/4 {
		t.Errorf("tick at %v of %v", got, l.Size().Width)
	}
	for at := 0.0; at <= 1; at += 0.05 { // words never lie on each other
		l.Set(LegendScale{Color: gray, Low: "0.03 %", High: "4.1 %", Tick: "even share", TickAt: at})
		for _, end := range []*Text{l.low, l.high} {
			if overlap(l.mid, end) {
				t.Errorf("at %.2f %q lies on %q", at, l.mid.Text(), end.Text())
			}
		}
		if l.mid.Position().X < 0 || l.mid.Position().X+l.mid.Size().Width > l.Size().Width+0.01 {
			t.Errorf("at %.2f the tick's words leave the legend", at)
		}
	}
	high := l.MinSize().Height
	l.Set(LegendScale{Color: gray})
	if l.mid.Visible() || l.tick.Visible() || l.MinSize().Height != high {
		t.Error("a tick is there, or its room is not")
	}
}

func overlap(a, b fyne.CanvasObject) bool {
	p, q := a.Position(), b.Position()
	return p.X < q.X+b.Size().Width && q.X < p.X+a.Size().Width &&
		p.Y < q.Y+b.Size().Height && q.Y < p.Y+a.Size().Height
}

func TestSlideRow(t *testing.T) {
	var told []string
	r := place(t, func() *SlideRow {
		return NewSlideRow(func() { told = append(told, "tap") }, func() { told = append(told, "close") })
	})
	r.SetName("S-104.svs")
	r.SetState("running, 41 %", "", standard.ColorNamePrimary, 0.41)
	if !r.meter.Visible() || r.meter.Fraction() != 0.41 {
		t.Error("no bar while running")
	}
	picture := &counted{Image: image.NewRGBA(image.Rect(0, 0, 8, 8))}
	r.SetPicture(picture)
	drawn := picture.asked
	r.SetPicture(picture)
	r.SetState("running, 42 %", "", standard.ColorNamePrimary, 0.42)
	if picture.asked != drawn {
		t.Error("the picture is drawn anew as the work goes on")
	}
	r.SetState("carcinoma, 92 %", "untrained model", standard.ColorNameForeground, -1)
	if r.meter.Visible() {
		t.Error("a bar after the end")
	}
	if !r.caution.Visible() || r.caution.Position().Y < r.state.Size().Height || r.caution.Size().Height == 0 {
		t.Errorf("the caution is at %v, %v large", r.caution.Position(), r.caution.Size())
	}
	test.Tap(r)
	test.Tap(r.Cross())
	if name, state, caution := r.Words(); name != "S-104.svs" || state != "carcinoma, 92 %" || caution != "untrained model" || !slices.Equal(told, []string{"tap", "close"}) {
		t.Errorf("%q, %q, told %v", name, state, told)
	}
}

// counted counts how often a picture is looked at.
type counted struct {
	image.Image
	asked int
}

func (c *counted) Bounds() image.Rectangle {
	c.asked++
	return c.Image.Bounds()
}

func TestProgressLine(t *testing.T) {
	cancelled := 0
	p := place(t, func() *ProgressLine { return NewProgressLine(func() { cancelled++ }) })
	p.Set("encoding 10x", "41 %, 6 s left", 0.41)
	test.Tap(p.Cross())
	stage, amount := p.Words()
	if stage != "encoding 10x" || amount != "41 %, 6 s left" || p.Fraction() != 0.41 || cancelled != 1 {
		t.Errorf("%q, %q, %v, cancelled %d", stage, amount, p.Fraction(), cancelled)
	}
	if NewProgressLine(nil).Cross().Visible() {
		t.Error("a cross without anything to cancel")
	}
}

func TestKeyTable(t *testing.T) {
	table := NewKeyTable([]KeyGroup{{Title: "Looking", Rows: []KeyRow{{"wheel", "zoom"}, {"0", "fit"}}}})
	window(t, fyne.NewSize(400, 200), func() fyne.CanvasObject { return table })
	var words []string
	for _, o := range test.LaidOutObjects(table) {
		if text, ok := o.(*Text); ok {
			words = append(words, text.Text())
		}
	}
	if !slices.Equal(words, []string{"Looking", "wheel", "zoom", "0", "fit"}) {
		t.Errorf("%q", words)
	}
}

// What is long scrolls within the height there is, and keeps the width.
func TestScroll(t *testing.T) {
	long := NewColumn(0)
	for range 100 {
		long.Add(NewBody("word word word word word word word word word word"))
	}
	w := window(t, fyne.NewSize(200, 300), func() fyne.CanvasObject { return NewScroll(5, long) })
	if got := w.Content().MinSize(); got.Height > 300 || got.Width > 200 {
		t.Errorf("needs %v", got)
	}
	for _, c := range []struct {
		name  string
		index int
		want  func(top, view float32) bool
	}{
		{"down", 50, func(top, view float32) bool { return top > view/2 && top < view-20 }},
		{"in sight", 49, func(top, view float32) bool { return top > view/2 && top < view-20 }},
		{"up", 3, func(top, view float32) bool { return top >= 0 && top < 30 }},
		{"the last", 99, func(top, view float32) bool { return top > view/2 && top < view-10 }},
		{"the first", 0, func(top, view float32) bool { return top >= 0 && top <= 5 }},
	} {
		ScrollTo(w.Content(), long.Objects[c.index])
		top := fyne.CurrentApp().Driver().AbsolutePositionForObject(long.Objects[c.index]).Y
		if !c.want(top, 300) {
			t.Errorf("%s: %d is at %v of 300", c.name, c.index, top)
		}
	}
	if got := long.Size(); got.Width != 190 || got.Height < long.MinSize().Height {
		t.Errorf("content has %v, wants %v", got, long.MinSize())
	}
}
