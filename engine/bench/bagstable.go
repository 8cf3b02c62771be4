package bench

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
)

// BagsTable shows the datasets beside the paper's figures.
func BagsTable(rows []*BagsRow) Table {
	t := Table{Head: []string{"dataset", "method", "bags", "instances", "accuracy", "repetitions", "their deviation", "published"}}
	for _, r := range rows {
		published, deviation := "", ""
		if p := r.Published; p != nil {
			published = fmt.Sprintf("%.3f +- %.3f", p.Accuracy, p.Error)
		}
		if r.RepetitionsSD.Defined() {
			deviation = fmt.Sprintf("%.3f", r.RepetitionsSD)
		}
		t.add(r.Dataset, r.Method, fmt.Sprint(r.Bags), fmt.Sprint(r.Instances), fmt.Sprintf("%.3f +- %.3f", r.Accuracy, r.Error),
			fmt.Sprintf("%.3f to %.3f", slices.Min(r.Repetitions), slices.Max(r.Repetitions)), deviation, published)
	}
	return t
}

// WriteBags writes the rows as CSV, all digits kept; what is not known is empty.
func WriteBags(w io.Writer, rows []*BagsRow) error {
	out := csv.NewWriter(w)
	out.Write([]string{
		"dataset", "method", "bags", "instances", "features", "accuracy", "standard_error", "repetitions", "repetitions_sd",
		"published", "published_standard_error", "folds", "epochs", "learning_rate", "weight_decay", "dropout", "seed",
	})
	for _, r := range rows {
		out.Write(slices.Concat([]string{r.Dataset, r.Method}, r.BagsSize.cells(),
			[]string{digits(r.Accuracy), digits(r.Error), fmt.Sprint(len(r.Repetitions)), exact(r.RepetitionsSD)},
			r.Published.cells(),
			[]string{fmt.Sprint(r.Folds), fmt.Sprint(r.Epochs), digits(r.Rate), digits(r.Decay), digits(r.Dropout), fmt.Sprint(r.Seed)}))
	}
	out.Flush()
	return out.Error()
}

func (s BagsSize) cells() []string {
	if s == (BagsSize{}) {
		return []string{"", "", ""}
	}
	return []string{fmt.Sprint(s.Bags), fmt.Sprint(s.Instances), fmt.Sprint(s.Features)}
}

func (p *PublishedAccuracy) cells() []string {
	if p == nil {
		return []string{"", ""}
	}
	return []string{digits(p.Accuracy), digits(p.Error)}
}
