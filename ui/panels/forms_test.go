package panels

import (
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

func TestSettings(t *testing.T) {
	var l log
	s := opened(t, func(w *texts.Texts) *Settings {
		return NewSettings(w, SettingsEvents{
			Theme: func(m theme.Mode) { l.say("theme %s", m) }, Language: func(c string) { l.say("language %q", c) },
			Threads: func(n int) { l.say("threads %d", n) }, ColorMap: func(name string) { l.say("map %s", name) }})
	})
	state := SettingsState{Theme: theme.Dark, Languages: assets.Languages(), Threads: 2, Processors: 4,
		ColorMap: "cividis", ColorMaps: assets.ColorMapNames()}
	s.Set(state)
	if s.look.Chosen() != 2 || s.language.Chosen() != 0 || s.threads.Chosen() != 2 || s.colors.Chosen() != 1 {
		t.Errorf("shows %d %d %d %d", s.look.Chosen(), s.language.Chosen(), s.threads.Chosen(), s.colors.Chosen())
	}
	wantNoWords(t, s.Object(), "next start")
	test.Tap(s.look.Cell(1))
	test.Tap(s.language.Cell(2))
	test.Tap(s.colors.Cell(0))
	test.Tap(s.threads)
	test.Tap(s.threads.Rows()[0])
	l.want(t, "theme light", `language "de"`, "map viridis", "threads 0")
	state.Language, state.ShowRestart = "de", true
	s.Set(state)
	wantWords(t, s.Object(), "Deutsch", "next start")
	test.Tap(s.language.Cell(0))
	l.want(t, `language ""`)
	if n := len(s.threads.Options()); n != 5 {
		t.Errorf("%d choices of threads on 4 processors", n)
	}
}

func TestStart(t *testing.T) {
	var l log
	s := opened(t, func(w *texts.Texts) *Start {
		return NewStart(w, StartEvents{
			Open: func() { l.say("open") }, Demo: func() { l.say("demo") },
			Recent: func(p string) { l.say("recent %s", p) }, Folder: func(p string) { l.say("folder %s", p) }})
	})
	wantNoWords(t, s.Object(), "Recent slides", "Last folder")
	test.Tap(button(t, s.Object(), "Open a slide…"))
	test.Tap(button(t, s.Object(), "Try the demo slide"))
	l.want(t, "open", "demo")
	many := []string{"/x/a.svs", "/y/b.svs", "/3", "/4", "/5", "/6", "/7", "/8"}
	s.Set(many, "/x")
	if n := len(s.Rows()); n != mostRecent+1 {
		t.Errorf("%d rows", n)
	}
	wantWords(t, s.Object(), "a.svs\n/x", "Last folder\n/x")
	test.Tap(s.Rows()[1])
	test.Tap(s.Rows()[mostRecent])
	l.want(t, "recent /y/b.svs", "folder /x")
}

func openExport(t *testing.T, offer ExportOffer, l *log) *ExportForm {
	return opened(t, func(w *texts.Texts) *ExportForm {
		return NewExportForm(w, offer, ExportEvents{
			PickFolder: func() { l.say("pick") }, Changed: func() { l.say("changed") }})
	})
}

func TestExportForm(t *testing.T) {
	var l log
	f := openExport(t, ExportOffer{Result: true, Magnifications: []float64{5, 10}}, &l)
	wantWords(t, f.Object(), "Choose what to export.")
	test.Tap(f.Check(ExportPDF))
	test.Tap(f.Check(ExportAttention))
	wantWords(t, f.Object(), "Choose a folder.", "Magnification")
	test.Tap(button(t, f.Object(), "Choose…"))
	l.want(t, "changed", "changed", "pick")
	f.SetFolder("/reports")
	if got := f.Problem(); got != "" {
		t.Errorf("problem %q", got)
	}
	test.Tap(f.level.Cell(2))
	c := f.Choice()
	if !slices.Equal(c.Kinds, []ExportKind{ExportAttention, ExportPDF}) || c.Level != 1 || c.Side != 2048 || !c.Legend || c.Folder != "/reports" {
		t.Errorf("choice %+v", c)
	}
	test.Tap(f.Check(ExportAttention))
	wantNoWords(t, f.Object(), "Magnification")
}

func TestExportSide(t *testing.T) {
	f := openExport(t, ExportOffer{Result: true}, &log{})
	f.SetChoice(ExportChoice{Kinds: []ExportKind{ExportView}, Folder: "/r", Level: 3, Side: 100})
	for typed, right := range map[string]bool{
		"64": true, "8192": true, " 2048 ": true, "63": false, "8193": false, "16384": false, "": false, "big": false, "-2048": false, "1e3": false,
	} {
		f.side.SetText(typed)
		if got := f.Problem() == ""; got != right {
			t.Errorf("%q: problem %q", typed, f.Problem())
		}
	}
}

func TestExportEverything(t *testing.T) {
	f := openExport(t, ExportOffer{Result: true}, &log{})
	test.Tap(f.everything)
	if got := f.Choice().Kinds; !slices.Equal(got, ExportKinds()) {
		t.Errorf("everything is %v", got)
	}
	test.Tap(f.Check(ExportCSV))
	if f.everything.On() {
		t.Error("everything without the table")
	}
	test.Tap(f.Check(ExportCSV))
	if !f.everything.On() {
		t.Error("all one by one is not everything")
	}
	test.Tap(f.everything)
	if got := f.Choice().Kinds; len(got) != 0 {
		t.Errorf("nothing is %v", got)
	}
}

func TestExportWithoutResult(t *testing.T) {
	f := openExport(t, ExportOffer{}, &log{})
	wantWords(t, f.Object(), "needs an analysis")
	f.SetChoice(ExportChoice{Kinds: ExportKinds(), Folder: "/r", Side: 512})
	if got := f.Choice().Kinds; !slices.Equal(got, []ExportKind{ExportView}) {
		t.Errorf("there is %v to export", got)
	}
	test.Tap(f.Check(ExportPDF))
	if f.Check(ExportPDF).On() {
		t.Error("a report of nothing")
	}
}

func TestJobBar(t *testing.T) {
	var l log
	b := opened(t, func(w *texts.Texts) *JobBar { return NewJobBar(w, func(id int) { l.say("cancel %d", id) }) })
	wantWords(t, b.Object(), "ready", "For research use only")
	b.SetDevice("CPU: Intel Xeon")
	b.SetJobs([]Job{{ID: 4, Title: "S-098", Stage: "encoding 10x", Fraction: 0.41, Left: 130 * time.Second}, {ID: 5, Title: "S-099"}})
	wantWords(t, b.Object(), "CPU: Intel Xeon", "S-098: encoding 10x, 41 %, 2 min 10 s left", "S-099, 0 %", "For research use only")
	wantNoWords(t, b.Object(), "ready", "diagnostic")
	test.Tap(b.Cross(5))
	l.want(t, "cancel 5")
	b.SetJobs([]Job{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}})
	wantWords(t, b.Object(), "and 2 more")
	if b.Cross(4) != nil {
		t.Error("more jobs than find room")
	}
	b.SetJobs(nil)
	b.Say("3 files written")
	wantWords(t, b.Object(), "3 files written")
	wantNoWords(t, b.Object(), "ready")
	b.SetJobs([]Job{{ID: 1}})
	b.SetJobs(nil)
	wantWords(t, b.Object(), "ready")
	b.sign.MouseIn(nil)
	wantWords(t, b.Object(), "Not for use in diagnostic procedures.")
	b.sign.MouseOut()
	wantNoWords(t, b.Object(), "diagnostic")
}

func TestTabs(t *testing.T) {
	var l log
	tabs := opened(t, func(w *texts.Texts) *Tabs {
		tabs := NewTabs(w, NewAnalysis(w, AnalysisEvents{}), NewAttention(w, AttentionEvents{}),
			NewZoomPath(w, ZoomPathEvents{}), NewSlide(w, SlideEvents{}),
			NewTraining(w, TrainingEvents{}), NewModels(w, ModelsEvents{}), NewSettings(w, SettingsEvents{}))
		tabs.OnSelected = func(tab TabID) { l.say("tab %d", tab) }
		return tabs
	})
	wantWords(t, tabs.Object(), "Zoom path")
	test.Tap(tabs.Head(SlideTab))
	test.Tap(tabs.Head(SlideTab))
	wantWords(t, tabs.Object(), "No slide is open.")
	wantNoWords(t, tabs.Object(), "Zoom path")
	tabs.Select(SettingsTab)
	wantWords(t, tabs.Object(), "Appearance")
	l.want(t, "tab 1")
	if tabs.Selected() != SettingsTab || tabs.Head(SettingsTab).Marked() != widgets.Selected {
		t.Errorf("tab %d", tabs.Selected())
	}
}

// Every key of the table stands beside what it does, in every language.
func TestKeys(t *testing.T) {
	for _, lang := range assets.Languages() {
		words, err := texts.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		table := NewKeys(words)
		test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light))
		w := test.NewTempWindow(t, table)
		w.Resize(w.Content().MinSize())
		all := "\n" + read(table) + "\n"
		for _, row := range [][2]string{{words.Keys.ToggleKeys, words.Keys.Toggle}, {words.Keys.HelpKeys, words.Keys.Help},
			{words.Keys.PreviousKeys, words.Keys.Previous}, {words.Keys.ExportKeys, words.Keys.Export}} {
			if !strings.Contains(all, "\n"+row[0]+"\n"+row[1]+"\n") {
				t.Errorf("%s: %q is not beside %q", lang, row[0], row[1])
			}
		}
	}
}

// objectOf makes a panel of an object.
type objectOf struct{ fyne.CanvasObject }

func (o objectOf) Object() fyne.CanvasObject { return o.CanvasObject }

func TestExportThere(t *testing.T) {
	many := []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"}
	for name, c := range map[string]struct {
		names     []string
		want, not []string
	}{
		"one":   {many[:1], []string{"This is already in /r:", "n1", "begin with s-2."}, []string{"more"}},
		"eight": {many[:8], []string{"These are already in /r:", "n1", "n8"}, []string{"more"}},
		"nine":  {many, []string{"n7", "and 2 more"}, []string{"n8"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := opened(t, func(w *texts.Texts) objectOf {
				return objectOf{NewExportThere(w, ExportThere{Folder: "/r", Names: c.names, Apart: "s-2"})}
			})
			wantWords(t, o.Object(), c.want...)
			wantNoWords(t, o.Object(), c.not...)
		})
	}
}

func TestExportWithheld(t *testing.T) {
	f := openExport(t, ExportOffer{Withheld: true}, &log{})
	wantWords(t, f.Object(), "hidden until your verdict")
	wantNoWords(t, f.Object(), "needs an analysis")
}
