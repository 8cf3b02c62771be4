package panels

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"zoomscope/assets"
	"zoomscope/engine/result"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// panel is whatever is placed by its Object.
type panel interface{ Object() fyne.CanvasObject }

// opened shows a panel in English.
func opened[P panel](t *testing.T, make func(t *texts.Texts) P) P {
	t.Helper()
	words, err := texts.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	var made P
	shown(t, theme.Light, fyne.NewSize(theme.PanelWidth, 900), func() fyne.CanvasObject {
		made = make(words)
		return container.NewStack(made.Object())
	})
	return made
}

// log notes what is called back.
type log struct{ said []string }

func (l *log) say(format string, args ...any) { l.said = append(l.said, fmt.Sprintf(format, args...)) }

func (l *log) want(t *testing.T, said ...string) {
	t.Helper()
	if !slices.Equal(l.said, said) {
		t.Errorf("called back %q, want %q", l.said, said)
	}
	l.said = nil
}

// read is every word that is seen of an object, in the order of drawing.
func read(o fyne.CanvasObject) string {
	var words []string
	for _, each := range test.LaidOutObjects(o) {
		if text, ok := each.(*widgets.Text); ok && seen(o, text) {
			words = append(words, strings.ReplaceAll(text.Text(), "\u00a0", " "))
		}
	}
	return strings.Join(words, "\n")
}

// seen tells whether the object and all that it stands in are shown.
func seen(root, o fyne.CanvasObject) bool {
	if !root.Visible() {
		return false
	}
	if root == o {
		return true
	}
	for _, child := range children(root) {
		if seen(child, o) {
			return true
		}
	}
	return false
}

func children(o fyne.CanvasObject) []fyne.CanvasObject {
	switch v := o.(type) {
	case *fyne.Container:
		return v.Objects
	case fyne.Widget:
		return test.WidgetRenderer(v).Objects()
	}
	return nil
}

// button is the button of those words, which must be seen.
func button(t *testing.T, o fyne.CanvasObject, label string) *widgets.Button {
	t.Helper()
	for _, each := range test.LaidOutObjects(o) {
		if b, ok := each.(*widgets.Button); ok && b.Text() == label && seen(o, b) {
			return b
		}
	}
	t.Fatalf("no button %q among\n%s", label, read(o))
	return nil
}

func wantWords(t *testing.T, o fyne.CanvasObject, words ...string) {
	t.Helper()
	all := read(o)
	for _, w := range words {
		if !strings.Contains(all, w) {
			t.Errorf("%q is not among\n%s", w, all)
		}
	}
}

func wantNoWords(t *testing.T, o fyne.CanvasObject, words ...string) {
	t.Helper()
	all := read(o)
	for _, w := range words {
		if strings.Contains(all, w) {
			t.Errorf("%q is among\n%s", w, all)
		}
	}
}

func TestSlideList(t *testing.T) {
	var l log
	list := opened(t, func(w *texts.Texts) *SlideList {
		return NewSlideList(w, SlideListEvents{
			Select: func(id int) { l.say("select %d", id) }, Close: func(id int) { l.say("close %d", id) }})
	})
	wantWords(t, list.Object(), "No slide is open.")
	list.Set([]SlideItem{
		{ID: 7, Name: "a.svs", State: SlideState{Kind: SlideDone, Label: "benign", Probability: 0.996}},
		{ID: 3, Name: "b.svs", State: SlideState{Kind: SlideRunning, Fraction: 0.41}},
		{ID: 5, Name: "c.svs", State: SlideState{Kind: SlideFailed, Reason: "too short"}},
	}, 3)
	wantWords(t, list.Object(), "a.svs", "benign, 99.6 %", "running, 41 %", "not read: too short")
	wantNoWords(t, list.Object(), "No slide is open.")
	test.Tap(list.Row(7))
	test.Tap(list.Row(5).Cross())
	l.want(t, "select 7", "close 5")
	kept := list.Row(3)
	list.Set([]SlideItem{{ID: 9, Name: "d.svs"}, {ID: 3, Name: "b.svs", State: SlideState{Kind: SlideQueued}}}, 9)
	if list.Row(3) != kept || list.Row(7) != nil || !slices.Equal(list.Order(), []int{9, 3}) {
		t.Errorf("rows %v", list.Order())
	}
	if list.Row(9).Marked() != widgets.Selected || list.Row(3).Marked() != widgets.Plain {
		t.Error("another row is marked")
	}
	wantWords(t, list.Object(), "waiting")
	list.Set(nil, -1)
	wantWords(t, list.Object(), "No slide is open.")
}

// TestWalkStaysInSight follows the path through a panel that is much too low.
func TestWalkStaysInSight(t *testing.T) {
	z := NewZoomPath(mustLoad(t), ZoomPathEvents{})
	var scroll fyne.CanvasObject
	shown(t, theme.Light, fyne.NewSize(theme.PanelWidth, 300), func() fyne.CanvasObject {
		scroll = widgets.NewScroll(10, z.Object())
		return scroll
	})
	z.OnShow = func(tile fyne.CanvasObject) { widgets.ScrollTo(scroll, tile) }
	z.Set(somePath(), 1.4)
	for _, step := range []int{0, 4, 115, 101, 201, 0} {
		z.SetCurrent(step)
		tile := z.Tile(step)
		top := fyne.CurrentApp().Driver().AbsolutePositionForObject(tile).Y
		if top < 0 || top+tile.Size().Height > 300 {
			t.Errorf("step %d is at %v to %v of 300", step, top, top+tile.Size().Height)
		}
	}
}

func mustLoad(t *testing.T) *texts.Texts {
	t.Helper()
	words, err := texts.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// TestSlideListCostsLittle follows an analysis by one row alone.
func TestSlideListCostsLittle(t *testing.T) {
	list := opened(t, func(w *texts.Texts) *SlideList { return NewSlideList(w, SlideListEvents{}) })
	large := image.NewRGBA(image.Rect(0, 0, 1000, 500))
	items := []SlideItem{{ID: 1, Name: "S-2024-098 sentinel lymph node, level 3, of the second block.svs", Thumb: large}, {ID: 2, Name: "b.svs", Thumb: picked(1)}}
	list.Set(items, 1)
	shown := func(id int) image.Image { return list.Row(id).Picture() }
	first, second := shown(1), shown(2)
	if b := first.Bounds(); b.Dx() != 160 || b.Dy() != 80 {
		t.Errorf("keeps a picture of %v", b)
	}
	list.SetState(2, SlideState{Kind: SlideRunning, Fraction: 0.3})
	items[1].State = SlideState{Kind: SlideRunning, Fraction: 0.4}
	list.Set(items, 2)
	wantWords(t, list.Object(), "running, 40 %")
	if shown(1) != first || shown(2) != second {
		t.Error("pictures are made anew as the work goes on")
	}
	below := list.Row(2).Position().Y
	list.SetState(1, SlideState{Kind: SlideDone, Label: "high-grade dysplasia", Probability: 0.92, Caution: "synthetic model"})
	wantWords(t, list.Object(), "high-grade dysplasia, 92 %\nsynthetic model")
	if row := list.Row(2); row.Position().Y <= below || row.Position().Y < list.Row(1).Position().Y+list.Row(1).Size().Height {
		t.Errorf("a row below lies at %v, before at %v", row.Position().Y, below)
	}
	list.SetState(1, SlideState{})
	wantNoWords(t, list.Object(), "synthetic model", "dysplasia")
	list.SetState(4711, SlideState{Kind: SlideQueued}) // was closed
	items[0].Thumb = picked(3)
	if list.Set(items, 2); shown(1) == first {
		t.Error("another picture is not shown")
	}
}

func openAnalysis(t *testing.T, l *log) *Analysis {
	return opened(t, func(w *texts.Texts) *Analysis {
		return NewAnalysis(w, AnalysisEvents{
			Model: func(id string) { l.say("model %s", id) }, Device: func(kind string) { l.say("device %s", kind) },
			Run: func() { l.say("run") }, Cancel: func() { l.say("cancel") }})
	})
}

func TestAnalysisRuns(t *testing.T) {
	var l log
	a := openAnalysis(t, &l)
	test.Tap(a.run)
	wantWords(t, a.Object(), "Open a slide to run the model on it.")
	a.SetOpen(true)
	test.Tap(a.run) // no model yet
	l.want(t)
	a.SetModels(someModels(), "crc")
	test.Tap(a.run)
	l.want(t, "run")
	a.SetRunning(Job{Stage: "encoding 10x", Fraction: 0.41, Left: 6400 * time.Millisecond})
	wantWords(t, a.Object(), "encoding 10x", "41 %, 6 s left")
	test.Tap(a.model)
	test.Tap(button(t, a.Object(), "Cancel"))
	l.want(t, "cancel")
	if a.model.Rows() != nil {
		t.Error("the model can be changed while it runs")
	}
	a.SetIdle()
	wantNoWords(t, a.Object(), "encoding 10x", "Cancel")
	test.Tap(button(t, a.Object(), "Run"))
	l.want(t, "run")
	a.SetWithheld(true)
	test.Tap(button(t, a.Object(), "Run"))
	l.want(t)
	a.SetWithheld(false)
	test.Tap(button(t, a.Object(), "Run"))
	l.want(t, "run")
}

func TestAnalysisChooses(t *testing.T) {
	var l log
	a := openAnalysis(t, &l)
	a.SetModels(someModels(), "")
	a.SetDevices(someDevices(), "auto")
	wantWords(t, a.Object(), "Synthetic demo", "Tells apart: quiet, nests", "Looks at: 2.5x, 10x", "Trained on synthetic tissue")
	test.Tap(a.model)
	test.Tap(a.model.Rows()[2]) // cannot be used
	test.Tap(a.model.Rows()[1])
	wantWords(t, a.Object(), "high-grade dysplasia", "one hospital")
	wantNoWords(t, a.Object(), "synthetic tissue")
	test.Tap(a.device)
	test.Tap(a.device.Rows()[2]) // cannot be used
	if note := a.device.Options()[2].Note; !strings.Contains(note, "no adapter") {
		t.Errorf("why a device is off: %q", note)
	}
	test.Tap(a.device.Rows()[1])
	l.want(t, "model crc", "device cpu")
	models := someModels()
	models[1].Trained = false
	a.SetModels(models, "crc")
	wantWords(t, a.Object(), "Untrained model: its answers are random.")
}

func TestAnalysisTellsItsResult(t *testing.T) {
	a := openAnalysis(t, &log{})
	a.SetResult(someResult(), false)
	wantWords(t, a.Object(), "high-grade dysplasia\n92 %\nlow-grade\n8 %\nnon-neoplastic\n0.3 %",
		"read 131 of 4 212 patches, 3.1 %", "9.8 s on CPU", "WebGPU was asked for: no adapter was found")
	wantNoWords(t, a.Object(), "synthetic", "Untrained", "encoding 8.7 s")
	test.Tap(a.outcome.more.Header())
	wantWords(t, a.Object(), "encoding 8.7 s", "ran on CPU: Intel Xeon")
	if bars := a.outcome.bars.Bars(); !bars[0].First || bars[1].First {
		t.Errorf("bars %+v", bars)
	}
	r := someResult()
	r.Model.Trained, r.Device = false, result.Device{Requested: "auto", Used: "cpu", Reason: "the only one"}
	a.SetResult(r, false)
	wantWords(t, a.Object(), "Untrained", "ran on CPU", "the only one")
	wantNoWords(t, a.Object(), "was asked for")
	a.SetResult(someResult(), true)
	wantWords(t, a.Object(), "synthetic tissue")
	a.SetResult(nil, false)
	wantNoWords(t, a.Object(), "Prediction", "patches")
}

// TestAnalysisTellsWhoseResult chooses another model than the one that made the
// result.
func TestAnalysisTellsWhoseResult(t *testing.T) {
	a := openAnalysis(t, &log{})
	r := someResult()
	r.Model.Name = "as it was trained" // it was installed under another one
	a.SetModels(someModels(), "crc")
	a.SetResult(r, false)
	wantWords(t, a.Object(), "Prediction\nby the model Colorectal biopsies")
	wantNoWords(t, a.Object(), "not the model chosen", "as it was trained")
	test.Tap(a.model)
	test.Tap(a.model.Rows()[0])
	wantWords(t, a.Object(), "by the model Colorectal biopsies", "not the model chosen")
	twin := someModels()[1]
	twin.ID, twin.Name = "twin", "Twin"
	a.SetModels(append(someModels(), twin), "crc")
	wantWords(t, a.Object(), "by the model Colorectal biopsies")
	a.SetModels(append(someModels(), twin), "twin")
	wantWords(t, a.Object(), "by the model Twin")
	a.SetModels(someModels()[:1], "") // it was removed
	wantWords(t, a.Object(), "by the model as it was trained", "not the model chosen")
	a.SetModels(someModels(), "crc")
	wantNoWords(t, a.Object(), "not the model chosen")
}

func TestAnalysisWarns(t *testing.T) {
	var l log
	a := openAnalysis(t, &l)
	a.SetWarnings([]widgets.Warning{
		{Text: "resolution unknown", Action: "State magnification…", Do: func() { l.say("state") }},
		{Text: "CPU instead of GPU"}})
	wantWords(t, a.Object(), "resolution unknown", "CPU instead of GPU")
	test.Tap(button(t, a.Object(), "State magnification…"))
	l.want(t, "state")
	a.SetWarnings(nil)
	wantNoWords(t, a.Object(), "resolution unknown")
}

func TestAttention(t *testing.T) {
	var l log
	a := opened(t, func(w *texts.Texts) *Attention {
		return NewAttention(w, AttentionEvents{
			Toggle: func(on bool) { l.say("on %v", on) }, Auto: func() { l.say("auto") },
			Level: func(i int) { l.say("level %d", i) }, Zoom: func(z bool) { l.say("zoom %v", z) },
			Opacity:    func(v float64) { l.say("opacity %v", v) },
			Percentile: func(p bool) { l.say("percentile %v", p) },
			ColorMap:   func(name string) { l.say("map %s", name) }, Outlines: func(on bool) { l.say("outlines %v", on) }})
	})
	wantWords(t, a.Object(), "Run an analysis")
	state := AttentionState{On: true, Magnifications: []float64{2.5, 10}, Auto: true, Level: 1, ZoomPossible: true,
		Opacity: 0.5, ColorMap: "viridis", ColorMaps: []string{"viridis", "cividis"}}
	a.Set(state)
	l.want(t) // showing calls nothing back
	wantNoWords(t, a.Object(), "Run an analysis")
	wantWords(t, a.Object(), "follows the zoom: 10x now", "how much each patch counted", "50 %")
	if got := a.levels.Options(); !slices.Equal(got, []string{"auto", "2.5x", "10x"}) {
		t.Errorf("layers %q", got)
	}
	test.Tap(a.toggle)
	test.Tap(a.levels.Cell(1))
	test.Tap(a.levels.Cell(0))
	test.Tap(a.kind.Cell(1))
	test.Tap(a.scale.Cell(1))
	test.Tap(a.colors.Cell(1))
	test.Tap(a.outlines)
	test.TapAt(a.opacity.Rail().(fyne.Tappable), fyne.NewPos(0, 1))
	l.want(t, "on false", "level 0", "auto", "zoom true", "percentile true", "map cividis", "outlines true", "opacity 0")
	state.Auto, state.ZoomPossible, state.Zoom = false, false, true
	a.Set(state)
	wantWords(t, a.Object(), "nothing to zoom into")
	wantNoWords(t, a.Object(), "follows the zoom")
	if test.Tap(a.kind.Cell(1)); a.kind.Chosen() != 0 {
		t.Error("attention that is not there can be chosen")
	}
	l.want(t)
	a.Clear()
	wantWords(t, a.Object(), "Run an analysis")
	wantNoWords(t, a.Object(), "Opacity")
	a.Hide()
	wantWords(t, a.Object(), "Hidden until your verdict.")
	wantNoWords(t, a.Object(), "Run an analysis")
}

func TestAttentionLegend(t *testing.T) {
	a := opened(t, func(w *texts.Texts) *Attention { return NewAttention(w, AttentionEvents{}) })
	gray := func(float64) color.RGBA { return color.RGBA{A: 255} }
	a.SetLegend(AttentionLegend{Magnification: 10, Low: 0.0003, High: 0.041, Even: 0.005, EvenAt: 0.1, HasEven: true, Color: gray})
	if got, want := a.legend.Words(), [4]string{"10x, for prediction, raw", "0.030\u00a0%", "even share 0.50\u00a0%", "4.1\u00a0%"}; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	a.SetLegend(AttentionLegend{Magnification: 2.5, Percentile: true, High: 0.2, Middle: 0.0031, HasMiddle: true, Color: gray})
	if got, want := a.legend.Words(), [4]string{"2.5x, for prediction, colour = rank", "0\u00a0%", "median 0.31\u00a0%", "20\u00a0%"}; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	a.SetLegend(AttentionLegend{Magnification: 2.5, Zoom: true, Percentile: true, High: 0.2, Color: gray})
	if got, want := a.legend.Words(), [4]string{"2.5x, for zooming in, colour = rank", "0\u00a0%", "", "20\u00a0%"}; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAttentionStaysUnderThePointer wants controls to stay where they are when
// others are used.
func TestAttentionStaysUnderThePointer(t *testing.T) {
	for _, lang := range assets.Languages() {
		words, err := texts.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		var a *Attention
		shown(t, theme.Light, fyne.NewSize(theme.PanelWidth-20, 900), func() fyne.CanvasObject {
			a = filledAttention(words)
			return container.NewStack(a.Object())
		})
		gray := func(float64) color.RGBA { return color.RGBA{A: 255} }
		at := func(o fyne.CanvasObject) fyne.Position {
			return fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
		}
		scale, outlines := at(a.scale.Object()), at(a.outlines)
		state := a.state
		for i := range 16 {
			state.Auto, state.Zoom, state.ZoomPossible, state.Percentile = i&1 > 0, i&2 > 0, i&4 > 0, i&8 > 0
			a.Set(state)
			a.SetLegend(AttentionLegend{Magnification: 2.5, Zoom: state.Zoom, Percentile: state.Percentile, HasEven: !state.Percentile,
				Low: 0.00001, High: 0.2, Middle: 0.003, HasMiddle: state.Auto, EvenAt: 0.1, Color: gray})
			if at(a.scale.Object()) != scale || at(a.outlines) != outlines {
				t.Errorf("%s, %+v: the controls moved from %v, %v to %v, %v", lang, state, scale, outlines, at(a.scale.Object()), at(a.outlines))
			}
		}
	}
}

func TestZoomPath(t *testing.T) {
	var l log
	z := opened(t, func(w *texts.Texts) *ZoomPath {
		return NewZoomPath(w, ZoomPathEvents{
			Go: func(s int) { l.say("go %d", s) }, Hover: func(s int, in bool) { l.say("hover %d %v", s, in) },
			Previous: func() { l.say("previous") }, Next: func() { l.say("next") },
			Up: func() { l.say("up") }, Down: func() { l.say("down") }})
	})
	wantWords(t, z.Object(), "appear here")
	z.Set(somePath(), 1.4)
	wantWords(t, z.Object(), "5x: 5 patches\nshares of the attention for zooming in",
		"20x: 2 patches\nshares of the attention for prediction", "10x: 16 patches", "Show all 16")
	for _, label := range []string{"Previous", "Next", "Lower", "Higher"} {
		test.Tap(button(t, z.Object(), label))
	}
	test.Tap(z.Tile(101))
	z.Tile(2).MouseIn(nil)
	z.Tile(2).MouseOut()
	l.want(t, "previous", "next", "down", "up", "go 101", "hover 2 true", "hover 2 false")
	if z.Tile(100+FirstPatches) != nil {
		t.Error("more patches are shown than were asked for")
	}
	test.Tap(button(t, z.Object(), "Show all 16"))
	if z.Tile(115) == nil {
		t.Error("not all patches are shown")
	}
	test.Tap(button(t, z.Object(), "Show fewer"))
	if z.Tile(115) != nil {
		t.Error("still all patches are shown")
	}
	z.Clear()
	wantWords(t, z.Object(), "appear here")
	wantNoWords(t, z.Object(), "Previous", "patches, ")
	z.Hide()
	wantWords(t, z.Object(), "Hidden until your verdict.")
	wantNoWords(t, z.Object(), "appear here", "Previous")
}

func TestZoomPathMarks(t *testing.T) {
	z := opened(t, func(w *texts.Texts) *ZoomPath { return NewZoomPath(w, ZoomPathEvents{}) })
	z.Set(somePath(), 1.4)
	marks := func() map[int]widgets.Mark {
		found := map[int]widgets.Mark{}
		for step, tile := range z.tiles {
			if tile.Marked() != widgets.Plain {
				found[step] = tile.Marked()
			}
		}
		return found
	}
	for _, c := range []struct {
		at   int
		want map[int]widgets.Mark
	}{
		{0, map[int]widgets.Mark{0: widgets.Selected, 100: widgets.Related, 101: widgets.Related, 102: widgets.Related, 103: widgets.Related}},
		{105, map[int]widgets.Mark{105: widgets.Selected, 1: widgets.Related}},
		{115, map[int]widgets.Mark{115: widgets.Selected, 3: widgets.Related}}, // not among the first
		{-1, map[int]widgets.Mark{}},
		{4711, map[int]widgets.Mark{}},
	} {
		z.SetCurrent(c.at)
		if got := marks(); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("at %d: %v, want %v", c.at, got, c.want)
		}
	}
	z.SetCurrent(2)
	wantWords(t, z.Object(), "patch 3 of 5 at 5x, 7.0 % of zoom attention")
	z.SetCurrent(100)
	wantWords(t, z.Object(), "patch 1 of 16 at 10x, 5.2 % of the attention for prediction", "Framed: parent and children")
	z.SetCurrent(-1)
	wantWords(t, z.Object(), "no patch chosen yet")
	z.SetPicture(103, picked(1))
	z.SetPicture(4711, picked(1)) // of an older result
	if z.patch(103).Picture == nil {
		t.Error("the picture is forgotten when the gallery is built anew")
	}
}

func openSlide(t *testing.T, l *log) *Slide {
	return opened(t, func(w *texts.Texts) *Slide {
		return NewSlide(w, SlideEvents{
			StateMagnification: func(m float64) { l.say("state %v", m) },
			Measure:            func(on bool) { l.say("measure %v", on) },
			StateLength:        func(um float64) { l.say("length %v", um) },
			Reset:              func() { l.say("reset") }, ShowImages: func() { l.say("images") }})
	})
}

func TestSlideTells(t *testing.T) {
	s := openSlide(t, &log{})
	wantWords(t, s.Object(), "No slide is open.")
	s.Set(someSlide())
	wantWords(t, s.Object(), "S-2024-104 A1 HE.svs", "46 000 × 32 914 px", "22.95 × 16.42 mm", "0.499 µm/px (20x)",
		"openslide.mpp-x", "contradicts", "40 000 × 30 000 px at 1 200, 900", "11 500 × 8 228 px", "1 : 16")
	wantNoWords(t, s.Object(), "No slide is open.", "Scanned at", "aperio.ImageID")
	i := someSlide()
	i.Bounds, i.Levels, i.MPP, i.Magnification = result.Rect{Width: 46000, Height: 32914}, i.Levels[:1], [2]float64{}, 0
	s.Set(i)
	wantWords(t, s.Object(), "unknown", "does not say at which magnification")
	wantNoWords(t, s.Object(), "Scanned area", "Levels", "mm")
	s.Clear()
	wantWords(t, s.Object(), "No slide is open.")
}

func TestDoctorStatesMagnification(t *testing.T) {
	var l log
	s := openSlide(t, &l)
	i := someSlide()
	i.Magnification, i.Scanner = 0, "Leica GT450"
	s.Set(i)
	wantWords(t, s.Object(), "remembered for slides of Leica GT450")
	test.Tap(button(t, s.Object(), "40x"))
	for _, typed := range []string{"20x", " 2,5 X", "20 ×"} {
		s.doctor.other.SetText("")
		test.Type(s.doctor.other, typed)
		test.Tap(button(t, s.Object(), "Use"))
	}
	l.want(t, "state 40", "state 20", "state 2.5", "state 20")
	for _, typed := range []string{"", "x", "-20", "0", "1000x", "NaN", "1e400", "20x40"} {
		s.doctor.other.SetText(typed)
		s.doctor.other.OnSubmitted(typed)
		wantWords(t, s.Object(), "Type a magnification from 0.1 to 200")
	}
	l.want(t)
	i.Magnification, i.Stated = 20, true
	s.SetResolution(i)
	wantWords(t, s.Object(), "You stated this magnification.")
	wantNoWords(t, s.Object(), "Type a magnification")
	test.Tap(button(t, s.Object(), "Back to the file's own"))
	l.want(t, "reset")
	i.Stated, i.Scanner = false, ""
	s.SetResolution(i)
	wantWords(t, s.Object(), "its scanner is not known")
	wantNoWords(t, s.Object(), "Back to the file's own")
}

func TestDoctorMeasures(t *testing.T) {
	var l log
	s := openSlide(t, &l)
	s.Set(someSlide())
	wantNoWords(t, s.Object(), "Draw a line")
	s.AskResolution()
	test.Tap(button(t, s.Object(), "Draw a line of known length"))
	wantWords(t, s.Object(), "Draw the line on the slide")
	test.Tap(button(t, s.Object(), "Cancel"))
	l.want(t, "measure true", "measure false")
	s.SetMeasured(1234.4)
	wantWords(t, s.Object(), "The line is 1 234 px long.")
	test.Type(s.doctor.length, "500")
	s.doctor.stateLength()
	test.Tap(s.doctor.unit.Cell(1))
	s.doctor.length.SetText("0,5")
	s.doctor.stateLength()
	l.want(t, "length 500", "length 500")
	for _, typed := range []string{"", "-1", "0", "1e9", "Inf"} {
		s.doctor.length.SetText(typed)
		s.doctor.stateLength()
		wantWords(t, s.Object(), "Type a length above 0")
	}
	l.want(t)
	for name, leave := range map[string]func(){
		"another slide": func() { s.Set(someSlide()) }, "no slide": s.Clear,
		"stated": func() { s.SetResolution(someSlide()) },
	} {
		s.Set(someSlide())
		s.AskResolution()
		l.said = nil
		test.Tap(button(t, s.Object(), "Draw a line of known length"))
		leave()
		if l.want(t, "measure true", "measure false"); t.Failed() {
			t.Fatal(name, "while drawing")
		}
		s.Set(someSlide())
		s.SetMeasured(1234)
		leave()
		if l.want(t, "measure false"); t.Failed() {
			t.Fatal(name, "before the length is told")
		}
		leave()
		l.want(t)
	}
}

// TestFieldsLetGo wants the keyboard back from every field when it is left.
func TestFieldsLetGo(t *testing.T) {
	s := openSlide(t, &log{})
	s.Set(someSlide())
	s.folds.properties.SetOpen(true)
	s.AskResolution()
	s.SetMeasured(1234)
	for name, f := range map[string]*widgets.Field{"magnification": s.doctor.other, "length": s.doctor.length, "search": s.properties.search} {
		for way, leave := range map[string]func(){
			"escape": func() { f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
			"enter":  func() { f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) },
			"folded": func() { test.Tap(s.folds.facts.Header()); s.folds.facts.SetOpen(true) },
			"hidden": f.Hide,
		} {
			f.Show()
			f.Enter()
			canvas := fyne.CurrentApp().Driver().CanvasForObject(f)
			if canvas.Focused() == nil {
				t.Fatalf("%s has no keyboard", name)
			}
			if leave(); canvas.Focused() != nil {
				t.Errorf("%s keeps the keyboard: %s", name, way)
			}
		}
		f.Show()
	}
}

func TestSlideImagesOnlyWhenAsked(t *testing.T) {
	var l log
	s := openSlide(t, &l)
	s.Set(someSlide())
	wantWords(t, s.Object(), "They may show a patient's name", "Show label and macro images")
	test.Tap(button(t, s.Object(), "Show label and macro images"))
	l.want(t, "images")
	if len(s.images.shown.Objects) != 0 {
		t.Error("images are shown before they are there")
	}
	s.SetImages([]SlideImage{{"label", picked(1)}, {"macro", picked(2)}})
	wantWords(t, s.Object(), "label\nmacro")
	test.Tap(button(t, s.Object(), "Hide them"))
	if len(s.images.shown.Objects) != 0 {
		t.Error("images are still there")
	}
	s.SetImages([]SlideImage{{"label", picked(1)}})
	s.Set(someSlide()) // another slide
	if len(s.images.shown.Objects) != 0 {
		t.Error("images of another slide are still there")
	}
	i := someSlide()
	i.Associated = nil
	s.Set(i)
	test.Tap(s.folds.images.Header())
	wantWords(t, s.Object(), "This file holds no such images.")
	wantNoWords(t, s.Object(), "Show label and macro images")
	l.want(t)
}

func TestSlideProperties(t *testing.T) {
	s := openSlide(t, &log{})
	i := someSlide()
	for n := range 100 {
		i.Properties[fmt.Sprintf("many.%03d", n)] = "x"
	}
	s.Set(i)
	test.Tap(s.folds.properties.Header())
	wantWords(t, s.Object(), "aperio.AppMag\n20", fmt.Sprintf("%d more; search", len(i.Properties)-mostProperties))
	test.Type(s.properties.search, "JPEG/rgb") // in a value, in other letters
	wantWords(t, s.Object(), "tiff.ImageDescription")
	wantNoWords(t, s.Object(), "aperio.AppMag", "more; search")
	s.properties.search.SetText("nowhere")
	wantWords(t, s.Object(), "No property matches.")
	s.Set(i)
	if s.properties.search.Text != "" {
		t.Error("the search of one slide is made in the next")
	}
}

// TestTabsWalkAndLetGo follows the path in its tab, and leaves a field with its tab.
func TestTabsWalkAndLetGo(t *testing.T) {
	words := mustLoad(t)
	z, s := NewZoomPath(words, ZoomPathEvents{}), NewSlide(words, SlideEvents{})
	var tabs *Tabs
	w := shown(t, theme.Light, fyne.NewSize(theme.PanelWidth, 400), func() fyne.CanvasObject {
		tabs = NewTabs(words, filledAnalysis(words, true), filledAttention(words), z, s,
			NewTraining(words, TrainingEvents{}), NewModels(words, ModelsEvents{}), NewSettings(words, SettingsEvents{}))
		return tabs.Object()
	})
	z.Set(somePath(), 1.4)
	z.SetCurrent(115)
	tile := z.Tile(115)
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(tile).Y
	if top < 30 || top+tile.Size().Height > 400 {
		t.Errorf("the patch at hand is at %v of 400", top)
	}
	s.Set(someSlide())
	s.AskResolution()
	tabs.Select(SlideTab)
	z.SetCurrent(0) // in a tab that is not seen
	s.doctor.other.Enter()
	tabs.Select(SlideTab)
	if w.Canvas().Focused() == nil {
		t.Error("the same tab takes the keyboard away")
	}
	tabs.Select(AnalysisTab)
	if w.Canvas().Focused() != nil {
		t.Error("a field of another tab keeps the keyboard")
	}
}
