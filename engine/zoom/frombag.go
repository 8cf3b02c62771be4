package zoom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
)

// ErrOtherBag: a bag's features are not those that an analysis would make.
var ErrOtherBag = errors.New("bag holds other features")

// AnalyzeBag is Analyze with features that were extracted before: nothing of the
// slide is read. contentID is that of the slide's file, name what the bag is
// called in the result, which has a warning that says where its features come
// from, and none of tissue that is in no patch: where the tissue was, or whether there
// was any where no patch held enough, a bag does not say. For features in full
// precision all else, but the times, is as Analyze makes it. A bag of another slide,
// resolution, encoder or setting, or without the model's magnifications, gives an
// error that wraps ErrOtherBag.
func (e *Engine) AnalyzeBag(ctx context.Context, req Request, contentID, name string, b bag.Reader, progress func(result.Progress)) (*result.Result, error) {
	start := time.Now()
	a, err := e.begin(req, progress)
	if err != nil {
		return nil, err
	}
	if why := a.unlike(b.Manifest(), contentID); why != "" {
		return nil, fmt.Errorf("%s: %w: %s", name, ErrOtherBag, why)
	}
	view, err := bag.Select(b, e.Model.Config().Magnifications)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrOtherBag, err)
	}
	m := b.Manifest()
	a.found = foundInBag(&m)
	a.exhaustive = a.grid.Exhaustive(view.Len(0))
	logits, probabilities, err := a.fromBag(ctx, view)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	a.seconds.Total = time.Since(start).Seconds()
	r := a.result(logits, probabilities)
	r.Warnings = append(r.Warnings, fmt.Sprintf("The features were taken from the bag %s: the slide was not read again.", name))
	return r, nil
}

// fromBag is all of the analysis but what surrounds it.
func (a *analysis) fromBag(ctx context.Context, view *bag.View) (logits, probabilities []float32, err error) {
	if a.network.Exhaustive() {
		return a.analyzeWholeBag(ctx, view)
	}
	f := fromBag{analysis: a, bag: view}
	err = a.orOnCPU(ctx, func() (err error) {
		a.levels, a.encoded, a.seconds = nil, 0, result.Seconds{}
		logits, probabilities, err = f.run(ctx)
		return err
	})
	return logits, probabilities, err
}

// unlike says in what a bag is not of what would be analysed, "" for nothing.
func (a *analysis) unlike(m bag.Manifest, contentID string) string {
	c, s := a.Model.Config(), describeSlide(a.req.Slide.Info(), a.req.Resolution)
	switch {
	case !m.OnSlide():
		return "they were imported from another program"
	case m.ContentID != contentID:
		return "they are of another slide"
	case m.Slide.MPP != s.MPP || m.Slide.Bounds != s.Bounds:
		return fmt.Sprintf("they are of the slide at %.4g µm per pixel, not %.4g", m.Slide.MPP[0], s.MPP[0])
	case m.Encoder != a.Encoder.Card:
		return fmt.Sprintf("they are of encoder %s %.12s, not %s %.12s", m.Encoder.Name, m.Encoder.SHA256, a.Encoder.Card.Name, a.Encoder.Card.SHA256)
	case m.PatchSize != c.PatchSize:
		return fmt.Sprintf("they are of patches of %d pixels, not %d", m.PatchSize, c.PatchSize)
	}
	return c.OtherTissue(m.Tissue, m.Magnifications[0])
}

// fromBag is an analysis whose features are in a bag of the model's
// magnifications.
type fromBag struct {
	*analysis
	bag *bag.View
}

func (f *fromBag) run(ctx context.Context) (logits, probabilities []float32, err error) {
	rows := make([]int, f.bag.Len(0))
	for i := range rows {
		rows[i] = i
	}
	pooled := make([][]float32, f.grid.Levels())
	var parents []int
	for i := range pooled {
		out, err := f.level(ctx, i, rows)
		if err != nil {
			return nil, nil, err
		}
		f.levels = append(f.levels, describeLevel(f.grid, i, f.cells(i, rows), parents, out))
		f.encoded += len(rows)
		pooled[i] = out.Pooled
		if i < len(pooled)-1 {
			rows, parents = f.zoomInto(i, rows, out.Selected)
		}
	}
	start := time.Now()
	logits, probabilities, err = f.network.Classify(ctx, pooled)
	f.seconds.Heads += time.Since(start).Seconds()
	return logits, probabilities, err
}

func (f *fromBag) cells(level int, rows []int) []grid.Cell {
	all := f.bag.Cells(level)
	cells := make([]grid.Cell, len(rows))
	for i, r := range rows {
		cells[i] = all[r]
	}
	return cells
}

// bagRows is how many rows are taken from a bag at once.
const bagRows = 1 << 10

// level runs the model on rows of a magnification.
func (f *fromBag) level(ctx context.Context, i int, rows []int) (*mil.LevelOutput, error) {
	stage := fmt.Sprintf("reading features at %gx", f.grid.Level(i).Magnification)
	run, dim := f.network.StartLevel(i), f.Encoder.Card.Dim
	features := make([]float32, min(bagRows, len(rows))*dim)
	var read, heads time.Duration
	for done := 0; done < len(rows); {
		some := rows[done:min(done+bagRows, len(rows))]
		start := time.Now()
		if err := f.bag.Features(features[:len(some)*dim], i, some); err != nil {
			return nil, err
		}
		middle := time.Now()
		if err := run.Add(ctx, features[:len(some)*dim]); err != nil {
			return nil, err
		}
		read, heads = read+middle.Sub(start), heads+time.Since(middle)
		done += len(some)
		f.report(result.Progress{Stage: stage, Done: done, Total: len(rows)})
	}
	start := time.Now()
	out, err := run.Finish(ctx)
	f.seconds.Read += read.Seconds()
	f.seconds.Heads += (heads + time.Since(start)).Seconds()
	return out, err
}

// zoomInto returns the rows of the children of the selected ones among rows, and
// of each child the index of its parent among them. Where the bag has a
// magnification between the two, its order is not row by row: children are put
// into the order in which Analyze reads them.
func (f *fromBag) zoomInto(level int, rows, selected []int) (children, parents []int) {
	cells, each := f.bag.Cells(level+1), f.bag.Len(level+1)/f.bag.Len(level)
	for _, s := range selected {
		from := len(children)
		for j := range each {
			children, parents = append(children, rows[s]*each+j), append(parents, s)
		}
		slices.SortFunc(children[from:], func(a, b int) int {
			return cmp.Or(cmp.Compare(cells[a].Row, cells[b].Row), cmp.Compare(cells[a].Column, cells[b].Column))
		})
	}
	return children, parents
}
