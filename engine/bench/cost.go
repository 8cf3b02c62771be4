package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"zoomscope/engine/encoder"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
)

// SlideCost is what a method takes for a slide of the study's size: to encode
// patches, and to run its own network on their features, the head. Both are
// those of the sizes that the method was published with.
type SlideCost struct {
	Patches       int     `json:"patches"` // that must be encoded, of all magnifications
	EncoderWork   int64   `json:"encoder_multiply_adds"`
	HeadWork      int64   `json:"head_multiply_adds"`
	EncodeSeconds float64 `json:"encode_seconds"` // patches at the encoder's rate
	HeadSeconds   float64 `json:"head_seconds"`
}

// Work is all multiply-adds.
func (c SlideCost) Work() int64 { return c.EncoderWork + c.HeadWork }

// Seconds are those of encoding and of the head.
func (c SlideCost) Seconds() float64 { return c.EncodeSeconds + c.HeadSeconds }

// CostCase is a study whose costs are measured on a device.
type CostCase struct {
	Study       Study
	Contestants []Contestant
	Spec        *encoder.Spec
	Device      nn.Opener
	Batch       int           // patches that the device encodes at once
	Long        time.Duration // how long a measurement goes on at the least; 0 for a second
}

// Costs are what was measured.
type Costs struct {
	Encoder string `json:"encoder"`
	// Work is the multiply-adds of one patch; 0 where the encoder's graph has parts
	// that cannot be counted.
	Work  int64       `json:"encoder_multiply_adds"`
	Rate  float64     `json:"patches_a_second"` // by the encoder alone
	Rows  []SlideCost `json:"-"`                // of the contestants
	Notes []string    `json:"notes,omitempty"`
}

// How long a measurement goes on, unless it is said, and how often it is made at
// the least.
const (
	costTime = time.Second
	costRuns = 3
)

// Measure counts the work of all contestants, and times the encoder and the heads.
func (c *CostCase) Measure(ctx context.Context, progress func(result.Progress)) (*Costs, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	report := result.Throttle(progress)
	steps := len(c.Contestants) + 1
	report(result.Progress{Stage: "costs", Total: steps})
	out := &Costs{Encoder: c.Spec.Card().Name}
	var err error
	if out.Work, err = EncoderWork(c.Spec); errors.Is(err, nn.ErrUncounted) {
		out.Notes = append(out.Notes, err.Error())
	} else if err != nil {
		return nil, err
	}
	if out.Rate, err = c.rate(ctx); err != nil {
		return nil, err
	}
	slide := c.Study.slide(c.Spec.Card().Dim)
	for i, who := range c.Contestants {
		report(result.Progress{Stage: "costs", Done: i + 1, Total: steps})
		cost, err := c.head(ctx, who, slide.at(who.Magnifications))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", who.Name, err)
		}
		cost.EncoderWork = int64(cost.Patches) * out.Work
		cost.EncodeSeconds = float64(cost.Patches) / out.Rate
		out.Rows = append(out.Rows, cost)
	}
	return out, nil
}

// check makes sure that the contestants are at magnifications of the study.
func (c *CostCase) check() error {
	for _, who := range c.Contestants {
		for _, m := range who.Magnifications {
			if !slices.Contains(c.Study.Magnifications, m) {
				return fmt.Errorf("%s at %gx: %s has the magnifications %v", who.Name, m, c.Study.Name, c.Study.Magnifications)
			}
		}
	}
	return nil
}

// rate is how many patches a second the encoder alone encodes.
func (c *CostCase) rate(ctx context.Context) (_ float64, err error) {
	bare, err := OpenBare(c.Device, c.Spec, c.Batch, Tiles(c.Batch, 1))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	seconds, err := median(ctx, 2*cmp.Or(c.Long, costTime), func() error {
		_, err := bare.Run(ctx, c.Batch)
		return err
	})
	return float64(c.Batch) / seconds, err
}

// median is the median time of some work, after a first run that does not count.
func median(ctx context.Context, long time.Duration, work func() error) (float64, error) {
	if err := work(); err != nil {
		return 0, err
	}
	var times []float64
	for start := time.Now(); len(times) < costRuns || time.Since(start) < long; {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		begin := time.Now()
		if err := work(); err != nil {
			return 0, err
		}
		times = append(times, time.Since(begin).Seconds())
	}
	return Median(times), nil
}

// head is what the network of a method takes for a slide whose patches are
// encoded.
func (c *CostCase) head(ctx context.Context, who Contestant, s layout) (cost SlideCost, err error) {
	config := c.Study.model(who, c.Spec.Card())
	m, err := mil.New(config, 1)
	if err != nil {
		return cost, err
	}
	var there []int
	for i := range who.Magnifications {
		there = append(there, s.Len(i))
	}
	for _, n := range config.Encodes(there) {
		cost.Patches += n
	}
	if cost.HeadWork, err = m.Work(s); err != nil {
		return cost, err
	}
	n, err := m.Open(c.Device)
	if err != nil {
		return cost, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	cost.HeadSeconds, err = median(ctx, cmp.Or(c.Long, costTime), func() error {
		_, err := n.Forward(ctx, s)
		return err
	})
	return cost, err
}

// model is the configuration of a contestant of the published sizes.
func (s Study) model(who Contestant, card encoder.Card) mil.Config {
	settings, _ := tissue.Preset("default")
	recipe := mil.Published(who.Method)
	c := mil.Config{
		Name: who.Key(), Method: who.Method, Magnifications: who.Magnifications, K: who.K, PatchSize: encoder.Side,
		Encoder: result.Encoder{Name: card.Name, Dim: card.Dim}, Tissue: settings,
		Sizes: recipe.Sizes, Classifier: recipe.Classifier,
	}
	for i := range s.Classes {
		c.Classes = append(c.Classes, fmt.Sprint(i))
	}
	return c
}

// layout is a slide whose patches have places and random features; a mil.Source.
type layout struct {
	magnifications []float64
	dim            int
	features       [][]float32 // of each magnification, [N, dim]
	cells          [][]grid.Cell
}

// Patches are how many a slide of the study has at each magnification.
func (s Study) Patches() []int {
	out := []int{s.Low}
	for i, m := range s.Magnifications[1:] {
		f := int(math.Round(m / s.Magnifications[i]))
		out = append(out, out[i]*f*f)
	}
	return out
}

// slide is one of the study's size, about as wide as high.
func (s Study) slide(dim int) layout {
	l := layout{magnifications: s.Magnifications, dim: dim}
	wide := int(math.Ceil(math.Sqrt(float64(s.Low))))
	var cells []grid.Cell
	for i := range s.Low {
		cells = append(cells, grid.Cell{Column: i % wide, Row: i / wide})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i, m := range s.Magnifications {
		if i > 0 {
			cells = divided(cells, int(math.Round(m/s.Magnifications[i-1])))
		}
		x := make([]float32, len(cells)*dim)
		for j := range x {
			x[j] = float32(r.NormFloat64())
		}
		l.cells, l.features = append(l.cells, cells), append(l.features, x)
	}
	return l
}

// divided are the f x f cells of each, those of one together.
func divided(cells []grid.Cell, f int) []grid.Cell {
	out := make([]grid.Cell, 0, len(cells)*f*f)
	for _, c := range cells {
		for i := range f * f {
			out = append(out, grid.Cell{Column: c.Column*f + i%f, Row: c.Row*f + i/f})
		}
	}
	return out
}

// at is the same slide at some of its magnifications.
func (l layout) at(magnifications []float64) layout {
	out := layout{magnifications: magnifications, dim: l.dim}
	for _, m := range magnifications {
		i := slices.Index(l.magnifications, m)
		out.features, out.cells = append(out.features, l.features[i]), append(out.cells, l.cells[i])
	}
	return out
}

// Len implements mil.Source.
func (l layout) Len(level int) int { return len(l.cells[level]) }

// Cells are the places of the patches.
func (l layout) Cells(level int) []grid.Cell { return l.cells[level] }

// Features implements mil.Source.
func (l layout) Features(dst []float32, level int, rows []int) error {
	for i, row := range rows {
		copy(dst[i*l.dim:(i+1)*l.dim], l.features[level][row*l.dim:])
	}
	return nil
}
