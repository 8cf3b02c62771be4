package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
)

// Options say where a run lies and who hears of it.
type Options struct {
	Dir string
	// Resume goes on with the run that is in Dir, or starts one where there is
	// none. Without it a run that is there is an error that wraps ErrExists.
	Resume bool
	// Epoch is told of each epoch that was run, after its checkpoint is written.
	Epoch func(Epoch)
	// Progress is told of steps and slides, at most ten times a second.
	Progress func(result.Progress)

	hook func(string)
	free func() (bytes int64, known bool) // memory; nil asks the system
}

// Summary is how a run ended: evaluation.json.
type Summary struct {
	Format      string         `json:"format"`
	Epochs      int            `json:"epochs"`  // that were run
	Planned     int            `json:"planned"` // that were asked for
	Best        int            `json:"best"`    // the epoch of the model
	Ended       Ending         `json:"ended"`
	Seed        uint64         `json:"seed"`
	Slides      map[string]int `json:"slides"` // in each split
	Validation  *Metrics       `json:"validation"`
	Test        *Metrics       `json:"test"` // nil without a test split
	ModelSHA256 string         `json:"model_sha256"`
	Warnings    []string       `json:"warnings"`
	Notice      string         `json:"notice"` // always result.ResearchUse
}

// Ending says why a run ended.
type Ending string

// The endings.
const (
	Completed    Ending = "completed"     // all epochs were run
	StoppedEarly Ending = "early stop"    // it no longer got better
	Finished     Ending = "ended by user" // Finish was called
)

// ReadSummary reads how the run in dir ended. The error for one that has not
// wraps fs.ErrNotExist.
func ReadSummary(dir string) (*Summary, error) {
	f := folder{dir: dir}
	s := &Summary{}
	if _, err := readJSON(f.path(EvaluationFile), s); err != nil {
		return nil, err
	}
	if s.Format != EvaluationFormat {
		return nil, fmt.Errorf("%s: format is %.100q, expected %q", f.path(EvaluationFile), s.Format, EvaluationFormat)
	}
	return s, nil
}

// Run trains the learner, which is new, on the divided dataset and evaluates the
// best model. When ctx ends, between two steps at the latest, the error is
// context.Cause of it, and what was done up to the last whole epoch stays to be resumed. A run
// that has ended is not run again: its summary is returned. The learner is left
// with the best weights.
//
// Numbers that are not finite, in a step or in an answer, end the run with an
// error that wraps ErrDiverged and names the slide and what is to blame. A learner
// that takes all patches of a slide at once, and needs more memory for the largest one
// than is free, is an error that wraps mil.ErrMemory and leaves no run.
func Run(ctx context.Context, c Config, d *Dataset, l Learner, o Options) (*Summary, error) {
	return work(ctx, c, d, l, o, d.In(Training), (*run).train)
}

// Finish ends a run that was interrupted, with the best model so far: what a run
// does at its end, after the epochs there are. It is then over and cannot be gone
// on with, since the test split has been looked at.
func Finish(ctx context.Context, c Config, d *Dataset, l Learner, o Options) (*Summary, error) {
	o.Resume = true
	return work(ctx, c, d, l, o, nil, func(r *run, _ context.Context) (Ending, error) {
		if len(r.history) == 0 {
			return "", fmt.Errorf("%s: no epoch is complete: there is no model to finish with", o.Dir)
		}
		if ending := r.over(); ending != "" {
			return ending, nil
		}
		return Finished, nil
	})
}

// run is a run at work.
type run struct {
	*folder
	config   Config
	data     *Dataset
	learner  Learner
	o        Options
	bags     *bagCache
	training []Sample
	checking []Sample // the validation split
	warnings []string

	sum     string // digest of run.json
	history []Epoch
	best    map[string]*nn.Tensor
}

// work opens the folder, takes up what is there, and evaluates the best model
// once train, which takes steps on some samples, says that there is no more to be done.
func work(ctx context.Context, c Config, d *Dataset, l Learner, o Options, steps []Sample, train func(*run, context.Context) (Ending, error)) (_ *Summary, err error) {
	if err := errors.Join(c.Validate(), c.matches(d)); err != nil {
		return nil, fmt.Errorf("settings of the run: %w", err)
	}
	if err := d.checkSplits(); err != nil {
		return nil, err
	}
	f, err := openFolder(o.Dir, o.hook)
	if err != nil {
		return nil, err
	}
	r := &run{
		folder: f, config: c, data: d, learner: l, o: o,
		bags:     openBags(d.Magnifications, maxOpen),
		training: d.In(Training), checking: d.In(Validation),
		warnings: append(slices.Clone(d.Warnings), d.FewPatches(&c.Model)...),
	}
	defer func() {
		if closing := errors.Join(r.bags.Close(), f.Close()); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	if err := r.fits(steps); err != nil {
		return nil, err
	}
	done, err := r.begin()
	if err != nil || done != nil {
		return done, err
	}
	ending, err := train(r, ctx)
	if err != nil {
		return nil, ended(ctx, err)
	}
	s, err := r.finish(ctx, ending)
	return s, ended(ctx, err)
}

// fits makes sure, before anything is written, that there is memory for the largest
// slides of a run that has not ended.
func (r *run) fits(steps []Sample) error {
	if r.has(EvaluationFile) {
		return nil
	}
	have := room{r.data, r.bags, r.o.free}
	if err := have.forSteps(r.learner, steps); err != nil {
		return err
	}
	return have.forAnswers(r.learner, slices.Concat(r.checking, r.data.In(Test)))
}

// FewPatches warns of slides that take part and have too few patches for a model:
// that leave a magnification nothing to choose from when patches of each but the
// highest are zoomed into, or that are too small for the patches of highest and of
// lowest attention to be others.
func (d *Dataset) FewPatches(c *mil.Config) []string {
	return append(d.fewToZoom(c.K), d.fewInstances(c.InstancePatches())...)
}

// fewInstances warns of slides to train on with less than twice n patches.
func (d *Dataset) fewInstances(n int) []string {
	var few problems
	for _, s := range d.In(Training) {
		if s.Patches[0] < 2*n {
			few.add("%s (%d)", s.Name, s.Patches[0])
		}
	}
	return few.warn(nil, fmt.Sprintf("Slides with fewer than %d patches, so that some are taken both for those of highest and for those of lowest attention", 2*n))
}

func (d *Dataset) fewToZoom(k []int) []string {
	var few problems
	for _, s := range d.Samples {
		if s.Split == Unassigned {
			continue
		}
		reached := s.Patches[0]
		for level, k := range k {
			if reached < k {
				few.add("%s (%d of %d at %gx)", s.Name, reached, k, d.Magnifications[level])
				break
			}
			reached = k * (s.Patches[level+1] / s.Patches[level])
		}
	}
	return few.warn(nil, "Slides with fewer patches than are to be zoomed into, so that all of theirs are")
}

// begin makes the folder that of this run and takes up its checkpoint, or writes
// the first. It returns the summary of a run that has ended.
func (r *run) begin() (*Summary, error) {
	asked := recordOf(r.config, r.data)
	asked.Warnings = append(asked.Warnings, r.warnings...)
	var err error
	if r.sum, err = r.folder.begin(asked, r.o.Resume); err != nil {
		return nil, err
	}
	if s, err := ReadSummary(r.dir); !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	c, err := readCheckpoint(r.path(CheckpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, r.save()
	}
	if err != nil {
		return nil, err
	}
	return nil, r.takeUp(c)
}

// takeUp goes back to a checkpoint and makes what follows from it.
func (r *run) takeUp(c *checkpoint) error {
	path := r.path(CheckpointFile)
	if c.run != r.sum {
		return fmt.Errorf("%s: %w: the checkpoint is not of the %s beside it", path, ErrOther, RunFile)
	}
	if err := r.learner.Restore(c.state); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.history, r.best = c.history, c.best
	return r.publish(true)
}

// over says how the run has ended, "" while it has not.
func (r *run) over() Ending {
	switch n := len(r.history); {
	case n >= r.config.Epochs:
		return Completed
	case n > 0 && r.config.EarlyStop.stops(n, r.config.Select.Best(r.history)):
		return StoppedEarly
	}
	return ""
}

// train runs epochs until there are enough.
func (r *run) train(ctx context.Context) (Ending, error) {
	for {
		if ending := r.over(); ending != "" {
			return ending, nil
		}
		e, err := r.epoch(ctx, len(r.history)+1)
		if err != nil {
			return "", err
		}
		r.history = append(r.history, e)
		if r.config.Select.Best(r.history) == e.Epoch {
			r.best = copyTensors(r.learner.Weights())
		}
		if err := r.save(); err != nil {
			return "", err
		}
		if r.o.Epoch != nil {
			r.o.Epoch(e)
		}
	}
}

// epoch takes a step on each slide of the epoch's order, then validates.
func (r *run) epoch(ctx context.Context, n int) (Epoch, error) {
	stage := fmt.Sprintf("epoch %d of %d", n, r.config.Epochs)
	report := result.Throttle(r.o.Progress)
	e := Epoch{Epoch: n, LearningRate: r.rate()}
	sum := 0.0
	order := r.order(n)
	for step, i := range order {
		if ctx.Err() != nil {
			return e, context.Cause(ctx)
		}
		r.at("step")
		report(result.Progress{Stage: stage, Done: step, Total: len(order)})
		loss, err := r.step(ctx, r.training[i], StepOptions{LearningRate: e.LearningRate, Seed: stepSeed(r.config.Seed, n, step)})
		if err != nil {
			return e, fmt.Errorf("epoch %d, step %d, slide %s: %w", n, step+1, r.training[i].Name, err)
		}
		sum += loss
	}
	report(result.Progress{Stage: stage, Done: len(order), Total: len(order)})
	e.TrainLoss = ratio(sum, len(order))
	var err error
	e.Validation, _, err = r.evaluate(ctx, r.checking, stage+", validation")
	if err != nil {
		return e, fmt.Errorf("epoch %d, validation: %w", n, err)
	}
	return e, nil
}

// rate is the learning rate of the next epoch.
func (r *run) rate() float64 {
	var losses []float64
	for _, e := range r.history {
		losses = append(losses, float64(e.Validation.Loss))
	}
	rates := r.config.Plateau.rates(r.config.LearningRate, losses)
	return rates[len(rates)-1]
}

func (r *run) order(epoch int) []int {
	var classes []int
	for _, s := range r.training {
		classes = append(classes, s.Class)
	}
	return r.config.Sampling.Order(classes, r.config.Seed, epoch)
}

func (r *run) step(ctx context.Context, s Sample, o StepOptions) (float64, error) {
	source, err := r.bags.get(&s)
	if err != nil {
		return 0, err
	}
	loss, err := r.learner.Step(ctx, source, s.Class, o)
	if err == nil && loss-loss != 0 {
		err = fmt.Errorf("loss is %v: %w", loss, mil.ErrNotFinite)
	}
	return loss, r.data.diagnose(err, &s, source, r.advice(o.LearningRate))
}

// advice is what to do about numbers that are not finite when features are not to
// blame.
func (r *run) advice(rate float64) string {
	text := fmt.Sprintf("the learning rate %v is likely too high: start again in another folder with a lower one", rate)
	if best := r.config.Select.Best(r.history); best > 0 {
		text += fmt.Sprintf("; the best model so far, of epoch %d, is kept", best)
	}
	return text
}

func (r *run) evaluate(ctx context.Context, samples []Sample, stage string) (*Metrics, []Prediction, error) {
	o := EvaluateOptions{Resamples: r.config.Resamples, Seed: r.config.Seed, Progress: r.o.Progress}
	if o.Resamples == 0 {
		o.Resamples = -1
	}
	e := evaluator{r.learner, r.data, r.bags, r.advice(r.rate())}
	return e.evaluate(ctx, samples, o, stage)
}

// save writes the checkpoint, then what follows from it.
func (r *run) save() error {
	c := checkpoint{run: r.sum, history: r.history, state: r.learner.State(), best: r.best}
	if err := r.write(CheckpointFile, c.write); err != nil {
		return err
	}
	return r.publish(r.config.Select.Best(r.history) == len(r.history))
}

// publish writes metrics.csv and, where it is another than before, the model.
func (r *run) publish(model bool) error {
	err := r.write(MetricsFile, func(w io.Writer) error { return writeMetrics(w, r.data.Classes, r.history) })
	if err == nil && model && len(r.history) > 0 {
		_, err = r.writeModel()
	}
	return err
}

// writeModel writes the best model and returns its digest.
func (r *run) writeModel() (string, error) {
	best := r.history[r.config.Select.Best(r.history)-1]
	c := r.config.Model
	c.Training = mil.Training{
		Trained: true, Note: c.Training.Note,
		Seed: r.config.Seed, Slides: len(r.training), Epochs: best.Epoch,
		Metrics: best.Validation.figures("validation_"),
	}
	m, err := mil.Assemble(c, r.best)
	if err != nil {
		return "", fmt.Errorf("%s: %w", r.path(ModelFile), err)
	}
	r.at("before " + ModelFile)
	if err := m.Save(r.path(ModelFile)); err != nil {
		return "", err
	}
	r.at("after " + ModelFile)
	return m.SHA256(), nil
}

// figures are the metrics that are single numbers and defined, by name.
func (m *Metrics) figures(prefix string) map[string]float64 {
	out := map[string]float64{}
	for name, v := range map[string]Number{
		"loss": m.Loss, "accuracy": m.Accuracy, "balanced_accuracy": m.BalancedAccuracy,
		"macro_f1": m.MacroF1, "weighted_f1": m.WeightedF1, "auc": m.AUC.Value, "quadratic_kappa": m.Kappa,
	} {
		if v.Defined() {
			out[prefix+name] = float64(v)
		}
	}
	return out
}

// finish looks at the test split, with the best weights, and ends the run.
func (r *run) finish(ctx context.Context, ending Ending) (*Summary, error) {
	state := copyTensors(r.learner.State())
	maps.Copy(state, copyTensors(r.best))
	if err := r.learner.Restore(state); err != nil {
		return nil, fmt.Errorf("best weights: %w", err)
	}
	s, err := r.summarise(ctx, ending)
	if err != nil {
		return nil, err
	}
	if err := r.writeJSON(EvaluationFile, s); err != nil {
		return nil, err
	}
	return s, nil
}

func (r *run) summarise(ctx context.Context, ending Ending) (*Summary, error) {
	best := r.config.Select.Best(r.history)
	s := &Summary{
		Format: EvaluationFormat, Epochs: len(r.history), Planned: r.config.Epochs, Best: best,
		Ended: ending, Seed: r.config.Seed, Slides: map[string]int{},
		Validation: r.history[best-1].Validation,
		Warnings:   append([]string{}, r.warnings...), Notice: result.ResearchUse,
	}
	for _, split := range []Split{Training, Validation, Test} {
		s.Slides[split.String()] = len(r.data.In(split))
	}
	var err error
	if s.ModelSHA256, err = r.writeModel(); err != nil {
		return nil, err
	}
	if s.Slides[Test.String()] == 0 {
		return s, nil
	}
	var predictions []Prediction
	if s.Test, predictions, err = r.evaluate(ctx, r.data.In(Test), "test"); err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	err = r.write(PredictionsFile, func(w io.Writer) error {
		return WritePredictions(w, r.data.Classes, predictions)
	})
	return s, err
}
