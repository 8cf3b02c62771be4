package train

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

// Prediction is what a model says of a slide.
type Prediction struct {
	Slide         string // the sample's name
	Class         int    // the truth
	Predicted     int    // the class of the highest logit, of equals the first
	Logits        []float64
	Probabilities []float64
}

// EvaluateOptions say how samples are evaluated. The zero value is of use.
type EvaluateOptions struct {
	Resamples int // of the bootstrap; 0 for DefaultResamples, below for none
	Seed      uint64
	Progress  func(result.Progress) // may be nil

	free func() (bytes int64, known bool) // memory; nil asks the system
}

func (o EvaluateOptions) resamples() int {
	if o.Resamples == 0 {
		return DefaultResamples
	}
	return max(0, o.Resamples)
}

// Evaluate runs p on samples of d, in their order, and measures it. The error for
// a slide names it; one that wraps ErrDiverged says that the model's answer is no
// number, and what is to blame. When ctx ends, it is context.Cause of it. A p that
// takes all patches of a slide at once, and needs more memory for the largest one than
// is free, is an error that wraps mil.ErrMemory before anything is run.
func Evaluate(ctx context.Context, p Predictor, d *Dataset, samples []Sample, o EvaluateOptions) (*Metrics, []Prediction, error) {
	bags := openBags(d.Magnifications, maxOpen)
	defer bags.Close()
	if err := (room{d, bags, o.free}).forAnswers(p, samples); err != nil {
		return nil, nil, err
	}
	e := evaluator{p, d, bags, "the features are sound, so the weights of the model are to blame"}
	m, predictions, err := e.evaluate(ctx, samples, o, "evaluating")
	return m, predictions, ended(ctx, err)
}

// evaluator runs a predictor on slides of a dataset.
type evaluator struct {
	predictor Predictor
	data      *Dataset
	bags      *bagCache
	sound     string // what is to blame for an answer that is no number when the features are sound
}

func (e *evaluator) evaluate(ctx context.Context, samples []Sample, o EvaluateOptions, stage string) (*Metrics, []Prediction, error) {
	report := result.Throttle(o.Progress)
	predictions := make([]Prediction, 0, len(samples))
	for i, s := range samples {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		report(result.Progress{Stage: stage, Done: i, Total: len(samples)})
		one, err := e.predict(ctx, s)
		if err != nil {
			return nil, nil, fmt.Errorf("slide %s: %w", s.Name, err)
		}
		predictions = append(predictions, one)
	}
	report(result.Progress{Stage: stage, Done: len(samples), Total: len(samples)})
	return Measure(e.data.Classes, predictions, o.resamples(), o.Seed), predictions, nil
}

func (e *evaluator) predict(ctx context.Context, s Sample) (Prediction, error) {
	source, err := e.bags.get(&s)
	if err != nil {
		return Prediction{}, err
	}
	logits, err := e.predictor.Predict(ctx, source)
	if err == nil {
		err = checkLogits(logits, len(e.data.Classes))
	}
	if err != nil {
		return Prediction{}, e.data.diagnose(err, &s, source, e.sound)
	}
	out := Prediction{Slide: s.Name, Class: s.Class, Logits: logits}
	all := logSumExp(logits, -1)
	for i, v := range logits {
		out.Probabilities = append(out.Probabilities, math.Exp(v-all))
		if v > logits[out.Predicted] {
			out.Predicted = i
		}
	}
	return out, nil
}

// checkLogits makes sure that there is one for each class, and a number.
func checkLogits(logits []float64, classes int) error {
	if len(logits) != classes {
		return fmt.Errorf("%d logits for %d classes", len(logits), classes)
	}
	for i, v := range logits {
		if v-v != 0 { // not finite
			return fmt.Errorf("logit of class %d is %v: %w", i, v, mil.ErrNotFinite)
		}
	}
	return nil
}

// WritePredictions writes a line per slide: slide, label, predicted, and the
// probability of each class.
func WritePredictions(w io.Writer, classes []string, predictions []Prediction) error {
	out := csv.NewWriter(w)
	header := []string{"slide", "label", "predicted"}
	for _, c := range classes {
		header = append(header, "probability "+c)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, p := range predictions {
		line := []string{p.Slide, classes[p.Class], classes[p.Predicted]}
		for _, v := range p.Probabilities {
			line = append(line, strconv.FormatFloat(v, 'g', -1, 64))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// SavePredictions writes them to a file, which appears whole or not at all.
func SavePredictions(path string, classes []string, predictions []Prediction) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return WritePredictions(w, classes, predictions) })
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
