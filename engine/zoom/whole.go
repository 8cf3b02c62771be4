package zoom

import (
	"context"
	"fmt"
	"image"
	"time"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/slideio"
)

// whole is an analysis by a method that takes all patches of its magnifications.
type whole struct {
	*analysis
	lift   int // levels of the grid below the model's
	layers []mil.Layer
}

// analyzeWhole reads and encodes every patch of the tissue, then runs the model.
func (a *analysis) analyzeWhole(ctx context.Context) (logits, probabilities []float32, err error) {
	lowest, err := a.tissue(ctx)
	if err != nil {
		return nil, nil, err
	}
	w := whole{analysis: a, lift: a.grid.Levels() - len(a.Model.Config().Magnifications)}
	w.descend(lowest)
	if err := w.checkMemory(); err != nil {
		return nil, nil, err
	}
	run := a.network.StartBag(w.layers)
	for i := range w.layers {
		if err := w.encodeLayer(ctx, run, i); err != nil {
			return nil, nil, err
		}
	}
	return w.finish(ctx, run)
}

// descend makes the layers of what is below the lowest cells, each row by row.
func (w *whole) descend(lowest []grid.Cell) {
	all := descend(w.grid, lowest)
	var order []int
	for i, cells := range all[w.lift:] {
		l := mil.Layer{Len: len(cells)}
		below := order
		order = mil.RowByRow(cells)
		for _, at := range order {
			l.Cells = append(l.Cells, cells[at])
		}
		if i > 0 {
			l.Parents = mil.Parents(order, below, len(cells)/len(below))
		}
		w.layers = append(w.layers, l)
	}
}

func (w *whole) encodeLayer(ctx context.Context, run *mil.BagRun, i int) error {
	level, cells := i+w.lift, w.layers[i].Cells
	stage := fmt.Sprintf("encoding %gx", w.grid.Level(level).Magnification)
	p := w.pipeline(func(ctx context.Context, i int, dst *image.RGBA) error {
		return slideio.ReadArea(ctx, w.req.Slide, dst, w.grid.Rect(level, cells[i]))
	}, w.encode)
	p.gate = w.req.Gate
	w.report(result.Progress{Stage: stage, Total: len(cells)})
	err := p.run(ctx, len(cells), func(first, n int, features []float32) error {
		run.Add(features)
		w.report(result.Progress{Stage: stage, Done: first + n, Total: len(cells)})
		return nil
	})
	read, encode := p.busy.seconds()
	w.seconds.Read += read
	w.seconds.Encode += encode
	return err
}

// finish runs the model, on the processor where the device lacks the memory, and
// describes what it saw.
func (w *whole) finish(ctx context.Context, run *mil.BagRun) (logits, probabilities []float32, err error) {
	start := time.Now()
	var out *mil.Outcome
	err = w.orOnCPU(ctx, func() (err error) {
		out, err = run.On(w.network).Finish(ctx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	w.seconds.Heads += time.Since(start).Seconds()
	for i, l := range w.layers {
		w.levels = append(w.levels, describeLevel(w.grid, i+w.lift, l.Cells, l.Parents, &out.Levels[i]))
		w.encoded += l.Len
		w.blind = w.blind || out.Levels[i].Attention == nil
	}
	w.exhaustive = w.encoded
	return out.Logits, out.Probabilities, nil
}

// analyzeWholeBag is analyzeWhole with features that were made before.
func (a *analysis) analyzeWholeBag(ctx context.Context, b *bag.View) (logits, probabilities []float32, err error) {
	w := whole{analysis: a, lift: a.grid.Levels() - len(a.Model.Config().Magnifications)}
	layers, rows, err := mil.Layers(b, a.Model.Config().Magnifications)
	if err != nil {
		return nil, nil, err
	}
	w.layers = layers
	if err := w.checkMemory(); err != nil {
		return nil, nil, err
	}
	run := a.network.StartBag(layers)
	start := time.Now()
	for i := range layers {
		if err := w.readLayer(ctx, run, b, i, rows[i]); err != nil {
			return nil, nil, err
		}
	}
	w.seconds.Read = time.Since(start).Seconds()
	return w.finish(ctx, run)
}

func (w *whole) readLayer(ctx context.Context, run *mil.BagRun, b *bag.View, i int, rows []int) error {
	stage := fmt.Sprintf("reading features at %gx", w.grid.Level(i+w.lift).Magnification)
	dim := w.Encoder.Card.Dim
	features := make([]float32, min(bagRows, len(rows))*dim)
	for done := 0; done < len(rows); {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := rows[done:min(done+bagRows, len(rows))]
		if err := b.Features(features[:len(some)*dim], i, some); err != nil {
			return err
		}
		run.Add(features[:len(some)*dim])
		done += len(some)
		w.report(result.Progress{Stage: stage, Done: done, Total: len(rows)})
	}
	return nil
}
