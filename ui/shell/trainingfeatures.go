package shell

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/panels"
)

// prepare changes what features are made with, and finds out what there is of them.
func (s *Shell) prepare(change func(*settings.Training)) {
	if s.busyTraining() {
		s.showTrainingEncoders()
		s.showPresets()
		return
	}
	s.update(func(l *settings.Settings) { change(&l.Training) })
	s.survey()
}

// extractRequest asks for the features of the dataset at hand. They lie in a folder
// of their own for each encoder and choice of magnifications.
func (s *Shell) extractRequest() app.ExtractRequest {
	d, e, p := s.training.info, s.encoder(), s.preset()
	return app.ExtractRequest{
		Slides: d.DatasetPaths(), Out: filepath.Join(app.BagsBeside(d.Table, e.Name), p.Name),
		Engine:         app.EngineOptions{Encoder: e.Path, Device: s.look.Device, Threads: s.look.Threads},
		Magnifications: p.Magnifications, Tissue: p.Tissue, Magnification: s.look.Training.Stated,
	}
}

// prepared says that there is a dataset that features can be made of.
func (s *Shell) prepared() bool {
	d := s.training.info
	return d != nil && d.Usable() && len(s.training.encoders) > 0
}

// survey finds out of how many slides there are features.
func (s *Shell) survey() {
	if !s.prepared() {
		return
	}
	s.training.surveys++
	own, req := s.training.surveys, s.extractRequest()
	background(s, func(ctx context.Context) ([]app.ExtractOutcome, error) { return s.Workspace.Extracted(ctx, req) },
		func(list []app.ExtractOutcome, err error) {
			if s.training.surveys != own || s.training.preparing != nil {
				return
			}
			if err != nil {
				s.trainingTrouble(panels.TrainingFeaturesStep, err)
				return
			}
			s.showFeatures(req, list)
		})
}

// showFeatures shows of which slides there are features, and which failed.
func (s *Shell) showFeatures(req app.ExtractRequest, list []app.ExtractOutcome) {
	f := panels.TrainingFeatures{Slides: len(req.Slides)}
	for _, o := range list {
		switch {
		case o.Err != nil:
			f.Failed = append(f.Failed, panels.TrainingFailure{Slide: filepath.Base(o.Slide), Reason: s.reason(o.Err)})
		case o.Extracted != nil:
			f.Done++
		}
	}
	if f.Done > 0 {
		f.Folder = req.Out
	}
	s.parts.training.SetFeatures(f)
}

// estimate measures how long features and training will take.
func (s *Shell) estimate() {
	if !s.prepared() || s.training.preparing != nil {
		return
	}
	d, choice := s.training.info, s.parts.training.Choice()
	req := app.EstimateRequest{Extract: s.extractRequest(), Train: s.trainRequest(choice), Classes: len(d.Classes)}
	for _, c := range d.Classes {
		req.Training += c.Train
		req.Validation += c.Val
	}
	s.parts.training.SetWarnings(panels.TrainingFeaturesStep, nil)
	s.parts.training.SetEstimating(panels.Job{})
	s.training.preparing = startSeen(s, fmt.Sprintf(s.texts.Shell.Estimating, s.datasetName()), s.parts.training.SetEstimating,
		func(ctx context.Context, report func(panels.Job)) (*app.WorkEstimate, error) {
			return s.Workspace.Estimate(ctx, req, counted(report))
		}, func(e *app.WorkEstimate, err error) {
			s.training.preparing = nil
			s.trainingTrouble(panels.TrainingFeaturesStep, err)
			s.parts.training.SetEstimate(s.estimated(e, req.Train.Config.Epochs))
		})
}

func (s *Shell) estimated(e *app.WorkEstimate, epochs int) *panels.TrainingEstimate {
	if e == nil {
		return nil
	}
	return &panels.TrainingEstimate{
		Device: panels.DeviceLabel(s.texts, e.Device.Used, e.Device.Name), Slides: e.Slides, Done: e.Done, Looked: e.Looked,
		Fewest: e.Fewest, Most: e.Most, Patches: e.Patches, PerSecond: e.PerSecond, Extract: e.Extract, Bytes: e.Bytes,
		Epochs: epochs, Training: e.Training,
	}
}

// extract makes features. Those of slides that are done are kept, whatever ends it.
func (s *Shell) extract() {
	if !s.prepared() || s.training.preparing != nil {
		return
	}
	d, req := s.training.info, s.extractRequest()
	s.training.surveys++ // one under way is of before
	s.parts.training.SetWarnings(panels.TrainingFeaturesStep, nil)
	s.parts.training.SetExtracting(panels.Job{})
	s.Log.Info("features begun", "slides", len(req.Slides))
	s.training.preparing = startSeen(s, fmt.Sprintf(s.texts.Shell.FeaturesOf, s.datasetName()), s.parts.training.SetExtracting,
		func(ctx context.Context, report func(panels.Job)) ([]app.ExtractOutcome, error) {
			if err := s.writeTable(d); err != nil {
				return nil, err
			}
			return s.Workspace.Extract(ctx, req, func(e app.Event) { report(extracting(e)) })
		}, func(list []app.ExtractOutcome, err error) {
			s.training.preparing = nil
			s.extracted(req, list, err)
		})
}

// extracting is how far an extraction has come.
func extracting(e app.Event) panels.Job {
	line := panels.Job{Stage: filepath.Base(e.Slide)}
	if e.Pace == nil {
		return line
	}
	now := e.Pace.Now()
	line.Left = now.Left
	line.Fraction = min(1, float64(now.Done)/float64(max(1, now.Total)))
	return line
}

// extracted takes in what became of the slides.
func (s *Shell) extracted(req app.ExtractRequest, list []app.ExtractOutcome, err error) {
	failed := slices.ContainsFunc(list, func(o app.ExtractOutcome) bool { return o.Err != nil })
	s.Log.Info("features ended", "slides", len(list), "failed", failed, "kind", app.KindOf(err))
	s.showFeatures(req, list)
	s.trainingTrouble(panels.TrainingFeaturesStep, err)
	if err != nil {
		s.survey()
	}
}

// cancelPreparing ends an estimate or an extraction.
func (s *Shell) cancelPreparing() {
	if j := s.training.preparing; j != nil {
		j.cancel()
	}
}

// suggest names the next run after the dataset, and takes the number of patches to
// zoom into from the choice of magnifications.
func (s *Shell) suggest() {
	if s.training.current != nil {
		return
	}
	c := s.parts.training.Choice()
	c.K = s.preset().K[0]
	c.Epochs = cmp.Or(c.Epochs, 100)
	s.parts.training.SetChoice(c)
	s.rename()
}

// rename gives the next run a name of its own, after the dataset.
func (s *Shell) rename() {
	if d := s.training.info; d != nil {
		c := s.parts.training.Choice()
		c.Name = freeRun(runsBeside(d.Table), baseName(d.Table))
		s.parts.training.SetChoice(c)
	}
}

// baseName is what runs on a dataset are called: as its table, or as the folder of
// one with the name that most have.
func baseName(table string) string {
	name := stem(filepath.Base(table))
	if strings.EqualFold(filepath.Base(table), app.DatasetFile) {
		name = filepath.Base(filepath.Dir(table))
	}
	return strings.TrimLeft(name, ".")
}
