package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"zoomscope/app/export"
	"zoomscope/engine/bench"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
	"zoomscope/engine/zoom"
	"zoomscope/slideio/atomicfile"
)

// TableRequest asks for the comparison of all methods of the paper. What is zero
// of how they are trained is as each method was published.
type TableRequest struct {
	Study string // name of one of bench.Studies
	// Magnifications of the same ratios in place of the study's; nil for these.
	Magnifications []float64
	Besides        []float64 // magnifications for the single-scale methods besides the highest
	FullGradient   bool      // ZoomMIL with the whole gradient of its Top-K besides

	Table, Bags string // the dataset; "" for costs alone
	Out         string // keeps the runs
	Seeds       int    // how many, from 1 on
	Epochs      int
	Rate        float64 // of all methods
	LeastRate   float64 // of those that were published with a lower one
	Patience    int     // epochs without a better validation loss before the rate falls
	Sigma       float64
	K, EffK     []int // instead of the paper's, in training
	// Most are widths that the published ones are brought down to; 0 leaves one as
	// it is.
	Most        mil.Sizes
	RawFeatures bool     // as TrainRequest has it
	Only        []string // names of contestants; nil for all

	Command string // as it was given, for the table's head
	Encoder string // of the costs; "" is the built-in one
	Device  string
	Threads int
}

// study is the one that is asked for.
func (r *TableRequest) study() (bench.Study, error) {
	s, err := bench.FindStudy(r.Study)
	if err != nil || r.Magnifications == nil {
		return s, err
	}
	return s.At(r.Magnifications)
}

// contestants are those of a study that are asked for.
func (r *TableRequest) contestants(study bench.Study) ([]bench.Contestant, error) {
	for _, m := range r.Besides {
		if !slices.Contains(study.Magnifications, m) {
			return nil, fmt.Errorf("%gx: %s has the magnifications %v", m, study.Name, study.Magnifications)
		}
	}
	if r.EffK != nil && study.EffK == nil {
		return nil, fmt.Errorf("k for %s: the paper has none at %s", bench.EffName, study.Name)
	}
	all := study.Contestants(r.Besides, r.FullGradient)
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	for _, name := range r.Only {
		if !slices.ContainsFunc(all, func(c bench.Contestant) bool { return called(c, name) }) {
			return nil, fmt.Errorf("%.100q: there are %q", name, slices.Compact(names))
		}
	}
	return slices.DeleteFunc(all, func(c bench.Contestant) bool {
		return r.Only != nil && !slices.ContainsFunc(r.Only, func(name string) bool { return called(c, name) })
	}), nil
}

// called says whether a name means a contestant, that of its method being that of its
// variant, too.
func called(c bench.Contestant, name string) bool {
	return strings.EqualFold(name, c.Name) || c.FullGradient && strings.EqualFold(name, bench.ZoomName)
}

// contest makes entries of contestants.
type contest struct {
	req   *TableRequest
	place zoom.Place
	data  map[string]*shared // by the magnifications
}

// shared is what all contestants at some magnifications have in common.
type shared struct {
	data      *train.Dataset
	standards []mil.Standard
}

// load reads the dataset at some magnifications, once.
func (c *contest) load(ctx context.Context, magnifications []float64) (*shared, error) {
	key := fmt.Sprint(magnifications)
	if s := c.data[key]; s != nil {
		return s, nil
	}
	d, err := train.Load(ctx, c.req.Table, c.req.Bags, train.LoadOptions{Magnifications: magnifications})
	if err != nil {
		return nil, err
	}
	s := &shared{data: d}
	if err := d.Divide(train.SplitOptions{}); err != nil {
		return nil, err
	}
	if !c.req.RawFeatures {
		if s.standards, err = d.Standards(ctx); err != nil {
			return nil, err
		}
	}
	c.data[key] = s
	return s, nil
}

// entry says how a contestant is trained: by its published recipe, but for what
// the request has.
func (c *contest) entry(ctx context.Context, who bench.Contestant) (bench.Entry, error) {
	s, err := c.load(ctx, who.Magnifications)
	if err != nil {
		return bench.Entry{}, err
	}
	r := DefaultTrainingOf(who.Method)
	r.Config.Epochs, r.Config.Resamples = c.req.Epochs, 0
	r.Config.LearningRate = max(cmp.Or(c.req.Rate, r.Config.LearningRate), c.req.LeastRate)
	if c.req.Patience > 0 {
		r.Config.Plateau.Patience = c.req.Patience
	}
	if c.req.Sigma > 0 {
		r.Learner.Sigma = c.req.Sigma
	}
	r.Learner.FullGradient, r.Learner.Standards = who.FullGradient, s.standards
	r.Config.Model.Name = who.Key()
	r.Config.Model.Sizes = within(r.Config.Model.Sizes, c.req.Most)
	r.Config.Model = s.data.Fill(r.Config.Model)
	r.Config.Model.K = who.K
	return bench.Entry{Contestant: who, Trial: bench.Trial{
		Data: s.data, Config: r.Config, Options: r.Learner, Device: c.place.Opener,
	}}, nil
}

// within brings sizes down to the most that they may be.
func within(s, most mil.Sizes) mil.Sizes {
	limit := func(size *int, most int) {
		if most > 0 {
			*size = min(*size, most)
		}
	}
	limit(&s.Hidden, most.Hidden)
	limit(&s.Embedding, most.Embedding)
	limit(&s.Middle, most.Middle)
	return s
}

// entries are the contestants with how they are trained.
func (c *contest) entries(ctx context.Context, who []bench.Contestant) ([]bench.Entry, error) {
	var all []bench.Entry
	for _, one := range who {
		k, err := c.req.trainedK(one)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.Name, err)
		}
		one.K = k
		e, err := c.entry(ctx, one)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// trainedK is k in place of a contestant's own, one for all or one for each.
func (r *TableRequest) trainedK(who bench.Contestant) ([]int, error) {
	k := r.K
	if who.Name == bench.EffName {
		k = r.EffK
	}
	if len(k) == 0 || who.K == nil {
		return who.K, nil
	}
	if k = forEach(k, len(who.K)); len(k) != len(who.K) {
		return nil, fmt.Errorf("%d values of k, must be 1 or %d", len(k), len(who.K))
	}
	return k, nil
}

// seeds are the numbers from 1 on.
func (r *TableRequest) seeds() []uint64 {
	var all []uint64
	for i := range r.Seeds {
		all = append(all, uint64(i+1))
	}
	return all
}

// run trains and tests all contestants; what it finds goes into the comparison.
func (c *contest) run(ctx context.Context, out *bench.Comparison, who []bench.Contestant, progress func(result.Progress)) error {
	entries, err := c.entries(ctx, who)
	if err != nil {
		return err
	}
	run := bench.Contest{Entries: entries, Seeds: c.req.seeds(), Folder: c.req.Out}
	standings, warnings, err := run.Run(ctx, progress)
	if err != nil {
		return err
	}
	for i := range out.Rows {
		out.Rows[i].Test = &standings[i]
		if !slices.Equal(entries[i].K, out.Rows[i].K) {
			out.Rows[i].TrainedK = entries[i].K
		}
	}
	d := entries[0].Trial.Data
	for i, e := range entries {
		out.Rows[i].Read = e.Read()
		if len(e.Trial.Data.Magnifications) > len(d.Magnifications) {
			d = e.Trial.Data
		}
	}
	out.Training = &bench.TrainingSummary{
		Dataset: c.req.Table, Classes: d.Classes, Seeds: run.Seeds, Epochs: c.req.Epochs, Settings: c.req.settings(), Slides: map[string]int{},
		Magnifications: d.Magnifications, Patches: bench.TestPatches(d), Warnings: warnings,
	}
	for _, split := range []train.Split{train.Training, train.Validation, train.Test} {
		out.Training.Slides[split.String()] = len(d.In(split))
	}
	return nil
}

// settings say how the methods are trained other than published.
func (r *TableRequest) settings() string {
	var but []string
	add := func(set bool, format string, args ...any) {
		if set {
			but = append(but, fmt.Sprintf(format, args...))
		}
	}
	add(r.Rate > 0, "learning rate %g", r.Rate)
	add(r.LeastRate > 0, "learning rates of at least %g", r.LeastRate)
	add(r.Most.Embedding > 0, "embeddings of at most %d", r.Most.Embedding)
	add(r.Most.Hidden > 0, "hidden layers of at most %d", r.Most.Hidden)
	add(r.Most.Middle > 0, "middle layers of at most %d", r.Most.Middle)
	add(r.Sigma > 0, "sigma %g", r.Sigma)
	add(r.Patience > 0, "the rate falls after more than %d epochs without a lower validation loss", r.Patience)
	add(len(r.K) > 0, "K = %v", r.K)
	add(len(r.EffK) > 0, "K = %v for %s", r.EffK, bench.EffName)
	add(r.RawFeatures, "features as they are")
	const recipe = "every method with its published widths, learning rate, weight decay and dropout, all with Adam and the schedule of ZoomMIL"
	if but == nil {
		return recipe
	}
	return recipe + "; but: " + strings.Join(but, ", ")
}

// BenchTable compares all methods of a study: what they cost and, where a dataset
// is given, how well they do once they are trained. With a folder the table is
// written there: table.txt, table.csv, table.json, table.png and confusion
// matrices. progress may be nil.
func (w *Workspace) BenchTable(ctx context.Context, req TableRequest, progress func(result.Progress)) (*bench.Comparison, error) {
	study, err := req.study()
	if err != nil {
		return nil, err
	}
	who, err := req.contestants(study)
	if err != nil {
		return nil, err
	}
	if err := checkStudyFolder(req.Out); err != nil {
		return nil, err
	}
	spec, err := w.Encoder(req.Encoder)
	if err != nil {
		return nil, err
	}
	place, err := w.place(ctx, EngineOptions{Device: req.Device, Threads: req.Threads})
	if err != nil {
		return nil, err
	}
	defer collectOften()()
	out := bench.NewComparison(study, who)
	out.Version, out.Command, out.Device, out.Threads = w.Version, req.Command, place.Device, threadsOf(req.Threads)
	if req.Table != "" {
		c := &contest{req: &req, place: place, data: map[string]*shared{}}
		if err := c.run(ctx, out, who, progress); err != nil {
			return nil, err
		}
	}
	costs := bench.CostCase{Study: study, Contestants: who, Spec: spec, Device: place.Opener, Batch: place.Batch}
	if err := out.Measure(ctx, costs, progress); err != nil {
		return nil, err
	}
	if req.Out == "" {
		return out, nil
	}
	return out, writeComparison(req.Out, out)
}

// writeComparison writes all files of a comparison into a folder.
func writeComparison(dir string, c *bench.Comparison) error {
	table := c.Table()
	picture := export.TablePicture{Title: c.Title(), Head: table.Head, Rows: table.Rows, Notes: c.Head()}
	for i, r := range c.Rows {
		if r.Reference {
			picture.Bold = append(picture.Bold, i)
		}
	}
	write := func(name string, to func(io.Writer) error) error {
		return atomicfile.Write(filepath.Join(dir, name), to)
	}
	err := errors.Join(
		writeStudy(dir, "table", c, func(w io.Writer) error { return export.WriteTable(w, picture) }),
		write(comparisonFile, c.WriteJSON))
	if err != nil || c.Training == nil {
		return err
	}
	for _, r := range c.Rows {
		title := fmt.Sprintf("%s at %s: test slides, %d seeds", r.Name, r.Scales(), len(c.Training.Seeds))
		name := "confusion-" + r.Key()
		err = errors.Join(err,
			write(name+".csv", func(w io.Writer) error { return bench.WriteConfusion(w, c.Training.Classes, r.Test.Confusion) }),
			write(name+".png", func(w io.Writer) error { return export.WriteConfusion(w, title, c.Training.Classes, r.Test.Confusion) }))
	}
	return err
}

// comparisonFile is what BenchFrontier reads of a folder of BenchTable.
const comparisonFile = "table.json"
