package bench

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// ComparisonFormat is what the JSON of a comparison says it is.
const ComparisonFormat = "zoomscope-comparison/1"

// Comparison is a study: what its methods cost and, where a dataset was given, how
// well they did on its test split.
type Comparison struct {
	Format  string        `json:"format"`
	Version string        `json:"version"`
	Command string        `json:"command"`
	Machine Machine       `json:"machine"`
	Device  result.Device `json:"device"`
	Threads int           `json:"threads"` // of the processor, where that is the device
	Study   string        `json:"study"`
	// Slide is how many patches the slide of the costs has at each of
	// Magnifications.
	Magnifications []float64        `json:"magnifications"`
	Slide          []int            `json:"slide_patches"`
	Training       *TrainingSummary `json:"training,omitempty"` // nil for costs alone
	Costs          Costs            `json:"costs"`
	Rows           []ComparisonRow  `json:"rows"`
	Notice         string           `json:"notice"` // always result.ResearchUse
}

// TrainingSummary says how the methods of a comparison were trained.
type TrainingSummary struct {
	Dataset string         `json:"dataset"`
	Slides  map[string]int `json:"slides"` // in each split
	// Patches are how many a test slide has at each of Magnifications, in the mean.
	Magnifications []float64 `json:"magnifications"`
	Patches        []float64 `json:"test_patches"`
	Classes        []string  `json:"classes"`
	Seeds          []uint64  `json:"seeds"`
	Epochs         int       `json:"epochs"`
	Settings       string    `json:"settings"` // a sentence
	Warnings       []string  `json:"warnings,omitempty"`
}

// ComparisonRow is one method.
type ComparisonRow struct {
	Contestant
	TrainedK []int     `json:"trained_k,omitempty"` // where it is not K
	Test     *Standing `json:"test,omitempty"`
	// Read is how many patches the trained method encodes of a test slide, in the mean.
	Read float64   `json:"test_patches_read,omitempty"`
	Cost SlideCost `json:"cost"`
	// What the method costs as a multiple of ZoomMIL and of ZoomMIL-Eff, where the
	// comparison has these.
	OverZoomMIL *Multiple `json:"over_zoommil,omitempty"`
	OverEff     *Multiple `json:"over_zoommil_eff,omitempty"`
}

// Multiple is one cost over another.
type Multiple struct {
	Work    float64 `json:"multiply_adds"` // 0 where it is not known
	Seconds float64 `json:"seconds"`
}

// NewComparison is one of a study whose methods were neither trained nor measured.
func NewComparison(s Study, who []Contestant) *Comparison {
	c := &Comparison{
		Format: ComparisonFormat, Machine: ThisMachine(), Study: s.Name, Magnifications: s.Magnifications, Slide: s.Patches(),
		Notice: result.ResearchUse,
	}
	for _, one := range who {
		c.Rows = append(c.Rows, ComparisonRow{Contestant: one})
	}
	return c
}

// Measure fills in the costs of all rows, of which the contestants of the case are.
func (c *Comparison) Measure(ctx context.Context, costs CostCase, progress func(result.Progress)) error {
	measured, err := costs.Measure(ctx, progress)
	if err != nil {
		return err
	}
	c.Costs = *measured
	for i := range c.Rows {
		c.Rows[i].Cost = measured.Rows[i]
	}
	c.relate()
	return nil
}

// relate fills in the multiples of all rows.
func (c *Comparison) relate() {
	for i := range c.Rows {
		r := &c.Rows[i]
		r.OverZoomMIL, r.OverEff = c.over(r.Cost, ZoomName), c.over(r.Cost, EffName)
	}
}

// Title names the comparison.
func (c *Comparison) Title() string {
	return fmt.Sprintf("Methods of the paper, configuration %s (%s)", c.Study, scales(c.Magnifications, ", "))
}

func (c *Comparison) over(cost SlideCost, name string) *Multiple {
	i := slices.IndexFunc(c.Rows, func(r ComparisonRow) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	base := c.Rows[i].Cost
	m := &Multiple{Seconds: cost.Seconds() / base.Seconds()}
	if c.Costs.Work > 0 {
		m.Work = float64(cost.Work()) / float64(base.Work())
	}
	return m
}

// ReadComparison reads what WriteJSON wrote. The error names the file.
func ReadComparison(path string) (*Comparison, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Comparison{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.Format != ComparisonFormat {
		return nil, fmt.Errorf("%s: format is %.100q, expected %q", path, c.Format, ComparisonFormat)
	}
	return c, nil
}

// WriteJSON writes all of it.
func (c *Comparison) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(c)
}

// Table shows the methods. What a comparison does not have is left out.
func (c *Comparison) Table() Table {
	t := Table{Head: []string{"method", "at"}}
	if c.Training != nil {
		t.Head = append(t.Head, "weighted F1", "accuracy", "AUC", "read")
	}
	t.Head = append(t.Head, "patches", "multiply-adds", "seconds")
	zoom, eff := c.has(ZoomName), c.has(EffName)
	for _, name := range c.references() {
		t.Head = append(t.Head, "work/"+name, "time/"+name)
	}
	for _, r := range c.Rows {
		row := []string{r.Name, r.Scales()}
		if s := r.Test; c.Training != nil {
			row = append(row, s.WeightedF1.text(), s.Accuracy.text(), s.AUC.text(), c.readText(r))
		}
		row = append(row, fmt.Sprint(r.Cost.Patches), workText(r.Cost, c.Costs.Work > 0), secondsText(r.Cost.Seconds()))
		if zoom {
			row = append(row, quotient("%.1fx", r.OverZoomMIL.Work), quotient("%.1fx", r.OverZoomMIL.Seconds))
		}
		if eff {
			row = append(row, quotient("%.1fx", r.OverEff.Work), quotient("%.1fx", r.OverEff.Seconds))
		}
		t.add(row...)
	}
	return t
}

// readText is how many patches of a test slide a method reads, and what share that
// is of those at the highest magnification.
func (c *Comparison) readText(r ComparisonRow) string {
	return fmt.Sprintf("%.0f (%.0f %%)", r.Read, 100*r.Read/c.Training.highest())
}

// highest is how many patches a test slide has at the highest magnification.
func (t *TrainingSummary) highest() float64 { return t.Patches[len(t.Patches)-1] }

// slide says how large a test slide is in the mean.
func (t *TrainingSummary) slide() string {
	var parts []string
	for i, n := range t.Patches {
		parts = append(parts, fmt.Sprintf("%.1f patches at %gx", n, t.Magnifications[i]))
	}
	return strings.Join(parts, ", ")
}

func (c *Comparison) has(name string) bool {
	return slices.ContainsFunc(c.Rows, func(r ComparisonRow) bool { return r.Name == name })
}

// references are the names of the rows that others are compared with.
func (c *Comparison) references() []string {
	return slices.DeleteFunc([]string{ZoomName, EffName}, func(name string) bool { return !c.has(name) })
}

func (s Spread) text() string {
	if !s.Mean.Defined() {
		return "-"
	}
	if !s.SD.Defined() {
		return fmt.Sprintf("%.3f", s.Mean)
	}
	return fmt.Sprintf("%.3f +- %.3f", s.Mean, s.SD)
}

// workText is in thousand millions.
func workText(c SlideCost, known bool) string {
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.1f G", float64(c.Work())/1e9)
}

// secondsText has three digits.
func secondsText(s float64) string {
	digits := 2 - int(math.Floor(math.Log10(max(s, 1e-6))))
	return strconv.FormatFloat(s, 'f', max(digits, 0), 64)
}

// Head says where and how the comparison was made, a sentence a line.
func (c *Comparison) Head() []string {
	lines := origin(c.Version, c.Machine, c.Command)
	if t := c.Training; t != nil {
		lines = append(lines,
			fmt.Sprintf("dataset: %s, slides: %d to train, %d to validate, %d to test", t.Dataset, t.Slides[train.Training.String()], t.Slides[train.Validation.String()], t.Slides[train.Test.String()]),
			fmt.Sprintf("%s; %d epochs; %s", seedsText(t.Seeds), t.Epochs, t.Settings),
			fmt.Sprintf("read: patches that the trained method encodes of a test slide, which has %s in the mean, and their share of those at %gx%s", t.slide(), t.Magnifications[len(t.Magnifications)-1], c.trainedK()))
		for _, w := range t.Warnings {
			lines = append(lines, "note: "+w)
		}
	}
	return append(lines, c.costLines()...)
}

// costLines say what the costs are of.
func (c *Comparison) costLines() []string {
	var parts []string
	for i, n := range c.Slide {
		parts = append(parts, fmt.Sprintf("%d patches at %gx", n, c.Magnifications[i]))
	}
	work := fmt.Sprintf("%.3f G multiply-adds a patch", float64(c.Costs.Work)/1e9)
	if c.Costs.Work == 0 {
		work = "whose multiply-adds cannot be counted"
	}
	lines := []string{
		fmt.Sprintf("costs: of a slide of %s, as the paper's%s; networks of the published sizes", strings.Join(parts, ", "), c.paperK()),
		fmt.Sprintf("seconds: encoding the patches that a method reads at %.1f patches/s, measured with %s (%s), and its own network, measured on random features of that number; on %s",
			c.Costs.Rate, c.Costs.Encoder, work, PlaceName(c.Device, c.Threads)),
		"times: patches over the one rate, so that they hardly differ from the ratios of work; reading the slide is not in them",
		"multiply-adds: those of products of matrices and convolutions, counted in the graphs of the encoder and of the network",
	}
	lines = append(lines, shortfall(c.Device)...)
	for _, n := range c.Costs.Notes {
		lines = append(lines, "note: "+n)
	}
	return lines
}

// trainedK says with which k the methods that zoom were trained.
func (c *Comparison) trainedK() string {
	text := ""
	for _, one := range c.contestants() {
		if len(one.K) > 0 && one.Reference {
			text += fmt.Sprintf("; %s has K = %s", one.Name, kText(one.K))
		}
	}
	return text
}

// paperK says with which k the costs are, where methods were trained with another.
func (c *Comparison) paperK() string {
	var parts []string
	for _, r := range c.Rows {
		if r.TrainedK != nil && r.Reference {
			parts = append(parts, fmt.Sprintf("%s with the paper's K = %s where it was trained with %s", r.Name, kText(r.K), kText(r.TrainedK)))
		}
	}
	if parts == nil {
		return ""
	}
	return ", " + strings.Join(parts, ", ")
}

// kText is k for each zoom, or the one that all have.
func kText(k []int) string {
	if one := slices.Compact(slices.Clone(k)); len(one) == 1 {
		k = one
	}
	return strings.Trim(fmt.Sprint(k), "[]")
}

// PlaceName is a device in words; threads are those of a processor.
func PlaceName(d result.Device, threads int) string {
	switch {
	case d.Used != "cpu":
		return d.Name
	case threads == 1:
		return "one core"
	}
	return fmt.Sprintf("%d cores", threads)
}

// Print writes the head and the table.
func (c *Comparison) Print(w io.Writer) error { return printStudy(w, c.Head(), c.Table()) }

// WriteCSV writes a row per method (RFC 4180), with every figure in full.
func (c *Comparison) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write([]string{
		"method", "magnifications", "weighted_f1", "weighted_f1_sd", "accuracy", "accuracy_sd", "auc", "auc_sd", "test_patches_read", "patches",
		"encoder_multiply_adds", "head_multiply_adds", "encode_seconds", "head_seconds",
		"work_over_zoommil", "seconds_over_zoommil", "work_over_eff", "seconds_over_eff",
	})
	for _, r := range c.Rows {
		row := []string{r.Name, r.Scales()}
		s := r.Test
		if s == nil {
			none := Spread{train.Undefined(), train.Undefined()}
			s = &Standing{WeightedF1: none, Accuracy: none, AUC: none}
		}
		for _, f := range []Spread{s.WeightedF1, s.Accuracy, s.AUC} {
			row = append(row, exact(f.Mean), exact(f.SD))
		}
		read := train.Undefined()
		if r.Test != nil {
			read = train.Number(r.Read)
		}
		row = append(row, exact(read), fmt.Sprint(r.Cost.Patches), fmt.Sprint(r.Cost.EncoderWork), fmt.Sprint(r.Cost.HeadWork),
			exact(train.Number(r.Cost.EncodeSeconds)), exact(train.Number(r.Cost.HeadSeconds)))
		for _, m := range []*Multiple{r.OverZoomMIL, r.OverEff} {
			if m == nil {
				m = &Multiple{math.NaN(), math.NaN()}
			}
			row = append(row, exact(train.Number(m.Work)), exact(train.Number(m.Seconds)))
		}
		out.Write(row)
	}
	out.Flush()
	return out.Error()
}

// exact writes x so that reading it gives x again; nothing for what is undefined.
func exact(x train.Number) string {
	if !x.Defined() {
		return ""
	}
	return strconv.FormatFloat(float64(x), 'g', -1, 64)
}

// WriteConfusion writes a confusion matrix as CSV: a row for each truth, a column
// for each class that was said.
func WriteConfusion(w io.Writer, classes []string, counts [][]int) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write(append([]string{"truth"}, classes...))
	for i, row := range counts {
		line := []string{classes[i]}
		for _, n := range row {
			line = append(line, strconv.Itoa(n))
		}
		out.Write(line)
	}
	out.Flush()
	return out.Error()
}
