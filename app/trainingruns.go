package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// RunInfo is a run of training as its folder tells.
type RunInfo struct {
	Dir, Name string
	Begun     time.Time
	Config    train.Config
	Dataset   string         // table
	Bags      string         // folder; "" where the run does not say
	Slides    map[string]int // in each split: train, val, test
	History   []train.Epoch  // that are complete
	Best      int            // epoch of the best model, 0 before the first
	Ended     train.Ending   // "" while it can be gone on with
	Test      TestState
	Err       error // why the folder's run cannot be read; all but Dir and Name is then empty
}

// TestState is what became of the test split of a run.
type TestState struct {
	Slides int            // 0 where there is none
	Locked bool           // it is looked at when asked alone
	Opened []TestOpening  // the looks at it
	Last   *train.Metrics // of the last one that was not cut off; nil for none
}

// Validation is how the best model does on the validation split; nil before the
// first epoch.
func (r *RunInfo) Validation() *train.Metrics {
	if r.Best == 0 {
		return nil
	}
	return r.History[r.Best-1].Validation
}

// runRecord is what is read of run.json.
type runRecord struct {
	Format  string                       `json:"format"`
	Dataset string                       `json:"dataset"`
	Config  train.Config                 `json:"config"`
	Splits  map[string][]json.RawMessage `json:"splits"`
}

// Runs lists the runs in the subfolders of a folder, and in the folder itself, the
// latest first. One that cannot be read is listed with its error.
func (w *Workspace) Runs(dir string) ([]RunInfo, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var runs []RunInfo
	for _, path := range append([]string{dir}, subfolders(dir, entries)...) {
		if !isRun(path) {
			continue
		}
		r, err := w.InspectRun(path)
		if err != nil {
			r = &RunInfo{Dir: path, Name: runName(path), Err: err}
		}
		runs = append(runs, *r)
	}
	slices.SortStableFunc(runs, func(a, b RunInfo) int { return cmp.Or(b.Begun.Compare(a.Begun), strings.Compare(a.Dir, b.Dir)) })
	return runs, nil
}

func subfolders(dir string, entries []fs.DirEntry) []string {
	var paths []string
	for _, e := range entries {
		if e.IsDir() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// InspectRun reads how a run was begun and what it has come to. Errors name the
// file.
func (w *Workspace) InspectRun(dir string) (*RunInfo, error) {
	r := &RunInfo{Dir: dir, Name: runName(dir), Slides: map[string]int{}}
	if err := r.readRecord(); err != nil {
		return nil, err
	}
	var err error
	if r.History, err = train.History(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	r.Best = r.Config.Select.Best(r.History)
	summary, err := train.ReadSummary(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if summary != nil {
		r.Ended = summary.Ended
	}
	return r, r.readTest(summary)
}

func (r *RunInfo) readRecord() error {
	path := filepath.Join(r.Dir, train.RunFile)
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.Size() > maxStudy {
		return fmt.Errorf("%s: more than %d bytes", path, maxStudy)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var record runRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if record.Format != train.RunFormat {
		return fmt.Errorf("%s: format is %.100q, expected %q", path, record.Format, train.RunFormat)
	}
	r.Begun, r.Dataset, r.Config = st.ModTime(), record.Dataset, record.Config
	for split, members := range record.Splits {
		r.Slides[split] = len(members)
	}
	return nil
}

// readTest finds out how often the test split was looked at.
func (r *RunInfo) readTest(summary *train.Summary) error {
	r.Test.Slides = r.Slides[train.Test.String()]
	if summary != nil && summary.Test != nil {
		at := time.Time{}
		if st, err := os.Stat(filepath.Join(r.Dir, train.EvaluationFile)); err == nil {
			at = st.ModTime()
		}
		r.Test.Opened = append(r.Test.Opened, TestOpening{At: at, Slides: summary.Test.Slides, Test: summary.Test})
	}
	s, err := readStudy(r.Dir)
	if s != nil {
		r.Test.Locked, r.Test.Slides = true, len(s.Test)
		r.Test.Opened = append(r.Test.Opened, s.Opened...)
		r.Slides[train.Test.String()] = len(s.Test)
		r.Dataset, r.Bags = s.Dataset, s.Bags
	}
	for _, o := range r.Test.Opened {
		if o.Test != nil {
			r.Test.Last = o.Test
		}
	}
	return err
}

// SettingDifference is a setting in which runs differ.
type SettingDifference struct {
	Name   string   // as in run.json, such as model.k
	Values []string // of each run, as JSON; "" where it has none
}

// CompareRuns finds the settings that are not the same in all of the runs, by name.
// What a run is called is none.
func CompareRuns(runs []RunInfo) []SettingDifference {
	flat := make([]map[string]string, len(runs))
	names := map[string]bool{}
	for i := range runs {
		flat[i] = flatten(runs[i].Config)
		for name := range flat[i] {
			names[name] = true
		}
	}
	var differences []SettingDifference
	for name := range names {
		d := SettingDifference{Name: name}
		for i := range runs {
			d.Values = append(d.Values, flat[i][name])
		}
		if name != "model.name" && slices.ContainsFunc(d.Values, func(v string) bool { return v != d.Values[0] }) {
			differences = append(differences, d)
		}
	}
	slices.SortFunc(differences, func(a, b SettingDifference) int { return strings.Compare(a.Name, b.Name) })
	return differences
}

// flatten names every value of a configuration.
func flatten(c train.Config) map[string]string {
	flat := map[string]string{}
	text, err := json.Marshal(c)
	if err != nil {
		return flat
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&tree) == nil {
		flattenInto(flat, "", tree)
	}
	return flat
}

func flattenInto(flat map[string]string, name string, v any) {
	if object, ok := v.(map[string]any); ok {
		for key, value := range object {
			flattenInto(flat, name+"."+key, value)
		}
		return
	}
	text, _ := json.Marshal(v) // of a value that was decoded
	flat[strings.TrimPrefix(name, ".")] = string(text)
}

// RunEvaluation is how the model of a run does on a split, with the slides behind
// every cell of the confusion matrix.
type RunEvaluation struct {
	*Evaluation
	Classes []string
	Cells   [][][]SlidePrediction // [truth][predicted], the surest first
}

// RunRequest asks for the evaluation of a run on one of its splits.
type RunRequest struct {
	Run           string
	Dataset, Bags string // "" are those of the run, where it says
	OtherBags     string // where it does not
	Device        string // a device.Kind; "" is auto
	Threads       int    // 0 is one for each processor
}

// EvaluateRun runs the best model of a run on its validation split.
func (w *Workspace) EvaluateRun(ctx context.Context, req RunRequest, progress func(result.Progress)) (*RunEvaluation, error) {
	return w.evaluateRun(ctx, req, train.Validation, progress)
}

// OpenTest runs the best model of a run that has ended on its test split. That it
// was looked at is written into the run's folder first.
func (w *Workspace) OpenTest(ctx context.Context, req RunRequest, progress func(result.Progress)) (*RunEvaluation, error) {
	if _, err := w.RunSummary(req.Run); err != nil {
		return nil, err
	}
	return w.evaluateRun(ctx, req, train.Test, progress)
}

func (w *Workspace) evaluateRun(ctx context.Context, req RunRequest, split train.Split, progress func(result.Progress)) (*RunEvaluation, error) {
	r, err := w.InspectRun(req.Run)
	if err != nil {
		return nil, err
	}
	e, err := w.Evaluate(ctx, EvaluateRequest{
		Model: req.Run, Dataset: cmp.Or(req.Dataset, r.Dataset), Bags: cmp.Or(req.Bags, r.Bags, req.OtherBags), Split: split.String(),
		Seed: r.Config.Seed, Device: req.Device, Threads: req.Threads,
	}, progress)
	if err != nil {
		return nil, err
	}
	return &RunEvaluation{Evaluation: e, Classes: e.Model.Classes, Cells: cellsOf(e.Model.Classes, e.Predictions)}, nil
}

// cellsOf sorts predictions into the cells of the confusion matrix.
func cellsOf(classes []string, predictions []SlidePrediction) [][][]SlidePrediction {
	cells := make([][][]SlidePrediction, len(classes))
	for i := range cells {
		cells[i] = make([][]SlidePrediction, len(classes))
	}
	for _, p := range predictions {
		truth, said := slices.Index(classes, p.Label), slices.Index(classes, p.Predicted)
		if truth >= 0 && said >= 0 {
			cells[truth][said] = append(cells[truth][said], p)
		}
	}
	for _, row := range cells {
		for said, cell := range row {
			slices.SortStableFunc(cell, func(a, b SlidePrediction) int { return cmp.Compare(b.Probabilities[said], a.Probabilities[said]) })
		}
	}
	return cells
}

// RunExport says how the model of a run is called once it is installed.
type RunExport struct {
	Run         string
	Name        string
	IntendedUse string // "" leaves what the run says
	Licence     string // "" leaves what the run says
}

// ExportRun installs the best model of a run that has ended. The error for one that
// can still be gone on with wraps ErrNotEnded; of a name that another model has,
// ErrNameTaken.
func (w *Workspace) ExportRun(req RunExport) (ModelCard, error) {
	if _, err := w.RunSummary(req.Run); err != nil {
		return ModelCard{}, err
	}
	path := filepath.Join(req.Run, train.ModelFile)
	m, err := mil.Load(path)
	if err != nil {
		return ModelCard{}, err
	}
	c := m.Config()
	c.Name = req.Name
	c.IntendedUse = cmp.Or(req.IntendedUse, c.IntendedUse)
	c.Licence = cmp.Or(req.Licence, c.Licence)
	if m, err = mil.Assemble(c, m.Params()); err != nil {
		return ModelCard{}, fmt.Errorf("%s: %w", path, err)
	}
	return w.install(m, path, req.Name)
}
