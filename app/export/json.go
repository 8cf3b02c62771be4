package export

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"zoomscope/engine/result"
)

// maxJSON bounds what ReadJSON takes into memory, in bytes: some 1.5 million patches.
const maxJSON = 512 << 20

// WriteJSON writes the result as indented JSON, keys in a fixed order, empty
// lists as []. A result that ReadJSON would refuse is an error, and nothing is
// written.
func WriteJSON(w io.Writer, r *result.Result) error {
	if err := Check(r); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(withoutNil(*r))
}

// withoutNil replaces nil slices, which JSON would write as null.
func withoutNil(r result.Result) result.Result {
	list(&r.Model.Magnifications)
	list(&r.Model.K)
	list(&r.Model.Classes)
	list(&r.Device.Tried)
	list(&r.Prediction.Probabilities)
	list(&r.Prediction.Logits)
	list(&r.Warnings)
	list(&r.Levels)
	r.Levels = slices.Clone(r.Levels)
	for i := range r.Levels {
		list(&r.Levels[i].Patches)
	}
	return r
}

func list[T any](s *[]T) {
	if *s == nil {
		*s = []T{}
	}
}

// ReadJSON reads what WriteJSON wrote. Unknown keys are passed over; another
// version, values outside their bounds and anything after the document are errors.
func ReadJSON(rd io.Reader) (*result.Result, error) {
	lim := &io.LimitedReader{R: rd, N: maxJSON + 1}
	dec := json.NewDecoder(lim)
	r := new(result.Result)
	err := dec.Decode(r)
	if err == nil {
		_, err = dec.Token()
		if err == nil {
			err = fmt.Errorf("more after the end")
		} else if err == io.EOF {
			err = nil
		}
	}
	if lim.N <= 0 {
		return nil, fmt.Errorf("result: larger than %d MB", maxJSON>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	if err := Check(r); err != nil {
		return nil, err
	}
	return r, nil
}

// Check reports the first thing that makes r no valid result: another version,
// numbers that are not finite, sizes and indices out of bounds.
func Check(r *result.Result) error {
	if r.Version != result.Version {
		return fmt.Errorf("result: version %d, this program reads version %d", r.Version, result.Version)
	}
	for _, check := range []func(*result.Result) error{checkSlide, checkModel, checkPrediction, checkLevels, checkSeconds} {
		if err := check(r); err != nil {
			return fmt.Errorf("result: %w", err)
		}
	}
	return nil
}

// maxSide is the longest side of a slide, in pixels, that is believed.
const maxSide = 1 << 31

func checkSlide(r *result.Result) error {
	s := r.Slide
	if s.Width <= 0 || s.Height <= 0 || s.Width > maxSide || s.Height > maxSide {
		return fmt.Errorf("slide of %d x %d pixels", s.Width, s.Height)
	}
	for _, mpp := range s.MPP {
		if !within(mpp, 0, 1e6) {
			return fmt.Errorf("slide: %v micrometres per pixel", mpp)
		}
	}
	b := s.Bounds
	if !within(b.X, 0, float64(s.Width)) || !within(b.Y, 0, float64(s.Height)) ||
		!within(b.Width, 0, float64(s.Width)-b.X) || !within(b.Height, 0, float64(s.Height)-b.Y) ||
		b.Width > 0 && b.Width < 1 || b.Height > 0 && b.Height < 1 {
		return fmt.Errorf("slide: bounds %v outside %d x %d pixels", b, s.Width, s.Height)
	}
	return nil
}

func checkModel(r *result.Result) error {
	last := 0.0
	for _, m := range r.Model.Magnifications {
		if !within(m, 0, 1e4) || m <= last {
			return fmt.Errorf("model: magnifications %v do not rise", r.Model.Magnifications)
		}
		last = m
	}
	for _, k := range r.Model.K {
		if k < 0 {
			return fmt.Errorf("model: k is %d", k)
		}
	}
	if r.Encoder.Dim < 0 {
		return fmt.Errorf("encoder: %d values per patch", r.Encoder.Dim)
	}
	if r.Counts.Encoded < 0 || r.Counts.Exhaustive < 0 {
		return fmt.Errorf("counts: %d encoded of %d", r.Counts.Encoded, r.Counts.Exhaustive)
	}
	return nil
}

func checkPrediction(r *result.Result) error {
	p, classes := r.Prediction, len(r.Model.Classes)
	if n := len(p.Probabilities); n != 0 && n != classes {
		return fmt.Errorf("prediction: %d probabilities for %d classes", n, classes)
	}
	for _, v := range p.Probabilities {
		if !within(v, 0, 1+tolerance) {
			return fmt.Errorf("prediction: probability %v", v)
		}
	}
	for _, v := range p.Logits {
		if !finite(v) {
			return fmt.Errorf("prediction: logit %v", v)
		}
	}
	return nil
}

// tolerance is what float32 softmaxes are allowed to exceed 1 by.
const tolerance = 1e-4

func checkLevels(r *result.Result) error {
	if n := len(r.Model.Magnifications); n != len(r.Levels) {
		return fmt.Errorf("%d levels for %d magnifications", len(r.Levels), n)
	}
	parents := 0
	for i, level := range r.Levels {
		if level.Magnification != r.Model.Magnifications[i] {
			return fmt.Errorf("level %d is %s, the model's is %s", i, magName(level.Magnification), magName(r.Model.Magnifications[i]))
		}
		if level.NoAttention && slices.ContainsFunc(level.Patches, func(p result.Patch) bool { return p.Attention != 0 }) {
			return fmt.Errorf("%s: attention of a method without", magName(level.Magnification))
		}
		for j, p := range level.Patches {
			if err := checkPatch(p, i, parents); err != nil {
				return fmt.Errorf("%s patch %d: %w", magName(level.Magnification), j, err)
			}
		}
		parents = len(level.Patches)
	}
	return nil
}

func checkPatch(p result.Patch, level, parents int) error {
	switch {
	case !within(p.X, -maxSide, maxSide) || !within(p.Y, -maxSide, maxSide):
		return fmt.Errorf("at %v, %v", p.X, p.Y)
	case !within(p.Size, 0, maxSide) || !within(p.Height, 0, maxSide) || p.Size == 0 || p.Height == 0:
		return fmt.Errorf("size %v x %v", p.Size, p.Height)
	case !within(p.Attention, 0, 1+tolerance):
		return fmt.Errorf("attention %v", p.Attention)
	case !within(p.ZoomAttention, 0, 1+tolerance):
		return fmt.Errorf("zoom attention %v", p.ZoomAttention)
	case level == 0 && p.Parent != -1:
		return fmt.Errorf("parent %d at the lowest magnification", p.Parent)
	case level > 0 && (p.Parent < 0 || p.Parent >= parents):
		return fmt.Errorf("parent %d of %d", p.Parent, parents)
	}
	return nil
}

func checkSeconds(r *result.Result) error {
	s := r.Seconds
	for _, v := range []float64{s.Tissue, s.Read, s.Encode, s.Heads, s.Total} {
		if !within(v, 0, math.MaxFloat64) {
			return fmt.Errorf("%v seconds", v)
		}
	}
	return nil
}

// within reports whether low <= v <= high; NaN is not.
func within(v, low, high float64) bool { return v >= low && v <= high }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
