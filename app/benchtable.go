package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"zoomscope/engine/bench"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
	"zoomscope/engine/zoom"
)

// TableRequest asks for the comparison of all methods of the paper. What is zero
// of how they are trained is as each method was published.
type TableRequest struct {
	Study        string    // name of one of bench.Studies
	Besides      []float64 // magnifications for the single-scale methods besides the highest
	FullGradient bool      // ZoomMIL with the whole gradient of its Top-K besides

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

	Encoder string // of the costs; "" is the built-in one
	Device  string
	Threads int
}

// contestants are those that are asked for.
func (r *TableRequest) contestants() ([]bench.Contestant, error) {
	study, err := bench.FindStudy(r.Study)
	if err != nil {
		return nil, err
	}
	all := study.Contestants(r.Besides, r.FullGradient)
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	for _, name := range r.Only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%.100q: there are %q", name, slices.Compact(names))
		}
	}
	return slices.DeleteFunc(all, func(c bench.Contestant) bool { return r.Only != nil && !slices.Contains(r.Only, c.Name) }), nil
}

// contest makes entries of contestants.
type contest struct {
	w     *Workspace
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

// chosen is k in place of a contestant's own, one for all or one for each.
func chosen(own, k []int) ([]int, error) {
	if len(k) == 0 || own == nil {
		return own, nil
	}
	if k = forEach(k, len(own)); len(k) != len(own) {
		return nil, fmt.Errorf("%d values of k, must be 1 or %d", len(k), len(own))
	}
	return k, nil
}

// BenchTable trains and tests all methods of a study. progress may be nil.
func (w *Workspace) BenchTable(ctx context.Context, req TableRequest, progress func(result.Progress)) ([]bench.Standing, error) {
	who, err := req.contestants()
	if err != nil {
		return nil, err
	}
	place, err := w.place(ctx, EngineOptions{Device: req.Device, Threads: req.Threads})
	if err != nil {
		return nil, err
	}
	defer collectOften()()
	c := &contest{w: w, req: &req, place: place, data: map[string]*shared{}}
	run := bench.Contest{Folder: req.Out}
	for seed := range req.Seeds {
		run.Seeds = append(run.Seeds, uint64(seed+1))
	}
	for _, one := range who {
		k := req.K
		if one.Name == "ZoomMIL-Eff" {
			k = req.EffK
		}
		if one.K, err = chosen(one.K, k); err != nil {
			return nil, fmt.Errorf("%s: %w", one.Name, err)
		}
		e, err := c.entry(ctx, one)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", one.Name, err))
		}
		run.Entries = append(run.Entries, e)
	}
	return run.Run(ctx, progress)
}
