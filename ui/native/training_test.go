//go:build !headless

package native_test

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zoomscope/ui/windowtest"
)

// testTraining makes a model of a table of small slides, in the training panel, and
// runs it in the analysis panel.
func testTraining(t *testing.T, program string) {
	display := windowtest.NewDisplay(t, screenWidth, screenHeight)
	home, slides := t.TempDir(), drawSlides(t, 8)
	table := writeTable(t, slides)
	dir := filepath.Join(filepath.Dir(table), "runs")
	out := filepath.Join(home, "exports")
	writeSettings(t, home, map[string]any{"version": 1, "language": "en", "theme": "light", "window": wholeScreen(), "export_folder": out,
		"training": map[string]any{"table": table, "preset": "crc-eff"}})
	p := windowtest.Start(t, display, program, home, slides[0])
	p.Await("slide drawn", 1, patience)
	right := image.Rect(700, 0, screenWidth, screenHeight)
	display.ClickWords(windowtest.Title("Training"), right, patience)
	display.AwaitWords(windowtest.Said("Features of 0 of 8 slides are there."), right, patience)
	display.ClickWords(windowtest.Said("Make features"), right, patience)
	p.Await("features ended", 1, 2*patience)

	display.ScrollTo(windowtest.Said("Start training"), right, panel, patience)
	display.ClickWords(windowtest.Said("Start training"), right, patience)
	p.Await("training begun", 1, patience)
	awaitEpochs(t, dir, 2)
	display.ScrollTo(windowtest.Said("Stop, keep the best"), right, panel, patience)
	display.ClickWords(windowtest.Said("Stop, keep the best"), right, patience)
	p.Await("training ended", 1, patience)
	wantRun(t, dir)

	display.ScrollTo(windowtest.Said("Confusion matrix"), right, panel, patience)
	display.ScrollTo(windowtest.Title("5  Runs and export"), right, panel, patience)
	display.ClickWords(windowtest.Title("5  Runs and export"), right, patience)
	display.ScrollTo(windowtest.Said("Install as a model"), right, panel, patience)
	display.ClickWords(windowtest.Said("Install as a model"), right, patience)
	p.Await("model installed from a run", 1, patience)
	models, err := filepath.Glob(filepath.Join(home, "data", "zoomscope", "models", "*.safetensors"))
	if err != nil || len(models) != 1 {
		t.Fatalf("models %q, error %v", models, err)
	}
	name := strings.TrimSuffix(filepath.Base(models[0]), ".safetensors")

	display.ScrollUp(windowtest.Title("Analysis"), right, panel, patience)
	display.ClickWords(windowtest.Title("Analysis"), right, patience)
	display.ClickWords(windowtest.Said("synthetic"), right, patience)
	display.ClickWords(windowtest.Said(name), right, patience)
	display.Settle(500*time.Millisecond, 20*time.Second)
	display.Key("0")
	plain := display.Settle(time.Second, 30*time.Second)
	wantTissue(t, plain)
	display.Key("r")
	p.Await("analysis done", 1, 2*patience)
	awaitChange(t, display, "attention of the model laid over", plain, 0.01)
	exportAll(t, display, p)
	wantExports(t, out)
	if err := p.End(time.Minute); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	wantModel(t, home, name)
	wantQuiet(t, p)
}

// writeTable lists slides of two classes, divided into the three splits.
func writeTable(t *testing.T, slides []string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(slides[0]), "colon.csv")
	text := "slide,label,split\n"
	for i, slide := range slides {
		split := []string{"train", "train", "val", "test"}[i*4/len(slides)]
		text += fmt.Sprintf("%s,%c,%s\n", filepath.Base(slide), 'a'+i%2, split)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// panel is a place over the panel on the right, for the wheel.
var panel = image.Pt(1250, 600)

// awaitEpochs waits until a run has so many epochs behind it.
func awaitEpochs(t *testing.T, runs string, n int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(runs, "*", "metrics.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 1 {
			if text, err := os.ReadFile(files[0]); err == nil && strings.Count(string(text), "\n") > n {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("after %v no run in %s has %d epochs", patience, runs, n)
		}
	}
}

// wantRun wants what a run leaves to be there.
func wantRun(t *testing.T, runs string) {
	t.Helper()
	for _, pattern := range []string{"model.safetensors", "evaluation.json", "study.json", filepath.Join("attention", "*", "1.json.gz")} {
		files, err := filepath.Glob(filepath.Join(runs, "*", pattern))
		if err != nil || len(files) != 1 {
			t.Errorf("%s: %q, error %v", pattern, files, err)
		}
	}
}

// wantModel wants a model to be the one that was analysed by last.
func wantModel(t *testing.T, home, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(home, "config", "zoomscope", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Model string }
	if err := json.Unmarshal(text, &kept); err != nil || kept.Model != name {
		t.Errorf("the model chosen is %q, error %v, want %q", kept.Model, err, name)
	}
}
