package mil

import (
	"context"
	"fmt"
)

// Source gives the features of one slide at every magnification of the model:
// those of the children of a patch stand together, in the order of the parents.
type Source interface {
	// Len is the number of patches of a level, 0 being the lowest.
	Len(level int) int
	// Features writes those of the patches named by rows to dst, which has
	// len(rows) * D values. It may be called from several goroutines at once.
	Features(dst []float32, level int, rows []int) error
}

// Outcome is what a model made of a slide.
type Outcome struct {
	Levels []LevelOutput
	// Rows are the patches of the source that reached each level: the outputs of
	// that level are in their order.
	Rows          [][]int
	Logits        []float32
	Probabilities []float32
}

// readRows is how many patches are asked of a Source at once.
const readRows = 1 << 12

// Forward runs the model on features that were made before. The number of
// children of a patch is the ratio of the numbers of patches, which must be
// whole.
func (n *Network) Forward(ctx context.Context, s Source) (*Outcome, error) {
	if n.Exhaustive() {
		return n.forwardWhole(ctx, s)
	}
	out := &Outcome{}
	rows := span(s.Len(0))
	var pooled [][]float32
	for level := range n.levels {
		l, err := n.forwardLevel(ctx, s, level, rows)
		if err != nil {
			return nil, err
		}
		out.Levels = append(out.Levels, *l)
		out.Rows = append(out.Rows, rows)
		pooled = append(pooled, l.Pooled)
		if level == len(n.levels)-1 {
			break
		}
		below, above := s.Len(level), s.Len(level+1)
		if above%below != 0 || above == 0 {
			return nil, fmt.Errorf("%d patches at %gx are no multiple of the %d at %gx",
				above, n.config.Magnifications[level+1], below, n.config.Magnifications[level])
		}
		rows = children(rows, l.Selected, above/below)
	}
	var err error
	out.Logits, out.Probabilities, err = n.Classify(ctx, pooled)
	return out, err
}

// predict is the logits of Forward.
func (n *Network) predict(ctx context.Context, s Source) ([]float64, error) {
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

func (n *Network) forwardLevel(ctx context.Context, s Source, level int, rows []int) (*LevelOutput, error) {
	dim := n.config.Encoder.Dim
	r := n.StartLevel(level)
	features := make([]float32, min(readRows, len(rows))*dim)
	for len(rows) > 0 {
		some := rows[:min(readRows, len(rows))]
		rows = rows[len(some):]
		part := features[:len(some)*dim]
		if err := s.Features(part, level, some); err != nil {
			return nil, err
		}
		if err := r.Add(ctx, part); err != nil {
			return nil, err
		}
	}
	return r.Finish(ctx)
}

// children are the rows one level up of the selected ones among rows, each of
// which has that many.
func children(rows, selected []int, each int) []int {
	out := make([]int, 0, len(selected)*each)
	for _, i := range selected {
		for b := range each {
			out = append(out, rows[i]*each+b)
		}
	}
	return out
}

func span(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
