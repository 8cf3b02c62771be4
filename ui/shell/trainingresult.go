package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/app"
	"zoomscope/engine/result"
	"zoomscope/ui/panels"
)

// listRuns lists the runs of the folder at hand.
func (s *Shell) listRuns() {
	dir := s.training.runs
	if dir == "" {
		return
	}
	background(s, func(context.Context) ([]app.RunInfo, error) { return s.Workspace.Runs(dir) },
		func(runs []app.RunInfo, err error) {
			if dir != s.training.runs {
				return
			}
			if err != nil && app.KindOf(err) != app.ErrorMissing { // none there yet
				s.trainingTrouble(panels.TrainingRunsStep, err)
				return
			}
			s.parts.training.SetRuns(dir, s.runItems(runs))
			s.takeUp(runs)
		})
}

// pickRuns lets the user choose a folder of runs.
func (s *Shell) pickRuns() {
	t, dir := s.texts.Shell, s.training.runs
	if dir == "" {
		dir = s.datasetFolder()
	}
	s.native(func() (string, error) { return s.Dialogs.Folder(t.PickRuns, dir) }, func(path string) {
		s.training.runs = path
		s.parts.training.SetWarnings(panels.TrainingRunsStep, nil)
		s.listRuns()
	})
}

func (s *Shell) runItems(runs []app.RunInfo) []panels.TrainingRun {
	settings := s.settingsOf(runs)
	items := make([]panels.TrainingRun, len(runs))
	for i := range runs {
		r := &runs[i]
		items[i] = panels.TrainingRun{Dir: r.Dir, Name: r.Name, Settings: settings[i], Figures: figures(r.Validation())}
		if r.Err != nil {
			items[i].Problem = s.reason(r.Err)
			continue
		}
		items[i].Ended, items[i].Epochs, items[i].Planned = r.Ended != "", len(r.History), r.Config.Epochs
		items[i].Best, items[i].Opened = r.Best, len(r.Test.Opened)
	}
	return items
}

// settingsOf are the settings of each run in which some differ, by name.
func (s *Shell) settingsOf(runs []app.RunInfo) []map[string]string {
	all := make([]map[string]string, len(runs))
	for i := range all {
		all[i] = map[string]string{}
	}
	for _, d := range app.CompareRuns(runs) {
		if slices.Contains([]string{"model.intended_use", "model.licence", "model.training.note"}, d.Name) {
			continue // words of the model's card
		}
		name, say := s.setting(d.Name)
		for i, v := range d.Values {
			all[i][name] = say(v)
		}
	}
	return all
}

// setting is what a setting of run.json is called and how its value, which is JSON,
// is said. Those that the panel does not ask for keep their names.
func (s *Shell) setting(name string) (called string, say func(json string) string) {
	t := s.texts.Training
	switch name {
	case "epochs":
		return t.Epochs, plain
	case "seed":
		return t.Seed, plain
	case "learning_rate":
		return t.LearningRate, plain
	case "model.k":
		return t.K, func(v string) string {
			return s.list(v, func(k float64) string { return s.texts.Numbers.Count(int(k)) })
		}
	case "model.magnifications":
		return t.LooksAt, func(v string) string { return s.list(v, s.texts.Numbers.Magnification) }
	case "model.method":
		return t.Method, func(v string) string { return methodName(plain(v)) }
	case "model.encoder.name":
		return t.Encoder, plain
	}
	return name, plain
}

// list says numbers one after the other; the same ones once.
func (s *Shell) list(v string, say func(float64) string) string {
	var numbers []float64
	if json.Unmarshal([]byte(v), &numbers) != nil {
		return plain(v)
	}
	var words []string
	for _, x := range slices.Compact(numbers) {
		words = append(words, say(x))
	}
	return strings.Join(words, ", ")
}

// plain is a setting without the marks of JSON around its text.
func plain(v string) string {
	var text string
	if json.Unmarshal([]byte(v), &text) == nil {
		return text
	}
	return v
}

// figures are those of a split; nil has none.
func figures(m *app.TrainMetrics) panels.TrainingFigures {
	if m == nil {
		none := math.NaN()
		return panels.TrainingFigures{Accuracy: none, Balanced: none, MacroF1: none, WeightedF1: none, Kappa: none, AUC: none,
			AUCLow: none, AUCHigh: none, LossValue: none}
	}
	return panels.TrainingFigures{
		Slides: m.Slides, Accuracy: float64(m.Accuracy), Balanced: float64(m.BalancedAccuracy), MacroF1: float64(m.MacroF1),
		WeightedF1: float64(m.WeightedF1), Kappa: float64(m.Kappa), AUC: float64(m.AUC.Value), AUCLow: float64(m.AUC.Low),
		AUCHigh: float64(m.AUC.High), LossValue: float64(m.Loss),
	}
}

// runRequest asks for the evaluation of a run.
func (s *Shell) runRequest(dir string) app.RunRequest {
	req := app.RunRequest{Run: dir, Device: s.look.Device, Threads: s.look.Threads}
	if d := s.training.info; d != nil && filepath.Dir(dir) == runsBeside(d.Table) {
		req.Dataset = d.Table
		if s.prepared() {
			req.OtherBags = s.extractRequest().Out
		}
	}
	return req
}

// judgement is how a run does, with what else is known of it.
type judgement struct {
	run     *app.RunInfo
	scores  *app.RunEvaluation
	watched []app.TrainSlide // whose attention was kept while it was trained
}

// judge runs the best model of a run on its validation split and shows the result.
func (s *Shell) judge(dir string) {
	s.evaluate(dir, s.Workspace.EvaluateRun, func(j judgement) {
		s.showResult(dir, s.resultOf(j))
		s.reviewSlides(dir, j.watched, j.run.Best)
		s.showCurves(j.run)
	})
}

// showRunOf shows how the best model of a run does.
func (s *Shell) showRunOf(dir string) { s.judge(dir) }

// openTest looks at the test split of the run whose result is shown. The look is
// counted.
func (s *Shell) openTest() {
	shown, dir := s.training.judged, s.training.dir
	if shown == nil || shown.Opening {
		return
	}
	shown.Opening = true
	s.parts.training.SetResult(shown)
	s.evaluate(dir, s.Workspace.OpenTest, func(j judgement) {
		if s.training.judged == shown {
			after := *shown
			after.Test, after.TestOpened, after.Opening = scores(j.scores), len(j.run.Test.Opened), false
			s.showResult(dir, &after)
		}
		s.listRuns()
	})
}

// evaluator is one of the two ways to evaluate a run.
type evaluator func(ctx context.Context, req app.RunRequest, progress func(result.Progress)) (*app.RunEvaluation, error)

// evaluate runs the best model of a run as a job.
func (s *Shell) evaluate(dir string, how evaluator, done func(judgement)) {
	req := s.runRequest(dir)
	s.parts.training.SetWarnings(panels.TrainingResultStep, nil)
	start(s, fmt.Sprintf(s.texts.Shell.Judging, filepath.Base(dir)), func(ctx context.Context, report func(panels.Job)) (judgement, error) {
		e, err := how(ctx, req, counted(report))
		if err != nil {
			return judgement{}, err
		}
		r, err := s.Workspace.InspectRun(dir)
		return judgement{r, e, s.watched(dir, e.Predictions)}, err
	}, func(j judgement, err error) {
		if err == nil {
			done(j)
			return
		}
		if s.training.judged != nil {
			s.training.judged.Opening = false
			s.parts.training.SetResult(s.training.judged)
		}
		s.trainingTrouble(panels.TrainingResultStep, err)
	})
}

// resultOf is the result of a run on its validation split.
func (s *Shell) resultOf(j judgement) *panels.TrainingResult {
	test := j.run.Test
	out := &panels.TrainingResult{
		Run: j.run.Name, Validation: *scores(j.scores), TestSlides: test.Slides, TestOpened: len(test.Opened),
		Locked: test.Locked, Ended: j.run.Ended != "",
	}
	if test.Last != nil {
		out.Test = &panels.TrainingScores{Classes: j.scores.Classes, Figures: figures(test.Last)}
	}
	return out
}

func scores(e *app.RunEvaluation) *panels.TrainingScores {
	out := &panels.TrainingScores{Classes: e.Classes, Figures: figures(e.Metrics)}
	for _, row := range e.Cells {
		cells := make([][]panels.TrainingSlide, len(row))
		for said, cell := range row {
			for _, p := range cell {
				cells[said] = append(cells[said], panels.TrainingSlide{Name: p.Slide, Path: p.Path, Label: p.Label, Probability: p.Probabilities[said]})
			}
		}
		out.Cells = append(out.Cells, cells)
	}
	return out
}

// showResult shows how the best model of a run does; nil shows none.
func (s *Shell) showResult(dir string, r *panels.TrainingResult) {
	s.training.dir, s.training.judged = dir, r
	s.parts.training.SetResult(r)
}

// exportRun installs the best model of a run under a name.
func (s *Shell) exportRun(dir, name string) {
	s.parts.training.SetWarnings(panels.TrainingRunsStep, nil)
	s.parts.training.SetExported("")
	if strings.ContainsAny(name, `/\:*?"<>|`) || strings.HasPrefix(name, ".") || name == "" {
		s.warnTraining(panels.TrainingRunsStep, s.texts.Shell.BadModelName)
		return
	}
	background(s, func(context.Context) (app.ModelCard, error) {
		return s.Workspace.ExportRun(app.RunExport{Run: dir, Name: name})
	}, func(_ app.ModelCard, err error) {
		switch {
		case errors.Is(err, app.ErrNameTaken):
			s.warnTraining(panels.TrainingRunsStep, s.texts.Models.NameTaken)
		case err != nil:
			s.trainingTrouble(panels.TrainingRunsStep, err)
		default:
			s.Log.Info("model installed from a run")
			s.parts.training.SetExported(name)
			s.changedModels()
		}
	})
}
