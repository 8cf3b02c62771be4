package bench

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// FrontierFormat is what the JSON of a frontier says it is.
const FrontierFormat = "zoomscope-frontier/1"

// Frontier is the throughput of the methods of a study against how well they do
// (the paper's Figure 3), on one core and on another device.
type Frontier struct {
	Format   string           `json:"format"`
	Version  string           `json:"version"`
	Command  string           `json:"command"`
	Machine  Machine          `json:"machine"`
	Study    string           `json:"study"`
	Trained  *TrainingSummary `json:"training"`
	Encoder  string           `json:"encoder"`
	Slide    []int            `json:"slide_patches"` // at each magnification
	Pictures float64          `json:"megapixels"`    // of the slide's tissue at the highest magnification
	Series   []FrontierSeries `json:"series"`
	Notice   string           `json:"notice"` // always result.ResearchUse
}

// FrontierSeries is what was measured at one place.
type FrontierSeries struct {
	Place  string          `json:"place"`
	Device result.Device   `json:"device"`
	Rate   float64         `json:"patches_a_second"`
	Points []FrontierPoint `json:"points"`
}

// FrontierPoint is one method.
type FrontierPoint struct {
	Contestant
	WeightedF1 Spread  `json:"weighted_f1"`
	Slides     float64 `json:"slides_an_hour"`
	Megapixels float64 `json:"megapixels_an_hour"`
	// Best says that no other method is at least as good and about as fast, and
	// better in one of the two.
	Best bool `json:"on_frontier"`
}

// NewFrontier is that of a comparison whose methods were trained, without any
// place yet.
func NewFrontier(c *Comparison) (*Frontier, error) {
	if c.Training == nil {
		return nil, errors.New("the comparison has costs alone: its methods were not trained")
	}
	slide, err := c.testSlide()
	if err != nil {
		return nil, err
	}
	patches, side := slide.Patches(), float64(encoder.Side)
	return &Frontier{
		Format: FrontierFormat, Machine: ThisMachine(), Study: c.Study, Trained: c.Training, Notice: result.ResearchUse,
		Slide: patches, Pictures: float64(patches[len(patches)-1]) * side * side / 1e6,
	}, nil
}

// testSlide is a study of the comparison's methods whose slide is as large as the
// test slides were in the mean, which are those that the accuracy is of.
func (c *Comparison) testSlide() (Study, error) {
	t := c.Training
	if len(t.Patches) == 0 {
		return Study{}, errors.New("the comparison does not know how large its test slides were: run bench table once more, which keeps its runs")
	}
	ratio := c.Magnifications[0] / t.Magnifications[0]
	low := max(1, int(math.Round(t.Patches[0]*ratio*ratio)))
	return Study{Name: c.Study, Magnifications: c.Magnifications, Low: low, Classes: len(t.Classes)}, nil
}

// contestants are the methods with the k that they were trained with.
func (c *Comparison) contestants() []Contestant {
	var all []Contestant
	for _, r := range c.Rows {
		if r.TrainedK != nil {
			r.K = r.TrainedK
		}
		all = append(all, r.Contestant)
	}
	return all
}

// Add measures what the methods of the comparison take at a place, and notes how
// many slides an hour that makes. Of the case, the study and the contestants are
// filled in.
func (f *Frontier) Add(ctx context.Context, c *Comparison, costs CostCase, place FrontierSeries, progress func(result.Progress)) error {
	var err error
	if costs.Study, err = c.testSlide(); err != nil {
		return err
	}
	costs.Contestants = c.contestants()
	measured, err := costs.Measure(ctx, progress)
	if err != nil {
		return err
	}
	place.Rate, f.Encoder = measured.Rate, measured.Encoder
	for i, r := range c.Rows {
		if r.Test == nil {
			return fmt.Errorf("%s was not tested", r.Name)
		}
		slides := 3600 / measured.Rows[i].Seconds()
		place.Points = append(place.Points, FrontierPoint{
			Contestant: costs.Contestants[i], WeightedF1: r.Test.WeightedF1, Slides: slides, Megapixels: slides * f.Pictures,
		})
	}
	markBest(place.Points)
	f.Series = append(f.Series, place)
	return nil
}

// markBest finds the points that none beats.
func markBest(points []FrontierPoint) {
	for i := range points {
		p := &points[i]
		p.Best = p.WeightedF1.Mean.Defined() && !slices.ContainsFunc(points, func(q FrontierPoint) bool { return q.beats(*p) })
	}
}

// sameSpeed is how much faster is hardly faster: a head's time is measured apart
// from another's.
const sameSpeed = 1.01

func (p FrontierPoint) beats(q FrontierPoint) bool {
	return p.WeightedF1.Mean >= q.WeightedF1.Mean && p.Slides*sameSpeed >= q.Slides &&
		(p.WeightedF1.Mean > q.WeightedF1.Mean || p.Slides > q.Slides*sameSpeed)
}

// Table shows the methods, at each place the fastest first.
func (f *Frontier) Table() Table {
	t := Table{Head: []string{"method", "at", "on", "weighted F1", "slides an hour", "megapixels an hour", "frontier"}}
	for _, s := range f.Series {
		points := slices.Clone(s.Points)
		slices.SortStableFunc(points, func(a, b FrontierPoint) int { return cmp.Compare(b.Slides, a.Slides) })
		for _, p := range points {
			best := ""
			if p.Best {
				best = "yes"
			}
			t.add(p.Name, p.Scales(), s.Place, p.WeightedF1.text(), secondsText(p.Slides), fmt.Sprintf("%.0f", p.Megapixels), best)
		}
	}
	return t
}

// Head says how the frontier was made, a sentence a line.
func (f *Frontier) Head() []string {
	lines := append(origin(f.Version, f.Machine, f.Command),
		fmt.Sprintf("weighted F1: of the methods trained on %s, %d seeds, %d epochs; %s", f.Trained.Dataset, len(f.Trained.Seeds), f.Trained.Epochs, f.Trained.Settings),
		fmt.Sprintf("throughput: of a slide as large as a test slide in the mean (%.1f megapixels of tissue): encoding the patches that the method, as it was trained, reads, and its own network of the published size", f.Pictures))
	for _, s := range f.Series {
		lines = append(lines, fmt.Sprintf("%s: %.1f patches/s with %s", s.Place, s.Rate, f.Encoder))
		lines = append(lines, shortfall(s.Device)...)
	}
	return lines
}

// Print writes the head and the table.
func (f *Frontier) Print(w io.Writer) error { return printStudy(w, f.Head(), f.Table()) }

// WriteJSON writes all of it.
func (f *Frontier) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(f)
}

// WriteCSV writes a row per method and place (RFC 4180), with every figure in full.
func (f *Frontier) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write([]string{"method", "magnifications", "on", "weighted_f1", "weighted_f1_sd", "slides_an_hour", "megapixels_an_hour", "on_frontier"})
	for _, s := range f.Series {
		for _, p := range s.Points {
			out.Write([]string{
				p.Name, p.Scales(), s.Place, exact(p.WeightedF1.Mean), exact(p.WeightedF1.SD),
				exact(train.Number(p.Slides)), exact(train.Number(p.Megapixels)), fmt.Sprint(p.Best),
			})
		}
	}
	out.Flush()
	return out.Error()
}
