package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// EvaluateRequest asks how a model does on labelled slides.
type EvaluateRequest struct {
	Model       string // run folder, model file, or name of an installed model
	Dataset     string // table of slides and labels, or of instances with their features
	Bags        string // folder of the slides' bags; "" for instances
	Split       string // train, val or test; "" or "all" is every line of the table
	Predictions string // CSV file that receives what the model says of each slide, none that is read; "" writes none
	Seed        uint64 // of the bootstrap

	Device  string // a device.Kind; "" is auto
	Threads int    // 0 is one for each processor

	// Started, where not nil, is told where it runs before the first slide is.
	Started func(result.Device)
}

// Evaluation is how a model did.
type Evaluation struct {
	Model       result.Model      `json:"model"`
	Path        string            `json:"path"` // of the model's file
	Dataset     string            `json:"dataset"`
	Split       string            `json:"split"` // all, train, val or test
	Device      result.Device     `json:"device"`
	Metrics     *train.Metrics    `json:"metrics"`
	Predictions []SlidePrediction `json:"predictions"`
	Written     string            `json:"written,omitempty"` // file of predictions
	Seconds     float64           `json:"seconds"`
	Warnings    []string          `json:"warnings"`
	Notice      string            `json:"notice"` // always result.ResearchUse
}

// SlidePrediction is what the model says of one slide.
type SlidePrediction struct {
	Slide         string    `json:"slide"`
	Label         string    `json:"label"`
	Predicted     string    `json:"predicted"`
	Probabilities []float64 `json:"probabilities"` // in the order of the model's classes
	Path          string    `json:"-"`             // of the slide's file
}

// Errors of an evaluation.
var (
	// ErrNotEnded: a run has no summary yet.
	ErrNotEnded = errors.New("the run has not ended")
	// ErrNoSplit: the split asked for has no slides.
	ErrNoSplit = errors.New("no slides in this split")
)

// RunSummary is how the run in a folder ended. The error for one that is still to
// be gone on with wraps ErrNotEnded.
func (w *Workspace) RunSummary(dir string) (*TrainSummary, error) {
	s, err := train.ReadSummary(dir)
	if errors.Is(err, fs.ErrNotExist) && isRun(dir) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNotEnded)
	}
	if err != nil {
		return nil, err
	}
	figures, err := filepath.Glob(filepath.Join(dir, figuresDir, "*.png"))
	return &TrainSummary{Run: dir, Model: filepath.Join(dir, train.ModelFile), Figures: figures, Summary: s}, err
}

// isRun says whether a folder holds a run.
func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, train.RunFile))
	return err == nil
}

// Evaluate runs a model on the bags of labelled slides and measures it. Splits
// are those of the run, where a run folder is given that knows the slides, else
// those of the table. A look at slides of a locked test split is counted in its run.
func (w *Workspace) Evaluate(ctx context.Context, req EvaluateRequest, progress func(result.Progress)) (*Evaluation, error) {
	start := time.Now()
	path, err := w.evaluated(req.Model)
	if err != nil {
		return nil, err
	}
	if err := PrepareOutput(req.Predictions, append(runFiles(req.Model), path, req.Dataset)...); err != nil {
		return nil, err
	}
	model, err := mil.Load(path)
	if err != nil {
		return nil, err
	}
	d, samples, err := samplesFor(ctx, &req, model)
	if err != nil {
		return nil, err
	}
	if err := CheckOutput(req.Predictions, filesOf(d)...); err != nil {
		return nil, err
	}
	keep, err := openTest(studyOf(req.Model), samples)
	if err != nil {
		return nil, err
	}
	out := &Evaluation{
		Model: model.Result(), Path: path, Dataset: req.Dataset, Split: split(req.Split), Notice: result.ResearchUse,
		Warnings: append([]string{}, d.Warnings...), // never null in JSON
	}
	if !out.Model.Trained && out.Model.Note != "" {
		out.Warnings = append(out.Warnings, out.Model.Note)
	}
	predictions, err := w.measure(ctx, out, model, d, samples, &req, progress)
	if err != nil {
		return nil, err
	}
	if err := keep(out.Metrics); err != nil {
		return nil, err
	}
	if req.Predictions != "" {
		out.Written = req.Predictions
		err = train.SavePredictions(req.Predictions, d.Classes, predictions)
	}
	out.Seconds = time.Since(start).Seconds()
	return out, err
}

// evaluated is the file of the model that is to be evaluated.
func (w *Workspace) evaluated(name string) (string, error) {
	st, err := os.Stat(name)
	if err != nil || !st.IsDir() {
		return w.modelPath(name)
	}
	path := filepath.Join(name, train.ModelFile)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: the folder %s has no %s", ErrNoModel, name, train.ModelFile)
	}
	return path, nil
}

// split is the name of a split, "all" for none.
func split(name string) string {
	if name == "" {
		return allSlides
	}
	return name
}

const allSlides = "all"

// samplesFor loads the table for the model and takes the slides that are asked
// for.
func samplesFor(ctx context.Context, req *EvaluateRequest, model *mil.Model) (*train.Dataset, []train.Sample, error) {
	c := model.Config()
	d, err := train.Load(ctx, req.Dataset, req.Bags, train.LoadOptions{Magnifications: c.Magnifications, Classes: c.Classes})
	if err != nil {
		return nil, nil, err
	}
	if err := model.CheckEncoder(d.Encoder); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", cmp.Or(req.Bags, req.Dataset), err)
	}
	if d.PatchSize != c.PatchSize {
		return nil, nil, fmt.Errorf("%s: patches of %d pixels, model %q needs %d", req.Bags, d.PatchSize, c.Name, c.PatchSize)
	}
	if why := c.OtherTissue(d.Tissue, d.TissueMagnification); why != "" {
		d.Warnings = append(d.Warnings, fmt.Sprintf("The features are not of the patches that an analysis with the model reads: %s.", why))
	}
	known := 0
	if isRun(req.Model) {
		if known, err = d.DivideAs(req.Model); err != nil {
			return nil, nil, err
		}
		if err := restoreTest(d, req.Model); err != nil {
			return nil, nil, err
		}
	}
	samples, err := choose(d, split(req.Split))
	if known > 0 {
		d.Warnings = append(d.Warnings, seen(samples)...)
	}
	return d, samples, err
}

// filesOf are the bags of a dataset and its slides.
func filesOf(d *train.Dataset) []string {
	var files []string
	for i := range d.Samples {
		s := &d.Samples[i]
		files = append(files, s.Bag, train.Locate(d.Path, s.Slide))
	}
	return files
}

// choose takes the slides of a split.
func choose(d *train.Dataset, split string) ([]train.Sample, error) {
	if split == allSlides {
		return d.Samples, nil
	}
	which, err := train.ParseSplit(split)
	if err != nil {
		return nil, err
	}
	samples := d.In(which)
	if len(samples) == 0 {
		return nil, fmt.Errorf("%s: %s: %w", d.Path, which, ErrNoSplit)
	}
	return samples, nil
}

// seen warns of slides that the run learnt from.
func seen(samples []train.Sample) []string {
	n := 0
	for _, s := range samples {
		if s.Split == train.Training || s.Split == train.Validation {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of the %d slides are of the splits train and val, which the model was made with: it does better on them than on others. --split test leaves them out.", n, len(samples))}
}

// measure runs the model and fills in what comes of it.
func (w *Workspace) measure(ctx context.Context, out *Evaluation, model *mil.Model, d *train.Dataset, samples []train.Sample, req *EvaluateRequest, progress func(result.Progress)) ([]train.Prediction, error) {
	place, err := w.place(ctx, EngineOptions{Device: req.Device, Threads: req.Threads})
	if err != nil {
		return nil, err
	}
	if req.Started != nil {
		req.Started(place.Device)
	}
	network, err := model.Open(place.Opener)
	if err != nil {
		return nil, err
	}
	defer network.Close()
	m, predictions, err := train.Evaluate(ctx, train.Network{Network: network}, d, samples, train.EvaluateOptions{Seed: req.Seed, Progress: progress})
	if err != nil {
		return nil, err
	}
	out.Device, out.Metrics = place.Device, m
	for i, p := range predictions {
		out.Predictions = append(out.Predictions, SlidePrediction{
			p.Slide, d.Classes[p.Class], d.Classes[p.Predicted], p.Probabilities, slidePath(d.Path, &samples[i]),
		})
	}
	return predictions, nil
}
