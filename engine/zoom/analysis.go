package zoom

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"zoomscope/engine/device"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/slideio"
)

// Request is a slide to analyse.
type Request struct {
	Slide slideio.Slide
	// Resolution is what to take the slide's resolution for: its own, or what
	// the user stated.
	Resolution slideio.Resolution
	Seed       uint64 // kept in the result
	// Gate, where not nil, is called before each batch of patches is encoded, from
	// one goroutine at a time: it can hold the analysis up for others' sake. Its
	// error ends the analysis. Its time counts in none of the parts of
	// result.Seconds but the total.
	Gate func(ctx context.Context) error
	// Warn, where not nil, is told once what warnings there are of the slide and its
	// patches, before the first is encoded; they stand in the result too. It is
	// called from the goroutine that progress is told by, and not where there are
	// none.
	Warn func(warnings []string)
}

// Analyze runs the model over one slide. Progress may be nil; it is told at most
// ten times a second, from one goroutine at a time. Errors are the slide's (a
// *slideio.RegionError for a part that cannot be read), the device's, or ctx's;
// a slide whose resolution is unknown gives grid.ErrNoResolution.
func (e *Engine) Analyze(ctx context.Context, req Request, progress func(result.Progress)) (*result.Result, error) {
	start := time.Now()
	a, err := e.begin(req, progress)
	if err != nil {
		return nil, err
	}
	run := a.zoom
	if a.network.Exhaustive() {
		run = a.analyzeWhole
	}
	logits, probabilities, err := run(ctx)
	if err != nil {
		return nil, err
	}
	a.seconds.Total = time.Since(start).Seconds()
	return a.result(logits, probabilities), nil
}

// zoom reads and encodes the patches of the lowest magnification, and of each
// above those within the patches that the model chose.
func (a *analysis) zoom(ctx context.Context) (logits, probabilities []float32, err error) {
	cells, err := a.tissue(ctx)
	if err != nil {
		return nil, nil, err
	}
	a.exhaustive = a.grid.Exhaustive(len(cells))
	pooled := make([][]float32, a.grid.Levels())
	var parents []int // of cells, in the level below
	for i := range pooled {
		out, err := a.level(ctx, i, cells)
		if err != nil {
			return nil, nil, err
		}
		a.levels = append(a.levels, describeLevel(a.grid, i, cells, parents, out))
		a.encoded += len(cells)
		pooled[i] = out.Pooled
		if i < len(pooled)-1 {
			cells, parents = zoomInto(a.grid, i, cells, out.Selected)
		}
	}
	heads := time.Now()
	err = a.orOnCPU(ctx, func() (err error) {
		logits, probabilities, err = a.network.Classify(ctx, pooled)
		return err
	})
	a.seconds.Heads += time.Since(heads).Seconds()
	return logits, probabilities, err
}

// analysis is one slide on its way to a result.
type analysis struct {
	*Engine
	req                 Request
	grid                *grid.Grid
	report              func(result.Progress)
	found               tissueFound
	blind               bool // the method has no attention
	levels              []result.Level
	encoded, exhaustive int
	seconds             result.Seconds
}

func (e *Engine) begin(req Request, progress func(result.Progress)) (*analysis, error) {
	c := e.Model.Config()
	g, err := gridOf(req, c.Grid(), c.PatchSize)
	if err != nil {
		return nil, err
	}
	return &analysis{Engine: e, req: req, grid: g, report: result.Throttle(progress)}, nil
}

// gridOf lays the patches of a slide at its stated resolution.
func gridOf(req Request, magnifications []float64, patchSize int) (*grid.Grid, error) {
	in := *req.Slide.Info()
	in.Resolution = req.Resolution
	geometry, err := grid.GeometryOf(&in)
	if err != nil {
		return nil, err
	}
	g, err := grid.New(geometry, magnifications, patchSize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Path, err)
	}
	return g, nil
}

// tissue finds the patches of the lowest magnification.
func (a *analysis) tissue(ctx context.Context) ([]grid.Cell, error) {
	start := time.Now()
	a.report(result.Progress{Stage: "finding tissue", Total: 1})
	settings := a.Model.Config().Tissue
	mask, err := tissue.OfSlide(ctx, a.req.Slide, a.grid, settings)
	if err != nil {
		return nil, err
	}
	cells, found := lowest(a.grid, mask, settings.Threshold)
	a.found = found
	a.seconds.Tissue = time.Since(start).Seconds()
	a.report(result.Progress{Stage: "finding tissue", Done: 1, Total: 1})
	warn(a.req.Warn, a.ofSlide())
	return cells, nil
}

// level reads and encodes the patches of one magnification and runs the model
// on them: all of it again on the processor where the device lacks the memory,
// since what the model has taken in by then stays on the device.
func (a *analysis) level(ctx context.Context, i int, cells []grid.Cell) (out *mil.LevelOutput, err error) {
	err = a.orOnCPU(ctx, func() error {
		out, err = a.levelHere(ctx, i, cells)
		return err
	})
	return out, err
}

// levelHere is level on the device at hand.
func (a *analysis) levelHere(ctx context.Context, i int, cells []grid.Cell) (*mil.LevelOutput, error) {
	stage := fmt.Sprintf("encoding %gx", a.grid.Level(i).Magnification)
	p := a.cellsOf(i, cells)
	run := a.network.StartLevel(i)
	var heads time.Duration
	a.report(result.Progress{Stage: stage, Total: len(cells)})
	err := p.run(ctx, len(cells), func(first, n int, features []float32) error {
		start := time.Now()
		err := run.Add(ctx, features)
		heads += time.Since(start)
		a.report(result.Progress{Stage: stage, Done: first + n, Total: len(cells)})
		return err
	})
	if err != nil {
		return nil, err
	}
	start := time.Now()
	out, err := run.Finish(ctx)
	a.seconds.Heads += (heads + time.Since(start)).Seconds()
	read, encode := p.busy.seconds()
	a.seconds.Read += read
	a.seconds.Encode += encode
	return out, err
}

// cellsOf is the pipeline over cells of one level.
func (a *analysis) cellsOf(level int, cells []grid.Cell) *pipeline {
	p := a.pipeline(func(ctx context.Context, i int, dst *image.RGBA) error {
		return slideio.ReadArea(ctx, a.req.Slide, dst, a.grid.Rect(level, cells[i]))
	}, a.halving.run)
	p.gate = a.req.Gate
	return p
}

// zoomInto returns the children of the selected cells, and of each child the
// index of its parent among cells.
func zoomInto(g *grid.Grid, level int, cells []grid.Cell, selected []int) (children []grid.Cell, parents []int) {
	chosen := make([]grid.Cell, len(selected))
	for i, s := range selected {
		chosen[i] = cells[s]
	}
	children = g.Children(level, chosen)
	parents = make([]int, len(children))
	each := g.Level(level+1).Ratio * g.Level(level+1).Ratio
	for i := range children {
		parents[i] = selected[i/each]
	}
	return children, parents
}

// describeLevel puts what the model made of a level into the result's terms.
func describeLevel(g *grid.Grid, i int, cells []grid.Cell, parents []int, out *mil.LevelOutput) result.Level {
	level := result.Level{Magnification: g.Level(i).Magnification, NoAttention: out.Attention == nil, Patches: make([]result.Patch, len(cells))}
	for j, c := range cells {
		r := g.Rect(i, c)
		p := result.Patch{X: r.X, Y: r.Y, Size: r.W, Height: r.H, Parent: -1}
		if out.Attention != nil {
			p.Attention = float64(out.Attention[j])
		}
		if out.ZoomAttention != nil {
			p.ZoomAttention = float64(out.ZoomAttention[j])
		}
		if parents != nil {
			p.Parent = parents[j]
		}
		level.Patches[j] = p
	}
	for _, s := range out.Selected {
		level.Patches[s].Selected = true
	}
	return level
}

// result puts everything together.
func (a *analysis) result(logits, probabilities []float32) *result.Result {
	r := &result.Result{
		Version: result.Version,
		Slide:   describeSlide(a.req.Slide.Info(), a.req.Resolution),
		Model:   a.Model.Result(),
		Encoder: a.Encoder.Card,
		Device:  a.Place.Device,
		Levels:  a.levels,
		Counts:  result.Counts{Encoded: a.encoded, Exhaustive: a.exhaustive},
		Seconds: a.seconds,
		Seed:    a.req.Seed,
		Notice:  result.ResearchUse,
	}
	best := 0
	for i, p := range probabilities {
		r.Prediction.Probabilities = append(r.Prediction.Probabilities, float64(p))
		r.Prediction.Logits = append(r.Prediction.Logits, float64(logits[i]))
		if p > probabilities[best] {
			best = i
		}
	}
	r.Prediction.Label = r.Model.Classes[best]
	r.Warnings = a.warnings(r)
	return r
}

// describeSlide identifies a slide at the resolution it is taken for.
func describeSlide(in *slideio.Info, r slideio.Resolution) result.Slide {
	b := in.Bounds
	return result.Slide{
		Path: in.Path, Vendor: in.Vendor, Width: in.Width(), Height: in.Height(),
		MPP: [2]float64{r.X, r.Y}, MPPSource: r.Source,
		Bounds: result.Rect{X: float64(b.Min.X), Y: float64(b.Min.Y), Width: float64(b.Dx()), Height: float64(b.Dy())},
	}
}

// warnings are what the reader of a result must know.
func (a *analysis) warnings(r *result.Result) []string {
	w := []string{}
	if !r.Model.Trained {
		w = append(w, fmt.Sprintf("The model %q is untrained: its prediction and attention mean nothing.", r.Model.Name))
	}
	if r.Model.Note != "" && r.Model.Trained {
		w = append(w, r.Model.Note)
	}
	w = append(w, a.ofSlide()...)
	if a.blind {
		w = append(w, fmt.Sprintf("The method %s has no attention: it does not say what in the slide its prediction comes from.", r.Model.Method))
	}
	if a.Encoder.Warnings != nil {
		w = append(w, a.Encoder.Warnings(r.Model.Magnifications)...)
	}
	if d := r.Device; d.Requested != d.Used && (d.Requested != string(device.Auto) || a.moved) {
		w = append(w, fmt.Sprintf("Ran on %s instead of %s: %s.", d.Used, d.Requested, d.Reason))
	}
	if a.Place.Mixed != nil && a.Place.Mixed() {
		w = append(w, fmt.Sprintf("Some operations that %s does not have ran on the processor.", r.Device.Used))
	}
	if a.halving.limit > 0 {
		w = append(w, fmt.Sprintf("The device was short of memory: patches were encoded at most %d at a time.", a.halving.limit))
	}
	return w
}

// ofSlide are the warnings that are known of a slide once its tissue is found.
func (a *analysis) ofSlide() []string {
	return warningsOf(a.req.Resolution, a.grid, a.found)
}

// tissueFound is what is known of a slide's tissue, and of the patches of the lowest
// magnification that are taken for it.
type tissueFound struct {
	none       bool // there is none at all
	everyPatch bool // no patch holds enough, so that all of them count
	coverage   grid.Coverage
}

// lowest finds the patches of the lowest magnification that are taken for tissue.
func lowest(g *grid.Grid, mask *tissue.SlideMask, threshold float64) ([]grid.Cell, tissueFound) {
	cells, all := g.Lowest(mask.Fraction, threshold)
	return cells, tissueFound{none: mask.Mask.Count() == 0, everyPatch: all, coverage: g.Coverage(mask.Fraction, threshold, cells)}
}

// warningsOf are the warnings of a slide and the patches that lie on it.
func warningsOf(r slideio.Resolution, g *grid.Grid, found tissueFound) []string {
	w := append(slices.Clone(r.Doubts), g.Warnings()...)
	switch {
	case found.none && found.everyPatch:
		w = append(w, "No tissue was found, so that every patch of the slide was read.")
	case found.everyPatch:
		w = append(w, fmt.Sprintf("No patch holds the %.3g %% tissue that the tissue settings ask for, so that every patch of the slide was read.",
			100*found.coverage.Threshold))
	}
	if text := found.coverage.Warning(); text != "" {
		w = append(w, text)
	}
	return w
}

// warn hands on warnings to who may want them.
func warn(to func([]string), warnings []string) {
	if to != nil && len(warnings) > 0 {
		to(warnings)
	}
}
