package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"zoomscope/app"
	"zoomscope/app/apptest"
	"zoomscope/app/settings"
	"zoomscope/assets"
	"zoomscope/packaging/testenv"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// archive draws a folder of small slides that are not taken for copies under way.
func archive(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for i := range n {
		path := apptest.DrawSlide(t, dir, fmt.Sprintf("case%d", i+1), uint64(i+3))
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listed is a window with the worklist shown, of which the slides of a folder were
// found, and analysed if they are to be.
func listed(t *testing.T, n int, triage bool, prepare func(*settings.Settings)) *stand {
	t.Helper()
	testenv.ORT(t)
	testenv.OpenSlide(t)
	s := newStand(t, prepare)
	s.probe()
	s.dialogs.path = archive(t, n)
	s.toggleWorklist()
	s.until("open", func() bool { return s.review.store != nil })
	s.review.panel.Object().Resize(fyne.NewSize(1000, 700))
	s.addFolder()
	s.until("found", func() bool { return len(s.review.ids) == n && s.review.triage.job == nil && !s.review.reading })
	if triage {
		s.startTriage()
		s.until("triaged", func() bool { return s.review.triage.job == nil && s.allDone(n) })
	}
	return s
}

// allDone reports whether the window knows of n cases that are done.
func (s *stand) allDone(n int) bool {
	done := 0
	for _, c := range s.review.cases {
		if c.State == app.WorklistDone {
			done++
		}
	}
	return done == n
}

// settled waits until the list shows what the store has.
func (s *stand) settled() {
	s.t.Helper()
	s.until("settled", func() bool { return !s.review.reading && len(s.review.changed) == 0 && s.review.going == 0 })
}

func TestWorklistShows(t *testing.T) {
	s := newStand(t, nil)
	s.open([]string{picture(t, "slide.png")})
	s.until("slide open", func() bool { return s.current.view != nil })
	s.toggleWorklist()
	if !s.review.room.Visible() || s.parts.stage.Visible() {
		t.Error("the worklist is not in place of the slide")
	}
	s.until("open", func() bool { return s.review.store != nil })
	s.choose(s.current)
	if s.review.room.Visible() || !s.parts.stage.Visible() {
		t.Error("choosing a slide does not bring it back")
	}
	s.toggleWorklist()
	s.toggleWorklist()
	if s.review.shown {
		t.Error("the second time does not go back to the slide")
	}
}

func TestWorklistThatCannotBeOpened(t *testing.T) {
	s := newStand(t, nil)
	file := filepath.Join(s.Workspace.DataDir, "worklist.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("no worklist ", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	s.toggleWorklist()
	s.until("refused", func() bool { return s.review.fault != nil })
	if got := s.worklistProblem(s.review.fault); got != s.texts.Review.Foreign {
		t.Errorf("%+v", got)
	}
	if len(s.review.room.Objects) != 1 || s.review.room.Objects[0] == s.review.panel.Object() {
		t.Error("it is not said where the list would be")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.openWorklist()
	s.until("open", func() bool { return s.review.store != nil })

	other := newStand(t, nil)
	other.Workspace = s.Workspace
	other.toggleWorklist()
	other.until("refused", func() bool { return other.review.fault != nil })
	if got := other.worklistProblem(other.review.fault); got != other.texts.Review.InUse {
		t.Errorf("a second window: %+v", got)
	}
}

// TestVerdictWhileCaseOpens gives verdicts faster than slides open: none goes to the
// case that is being left.
func TestVerdictWhileCaseOpens(t *testing.T) {
	s := listed(t, 2, false, nil)
	first, second := s.review.ids[0], s.review.ids[1]
	s.openCase(first)
	s.until("first", func() bool { return s.current != nil && s.current.known.ID == first && s.current.view != nil })
	s.typed('j')
	s.typed('u')
	s.pressed(fyne.KeyF2, false)
	s.typed('m')
	s.typed('r')
	if s.review.shown || s.current.run != nil || len(s.jobs) != 0 {
		t.Error("a note or an analysis of the slide that is being left")
	}
	s.until("second", func() bool { return s.current.known.ID == second && s.current.view != nil })
	s.typed('u')
	s.until("judged", func() bool { return s.current.known.Verdict != nil })
	if v := s.review.cases[first].Verdict; v != nil {
		t.Errorf("the case that was left was judged %+v", v)
	}
	s.typed('k')
	s.choose(s.current) // the reader stays
	s.settled()
	if s.current.known.ID != second {
		t.Error("another slide comes although one was chosen")
	}
}

// TestReview triages a folder, opens a case and judges it by keys.
func TestReview(t *testing.T) {
	s := listed(t, 4, true, nil)
	p := s.review.panel
	if p.Length() != 4 || p.Row(0).Cells().State != s.texts.Worklist.Done || p.Row(0).Cells().Label == "" {
		t.Fatalf("%d rows, first %+v", p.Length(), p.Row(0).Cells())
	}
	analysed := false
	s.onAnalysed = func(error) { analysed = true }
	s.typed('j')
	first := s.review.ids[0]
	if p.SelectedID() != first {
		t.Fatalf("selected %d, not %d", p.SelectedID(), first)
	}
	s.pressed(fyne.KeyReturn, false)
	s.until("laid over", func() bool { return s.current != nil && s.current.result != nil })
	if analysed || len(s.jobs) != 0 || s.review.shown {
		t.Error("it was analysed again, or is not shown")
	}
	if c := s.current; c.state.Kind != panels.SlideDone || c.attention == nil || c.known.ID != first {
		t.Errorf("%+v", c.state)
	}

	s.typed('y')
	s.until("agreed", func() bool { v := s.current.known.Verdict; return v != nil && v.Opinion == "agree" })
	s.typed('J')
	s.until("next", func() bool { return s.current.known.ID == s.review.ids[1] && s.current.result != nil })
	s.typed('n')
	s.until("disagreed", func() bool { v := s.current.known.Verdict; return v != nil && v.Opinion == "disagree" })
	s.typed('k')
	s.until("back", func() bool { return s.current.known.ID == first })
	s.typed('k')
	if s.review.going != 0 || s.current.known.ID != first {
		t.Error("there is one before the first")
	}

	s.toggleWorklist()
	s.settled()
	s.keepNote(first, "a note")
	s.until("noted", func() bool {
		v := s.review.cases[first].Verdict
		return v != nil && v.Note == "a note" && v.Opinion == "agree"
	})
	third := s.review.ids[2]
	s.keepNote(third, "before the verdict")
	p.Select(2)
	s.typed('u')
	s.until("unsure", func() bool { v := s.review.cases[third].Verdict; return v != nil && v.Opinion == "unsure" })

	s.showAgreement()
	s.until("report", func() bool { return s.question != nil })
	s.dismiss()
	a, err := s.review.store.Agreement(t.Context(), s.review.query)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.agreementReport(a); r.Agree != 1 || r.Disagree != 1 || r.Unsure != 1 || r.Unread != 1 || r.Reader == "" {
		t.Errorf("%+v", r)
	}
	out := filepath.Join(t.TempDir(), "list.csv")
	s.dialogs.path = out
	s.exportWorklist()
	s.until("exported", func() bool {
		data, err := os.ReadFile(out)
		return err == nil && strings.Count(string(data), "\n") == 5
	})
	s.withdraw(first)
	s.until("withdrawn", func() bool { return s.review.cases[first].Verdict == nil })
}

// TestBlindedReview looks for what the model says wherever it could be seen before
// the verdict.
func TestBlindedReview(t *testing.T) {
	s := listed(t, 3, true, func(l *settings.Settings) { l.Worklist = settings.Worklist{Reader: "reader one", Blinded: true} })
	p := s.review.panel
	for i := range 3 {
		if cells := p.Row(i).Cells(); cells.Label != "" || cells.Value != "" || cells.Margin != "" || cells.Silent == "" {
			t.Errorf("row %d tells %+v", i, cells)
		}
	}
	s.typed('j')
	s.typed('y')
	s.settled()
	first := s.review.ids[0]
	if s.review.cases[first].Verdict != nil {
		t.Error("a reader agrees with what cannot be seen")
	}
	s.pressed(fyne.KeyReturn, false)
	s.until("withheld", func() bool { return s.current != nil && s.current.withheld != nil })
	c := s.current
	unseen := func() {
		t.Helper()
		if c.result != nil || c.attention != nil || c.state != (panels.SlideState{}) || s.readout(100, 100) != "" {
			t.Errorf("it is seen: %+v", c.state)
		}
		for name, o := range map[string]fyne.CanvasObject{"attention": s.parts.attention.Object(), "zoom path": s.parts.path.Object()} {
			if !says(o, s.texts.Attention.Hidden) {
				t.Errorf("the %s is not said to be hidden", name)
			}
		}
	}
	unseen()
	s.run()
	if c.run != nil {
		t.Error("it is analysed again")
	}
	s.typed('y')
	s.settled()
	unseen()
	if len(s.warnings(c)) == 0 || !strings.Contains(s.warnings(c)[0].Text, "F2") {
		t.Error("nothing says how to name a class")
	}
	s.pressed(fyne.KeyF3, false)
	s.until("revealed", func() bool { return c.result != nil })
	if v := c.known.Verdict; v == nil || !v.Blinded || v.Class != s.review.query.Setup.Classes[1] || v.Reader != "reader one" {
		t.Errorf("verdict %+v", v)
	}
	if c.attention == nil || c.withheld != nil {
		t.Error("what was withheld is not shown")
	}

	s.typed('j')
	s.until("next withheld", func() bool { return s.current != c && s.current.withheld != nil })
	second := s.current
	s.toggleBlinded()
	s.until("not blinded", func() bool { return second.result != nil })
	s.toggleBlinded()
	s.until("blinded again", func() bool { return second.result == nil && second.withheld != nil })
	if !s.Settings.Get().Worklist.Blinded {
		t.Error("not kept")
	}
	a, err := s.review.store.Agreement(t.Context(), s.review.query)
	if err != nil || a.Blinded != 1 || a.Agree+a.Disagree != 1 || a.Unread != 2 {
		t.Errorf("%+v, %v", a, err)
	}
}

// says reports whether an object shows those words.
func says(o fyne.CanvasObject, words string) bool {
	if !o.Visible() {
		return false
	}
	switch v := o.(type) {
	case *widgets.Text:
		return v.Text() == words
	case *fyne.Container:
		return slices.ContainsFunc(v.Objects, func(child fyne.CanvasObject) bool { return says(child, words) })
	}
	return false
}

// TestBlindedStaysBlind: neither another model, nor another reader, nor a second
// verdict makes a blinded one of what was seen.
func TestBlindedStaysBlind(t *testing.T) {
	s := listed(t, 2, true, func(l *settings.Settings) { l.Worklist = settings.Worklist{Reader: "reader one", Blinded: true} })
	s.typed('j')
	s.pressed(fyne.KeyReturn, false)
	s.until("withheld", func() bool { return s.current != nil && s.current.withheld != nil })
	c := s.current
	unjudged := *c.known
	unjudged.Hidden, unjudged.State = false, app.WorklistQueued // as under a model that has not seen it
	s.caseChanged(unjudged)
	if c.result != nil || c.withheld == nil {
		t.Fatal("another model gives away what the first one said")
	}
	s.pressed(fyne.KeyF2, false)
	s.until("revealed", func() bool { return c.result != nil && c.known.Verdict != nil })
	id := c.known.ID
	s.setReader("reader two")
	if c.result != nil || c.withheld == nil || c.known.Verdict != nil {
		t.Error("the second reader sees what the first one was told")
	}
	s.settled()
	s.setReader("reader one")
	s.until("the first again", func() bool { return c.known.Verdict != nil && c.result != nil })
	s.withdraw(id)
	s.until("withdrawn", func() bool { return c.known.Verdict == nil && c.withheld != nil })
	s.pressed(fyne.KeyF2, false)
	s.until("judged again", func() bool { return c.known.Verdict != nil })
	if c.known.Verdict.Blinded {
		t.Error("a verdict after the model was seen counts as blinded")
	}
}

// TestChangesInOrder: what is said last of a case is what is kept.
func TestChangesInOrder(t *testing.T) {
	s := listed(t, 1, true, nil)
	id := s.review.ids[0]
	for i := range 20 {
		s.judgeCase(panels.WorklistJudgement{ID: id, Opinion: panels.WorklistUnsure})
		s.keepNote(id, fmt.Sprint("note ", i))
		s.judgeCase(panels.WorklistJudgement{ID: id, Opinion: panels.WorklistAgree, Note: fmt.Sprint("agreed ", i)})
	}
	s.until("kept", func() bool {
		select {
		case <-s.review.changes.last:
			return true
		default:
			return false
		}
	})
	all, err := s.review.store.Verdicts(t.Context(), id)
	if err != nil || len(all) != 40 {
		t.Fatalf("%d verdicts, %v", len(all), err)
	}
	for i, v := range all { // the last one first
		n := 19 - i/2
		want := app.WorklistVerdict{Opinion: app.WorklistOpinion(panels.WorklistAgree), Note: fmt.Sprint("agreed ", n)}
		if i%2 == 1 {
			want = app.WorklistVerdict{Opinion: app.WorklistUnsure, Note: fmt.Sprint("note ", n)}
		}
		if v.Opinion != want.Opinion || v.Note != want.Note {
			t.Errorf("%d before the last: %s %q, want %s %q", i, v.Opinion, v.Note, want.Opinion, want.Note)
		}
	}
}

// TestTriagePauses pauses at once, goes on, and adds a folder meanwhile.
func TestTriagePauses(t *testing.T) {
	s := listed(t, 4, false, nil)
	for _, c := range s.review.cases {
		if c.State != app.WorklistQueued {
			t.Errorf("%s is %q before triage", c.Name, c.State)
		}
	}
	s.startTriage()
	s.until("one is worked on", func() bool { return s.review.triage.at != 0 })
	begin := time.Now()
	s.pauseTriage()
	s.until("paused", func() bool { return s.review.triage.job == nil })
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("pausing took %v", took)
	}
	s.settled()
	s.startTriage()
	s.until("one is worked on again", func() bool { return s.review.triage.at != 0 })
	s.dialogs.path = archive(t, 5) // four of them are the same slides
	s.addFolder()
	s.until("the folder is listed", func() bool { return len(s.review.ids) == 5 })
	s.until("triage has ended", func() bool { return s.review.triage.job == nil })
	if !s.allDone(5) { // it had ended before the folder was read
		s.startTriage()
	}
	s.until("all triaged", func() bool { return s.review.triage.job == nil && s.allDone(5) })
	report := s.review.triage
	if len(report.trouble) != 0 {
		t.Errorf("trouble %q", report.trouble)
	}
}

// TestModelChangesWhileTriageRuns chooses another model while triage works: it stays
// with the one it was started with, which cannot be removed.
func TestModelChangesWhileTriageRuns(t *testing.T) {
	s := listed(t, 4, false, nil)
	twin := filepath.Join(s.Workspace.DataDir, "models", "twin.safetensors")
	if err := os.MkdirAll(filepath.Dir(twin), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(twin, assets.Model(), 0o644); err != nil {
		t.Fatal(err)
	}
	s.probeModels()
	s.until("found", func() bool { return len(s.models) == 2 })
	s.chooseModel("twin")
	s.settled()
	s.startTriage()
	s.until("one is worked on", func() bool { return s.review.triage.at != 0 })
	s.chooseModel("")
	if !s.triages("twin") || s.triages("") || s.modelName("twin") != "twin" {
		t.Errorf("triage works with %+v", s.review.triage.engine)
	}
	s.modelsEvents().RemoveModel("twin")
	s.pauseTriage()
	s.until("paused", func() bool { return s.review.triage.job == nil })
	s.settled()
	if _, err := os.Stat(twin); err != nil || s.triages("twin") {
		t.Errorf("the model at work was removed: %v", err)
	}
	s.modelsEvents().RemoveModel("twin")
	s.until("removed", func() bool { _, err := os.Stat(twin); return err != nil })
}

// TestClosingEndsTriage closes the window while a slide is being analysed: what is
// done stays, the rest is queued.
func TestClosingEndsTriage(t *testing.T) {
	s := listed(t, 3, false, nil)
	s.startTriage()
	s.until("one is worked on", func() bool { return s.review.triage.at != 0 })
	s.cancel()
	s.workers.Wait()
	counts, err := s.review.store.Count(t.Context(), s.review.query)
	if err != nil || counts.States[app.WorklistRunning] != 0 || counts.Total != 3 {
		t.Errorf("%+v, %v", counts, err)
	}
}

func TestPagesOf(t *testing.T) {
	for name, c := range map[string]struct {
		from, n, at, length int
		want                string
	}{
		"empty":            {0, 0, -1, 0, "[]"},
		"not laid out yet": {0, 0, -1, 500, "[0]"},
		"at the start":     {0, 10, -1, 500, "[0]"},
		"across a border":  {60, 10, -1, 500, "[0 64]"},
		"at hand far away": {0, 10, 300, 500, "[0 256]"},
		"at the end":       {490, 10, 499, 500, "[448]"},
	} {
		if got := fmt.Sprint(pagesOf(c.from, c.n, c.at, c.length)); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func TestRate(t *testing.T) {
	if hourly, left := rate(10, 30, time.Hour); hourly != 10 || left != 2*time.Hour {
		t.Errorf("%v an hour, %v left", hourly, left)
	}
	if hourly, left := rate(0, 30, time.Hour); hourly != 0 || left != 0 {
		t.Errorf("%v an hour, %v left", hourly, left)
	}
}
