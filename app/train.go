package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/engine/train"
	"zoomscope/engine/zoom"
)

// TrainRequest asks for a model that is trained on labelled slides.
// DefaultTraining gives one with the published settings, DefaultTrainingOf those
// of any method.
type TrainRequest struct {
	Dataset string // table of slides and labels, or of instances with their features
	Bags    string // folder of the slides' bags; "" for instances
	Out     string // run folder, made when missing

	// Resume goes on with the run in Out, or starts one. Finish ends it instead,
	// with the best model so far.
	Resume, Finish bool

	// LockTest keeps the test split out of the run: it ends without a look at it,
	// and OpenTest takes one when asked. A run that was begun so is gone on with so.
	LockTest bool
	// Watch, if not nil, is asked after each epoch for the name of a slide of the
	// validation split, of which a TrainAttention then follows; "" is none.
	Watch func() string

	// Preset names a published choice of magnifications and K; "" is none. What
	// is given besides goes before it.
	Preset         string
	Magnifications []float64 // nil: those of the preset, or all that the bags have; of both the highest for a method that takes one
	K              []int     // for each zoom, or one for all; nil: that of the preset, or 12; none for a method that does not zoom
	// Selection is that of the model's Variant: for each zoom, or one for all.
	Selection []string

	Splits train.SplitOptions // Seed is that of Config
	// Config holds the schedule, the seed and the model. Its classes,
	// magnifications, k, patch size, encoder, tissue settings and selection are
	// filled in; without a name it is called as the run folder.
	Config  train.Config
	Learner mil.TrainOptions
	// RawFeatures leaves features as they are, as the public code does. Otherwise
	// training brings them to mean 0 and deviation 1 of the training split, and
	// leaves the model such that it takes them as they are.
	RawFeatures bool

	Device  string // a device.Kind; "" is auto
	Threads int    // 0 is one for each processor
}

// DefaultTraining is a request with the published settings.
func DefaultTraining() TrainRequest { return DefaultTrainingOf(mil.ZoomMIL) }

// DefaultTrainingOf is a request with the settings of one of mil.Methods as its
// authors published them, and the schedule of ZoomMIL.
func DefaultTrainingOf(method string) TrainRequest {
	c, recipe := train.Defaults(), mil.Published(method)
	c.LearningRate = recipe.LearningRate
	c.Model = mil.Config{
		Method: method, Sizes: recipe.Sizes, Classifier: recipe.Classifier,
		IntendedUse: "Research on slides like those it was trained on. Not for diagnosis.",
		Licence:     "not stated",
	}
	options := mil.TrainOptions{Samples: 100, Sigma: 0.002, Dropout: recipe.Dropout, WeightDecay: recipe.WeightDecay, Betas: recipe.Betas}
	if recipe.Dropout == 0 {
		options.Dropout = -1 // its 0 is the published one, said without saying it
	}
	return TrainRequest{Config: c, Learner: options}
}

// defaultK is the published number of patches zoomed into.
const defaultK = 12

// Check reports what makes no sense whatever the data are.
func (r TrainRequest) Check() error {
	if _, err := r.preset(); err != nil {
		return err
	}
	c := r.model()
	if c.Magnifications == nil {
		n := max(len(r.K), len(r.Selection), 1) + 1
		if fewest, _ := mil.Scales(c.Method); c.Exhaustive() {
			n = fewest
		}
		for i := range n {
			c.Magnifications = append(c.Magnifications, float64(int(1)<<i))
		}
	}
	// Stand-ins for what the data decides.
	c.Tissue, _ = tissue.Preset("default")
	c.Classes, c.PatchSize = []string{"a", "b"}, 256
	c.Encoder = result.Encoder{Name: "any", Dim: 1}
	config, err := r.config(c)
	return errors.Join(err, config.Validate(), r.Learner.Validate())
}

// preset is the one that is named, or an empty one.
func (r *TrainRequest) preset() (train.Preset, error) {
	p, ok := train.FindPreset(r.Preset)
	if ok || r.Preset == "" {
		return p, nil
	}
	var names []string
	for _, p := range train.Presets() {
		names = append(names, p.Name)
	}
	return p, fmt.Errorf("preset %.100q: there are %s", r.Preset, strings.Join(names, ", "))
}

// model is the model's configuration without what the data decides; its
// magnifications are nil where all are meant that there are.
func (r *TrainRequest) model() mil.Config {
	c := r.Config.Model
	preset, _ := r.preset()
	c.Name = cmp.Or(c.Name, runName(r.Out))
	if c.Magnifications = r.Magnifications; c.Magnifications == nil {
		c.Magnifications = highestOf(c.Method, preset.Magnifications)
	}
	if c.K = r.K; c.K == nil {
		c.K = preset.K
	}
	if c.Exhaustive() && r.K == nil {
		c.K = nil
	} else if c.K == nil {
		c.K = []int{defaultK}
	}
	c.Selection = r.Selection
	return c
}

// highestOf are as many of some magnifications as a method can have.
func highestOf(method string, magnifications []float64) []float64 {
	if _, most := mil.Scales(method); most > 0 && len(magnifications) > most {
		return magnifications[len(magnifications)-most:]
	}
	return magnifications
}

// runName calls a run as its folder.
func runName(dir string) string {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	return filepath.Base(dir)
}

// config is that of the run, for a model whose magnifications are known.
func (r *TrainRequest) config(model mil.Config) (train.Config, error) {
	zooms := len(model.Magnifications) - 1
	if model.Exhaustive() {
		zooms = 0
	}
	model.K = forEach(model.K, zooms)
	model.Selection = forEach(model.Selection, zooms)
	if !slices.ContainsFunc(model.Selection, func(s string) bool { return s != mil.Learned }) {
		model.Selection = nil // the same, said in the model's own way
	}
	if model.Attention == mil.Dual {
		model.Attention = ""
	}
	if model.Fusion == mil.Sum {
		model.Fusion = ""
	}
	c := r.Config
	c.Model = model
	var err error
	c.Method, err = json.Marshal(struct {
		mil.TrainOptions
		RawFeatures bool `json:"raw_features"`
	}{r.Learner, r.RawFeatures})
	return c, err
}

// forEach repeats a value that stands alone.
func forEach[T any](values []T, n int) []T {
	if len(values) == 1 && n > 1 {
		return slices.Repeat(values, n)
	}
	return values
}

// TrainEvent is what a training tells while it goes on: a TrainStarted, then
// TrainProgress and TrainEpochs, and TrainAttentions where that is asked for.
type TrainEvent interface{ trainEvent() }

// TrainStarted says what is trained on what.
type TrainStarted struct {
	Model    mil.Config
	Slides   map[string]int // in each split: train, val, test; of a locked one as well
	Device   result.Device
	Epochs   int           // that are to be run
	History  []train.Epoch // of a run that is gone on with
	Warnings []string
	Watched  []TrainSlide // the validation split, for TrainRequest.Watch
}

// TrainProgress is how far an epoch, or an evaluation, has come.
type TrainProgress struct{ result.Progress }

// TrainEpoch is an epoch that was run and kept.
type TrainEpoch struct {
	train.Epoch
	Planned int           // epochs in all
	Best    int           // the epoch of the best model so far
	Left    time.Duration // until all epochs are run, as far as the last ones tell
}

func (TrainStarted) trainEvent()  {}
func (TrainProgress) trainEvent() {}
func (TrainEpoch) trainEvent()    {}

// TrainSummary is how a run ended.
type TrainSummary struct {
	Run     string         `json:"run"`              // folder
	Model   string         `json:"model"`            // file
	Device  *result.Device `json:"device,omitempty"` // nil when the run had ended before
	Figures []string       `json:"figures"`          // files
	Seconds float64        `json:"seconds"`          // this time, without what was done before
	*train.Summary
}

// Train trains a model. When ctx ends the error is its cause, and Resume goes on
// from the last whole epoch. The same request, data, device and number of threads
// give the same bytes of the model, interrupted or not. events may be nil; it is
// called from one goroutine.
func (w *Workspace) Train(ctx context.Context, req TrainRequest, events func(TrainEvent)) (*TrainSummary, error) {
	if err := req.Check(); err != nil {
		return nil, err
	}
	if err := checkRunFolder(req.Out); err != nil {
		return nil, err
	}
	start := time.Now()
	d, config, err := prepareTraining(ctx, &req)
	if err != nil {
		return nil, err
	}
	defer collectOften()()
	place, err := w.place(ctx, EngineOptions{Device: req.Device, Threads: req.Threads})
	if err != nil {
		return nil, err
	}
	t := &training{w: w, req: &req, config: config, data: d, place: place, events: events}
	s, err := t.run(ctx)
	if err != nil {
		return nil, err
	}
	s.Seconds = time.Since(start).Seconds()
	return s, nil
}

// prepareTraining loads and divides the data, and asks it for what the request
// leaves open.
func prepareTraining(ctx context.Context, req *TrainRequest) (*train.Dataset, train.Config, error) {
	model := req.model()
	d, err := train.Load(ctx, req.Dataset, req.Bags, train.LoadOptions{Magnifications: model.Magnifications})
	if err != nil {
		return nil, train.Config{}, err
	}
	if few := highestOf(model.Method, d.Magnifications); len(few) < len(d.Magnifications) {
		d, err = train.Load(ctx, req.Dataset, req.Bags, train.LoadOptions{Magnifications: few})
		if err != nil {
			return nil, train.Config{}, err
		}
	}
	splits := req.Splits
	splits.Seed = req.Config.Seed
	if err := d.Divide(splits); err != nil {
		return nil, train.Config{}, err
	}
	if err := lockTest(req, d); err != nil {
		return nil, train.Config{}, err
	}
	config, err := req.config(d.Fill(model))
	if err == nil {
		err = fits(d, &config)
	}
	return d, config, err
}

// fits makes sure that a method can be trained on the data.
func fits(d *train.Dataset, c *train.Config) error {
	if c.Model.Method == mil.SparseConvMIL && d.Encoder.Name == train.InstanceEncoder {
		return fmt.Errorf("%s does not suit the method %s, which needs to know where patches are: the instances of a table have no places; choose another method, such as %s", d.Path, c.Model.Method, mil.ABMIL)
	}
	err := c.Validate()
	if err == nil {
		return nil
	}
	remedy := ""
	if fewest, _ := mil.Scales(c.Model.Method); len(d.Magnifications) < fewest {
		remedy = fmt.Sprintf("; the features are of %d: choose a method of one, such as %s, or extract the slides at more", len(d.Magnifications), mil.ABMIL)
	}
	return fmt.Errorf("%s does not suit the method %s: %w%s", d.Path, c.Model.Method, err, remedy)
}

// training is one call of Train.
type training struct {
	w       *Workspace
	req     *TrainRequest
	config  train.Config
	data    *train.Dataset
	place   zoom.Place
	events  func(TrainEvent)
	history []train.Epoch
	clock   epochClock
	figures figures
}

func (t *training) tell(e TrainEvent) {
	if t.events != nil {
		t.events(e)
	}
}

func (t *training) run(ctx context.Context) (*TrainSummary, error) {
	if err := train.CheckFolder(t.req.Out, t.config, t.data, t.req.Resume || t.req.Finish); err != nil {
		return nil, err
	}
	model, err := mil.New(t.config.Model, t.config.Seed)
	if err != nil {
		return nil, err
	}
	options := t.req.Learner
	if !t.req.RawFeatures {
		if options.Standards, err = t.data.Standards(ctx); err != nil {
			return nil, err
		}
	}
	trainer, err := model.NewLearner(t.place.Opener, options)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	ended, err := t.takeUp()
	if err != nil {
		return nil, err
	}
	t.start()
	work := train.Run
	if t.req.Finish {
		work = train.Finish
	}
	s, err := work(ctx, t.config, t.data, trainer, train.Options{
		Dir: t.req.Out, Resume: t.req.Resume,
		Epoch: func(e train.Epoch) {
			t.epoch(e)
			t.watch(ctx, trainer, e.Epoch)
		},
		Progress: func(p result.Progress) { t.tell(TrainProgress{p}) },
	})
	if err != nil {
		return nil, err
	}
	out := &TrainSummary{Run: t.req.Out, Model: filepath.Join(t.req.Out, train.ModelFile), Summary: s}
	if !ended {
		out.Device = &t.place.Device
	}
	out.Figures, err = t.figures.all(t.history, s)
	return out, err
}

// takeUp reads what an interrupted run came to, and whether it has ended.
func (t *training) takeUp() (ended bool, err error) {
	t.figures = figures{dir: filepath.Join(t.req.Out, figuresDir), name: t.config.Model.Name, own: t.config.Model.OwnLoss()}
	if !t.req.Resume && !t.req.Finish {
		return false, nil
	}
	t.history, err = train.History(t.req.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	_, err = train.ReadSummary(t.req.Out)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, err
}

// start says what is about to be done.
func (t *training) start() {
	slides := map[string]int{}
	for _, split := range []train.Split{train.Training, train.Validation, train.Test} {
		slides[split.String()] = len(t.data.In(split))
	}
	if s, err := readStudy(t.req.Out); err == nil && s != nil {
		slides[train.Test.String()] = len(s.Test)
	}
	t.clock.last = time.Now()
	t.tell(TrainStarted{
		Model: t.config.Model, Slides: slides, Device: t.place.Device, Epochs: t.config.Epochs, History: t.history,
		Warnings: slices.Concat(t.data.Warnings, t.data.FewPatches(&t.config.Model)),
		Watched:  watchable(t.data),
	})
}

// epoch takes note of one that was run.
func (t *training) epoch(e train.Epoch) {
	t.history = append(t.history, e)
	left := t.clock.tick(time.Now(), t.config.Epochs-e.Epoch)
	best := t.config.Select.Best(t.history)
	t.tell(TrainEpoch{Epoch: e, Planned: t.config.Epochs, Best: best, Left: left})
	if err := t.figures.update(t.history, best); err != nil {
		t.w.Log.Warn("figures are not up to date", "error", err)
	}
}

// epochClock tells how long epochs take.
type epochClock struct {
	last  time.Time
	spent []time.Duration // of the latest epochs
}

// tick ends an epoch; it returns how long that many more will take.
func (c *epochClock) tick(now time.Time, more int) time.Duration {
	const latest = 5
	c.spent = append(c.spent, now.Sub(c.last))
	c.spent = c.spent[max(0, len(c.spent)-latest):]
	c.last = now
	sum := time.Duration(0)
	for _, d := range c.spent {
		sum += d
	}
	return sum / time.Duration(len(c.spent)) * time.Duration(more)
}
