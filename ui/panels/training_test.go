package panels

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/ui/texts"
	"zoomscope/ui/widgets"
)

func openTraining(t *testing.T, l *log) *Training {
	return opened(t, func(w *texts.Texts) *Training {
		return NewTraining(w, TrainingEvents{
			PickTable: func() { l.say("table") }, PickFolder: func() { l.say("folder") },
			Images: func(on bool) { l.say("images %v", on) }, Stated: func(m float64) { l.say("stated %v", m) },
			OpenSlide: func(path string) { l.say("open %s", path) },
			Encoder:   func(id string) { l.say("encoder %s", id) }, Preset: func(name string) { l.say("preset %s", name) },
			Estimate: func() { l.say("estimate") }, Extract: func() { l.say("extract") }, CancelExtract: func() { l.say("cancel") },
			Start: func(c TrainingChoice) { l.say("start %+v", c) }, Pause: func() { l.say("pause") },
			Resume: func() { l.say("resume") }, KeepBest: func() { l.say("keep") }, Watch: func(s string) { l.say("watch %q", s) },
			WatchAt:  func(epoch int) { l.say("epoch %d", epoch) },
			OpenTest: func() { l.say("test") }, PickRuns: func() { l.say("runs") }, ShowRun: func(dir string) { l.say("show %s", dir) },
			Export: func(dir, name string) { l.say("export %s as %s", dir, name) }})
	})
}

func TestTrainingDataset(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	wantWords(t, p.Object(), "A CSV file with the columns slide and label")
	test.Tap(button(t, p.Object(), "Choose CSV…"))
	test.Tap(button(t, p.Object(), "Choose folder…"))
	p.SetLooking(Job{Stage: "a.svs", Fraction: 0.3})
	wantWords(t, p.Object(), "Looking at the slides: a.svs", "30 %")
	p.SetDataset(someDataset())
	wantWords(t, p.Object(), "192 slides, 3 classes, 140 patients", "slides.csv", "non-neoplastic\n38\n13\n13\n64", "All\n115\n39\n38\n192",
		"count once: 1.", "Please note: Patients with slides")
	wantNoWords(t, p.Object(), "Looking at", "a.svs = b.svs", "Plain pictures")
	test.Tap(button(t, p.Object(), "Show which"))
	wantWords(t, p.Object(), "a.svs = b.svs")
	test.Tap(button(t, p.Object(), "Hide"))
	wantNoWords(t, p.Object(), "a.svs = b.svs")
	if !p.folds[TrainingFeaturesStep].Open() {
		t.Error("the next step does not open")
	}
	d := someDataset()
	d.Folders, d.Stated = true, 20
	var many []string
	for range mostNames + 3 {
		many = append(many, "gone.svs")
	}
	d.Problems = []TrainingProblem{{Trouble: TroubleNoPatients}, {Trouble: TroubleMissing, Names: many, Grave: true}, {Trouble: TroubleFewSlides, Names: []string{"low-grade"}}}
	p.SetDataset(d)
	wantWords(t, p.Object(), "Classes are the folders", "Plain pictures", "not where the list says: 11.", "too few to judge by: low-grade")
	if all := read(p.Object()); strings.Index(all, "list says: 11") > strings.Index(all, "Patients are not given") {
		t.Error("what is grave does not come first")
	}
	test.Tap(button(t, p.Object(), "Show which"))
	wantWords(t, p.Object(), "and 3 more")
	test.Tap(p.data.images)
	test.Tap(p.data.stated.Cell(0))
	l.want(t, "table", "folder", "images true", "stated 0")
	setUp(p)
	p.Open(TrainingFeaturesStep, true)
	test.Tap(button(t, p.Object(), "Make features"))
	l.want(t) // what is grave stops it
	p.SetDataset(nil)
	wantNoWords(t, p.Object(), "192 slides")
}

func TestTrainingFeatures(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	p.SetDataset(someDataset())
	test.Tap(button(t, p.Object(), "Make features")) // no encoder yet
	setUp(p)
	test.Tap(p.features.encoder)
	test.Tap(p.features.encoder.Rows()[0])
	test.Tap(p.features.preset)
	test.Tap(p.features.preset.Rows()[1])
	test.Tap(button(t, p.Object(), "Estimate time and disk"))
	p.SetEstimating(Job{Stage: "x", Fraction: 0.5})
	wantWords(t, p.Object(), "Estimating", "50 %")
	test.Tap(p.features.progress.Cross())
	e := TrainingEstimate{Device: "CPU", Slides: 20, Done: 5, Looked: 8, Fewest: 100, Most: 900, Patches: 7500, PerSecond: 4.25,
		Extract: 30 * time.Minute, Bytes: 15_600_000, Epochs: 100, Training: 5 * time.Minute}
	p.SetEstimate(&e)
	wantWords(t, p.Object(), "about 30 min 0 s and 15.6 MB", "7 500 patches in 15 slides, 4.2 a second on CPU", "about 5 min 0 s for 100 epochs", "from 8 slides (100 to 900 patches each)")
	test.Tap(button(t, p.Object(), "Make features"))
	p.SetExtracting(Job{Stage: "a.svs", Fraction: 0.25, Left: time.Minute})
	wantWords(t, p.Object(), "Making features: a.svs", "25 %")
	test.Tap(p.features.extract)
	p.SetFeatures(TrainingFeatures{Slides: 20, Done: 18, Failed: []TrainingFailure{{"x.svs", "ends too early"}, {"y.svs", "damaged"}}})
	wantWords(t, p.Object(), "Features of 18 of 20 slides are there.", "Slides that failed: 2.", "x.svs: ends too early")
	if p.folds[TrainingLearnStep].Open() {
		t.Error("training is offered with some features only")
	}
	e.Done = 20
	p.SetEstimate(&e)
	wantWords(t, p.Object(), "The features of all slides are there.")
	p.SetFeatures(TrainingFeatures{Slides: 20, Done: 20})
	if !p.folds[TrainingLearnStep].Open() {
		t.Error("the next step does not open")
	}
	l.want(t, "encoder builtin", "preset bright", "estimate", "cancel", "extract")
	p.SetWarnings(TrainingFeaturesStep, []widgets.Warning{{Text: "The disk is full.", Grave: true}})
	wantWords(t, p.Object(), "The disk is full.")
	p.SetWarnings(TrainingFeaturesStep, nil)
	wantNoWords(t, p.Object(), "The disk is full.")
}

func TestTrainingChoice(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	setUp(p)
	p.SetDataset(someDataset())
	p.Open(TrainingLearnStep, true)
	test.Tap(p.learn.start)
	l.want(t) // no features
	wantWords(t, p.Object(), "Make the features of all slides first.")
	p.SetFeatures(TrainingFeatures{Slides: 3, Done: 3})
	test.Tap(p.learn.start)
	l.want(t, "start {Method:zoommil Epochs:100 K:16 Magnification:0 Seed:1 Name:crc-1}")
	for _, c := range []struct {
		set  func(string)
		text string
		says string
	}{
		{p.learn.epochs.SetText, "0", "from 1 to 10 000"}, {p.learn.epochs.SetText, "x", "from 1 to 10 000"}, {p.learn.epochs.SetText, "5", ""},
		{p.learn.k.SetText, "99999", "from 1 to 4 096"}, {p.learn.k.SetText, " 8 ", ""},
		{p.learn.seed.SetText, "-1", "Type a seed"}, {p.learn.seed.SetText, "18446744073709551615", ""},
		{p.learn.name.SetText, "a/b", "Give the run a name"}, {p.learn.name.SetText, "", "Give the run a name"}, {p.learn.name.SetText, "ok", ""},
	} {
		c.set(c.text)
		if got := strings.ReplaceAll(p.Problem(), "\u00a0", " "); c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%q: %q, want %q", c.text, got, c.says)
		}
		if p.learn.start.Disabled() != (c.says != "") {
			t.Errorf("%q: it can be started, or not, the wrong way round", c.text)
		}
	}
	test.Tap(p.learn.method)
	test.Tap(p.learn.method.Rows()[1])
	if c := p.Choice(); c != (TrainingChoice{Method: "clam_sb", Epochs: 5, Magnification: 20, Seed: math.MaxUint64, Name: "ok"}) {
		t.Errorf("%+v", c)
	}
}

func TestTrainingRuns(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	setUp(p)
	p.SetFeatures(TrainingFeatures{Slides: 3, Done: 3})
	p.SetProgress(TrainingProgress{State: TrainingPreparing})
	wantWords(t, p.Object(), "Preparing")
	p.SetProgress(TrainingProgress{State: TrainingRunning, Planned: 100, Best: 2, Fraction: 0.03, Left: time.Minute, Points: somePoints(3)})
	wantWords(t, p.Object(), "epoch 4 of 100, 1 min 0 s left", "Best model: epoch 2. Learning rate 0.0001.")
	if !p.learn.epochs.Disabled() || p.learn.start.Visible() {
		t.Error("settings can be changed while it trains")
	}
	p.SetWatched(TrainingWatch{Slides: []TrainingSlide{{Name: "s1"}, {Name: "s2"}}})
	test.Tap(p.learn.watch.choice)
	test.Tap(p.learn.watch.choice.Rows()[2])
	test.Tap(p.learn.watch.choice)
	test.Tap(p.learn.watch.choice.Rows()[0])
	test.Tap(button(t, p.Object(), "Pause"))
	p.SetProgress(TrainingProgress{State: TrainingPausing, Planned: 100, Points: somePoints(3)})
	wantWords(t, p.Object(), "Stopping after this step…")
	test.Tap(p.learn.pause)
	p.SetProgress(TrainingProgress{State: TrainingPaused, Planned: 100, Points: somePoints(3)})
	wantWords(t, p.Object(), "Paused after 3 of 100 epochs.")
	test.Tap(button(t, p.Object(), "Go on"))
	test.Tap(button(t, p.Object(), "Stop, keep the best"))
	l.want(t, `watch "s2"`, `watch ""`, "pause", "resume", "keep")
	for ending, words := range map[TrainingEnding]string{EndedWhole: "Ended after all 100 epochs.", EndedEarly: "no longer got better", EndedByUser: "with the best model so far."} {
		p.SetProgress(TrainingProgress{State: TrainingEnded, Ending: ending, Planned: 100, Points: somePoints(100)})
		wantWords(t, p.Object(), words)
	}
	if p.learn.epochs.Disabled() || p.learn.start.Text() != "Start training" {
		t.Error("no other training can be started")
	}
	if words := p.learn.loss.Words(); words[0] != "Loss" || !strings.HasPrefix(words[1], "training 0.0") {
		t.Errorf("%q", words)
	}
	p.SetProgress(TrainingProgress{State: TrainingEnded, Ending: EndedWhole, Planned: 1, Points: somePoints(1)})
	wantWords(t, p.Object(), "Ended after its one epoch.")
}

// A loss that is another in training than in validation is told from it.
func TestTrainingOwnLoss(t *testing.T) {
	for lang, want := range map[string]struct{ curve, caution string }{
		"en": {"training, own loss 0.", "not to be compared in height"},
		"de": {"Training, eigener Verlust 0,", "nicht vergleichbar"},
	} {
		t.Run(lang, func(t *testing.T) {
			words, err := texts.Load(lang)
			if err != nil {
				t.Fatal(err)
			}
			p := NewTraining(words, TrainingEvents{})
			for _, own := range []bool{true, false} {
				p.SetProgress(TrainingProgress{State: TrainingRunning, Planned: 100, Points: somePoints(30), OwnLoss: own})
				curve, note := p.learn.loss.Words()[1], p.learn.rate.Text()
				if strings.HasPrefix(curve, want.curve) != own || strings.Contains(note, want.caution) != own {
					t.Errorf("loss of its own %v: %q, %q", own, curve, note)
				}
			}
		})
	}
}

func TestTrainingResult(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	p.Open(TrainingResultStep, true)
	wantWords(t, p.Object(), "stands here once a training has ended")
	r := someTrainingResult()
	p.SetResult(r)
	wantWords(t, p.Object(), "crc-1: best model on 39 validation slides", "Accuracy\n0.846", "AUC\n0.941 (0.893–0.978)", "Kappa, quadratic\n–", "It was not opened yet.", "38 slides took no part")
	if p.result.split.Object().Visible() {
		t.Error("the matrix of the test split is offered")
	}
	test.Tap(p.result.matrix.Cell(1, 2))
	wantWords(t, p.Object(), "low-grade, taken for high-grade dysplasia and carcinoma: 2", "S-2024-120 A1 HE", "86 %")
	test.Tap(p.result.cell.Objects[2].(fyne.Tappable))
	l.want(t, "open /s/121.svs")
	test.Tap(p.result.matrix.Cell(0, 0))
	wantWords(t, p.Object(), "non-neoplastic, rightly answered: 11")

	test.Tap(button(t, p.Object(), "Open the test split…"))
	wantWords(t, p.Object(), "Open it when everything is decided")
	test.Tap(button(t, p.Object(), "Leave it locked"))
	wantNoWords(t, p.Object(), "everything is decided")
	l.want(t)
	test.Tap(button(t, p.Object(), "Open the test split…"))
	test.Tap(button(t, p.Object(), "Open and count"))
	l.want(t, "test")
	scores := someScores([][]int{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})
	r.Test, r.TestOpened = &scores, 1
	p.SetResult(r)
	wantWords(t, p.Object(), "It was opened once.", "Accuracy\n0.846\n0.846")
	test.Tap(p.result.split.Cell(1))
	test.Tap(p.result.matrix.Cell(0, 0))
	wantWords(t, p.Object(), "non-neoplastic, rightly answered: 1")

	other := someTrainingResult()
	other.Run, other.TestSlides, other.Ended = "crc-2", 0, false
	p.SetResult(other)
	wantWords(t, p.Object(), "crc-2", "There is no test split")
	other.TestSlides = 4
	p.SetResult(other)
	if b := button(t, p.Object(), "Open the test split…"); !b.Disabled() {
		t.Error("the test split of a run that goes on can be opened")
	}
	p.SetResult(nil)
	wantNoWords(t, p.Object(), "crc-2")
}

func TestTrainingRunsSideBySide(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	p.Open(TrainingRunsStep, true)
	test.Tap(button(t, p.Object(), "Choose folder of runs…"))
	p.SetRuns("/r", nil)
	wantWords(t, p.Object(), "There are no runs in it.")
	runs := someRuns()
	p.SetRuns("/r", runs)
	wantWords(t, p.Object(), "ended, 100 / 100, F1 0.847, AUC 0.941", "can be gone on with, 12 / 100", "unexpected end of JSON input")
	wantNoWords(t, p.Object(), "Install as a model", "model.k")
	p.runs.toggle("/r/crc-1", true)
	p.runs.toggle("/r/crc-2", true)
	wantWords(t, p.Object(), "Best epoch\n21 / 100\n9 / 12", "Looks at the test\n1\n0", "model.k\n[16,16]\n[12,12]")
	wantNoWords(t, p.Object(), "model.method", "seed")
	test.Tap(p.runs.rows[2]) // cannot be read
	test.Tap(p.runs.rows[0])
	if p.runs.rows[0].Marked() != widgets.Selected || p.runs.name.Text != "crc-1" {
		t.Errorf("another run is chosen: %q", p.runs.name.Text)
	}
	test.Tap(button(t, p.Object(), "Show its result"))
	p.runs.name.SetText("colon model")
	test.Tap(button(t, p.Object(), "Install as a model"))
	p.SetExported("colon model")
	wantWords(t, p.Object(), "Installed as colon model.")
	test.Tap(p.runs.rows[1]) // not ended
	test.Tap(button(t, p.Object(), "Install as a model"))
	l.want(t, "runs", "show /r/crc-1", "export /r/crc-1 as colon model")
	p.SetRuns("/r", runs[1:])
	if !slices.Equal(p.runs.compared, []string{"/r/crc-2"}) {
		t.Errorf("compared %q", p.runs.compared)
	}
	var many []TrainingRun
	for _, name := range strings.Fields("a b c d e") {
		many = append(many, TrainingRun{Dir: name, Name: name})
	}
	p.SetRuns("/r", many)
	for _, run := range many[:MostCompared] {
		p.runs.toggle(run.Dir, true)
	}
	wantWords(t, p.Object(), "At most 4 runs")
}

func TestTrainingWatch(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	setUp(p)
	w := TrainingWatch{Slides: []TrainingSlide{{Name: "s1", Label: "a"}, {Name: "s2", Label: "b"}}, Chosen: "s2"}
	p.Open(TrainingLearnStep, true)
	p.SetWatched(w)
	wantWords(t, p.Object(), "Attention of a validation slide", "s2", "After each epoch the slide shows where the model looks.")
	wantNoWords(t, p.Object(), "Show on the slide")
	w.Epochs, w.Best = []int{1, 5, 10, 12}, 5
	p.SetWatched(w)
	wantWords(t, p.Object(), "After epoch", "12", "Show on the slide")
	wantNoWords(t, p.Object(), "After each epoch")
	test.Tap(button(t, p.Object(), "Show on the slide"))
	for _, place := range []float64{0.3, 0.35, 0, 1} { // 5, 5 still, 1, 12
		p.learn.watch.move(place)
	}
	p.learn.watch.move(0.34)
	wantWords(t, p.Object(), "5, the best")
	w.Epochs, w.At = append(w.Epochs, 15), 5
	p.SetWatched(w)
	if got := p.learn.watch.index(); got != 1 {
		t.Errorf("another epoch has come, and number %d is shown", got)
	}
	p.SetWatched(TrainingWatch{})
	wantNoWords(t, p.Object(), "Attention of a validation slide")
	l.want(t, "epoch 0", "epoch 5", "epoch 1", "epoch 0", "epoch 5")
}

func TestTrainingMethods(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	p.SetPresets([]PresetItem{{Name: "crc", Magnifications: []float64{5, 10, 20}, K: []int{16, 16}}}, "crc")
	p.SetMethods([]MethodItem{
		{ID: "zoommil", Name: "ZoomMIL", About: "Zooms.", Zooms: true, Fewest: 2, Most: 8},
		{ID: "abmil", Name: "ABMIL", About: "Weighs.", Fewest: 1, Most: 1},
		{ID: "dsmil", Name: "DSMIL", Fewest: 1, Most: 8}, {ID: "msmil", Name: "MSMIL", Fewest: 2, Most: 8},
	}, "zoommil")
	p.Open(TrainingLearnStep, true)
	wantWords(t, p.Object(), "Reads only the patches that it zooms into", "K")
	choose := func(method int) {
		test.Tap(p.learn.method)
		test.Tap(p.learn.method.Rows()[method])
	}
	for _, c := range []struct {
		method int
		scales []string
		want   float64
	}{
		{method: 1, scales: []string{"20x", "10x", "5x"}, want: 20},
		{method: 2, scales: []string{"all magnifications", "20x", "10x", "5x"}},
		{method: 3}, {method: 0},
	} {
		choose(c.method)
		var scales []string
		for _, o := range p.learn.scale.Options() {
			scales = append(scales, o.Label)
		}
		if got := p.Choice(); !slices.Equal(scales, c.scales) || got.Magnification != c.want || p.learn.scaleBox.Visible() != (len(scales) > 0) {
			t.Errorf("method %d: %q, %+v", c.method, scales, got)
		}
	}
	p.SetChoice(TrainingChoice{Method: "abmil", Epochs: 5, Magnification: 10, Name: "r"})
	wantWords(t, p.Object(), "Takes every patch", "10x")
	if got := p.Choice(); got.Magnification != 10 || got.K != 0 {
		t.Errorf("%+v", got)
	}
}

// TestTrainingFieldsGiveTheKeyboardBack: after a name was typed, keys are the
// window's own again.
func TestTrainingFieldsGiveTheKeyboardBack(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	p.SetRuns("/data/runs", someRuns())
	p.Open(TrainingLearnStep, true)
	p.Open(TrainingRunsStep, true)
	p.runs.choose(someRuns()[0].Dir)
	for _, f := range []*widgets.Field{p.learn.name, p.learn.epochs, p.learn.k, p.learn.seed, p.runs.name} {
		canvas := test.Canvas()
		if on := fyne.CurrentApp().Driver().CanvasForObject(f); on != nil {
			canvas = on
		}
		canvas.Focus(f)
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		if canvas.Focused() != nil {
			t.Errorf("%q keeps the keyboard", f.Text)
		}
	}
}

// TestTrainingSelectsARun: one that has just ended can be installed at once.
func TestTrainingSelectsARun(t *testing.T) {
	var l log
	p := openTraining(t, &l)
	runs := someRuns()
	p.SelectRun(runs[0].Dir)
	p.SetRuns("/data/runs", runs[1:])
	if p.runs.chosen != "" {
		t.Errorf("%q is chosen", p.runs.chosen)
	}
	p.SetRuns("/data/runs", runs)
	if p.runs.chosen != runs[0].Dir || p.runs.name.Text != runs[0].Name {
		t.Errorf("%q is chosen, to be called %q", p.runs.chosen, p.runs.name.Text)
	}
	p.runs.choose(runs[1].Dir)
	p.SetRuns("/data/runs", runs)
	if p.runs.chosen != runs[1].Dir {
		t.Errorf("%q is chosen again", p.runs.chosen)
	}
}
