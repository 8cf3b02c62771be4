package bench

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/slideio/synth"
)

// tinyAblation is of slides of two magnifications that are evidence all over, or
// hold none.
func tinyAblation(t *testing.T) AblationCase {
	t.Helper()
	table, bags := tinySlides(t)
	e := tinyEntry(t, table, bags, Contestant{Name: ZoomName, Method: mil.ZoomMIL, Magnifications: []float64{5, 10}, K: []int{2}})
	c := AblationCase{
		Data: e.Trial.Data, Config: e.Trial.Config, Options: e.Trial.Options, Device: e.Trial.Device,
		Seeds: []uint64{1, 2}, Folder: t.TempDir(), Truth: Truths{}, Made: Conditions{Command: "zoomscope bench ablation slides.csv"},
	}
	c.Config.Epochs = 1
	for i, s := range c.Data.Samples {
		truth := &synth.Truth{MPP: 0.5}
		if i%2 == 1 {
			truth.Evidence = []synth.Disc{{X: 4500, Y: 4500, Radius: 90000}}
		}
		c.Truth[stem(s.Slide)] = truth
	}
	return c
}

func TestAblation(t *testing.T) {
	c := tinyAblation(t)
	var told []result.Progress
	study, err := Ablation(t.Context(), c, func(p result.Progress) { told = append(told, p) })
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range study.Rows {
		names = append(names, r.Variant)
		if !(r.Accuracy.Mean >= 0 && r.Accuracy.Mean <= 1) || !r.WeightedF1.SD.Defined() || !near(r.Found, 1, 0) || !near(r.Patches, 1, 0) {
			t.Errorf("%+v", r)
		}
	}
	// With one zoom, random at low and at high magnification are random K.
	want := []string{
		"ZoomMIL", "whole gradient of the Top-K", "single attention", "Top-K not differentiable", "random K", "highest magnification alone", "concatenation",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if first := told[0]; first.Now != "ZoomMIL, seed 1" || first.Total != 2*len(want)*c.Config.Epochs {
		t.Errorf("told %+v", first)
	}
	lost := TrialFolder(c.Folder, "single attention", 1)
	if err := os.RemoveAll(lost); err != nil {
		t.Fatal(err)
	}
	told = nil
	if _, err := Ablation(t.Context(), c, func(p result.Progress) { told = append(told, p) }); err != nil {
		t.Fatal(err)
	}
	if first := told[0]; first.Now != "single attention, seed 1" || first.Done != (2*len(want)-1)*c.Config.Epochs {
		t.Errorf("gone on with: told %+v, though all but one run have ended", first)
	}
	if !slices.Equal(study.Seeds, c.Seeds) || study.Epochs != 1 || study.Machine.Cores < 1 {
		t.Errorf("%+v", study.Conditions)
	}
	var text, table strings.Builder
	if err := study.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"command: zoomscope bench ablation slides.csv", "seeds 1, 2; 1 epochs", study.Machine.String(), "\nconcatenation  ", result.ResearchUse} {
		if !strings.Contains(text.String(), said) {
			t.Errorf("no %q in %s", said, text.String())
		}
	}
	if err := study.WriteCSV(&table); err != nil || strings.Count(table.String(), "\n") != 1+len(want) || !strings.Contains(table.String(), "\nrandom K,") {
		t.Errorf("%s, error %v", table.String(), err)
	}

	// Again, the runs are those in the folder; without truths nothing is known to be found.
	c.Only, c.Truth = []string{"random K"}, nil
	again, err := Ablation(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := again.Rows[0]; len(again.Rows) != 1 || r.Accuracy != study.Rows[4].Accuracy || r.Found.Mean.Defined() {
		t.Errorf("%+v, before %+v", again.Rows, study.Rows[4])
	}
	if row := again.Table().Rows[0]; row[4] != "-" || row[5] != "-" {
		t.Errorf("%q", row)
	}
}

func TestVariants(t *testing.T) {
	for zooms, want := range map[int]int{1: 7, 2: 9, 3: 9} {
		if got := len(Variants(zooms)); got != want {
			t.Errorf("%d variants with %d zooms, want %d", got, zooms, want)
		}
	}
	c := &mil.Config{K: []int{4, 4, 4}}
	for name, want := range map[string][]string{
		"random K":                     {mil.Random, mil.Random, mil.Random},
		"random at low magnification":  {mil.Random, mil.Learned, mil.Learned},
		"random at high magnification": {mil.Learned, mil.Learned, mil.Random},
	} {
		i := slices.IndexFunc(Variants(3), func(v Variant) bool { return v.Name == name })
		if Variants(3)[i].Change(c, &mil.TrainOptions{}); !slices.Equal(c.Selection, want) {
			t.Errorf("%s selects by %q, want %q", name, c.Selection, want)
		}
	}
	some := AblationCase{Only: []string{"random K", randomLow}}
	some.Config.Model.K = []int{2}
	if _, err := some.variants(); err == nil || !strings.Contains(err.Error(), randomLow) {
		t.Errorf("error %v", err)
	}
	some.Config.Model.K = []int{2, 2}
	if all, err := some.variants(); err != nil || len(all) != 2 {
		t.Errorf("%d variants, error %v", len(all), err)
	}
}

func TestConditions(t *testing.T) {
	c := Conditions{
		Version: "1.2.3", Command: "zoomscope bench k", Seeds: []uint64{1, 2}, Epochs: 40, Threads: 1,
		Device: &result.Device{Requested: "cuda", Used: "cpu", Name: "a processor", Reason: "no driver"},
	}
	want := []string{
		"zoomscope 1.2.3, " + Machine{}.String(), "command: zoomscope bench k", "device: cpu, one core", "note: ran on cpu instead of cuda: no driver",
		"seeds 1, 2; 40 epochs",
	}
	if diff := cmp.Diff(want, c.Head()); diff != "" {
		t.Error(diff)
	}
	c = Conditions{Version: "1.2.3", Command: "zoomscope bench targets"}
	if diff := cmp.Diff(want[:1], c.Head()[:1]); diff != "" || len(c.Head()) != 2 {
		t.Errorf("%q", c.Head())
	}
}

func TestExactly(t *testing.T) {
	if got := exactly(Spread{0.5, 0.25}, spread([]float64{math.NaN()})); !slices.Equal(got, []string{"0.5", "0.25", "", ""}) {
		t.Errorf("%q", got)
	}
}
