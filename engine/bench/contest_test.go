package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
	"zoomscope/engine/train"
)

// tinySlides writes 20 slides of two classes with 2 to 4 patches at 5x and four
// times as many at 10x, and returns the table and the folder of bags.
func tinySlides(t *testing.T) (table, bags string) {
	t.Helper()
	const dim = 4
	dir := t.TempDir()
	settings, _ := tissue.Preset("default")
	rows := "slide,label\n"
	for i := range 20 {
		class, name := i%2, fmt.Sprintf("s%02d", i)
		rows += fmt.Sprintf("%s.svs,%s\n", name, []string{"normal", "tumour"}[class])
		r := rand.New(rand.NewPCG(1, uint64(i)))
		var low []grid.Cell
		for j := range 2 + i%3 {
			low = append(low, grid.Cell{Column: j})
		}
		var levels []bag.Level
		for _, cells := range [][]grid.Cell{low, divided(low, 2)} {
			l := bag.Level{Cells: cells}
			for j := range len(cells) * dim {
				l.Features = append(l.Features, float32(r.NormFloat64()/4)+float32(2*class*(j%2)))
			}
			levels = append(levels, l)
		}
		b, err := bag.New(bag.Manifest{
			Slide: result.Slide{Path: name + ".svs", Width: 9000, Height: 9000, MPP: [2]float64{0.5, 0.5}}, ContentID: name,
			Magnifications: []float64{5, 10}, PatchSize: 256, Encoder: result.Encoder{Name: "random", Dim: dim}, Tissue: settings,
		}, levels)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Save(filepath.Join(dir, name+".bag.safetensors"), safetensors.F32); err != nil {
			t.Fatal(err)
		}
	}
	return putFile(t, filepath.Join(dir, "slides.csv"), rows), dir
}

// tinyEntry trains a small network of a method on such slides for two epochs.
func tinyEntry(t *testing.T, table, bags string, who Contestant) Entry {
	t.Helper()
	d, err := train.Load(t.Context(), table, bags, train.LoadOptions{Magnifications: who.Magnifications})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Divide(train.SplitOptions{}); err != nil {
		t.Fatal(err)
	}
	c := train.Defaults()
	c.Epochs, c.LearningRate, c.Resamples = 2, 0.02, 0
	c.Model = d.Fill(mil.Config{
		Name: who.Key(), Method: who.Method, K: who.K, Sizes: mil.Sizes{Hidden: 3, Embedding: 4}, Classifier: mil.Linear,
		IntendedUse: "Tests.", Licence: "MIT",
	})
	return Entry{who, Trial{Data: d, Config: c, Options: mil.TrainOptions{Dropout: -1, Samples: 5, Sigma: 0.01}, Device: nntest.Interpreter{}}}
}

// tinyContest is of an exhaustive method and one that zooms.
func tinyContest(t *testing.T) *Contest {
	t.Helper()
	table, bags := tinySlides(t)
	return &Contest{
		Entries: []Entry{
			tinyEntry(t, table, bags, Contestant{Name: "CLAM-SB", Method: mil.CLAMSB, Magnifications: []float64{10}}),
			tinyEntry(t, table, bags, Contestant{Name: ZoomName, Method: mil.ZoomMIL, Magnifications: []float64{5, 10}, K: []int{2}}),
		},
		Seeds: []uint64{1, 2}, Folder: t.TempDir(),
	}
}

func TestContest(t *testing.T) {
	c := tinyContest(t)
	var told []result.Progress
	standings, warnings, err := c.Run(t.Context(), func(p result.Progress) { told = append(told, p) })
	if err != nil {
		t.Fatal(err)
	}
	tested := len(c.Entries[0].Trial.Data.In(train.Test))
	for i, s := range standings {
		seen := 0
		for _, row := range s.Confusion {
			for _, n := range row {
				seen += n
			}
		}
		if seen != 2*tested || !(s.Accuracy.Mean > 0.7) || !s.WeightedF1.SD.Defined() || !s.AUC.Mean.Defined() {
			t.Errorf("%s: %+v, of %d test slides", c.Entries[i].Name, s, tested)
		}
	}
	if last := told[len(told)-1]; last.Total != 8 || last.Done != 8 || told[0].Done != 0 {
		t.Errorf("told %+v", told)
	}
	for _, name := range []string{"clam_sb-10x-1", "clam_sb-10x-2", "zoommil-5-10x-1", "zoommil-5-10x-2"} {
		if _, err := os.Stat(filepath.Join(c.Folder, name, train.ModelFile)); err != nil {
			t.Error(err)
		}
	}
	told = nil
	again, warned, err := c.Run(t.Context(), func(p result.Progress) { told = append(told, p) })
	if err != nil || !cmp.Equal(again, standings) || !cmp.Equal(warned, warnings) || told != nil {
		t.Errorf("again %+v, error %v, told %+v", again, err, told)
	}
}

// What the runs warn of is told once, not for every seed.
func TestContestWarns(t *testing.T) {
	c := tinyContest(t)
	c.Entries = c.Entries[1:]
	c.Entries[0].K = []int{50}
	c.Entries[0].Trial.Config.Model.K = []int{50}
	_, warnings, err := c.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, w := range warnings {
		if strings.Contains(w, "fewer patches than are to be zoomed into") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%q", warnings)
	}
}

func TestSpread(t *testing.T) {
	if s := spread([]float64{0.5, 0.7}); s.text() != "0.600 +- 0.141" || math.Abs(s.Bar()-0.1414) > 1e-4 {
		t.Errorf("%+v", s)
	}
	if s := spread([]float64{0.5}); s.text() != "0.500" || s.Bar() != 0 {
		t.Errorf("of one seed: %+v", s)
	}
}

func TestContestIsGoneOnWith(t *testing.T) {
	c := tinyContest(t)
	whole, _, err := c.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Folder = t.TempDir()
	enough := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	device := c.Entries[1].Trial.Device
	c.Entries[1].Trial.Device = openerFunc(func(data []byte) (nn.Session, error) {
		stop(enough)
		return device.Open(data)
	})
	if _, _, err := c.Run(ctx, nil); !errors.Is(err, enough) || !strings.Contains(err.Error(), "ZoomMIL, seed 1") {
		t.Fatalf("error %v", err)
	}
	c.Entries[1].Trial.Device = device
	var first result.Progress
	rest, _, err := c.Run(t.Context(), func(p result.Progress) {
		if first.Total == 0 {
			first = p
		}
	})
	if err != nil || !cmp.Equal(rest, whole) {
		t.Errorf("%+v, without a stop %+v, error %v", rest, whole, err)
	}
	if first.Done != 2 { // one of four runs had ended
		t.Errorf("went on at %+v", first)
	}
}

type openerFunc func(data []byte) (nn.Session, error)

func (f openerFunc) Open(data []byte) (nn.Session, error) { return f(data) }

// Nothing is trained that could not be tested.
func TestTrialWantsATestSplit(t *testing.T) {
	table, bags := tinySlides(t)
	e := tinyEntry(t, table, bags, Contestant{Name: "MeanMIL", Method: mil.MeanMIL, Magnifications: []float64{10}})
	e.Trial.Config.Model.Sizes = mil.Sizes{Embedding: 4}
	e.Trial.Folder = filepath.Join(t.TempDir(), "run")
	for i := range e.Trial.Data.Samples {
		if s := &e.Trial.Data.Samples[i]; s.Split == train.Test {
			s.Split = train.Training
		}
	}
	if _, err := e.Trial.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), table+": no slide is in the split test") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(e.Trial.Folder); err == nil {
		t.Error("a run was begun")
	}
}

func TestStudies(t *testing.T) {
	for name, want := range map[string][]int{
		"crc": {217, 868, 3472}, "bright": {62, 248, 3968}, "camelyon16": {4000, 16000},
	} {
		s, err := FindStudy(name)
		if err != nil || !slices.Equal(s.Patches(), want) {
			t.Errorf("%s: %v patches, want %v, error %v", name, s.Patches(), want, err)
		}
	}
	if _, err := FindStudy("lung"); err == nil || !strings.Contains(err.Error(), "camelyon16") {
		t.Errorf("error %v", err)
	}
}

func TestStudyAtOtherMagnifications(t *testing.T) {
	s, _ := FindStudy("bright")
	other, err := s.At([]float64{2.5, 5, 20})
	if err != nil || !slices.Equal(other.Patches(), s.Patches()) || !slices.Equal(other.EffMagnifications, []float64{2.5, 5}) || other.Highest() != 20 {
		t.Errorf("%+v, error %v", other, err)
	}
	for _, wrong := range [][]float64{{2.5, 5}, {2.5, 5, 10}, {0, 0, 0}, {-1.25, -2.5, -10}} {
		if _, err := s.At(wrong); err == nil {
			t.Errorf("%v: no error", wrong)
		}
	}
}

func TestContestants(t *testing.T) {
	s, _ := FindStudy("crc")
	var names, keys []string
	for _, c := range s.Contestants([]float64{5, 20}, true) {
		names, keys = append(names, c.Name+" "+c.Scales()), append(keys, c.Key())
	}
	want := []string{
		"MaxMIL 5x", "MaxMIL 20x", "MeanMIL 5x", "MeanMIL 20x", "SparseConvMIL 5x", "SparseConvMIL 20x", "ABMIL 5x", "ABMIL 20x",
		"CLAM-SB 5x", "CLAM-SB 20x", "TransMIL 5x", "TransMIL 20x", "MSMIL 5+10+20x", "DSMIL 5+10+20x",
		"ZoomMIL-Eff 5>10x", "ZoomMIL 5>10>20x", "ZoomMIL, whole gradient 5>10>20x",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if slices.Sort(keys); len(slices.Compact(keys)) != len(want) {
		t.Errorf("keys %q are not all different", keys)
	}
	s, _ = FindStudy("camelyon16")
	if n := len(s.Contestants(nil, false)); n != 9 { // the paper has no efficient variant there
		t.Errorf("%d contestants", n)
	}
}
