package panels

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"zoomscope/assets"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// area is where something is drawn.
type area struct{ from, to fyne.Position }

func areaOf(at fyne.Position, size fyne.Size) area { return area{at, at.Add(size)} }

// common is the part of both.
func (a area) common(b area) area {
	return area{fyne.NewPos(max(a.from.X, b.from.X), max(a.from.Y, b.from.Y)), fyne.NewPos(min(a.to.X, b.to.X), min(a.to.Y, b.to.Y))}
}

func (a area) size() (width, height float32) { return a.to.X - a.from.X, a.to.Y - a.from.Y }

// drawn calls back with everything that is seen of an object that stands at a place,
// and the room that it is cut to.
func drawn(o fyne.CanvasObject, at fyne.Position, room area, each func(o fyne.CanvasObject, at fyne.Position, room area)) {
	if !o.Visible() {
		return
	}
	each(o, at, room)
	switch o.(type) {
	case *container.Scroll, *container.Clip:
		room = room.common(areaOf(at, o.Size()))
	}
	for _, child := range children(o) {
		drawn(child, at.Add(child.Position()), room, each)
	}
}

// written is a line of text, where it is written and what is seen of it.
type written struct {
	text      string
	all, seen area
}

// lines are all lines of text that are seen of an object, at least in part.
func lines(o fyne.CanvasObject, room area) []written {
	var list []written
	drawn(o, fyne.Position{}, room, func(o fyne.CanvasObject, at fyne.Position, room area) {
		text, ok := o.(*canvas.Text)
		if !ok || text.Text == "" {
			return
		}
		width := text.MinSize().Width
		switch text.Alignment {
		case fyne.TextAlignCenter:
			at.X += (text.Size().Width - width) / 2
		case fyne.TextAlignTrailing:
			at.X += text.Size().Width - width
		}
		line := written{text.Text, areaOf(at, fyne.NewSize(width, text.Size().Height)), room}
		line.seen = room.common(line.all)
		if w, h := line.seen.size(); w > 0 && h > 0 {
			list = append(list, line)
		}
	})
	return list
}

// wantApart wants each line of text within the room from left to right, and no two
// over each other.
func wantApart(t *testing.T, o fyne.CanvasObject, size fyne.Size) {
	t.Helper()
	const soft = 1.5
	list := lines(o, areaOf(fyne.Position{}, size))
	for i, a := range list {
		if a.all.from.X < -soft || a.all.to.X > size.Width+soft {
			t.Errorf("%q reaches from %v to %v of %v", a.text, a.all.from.X, a.all.to.X, size.Width)
		}
		for _, b := range list[:i] {
			if w, h := a.seen.common(b.seen).size(); w > soft && h > soft {
				t.Errorf("%q at %v stands over %q at %v", a.text, a.seen, b.text, b.seen)
			}
		}
	}
}

// wantMargin wants each button to end before the edge.
func wantMargin(t *testing.T, o fyne.CanvasObject, size fyne.Size) {
	t.Helper()
	drawn(o, fyne.Position{}, areaOf(fyne.Position{}, size), func(o fyne.CanvasObject, at fyne.Position, _ area) {
		b, ok := o.(*widgets.Button)
		if end := at.X + max(o.Size().Width, o.MinSize().Width); ok && end > size.Width-theme.Gap {
			t.Errorf("the button %q ends at %v of %v", b.Text(), end, size.Width)
		}
	})
}

// resized gives an object a size, as a window does.
func resized(o fyne.CanvasObject, size fyne.Size) {
	o.Resize(size.AddWidthHeight(1, 1)) // text that wraps knows its height only now
	o.Resize(size)
}

// crampedScenes are worklists of every kind, by name.
func crampedScenes(t *texts.Texts) map[string]*Worklist {
	failed := WorklistCounts{Total: 1200, Shown: 40, Done: 30, Failed: 7, Running: 1, Queued: 2, Unread: 12}
	return map[string]*Worklist{
		"working": filledWorklist(t, 40, nil),
		"none at hand": filledWorklist(t, 40, func(w *Worklist, cases []WorklistCase) {
			w.SetTriage(WorklistTriage{})
			w.SetFilter(WorklistFilter{Unread: true})
			w.SetCounts(failed)
			w.SetList(len(cases), -1, WorklistPage{0, cases})
		}),
		"blinded": filledWorklist(t, 40, blindedWorklist),
		"failed": filledWorklist(t, 12, func(w *Worklist, _ []WorklistCase) {
			w.SetReader("Dr. Weber", true)
			w.Select(3)
		}),
		"synthetic": filledWorklist(t, 40, func(w *Worklist, cases []WorklistCase) {
			w.SetSetup(WorklistSetup{Model: "Synthetic demo", Classes: someSetup().Classes, Synthetic: true})
			w.SetList(10000, 2, WorklistPage{0, cases[:4]})
		}),
		"unsized": filledWorklist(t, 12, func(w *Worklist, cases []WorklistCase) {
			unsizedCase(&cases[0])
			cases[0].Thumb = nil
			w.SetReader("pathology", false)
			w.SetList(len(cases), 0, WorklistPage{0, cases})
			w.SetDetail(WorklistDetail{ID: 1, Alike: 24, Reason: "raster: no resolution"})
		}),
		"empty": NewWorklist(t, WorklistEvents{}),
	}
}

// TestWorklistInAnyRoom wants nothing to be drawn over its neighbour, and rows of the
// list to be seen, however little room the panels beside it leave.
func TestWorklistInAnyRoom(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light))
	for _, lang := range assets.Languages() {
		for name, w := range crampedScenes(language(t, lang)) {
			test.NewTempWindow(t, w.Object()).SetPadded(false)
			for _, width := range []float32{200, 204, 233, 267, 300, 351, 420, 484, 500, 560, 740, 979, 980, 1180} {
				for _, height := range []float32{290, 370, 600, 800} {
					size := fyne.NewSize(width, height)
					t.Run(fmt.Sprintf("%s/%s/%vx%v", name, lang, width, height), func(t *testing.T) {
						resized(w.Object(), size)
						wantApart(t, w.Object(), size)
						wantMargin(t, w.Object(), size)
						wantParts(t, w, size)
					})
				}
			}
		}
	}
}

// wantParts wants controls, table and case at hand beside each other within the room,
// and rows in the table.
func wantParts(t *testing.T, w *Worklist, size fyne.Size) {
	t.Helper()
	if least := w.Object().MinSize(); least.Width > 200 || least.Height > 280 {
		t.Errorf("it asks for %v", least)
	}
	var parts []area
	for _, o := range w.object.Objects {
		if !o.Visible() {
			continue
		}
		a := areaOf(o.Position(), o.Size())
		if a.from.X < 0 || a.from.Y < 0 || a.to.X > size.Width+0.01 || a.to.Y > size.Height+0.01 {
			t.Errorf("a part at %v of %v", a, size)
		}
		for _, b := range parts {
			if w, h := a.common(b).size(); w > 0.01 && h > 0.01 {
				t.Errorf("a part at %v stands over one at %v", a, b)
			}
		}
		parts = append(parts, a)
	}
	least := float32(1)
	if size.Height >= 600 {
		least = 2
	}
	if rows := w.rows.Object().Size().Height / widgets.CaseRowHeight; w.Length() > 0 && rows < least {
		t.Errorf("%v rows are in sight", rows)
	}
}

// TestWorklistIsCut wants what has too little room even so to be cut at the worklist's
// edge rather than drawn over what stands beside it.
func TestWorklistIsCut(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light))
	w := filledWorklist(language(t, "en"), 12, func(w *Worklist, _ []WorklistCase) {
		w.SetReader("Prof. Dr. Annegret Weißenfels-Oberholzer", true)
	})
	for _, size := range []fyne.Size{{Width: 60, Height: 40}, {Width: 120, Height: 700}, {Width: 200, Height: 300}} {
		resized(w.Object(), size)
		everywhere := area{fyne.NewPos(-1e4, -1e4), fyne.NewPos(1e4, 1e4)}
		for _, line := range lines(w.Object(), everywhere) {
			if s := line.seen; s.from.X < 0 || s.from.Y < 0 || s.to.X > size.Width || s.to.Y > size.Height {
				t.Errorf("of %v: %q is seen at %v", size, line.text, s)
			}
		}
	}
}

// TestWorklistControlsStay wants the controls to stay where they were scrolled to while
// triage goes on.
func TestWorklistControlsStay(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light))
	w := filledWorklist(language(t, "de"), 12, nil)
	window := test.NewTempWindow(t, w.Object())
	window.SetPadded(false)
	window.Resize(fyne.NewSize(200, 500))
	scroll := w.object.Objects[0].(*fyne.Container).Objects[0].(*container.Scroll)
	scroll.ScrollToOffset(fyne.NewPos(0, 120))
	for done := range 3 {
		w.SetTriage(WorklistTriage{Running: done < 2, Current: fmt.Sprint(done), Done: done, Of: 3})
		w.SetCounts(WorklistCounts{Total: 3, Shown: 3, Done: done, Queued: 3 - done, Unread: 3})
		w.Select(done)
		if got := scroll.Offset.Y; got != 120 {
			t.Fatalf("after %d cases the controls are scrolled by %v", done, got)
		}
	}
}

// TestWorklistGivesWayToRows wants the place of the case at hand to be small while there
// is none, where the window is low, and to have its room once there is one.
func TestWorklistGivesWayToRows(t *testing.T) {
	for _, c := range []struct {
		name        string
		size        fyne.Size
		none, there float32 // heights; the second at least
	}{
		{"low", fyne.NewSize(484, 600), hintHeight, 130},
		{"low and narrow", fyne.NewSize(200, 600), 0, 100},
		{"very low", fyne.NewSize(420, 300), 0, 55},
		{"high", fyne.NewSize(740, 1000), detailHeight, detailHeight},
		{"wide", fyne.NewSize(1100, 600), 400, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := filled(t, &log{}, 40)
			resized(w.Object(), c.size)
			pane := w.detail.object
			height := func() float32 {
				if !pane.Visible() {
					return 0
				}
				return pane.Size().Height
			}
			if got := height(); got != c.none && (c.size.Width < worklistWide || got < c.none) {
				t.Errorf("with no case at hand its place is %v high, want %v", got, c.none)
			}
			w.Select(1)
			if got := height(); got < c.there {
				t.Errorf("with a case at hand its place is %v high, want %v", got, c.there)
			}
			if from, n := w.Seen(); from > 1 || from+n < 2 {
				t.Errorf("the case at hand is not among the %d from %d in sight", n, from)
			}
			w.Select(-1)
			if got := height(); got != c.none && c.size.Width < worklistWide {
				t.Errorf("its place stays %v high", got)
			}
		})
	}
}

// TestWorklistDoublePress wants the second press of a double one to open the case, though
// by the first a button came to stand under the pointer.
func TestWorklistDoublePress(t *testing.T) {
	var l log
	w, window := listed(t, "en", logged(&l), 40, WorklistPage{0, someCases(40)})
	resized(w.Object(), fyne.NewSize(484, 600))
	now := time.Now()
	w.now = func() time.Time { return now }
	driver := fyne.CurrentApp().Driver()
	var at fyne.Position // of a button that gives a verdict
	pressRow := func(index int) {
		test.Tap(w.Row(index))
		at = driver.AbsolutePositionForObject(button(t, w.Object(), "Agree (Y)")).AddXY(9, 9)
	}
	const given = `judge 3 agree "" ""`
	for _, c := range []struct {
		name string
		then func() // after the first press
		want []string
	}{
		{"at once", func() { now = now.Add(doubleClick / 2) }, []string{"select 3", "open 3"}},
		{"after a tremble", func() { test.MoveMouse(window, at); test.MoveMouse(window, at.AddXY(2, -1)) }, []string{"select 3", "open 3"}},
		{"held for long", func() {
			now = now.Add(doubleClick / 2)
			w.detail.shield.MouseDown(&desktop.MouseEvent{})
			now = now.Add(doubleClick)
		}, []string{"select 3", "open 3"}},
		{"later", func() { now = now.Add(2 * doubleClick) }, []string{"select 3", given}},
		{"later after a tremble", func() {
			test.MoveMouse(window, at)
			now = now.Add(2 * doubleClick)
		}, []string{"select 3", given}},
		{"later and moved", func() { now = now.Add(2 * doubleClick); test.MoveMouse(window, at) }, []string{"select 3", given}},
		{"later than what became a drag", func() {
			test.MoveMouse(window, at)
			w.detail.shield.MouseDown(&desktop.MouseEvent{})
			test.MoveMouse(window, at.AddXY(3, 0))
			now = now.Add(2 * doubleClick)
		}, []string{"select 3", given}},
		{"from elsewhere", func() { test.MoveMouse(window, at.AddXY(0, 30)); test.MoveMouse(window, at) }, []string{"select 3", given}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.Select(-1)
			l.said = nil
			pressRow(2)
			c.then()
			test.TapCanvas(window, at)
			l.want(t, c.want...)
			if test.TapCanvas(window, at); len(c.want) > 1 && c.want[1] != given {
				l.want(t, given) // nothing is in the way any more
			}
		})
	}
	w.Select(-1)
	now = now.Add(2 * doubleClick)
	pressRow(2)
	now = now.Add(2 * doubleClick)
	l.said = nil
	pressRow(1) // with a case at hand before, nothing moves
	test.TapCanvas(window, at)
	l.want(t, "select 2", `judge 2 agree "" "margins look free"`)
}
