package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// Variant is ZoomMIL, or ZoomMIL with one part taken away as in the paper's
// Table 4.
type Variant struct {
	Name   string
	Change func(c *mil.Config, o *mil.TrainOptions)
}

// Variants are the rows of the comparison of a method that zooms so often, the whole
// one first. Random at low and at high magnification are for two zooms or more: with
// one they are random K.
func Variants(zooms int) []Variant {
	selection := func(ways ...string) func(*mil.Config, *mil.TrainOptions) {
		return func(c *mil.Config, _ *mil.TrainOptions) {
			c.Selection = nil
			for i := range c.K { // the last way goes on
				c.Selection = append(c.Selection, ways[min(i, len(ways)-1)])
			}
		}
	}
	all := []Variant{
		{"ZoomMIL", func(*mil.Config, *mil.TrainOptions) {}},
		{"whole gradient of the Top-K", func(_ *mil.Config, o *mil.TrainOptions) { o.FullGradient = true }},
		{"single attention", func(c *mil.Config, _ *mil.TrainOptions) { c.Attention = mil.Single }},
		{"Top-K not differentiable", selection(mil.Hard)},
		{"random K", selection(mil.Random)},
		{randomLow, selection(mil.Random, mil.Learned)},
		{randomHigh, func(c *mil.Config, o *mil.TrainOptions) {
			selection(mil.Learned)(c, o)
			c.Selection[len(c.Selection)-1] = mil.Random
		}},
		{"highest magnification alone", func(c *mil.Config, _ *mil.TrainOptions) { c.Fusion = mil.Highest }},
		{"concatenation", func(c *mil.Config, _ *mil.TrainOptions) { c.Fusion = mil.Concat }},
	}
	return slices.DeleteFunc(all, func(v Variant) bool { return zooms < 2 && (v.Name == randomLow || v.Name == randomHigh) })
}

// Names of the variants that need two zooms.
const (
	randomLow  = "random at low magnification"
	randomHigh = "random at high magnification"
)

// AblationCase is a dataset to train all variants on.
type AblationCase struct {
	Data    *train.Dataset // divided, with a test split
	Config  train.Config   // of the whole method; each seed replaces Config.Seed
	Options mil.TrainOptions
	Seeds   []uint64
	Device  nn.Opener
	Folder  string   // keeps the runs: those that are there are not run again
	Truth   Truths   // nil where no truth is known
	Only    []string // variants to run; nil for all
	// Made says how the study is made; machine, seeds and epochs are filled in.
	Made Conditions
}

// conditions are those of a study that begins now.
func (c *AblationCase) conditions() Conditions {
	made := c.Made
	made.Machine, made.Seeds, made.Epochs = ThisMachine(), c.Seeds, c.Config.Epochs
	return made
}

// variants are those to run.
func (c *AblationCase) variants() ([]Variant, error) {
	zooms := len(c.Config.Model.K)
	all := Variants(zooms)
	for _, name := range c.Only {
		if !slices.ContainsFunc(all, func(v Variant) bool { return v.Name == name }) {
			return nil, fmt.Errorf("%.100q is no variant of a model that zooms %d times", name, zooms)
		}
	}
	return slices.DeleteFunc(all, func(v Variant) bool { return c.Only != nil && !slices.Contains(c.Only, v.Name) }), nil
}

// Spread is a mean over the seeds and the deviation from it.
type Spread struct {
	Mean train.Number `json:"mean"` // null where the test split leaves it undefined
	SD   train.Number `json:"sd"`   // null of one seed
}

// Bar is how far a bar of deviation reaches from the mean: not at all of one seed.
func (s Spread) Bar() float64 {
	if !s.SD.Defined() {
		return 0
	}
	return float64(s.SD)
}

// AblationRow is one variant on the test split.
type AblationRow struct {
	Variant    string `json:"variant"`
	WeightedF1 Spread `json:"weighted_f1"`
	Accuracy   Spread `json:"accuracy"`
	AUC        Spread `json:"auc"`
	// Of the slides that hold evidence, the share in which a patch that was read
	// at the highest magnification shows it; and the share of those patches.
	Found   Spread `json:"found"`
	Patches Spread `json:"patches"`
}

// AblationStudy is the comparison, and how it was made.
type AblationStudy struct {
	Conditions
	Rows []AblationRow `json:"rows"`
}

// Ablation trains and tests all variants with every seed. progress may be nil.
func Ablation(ctx context.Context, c AblationCase, progress func(result.Progress)) (*AblationStudy, error) {
	variants, err := c.variants()
	if err != nil {
		return nil, err
	}
	study, runs := &AblationStudy{Conditions: c.conditions()}, newRuns(progress)
	for _, v := range variants {
		for _, seed := range c.Seeds {
			runs.expect(c.trial(v, seed))
		}
	}
	for _, v := range variants {
		var f1, accuracy, auc, found, patches []float64
		for _, seed := range c.Seeds {
			test, score, err := c.one(ctx, runs, v, seed)
			if err != nil {
				return nil, err
			}
			f1 = append(f1, float64(test.WeightedF1))
			accuracy = append(accuracy, float64(test.Accuracy))
			auc = append(auc, float64(test.AUC.Value))
			found, patches = append(found, score.Found), append(patches, score.Patches)
		}
		study.Rows = append(study.Rows, AblationRow{v.Name, spread(f1), spread(accuracy), spread(auc), spread(found), spread(patches)})
	}
	return study, nil
}

// trial is a variant with a seed.
func (c *AblationCase) trial(v Variant, seed uint64) Trial {
	t := Trial{c.Data, c.Config, c.Options, c.Device, TrialFolder(c.Folder, v.Name, seed)}
	t.Config.Seed = seed
	v.Change(&t.Config.Model, &t.Options)
	return t
}

// one trains a variant with a seed, and tests it.
func (c *AblationCase) one(ctx context.Context, runs *runs, v Variant, seed uint64) (*train.Metrics, Score, error) {
	t := c.trial(v, seed)
	name := fmt.Sprintf("%s, seed %d", v.Name, seed)
	summary, err := runs.run(ctx, name, t)
	if err != nil {
		return nil, Score{}, err
	}
	if c.Truth == nil {
		return summary.Test, Score{Found: math.NaN(), Patches: math.NaN()}, nil
	}
	score, err := c.Truth.Score(ctx, c.Device, t.ModelFile(), c.Data.In(train.Test))
	if err != nil {
		return nil, Score{}, fmt.Errorf("%s: %w", name, err)
	}
	return summary.Test, score, nil
}

func spread(x []float64) Spread {
	var mean, square float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		square += (v - mean) * (v - mean)
	}
	return Spread{train.Number(mean), train.Number(math.Sqrt(square / float64(len(x)-1)))}
}

// Table shows the variants.
func (s *AblationStudy) Table() Table {
	t := Table{Head: []string{"variant", "weighted F1", "accuracy", "AUC", "evidence found", "patches with evidence"}}
	for _, r := range s.Rows {
		t.add(r.Variant, r.WeightedF1.text(), r.Accuracy.text(), r.AUC.text(), r.Found.text(), r.Patches.text())
	}
	return t
}

// Print writes how the comparison was made, and the table.
func (s *AblationStudy) Print(w io.Writer) error { return printStudy(w, s.Head(), s.Table()) }

// WriteCSV writes the rows, all digits kept.
func (s *AblationStudy) WriteCSV(w io.Writer) error {
	var rows [][]string
	for _, r := range s.Rows {
		rows = append(rows, append([]string{r.Variant}, exactly(r.WeightedF1, r.Accuracy, r.AUC, r.Found, r.Patches)...))
	}
	return writeRecords(w, []string{"variant", "weighted_f1", "weighted_f1_sd", "accuracy", "accuracy_sd", "auc", "auc_sd",
		"found", "found_sd", "patches", "patches_sd"}, rows)
}

// open opens a sample's bag at the magnifications of a model.
func open(s train.Sample, magnifications []float64) (*bag.File, *bag.View, error) {
	f, err := bag.Open(s.Bag)
	if err != nil {
		return nil, nil, err
	}
	v, err := bag.Select(f, magnifications)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", s.Bag, err), f.Close())
	}
	return f, v, nil
}
