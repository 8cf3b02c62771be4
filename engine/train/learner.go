package train

import (
	"context"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
)

// Learner is a method in training on a device, as every mil.Learner is. It belongs to
// one goroutine.
type Learner interface {
	// Step takes one optimizer step on one slide and returns the loss before it.
	// Everything random in it comes from o.Seed. A loss that is not finite is
	// returned, or is an error that wraps mil.ErrNotFinite.
	Step(ctx context.Context, s mil.Source, label int, o StepOptions) (loss float64, err error)
	Predictor
	// State is everything the learner needs to go on: weights and optimizer
	// state, float32, by name. The tensors are the learner's own: not to be
	// written to, valid until the next Step.
	State() map[string]*nn.Tensor
	// Restore takes up what State gave, of this or an earlier process. Tensors
	// that are missing, left over or of another shape are an error.
	Restore(map[string]*nn.Tensor) error
	// Weights are those of State that make up the model file.
	Weights() map[string]*nn.Tensor
}

// StepOptions are what changes from step to step.
type StepOptions = mil.StepOptions

// Predictor classifies the slides it is given.
type Predictor interface {
	// Predict runs the present weights in evaluation mode and returns a logit
	// for each class.
	Predict(ctx context.Context, s mil.Source) (logits []float64, err error)
}

// Network makes a Predictor of a finished model.
type Network struct{ *mil.Network }

// Predict implements Predictor.
func (n Network) Predict(ctx context.Context, s mil.Source) ([]float64, error) {
	out, err := n.Forward(ctx, s)
	if err != nil {
		return nil, err
	}
	logits := make([]float64, len(out.Logits))
	for i, v := range out.Logits {
		logits[i] = float64(v)
	}
	return logits, nil
}
