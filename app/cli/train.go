package cli

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/mil"
	"zoomscope/engine/train"
)

func (p *Program) train() *cobra.Command {
	f := &trainFlags{req: app.DefaultTraining()}
	c := &cobra.Command{
		Use:   "train CSV --bags DIR --out RUN",
		Short: "Train a model on the bags of labelled slides",
		Long: `Train a model on labelled slides. CSV has a header and the columns

  slide     file of the slide, or its name; slide_id will do
  label     its class, any text: the labels that occur become the classes
  patient   optional, keeps the slides of a patient together; case_id will do
  split     optional, train, val or test: what the slide is for

Without split, slides are divided at random, 60 % to train, 20 % to choose the
best epoch by, and 20 % to test it at the end.

The bags are what extract made of the slides, or bags import of other programs'
features. A slide's bag is the one in --bags that is called as the slide's file,
with or without its ending: slides/a.svs has a.bag.safetensors. Where several bags
could be meant, what they say of their slide decides.

CSV can also be a table of instances, as those of the classical datasets of
multiple instance learning: columns bag and label, optionally patient and split,
which say the same of all lines of a bag, and all others features. Every line is an
instance. There are no slides then, and --bags is left out.

Features are standardised by default: brought to mean 0 and deviation 1 over the
training slides. The model that comes of it takes them as they are.
--raw-features leaves that out, as the public code does.

RUN receives model.safetensors, which analyze --model takes, the figures of every
epoch as metrics.csv and as pictures, and what came of the test. With --resume a
run that was interrupted goes on from its last whole epoch, and ends as if it had
never been; where there is none, one is started. --finish ends it early, for good.

Methods, the number of magnifications they take, what is taken where a flag is not
given, and the flags that are theirs besides:

` + methodTable() + `
--preset sets magnifications and k; of those, and of those that the bags have, a
method of one takes the highest. Settings are those that the authors published.`,
		Example: `  zoomscope train slides/slides.csv --bags bags --out run
  zoomscope train slides.csv --bags bags --out fold0 --folds 5 --fold 0 --preset camelyon16
  zoomscope train slides.csv --bags bags --out clam --method clam_sb --subtyping
  zoomscope train musk1.csv --out musk --method abmil --classifier sigmoid`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.req.Dataset = args[0]
			if err := f.complete(cmd); err != nil {
				return err
			}
			m := newTrainMeter(p.Stderr, f.quiet)
			m.ended = p.hasEnded(f.req)
			s, err := p.Workspace.Train(cmd.Context(), f.req, m.tell)
			m.clear()
			if stopped(cmd.Context(), err) {
				fmt.Fprintf(p.Stderr, "%s; to go on, give the same command with --resume\n", m.reached())
			}
			if err != nil {
				return err
			}
			if f.json {
				return printJSON(p.Stdout, s)
			}
			s.Warnings = m.untold(s.Warnings)
			return printRun(p.Stdout, s)
		},
	}
	c.Flags().SortFlags = false // they come in groups
	f.addData(c)
	f.addSchedule(c)
	f.addMethod(c)
	f.addCompute(c, "decides the splits, the first weights, the order of slides and the noise")
	f.addOutput(c)
	for name, none := range map[string]string{
		"lr": "0", "weight-decay": "0", "embedding": "0", "hidden": "0", "middle": "0", "classifier": "", "dropout": "0", // in the table of methods
	} {
		c.Flags().Lookup(name).DefValue = none
	}
	return c
}

// hasEnded says whether the run that is to be gone on with, or ended, is over.
func (p *Program) hasEnded(req app.TrainRequest) bool {
	if !req.Resume && !req.Finish {
		return false
	}
	_, err := p.Workspace.RunSummary(req.Out)
	return err == nil
}

// trainFlags are those of train.
type trainFlags struct {
	common
	req            app.TrainRequest
	fractions      []float64
	sampling, best string
	fold           int
	dropout        float64
}

func (f *trainFlags) addData(c *cobra.Command) {
	r, s := &f.req, &f.req.Splits
	c.Flags().StringVar(&r.Bags, "bags", "", "folder of the slides' bags")
	c.Flags().StringVarP(&r.Out, "out", "o", "", "run folder; made when missing")
	c.Flags().BoolVar(&r.Resume, "resume", false, "start, or go on after an interruption")
	c.Flags().BoolVar(&r.Finish, "finish", false, "end an interrupted run for good, with the best model so far; it cannot be gone on with then")
	numbersFlag(c.Flags(), &f.fractions, "fractions", "`shares` of slides to train, validate and test, divided at random (default 0.6,0.2,0.2 where CSV has no split)")
	c.Flags().IntVar(&s.Folds, "folds", 0, "divide into so many parts, of which --fold is the test split")
	c.Flags().IntVar(&f.fold, "fold", 0, "which of the --folds is the test split, from 0")
	c.Flags().StringVar(&s.File, "splits", "", "CSV `file` with columns train, val and test, as CLAM writes them")
}

func (f *trainFlags) addSchedule(c *cobra.Command) {
	t := &f.req.Config
	c.Flags().IntVar(&t.Epochs, "epochs", t.Epochs, "passes over the training slides")
	c.Flags().Float64Var(&t.LearningRate, "lr", t.LearningRate, "learning rate (default: the method's)")
	c.Flags().BoolVar(&f.req.RawFeatures, "raw-features", false, "train on features as they are, not standardised")
	c.Flags().Float64Var(&f.req.Learner.WeightDecay, "weight-decay", 0, "weight decay (default: the method's)")
	c.Flags().IntVar(&t.Plateau.Patience, "patience", t.Plateau.Patience, "epochs without a lower validation loss before the learning rate falls")
	c.Flags().Float64Var(&t.Plateau.Factor, "factor", t.Plateau.Factor, "what the learning rate is multiplied with then")
	c.Flags().IntVar(&t.EarlyStop.Patience, "early-stop", 0, "end so many epochs after the best one; 0 runs all")
	c.Flags().StringVar(&f.best, "select", string(t.Select), "choose the epoch of the lowest validation loss, or of the highest validation f1")
	c.Flags().StringVar(&f.sampling, "sampling", string(t.Sampling), "balanced (classes equally often) or shuffled (every slide once an epoch)")
}

func (f *trainFlags) addMethod(c *cobra.Command) {
	r, l, m := &f.req, &f.req.Learner, &f.req.Config.Model
	c.Flags().StringVar(&m.Method, "method", m.Method, "what is trained: "+strings.Join(mil.Methods(), ", "))
	c.Flags().StringVar(&r.Preset, "preset", "", "published magnifications and k: "+strings.Join(presetNames(), ", "))
	numbersFlag(c.Flags(), &r.Magnifications, "magnifications", "`list` of magnifications, such as 5,10,20 (default: those of --preset, else all that the bags have; for a method of one the highest of them)")
	c.Flags().IntSliceVar(&r.K, "k", nil, kUsage+" (default 12)")
	c.Flags().IntVar(&m.Sizes.Embedding, "embedding", m.Sizes.Embedding, "values that a patch is embedded into (default: the method's)")
	c.Flags().IntVar(&m.Sizes.Hidden, "hidden", m.Sizes.Hidden, "width of the attention; of sparseconvmil, between the two layers that classify (default: the method's)")
	c.Flags().IntVar(&m.Sizes.Middle, "middle", m.Sizes.Middle, "msmil: width between features and embedding; sparseconvmil: of the second convolution (default: the method's)")
	c.Flags().StringVar(&m.Classifier, "classifier", m.Classifier, "zoommil: linear or mlp; abmil: mlp or sigmoid; dsmil: linear or sigmoid; sigmoid is for two classes (default: the method's)")
	c.Flags().Float64Var(&f.dropout, "dropout", l.Dropout, "share of activations left out (default: the method's)")
	c.Flags().Float64Var(&l.Sigma, "sigma", l.Sigma, sigmaUsage)
	c.Flags().IntVar(&l.Samples, "samples", l.Samples, "draws of the noise of the differentiable Top-K in a step")
	c.Flags().BoolVar(&l.FullGradient, "full-gradient", false, "take the whole gradient of the differentiable Top-K, not the part that the public code takes")
	c.Flags().StringSliceVar(&r.Selection, "selection", []string{mil.Learned}, "how to choose where to zoom: learned (by the differentiable Top-K), hard (the Top-K of the attention that pools, which learns nothing of zooming) or random; one, or one for each zoom")
	c.Flags().StringVar(&m.Attention, "attention", mil.Dual, "dual, one to pool and one to zoom, or single")
	c.Flags().StringVar(&m.Fusion, "fusion", mil.Sum, "how magnifications are put together: sum, concat or highest")
	o := &m.Options
	c.Flags().BoolVar(&o.Ungated, "ungated", false, "abmil, clam_sb: attention without its gate")
	c.Flags().StringVar(&o.Pooling, "pooling", "", "maxmil: instance, the patch that is surest, or feature, the largest of every value (default instance)")
	c.Flags().IntVar(&o.Instances, "instances", 0, "clam_sb: patches of highest, and of lowest, attention in the instance loss (default 8)")
	c.Flags().BoolVar(&o.Subtyping, "subtyping", false, "clam_sb: the instance loss looks at the other classes too")
	c.Flags().StringVar(&o.InstanceLoss, "instance-loss", "", "clam_sb: cross_entropy or smooth_svm (default cross_entropy)")
	c.Flags().StringVar(&o.Loss, "loss", "", "dsmil: bce, binary cross entropy of each class by itself, or cross_entropy (default bce)")
	c.Flags().BoolVar(&o.Values, "values", false, "dsmil: values have a layer of their own")
	c.Flags().BoolVar(&o.LinearQuery, "linear-query", false, "dsmil: queries are linear")
	c.Flags().IntVar(&o.Depth, "depth", 0, "abmil: layers that embed a patch, each half as wide as the one before (default 1)")
	c.Flags().IntVar(&o.Cell, "cell", 0, "sparseconvmil: places of the grid along a cell of its map (default 1)")
	c.Flags().StringVar(&m.Name, "name", "", "name of the model (default: that of the run folder)")
	c.Flags().StringVar(&m.IntendedUse, "intended-use", m.IntendedUse, "what the model is for, kept with it")
	c.Flags().StringVar(&m.Licence, "licence", m.Licence, "its licence, kept with it")
}

// Flags that comparisons have too.
const (
	kUsage     = "patches zoomed into, one `number` or one for each zoom, lowest first (one fewer than magnifications)"
	sigmaUsage = "deviation of the noise of the differentiable Top-K"
)

func presetNames() []string {
	var names []string
	for _, p := range train.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// complete fills in the request and refuses what makes no sense.
func (f *trainFlags) complete(cmd *cobra.Command) error {
	r := &f.req
	switch {
	case r.Bags == "" && !train.IsInstances(r.Dataset):
		return usagef("train: say where the bags are with --bags DIR; extract makes them")
	case r.Out == "":
		return usagef("train: say where to write with --out RUN")
	case r.Splits.Folds == 0 && cmd.Flags().Changed("fold"):
		return usagef("--fold %d: say of how many with --folds", f.fold)
	case r.Splits.Folds != 0 && (r.Splits.Folds < 2 || f.fold < 0 || f.fold >= r.Splits.Folds):
		return usagef("--folds %d --fold %d: give 2 folds or more, and one of them counted from 0", r.Splits.Folds, f.fold)
	case f.fractions != nil && len(f.fractions) != 3:
		return usagef("--fractions: give three, such as 0.6,0.2,0.2")
	case !(r.Learner.Sigma > 0):
		return usagef("--sigma %g: give more than 0", r.Learner.Sigma)
	case r.Learner.Samples < 1:
		return usagef("--samples %d: give 1 or more", r.Learner.Samples)
	case !(f.dropout >= 0):
		return usagef("--dropout %g: give 0 or more", f.dropout)
	case r.Splits.File != "" && (f.fractions != nil || r.Splits.Folds != 0):
		return usagef("--splits says all there is to divide; leave out --fractions and --folds")
	}
	if err := f.checkSettings(cmd); err != nil {
		return err
	}
	f.published(cmd)
	copy(r.Splits.Fractions[:], f.fractions)
	r.Splits.Fold = f.fold
	r.Config.Seed, r.Config.Select, r.Config.Sampling = f.seed, train.Selection(f.best), train.Sampling(f.sampling)
	r.Device, r.Threads = f.device, f.threads
	if r.Learner.Dropout = f.dropout; f.dropout == 0 {
		r.Learner.Dropout = -1 // its 0 is the published one
	}
	if err := r.Check(); err != nil {
		return usagef("train: %w", err)
	}
	return nil
}

// published takes what was not given from the method.
func (f *trainFlags) published(cmd *cobra.Command) {
	r := &f.req
	d := app.DefaultTrainingOf(r.Config.Model.Method)
	keep := func(flag string, set func()) {
		if !cmd.Flags().Changed(flag) {
			set()
		}
	}
	keep("lr", func() { r.Config.LearningRate = d.Config.LearningRate })
	keep("weight-decay", func() { r.Learner.WeightDecay = d.Learner.WeightDecay })
	keep("embedding", func() { r.Config.Model.Sizes.Embedding = d.Config.Model.Sizes.Embedding })
	keep("hidden", func() { r.Config.Model.Sizes.Hidden = d.Config.Model.Sizes.Hidden })
	keep("classifier", func() { r.Config.Model.Classifier = d.Config.Model.Classifier })
	keep("dropout", func() { f.dropout = max(d.Learner.Dropout, 0) })
	keep("middle", func() { r.Config.Model.Sizes.Middle = d.Config.Model.Sizes.Middle })
	r.Learner.Betas = d.Learner.Betas
	if r.Config.Model.Options.Loss == bce {
		r.Config.Model.Options.Loss = mil.Bernoulli
	}
}

// trainMeter shows how a training goes: a line for every epoch and, within it, a
// bar on a terminal.
type trainMeter struct {
	w            io.Writer
	quiet        bool
	meter        meter
	epochs, done int
	ended        bool     // before the command was given
	told         []string // warnings
}

func newTrainMeter(w io.Writer, quiet bool) *trainMeter {
	m := newMeter(w, quiet)
	if _, ok := terminal(w); !quiet && !ok {
		m = &lines{w: w, every: 30 * time.Second, late: true}
	}
	return &trainMeter{w: w, quiet: quiet, meter: m}
}

func (m *trainMeter) clear() { m.meter.clear() }

// reached says how far the run has come.
func (m *trainMeter) reached() string {
	return fmt.Sprintf("%d of %d epochs are done and kept", m.done, m.epochs)
}

func (m *trainMeter) tell(e app.TrainEvent) {
	switch e := e.(type) {
	case app.TrainStarted:
		m.epochs, m.done = e.Epochs, len(e.History)
		m.started(e)
	case app.TrainProgress:
		m.meter.update("training", e.Progress)
	case app.TrainEpoch:
		m.done = e.Epoch.Epoch
		m.epoch(e)
	}
}

func (m *trainMeter) started(e app.TrainStarted) {
	m.told = e.Warnings
	for _, text := range e.Warnings {
		fmt.Fprintf(m.w, "note: %s\n", shortNote(text))
	}
	if m.ended {
		fmt.Fprintln(m.w, "note: this run had ended: nothing is trained, and its result is as it was")
		return
	}
	writeShortfall(m.w, e.Device)
	if m.quiet {
		return
	}
	k := ""
	if !e.Model.Exhaustive() {
		k = fmt.Sprintf(", k %s", strings.Trim(fmt.Sprint(e.Model.K), "[]"))
	}
	fmt.Fprintf(m.w, "model %s (%s): %d classes, %s%s, encoder %s\n", e.Model.Name, e.Model.Method, len(e.Model.Classes),
		magnificationList(e.Model.Magnifications), k, e.Model.Encoder.Name)
	fmt.Fprintf(m.w, "%d slides to train, %d to validate, %d to test; device %s (%s)\n",
		e.Slides["train"], e.Slides["val"], e.Slides["test"], e.Device.Used, e.Device.Name)
	if n := len(e.History); n > 0 {
		fmt.Fprintf(m.w, "going on after epoch %d of %d\n", n, e.Epochs)
	}
}

// untold are the warnings that have not been shown.
func (m *trainMeter) untold(warnings []string) []string {
	return slices.DeleteFunc(slices.Clone(warnings), func(text string) bool { return slices.Contains(m.told, text) })
}

// listNote is a warning that lists slides: what they are, how many, and the list.
var listNote = regexp.MustCompile(`^(.+ \((\d+)\)): (.+)\.$`)

// shortNote cuts the list of a warning to its first three. The whole is in JSON.
func shortNote(text string) string {
	const shown = 3
	parts := listNote.FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	total, err := strconv.Atoi(parts[2])
	items := strings.SplitN(parts[3], "; ", shown+1)
	if err != nil || total <= shown || len(items) <= shown {
		return text
	}
	return fmt.Sprintf("%s: %s; and %d more.", parts[1], strings.Join(items[:shown], "; "), total-shown)
}

func magnificationList(m []float64) string {
	var names []string
	for _, v := range m {
		names = append(names, fmt.Sprintf("%gx", v))
	}
	return strings.Join(names, " ")
}

// epoch writes the line of one.
func (m *trainMeter) epoch(e app.TrainEpoch) {
	if m.quiet {
		return
	}
	m.meter.clear()
	v := e.Validation
	mark := ""
	if e.Best == e.Epoch.Epoch {
		mark = "  best"
	}
	fmt.Fprintf(m.w, "epoch %*d of %d  train loss %s  val loss %s  F1 %s  AUC %s  rate %.3g  %s left%s\n",
		len(fmt.Sprint(e.Planned)), e.Epoch.Epoch, e.Planned, figure(e.TrainLoss), figure(v.Loss), figure(v.WeightedF1), figure(v.AUC.Value),
		e.LearningRate, roughly(e.Left), mark)
}

// roughly drops what nobody waits for.
func roughly(d time.Duration) time.Duration {
	if d < time.Minute {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// figure is a number for people, of one width.
func figure(n train.Number) string {
	if !n.Defined() {
		return "     -"
	}
	return fmt.Sprintf("%6.4f", float64(n))
}

// printRun is the summary of a run.
func printRun(w io.Writer, s *app.TrainSummary) error {
	fmt.Fprintf(w, "%s: %s after %d of %d epochs; the best was epoch %d\n\n", shown(s.Run), s.Ended, s.Epochs, s.Planned, s.Best)
	names, columns := []string{"validation"}, []*train.Metrics{s.Validation}
	if s.Test != nil {
		names, columns = append(names, "test"), append(columns, s.Test)
	}
	printMetrics(w, names, columns)
	last := len(columns) - 1
	fmt.Fprintln(w)
	printConfusion(w, names[last], columns[last])
	fmt.Fprintf(w, "\nmodel   %s\n", shown(s.Model))
	if s.Device != nil {
		fmt.Fprintf(w, "device  %s (%s), %v\n", s.Device.Used, s.Device.Name, roughly(time.Duration(s.Seconds*float64(time.Second))))
	}
	for _, path := range s.Figures {
		fmt.Fprintf(w, "figure  %s\n", shown(path))
	}
	return printNotes(w, s.Warnings, s.Notice)
}

func printNotes(w io.Writer, warnings []string, notice string) error {
	for _, text := range warnings {
		fmt.Fprintf(w, "note: %s\n", shortNote(text))
	}
	_, err := fmt.Fprintln(w, notice)
	return err
}

// printMetrics is a table with a column for each of some sets of slides.
func printMetrics(w io.Writer, names []string, columns []*train.Metrics) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	row := func(name string, cell func(*train.Metrics) string) {
		cells := []string{"  " + name}
		for _, m := range columns {
			cells = append(cells, strings.TrimSpace(cell(m)))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	fmt.Fprintln(t, "\t"+strings.Join(names, "\t"))
	row("slides", func(m *train.Metrics) string { return fmt.Sprint(m.Slides) })
	row("loss", func(m *train.Metrics) string { return figure(m.Loss) })
	row("accuracy", func(m *train.Metrics) string { return figure(m.Accuracy) })
	row("balanced accuracy", func(m *train.Metrics) string { return figure(m.BalancedAccuracy) })
	row("weighted F1", func(m *train.Metrics) string { return figure(m.WeightedF1) })
	row("AUC (95 % interval)", func(m *train.Metrics) string { return interval(m.AUC) })
	row("quadratic kappa", func(m *train.Metrics) string { return figure(m.Kappa) })
	t.Flush()
}

func interval(v train.Interval) string {
	if !v.Low.Defined() {
		return figure(v.Value)
	}
	return fmt.Sprintf("%s (%.3f to %.3f)", figure(v.Value), float64(v.Low), float64(v.High))
}

// printConfusion is the matrix with, for each class, what is said of it.
func printConfusion(w io.Writer, name string, m *train.Metrics) {
	fmt.Fprintf(w, "%s: truth in lines, predicted in columns\n", name)
	head := []string{""}
	for _, c := range m.Classes {
		head = append(head, c.Class)
	}
	rows := [][]string{append(head, "recall", "precision", "F1")}
	for i, c := range m.Classes {
		row := []string{c.Class}
		for _, n := range m.Confusion[i] {
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, append(row, figure(c.Recall), figure(c.Precision), figure(c.F1)))
	}
	printAligned(w, rows)
}

// printAligned prints cells in columns, the first to the left and the others to
// the right.
func printAligned(w io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if i == 0 {
				line.WriteString("  " + cell + space)
			} else {
				line.WriteString("  " + space + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}
