package bench

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/result"
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
	study, err := sizes.Study(calls, 0, Conditions{Command: "zoomscope bench targets runs"})
	if err != nil || study.Threshold != 3 || study.Seeds != nil || study.Epochs != 0 { // the runs do not say how they were trained
		t.Fatalf("%+v, error %v", study, err)
	}
	zoom := study.Rows[1]
	half := math.Sqrt(0.125) // of 1 and 0.5
	if zoom.Runs != 2 || zoom.Large.Slides != 2 || zoom.Small.Slides != 2 ||
		!near(zoom.Large.Accuracy, 0.75, half) || !near(zoom.Large.Sensitivity, 0.75, half) ||
		!near(zoom.Small.Accuracy, 0.25, half) || !near(zoom.Small.Sensitivity, 0.5, 0) || !near(zoom.Without, 0.75, half) {
		t.Errorf("%+v", zoom)
	}
	mean := study.Rows[0]
	if mean.Large.Accuracy.Mean != 1 || mean.Large.Accuracy.SD.Defined() || mean.Small.Slides != 0 || !math.IsNaN(float64(mean.Small.Accuracy.Mean)) ||
		!math.IsNaN(float64(mean.Large.Sensitivity.Mean)) { // nothing says which classes have no target
		t.Errorf("%+v", mean)
	}
	var out strings.Builder
	if err := study.WriteCSV(&out); err != nil || !strings.Contains(out.String(), "\nmean,1,1,1,,,,0,,,,,,\nzoom,2,2,0.75,") {
		t.Errorf("%s, error %v", out.String(), err)
	}
	out.Reset()
	if err := study.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{study.Machine.String(), "command: zoomscope bench targets runs", "large from 3 on", result.ResearchUse, "\nzoom      2 ", "0.750 +- 0.354"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in %s", text, out.String())
		}
	}
	if study, err = sizes.Study(calls, 9, Conditions{}); err != nil || study.Threshold != 9 || study.Rows[1].Large.Slides != 1 {
		t.Errorf("%+v, error %v", study, err)
	}
}

// Seeds and epochs are those that the runs say.
func TestTargetsOfTrainedRuns(t *testing.T) {
	for name, c := range map[string]struct {
		runs   []string // what run.json says
		seeds  []uint64
		epochs int
	}{
		"alike":            {[]string{`{"config": {"seed": 2, "epochs": 5}}`, `{"config": {"seed": 1, "epochs": 5}}`, `{"config": {"seed": 2, "epochs": 5}}`}, []uint64{1, 2}, 5},
		"of other epochs":  {[]string{`{"config": {"seed": 0, "epochs": 5}}`, `{"config": {"seed": 1, "epochs": 6}}`}, []uint64{0, 1}, 0},
		"one does not say": {[]string{`{"config": {"seed": 0, "epochs": 5}}`, `{}`}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for i, text := range c.runs {
				run := filepath.Join(dir, string(rune('a'+i)))
				putFile(t, filepath.Join(run, "predictions.csv"), "slide,label,predicted\na,t,t\n")
				putFile(t, filepath.Join(run, "run.json"), text)
			}
			calls, err := LoadCalls(dir)
			if err != nil {
				t.Fatal(err)
			}
			study, err := Sizes{"a": 1}.Study(calls, 0, Conditions{})
			if err != nil || !slices.Equal(study.Seeds, c.seeds) || study.Epochs != c.epochs {
				t.Errorf("%+v, error %v", study, err)
			}
		})
	}
	dir := t.TempDir()
	putFile(t, filepath.Join(dir, "predictions.csv"), "slide,label,predicted\na,t,t\n")
	path := putFile(t, filepath.Join(dir, "run.json"), "{")
	if _, err := LoadCalls(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
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
	calls := []Calls{{Name: "m", runs: [][]call{{{"a", "t", "t"}}}}}
	if _, err := (Sizes{}).Study(calls, 0, Conditions{}); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("no size: error %v", err)
	}
	if _, err := (Sizes{"a": 0}).Study(calls, 0, Conditions{}); err == nil {
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
