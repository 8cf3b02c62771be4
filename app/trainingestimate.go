package app

import (
	"context"
	"image"
	"time"

	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// EstimateRequest asks how long extraction and training will take.
type EstimateRequest struct {
	Extract ExtractRequest
	Train   TrainRequest // its dataset and bags need not be there yet
	Classes int
	// Slides of the splits, for the length of an epoch.
	Training, Validation int
	// Look is how many slides are looked at; 0 is 3.
	Look int
}

// WorkEstimate is what extraction and training are likely to take. It was measured
// on few slides, within seconds: it can be wrong by half and more.
type WorkEstimate struct {
	Device    result.Device
	Slides    int     // in all
	Done      int     // whose features are there
	Looked    int     // that patches were counted in, those done included
	PerSlide  float64 // patches of a slide, at all magnifications
	Fewest    int     // patches of the slides that were counted
	Most      int
	Patches   int     // still to be encoded
	PerSecond float64 // patches, read and encoded; 0 where nothing is left to measure
	Extract   time.Duration
	Bytes     int64 // of the features still to be made, on disk
	Epoch     time.Duration
	Training  time.Duration // all epochs
}

// How much is measured: as little as gives a figure.
const (
	defaultLook    = 3
	measureFor     = 2 * time.Second
	mostMeasured   = 512 // patches
	stepsMeasured  = 3
	rawFeatureRows = 64 // made-up features, repeated
)

// Estimate counts the patches of a few slides, measures how fast the encoder takes
// patches of one of them on the device, and how long a training step of the model
// takes on made-up features. Nothing is written. progress may be nil.
func (w *Workspace) Estimate(ctx context.Context, req EstimateRequest, progress func(result.Progress)) (*WorkEstimate, error) {
	x, spec, err := w.newExtracting(&req.Extract)
	if err != nil {
		return nil, err
	}
	if err := x.survey(ctx); err != nil {
		return nil, err
	}
	m := &measuring{extracting: x, req: &req, report: result.Throttle(progress), out: &WorkEstimate{Slides: len(x.outcomes)}}
	if err := m.look(ctx); err != nil {
		return nil, err
	}
	engine, err := w.engine(ctx, nil, spec, req.Extract.Engine)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	m.out.Device = engine.Place.Device
	if err := m.pace(ctx, engine); err != nil {
		return nil, err
	}
	m.sum(spec.Card().Dim)
	return m.out, m.train(ctx, engine.Place)
}

// measuring is one estimate.
type measuring struct {
	*extracting
	req    *EstimateRequest
	report func(result.Progress)
	out    *WorkEstimate
	lowest float64       // patches of a slide at the lowest magnification
	read   []spot        // patches of one slide to measure reading with
	slide  string        // that they are of
	before time.Duration // of a slide, until its patches are read
	ratios []int         // of each magnification to the one before
}

// spot is a patch of a slide.
type spot struct{ area slideio.Rect }

// look counts patches: those of finished bags, and of a few slides that are left.
func (m *measuring) look(ctx context.Context) error {
	ratios, err := grid.Ratios(m.template.Magnifications)
	if err != nil {
		return err
	}
	m.ratios = ratios
	var counts []int
	var left []int
	for i, o := range m.outcomes {
		switch {
		case o.Extracted != nil:
			m.out.Done++
			counts = append(counts, o.Extracted.Patches[0])
		case o.Err == nil:
			left = append(left, i)
		}
	}
	looked := spread(left, max(1, orDefault(m.req.Look, defaultLook)))
	for k, i := range looked {
		m.report(result.Progress{Stage: "counting patches", Done: k, Total: len(looked)})
		start := time.Now()
		n, err := m.count(ctx, m.outcomes[i].Slide)
		m.before += time.Since(start) / time.Duration(len(looked))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil { // a slide that cannot be read tells nothing
			counts = append(counts, n)
		}
	}
	m.take(counts, len(left))
	return nil
}

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// spread takes some of a list, evenly.
func spread(list []int, n int) []int {
	if len(list) <= n {
		return list
	}
	var some []int
	for i := range n {
		some = append(some, list[(2*i+1)*len(list)/(2*n)])
	}
	return some
}

// count finds the tissue of a slide, and how many patches of the lowest
// magnification hold it.
func (m *measuring) count(ctx context.Context, path string) (int, error) {
	slide, err := m.w.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	defer slide.Close()
	in := *slide.Info()
	if in.Resolution, err = resolutionAmong(slide, m.extracting.req.Magnification, len(m.extracting.req.Slides)); err != nil {
		return 0, err
	}
	geometry, err := grid.GeometryOf(&in)
	if err != nil {
		return 0, err
	}
	g, err := grid.New(geometry, m.template.Magnifications, m.encoder.Side)
	if err != nil {
		return 0, err
	}
	mask, err := tissue.OfSlide(ctx, slide, g, m.template.Tissue)
	if err != nil {
		return 0, err
	}
	cells, _ := g.Lowest(mask.Fraction, m.template.Tissue.Threshold)
	m.remember(path, g, cells)
	return len(cells), nil
}

// remember keeps places of the highest magnification, where most patches are, of
// the slide with most of them.
func (m *measuring) remember(path string, g *grid.Grid, cells []grid.Cell) {
	for i := range g.Levels() - 1 {
		if len(cells) > mostMeasured {
			cells = cells[:mostMeasured]
		}
		cells = g.Children(i, cells)
	}
	if len(cells) <= len(m.read) {
		return
	}
	m.slide, m.read = path, nil
	for _, c := range cells[:min(len(cells), mostMeasured)] {
		m.read = append(m.read, spot{g.Rect(g.Levels()-1, c)})
	}
}

// take makes means of counts.
func (m *measuring) take(counts []int, left int) {
	m.out.Looked = len(counts)
	if len(counts) == 0 {
		return
	}
	all, one, sum := 0.0, 1.0, 0
	for _, r := range m.ratios {
		one *= float64(r * r)
		all += one
	}
	fewest, most := counts[0], counts[0]
	for _, n := range counts {
		sum, fewest, most = sum+n, min(fewest, n), max(most, n)
	}
	m.lowest = float64(sum) / float64(len(counts))
	m.out.PerSlide = m.lowest * all
	m.out.Fewest, m.out.Most = int(float64(fewest)*all), int(float64(most)*all)
	m.out.Patches = int(m.out.PerSlide * float64(left))
}

// pace reads and encodes patches of a slide until the figure is good enough. The
// first ones, while everything warms up, do not count.
func (m *measuring) pace(ctx context.Context, engine *zoom.Engine) error {
	if len(m.read) == 0 {
		return nil
	}
	slide, err := m.w.Open(ctx, m.slide)
	if err != nil {
		return err
	}
	defer slide.Close()
	batch := engine.Place.Batch
	at := 0
	encode := func(n int) error {
		first := at
		at += n
		return engine.Encode(ctx, n, func(ctx context.Context, i int, dst *image.RGBA) error {
			return slideio.ReadArea(ctx, slide, dst, m.read[(first+i)%len(m.read)].area)
		}, func(int, int, []float32) error { return nil })
	}
	if err := encode(batch); err != nil {
		return err
	}
	start, done := time.Now(), 0
	for done < mostMeasured && (done == 0 || time.Since(start) < measureFor) {
		m.report(result.Progress{Stage: "measuring the encoder", Done: done, Total: mostMeasured})
		if err := encode(2 * batch); err != nil {
			return err
		}
		done += 2 * batch
	}
	m.out.PerSecond = float64(done) / time.Since(start).Seconds()
	return nil
}

// sum turns patches into time and bytes.
func (m *measuring) sum(dim int) {
	if m.out.PerSecond > 0 {
		encoding := float64(m.out.Patches) / m.out.PerSecond
		m.out.Extract = time.Duration(encoding*float64(time.Second)) + m.before*time.Duration(m.out.Slides-m.out.Done)
	}
	size := 2
	if m.template.Type == safetensors.F32 {
		size = 4
	}
	const place = 8 // column and row
	m.out.Bytes = int64(m.out.Patches) * int64(dim*size+place)
}

// train measures steps of the model on made-up features of a slide of mean size.
func (m *measuring) train(ctx context.Context, place zoom.Place) error {
	if m.lowest == 0 || m.req.Training == 0 {
		return nil
	}
	m.report(result.Progress{Stage: "measuring training", Total: stepsMeasured})
	model, err := m.model()
	if err != nil {
		return err
	}
	trainer, err := model.NewLearner(place.Opener, m.req.Train.Learner)
	if err != nil {
		return err
	}
	defer trainer.Close()
	source := m.source(model.Config())
	step := func(seed uint64) error {
		_, err := trainer.Step(ctx, source, 0, mil.StepOptions{LearningRate: 1e-6, Seed: seed})
		return err
	}
	if err := step(0); err != nil {
		return err
	}
	start := time.Now()
	for i := range uint64(stepsMeasured) {
		if err := step(i + 1); err != nil {
			return err
		}
	}
	steps := time.Since(start) / stepsMeasured
	start = time.Now()
	if _, err := trainer.Predict(ctx, source); err != nil {
		return err
	}
	m.out.Epoch = time.Duration(m.req.Training)*steps + time.Duration(m.req.Validation)*time.Since(start)
	m.out.Training = m.out.Epoch * time.Duration(m.req.Train.Config.Epochs)
	return nil
}
