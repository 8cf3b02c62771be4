package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// KCase is a dataset to train ZoomMIL on with several K: the paper's Figure 6.
type KCase struct {
	AblationCase       // of the whole method; its K are replaced
	Ks           []int // each for all magnifications but the highest
	// Encoder is the number of multiply-adds of a patch in the encoder; 0 where it is
	// not known.
	Encoder int64
}

// KRow is how ZoomMIL does with one K on the test split.
type KRow struct {
	K          int    `json:"k"`
	WeightedF1 Spread `json:"weighted_f1"`
	Accuracy   Spread `json:"accuracy"`
	AUC        Spread `json:"auc"`
	// Found is the share of slides with evidence in which a patch that was read at
	// the highest magnification shows it; null where no truth is known.
	Found Spread `json:"found"`
	// Read is the mean number of patches of a slide that were read, of Exhaustive
	// that there are at all magnifications.
	Read       float64 `json:"patches_read"`
	Exhaustive float64 `json:"patches"`
	// EncoderWork and HeadWork are the mean multiply-adds of a slide in the encoder,
	// 0 where it is not known, and in the networks behind it.
	EncoderWork float64 `json:"encoder_multiply_adds"`
	HeadWork    float64 `json:"head_multiply_adds"`
}

// KStudy is the comparison, and how it was made.
type KStudy struct {
	Conditions
	Rows []KRow `json:"rows"` // in order of K
}

// Print writes how it was made, and the table.
func (s *KStudy) Print(w io.Writer) error { return printStudy(w, s.Head(), kTable(s.Rows)) }

// K trains and tests the method with every K and every seed, seed by seed. progress
// may be nil.
func K(ctx context.Context, c KCase, progress func(result.Progress)) (*KStudy, error) {
	study, runs := &KStudy{Conditions: c.conditions()}, newRuns(progress)
	for _, seed := range c.Seeds {
		for _, k := range c.Ks {
			runs.expect(c.trial(k, seed))
		}
	}
	c.Ks = slices.Sorted(slices.Values(c.Ks))
	all := make([]kRuns, len(c.Ks))
	for _, seed := range c.Seeds {
		for i, k := range c.Ks {
			if err := c.run(ctx, runs, &all[i], k, seed); err != nil {
				return nil, err
			}
		}
	}
	for i, r := range all {
		study.Rows = append(study.Rows, KRow{
			K: c.Ks[i], WeightedF1: spread(r.f1), Accuracy: spread(r.accuracy), AUC: spread(r.auc), Found: spread(r.found),
			Read: r.cost.read, Exhaustive: r.cost.exhaustive, HeadWork: r.cost.work, EncoderWork: r.cost.read * float64(c.Encoder),
		})
	}
	return study, nil
}

// kRuns are the figures of one K, of each seed.
type kRuns struct {
	f1, accuracy, auc, found []float64
	cost                     zoomCost // of the last seed
}

// trial is one K with one seed.
func (c *KCase) trial(k int, seed uint64) Trial {
	t := Trial{c.Data, c.Config, c.Options, c.Device, TrialFolder(c.Folder, fmt.Sprint("K", k), seed)}
	t.Config.Seed = seed
	t.Config.Model.K = make([]int, len(c.Config.Model.K))
	for i := range t.Config.Model.K {
		t.Config.Model.K[i] = k
	}
	return t
}

// run trains and tests with one K and one seed.
func (c *KCase) run(ctx context.Context, runs *runs, all *kRuns, k int, seed uint64) error {
	t := c.trial(k, seed)
	name := fmt.Sprintf("K = %d, seed %d", k, seed)
	s, err := runs.run(ctx, name, t)
	if err != nil {
		return err
	}
	found := math.NaN()
	if c.Truth != nil {
		score, err := c.Truth.Score(ctx, c.Device, t.ModelFile(), c.Data.In(train.Test))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		found = score.Found
	}
	all.f1 = append(all.f1, float64(s.Test.WeightedF1))
	all.accuracy = append(all.accuracy, float64(s.Test.Accuracy))
	all.auc = append(all.auc, float64(s.Test.AUC.Value))
	all.found = append(all.found, found)
	if all.cost, err = costOf(ctx, c.Device, t.ModelFile(), c.Data.In(train.Test)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// zoomCost are means over slides.
type zoomCost struct{ read, exhaustive, work float64 }

// costOf runs a model file over the bags of slides.
func costOf(ctx context.Context, o nn.Opener, model string, samples []train.Sample) (c zoomCost, err error) {
	slides := float64(len(samples))
	err = forward(ctx, o, model, samples, func(_ train.Sample, m *mil.Model, v *bag.View, out *mil.Outcome) error {
		work, err := m.Work(v)
		if err != nil {
			return err
		}
		c.work += float64(work) / slides
		for level, rows := range out.Rows {
			c.read += float64(len(rows)) / slides
			c.exhaustive += float64(v.Len(level)) / slides
		}
		return nil
	})
	return c, err
}

// kTable shows the rows.
func kTable(rows []KRow) Table {
	t := Table{Head: []string{"K", "weighted F1", "accuracy", "AUC", "evidence found", "patches read", "of all", "encoder, GMAC", "heads, GMAC"}}
	for _, r := range rows {
		t.add(fmt.Sprint(r.K), r.WeightedF1.text(), r.Accuracy.text(), r.AUC.text(), r.Found.text(), fmt.Sprintf("%.1f", r.Read),
			quotient("%.1f %%", 100*r.Read/r.Exhaustive), quotient("%.1f", r.EncoderWork/1e9), fmt.Sprintf("%.3f", r.HeadWork/1e9))
	}
	return t
}

// WriteCSV writes the rows, all digits kept.
func (s *KStudy) WriteCSV(w io.Writer) error {
	var rows [][]string
	for _, r := range s.Rows {
		rows = append(rows, slices.Concat([]string{fmt.Sprint(r.K)}, exactly(r.WeightedF1, r.Accuracy, r.AUC, r.Found),
			[]string{digits(r.Read), digits(r.Exhaustive), digits(r.EncoderWork), digits(r.HeadWork)}))
	}
	return writeRecords(w, []string{"k", "weighted_f1", "weighted_f1_sd", "accuracy", "accuracy_sd", "auc", "auc_sd", "found", "found_sd",
		"patches_read", "patches", "encoder_multiply_adds", "head_multiply_adds"}, rows)
}

// digits are all of a number; none of one that is not known.
func digits(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
