package worklist

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// Another stands in an agreement's table for the classes that readers meant and
// did not name, or that the model does not have.
const Another = "another"

// Agreement compares readers with a model.
type Agreement struct {
	Setup  Setup
	Reader string
	// Classes name the table's rows and columns: those of the model, and Another
	// where a reader meant one.
	Classes []string
	// Table counts cases: Table[i][j] where the reader says Classes[i] and the model
	// Classes[j]. Unsure verdicts are not in it.
	Table                   [][]int
	Agree, Disagree, Unsure int
	Unread                  int // cases that the model has judged and the reader has not
	Blinded                 int // verdicts of Agree, Disagree and Unsure
	Kappa                   Kappa
	Cases                   []Case // those with a verdict, by name
}

// Kappa is Cohen's kappa with its interval of 95 %.
type Kappa struct {
	Value float64
	// Low and High are by the asymptotic standard error, sqrt(o (1-o) / (n (1-e)^2)).
	// That is 0 where all agree, or none: the further end is then that of Wilson's
	// interval of o.
	Low, High float64
	Observed  float64 // o, the share of cases on which they agree
	Expected  float64 // e, that of chance
	N         int
	Known     bool // false where there are no cases, or chance alone would agree on all
}

// CohenKappa is Cohen's kappa of a square table of counts.
func CohenKappa(table [][]int) Kappa {
	var k Kappa
	rowSum, columnSum := make([]int, len(table)), make([]int, len(table))
	same := 0
	for i, row := range table {
		for j, n := range row {
			k.N += n
			rowSum[i] += n
			columnSum[j] += n
		}
		same += row[i]
	}
	if k.N == 0 {
		return k
	}
	n := float64(k.N)
	k.Observed = float64(same) / n
	for i := range table {
		k.Expected += float64(rowSum[i]) * float64(columnSum[i]) / (n * n)
	}
	if k.Known = k.Expected < 1; !k.Known {
		return k
	}
	k.Value = (k.Observed - k.Expected) / (1 - k.Expected)
	half := 1.96 * math.Sqrt(k.Observed*(1-k.Observed)/n) / (1 - k.Expected)
	k.Low, k.High = max(k.Value-half, -1), min(k.Value+half, 1)
	reach := 1.96 * 1.96 / (n + 1.96*1.96) // of Wilson's interval, from 0 up or from 1 down
	switch same {
	case k.N:
		k.Low = (1 - reach - k.Expected) / (1 - k.Expected)
	case 0:
		k.High = (reach - k.Expected) / (1 - k.Expected)
	}
	return k
}

// Agreement compares the verdicts of the query's reader with its setup, over the
// cases that pass its filter.
func (s *Store) Agreement(ctx context.Context, q Query) (*Agreement, error) {
	q.Blinded, q.Sort, q.Limit, q.Offset = false, Sort{}, 0, 0
	q.Filter.States = []State{Done}
	cases, err := s.List(ctx, q)
	if err != nil {
		return nil, err
	}
	a := &Agreement{Setup: q.Setup, Reader: q.Reader, Classes: slices.Clone(q.Setup.Classes)}
	for _, c := range cases {
		if c.Verdict == nil || c.Verdict.Opinion == "" {
			a.Unread++
			continue
		}
		a.Cases = append(a.Cases, c)
		a.count(c)
	}
	a.tabulate()
	a.Kappa = CohenKappa(a.Table)
	return a, nil
}

func (a *Agreement) count(c Case) {
	switch c.Verdict.Opinion {
	case Agree:
		a.Agree++
	case Disagree:
		a.Disagree++
		if !slices.Contains(a.Classes, a.meant(c)) {
			a.Classes = append(a.Classes, Another)
		}
	default:
		a.Unsure++
	}
	if c.Verdict.Blinded {
		a.Blinded++
	}
}

// meant is the class that a verdict stands for.
func (a *Agreement) meant(c Case) string {
	if slices.Contains(a.Setup.Classes, c.Verdict.Class) {
		return c.Verdict.Class
	}
	return Another
}

func (a *Agreement) tabulate() {
	a.Table = make([][]int, len(a.Classes))
	for i := range a.Table {
		a.Table[i] = make([]int, len(a.Classes))
	}
	for _, c := range a.Cases {
		i, j := slices.Index(a.Classes, a.meant(c)), slices.Index(a.Classes, c.Opinion.Label)
		if c.Verdict.Opinion != Unsure && i >= 0 && j >= 0 {
			a.Table[i][j]++
		}
	}
}

// WriteCSV writes one line for each case with a verdict, under a header (RFC 4180).
func (a *Agreement) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"slide", "path", "content_id", "model", "model_sha256", "model_class", "model_probability", "reader", "opinion", "reader_class", "blinded", "note", "time"}}
	for _, c := range a.Cases {
		v := c.Verdict
		lines = append(lines, []string{c.Name, c.Path, c.Content, a.Setup.Model, a.Setup.ModelSHA256, c.Opinion.Label, number(slices.Max(c.Opinion.Probabilities)),
			v.Reader, string(v.Opinion), v.Class, strconv.FormatBool(v.Blinded), v.Note, v.Time.Format(time.RFC3339)})
	}
	return out.WriteAll(lines)
}

// WriteTableCSV writes the table, the reader's classes down and the model's across,
// and below it what it comes to.
func (a *Agreement) WriteTableCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{append([]string{"reader \\ model"}, a.Classes...)}
	for i, class := range a.Classes {
		line := []string{class}
		for _, n := range a.Table[i] {
			line = append(line, strconv.Itoa(n))
		}
		lines = append(lines, line)
	}
	k := a.Kappa
	lines = append(lines, []string{"cases", strconv.Itoa(k.N)}, []string{"agree", strconv.Itoa(a.Agree)}, []string{"disagree", strconv.Itoa(a.Disagree)},
		[]string{"unsure", strconv.Itoa(a.Unsure)}, []string{"unread", strconv.Itoa(a.Unread)}, []string{"blinded", strconv.Itoa(a.Blinded)})
	if k.Known {
		lines = append(lines, []string{"kappa", fmt.Sprintf("%.4f", k.Value)}, []string{"kappa 95 % from", fmt.Sprintf("%.4f", k.Low)}, []string{"kappa 95 % to", fmt.Sprintf("%.4f", k.High)})
	}
	return out.WriteAll(lines)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
