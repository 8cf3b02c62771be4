package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zoomscope/engine/result"
	"zoomscope/slideio/synth"
)

// SynthRequest asks for synthetic slides with known truth.
type SynthRequest struct {
	Out    string
	Slides int
	Seed   uint64
	Side   int  // mean side in pixels; 0 for some 4000
	Huge   bool // one slide of 100 000 x 100 000 pixels instead
	Again  bool // write over what is there
}

// Synthesize writes labelled synthetic slides, their truth masks, and a table
// slides.csv of them all into a folder, which is made when missing. Without
// SynthRequest.Again a folder that holds a file that would be written is refused with
// an error that wraps fs.ErrExist. It returns the path of the table, or of the one huge
// slide.
func (w *Workspace) Synthesize(ctx context.Context, req SynthRequest, progress func(result.Progress)) (string, error) {
	if err := os.MkdirAll(req.Out, 0o755); err != nil {
		return "", err
	}
	throttled := result.Throttle(progress)
	report := func(done, total int) { throttled(result.Progress{Stage: "drawing", Done: done, Total: total}) }
	if req.Huge {
		return w.synthesizeHuge(ctx, req, report)
	}
	base := synth.Defaults()
	if req.Side > 0 {
		base.Width, base.Height = req.Side, req.Side
	}
	cases := synth.Cohort(req.Slides, req.Seed, base)
	if err := req.checkFree(synth.CohortFiles(req.Out, cases)); err != nil {
		return "", err
	}
	return filepath.Join(req.Out, "slides.csv"), synth.WriteCohort(ctx, req.Out, cases, report)
}

func (w *Workspace) synthesizeHuge(ctx context.Context, req SynthRequest, report func(done, total int)) (string, error) {
	params := synth.HugeDefaults()
	params.Seed = req.Seed
	slide, err := synth.NewMosaic(params)
	if err != nil {
		return "", err
	}
	path, truth := filepath.Join(req.Out, "huge.tiff"), filepath.Join(req.Out, "huge")
	if err := req.checkFree(append(synth.TruthFiles(truth), path)); err != nil {
		return "", err
	}
	if err := slide.Write(ctx, path, report); err != nil {
		return "", err
	}
	return path, slide.Truth().Save(truth)
}

// checkFree refuses to write over files.
func (r *SynthRequest) checkFree(files []string) error {
	for _, path := range files {
		if !r.Again && exists(path) {
			return fmt.Errorf("%s: %w and would be drawn anew: choose another folder, or remove what is in this one", path, fs.ErrExist)
		}
	}
	return nil
}

// Demo makes a synthetic slide and analyses it with the default model.
func (w *Workspace) Demo(ctx context.Context, out string, engine EngineOptions, events func(Event)) (Outcome, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return Outcome{}, err
	}
	params := demoSlide(engine.Seed)
	path := filepath.Join(out, params.Name+".tiff")
	report := about(Event{Slide: path, Count: 1}, events)
	err := synth.Write(ctx, path, params, func(done, total int) {
		report(result.Progress{Stage: "drawing a slide", Done: done, Total: total})
	})
	if err != nil {
		return Outcome{}, err
	}
	outcomes, err := w.Analyze(ctx, AnalyzeRequest{Slides: []string{path}, Out: out, Engine: engine}, events)
	if err != nil {
		return Outcome{}, err
	}
	return outcomes[0], outcomes[0].Err
}

// demoSlide is large enough that there is something to choose from: several
// times as many patches at the lowest magnification as are zoomed into.
func demoSlide(seed uint64) synth.Params {
	p := synth.Defaults()
	p.Name, p.Seed, p.Label, p.Pens = "synthetic", seed+1, 1, 0
	p.Width, p.Height, p.Hints, p.Evidence = 10240, 8192, 8, 3
	return p
}
