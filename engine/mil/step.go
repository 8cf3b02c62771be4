package mil

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"zoomscope/engine/nn"
	"zoomscope/engine/topk"
)

// pass is one slide on its way through training: what the forward pass leaves
// for the backward pass.
type pass struct {
	ratios     []int // children of a patch, per magnification; 1 at the lowest
	tapes      []*nn.Tape
	headTape   *nn.Tape
	zooms      [][]float32  // attention to zoom by, per magnification but the highest
	attention  [][]float32  // attention that pools
	selections []*selection // per magnification but the highest
	// inputs are what each selection took: for each of the magnifications above,
	// its rows in blocks of the children of one patch.
	inputs [][]*blocks
	logits []float32
	loss   float64
}

// dense is a Source whose features are in memory already.
type dense interface {
	// Dense are the features [N, D] of a level, which must not be written to.
	Dense(level int) []float32
}

// forward runs the network in training mode. The pass is to be released; it ends
// with the next one.
func (t *Trainer) forward(ctx context.Context, s Source, label int, z noise) (*pass, error) {
	if label < 0 || label >= len(t.config.Classes) {
		panic(fmt.Sprintf("mil: label %d of %d classes", label, len(t.config.Classes)))
	}
	t.work.reset()
	p := &pass{}
	if err := t.forwardAll(ctx, p, s, label, z); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

func (t *Trainer) forwardAll(ctx context.Context, p *pass, s Source, label int, z noise) (err error) {
	if p.ratios, err = ratios(&t.config, s); err != nil {
		return err
	}
	m := len(t.levels)
	pooled := nn.NewTensor(nn.Float32, m, t.config.Sizes.Embedding)
	features, err := t.read(s, 0, span(s.Len(0)))
	if err != nil {
		return err
	}
	above := make([]*blocks, m) // rows of each magnification, in blocks per row of the present one
	for i := range m {
		if err := t.forwardLevel(ctx, p, i, features, pooled, z); err != nil {
			return err
		}
		if i == m-1 {
			break
		}
		if err := t.zoom(p, s, i, above, z); err != nil {
			return err
		}
		features = above[i+1].values
	}
	return t.forwardHead(ctx, p, pooled, label)
}

// ratios are the children of a patch from each magnification to the next.
func ratios(c *Config, s Source) ([]int, error) {
	out := []int{1}
	for i := 1; i < len(c.Magnifications); i++ {
		below, above := s.Len(i-1), s.Len(i)
		if below == 0 || above == 0 || above%below != 0 {
			return nil, fmt.Errorf("%d patches at %gx are no multiple of the %d at %gx",
				above, c.Magnifications[i], below, c.Magnifications[i-1])
		}
		out = append(out, above/below)
	}
	return out, nil
}

// read is the features of some patches.
func (t *Trainer) read(s Source, level int, rows []int) ([]float32, error) {
	start := time.Now()
	defer func() { t.Times.Read += time.Since(start) }()
	if d, ok := s.(dense); ok && len(rows) == s.Len(level) {
		return d.Dense(level), nil
	}
	x := t.work.take(len(rows) * t.config.Encoder.Dim)
	return x, readFeatures(s, x, level, rows)
}

// readFeatures reads the features of some patches of a level, on all processors.
func readFeatures(s Source, x []float32, level int, rows []int) error {
	dim := len(x) / max(1, len(rows))
	workers := min(runtime.GOMAXPROCS(0), 1+len(x)/minRead)
	var group errgroup.Group
	for w := range workers {
		from, to := len(rows)*w/workers, len(rows)*(w+1)/workers
		group.Go(func() error { return s.Features(x[from*dim:to*dim], level, rows[from:to]) })
	}
	return group.Wait()
}

// minRead is how many values are worth a goroutine.
const minRead = 1 << 16

func (t *Trainer) forwardLevel(ctx context.Context, p *pass, i int, features []float32, pooled *nn.Tensor, z noise) error {
	start := time.Now()
	defer func() { t.Times.Forward += time.Since(start) }()
	l, n := t.levels[i], len(features)/t.config.Encoder.Dim
	inputs := []*nn.Tensor{nn.F32Tensor(features, n, t.config.Encoder.Dim)}
	for j, mask := range l.masks {
		mask.Shape = []int{n, l.widths[j]}
		mask.U8 = slices.Grow(mask.U8[:0], n*l.widths[j])[:n*l.widths[j]]
		nn.DropoutMask(mask.U8, t.options.Dropout, mix(z.dropout, uint64(i)<<16|uint64(j)))
		inputs = append(inputs, mask)
	}
	outputs, tape, err := l.Forward(ctx, inputs, l.params)
	if err != nil {
		return fmt.Errorf("model %q at %gx: %w", t.config.Name, t.config.Magnifications[i], err)
	}
	copy(pooled.F32[i*t.config.Sizes.Embedding:], outputs[0].F32)
	p.tapes = append(p.tapes, tape)
	p.attention = append(p.attention, outputs[1].F32)
	if i < len(t.levels)-1 {
		p.zooms = append(p.zooms, outputs[len(outputs)-1].F32) // the attention that pools, where there is no other
	}
	return nil
}

// zoom selects patches of a level and blends the rows of all magnifications
// above along, which are left in above.
func (t *Trainer) zoom(p *pass, s Source, i int, above []*blocks, z noise) error {
	start, read := time.Now(), t.Times.Read
	defer func() { t.Times.Selection += time.Since(start) - (t.Times.Read - read) }()
	chosen, err := t.choose(p.zooms[i], i, z)
	if err != nil {
		return fmt.Errorf("model %q at %gx: zoom attention: %w: %w", t.config.Name, t.config.Magnifications[i], ErrNotFinite, err)
	}
	selection := newSelection(chosen)
	p.selections = append(p.selections, selection)
	inputs := make([]*blocks, len(t.levels))
	children := 1
	for l := i + 1; l < len(t.levels); l++ {
		children *= p.ratios[l]
		length := children * t.config.Encoder.Dim
		if i == 0 {
			if inputs[l], err = t.used(s, l, chosen, children); err != nil {
				return err
			}
		} else {
			inputs[l] = &blocks{length: length, values: above[l].values}
		}
		out := &blocks{length: length, values: t.work.take(chosen.Rows * length)}
		selection.blend(out, inputs[l])
		above[l] = out
	}
	p.inputs = append(p.inputs, inputs)
	return nil
}

// choose makes the selector of a level.
func (t *Trainer) choose(attention []float32, i int, z noise) (*topk.Selector, error) {
	k := t.config.K[i]
	switch t.config.selection(i) {
	case Random:
		return topk.One(topk.Random(len(attention), k, z.random(i)), len(attention)), nil
	case Hard:
		chosen, err := topk.Hard(attention, k)
		return topk.One(chosen, len(attention)), err
	}
	return topk.Perturbed(attention, k, z.selection(i, len(attention)))
}

// used reads those rows of a magnification whose ancestors any sample picked.
func (t *Trainer) used(s Source, level int, selector *topk.Selector, children int) (*blocks, error) {
	length := children * t.config.Encoder.Dim
	if d, ok := s.(dense); ok {
		return &blocks{length: length, values: d.Dense(level)}, nil
	}
	at := slices.Repeat([]int{-1}, selector.Columns)
	var rows []int
	for place, column := range selector.Used() {
		at[column] = place
		for c := range children {
			rows = append(rows, column*children+c)
		}
	}
	values, err := t.read(s, level, rows)
	return &blocks{length: length, values: values, at: at}, err
}

func (t *Trainer) forwardHead(ctx context.Context, p *pass, pooled *nn.Tensor, label int) error {
	start := time.Now()
	defer func() { t.Times.Forward += time.Since(start) }()
	outputs, tape, err := t.head.Forward(ctx, []*nn.Tensor{pooled, nn.I64Tensor([]int64{int64(label)}, 1)}, t.head.params)
	if err != nil {
		return fmt.Errorf("model %q, classifier: %w", t.config.Name, err)
	}
	p.headTape, p.logits, p.loss = tape, outputs[0].F32, float64(outputs[1].F32[0])
	return nil
}

// backward leaves the gradients of the weights in the grads of the levels and of
// the head.
func (t *Trainer) backward(ctx context.Context, p *pass) error {
	one := nn.F32Tensor([]float32{1}, 1)
	if err := t.run(ctx, t.head, p.headTape, []*nn.Tensor{nil, one}); err != nil {
		return err
	}
	pooled := t.head.grads[len(t.head.names)].F32 // [M, E]
	e := t.config.Sizes.Embedding
	above := make([]*blocks, len(t.levels)) // gradient of the rows of each magnification
	for i := len(t.levels) - 1; i >= 0; i-- {
		l := t.levels[i]
		grads := make([]*nn.Tensor, 2)
		if t.config.zooms(i) {
			grads = make([]*nn.Tensor, 3)
		}
		grads[0] = nn.F32Tensor(pooled[i*e:(i+1)*e], 1, e)
		if i < len(t.levels)-1 {
			if g := t.unzoom(p, i, above); g != nil {
				grads[len(grads)-1] = nn.F32Tensor(g, len(g), 1)
			}
		}
		if err := t.run(ctx, l, p.tapes[i], grads); err != nil {
			return fmt.Errorf("%gx: %w", t.config.Magnifications[i], err)
		}
		if i > 0 {
			above[i] = &blocks{values: l.grads[len(l.names)].F32}
		}
	}
	return nil
}

func (t *Trainer) run(ctx context.Context, l *trained, tape *nn.Tape, grads []*nn.Tensor) error {
	start := time.Now()
	defer func() { t.Times.Backward += time.Since(start) }()
	if err := l.Backward(ctx, tape, grads, l.grads); err != nil {
		return fmt.Errorf("model %q, backward: %w", t.config.Name, err)
	}
	return nil
}

// unzoom takes the gradients of the blended rows back through the selection of a
// level: it returns that of the zoom attention, nil where the selection has
// none, and leaves in above those of the rows before the selection.
func (t *Trainer) unzoom(p *pass, i int, above []*blocks) []float32 {
	start := time.Now()
	defer func() { t.Times.Selection += time.Since(start) }()
	selection := p.selections[i]
	inner := make([]float32, len(selection.Column))
	learned := t.config.selection(i) == Learned
	for l := i + 1; l < len(t.levels); l++ {
		input := p.inputs[i][l]
		grad := &blocks{length: input.length, values: above[l].values}
		if learned {
			selection.addProducts(inner, grad, input)
		}
		if i > 0 {
			above[l] = &blocks{length: input.length, values: t.work.take(selection.Columns * input.length)}
			selection.unblend(above[l], grad)
		}
	}
	if !learned {
		return nil
	}
	return selection.Gradient(inner)
}

// release hands back the memory of the networks.
func (p *pass) release() {
	for _, tape := range append(p.tapes, p.headTape) {
		if tape != nil {
			tape.Release()
		}
	}
}

// workspace keeps the memory of rows from step to step.
type workspace struct{ free, used [][]float32 }

// take is memory for n values, not cleared, until the next reset.
func (w *workspace) take(n int) []float32 {
	best := -1
	for i, f := range w.free {
		switch {
		case best < 0:
			best = i
		case cap(w.free[best]) < n && cap(f) > cap(w.free[best]), cap(f) >= n && cap(f) < cap(w.free[best]):
			best = i
		}
	}
	var x []float32
	if best >= 0 {
		x = w.free[best]
		w.free = slices.Delete(w.free, best, best+1)
	}
	if cap(x) < n {
		x = make([]float32, n+n/8) // what was too small is let go
	}
	x = x[:n]
	w.used = append(w.used, x)
	return x
}

// reset ends the use of all that was taken.
func (w *workspace) reset() {
	w.free = append(w.free, w.used...)
	w.used = w.used[:0]
}
