package bench

import (
	"context"
	"errors"
	"fmt"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/train"
)

// forward runs a model file over the bags of slides, one after the other, and hands
// on what it makes of each. Errors name the model or the bag.
func forward(ctx context.Context, o nn.Opener, model string, samples []train.Sample,
	each func(s train.Sample, m *mil.Model, v *bag.View, out *mil.Outcome) error) (err error) {
	m, err := mil.Load(model)
	if err != nil {
		return err
	}
	n, err := m.Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	for _, s := range samples {
		f, v, err := open(s, m.Config().Magnifications)
		if err != nil {
			return err
		}
		out, err := n.Forward(ctx, v)
		if err == nil {
			err = each(s, m, v, out)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", s.Bag, err)
		}
	}
	return nil
}
