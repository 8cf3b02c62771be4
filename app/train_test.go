package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zoomscope/engine/device"
	"zoomscope/engine/mil"
	"zoomscope/engine/train"
	"zoomscope/packaging/testenv"
)

func TestTrainRequestFillsInTheModel(t *testing.T) {
	for name, c := range map[string]struct {
		change         func(*TrainRequest)
		magnifications []float64
		k              []int
		selection      []string
	}{
		"nothing said":    {func(*TrainRequest) {}, nil, []int{12}, nil},
		"a preset":        {func(r *TrainRequest) { r.Preset = "bright" }, []float64{1.25, 2.5, 10}, []int{12, 12}, nil},
		"a preset, and k": {func(r *TrainRequest) { r.Preset, r.K = "crc", []int{3} }, []float64{5, 10, 20}, []int{3, 3}, nil},
		"magnifications":  {func(r *TrainRequest) { r.Magnifications = []float64{1, 2, 4, 8} }, []float64{1, 2, 4, 8}, []int{12, 12, 12}, nil},
		"all learned":     {func(r *TrainRequest) { r.Preset, r.Selection = "crc", []string{mil.Learned} }, []float64{5, 10, 20}, []int{16, 16}, nil},
		"one scale":       {func(r *TrainRequest) { *r = DefaultTrainingOf(mil.ABMIL); r.Out, r.Preset = "lung", "crc" }, []float64{20}, nil, nil},
		"two scales": {func(r *TrainRequest) {
			*r = DefaultTrainingOf(mil.MSMIL)
			r.Out, r.Magnifications = "lung", []float64{5, 20}
		}, []float64{5, 20}, nil, nil},
		"one random":       {func(r *TrainRequest) { r.Preset, r.Selection = "crc", []string{mil.Random} }, []float64{5, 10, 20}, []int{16, 16}, []string{mil.Random, mil.Random}},
		"the second alone": {func(r *TrainRequest) { r.Preset, r.Selection = "crc", []string{mil.Learned, mil.Hard} }, []float64{5, 10, 20}, []int{16, 16}, []string{mil.Learned, mil.Hard}},
	} {
		t.Run(name, func(t *testing.T) {
			r := DefaultTraining()
			r.Out = filepath.Join("runs", "lung")
			c.change(&r)
			if err := r.Check(); err != nil {
				t.Fatal(err)
			}
			config, err := r.config(r.model())
			m := config.Model
			if err != nil || m.Name != "lung" || !slices.Equal(m.Magnifications, c.magnifications) || !slices.Equal(m.K, c.k) || !slices.Equal(m.Selection, c.selection) {
				t.Errorf("%+v, error %v", m, err)
			}
		})
	}
}

// What says the same in two ways is one run, so that it can be gone on with.
func TestTrainRequestIsCanonical(t *testing.T) {
	short, long := DefaultTraining(), DefaultTraining()
	long.Config.Model.Attention, long.Config.Model.Fusion, long.Selection = mil.Dual, mil.Sum, []string{mil.Learned}
	a, err := short.config(short.model())
	b, err2 := long.config(long.model())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestEpochClock(t *testing.T) {
	start := time.Unix(1000, 0)
	c := epochClock{last: start}
	if left := c.tick(start.Add(4*time.Second), 9); left != 36*time.Second {
		t.Errorf("%v left after the first", left)
	}
	if left := c.tick(start.Add(6*time.Second), 8); left != 24*time.Second {
		t.Errorf("%v left after the second", left)
	}
	at := start.Add(6 * time.Second)
	for range 5 { // the slow first ones count no longer
		at = at.Add(time.Second)
		c.tick(at, 1)
	}
	if left := c.tick(at.Add(time.Second), 3); left != 3*time.Second {
		t.Errorf("%v left", left)
	}
	if left := c.tick(at.Add(2*time.Second), 0); left != 0 {
		t.Errorf("%v left at the end", left)
	}
}

// trainee is a workspace with the runtime, and a request over ten small bags.
func trainee(t *testing.T) (*Workspace, TrainRequest) {
	t.Helper()
	dir := t.TempDir()
	table := "slide,label\n"
	for i := range 10 {
		name := fmt.Sprintf("s%d", i)
		saveBag(t, filepath.Join(dir, name+BagExt), bagManifest(strings.Repeat(fmt.Sprintf("0%d", i), 32)))
		table += fmt.Sprintf("%s,%s\n", name, []string{"a", "b"}[i%2])
	}
	r := DefaultTraining()
	r.Dataset, r.Bags, r.Out = filepath.Join(dir, "slides.csv"), dir, filepath.Join(dir, "run")
	r.Config.Epochs, r.Config.Model.Sizes, r.Device = 3, mil.Sizes{Hidden: 2, Embedding: 3}, "cpu"
	if err := os.WriteFile(r.Dataset, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	return New(Config{Devices: device.New([]string{testenv.ORT(t)})}), r
}

func TestTrainTellsHowItGoes(t *testing.T) {
	w, r := trainee(t)
	var told []TrainEvent
	s, err := w.Train(t.Context(), r, func(e TrainEvent) { told = append(told, e) })
	if err != nil {
		t.Fatal(err)
	}
	start, ok := told[0].(TrainStarted)
	if !ok || start.Epochs != 3 || start.Device.Used != "cpu" || len(start.History) != 0 || start.Slides["train"]+start.Slides["val"]+start.Slides["test"] != 10 ||
		!strings.Contains(strings.Join(start.Warnings, " "), "fewer patches") || start.Model.Name != "run" {
		t.Errorf("%+v", told[0])
	}
	var epochs []TrainEpoch
	steps := 0
	for _, e := range told[1:] {
		switch e := e.(type) {
		case TrainEpoch:
			epochs = append(epochs, e)
		case TrainProgress:
			steps++
		default:
			t.Errorf("%T after the start", e)
		}
	}
	if len(epochs) != 3 || steps < 6 {
		t.Fatalf("%d epochs, %d words of progress", len(epochs), steps)
	}
	last := epochs[2]
	if last.Epoch.Epoch != 3 || last.Planned != 3 || last.Best != s.Best || last.Left != 0 || epochs[0].Left <= 0 {
		t.Errorf("%+v, best %d", last, s.Best)
	}

	r.Resume = true
	again, err := w.Train(t.Context(), r, func(e TrainEvent) {
		switch e := e.(type) {
		case TrainStarted:
			if len(e.History) != 3 {
				t.Errorf("history of %d epochs", len(e.History))
			}
		case TrainEpoch:
			t.Errorf("epoch %d of a run that has ended", e.Epoch.Epoch)
		}
	})
	if err != nil || again.Device != nil || again.ModelSHA256 != s.ModelSHA256 {
		t.Errorf("%+v, error %v", again, err)
	}
	if _, err := w.Train(t.Context(), DefaultTraining(), nil); err == nil {
		t.Error("a request without data is no error")
	}
}

func TestRunSummary(t *testing.T) {
	w, dir := New(Config{}), t.TempDir()
	if _, err := w.RunSummary(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, train.RunFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.RunSummary(dir); !errors.Is(err, ErrNotEnded) {
		t.Errorf("a run at work: %v", err)
	}
}
