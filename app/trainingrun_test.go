package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// paused runs a training until its first epoch is told, and pauses it there.
func paused(t *testing.T, tr *Training) {
	t.Helper()
	_, err := tr.Run(t.Context(), func(e TrainEvent) {
		if _, ok := e.(TrainEpoch); ok {
			tr.Pause()
		}
	})
	if !errors.Is(err, ErrPaused) {
		t.Fatalf("paused: %v", err)
	}
}

func TestTrainingGoesOn(t *testing.T) {
	w, r := trainee(t)
	whole := r
	whole.Out = r.Out + "-whole"
	whole.Config.Model.Name = "run"
	want, err := w.Train(t.Context(), whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := w.NewTraining(r)
	paused(t, tr)
	var started TrainStarted
	got, err := tr.Run(t.Context(), func(e TrainEvent) {
		if s, ok := e.(TrainStarted); ok {
			started = s
		}
	})
	if err != nil || got.Ended != train.Completed || got.ModelSHA256 != want.ModelSHA256 || len(started.History) != 1 {
		t.Errorf("%+v after %d epochs, error %v, want the model %s", got, len(started.History), err, want.ModelSHA256)
	}
}

func TestTrainingKeepsTheBest(t *testing.T) {
	for name, ask := range map[string]func(*Training, TrainEvent){
		"before the first epoch is complete": func(tr *Training, e TrainEvent) {
			if _, ok := e.(TrainStarted); ok {
				tr.KeepBest()
			}
		},
		"after it": func(tr *Training, e TrainEvent) {
			if _, ok := e.(TrainEpoch); ok {
				tr.KeepBest()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := trainee(t)
			tr := w.NewTraining(r)
			s, err := tr.Run(t.Context(), func(e TrainEvent) { ask(tr, e) })
			if err != nil || s.Ended != train.Finished || s.Epochs != 1 {
				t.Errorf("%+v, error %v", s, err)
			}
		})
	}
	t.Run("while it is paused", func(t *testing.T) {
		w, r := trainee(t)
		tr := w.NewTraining(r)
		paused(t, tr)
		tr.KeepBest()
		if s, err := tr.Run(t.Context(), nil); err != nil || s.Ended != train.Finished || s.Epochs != 1 {
			t.Errorf("%+v, error %v", s, err)
		}
	})
	t.Run("not when it is cancelled", func(t *testing.T) {
		w, r := trainee(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := w.NewTraining(r).Run(ctx, func(TrainEvent) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestTrainingIsWatched(t *testing.T) {
	w, r := trainee(t)
	tr := w.NewTraining(r)
	var seen []TrainAttention
	_, err := tr.Run(t.Context(), func(e TrainEvent) {
		switch e := e.(type) {
		case TrainStarted:
			tr.Watch(e.Watched[0].Name)
		case TrainAttention:
			if seen = append(seen, e); len(seen) == 2 {
				tr.Watch("")
			}
		}
	})
	if err != nil || len(seen) != 2 || seen[0].Epoch != 1 || seen[1].Epoch != 2 {
		t.Fatalf("%+v, error %v", seen, err)
	}
	if kept, err := w.AttentionEpochs(r.Out, seen[0].Slide); err != nil || !slices.Equal(kept, []int{1, 2}) || !slices.Equal(seen[1].Kept, kept) {
		t.Errorf("kept %v, told %v, error %v", kept, seen[1].Kept, err)
	}
	if again, err := w.AttentionAfter(r.Out, seen[1].Slide, 2); err != nil || !slices.Equal(again.Levels[1].Patches, seen[1].Result.Levels[1].Patches) {
		t.Errorf("%+v, error %v", again, err)
	}
	a := seen[0].Result
	if len(a.Levels) != 2 || len(a.Levels[0].Patches) != 1 || len(a.Levels[1].Patches) != 4 || a.Counts != (result.Counts{Encoded: 5, Exhaustive: 5}) {
		t.Fatalf("%+v", a)
	}
	sum := 0.0
	for i, p := range a.Levels[1].Patches {
		sum += p.Attention
		x, y := 512*float64(i%2), 512*float64(i/2)
		if p.X != x || p.Y != y || p.Size != 512 || p.Parent != 0 {
			t.Errorf("patch %d: %+v", i, p)
		}
	}
	if sum < 0.999 || sum > 1.001 || a.Levels[0].Patches[0].Parent != -1 || !a.Levels[0].Patches[0].Selected {
		t.Errorf("attention %v, %+v", sum, a.Levels[0])
	}
	if p := a.Prediction; len(p.Probabilities) != 2 || !slices.Contains([]string{"a", "b"}, p.Label) {
		t.Errorf("%+v", p)
	}
}

// lockedRun is a run that ended without a look at its test split.
func lockedRun(t *testing.T) (*Workspace, TrainRequest, *TrainSummary) {
	t.Helper()
	w, r := trainee(t)
	r.LockTest = true
	s, err := w.NewTraining(r).Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return w, r, s
}

func TestLockedTest(t *testing.T) {
	w, r, s := lockedRun(t)
	if s.Test != nil || exists(filepath.Join(r.Out, train.PredictionsFile)) {
		t.Errorf("training looked at the test split: %+v", s.Test)
	}
	run := func() TestState {
		info, err := w.InspectRun(r.Out)
		if err != nil {
			t.Fatal(err)
		}
		return info.Test
	}
	if s := run(); s.Slides != 2 || !s.Locked || len(s.Opened) != 0 || s.Last != nil {
		t.Errorf("%+v", s)
	}
	v, err := w.EvaluateRun(t.Context(), RunRequest{Run: r.Out, Device: "cpu"}, nil)
	if err != nil || len(v.Predictions) != 2 || len(run().Opened) != 0 {
		t.Fatalf("%+v, error %v: validation is no look at the test", v, err)
	}
	e, err := w.OpenTest(t.Context(), RunRequest{Run: r.Out, Device: "cpu"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e.Predictions {
		if slices.ContainsFunc(v.Predictions, func(o SlidePrediction) bool { return o.Slide == p.Slide }) {
			t.Errorf("%s is in both splits", p.Slide)
		}
	}
	if s := run(); len(s.Opened) != 1 || s.Opened[0].Slides != 2 || s.Last == nil || s.Last.Slides != 2 {
		t.Errorf("%+v", s)
	}
	// So are looks from elsewhere, at the model's file, or at all slides.
	for _, req := range []EvaluateRequest{{Model: r.Out, Split: "test"}, {Model: r.Out}, {Model: filepath.Join(r.Out, train.ModelFile)}} {
		req.Dataset, req.Bags, req.Device = r.Dataset, r.Bags, "cpu"
		if _, err := w.Evaluate(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "copy.safetensors") // nothing tells whose it is
	if data, err := os.ReadFile(filepath.Join(r.Out, train.ModelFile)); err != nil || os.WriteFile(elsewhere, data, 0o600) != nil {
		t.Fatal(err)
	}
	if _, err := w.Evaluate(t.Context(), EvaluateRequest{Model: elsewhere, Dataset: r.Dataset, Bags: r.Bags, Device: "cpu"}, nil); err != nil {
		t.Error(err)
	}
	if s := run(); len(s.Opened) != 4 || s.Opened[3].Slides != 2 || s.Opened[3].Test != nil {
		t.Errorf("%+v", s)
	}
}

func TestLockedRunStaysLocked(t *testing.T) {
	w, r := trainee(t)
	r.LockTest = true
	paused(t, w.NewTraining(r))
	open := r
	open.LockTest, open.Resume = false, true
	if s, err := w.Train(t.Context(), open, nil); err != nil || s.Test != nil {
		t.Errorf("gone on with without the lock: %+v, error %v", s, err)
	}
	fresh := open
	fresh.Out, fresh.Resume, fresh.Config.Model.Name = r.Out+"-open", false, "run"
	if s, err := w.Train(t.Context(), fresh, nil); err != nil || s.Test == nil {
		t.Fatalf("%+v, error %v", s, err)
	}
	fresh.LockTest, fresh.Resume = true, true
	if _, err := w.Train(t.Context(), fresh, nil); !errors.Is(err, train.ErrOther) {
		t.Errorf("locking what was open: %v", err)
	}
	other := r
	other.Resume, other.Config.Seed = true, 77
	if _, err := w.Train(t.Context(), other, nil); !errors.Is(err, train.ErrOther) {
		t.Errorf("with another division: %v", err)
	}
}

func TestConfusionCells(t *testing.T) {
	p := func(slide, label, said string, a, b float64) SlidePrediction {
		return SlidePrediction{Slide: slide, Label: label, Predicted: said, Probabilities: []float64{a, b}}
	}
	cells := cellsOf([]string{"a", "b"}, []SlidePrediction{p("1", "a", "a", .6, .4), p("2", "a", "b", .4, .6), p("3", "a", "a", .9, .1), p("4", "b", "b", 0, 1), p("5", "c", "a", 1, 0)})
	names := func(cell []SlidePrediction) string {
		text := ""
		for _, p := range cell {
			text += p.Slide
		}
		return text
	}
	if got := names(cells[0][0]) + "|" + names(cells[0][1]) + "|" + names(cells[1][0]) + "|" + names(cells[1][1]); got != "31|2||4" {
		t.Error(got)
	}
}

func TestRuns(t *testing.T) {
	w, r, _ := lockedRun(t)
	other := r
	other.Out, other.Config.Seed, other.K = r.Out+"-2", 5, []int{3}
	paused(t, w.NewTraining(other))
	dir := filepath.Dir(r.Out)
	broken := filepath.Join(dir, "broken")
	if err := errors.Join(os.Mkdir(broken, 0o755), os.WriteFile(filepath.Join(broken, train.RunFile), []byte("{"), 0o600)); err != nil {
		t.Fatal(err)
	}
	runs, err := w.Runs(dir)
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, error %v", len(runs), err)
	}
	at := func(name string) RunInfo {
		return runs[slices.IndexFunc(runs, func(r RunInfo) bool { return r.Name == name })]
	}
	if b := at("broken"); b.Err == nil {
		t.Error("a broken run has no error")
	}
	done, half := at("run"), at("run-2")
	if done.Ended != train.Completed || len(done.History) != 3 || done.Validation() == nil || done.Slides["train"] != 6 || done.Bags != r.Bags {
		t.Errorf("%+v", done)
	}
	if half.Ended != "" || len(half.History) != 1 || half.Best != 1 {
		t.Errorf("%+v", half)
	}
	differences := CompareRuns([]RunInfo{done, half})
	want := []SettingDifference{{"model.k", []string{"[12]", "[3]"}}, {"seed", []string{"0", "5"}}}
	if !slices.EqualFunc(differences, want, func(a, b SettingDifference) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) }) {
		t.Errorf("%+v", differences)
	}
}

func TestExportRun(t *testing.T) {
	w, r, s := lockedRun(t)
	w.DataDir = t.TempDir()
	card, err := w.ExportRun(RunExport{Run: r.Out, Name: "nodes", Licence: "CC0"})
	if err != nil || card.Config.Name != "nodes" || card.Config.Licence != "CC0" || card.Config.IntendedUse == "" || card.Config.Training.Epochs != s.Best {
		t.Fatalf("%+v, error %v", card, err)
	}
	m, err := w.Model("nodes")
	if err != nil || m.SHA256() != card.SHA256 {
		t.Errorf("it is not installed: %v", err)
	}
	own, err := mil.Load(s.Model)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range own.Params() {
		if !slices.Equal(p.F32, m.Params()[name].F32) {
			t.Errorf("%s is another", name)
		}
	}
	if _, err := w.ExportRun(RunExport{Run: r.Out, Name: "nodes", Licence: "other"}); !errors.Is(err, ErrNameTaken) {
		t.Errorf("twice: %v", err)
	}
	if _, err := w.ExportRun(RunExport{Run: r.Out, Name: "a/b"}); err == nil || !strings.Contains(err.Error(), "no name") {
		t.Errorf("a path for a name: %v", err)
	}
	r.Out += "-half"
	paused(t, w.NewTraining(r))
	if _, err := w.ExportRun(RunExport{Run: r.Out, Name: "half"}); !errors.Is(err, ErrNotEnded) {
		t.Errorf("half a run: %v", err)
	}
}
