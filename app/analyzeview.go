package app

import (
	"context"
	"fmt"

	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
)

// AnalyzeView analyses an opened slide, at the resolution it is taken for, and
// writes nothing. It gives way to the user: on the processor by a low priority of its
// threads, where the system can do that, else when Quiet asks for it. The engine
// stays open for the next analysis with the same options, until Close; one analysis
// runs at a time, and others wait for it.
//
// progress may be nil; it is told nothing while others are waited for, then at most
// ten times a second and stage, from one goroutine at a time. Errors are those of
// Analyze, and ErrResolutionUnknown.
func (w *Workspace) AnalyzeView(ctx context.Context, v *View, o EngineOptions, progress func(Progress)) (*result.Result, error) {
	resolution, _ := v.resolution()
	if !resolution.Known() {
		return nil, fmt.Errorf("%s: %w", v.about.Path, ErrResolutionUnknown)
	}
	e := newEstimate(progress)
	begin := func() { e.report(result.Progress{Stage: StageOpening, Total: 1}) }
	var out *result.Result
	err := w.use(ctx, o, begin, func(engine *zoom.Engine) (err error) {
		e.expect(engine.Model.Config().Magnifications, engine.Model.Config().K)
		out, err = engine.Analyze(ctx, zoom.Request{
			Slide: v.slide, Resolution: resolution, Seed: o.Seed, Gate: w.giveWayOn(engine.Place.Device.Used),
		}, e.report)
		return err
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	if id, err := v.ContentID(); err == nil { // it may have been removed meanwhile
		out.Slide.ContentID = id
	}
	return out, nil
}
