package train

import (
	"context"
	"errors"
	"fmt"

	"zoomscope/engine/bag"
	"zoomscope/engine/mil"
)

// ErrDiverged is wrapped by the error for an attention, a logit, a loss or a
// gradient that is not finite. The error says what is to blame.
var ErrDiverged = errors.New("not finite")

// divergence is an error that wraps ErrDiverged.
type divergence struct {
	error
	blame string
}

func (d divergence) Error() string { return d.error.Error() + ": " + d.blame }

func (d divergence) Unwrap() []error { return []error{d.error, ErrDiverged} }

// diagnose makes an error for numbers that are not finite, which came of a sample
// of d with source s, one that wraps ErrDiverged and says which feature is to blame; if none
// is, then sound says what else. Other errors, and none, stay as they are.
func (d *Dataset) diagnose(err error, of *Sample, s mil.Source, sound string) error {
	if !errors.Is(err, mil.ErrNotFinite) {
		return err
	}
	blame := sound
	if bad := d.findNotFinite(s); bad != nil {
		blame = bad.Error() + of.remedy()
	}
	return divergence{err, blame}
}

// remedy says what to do about features that are not finite.
func (s *Sample) remedy() string {
	if s.Bag == "" {
		return ""
	}
	return ": " + bag.Remedy(s.Bag)
}

// findNotFinite looks through all features of a slide and returns an error for
// the first that is not finite, or for what cannot be read.
func (d *Dataset) findNotFinite(s mil.Source) error {
	const atOnce = 256
	dim := d.Encoder.Dim
	features := make([]float32, atOnce*dim)
	for level, m := range d.Magnifications {
		for from := 0; from < s.Len(level); from += atOnce {
			rows := make([]int, min(atOnce, s.Len(level)-from))
			for i := range rows {
				rows[i] = from + i
			}
			x := features[:len(rows)*dim]
			if err := s.Features(x, level, rows); err != nil {
				return err
			}
			if err := checkFinite(x, rows, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkFinite makes sure that the features of patches at a magnification are
// finite.
func checkFinite(features []float32, patches []int, magnification float64) error {
	dim := len(features) / max(1, len(patches))
	for i, v := range features {
		if v-v != 0 { // not finite
			return fmt.Errorf("feature %d of patch %d at %gx is %v", i%dim, patches[i/dim], magnification, v)
		}
	}
	return nil
}

// ended is the cause of ctx where err came of its end, in whatever words; else
// err as it is.
func ended(ctx context.Context, err error) error {
	if end := ctx.Err(); err != nil && end != nil && (errors.Is(err, end) || errors.Is(err, context.Cause(ctx))) {
		return context.Cause(ctx)
	}
	return err
}
