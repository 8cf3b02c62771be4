package bench

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/slideio/synth"
)

// putFile writes a file and the folders it stands in.
func putFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func near(a Spread, mean, sd float64) bool {
	return math.Abs(float64(a.Mean)-mean) < 1e-12 && math.Abs(float64(a.SD)-sd) < 1e-12
}

func TestTargets(t *testing.T) {
	dir := t.TempDir()
	head := "slide,label,predicted,probability n\n"
	putFile(t, filepath.Join(dir, "zoom-1", "predictions.csv"), head+"a,t,t,0\nb,t,t,0\nc,u,t,0\nd,u,n,0\ne,n,n,1\nf,n,t,0\n")
	putFile(t, filepath.Join(dir, "zoom-2", "predictions.csv"), head+"a,t,t,0\nb,t,n,0\nc,u,u,0\nd,u,n,0\ne,n,n,1\nf,n,n,1\n")
	putFile(t, filepath.Join(dir, "mean-1", "predictions.csv"), head+"a,t,t,0\n")
	putFile(t, filepath.Join(dir, "unfinished-1", "run.json"), "{}")
	sizes, err := ReadSizes(putFile(t, filepath.Join(dir, "sizes.csv"), "slide,label,Area\na.tiff,t,9\nb.tiff,t,4\nc.tiff,u,2\nd.tiff,u,1\ne.tiff,n,\nf.tiff,n,0\n"), "area")
	if err != nil {
		t.Fatal(err)
	}
	calls, err := LoadCalls(dir)
	if err != nil || len(calls) != 2 || calls[0].Name != "mean" || calls[1].Name != "zoom" {
		t.Fatalf("%+v, error %v", calls, err)
	}
	threshold, err := sizes.Threshold(calls)
	if err != nil || threshold != 3 {
		t.Fatalf("threshold %g, error %v", threshold, err)
	}
	rows, err := sizes.Rows(calls, threshold)
	if err != nil {
		t.Fatal(err)
	}
	zoom := rows[1]
	half := math.Sqrt(0.125) // of 1 and 0.5
	if zoom.Runs != 2 || zoom.Large.Slides != 2 || zoom.Small.Slides != 2 ||
		!near(zoom.Large.Accuracy, 0.75, half) || !near(zoom.Large.Sensitivity, 0.75, half) ||
		!near(zoom.Small.Accuracy, 0.25, half) || !near(zoom.Small.Sensitivity, 0.5, 0) || !near(zoom.Without, 0.75, half) {
		t.Errorf("%+v", zoom)
	}
	mean := rows[0]
	if !near(mean.Large.Accuracy, 1, 0) || mean.Small.Slides != 0 || !math.IsNaN(float64(mean.Small.Accuracy.Mean)) ||
		!math.IsNaN(float64(mean.Large.Sensitivity.Mean)) { // nothing says which classes have no target
		t.Errorf("%+v", mean)
	}
	var out strings.Builder
	if err := WriteTargets(&out, rows); err != nil || !strings.Contains(out.String(), "\nmean,1,1,1,0,,,0,,,,,,\nzoom,2,2,0.75,") {
		t.Errorf("%s, error %v", out.String(), err)
	}
}

func TestLoadCallsOfOne(t *testing.T) {
	dir := t.TempDir()
	text := "slide,label,predicted\na,t,t\n"
	file := putFile(t, filepath.Join(dir, "run", "predictions.csv"), text)
	for path, want := range map[string]string{file: "predictions", filepath.Dir(file): "run"} {
		if calls, err := LoadCalls(path); err != nil || len(calls) != 1 || calls[0].Name != want || len(calls[0].runs[0]) != 1 {
			t.Errorf("%s: %+v, error %v", path, calls, err)
		}
	}
	empty := t.TempDir()
	if _, err := LoadCalls(empty); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), empty) {
		t.Errorf("an empty folder: error %v", err)
	}
}

func TestSizesRefuse(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a word": "slide,size\na,big\n", "below 0": "slide,size\na,-1\n", "no number": "slide,size\na,NaN\n",
		"endless": "slide,size\na,Inf\n", "twice": "slide,size\na.tiff,1\na.svs,2\n", "no column": "slide,area\na,1\n",
	} {
		path := putFile(t, filepath.Join(dir, name+".csv"), text)
		if s, err := ReadSizes(path, "size"); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, error %v", name, s, err)
		}
	}
	calls := []Calls{{"m", [][]call{{{"a", "t", "t"}}}}}
	if _, err := (Sizes{}).Threshold(calls); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("no size: error %v", err)
	}
	if _, err := (Sizes{"a": 0}).Threshold(calls); err == nil {
		t.Error("no target has a median")
	}
}

func TestAreas(t *testing.T) {
	truths := Truths{
		"a": {MPP: 0.5, Evidence: []synth.Disc{{Radius: 2000}, {Radius: 1000}}},
		"b": {MPP: 0.5},
	}
	areas := truths.Areas()
	if math.Abs(areas["a"]-1.25*math.Pi) > 1e-12 || areas["b"] != 0 || len(areas) != 2 {
		t.Errorf("%v", areas)
	}
}
