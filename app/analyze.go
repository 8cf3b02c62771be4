package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"zoomscope/app/export"
	"zoomscope/engine/result"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
)

// AnalyzeRequest asks for the analysis of one or more slides with one model.
type AnalyzeRequest struct {
	Slides []string
	Out    string // folder that receives one folder for each slide; "" writes nothing
	Engine EngineOptions

	// Magnification that a slide was scanned at, where the user states it; of several
	// slides that of those whose files do not say. 0 leaves it to the files.
	Magnification float64
	Export        export.Options

	// Bags is a folder of bags that extract made: a slide whose features are there
	// is not read again. "" is none.
	Bags string

	// Warn, where not nil, is told what warnings there are of a slide and its patches
	// before the first is encoded, by the goroutine that tells of events. They stand in
	// the result too.
	Warn func(slide string, warnings []string)
}

// Outcome is what became of one slide of a batch.
type Outcome struct {
	Slide  string
	Out    string // folder that was written
	Result *result.Result
	Err    error
}

// Analyze runs a model over slides, one after the other. A slide that fails
// does not end the batch: its Outcome has the error. The error returned is for
// what concerns them all: no such model, no runtime, ctx cancelled; outcomes of
// slides done by then are returned with it.
func (w *Workspace) Analyze(ctx context.Context, req AnalyzeRequest, events func(Event)) ([]Outcome, error) {
	if req.Out != "" {
		if err := prepareFolder(req.Out); err != nil {
			return nil, err
		}
	}
	bags, err := openBagFolder(req.Bags)
	if err != nil {
		return nil, err
	}
	engine, err := w.openEngine(ctx, req.Engine)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	outcomes := make([]Outcome, 0, len(req.Slides))
	folders := outputFolders(req.Out, req.Slides)
	for i, path := range req.Slides {
		report := about(Event{Slide: path, Index: i, Count: len(req.Slides)}, events)
		job := job{w: w, engine: engine, req: &req, path: path, out: folders[i], bags: bags, report: report}
		r, err := job.run(ctx)
		if ctx.Err() != nil {
			return outcomes, context.Cause(ctx)
		}
		outcomes = append(outcomes, Outcome{Slide: path, Out: job.out, Result: r, Err: err})
	}
	return outcomes, nil
}

// job is the analysis of one slide.
type job struct {
	w      *Workspace
	engine *zoom.Engine
	req    *AnalyzeRequest
	path   string
	out    string
	bags   *bagFolder
	report func(result.Progress)
}

// run chooses the folder of the output, and analyses.
func (j *job) run(ctx context.Context) (*result.Result, error) {
	slide, err := j.w.Open(ctx, j.path)
	if err != nil {
		return nil, err
	}
	defer slide.Close()
	path, content := identify(j.path)
	j.out = folderOf(j.out, path, content)
	resolution, err := resolutionAmong(slide, j.req.Magnification, len(j.req.Slides))
	if err != nil {
		return nil, err
	}
	r, err := j.result(ctx, zoom.Request{
		Slide: slide, Resolution: resolution, Seed: j.req.Engine.Seed, Warn: warnOf(j.req.Warn, j.path),
	})
	if err != nil {
		return nil, err
	}
	r.Slide.Path, r.Slide.ContentID = path, content
	if j.out == "" {
		return r, nil
	}
	_, err = export.Everything(ctx, j.out, r, export.FromSlide(slide), j.req.Export, j.report)
	return r, err
}

// warnOf tells of the warnings of one slide; to may be nil.
func warnOf(to func(slide string, warnings []string), slide string) func([]string) {
	if to == nil {
		return nil
	}
	return func(warnings []string) { to(slide, warnings) }
}

// result takes the features from a bag, else from the slide.
func (j *job) result(ctx context.Context, req zoom.Request) (*result.Result, error) {
	r, why, err := j.fromBag(ctx, req)
	if r != nil || err != nil {
		return r, err
	}
	r, err = j.engine.Analyze(ctx, req, j.report)
	if err == nil && why != "" {
		r.Warnings = append(r.Warnings, why)
	}
	return r, err
}

// prepareFolder makes a folder where it is missing and makes sure that it can be
// written to: before the work, which may take hours.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".zoomscope-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// outputFolders gives each slide a folder of its own under out: named after the
// file without its ending, with it where two slides would share a name, and
// numbered where even that is shared.
func outputFolders(out string, slides []string) []string {
	folders := make([]string, len(slides))
	if out == "" {
		return folders
	}
	key := strings.ToLower // many file systems do not tell case apart
	stems := map[string]int{}
	for _, s := range slides {
		stems[key(stem(s))]++
	}
	taken := map[string]bool{}
	for i, s := range slides {
		name := stem(s)
		if stems[key(name)] > 1 {
			name = filepath.Base(s)
		}
		for n := 2; taken[key(name)]; n++ {
			name = fmt.Sprintf("%s-%d", filepath.Base(s), n)
		}
		taken[key(name)] = true
		folders[i] = filepath.Join(out, name)
	}
	return folders
}

// identify says where a slide's file lies and what it holds, as far as that can be
// told: what has no content of its own, such as a folder, has none.
func identify(path string) (absolute, content string) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		absolute = path
	}
	content, err = slideio.ContentID(path)
	if err != nil {
		content = ""
	}
	return absolute, content
}

// folderOf is the folder that a slide's analysis goes to: the one given, or one with a
// number behind its name where that holds the analysis of another slide.
func folderOf(folder, path, content string) string {
	if folder == "" {
		return ""
	}
	at := folder
	for n := 2; holdsAnother(at, path, content); n++ {
		at = fmt.Sprintf("%s-%d", folder, n)
	}
	return at
}

// holdsAnother reports whether the result in a folder is of another slide. Results
// that do not know their slide's content are told apart by its path.
func holdsAnother(folder, path, content string) bool {
	file := filepath.Join(folder, export.ResultFile)
	if !exists(file) {
		return false
	}
	r, err := ReadResult(file)
	if err != nil {
		return true // of a newer version, perhaps: whose it is cannot be told
	}
	if r.Slide.ContentID != "" && content != "" {
		return r.Slide.ContentID != content
	}
	return filepath.IsAbs(r.Slide.Path) && r.Slide.Path != path
}

// stem is the file's name without its ending, or with it where that is all.
func stem(path string) string {
	base := filepath.Base(path)
	return cmp.Or(strings.TrimSuffix(base, filepath.Ext(base)), base)
}
