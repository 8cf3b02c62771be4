package app

import (
	"context"
	"os"
	"path/filepath"

	"zoomscope/engine/result"
	"zoomscope/slideio/synth"
)

// DemoSlide gives the path of a synthetic slide to try the program with. It is drawn
// into the data folder when it is not there yet; one that another call is drawing is
// waited for. progress may be nil.
func (w *Workspace) DemoSlide(ctx context.Context, progress func(result.Progress)) (string, error) {
	if err := w.demo.lock(ctx); err != nil {
		return "", err
	}
	defer w.demo.unlock()
	params := demoSlide(0)
	path := filepath.Join(w.DataDir, "demo", params.Name+".tiff")
	if exists(path) {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	report := result.Throttle(progress)
	err := synth.Write(ctx, path, params, func(done, total int) {
		report(result.Progress{Stage: "drawing a slide", Done: done, Total: total})
	})
	if err != nil {
		return "", err
	}
	return path, nil
}

// IsDemo reports whether a path is that of the demo slide.
func (w *Workspace) IsDemo(path string) bool {
	return filepath.Dir(path) == filepath.Join(w.DataDir, "demo")
}
