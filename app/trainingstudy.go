package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zoomscope/engine/train"
	"zoomscope/slideio/atomicfile"
)

// A run whose test split is locked has a file of its own beside those of package
// train: what the split is, where its slides and features are, and every time that
// it was looked at. Training itself never sees the slides of the split.
const (
	studyFile   = "study.json"
	studyFormat = "zoomscope-study/1"
	maxStudy    = 1 << 28 // bytes
)

type study struct {
	Format  string        `json:"format"`
	Dataset string        `json:"dataset"` // table
	Bags    string        `json:"bags"`    // folder
	Test    []studySlide  `json:"test"`
	Opened  []TestOpening `json:"opened"`
}

type studySlide struct {
	Slide     string `json:"slide"`
	Label     string `json:"label"`
	ContentID string `json:"content_id,omitempty"`
}

// TestOpening is one look at the test split of a run.
type TestOpening struct {
	At     time.Time      `json:"at"`
	Slides int            `json:"slides"`
	Test   *train.Metrics `json:"metrics,omitempty"` // nil where it was cut off
}

// readStudy reads the study of a run; nil where the run has none.
func readStudy(run string) (*study, error) {
	if st, err := os.Stat(run); err != nil || !st.IsDir() {
		return nil, nil // a model's file, or its name
	}
	path := filepath.Join(run, studyFile)
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if st.Size() > maxStudy {
		return nil, fmt.Errorf("%s: more than %d bytes", path, maxStudy)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &study{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.Format != studyFormat {
		return nil, fmt.Errorf("%s: format is %.100q, expected %q", path, s.Format, studyFormat)
	}
	return s, nil
}

func (s *study) write(run string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(run, studyFile)
	if err := atomicfile.WriteBytes(path, append(text, '\n')); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// lockTest takes the test split out of a divided dataset and keeps in the run's
// folder which slides it has. A run that was begun otherwise is an error that wraps
// train.ErrOther.
func lockTest(req *TrainRequest, d *train.Dataset) error {
	old, err := readStudy(req.Out)
	if err != nil {
		return err
	}
	if old == nil && !req.LockTest {
		return nil
	}
	now, err := newStudy(req, d)
	if err != nil {
		return err
	}
	switch {
	case old == nil && isRun(req.Out):
		return fmt.Errorf("%s: %w: it was begun with its test split open", req.Out, train.ErrOther)
	case old != nil && isRun(req.Out) && !slices.Equal(old.Test, now.Test):
		return fmt.Errorf("%s: %w: its locked test split has other slides", req.Out, train.ErrOther)
	case old == nil || !isRun(req.Out):
		if err := os.MkdirAll(req.Out, 0o777); err != nil {
			return err
		}
		if err := now.write(req.Out); err != nil {
			return err
		}
	}
	for i := range d.Samples {
		if d.Samples[i].Split == train.Test {
			d.Samples[i].Split = train.Unassigned
		}
	}
	return nil
}

func newStudy(req *TrainRequest, d *train.Dataset) (*study, error) {
	s := &study{Format: studyFormat, Test: []studySlide{}, Opened: []TestOpening{}}
	for _, t := range d.In(train.Test) {
		s.Test = append(s.Test, studySlide{t.Name, t.Label, t.ContentID})
	}
	var err, err2 error
	s.Dataset, err = filepath.Abs(req.Dataset)
	s.Bags, err2 = filepath.Abs(req.Bags)
	return s, errors.Join(err, err2)
}

// holds says that a sample is of the locked split.
func (s *study) holds(sample *train.Sample) bool {
	return slices.ContainsFunc(s.Test, func(t studySlide) bool {
		if t.ContentID != "" && sample.ContentID != "" {
			return t.ContentID == sample.ContentID
		}
		return t.Slide == sample.Name
	})
}

// restoreTest gives the slides of a run's locked split back to it, in a dataset that
// was divided as the run.
func restoreTest(d *train.Dataset, run string) error {
	s, err := readStudy(run)
	if err != nil || s == nil {
		return err
	}
	for i := range d.Samples {
		if s.holds(&d.Samples[i]) {
			d.Samples[i].Split = train.Test
		}
	}
	return nil
}

// openTest counts a look at the locked split of a run, before it is taken: samples
// are those that will be looked at. It returns what keeps the figures that come of
// it, for a look at the whole of the split alone.
func openTest(run string, samples []train.Sample) (keep func(*train.Metrics) error, err error) {
	nothing := func(*train.Metrics) error { return nil }
	s, err := readStudy(run)
	if err != nil || s == nil {
		return nothing, err
	}
	seen := 0
	for i := range samples {
		if s.holds(&samples[i]) {
			seen++
		}
	}
	if seen == 0 {
		return nothing, nil
	}
	s.Opened = append(s.Opened, TestOpening{At: time.Now().UTC().Truncate(time.Second), Slides: seen})
	if seen != len(samples) {
		return nothing, s.write(run)
	}
	return func(m *train.Metrics) error {
		s.Opened[len(s.Opened)-1].Test = m
		return s.write(run)
	}, s.write(run)
}

// studyOf is the study of what an evaluation was given: a run folder, or the model
// file in one.
func studyOf(model string) string {
	if strings.EqualFold(filepath.Base(model), train.ModelFile) {
		return filepath.Dir(model)
	}
	return model
}
