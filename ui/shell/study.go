package shell

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"zoomscope/app"
	"zoomscope/ui/panels"
	"zoomscope/ui/widgets"
)

// study is a training that is under way, paused, or has just ended.
type study struct {
	dir      string
	run      *app.Training
	progress panels.TrainingProgress
	watch    watching
	job      *job // nil while it does not run

	begunBefore bool // in this window
}

// running says that a study is being trained at this moment.
func (t *study) running() bool { return t != nil && t.job != nil }

// runsBeside is where the runs of a dataset are kept.
func runsBeside(table string) string { return filepath.Join(filepath.Dir(table), "runs") }

// freeRun is a name for a run that none in the folder has.
func freeRun(dir, base string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s-%d", base, n)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return name
		}
	}
}

// trainRequest asks for a training on the dataset at hand.
func (s *Shell) trainRequest(c panels.TrainingChoice) app.TrainRequest {
	r := app.DefaultTrainingOf(c.Method)
	d := s.training.info
	r.Dataset, r.Bags, r.Out = d.Table, s.extractRequest().Out, filepath.Join(runsBeside(d.Table), c.Name)
	r.LockTest, r.Preset = true, s.preset().Name
	if c.K > 0 {
		r.K = []int{c.K}
	}
	if c.Magnification > 0 {
		r.Magnifications = []float64{c.Magnification}
	}
	r.Config.Epochs, r.Config.Seed = max(1, c.Epochs), c.Seed
	r.Device, r.Threads = s.look.Device, s.look.Threads
	return r
}

// train begins a run; one of that name that has not ended is gone on with.
func (s *Shell) train(c panels.TrainingChoice) {
	if !s.prepared() || s.busyTraining() {
		return
	}
	req := s.trainRequest(c)
	s.parts.training.SetWarnings(panels.TrainingLearnStep, nil)
	if r, err := s.Workspace.InspectRun(req.Out); err == nil && r.Ended != "" {
		s.warnTraining(panels.TrainingLearnStep, fmt.Sprintf(s.texts.Shell.RunThere, c.Name))
		return
	}
	s.training.current = &study{dir: req.Out, run: s.Workspace.NewTraining(req)}
	s.training.current.progress = panels.TrainingProgress{Run: c.Name, Planned: req.Config.Epochs}
	s.parts.training.Open(panels.TrainingDatasetStep, false) // curves stand where those were
	s.parts.training.Open(panels.TrainingFeaturesStep, false)
	s.resumeTraining()
}

// warnTraining tells at a step what stands in the way.
func (s *Shell) warnTraining(step panels.TrainingStep, words string) {
	s.parts.training.SetWarnings(step, []widgets.Warning{{Text: words, Grave: true}})
}

// resumeTraining runs the study at hand, from where it stands.
func (s *Shell) resumeTraining() {
	t := s.training.current
	if t == nil || t.running() {
		return
	}
	s.parts.training.SetWarnings(panels.TrainingLearnStep, nil)
	t.progress.State = panels.TrainingPreparing
	title := fmt.Sprintf(s.texts.Shell.TrainingOf, filepath.Base(t.dir))
	d := s.training.info
	t.job = start(s, title, func(ctx context.Context, _ func(panels.Job)) (*app.TrainSummary, error) {
		if err := s.writeTable(d); err != nil {
			return nil, err
		}
		steps := newest[app.TrainEvent]{s: s, take: func(e app.TrainEvent) { s.heard(t, e) }}
		return t.run.Run(ctx, func(e app.TrainEvent) {
			if _, ok := e.(app.TrainProgress); ok {
				steps.tell(e)
				return
			}
			s.show(func() { s.heard(t, e) })
		})
	}, func(sum *app.TrainSummary, err error) { s.trained(t, sum, err) })
	s.Log.Info("training begun")
	s.showStudy()
}

func share(done, total int) float64 { return float64(done) / float64(max(1, total)) }

// heard takes in what a training tells.
func (s *Shell) heard(t *study, e app.TrainEvent) {
	p := &t.progress
	switch e := e.(type) {
	case app.TrainStarted:
		p.Planned, p.Points, p.OwnLoss = e.Epochs, nil, e.Model.OwnLoss()
		for i := range e.History {
			p.Points = append(p.Points, point(&e.History[i]))
		}
		t.begun()
		s.watchFirst(t, e.Watched)
		s.cautionTraining(e.Warnings)
	case app.TrainProgress:
		p.Fraction = (float64(len(p.Points)) + share(e.Done, e.Total)) / float64(max(1, p.Planned))
		s.parts.training.SetFraction(p.Fraction)
		s.showTrainingJob(t)
		return
	case app.TrainEpoch:
		p.Points = append(p.Points, point(&e.Epoch))
		p.Best, p.Left, p.Planned = e.Best, e.Left, e.Planned
		p.Fraction = share(len(p.Points), p.Planned)
	case app.TrainAttention:
		s.attend(t, e)
		return
	}
	s.showStudy()
	s.showTrainingJob(t)
}

// showTrainingJob tells in the bar below how far a training is.
func (s *Shell) showTrainingJob(t *study) {
	if t.job != nil {
		t.job.line.Fraction, t.job.line.Left = t.progress.Fraction, t.progress.Left
		s.showJobs()
	}
}

// begun says that a study is under way, unless it is being stopped already.
func (t *study) begun() {
	if t.progress.State == panels.TrainingPreparing {
		t.progress.State = panels.TrainingRunning
	}
}

// point is what an epoch came to, for the curves.
func point(e *app.TrainedEpoch) panels.TrainingPoint {
	p := panels.TrainingPoint{TrainLoss: float64(e.TrainLoss), Rate: e.LearningRate, ValLoss: math.NaN(), F1: math.NaN(), AUC: math.NaN()}
	if v := e.Validation; v != nil {
		p.ValLoss, p.F1, p.AUC = float64(v.Loss), float64(v.WeightedF1), float64(v.AUC.Value)
	}
	return p
}

// cautionTraining tells what is to know of the data that is trained on.
func (s *Shell) cautionTraining(list []string) {
	var lines []widgets.Warning
	for _, words := range list {
		lines = append(lines, widgets.Warning{Text: s.translated(words)})
	}
	s.parts.training.SetWarnings(panels.TrainingLearnStep, lines)
}

// showStudy shows how the training at hand stands.
func (s *Shell) showStudy() {
	t := s.training.current
	if t == nil {
		s.parts.training.SetProgress(panels.TrainingProgress{})
		s.parts.training.SetWatched(panels.TrainingWatch{})
		return
	}
	s.parts.training.SetProgress(t.progress)
}

// pauseTraining stops the training such that it can be gone on with.
func (s *Shell) pauseTraining() {
	if t := s.training.current; t.running() {
		t.progress.State = panels.TrainingPausing
		t.run.Pause()
		s.showStudy()
	}
}

// keepBest ends the training at hand with its best model.
func (s *Shell) keepBest() {
	t := s.training.current
	if t == nil {
		return
	}
	t.run.KeepBest()
	if !t.running() {
		s.resumeTraining()
	}
	t.progress.State = panels.TrainingPausing
	s.showStudy()
}

// trained takes in how a training stopped.
func (s *Shell) trained(t *study, sum *app.TrainSummary, err error) {
	t.job = nil
	p := &t.progress
	p.State, p.Left = panels.TrainingPaused, 0
	switch {
	case err == nil:
		s.Log.Info("training ended", "epochs", sum.Epochs, "best", sum.Best)
		p.State, p.Best, p.Planned, p.Fraction = panels.TrainingEnded, sum.Best, sum.Planned, 1
		p.Ending = ending(string(sum.Ended))
	case errors.Is(err, app.ErrPaused), errors.Is(err, ErrCancelled):
		s.Log.Info("training paused", "epochs", len(p.Points))
	default:
		s.trainingTrouble(panels.TrainingLearnStep, err)
		if len(p.Points) == 0 {
			s.training.current = nil // it never began
		}
	}
	s.showStudy()
	s.listRuns()
	if err == nil {
		s.parts.training.SetWatched(panels.TrainingWatch{})
		s.rename()
		s.parts.training.SelectRun(t.dir)
		s.judge(t.dir)
	}
}

// ending is why a run ended, as run folders tell it.
func ending(of string) panels.TrainingEnding {
	switch of {
	case string(app.TrainingStoppedEarly):
		return panels.EndedEarly
	case string(app.TrainingFinished):
		return panels.EndedByUser
	}
	return panels.EndedWhole
}

// showCurves shows how a run that has ended went, unless another is under way or
// waits to be gone on with.
func (s *Shell) showCurves(r *app.RunInfo) {
	if t := s.training.current; r.Ended == "" || t != nil && t.progress.State != panels.TrainingEnded {
		return
	}
	p := panels.TrainingProgress{Run: r.Name, State: panels.TrainingEnded, Ending: ending(string(r.Ended)), Planned: r.Config.Epochs, Best: r.Best, Fraction: 1, OwnLoss: r.Config.Model.OwnLoss()}
	for i := range r.History {
		p.Points = append(p.Points, point(&r.History[i]))
	}
	s.parts.training.SetProgress(p)
}

// takeUp offers to go on with a run of the dataset at hand that was stopped before
// it ended, such as when the window was closed.
func (s *Shell) takeUp(runs []app.RunInfo) {
	d := s.training.info
	if s.training.current != nil || d == nil || s.training.runs != runsBeside(d.Table) {
		return
	}
	for i := range runs {
		r := &runs[i]
		if r.Err != nil || r.Ended != "" || r.Dataset != d.Table || r.Bags == "" {
			continue
		}
		c, m := choiceOf(r), r.Config.Model
		req := s.trainRequest(c)
		req.Bags, req.Preset, req.Magnifications, req.K = r.Bags, "", m.Magnifications, m.K
		t := &study{dir: r.Dir, run: s.Workspace.NewTraining(req)}
		t.progress = panels.TrainingProgress{Run: r.Name, State: panels.TrainingPaused, Planned: c.Epochs, Best: r.Best, OwnLoss: m.OwnLoss()}
		for j := range r.History {
			t.progress.Points = append(t.progress.Points, point(&r.History[j]))
		}
		s.training.current = t
		s.parts.training.SetChoice(c)
		s.showStudy()
		return
	}
}

// choiceOf is how a run was asked for.
func choiceOf(r *app.RunInfo) panels.TrainingChoice {
	c := panels.TrainingChoice{Method: r.Config.Model.Method, Epochs: r.Config.Epochs, Seed: r.Config.Seed, Name: filepath.Base(r.Dir)}
	if len(r.Config.Model.K) > 0 {
		c.K = r.Config.Model.K[0]
	}
	if m := r.Config.Model.Magnifications; len(m) == 1 {
		c.Magnification = m[0]
	}
	return c
}
