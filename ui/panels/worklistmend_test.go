package panels

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/ui/texts"
	"zoomscope/ui/widgets"
)

// unsizedCase is one that fails for want of a magnification.
func unsizedCase(c *WorklistCase) {
	c.State, c.Opinion, c.Reason, c.Unsized = WorklistFailed, nil, "The file does not say how large a pixel is", true
}

func TestWorklistMends(t *testing.T) {
	var l log
	on := logged(&l)
	on.State = func(s WorklistStatement) { l.say("state %d %g %v", s.ID, s.Magnification, s.All) }
	cases := someCases(6)
	unsizedCase(&cases[0])
	unsizedCase(&cases[1])
	cases[2].Stated = 20
	w, _ := listed(t, "en", on, 6, WorklistPage{0, cases})
	l.said = nil
	w.Select(0)
	detail := w.detail.object
	wantWords(t, detail, "Scanned at", "how large a pixel is", "the case is then queued again")
	wantNoWords(t, detail, "such cases of this folder", "Try again")
	test.Tap(button(t, detail, "20x"))
	l.want(t, "state 1 20 false")

	w.detail.mend.other.SetText("2o")
	test.Tap(button(t, detail, "Use"))
	wantWords(t, detail, w.texts.Slide.BadMagnification)
	w.detail.mend.other.SetText(" 12,5x")
	w.SetDetail(WorklistDetail{ID: 1, Alike: 31, Reason: "raster: no resolution"})
	if w.detail.mend.other.Text != " 12,5x" {
		t.Error("what was typed is gone")
	}
	wantWords(t, detail, "for all 31 such cases of this folder", "raster: no resolution")
	test.Tap(toggleOf(t, detail, "for all 31"))
	w.SetDetail(WorklistDetail{ID: 1, Alike: 31})
	test.Tap(button(t, detail, "Use"))
	l.want(t, "state 1 12.5 true")
	wantNoWords(t, detail, w.texts.Slide.BadMagnification)

	w.Select(1)
	if w.detail.mend.other.Text != "" {
		t.Error("what was typed on another case stands here")
	}
	w.SetDetail(WorklistDetail{ID: 2, Alike: 31})
	test.Tap(button(t, detail, "40x"))
	l.want(t, "state 2 40 false")
	w.Select(2)
	wantWords(t, detail, "Scanned at 20x, as you stated.")
	wantNoWords(t, detail, "other, e.g. 20x", "40x")
	test.Tap(button(t, detail, "Leave it to the file"))
	l.want(t, "state 3 0 false")
	w.Select(3)
	wantNoWords(t, detail, "Scanned at")
	wantWords(t, detail, "Try again")
}

// toggleOf is the toggle whose words begin so.
func toggleOf(t *testing.T, o fyne.CanvasObject, words string) *widgets.Toggle {
	t.Helper()
	for _, each := range test.LaidOutObjects(o) {
		if b, ok := each.(*widgets.Toggle); ok && strings.HasPrefix(b.Label(), words) && seen(o, b) {
			return b
		}
	}
	t.Fatalf("no toggle %q among\n%s", words, read(o))
	return nil
}

func TestMagnification(t *testing.T) {
	for text, want := range map[string]float64{
		"20": 20, "20x": 20, " 12,5 X ": 12.5, "0.1": 0.1, "200×": 200, "": 0, "x": 0, "-20": 0, "0": 0, "201": 0, "NaN": 0, "1e9": 0, "20 x 20": 0,
	} {
		if got, ok := magnification(text); ok != (want > 0) || ok && got != want {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
}

func TestWorklistRetriesAll(t *testing.T) {
	var l log
	on := logged(&l)
	on.RetryAll = func() { l.say("retry all") }
	w, _ := listed(t, "en", on, 3, WorklistPage{0, someCases(3)})
	l.said = nil
	wantNoWords(t, w.Object(), "Try failed again")
	w.SetCounts(WorklistCounts{Total: 3, Shown: 3, Done: 1, Failed: 2})
	test.Tap(button(t, w.Object(), "Try failed again"))
	l.want(t, "retry all")
	w.SetCounts(WorklistCounts{Total: 3, Shown: 3, Done: 3})
	wantNoWords(t, w.Object(), "Try failed again")
}

func TestWorklistAsksWhoReads(t *testing.T) {
	var l log
	on := logged(&l)
	on.Reader, on.Confirm = func() { l.say("reader") }, func() { l.say("right") }
	w, _ := listed(t, "en", on, 3, WorklistPage{0, someCases(3)})
	l.said = nil
	w.SetReader("pathology", false)
	wantWords(t, w.Object(), "kept under the name pathology", "Reader: pathology")
	test.Tap(button(t, w.Object(), "Yes"))
	test.Tap(button(t, w.Object(), "Another name…"))
	l.want(t, "right", "reader")
	w.SetReader("Dr. Weiß", true)
	wantNoWords(t, w.Object(), "kept under the name")
	test.Tap(button(t, w.Object(), "Reader: Dr. Weiß"))
	l.want(t, "reader")
}

func TestReaderView(t *testing.T) {
	var used []string
	use := func(name string) { used = append(used, name) }
	v := opened(t, func(words *texts.Texts) *ReaderView {
		return NewReaderView(words, "pathology", []string{"Dr. One", "pathology"}, use)
	})
	wantWords(t, v.Object(), "Dr. One", "verdicts and notes of their own")
	if len(v.known) != 1 {
		t.Fatalf("%d names are offered", len(v.known))
	}
	test.Tap(v.known[0])
	v.name.SetText("   ")
	v.Use(use)
	v.name.SetText("  Dr.  Two \n")
	v.Use(use)
	v.name.SetText(strings.Repeat("ü", 200))
	v.Use(use)
	if len(used) != 3 || used[0] != "Dr. One" || used[1] != "Dr. Two" || used[2] != strings.Repeat("ü", longestReader) {
		t.Errorf("%q", used)
	}
}

func TestFoldersView(t *testing.T) {
	var l log
	v := opened(t, func(words *texts.Texts) *FoldersView {
		return NewFoldersView(words, FoldersEvents{
			Add: func() { l.say("add") }, Change: func(f WorklistFolder) { l.say("%+v", f) }, Remove: func(path string) { l.say("remove %s", path) },
		})
	})
	wantWords(t, v.Object(), "No folder is kept yet.", "deletes nothing")
	v.Set([]WorklistFolder{{Path: "/archive/2026", Cases: 1}, {Path: "/incoming", Images: true, Cases: 1204}})
	wantWords(t, v.Object(), "/archive/2026", "1 case", "1 204 cases")
	wantNoWords(t, v.Object(), "No folder")
	test.Tap(toggleOf(t, v.Object(), "Watch"))
	test.Tap(toggleOf(t, v.Object(), "Plain pictures"))
	test.Tap(button(t, v.Object(), "Remove"))
	test.Tap(button(t, v.Object(), "Add a folder…"))
	l.want(t, "{Path:/archive/2026 Images:false Watch:true Cases:1}", "{Path:/archive/2026 Images:true Watch:true Cases:1}", "remove /archive/2026", "add")
}

func TestWorklistNoteWithoutVerdict(t *testing.T) {
	var l log
	cases := someCases(3)
	cases[0].Note = "look again"
	w, _ := listed(t, "en", logged(&l), 3, WorklistPage{0, cases})
	l.said = nil
	w.Select(0)
	if w.detail.note.Text != "look again" || w.Row(0).Cells().Note != "look again" || w.Row(0).Cells().Verdict != "unread" {
		t.Errorf("note %q, row %+v", w.detail.note.Text, w.Row(0).Cells())
	}
	wantNoWords(t, w.detail.object, "Take back")
	w.detail.note.SetText("look again, deeper")
	w.KeepNote()
	w.KeepNote()
	l.want(t, `note 1 "look again, deeper"`)
}

func TestWorklistWaits(t *testing.T) {
	w, _ := listed(t, "en", WorklistEvents{}, 3, WorklistPage{0, someCases(3)})
	w.SetTriage(WorklistTriage{Running: true, Waiting: true, Current: "S-1.svs", Done: 3, Of: 3})
	wantWords(t, w.Object(), "waits for new slides", "Pause triage")
	wantNoWords(t, w.Object(), "S-1.svs")
}
