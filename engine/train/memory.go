package train

import (
	"fmt"
	"slices"

	"zoomscope/engine/internal/memory"
	"zoomscope/engine/mil"
)

// Predictors and learners that know how much memory they need at the least for a
// slide, in bytes; 0 where that has no bound.
type (
	answering interface{ LeastMemory(mil.Source) int64 }
	stepping  interface{ LeastStepMemory(mil.Source) int64 }
)

// room is how much memory is free, and what must fit in.
type room struct {
	data *Dataset
	bags *bagCache
	free func() (bytes int64, known bool) // nil asks the system
}

// forAnswers makes sure that a predictor can take the largest of some slides.
func (r room) forAnswers(p Predictor, samples []Sample) error {
	if m, ok := p.(answering); ok {
		return r.check(samples, "an answer", m.LeastMemory)
	}
	return nil
}

// forSteps makes sure that a learner can be trained on the largest of some slides.
func (r room) forSteps(l Learner, samples []Sample) error {
	if m, ok := l.(stepping); ok {
		return r.check(samples, "a step of training", m.LeastStepMemory)
	}
	return nil
}

// check makes sure that there is what the largest slide needs, as far as the system
// tells. The error wraps mil.ErrMemory.
func (r room) check(samples []Sample, what string, least func(mil.Source) int64) error {
	free := r.free
	if free == nil {
		free = memory.Free
	}
	have, known := free()
	if !known || len(samples) == 0 {
		return nil
	}
	largest := slices.MaxFunc(samples, func(a, b Sample) int { return a.patches() - b.patches() })
	source, err := r.bags.get(&largest)
	if err != nil {
		return err
	}
	need := least(source)
	if need <= have {
		return nil
	}
	return fmt.Errorf("slide %s: %w: the method takes all its %d patches (%s) at once, for which %s needs %s or more, and %s are free; a lower magnification has fewer, %s does not take all",
		largest.Name, mil.ErrMemory, largest.patches(), r.data.magnificationsText(), what, memory.Text(need), memory.Text(have), mil.ZoomMIL)
}

// patches are those of all magnifications.
func (s *Sample) patches() int {
	n := 0
	for _, p := range s.Patches {
		n += p
	}
	return n
}

// magnificationsText is "5x, 10x".
func (d *Dataset) magnificationsText() string {
	text := ""
	for i, m := range d.Magnifications {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%gx", m)
	}
	return text
}
