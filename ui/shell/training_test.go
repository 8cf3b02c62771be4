package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/app"
	"zoomscope/app/apptest"
	"zoomscope/app/settings"
	"zoomscope/packaging/testenv"
	"zoomscope/ui/panels"
	"zoomscope/ui/theme"
)

// drawDataset draws slides of two labels, divided into the three splits, and
// returns the table.
func drawDataset(t *testing.T, slides int) string {
	t.Helper()
	dir := t.TempDir()
	lines := []string{"slide,label,patient,split"}
	for i := range slides {
		name := fmt.Sprintf("s%02d", i)
		apptest.DrawSlide(t, dir, name, uint64(i+1))
		split := "train"
		switch i * 6 / slides {
		case 4:
			split = "val"
		case 5:
			split = "test"
		}
		lines = append(lines, fmt.Sprintf("%s.tiff,%c,p%d,%s", name, 'a'+i%2, i, split))
	}
	path := filepath.Join(dir, "colon.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// idle says that nothing is under way.
func (s *stand) idle() bool { return len(s.jobs) == 0 }

// TestTraining goes from a table of slides to an installed model that a slide is
// analysed by.
func TestTraining(t *testing.T) {
	testenv.ORT(t)
	testenv.OpenSlide(t)
	s := newStand(t, func(l *settings.Settings) { l.Training.Preset = "crc-eff" })
	s.probe()
	s.showTab(panels.TrainingTab)
	s.dialogs.path = drawDataset(t, 12)
	s.pickTable()
	s.until("inspected", func() bool { return s.training.info != nil && len(s.training.encoders) > 0 })
	if d := s.training.info; !d.Usable() || len(d.Classes) != 2 || d.Classes[0].Train != 4 || d.Patients != 12 {
		t.Fatalf("%+v %+v", d.Classes, d.Problems)
	}
	choice := s.parts.training.Choice()
	if choice.Name != "colon-1" || choice.K != 12 || choice.Method != "zoommil" {
		t.Errorf("suggested: %+v", choice)
	}

	s.extract()
	s.until("the first features are there", func() bool {
		bags, _ := filepath.Glob(filepath.Join(s.extractRequest().Out, "*.safetensors"))
		return len(bags) > 0
	})
	s.cancelPreparing()
	s.until("cancelled", s.idle)
	s.extract()
	s.until("all features are there", s.idle)

	choice.Epochs = 3
	s.train(choice)
	s.until("an epoch is done", func() bool { return len(s.training.current.progress.Points) > 0 })
	s.pauseTraining()
	s.until("paused", func() bool { return s.training.current.progress.State == panels.TrainingPaused && s.idle() })
	if n := len(s.training.current.progress.Points); n > 2 {
		t.Fatalf("paused after %d epochs", n)
	}
	watch := &s.training.current.watch
	if w := watch.state; len(w.Slides) != 2 || w.Chosen != w.Slides[0].Name {
		t.Errorf("followed from the beginning: %+v", w)
	}
	s.watch(watch.state.Slides[1].Name)
	s.until("its slide is open", func() bool { return s.current != nil && s.current.view != nil })
	s.resumeTraining()
	s.until("trained and judged", func() bool { return s.training.judged != nil && s.idle() })
	study, r := s.training.current, s.training.judged
	if study.progress.State != panels.TrainingEnded || len(study.progress.Points) != 3 {
		t.Errorf("%+v", study.progress)
	}
	if r.Validation.Figures.Slides != 2 || r.TestSlides != 2 || r.TestOpened != 0 || r.Test != nil || !r.Locked || !r.Ended {
		t.Errorf("%+v", r)
	}
	if c := s.current; c == nil || c.result == nil {
		t.Error("the slide that was watched shows no attention")
	}
	s.reviewsEpochs(watch.state.Chosen)
	for _, row := range r.Validation.Cells {
		for _, cell := range row {
			for _, slide := range cell {
				if _, err := os.Stat(slide.Path); err != nil {
					t.Error(err)
				}
			}
		}
	}

	s.train(choice) // its name is taken
	if s.training.current != study {
		t.Error("a run that has ended is begun again")
	}
	s.openTest()
	s.until("the test split is open", func() bool { return s.training.judged.Test != nil && s.idle() })
	if r := s.training.judged; r.TestOpened != 1 || r.Test.Figures.Slides != 2 || len(r.Test.Cells) != 2 {
		t.Errorf("%+v", r)
	}

	s.exportRun(study.dir, "no/name")
	s.exportRun(study.dir, "colon")
	s.until("installed", func() bool { return len(s.models) == 2 })
	s.chooseModel("colon")
	s.open([]string{filepath.Join(filepath.Dir(s.look.Training.Table), "s11.tiff")})
	s.until("open", func() bool { return s.current.view != nil && s.current.name() == "s11.tiff" })
	s.run()
	s.until("analysed", func() bool { return s.current.run == nil && s.current.result != nil })
	if m := s.current.result.Model; m.Name != "colon" || !m.Trained || len(m.Classes) != 2 {
		t.Errorf("analysed by %+v", m)
	}

	s.dialogs.path = filepath.Join(study.dir, "model.safetensors")
	s.pickImport()
	s.until("imported", func() bool { return len(s.models) == 3 })
	s.modelsEvents().RemoveModel("colon")
	s.until("removed", func() bool { return len(s.models) == 2 })
	if s.look.Model != "" {
		t.Errorf("the default is %q, which is gone", s.look.Model)
	}
}

// reviewsEpochs goes back to where the model looked after an epoch before the last.
func (s *stand) reviewsEpochs(slide string) {
	s.t.Helper()
	events, w := s.trainingEvents(), s.training.review
	if w == nil || len(w.state.Slides) == 0 {
		s.t.Fatalf("no slide to look back on: %+v", w)
	}
	s.closeSlide(s.current)
	events.Review(slide)
	s.until("the last epoch is seen", func() bool { return s.current != nil && s.current.result != nil })
	last := s.current.result
	if n := len(w.state.Epochs); n < 1 || w.state.Epochs[n-1] != 3 {
		s.t.Fatalf("epochs %v", w.state.Epochs)
	}
	events.ReviewAt(w.state.Epochs[0])
	s.until("an epoch before is seen", func() bool { return s.current.result != last })
	events.Review("")
	if len(w.state.Epochs) > 0 {
		s.t.Errorf("epochs %v of no slide", w.state.Epochs)
	}
}

// TestTrainingAfterTheWindowWasClosed closes a window while a model is trained and
// goes on in another one.
func TestTrainingAfterTheWindowWasClosed(t *testing.T) {
	testenv.ORT(t)
	testenv.OpenSlide(t)
	table := drawDataset(t, 6)
	asked := func(l *settings.Settings) { l.Training.Table, l.Training.Preset = table, "bright-eff" }
	s := newStand(t, asked)
	s.showTab(panels.TrainingTab)
	s.until("inspected", func() bool { return s.training.info != nil && len(s.training.encoders) > 0 })
	s.extract()
	s.until("all features are there", s.idle)
	choice := s.parts.training.Choice()
	choice.Epochs = 500
	s.train(choice)
	s.until("two epochs are done", func() bool { return len(s.training.current.progress.Points) > 1 })
	if err := s.ended(); err != nil {
		t.Fatal(err)
	}

	s = newStand(t, asked)
	s.showTab(panels.TrainingTab)
	s.until("offered to go on", func() bool { return s.training.current != nil })
	p := s.training.current.progress
	if p.State != panels.TrainingPaused || len(p.Points) < 2 || p.Planned != 500 || s.parts.training.Choice() != choice {
		t.Errorf("%v after %d epochs of %d, %+v", p.State, len(p.Points), p.Planned, s.parts.training.Choice())
	}
	s.keepBest()
	s.until("ended with the best", func() bool { return s.training.judged != nil && s.idle() })
	if p := s.training.current.progress; p.State != panels.TrainingEnded || p.Ending != panels.EndedByUser {
		t.Errorf("%v, %v", p.State, p.Ending)
	}
}

func TestClassesOfPicturesAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/1.png", "a/2.png", "b/1.png"} {
		path := picture(t, "any.png")
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := newStand(t, nil)
	s.showTab(panels.TrainingTab)
	s.dialogs.path = dir
	s.pickClasses()
	s.until("inspected", func() bool { return s.training.info != nil })
	if !s.look.Training.Images || s.training.info.Usable() {
		t.Errorf("%+v", s.training.info.Problems)
	}
	s.extract()
	if s.training.preparing != nil {
		t.Error("features of pictures without a resolution are made")
	}
}

// The curves of a method whose loss of training is one of its own say so.
func TestTrainingTellsOfOwnLoss(t *testing.T) {
	s := newStand(t, nil)
	for method, own := range map[string]bool{"clam_sb": true, "dsmil": true, "abmil": false} {
		study := &study{run: s.Workspace.NewTraining(app.TrainRequest{})}
		e := app.TrainStarted{Epochs: 2}
		e.Model.Method = method
		s.heard(study, e)
		if study.progress.OwnLoss != own {
			t.Errorf("%s: %+v", method, study.progress)
		}
	}
}

func TestTrainingHasWidth(t *testing.T) {
	s := newStand(t, nil)
	narrow := s.parts.right.Size().Width
	s.showTab(panels.TrainingTab)
	if got := s.parts.right.Size().Width; narrow != theme.PanelWidth || got != trainingWidth {
		t.Errorf("%g points, for training %g", narrow, got)
	}
	s.showTab(panels.ModelsTab)
	if got := s.parts.right.Size().Width; got != narrow {
		t.Errorf("%g points of the models", got)
	}
}

func TestImportOfWhatIsNone(t *testing.T) {
	testenv.ORT(t)
	s := newStand(t, nil)
	s.showTab(panels.ModelsTab)
	bad := filepath.Join(t.TempDir(), "bad.safetensors")
	if err := os.WriteFile(bad, []byte("nothing"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.dialogs.path = bad
	s.pickImport()
	s.until("refused", func() bool { return !s.asked && s.idle() && s.importing.Path == bad })
	if m, err := s.Workspace.ModelChoices(); err != nil || len(m) != 1 {
		t.Errorf("%+v, error %v", m, err)
	}
}

// TestNewest: work that tells more than the window takes in does not pile up.
func TestNewest(t *testing.T) {
	s := newStand(t, nil)
	var taken []int
	n := newest[int]{s: s.Shell, take: func(v int) { taken = append(taken, v) }}
	for i := range 1000 {
		n.tell(i)
	}
	s.until("the last one is taken", func() bool { return len(taken) > 0 && taken[len(taken)-1] == 999 })
	if len(taken) != 1 {
		t.Errorf("%d of 1000 were taken, though nobody could between", len(taken))
	}
}
