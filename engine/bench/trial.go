package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// Trial is one configuration to train on a dataset, with one seed, and to test.
type Trial struct {
	Data    *train.Dataset // divided, with a test split, at the magnifications of the model
	Config  train.Config   // with the seed; Method is filled in
	Options mil.TrainOptions
	Device  nn.Opener
	Folder  string // of the run
}

// TrialFolder is where a trial of that name and seed lies in a folder of them.
func TrialFolder(dir, name string, seed uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "-"), seed))
}

// ModelFile is that of the trained model.
func (t Trial) ModelFile() string { return filepath.Join(t.Folder, train.ModelFile) }

// over says whether the run has ended before.
func (t Trial) over() bool {
	_, err := train.ReadSummary(t.Folder)
	return err == nil
}

// Run trains the model and tests it: Test of the summary is never nil. A run that
// is in the folder is gone on with; one that has ended is not run again. epoch, which
// may be nil, hears of each epoch that was run.
func (t Trial) Run(ctx context.Context, epoch func(train.Epoch)) (_ *train.Summary, err error) {
	if len(t.Data.In(train.Test)) == 0 {
		return nil, fmt.Errorf("%s: no slide is in the split test: give some the split test, or leave the column out", t.Data.Path)
	}
	config := t.Config
	if config.Method, err = json.Marshal(struct {
		mil.TrainOptions
		RawFeatures bool `json:"raw_features"`
	}{t.Options, t.Options.Standards == nil}); err != nil {
		return nil, err
	}
	start, err := mil.New(config.Model, config.Seed)
	if err != nil {
		return nil, err
	}
	l, err := start.NewLearner(t.Device, t.Options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return train.Run(ctx, config, t.Data, l, train.Options{Dir: t.Folder, Resume: true, Epoch: epoch})
}

// runs tells how many epochs of many trials are done.
type runs struct {
	report      func(result.Progress)
	done, total int // epochs
}

// newRuns makes one that tells progress, which may be nil.
func newRuns(progress func(result.Progress)) *runs {
	return &runs{report: result.Throttle(progress)}
}

// expect tells of a trial that will be run.
func (r *runs) expect(t Trial) {
	r.total += t.Config.Epochs
	if t.over() {
		r.done += t.Config.Epochs
	}
}

// run runs a trial that was expected, under a name, which the error begins with. Of
// one that has ended before nothing is told: a rate is that of those that are run.
func (r *runs) run(ctx context.Context, name string, t Trial) (*train.Summary, error) {
	over := t.over()
	tell := func(epochs int) {
		if !over {
			r.report(result.Progress{Stage: "epochs of all runs", Done: r.done + epochs, Total: r.total, Now: name})
		}
	}
	tell(0)
	s, err := t.Run(ctx, func(e train.Epoch) { tell(e.Epoch) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !over {
		r.done += t.Config.Epochs
	}
	return s, nil
}
