package panels

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/assets"
	"zoomscope/ui/texts"
	"zoomscope/ui/theme"
	"zoomscope/ui/widgets"
)

// bigWorklist is the size that a worklist is tested at.
func bigWorklist() fyne.Size { return fyne.NewSize(1200, 800) }

// logged are events that note what is called back.
func logged(l *log) WorklistEvents {
	return WorklistEvents{
		Need:      func(from, n int) { l.say("need %d+%d", from, n) },
		Select:    func(id int64) { l.say("select %d", id) },
		Open:      func(id int64) { l.say("open %d", id) },
		Sort:      func(s WorklistSort) { l.say("sort %s %s %v", s.By, s.Class, s.Reverse) },
		Filter:    func(f WorklistFilter) { l.say("filter %+v", f) },
		AddFolder: func() { l.say("add") },
		Start:     func() { l.say("start") },
		Pause:     func() { l.say("pause") },
		Blind:     func(on bool) { l.say("blind %v", on) },
		Report:    func() { l.say("report") },
		ExportCSV: func() { l.say("csv") },
		Judge:     func(j WorklistJudgement) { l.say("judge %d %s %q %q", j.ID, j.Opinion, j.Class, j.Note) },
		Withdraw:  func(id int64) { l.say("withdraw %d", id) },
		Note:      func(id int64, note string) { l.say("note %d %q", id, note) },
		Retry:     func(id int64) { l.say("retry %d", id) },
		Left:      func() { l.say("left") },
	}
}

// listed shows a worklist of n cases in a language; those of pages are there.
func listed(t testing.TB, lang string, on WorklistEvents, n int, pages ...WorklistPage) (*Worklist, fyne.Canvas) {
	t.Helper()
	words := language(t, lang)
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(theme.Light))
	w := NewWorklist(words, on)
	window := test.NewTempWindow(t, w.Object())
	window.SetPadded(false)
	window.Resize(bigWorklist())
	w.SetSetup(someSetup())
	w.SetCounts(WorklistCounts{Total: n, Shown: n, Done: n, Unread: n})
	w.SetList(n, -1, pages...)
	return w, window.Canvas()
}

// filled is a worklist with n cases, all there, in English.
func filled(t testing.TB, l *log, n int) *Worklist {
	t.Helper()
	w, _ := listed(t, "en", logged(l), n, WorklistPage{0, someCases(n)})
	l.said = nil
	return w
}

func TestWorklistAsksForWhatIsSeen(t *testing.T) {
	var l log
	w, canvas := listed(t, "en", logged(&l), 10000)
	l.want(t, "need 0+64")
	if !w.Row(0).Blank() {
		t.Error("a row that is still to come is no placeholder")
	}
	w.SetRows(0, someCases(64))
	if w.Row(0).Blank() || w.Row(0).Cells().Name != "S-2024-104 A1 HE.svs" {
		t.Errorf("row 0 shows %+v", w.Row(0).Cells())
	}
	test.Scroll(canvas, fyne.NewPos(300, 600), 0, -5000*widgets.CaseRowHeight)
	l.want(t, "need 4992+64")
	from, n := w.Seen()
	if from != 5000 || n < 5 || n > 20 || !w.Row(from).Blank() {
		t.Errorf("%d rows from %d on are in sight", n, from)
	}
	test.Scroll(canvas, fyne.NewPos(300, 600), 0, 5000*widgets.CaseRowHeight)
	l.want(t)
	test.Scroll(canvas, fyne.NewPos(300, 600), 0, -1e9)
	l.want(t, "need 9984+16")
}

// TestWorklistStaysSmall scrolls through ten thousand cases: there are no more
// rows than fit, and no more cases and pictures than a few pages.
func TestWorklistStaysSmall(t *testing.T) {
	const n = 10000
	var w *Worklist
	cases := someCases(WorklistPageSize)
	on := WorklistEvents{Need: func(from, n int) {
		for i := range cases {
			cases[i].ID = int64(from + i + 1)
		}
		w.SetRows(from, slices.Clone(cases[:n]))
	}}
	w, canvas := listed(t, "en", on, 0)
	w.SetCounts(WorklistCounts{Total: n, Shown: n})
	w.SetList(n, -1)
	most := 0
	for range n / 25 {
		test.Scroll(canvas, fyne.NewPos(300, 600), 0, -25*widgets.CaseRowHeight)
		from, seen := w.Seen()
		most = max(most, seen)
		for i := from; i < from+seen; i++ {
			if row := w.Row(i); row.Blank() || w.cases.at(i).ID != int64(i+1) {
				t.Fatalf("row %d shows another case", i)
			}
		}
		if w.rows.Made() > most+1 || len(w.cases.cases) > keptCases+WorklistPageSize || len(w.cases.index) != len(w.cases.cases) {
			t.Fatalf("at %d: %d rows of %d in sight, %d cases kept", from, w.rows.Made(), most, len(w.cases.cases))
		}
	}
	if from, seen := w.Seen(); from+seen != n {
		t.Errorf("the end is row %d", from+seen)
	}
}

func TestWorklistSelects(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	test.Tap(w.Row(2))
	l.want(t, "select 3")
	if w.Selected() != 2 || w.SelectedID() != 3 || w.Row(2).Marked() != widgets.Selected || w.Row(0).Marked() != widgets.Plain {
		t.Errorf("selected %d, %d", w.Selected(), w.SelectedID())
	}
	w.Next()
	w.Previous()
	w.Previous()
	l.want(t, "select 4", "select 3", "select 2")
	for w.Next() {
	}
	if from, n := w.Seen(); w.Selected() != 39 || from+n != 40 {
		t.Errorf("at the end %d is selected and %d in sight", w.Selected(), from+n)
	}
	l.said = nil
	if w.Next() || !w.OpenSelected() {
		t.Error("there is a case after the last, or none at hand")
	}
	l.want(t, "open 40")
	w.Select(0)
	l.want(t)
	if from, _ := w.Seen(); from != 0 || w.Previous() {
		t.Errorf("after going to the first, %d is the first in sight", from)
	}
	w.Select(-1)
	if w.Selected() != -1 || w.SelectedID() != 0 || w.OpenSelected() {
		t.Error("a case is at hand though none was asked for")
	}
	wantWords(t, w.Object(), "Select a case to see it here.")
	if !w.Next() || w.Selected() != 0 {
		t.Error("the first next case is not the first")
	}
}

func TestWorklistDoubleClickOpens(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	var now time.Time
	w.now = func() time.Time { return now }
	test.Tap(w.Row(1))
	now = now.Add(doubleClick / 2)
	test.Tap(w.Row(1))
	l.want(t, "select 2", "open 2")
	now = now.Add(time.Minute)
	test.Tap(w.Row(1))
	now = now.Add(2 * doubleClick)
	test.Tap(w.Row(1))
	now = now.Add(doubleClick / 2)
	test.Tap(w.Row(3))
	l.want(t, "select 4")
}

func TestWorklistSelectsWhatIsToCome(t *testing.T) {
	var l log
	w, _ := listed(t, "en", logged(&l), 1000)
	w.SetRows(0, someCases(64))
	l.said = nil
	for range 3 {
		w.goTo(500)
	}
	l.want(t, "need 448+64")
	if w.SelectedID() != 0 || w.Judge(WorklistUnsure) || w.FocusNote() {
		t.Error("a case that is still to come was judged")
	}
	w.SetRows(448, renumbered(448, 64))
	l.want(t, "select 501")
	w.SetRows(448, renumbered(448, 64))
	l.want(t)
}

func renumbered(from, n int) []WorklistCase {
	cases := someCases(n)
	for i := range cases {
		cases[i].ID = int64(from + i + 1)
	}
	return cases
}

func TestWorklistUpdates(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.Select(4)
	w.SetProgress(5, 0.73)
	wantWords(t, w.Object(), "running, 73 %")
	c := someCases(40)[0]
	c.ID, c.Name, c.Thumb = 5, "other.svs", nil
	w.Update(c)
	if got := w.Row(4).Cells(); got.Name != "other.svs" || got.Value == "" {
		t.Errorf("the row shows %+v", got)
	}
	if w.cases.at(4).Thumb == nil {
		t.Error("the picture is gone")
	}
	thumb := picked(3)
	w.SetPicture(5, thumb)
	if w.Row(4).Picture() != thumb {
		t.Error("the new picture is not seen")
	}
	w.SetPicture(4711, nil)
	w.Update(WorklistCase{ID: 4711})
	w.SetProgress(4711, 1)
	l.want(t)
}

func TestWorklistSorts(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	rule := func() string { return w.sort.choice.Options()[w.sort.choice.Chosen()].Label }
	for _, c := range []struct {
		column     widgets.CaseColumn
		said, rule string
	}{
		{widgets.CaseUncertainty, "sort uncertainty  false", "uncertainty: smallest margin first"},
		{widgets.CaseUncertainty, "sort uncertainty  true", "uncertainty: largest margin first"},
		{widgets.CaseUncertainty, "sort uncertainty  false", "uncertainty: smallest margin first"},
		{widgets.CasePrediction, "sort probability high-grade dysplasia false", "probability of high-grade dysplasia, highest first"},
		{widgets.CaseState, "sort state  false", "state: running, queued, failed, done"},
		{widgets.CaseWarnings, "sort warnings  false", "warnings, most first"},
		{widgets.CaseVerdict, "sort verdict  false", "verdict: agree, disagree, unsure"},
		{widgets.CaseName, "sort name  false", "name"},
		{widgets.CaseName, "sort name  true", "name, from the end"},
	} {
		test.Tap(w.header.Cell(c.column))
		l.want(t, c.said)
		if rule() != c.rule {
			t.Errorf("the rule reads %q, want %q", rule(), c.rule)
		}
	}
	w.SetSort(WorklistSort{By: WorklistByProbability, Class: "low-grade"})
	test.Tap(w.header.Cell(widgets.CasePrediction))
	test.Tap(button(t, w.Object(), "Reverse"))
	l.want(t, "sort probability low-grade true", "sort probability low-grade false")
	test.Tap(w.sort.choice)
	test.Tap(w.sort.choice.Rows()[len(w.sort.orders)-1])
	l.want(t, "sort changed  false")
}

func TestWorklistEveryOrderHasTwoRules(t *testing.T) {
	for _, lang := range assets.Languages() {
		rules, seen := language(t, lang).Worklist.Rules, map[string]bool{}
		for _, s := range (&worklistSort{classes: []string{"a", "b"}}).offered() {
			for _, reverse := range []bool{false, true} {
				s.Reverse = reverse
				if words := s.words(rules); seen[words] || strings.Contains(words, "%!") {
					t.Errorf("%s: %+v reads %q", lang, s, words)
				} else {
					seen[words] = true
				}
			}
		}
	}
}

func TestWorklistFilters(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	last := func(want WorklistFilter) {
		t.Helper()
		if len(l.said) == 0 || l.said[len(l.said)-1] != fmt.Sprintf("filter %+v", want) {
			t.Errorf("called back %q, want a filter of %+v", l.said, want)
		}
		l.said = nil
	}
	test.Type(w.filter.text, "S-1")
	last(WorklistFilter{Text: "S-1"})
	test.Tap(w.filter.state)
	test.Tap(w.filter.state.Rows()[2])
	last(WorklistFilter{Text: "S-1", State: WorklistFailed})
	test.Tap(w.filter.class)
	test.Tap(w.filter.class.Rows()[3])
	test.Tap(w.filter.unread)
	test.Tap(w.filter.warnings)
	all := WorklistFilter{"S-1", WorklistFailed, "high-grade dysplasia", true, true}
	last(all)
	if w.Filter() != all {
		t.Errorf("the filter is %+v", w.Filter())
	}
	test.Tap(button(t, w.Object(), "Clear filter"))
	l.want(t, fmt.Sprintf("filter %+v", WorklistFilter{}))
	w.SetFilter(all)
	w.SetSetup(someSetup())
	if w.Filter() != all {
		t.Errorf("the filter became %+v", w.Filter())
	}
	w.FocusFilter()
	w.filter.text.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	l.want(t, "left")
}

func TestWorklistCounts(t *testing.T) {
	for want, c := range map[string]WorklistCounts{
		"200 cases: 180 done, 3 failed, 17 queued; 12 unread": {Total: 200, Shown: 200, Done: 180, Failed: 3, Queued: 17, Unread: 12},
		"1 case: 1 running; 1 unread":                         {Total: 1, Shown: 1, Running: 1, Unread: 1},
		"12 of 10 000 cases: 2 done, 10 not queued; all read": {Total: 10000, Shown: 12, Done: 2},
		"0 of 200 cases": {Total: 200},
		"0 cases":        {},
	} {
		if got := strings.ReplaceAll(countWords(language(t, "en"), c), "\u00a0", " "); got != want {
			t.Errorf("%+v reads %q, want %q", c, got, want)
		}
	}
}

// TestWorklistCountsInGerman: the verbs go with how many there are.
func TestWorklistCountsInGerman(t *testing.T) {
	for want, c := range map[string]WorklistCounts{
		"1 Fall: 1 wartet; 1 ungelesen":            {Total: 1, Shown: 1, Queued: 1, Unread: 1},
		"3 Fälle: 1 läuft, 2 warten; 3 ungelesen":  {Total: 3, Shown: 3, Running: 1, Queued: 2, Unread: 3},
		"3 Fälle: 2 laufen, 1 wartet; 3 ungelesen": {Total: 3, Shown: 3, Running: 2, Queued: 1, Unread: 3},
	} {
		if got := strings.ReplaceAll(countWords(language(t, "de"), c), "\u00a0", " "); got != want {
			t.Errorf("%+v reads %q, want %q", c, got, want)
		}
	}
}

// TestWorklistBlindedTellsNothing looks for any trace of what the model says, in
// words and marks, also where it is given by mistake.
func TestWorklistBlindedTellsNothing(t *testing.T) {
	for _, lang := range assets.Languages() {
		t.Run(lang, func(t *testing.T) {
			cases := someCases(6)
			for i := range cases {
				cases[i].State, cases[i].Hidden, cases[i].Verdict = WorklistDone, true, nil
				cases[i].Opinion = &WorklistOpinion{Label: "low-grade", Probabilities: []float64{0.11, 0.67, 0.22}, Margin: 0.45, Entropy: 0.39,
					Spots: []WorklistSpot{{0.2, 0.3, 0.1, 0.1}}}
			}
			w, _ := listed(t, lang, WorklistEvents{}, 6, WorklistPage{0, cases})
			w.SetBlinded(true)
			w.Select(1)
			words := w.texts.Worklist
			wantNoWords(t, w.table, "low-grade")
			wantNoWords(t, w.Object(), "67", "11 %", "22 %", "0.45", "0,45", "0.39", "0,39", strings.TrimSpace(fmt.Sprintf(words.Margin, "")), "("+words.AgreeKey+")")
			wantWords(t, w.table, words.Hidden)
			wantWords(t, w.detail.object, words.Hidden, words.NameClass)
			for i := range cases {
				if len(w.Row(i).Spots()) > 0 {
					t.Error("a hot spot is seen")
				}
			}
			if len(w.detail.picture.Spots()) > 0 || len(w.detail.bars.Bars()) > 0 {
				t.Error("the case at hand tells of the model")
			}
			if w.Judge(WorklistAgree) || w.Judge(WorklistDisagree) || !w.Judge(WorklistUnsure) || !w.JudgeClass(2) || w.JudgeClass(3) {
				t.Error("one can agree with what is hidden, or not judge it")
			}
			shown := cases[1]
			shown.Hidden, shown.Verdict = false, &WorklistVerdict{Opinion: WorklistAgree, Class: "low-grade", Blinded: true}
			w.Update(shown)
			wantWords(t, w.detail.object, "67 %", words.ReadBlinded)
			if len(w.Row(1).Spots()) != 1 || w.Row(1).Cells().Label != "low-grade" {
				t.Error("the opinion is not seen though the verdict is in")
			}
		})
	}
}

func TestWorklistBlinding(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.SetSort(WorklistSort{By: WorklistByEntropy})
	w.SetFilter(WorklistFilter{Class: "low-grade", Unread: true})
	test.Tap(w.top.blinded)
	l.want(t, "blind true")
	if (w.Sort() != WorklistSort{}) || (w.Filter() != WorklistFilter{Unread: true}) || !w.Blinded() {
		t.Errorf("blinded, the order is %+v and the filter %+v", w.Sort(), w.Filter())
	}
	test.Tap(w.header.Cell(widgets.CasePrediction))
	test.Tap(w.header.Cell(widgets.CaseUncertainty))
	test.Tap(w.filter.class)
	l.want(t)
	for _, o := range w.sort.choice.Options() {
		model := strings.Contains(o.Label, "probability") || strings.Contains(o.Label, "uncertainty") || strings.Contains(o.Label, "class")
		if o.Off != model {
			t.Errorf("order %q is off: %v", o.Label, o.Off)
		}
	}
	test.Tap(w.header.Cell(widgets.CaseState))
	test.Tap(w.top.blinded)
	test.Tap(w.header.Cell(widgets.CaseUncertainty))
	l.want(t, "sort state  false", "blind false", "sort uncertainty  false")
}

func TestWorklistVerdicts(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.Select(8)
	test.Tap(button(t, w.Object(), "Agree (Y)"))
	test.Tap(button(t, w.Object(), "Disagree (N)"))
	test.Tap(button(t, w.Object(), "Unsure (U)"))
	l.want(t, `judge 9 agree "" ""`, `judge 9 disagree "" ""`, `judge 9 unsure "" ""`)
	wantNoWords(t, w.detail.object, "Which class is it?", "Take back")
	c := someCases(9)[8]
	c.Verdict = &WorklistVerdict{Opinion: WorklistDisagree, Class: "low-grade"}
	w.Update(c)
	wantWords(t, w.detail.object, "Which class is it?", "F2", "F4", "In your view: low-grade")
	test.Tap(button(t, w.Object(), "Take back"))
	w.JudgeClass(0)
	l.want(t, "withdraw 9", `judge 9  "non-neoplastic" ""`)
	if got := w.Row(8).Cells().Verdict; got != "Disagree" {
		t.Errorf("the row reads %q", got)
	}
}

func TestWorklistNotes(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.Select(1)
	note := w.detail.note
	if note.Text != "margins look free" {
		t.Errorf("the note reads %q", note.Text)
	}
	w.FocusNote()
	note.SetText("deep levels")
	c := *w.cases.at(1)
	c.Fraction = 0.5
	w.Update(c) // does not take away what is being typed
	note.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	l.want(t, `note 2 "deep levels"`, "left")
	note.SetText("ask")
	w.Next()
	l.want(t, `note 2 "ask"`, "select 3")
	if note.Text != "" {
		t.Errorf("the next case's note reads %q", note.Text)
	}
	note.SetText("clear")
	w.Judge(WorklistAgree)
	w.Select(-1)
	l.want(t, `judge 3 agree "" "clear"`)
}

// TestWorklistKeepsWhatIsTyped changes the list while a note is being typed, with
// the case at hand still to come.
func TestWorklistKeepsWhatIsTyped(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.Select(1)
	w.FocusNote()
	w.detail.note.SetText("deep lev")
	w.SetList(40, 3)
	l.want(t, "need 0+40")
	if w.Judge(WorklistUnsure) {
		t.Error("a case that is still to come was judged")
	}
	cases := someCases(40)
	cases[1], cases[3] = cases[3], cases[1]
	w.SetRows(0, cases)
	l.want(t, "select 2")
	if w.detail.note.Text != "deep lev" || w.detail.name.Text() != cases[3].Name {
		t.Errorf("of %s the note reads %q", w.detail.name.Text(), w.detail.note.Text)
	}
}

func TestWorklistFailure(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.Select(3)
	wantWords(t, w.detail.object, "failed: the file ends too early\nCopy it again from the scanner.")
	test.Tap(button(t, w.Object(), "Try again"))
	l.want(t, "retry 4")
	if got := w.Row(3).Cells().State; got != "failed: the file ends too early" {
		t.Errorf("the row reads %q", got)
	}
	c := *w.cases.at(3)
	c.Advice = ""
	w.Update(c)
	wantWords(t, w.detail.object, w.texts.Worklist.WhatToDo)
}

// TestWorklistVerdictOnAnotherModel shows a verdict that says nothing of the model at
// hand: a case that is not unread, and of which no class is known.
func TestWorklistVerdictOnAnotherModel(t *testing.T) {
	var l log
	w := filled(t, &l, 4)
	w.Select(1)
	c := *w.cases.at(1)
	c.Verdict = &WorklistVerdict{}
	w.Update(c)
	if got := w.Row(1).Cells().Verdict; got != "other model" {
		t.Errorf("the row reads %q", got)
	}
	wantWords(t, w.detail.object, "what another model said", "Take back")
	c.Verdict = &WorklistVerdict{Class: "low-grade"}
	w.Update(c)
	wantNoWords(t, w.detail.object, "what another model said")
}

func TestWorklistTriage(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	test.Tap(button(t, w.Object(), "Start triage"))
	w.SetTriage(WorklistTriage{Running: true, Current: "a.svs", Done: 17, Of: 200, Rate: 4.25, Left: 90 * time.Second, Trouble: "the drive is full"})
	wantWords(t, w.Object(), "a.svs", "17 of 200 slides, 4.2 an hour, 1 min 30 s left", "the drive is full")
	test.Tap(button(t, w.Object(), "Pause triage"))
	l.want(t, "start", "pause")
	wantNoWords(t, w.Object(), "with which it was started")
	w.SetTriage(WorklistTriage{Running: true, Model: "colon 2"})
	wantWords(t, w.Object(), "model colon 2, with which it was started")
	w.SetTriage(WorklistTriage{Running: true, Pausing: true, Of: 3})
	test.Tap(button(t, w.Object(), "Pausing…"))
	w.SetTriage(WorklistTriage{})
	w.SetSetup(WorklistSetup{})
	wantNoWords(t, w.Object(), "a.svs", "0 of 3")
	wantWords(t, w.Object(), "No model is chosen")
	test.Tap(button(t, w.Object(), "Start triage"))
	l.want(t)
	for _, b := range []string{"Add folder…", "Agreement…", "Export CSV…"} {
		test.Tap(button(t, w.Object(), b))
	}
	l.want(t, "add", "report", "csv")
}

func TestWorklistTellsWhatOpinionsAreWorth(t *testing.T) {
	var l log
	w := filled(t, &l, 3)
	wantNoWords(t, w.Object(), w.texts.Analysis.Synthetic, w.texts.Analysis.Untrained)
	w.SetSetup(WorklistSetup{Model: "Demo", Synthetic: true})
	wantWords(t, w.Object(), "Model: Demo", w.texts.Analysis.Synthetic)
	w.SetSetup(WorklistSetup{Model: "Demo", Untrained: true})
	wantWords(t, w.Object(), w.texts.Analysis.Untrained)
}

func TestWorklistEmpty(t *testing.T) {
	var l log
	w, _ := listed(t, "en", logged(&l), 0)
	wantWords(t, w.Object(), "Add a folder of slides")
	wantNoWords(t, w.Object(), "Sorted by", "Clear filter", "Verdict", "Select a case")
	test.Tap(button(t, w.Object(), "Add a folder…"))
	l.want(t, "add")
	w.SetCounts(WorklistCounts{Total: 7})
	wantWords(t, w.Object(), "No case passes the filter.", "0 of 7 cases")
	wantNoWords(t, w.Object(), "Add a folder of slides")
	w.SetCounts(WorklistCounts{Total: 7, Shown: 7})
	w.SetList(7, 0, WorklistPage{0, someCases(7)})
	wantNoWords(t, w.Object(), "No case passes")
}

func TestWorklistDetail(t *testing.T) {
	var l log
	w := filled(t, &l, 40)
	w.Select(0)
	wantWords(t, w.detail.object, "53 %", "41 %", "6 %", "1 warning")
	large := picked(9)
	w.SetDetail(WorklistDetail{ID: 2, Picture: large, Path: "/of/another"})
	wantNoWords(t, w.detail.object, "/of/another")
	w.SetDetail(WorklistDetail{ID: 1, Picture: large, Path: "/whole/path.svs", Warnings: []string{"no tissue"}})
	wantWords(t, w.detail.object, "/whole/path.svs", "no tissue")
	wantNoWords(t, w.detail.object, "1 warning")
	if w.detail.picture.Picture() != large || len(w.detail.picture.Spots()) != 3 {
		t.Error("the larger picture and its spots are not seen")
	}
	w.Select(1)
	wantNoWords(t, w.detail.object, "/whole/path.svs")
}

func TestAgreementView(t *testing.T) {
	var l log
	v := opened(t, func(*texts.Texts) *AgreementView {
		return NewAgreementView(language(t, "en"), AgreementEvents{CSV: func() { l.say("csv") }, PDF: func() { l.say("pdf") }})
	})
	wantWords(t, v.Object(), "nothing to compare")
	v.Set(someAgreement())
	wantWords(t, v.Object(), "Dr. Weber against Colorectal", "89.0 %", "146 of 164 cases", "0.83", "95 % interval 0.76 to 0.90", "Unsure, left out: 7",
		"not yet read: 12", "164 of 171", "Cohen's kappa", "81 %")
	wantWords(t, v.Object(), "For research use only", "2 × both / (reader + model)")
	wantNoWords(t, v.Object(), "synthetic")
	cautious := someAgreement()
	cautious.Caution = "trained on synthetic tissue"
	v.Set(cautious)
	wantWords(t, v.Object(), "trained on synthetic tissue")
	test.Tap(button(t, v.Object(), "Export CSV…"))
	test.Tap(button(t, v.Object(), "PDF report…"))
	l.want(t, "csv", "pdf")
	v.Set(AgreementReport{Classes: []string{"a", "b"}, Table: [][]int{{2, 0}, {0, 0}}, Agree: 2})
	wantWords(t, v.Object(), "not defined", "–")
}

// TestNamed compares with counting case by case.
func TestNamed(t *testing.T) {
	table := someAgreement().Table
	for class := range table {
		var reader, model, both int
		for i := range table {
			for j := range table {
				for range table[i][j] {
					if i == class {
						reader++
					}
					if j == class {
						model++
					}
					if i == class && j == class {
						both++
					}
				}
			}
		}
		if r, m, b := named(table, class); r != reader || m != model || b != both {
			t.Errorf("class %d is named %d, %d, %d times, want %d, %d, %d", class, r, m, b, reader, model, both)
		}
	}
}

// fed is a worklist of ten thousand cases that come at once, as from a fast store.
func fed(b *testing.B, cases []WorklistCase) (*Worklist, fyne.Canvas) {
	var w *Worklist
	w, canvas := listed(b, "en", WorklistEvents{Need: func(from, n int) { w.SetRows(from, renamed(cases, from)[:n]) }}, 0)
	w.SetCounts(WorklistCounts{Total: 10000, Shown: 10000, Done: 10000})
	w.SetList(10000, 0)
	return w, canvas
}

func renamed(cases []WorklistCase, from int) []WorklistCase {
	list := slices.Clone(cases)
	for i := range list {
		list[i].ID = int64(from + i + 1)
	}
	return list
}

// BenchmarkWorklistOpen is the making of the panel with ten thousand cases.
func BenchmarkWorklistOpen(b *testing.B) {
	cases := someCases(WorklistPageSize)
	for b.Loop() {
		fed(b, cases)
	}
}

// BenchmarkWorklistScrollPage brings a page of other rows to sight.
func BenchmarkWorklistScrollPage(b *testing.B) {
	w, canvas := fed(b, someCases(WorklistPageSize))
	by := float32(-600)
	for b.Loop() {
		if from, n := w.Seen(); from+n == 10000 || from == 0 && by > 0 {
			by = -by
		}
		test.Scroll(canvas, fyne.NewPos(300, 600), 0, by)
	}
}

// BenchmarkWorklistSort is a press on a name, and the list in its new order.
func BenchmarkWorklistSort(b *testing.B) {
	w, _ := fed(b, someCases(WorklistPageSize))
	w.on.Sort = func(WorklistSort) { w.SetList(10000, 0) }
	for b.Loop() {
		w.pressHeader(widgets.CaseUncertainty)
	}
}

// BenchmarkWorklistNext goes to the next case, as by its key.
func BenchmarkWorklistNext(b *testing.B) {
	w, _ := fed(b, someCases(WorklistPageSize))
	for b.Loop() {
		if !w.Next() {
			w.Select(0)
		}
	}
}
