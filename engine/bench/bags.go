package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/engine/train"
)

// BagsCase is a classical dataset of multiple instance learning, and how
// attention-based methods are tried on it: as Ilse, Tomczak and Welling did (ICML
// 2018), by cross-validation that is repeated with other divisions.
type BagsCase struct {
	Name        string
	Data        *train.Instances // of two classes
	Ungated     bool
	Folds       int
	Repetitions int
	Epochs      int
	Rate, Decay float64
	Dropout     float64
	Seed        uint64
	Device      nn.Opener
	// Folder keeps the folds that are tested: those that are there are not trained
	// again. "" keeps nothing.
	Folder string
}

// BagsRow is how a method did on a dataset.
type BagsRow struct {
	BagsSettings
	BagsSize
	// Accuracy is the mean over all folds of all repetitions, and Error what the
	// authors call its standard error: the deviation over these folds by the root of
	// their number. Folds of several repetitions are of the same bags: it gets
	// smaller with repetitions, whatever is not known of other bags.
	Accuracy float64 `json:"accuracy"`
	Error    float64 `json:"standard_error"`
	// Repetitions are the mean accuracies of each, RepetitionsSD their standard
	// deviation, undefined for one.
	Repetitions   []float64    `json:"repetitions"`
	RepetitionsSD train.Number `json:"repetitions_sd"`
	// Published is what the paper has; nil for a dataset it does not.
	Published *PublishedAccuracy `json:"published,omitempty"`
}

// PublishedAccuracy is an accuracy and its standard error.
type PublishedAccuracy struct {
	Accuracy float64 `json:"accuracy"`
	Error    float64 `json:"standard_error"`
}

// publishedBags is Table 1 of Ilse, Tomczak and Welling, by the name of the
// dataset; nil for another.
func publishedBags(dataset string, gated bool) *PublishedAccuracy {
	rows := map[string][2]PublishedAccuracy{ // attention, gated attention
		"musk1":    {{0.892, 0.040}, {0.900, 0.050}},
		"musk2":    {{0.858, 0.048}, {0.863, 0.042}},
		"fox":      {{0.615, 0.043}, {0.603, 0.029}},
		"tiger":    {{0.839, 0.022}, {0.845, 0.018}},
		"elephant": {{0.868, 0.022}, {0.857, 0.027}},
	}
	row, ok := rows[strings.ToLower(dataset)]
	if !ok {
		return nil
	}
	if gated {
		return &row[1]
	}
	return &row[0]
}

// DatasetName is the file's name without its endings.
func DatasetName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}

// Bags trains and tests the method on every fold of every repetition. progress may
// be nil.
func Bags(ctx context.Context, c BagsCase, progress func(result.Progress)) (*BagsRow, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	done, err := c.done()
	if err != nil {
		return nil, err
	}
	report := result.Throttle(progress)
	for r := range c.Repetitions {
		folds := c.divide(uint64(r))
		for k, test := range folds {
			i := r*c.Folds + k
			if i < len(done.Accuracies) {
				continue
			}
			report(result.Progress{Stage: c.Name + ", " + c.method(), Done: i, Total: c.Repetitions * c.Folds})
			accuracy, err := c.fold(ctx, folds, test, uint64(i))
			if err == nil {
				err = done.add(accuracy)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, repetition %d, fold %d: %w", c.Name, r+1, k+1, err)
			}
		}
	}
	return done.row(c.Repetitions), nil
}

func (c *BagsCase) check() error {
	switch n := len(c.Data.Bags); {
	case len(c.Data.Classes) != 2:
		return fmt.Errorf("%d classes, must be 2", len(c.Data.Classes))
	case c.Folds < 2 || c.Folds > n:
		return fmt.Errorf("%d folds of %d bags, must be from 2 to as many", c.Folds, n)
	case c.Repetitions < 1 || c.Epochs < 1:
		return errors.New("repetitions and epochs must be 1 or more")
	}
	for _, b := range c.Data.Bags {
		if b.Patient != "" || b.Split != train.Unassigned {
			return fmt.Errorf("bag %s has a patient or a split, which these folds do not heed: remove the columns, or use train", b.Name)
		}
	}
	return nil
}

// divide deals the bags out to the folds, those of each class in turn.
func (c *BagsCase) divide(repetition uint64) [][]int {
	r := rand.New(rand.NewPCG(c.Seed, repetition))
	folds := make([][]int, c.Folds)
	next := 0
	order := r.Perm(len(c.Data.Bags))
	for class := range c.Data.Classes {
		for _, i := range order {
			if c.Data.Bags[i].Class == class {
				folds[next%c.Folds] = append(folds[next%c.Folds], i)
				next++
			}
		}
	}
	return folds
}

// config has layers of 256, 128 and 64 values to embed an instance.
func (c *BagsCase) config() mil.Config {
	settings, _ := tissue.Preset("default")
	return mil.Config{
		Name: c.Name, Method: mil.ABMIL, Classes: c.Data.Classes, Magnifications: []float64{1}, PatchSize: 256,
		Encoder: result.Encoder{Name: "features of " + c.Name, Dim: c.Data.Dim}, Tissue: settings,
		Sizes: mil.Sizes{Hidden: 64, Embedding: 64}, Classifier: mil.Sigmoid, Options: mil.Options{Ungated: c.Ungated, Depth: 3},
	}
}

// fold trains on all folds but one, and gives the accuracy on that one.
func (c *BagsCase) fold(ctx context.Context, folds [][]int, test []int, seed uint64) (_ float64, err error) {
	var learn []int
	for _, f := range folds {
		if &f[0] != &test[0] {
			learn = append(learn, f...)
		}
	}
	standard, err := c.Data.Standard(learn)
	if err != nil {
		return 0, err
	}
	m, err := mil.New(c.config(), c.Seed<<16+seed)
	if err != nil {
		return 0, err
	}
	options := mil.TrainOptions{WeightDecay: c.Decay, Dropout: c.Dropout, Standards: []mil.Standard{standard}}
	if c.Dropout == 0 {
		options.Dropout = -1
	}
	t, err := m.NewLearner(c.Device, options)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := c.learn(ctx, t, learn, seed); err != nil {
		return 0, err
	}
	right := 0
	for _, i := range test {
		logits, err := t.Predict(ctx, &c.Data.Bags[i])
		if err != nil {
			return 0, err
		}
		if (logits[1] > logits[0]) == (c.Data.Bags[i].Class == 1) {
			right++
		}
	}
	return float64(right) / float64(len(test)), nil
}

// learn takes a step on each bag in every epoch, in another order each time.
func (c *BagsCase) learn(ctx context.Context, t mil.Learner, bags []int, seed uint64) error {
	r := rand.New(rand.NewPCG(c.Seed^0x626167, seed))
	for range c.Epochs {
		for _, i := range r.Perm(len(bags)) {
			b := &c.Data.Bags[bags[i]]
			if _, err := t.Step(ctx, b, b.Class, mil.StepOptions{LearningRate: c.Rate, Seed: r.Uint64()}); err != nil {
				return fmt.Errorf("bag %s: %w", b.Name, err)
			}
		}
	}
	return nil
}
