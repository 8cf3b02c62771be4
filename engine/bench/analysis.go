package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"zoomscope/engine/encoder"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// budgetOfAnalysis is what the analysis of a slide may take, in the time that its
// patches take to encode.
const budgetOfAnalysis = 1.15

// Opened opens a slide anew, so that nothing of it is cached, and says which
// resolution to take it at.
type Opened func(ctx context.Context) (slideio.Slide, slideio.Resolution, error)

// AnalysisCase is a model to be measured on one slide.
type AnalysisCase struct {
	Slide  Opened
	Spec   *encoder.Spec
	Device nn.Opener
	Engine *zoom.Engine // a model over the same encoder on the same device
	Batch  int
}

// AnalysisTimes is what came out. Times are medians, in seconds.
type AnalysisTimes struct {
	Slide      string `json:"slide"`
	Width      int    `json:"width"` // in level-0 pixels
	Height     int    `json:"height"`
	Encoder    string `json:"encoder"`
	Rounds     int    `json:"rounds"`
	Encoded    int    `json:"encoded"`    // patches
	Exhaustive int    `json:"exhaustive"` // patches without zooming

	Bare     float64        `json:"bare"` // to encode as many patches bare
	Seconds  result.Seconds `json:"seconds"`
	OverBare Quotient       `json:"over_bare"` // Seconds.Total / Bare, round by round

	Verdicts []Verdict `json:"verdicts"`
}

// Analysis measures the analysis of a slide, from the open slide to the result,
// against the bare encoding of as many patches.
func Analysis(ctx context.Context, c AnalysisCase, rounds int, begin func(done, total int)) (_ *AnalysisTimes, err error) {
	bare, err := OpenBare(c.Device, c.Spec, c.Batch, Tiles(c.Batch, 1))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	first, _, err := analyse(ctx, c)
	if err != nil {
		return nil, err
	}
	var results []*result.Result
	times, err := Alternate(ctx, rounds, []Contender{
		{"bare", func(ctx context.Context) (Spent, error) { return bare.Run(ctx, first.Counts.Encoded) }},
		{"analysis", func(ctx context.Context) (Spent, error) {
			r, took, err := analyse(ctx, c)
			if err != nil {
				return took, err
			}
			if r.Counts != first.Counts {
				return took, fmt.Errorf("%s: encoded %v, and before that %v", r.Slide.Path, r.Counts, first.Counts)
			}
			results = append(results, r)
			return took, nil
		}},
	}, begin)
	if err != nil {
		return nil, err
	}
	out := &AnalysisTimes{
		Slide: first.Slide.Path, Width: first.Slide.Width, Height: first.Slide.Height,
		Encoder: first.Encoder.Name, Rounds: rounds,
		Encoded: first.Counts.Encoded, Exhaustive: first.Counts.Exhaustive,
		Bare: times[0].Seconds(), Seconds: medians(results[1:]), OverBare: Ratio(times[1], times[0]),
	}
	what := fmt.Sprintf("%s, %s, analysis / bare", filepath.Base(out.Slide), out.Encoder)
	out.Verdicts = []Verdict{AtMost(what, out.OverBare.Wall, budgetOfAnalysis, "")}
	return out, nil
}

// analyse runs the model over the slide once.
func analyse(ctx context.Context, c AnalysisCase) (r *result.Result, took Spent, err error) {
	slide, resolution, err := c.Slide(ctx)
	if err != nil {
		return nil, took, err
	}
	defer slide.Close()
	took, err = measure(func() error {
		r, err = c.Engine.Analyze(ctx, zoom.Request{Slide: slide, Resolution: resolution}, nil)
		return err
	})
	return r, took, err
}

// medians are the medians of the parts, each for itself.
func medians(results []*result.Result) result.Seconds {
	of := func(part func(result.Seconds) float64) float64 {
		var values []float64
		for _, r := range results {
			values = append(values, part(r.Seconds))
		}
		return Median(values)
	}
	return result.Seconds{
		Tissue: of(func(s result.Seconds) float64 { return s.Tissue }),
		Read:   of(func(s result.Seconds) float64 { return s.Read }),
		Encode: of(func(s result.Seconds) float64 { return s.Encode }),
		Heads:  of(func(s result.Seconds) float64 { return s.Heads }),
		Total:  of(func(s result.Seconds) float64 { return s.Total }),
	}
}
