package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/train"
)

// easyBags are bags of which one instance tells the class.
func easyBags(t *testing.T, n int) *train.Instances {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	text := "bag,label,f1,f2\n"
	for i := range n {
		for j := range 3 {
			signal := r.NormFloat64() / 4
			if i%2 == 1 && j == 1 {
				signal += 4
			}
			text += fmt.Sprintf("b%d,%d,%g,%g\n", i, i%2, signal, r.NormFloat64())
		}
	}
	d, err := train.ParseInstances(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBags(t *testing.T) {
	for _, ungated := range []bool{false, true} {
		c := BagsCase{
			Name: "easy", Data: easyBags(t, 12), Ungated: ungated, Folds: 2, Repetitions: 2, Epochs: 4,
			Rate: 3e-3, Decay: 1e-4, Seed: 1, Device: nntest.Interpreter{},
		}
		row, err := Bags(t.Context(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if row.Accuracy < 0.8 || row.Bags != 12 || row.Instances != 36 || row.Features != 2 || len(row.Repetitions) != 2 || row.Published != nil {
			t.Errorf("%+v", row)
		}
		if ungated {
			continue
		}
		again, err := Bags(t.Context(), c, nil)
		if err != nil || again.Accuracy != row.Accuracy || !slices.Equal(again.Repetitions, row.Repetitions) {
			t.Errorf("%+v, then %+v, error %v", row, again, err)
		}
	}
}

// Folds that are done stay, of the same settings alone, and are not trained again.
func TestBagsGoesOn(t *testing.T) {
	c := BagsCase{
		Name: "easy", Data: easyBags(t, 12), Folds: 2, Repetitions: 1, Epochs: 2,
		Rate: 3e-3, Seed: 1, Device: nntest.Interpreter{}, Folder: t.TempDir(),
	}
	first, err := Bags(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.Folder, "easy-gated-attention.json")
	var kept foldsDone
	if text, err := os.ReadFile(path); err != nil || json.Unmarshal(text, &kept) != nil || len(kept.Accuracies) != 2 {
		t.Fatalf("kept %+v, error %v", kept, err)
	}
	c.Device = nil // which it would need to train
	again, err := Bags(t.Context(), c, nil)
	if err != nil || again.Accuracy != first.Accuracy {
		t.Errorf("%+v, then %+v, error %v", first, again, err)
	}
	c.Device, c.Repetitions = nntest.Interpreter{}, 2
	more, err := Bags(t.Context(), c, nil)
	if err != nil || len(more.Repetitions) != 2 || more.Repetitions[0] != first.Accuracy {
		t.Errorf("%+v of two repetitions, error %v", more, err)
	}
	c.Epochs++
	if _, err := Bags(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("other settings: error %v", err)
	}
	c.Epochs--
	c.Data.Bags[0].Values[0]++
	if _, err := Bags(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("other data: error %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"accuracies": [2]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Bags(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("what is no record: error %v", err)
	}
}

func TestWriteBags(t *testing.T) {
	rows := []*BagsRow{{
		BagsSettings: BagsSettings{Dataset: "a", Method: "attention", Folds: 10, Epochs: 100, Rate: 0.5, Decay: 0.125, Dropout: 0.25, Seed: 7},
		BagsSize:     BagsSize{Bags: 2, Instances: 5, Features: 3}, Accuracy: 0.5, Error: 0.25, Repetitions: []float64{1, 0}, RepetitionsSD: 0.75,
		Published: &PublishedAccuracy{0.75, 0.125},
	}, {BagsSettings: BagsSettings{Dataset: "b"}, Repetitions: []float64{1}, RepetitionsSD: train.Undefined()}}
	var out strings.Builder
	if err := WriteBags(&out, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || lines[1] != "a,attention,2,5,3,0.5,0.25,2,0.75,0.75,0.125,10,100,0.5,0.125,0.25,7" || lines[2] != "b,,,,,0,0,1,,,,0,0,0,0,0,0" {
		t.Errorf("%q", lines)
	}
	out.Reset()
	if err := BagsTable(rows).Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0.500 +- 0.250", "0.000 to 1.000", "0.750", "0.750 +- 0.125"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
}

// The spread of folds and the spread of repetitions are told apart.
func TestBagsRow(t *testing.T) {
	d := foldsDone{Settings: BagsSettings{Dataset: "fox", Method: gatedAttention, Folds: 2}, Accuracies: []float64{0.5, 1, 0.25, 0.75, 1, 1}}
	r := d.row(2)
	if fmt.Sprint(r.Repetitions) != "[0.75 0.5]" || r.Accuracy != 0.625 || math.Abs(float64(r.RepetitionsSD)-math.Sqrt(2)/8) > 1e-15 {
		t.Errorf("%+v", r)
	}
	// By hand: squares 1/64, 9/64, 9/64, 1/64 over 3, and the root of 4 folds.
	if want := math.Sqrt(20.0/64/3) / 2; math.Abs(r.Error-want) > 1e-15 || r.Published.Accuracy != 0.603 {
		t.Errorf("error %v, want %v", r.Error, want)
	}
	if one := d.row(1); one.RepetitionsSD.Defined() || one.Accuracy != 0.75 {
		t.Errorf("%+v", one)
	}
}

// The table of a folder is of all that was done in it, by earlier versions too.
func TestBagsFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	record := func(dataset, method, accuracies string) string {
		return fmt.Sprintf(`{"settings": {"dataset": %q, "sha256": "", "method": %q, "folds": 2, "epochs": 3, "learning_rate": 0.5,
			"weight_decay": 0, "dropout": 0, "seed": 0}, "accuracies": [%s]}`, dataset, method, accuracies)
	}
	put("musk1-gated-attention.json", record("musk1", "gated attention", "1, 0.5, 0"))
	put("musk1-attention.json", record("musk1", "attention", "1"))
	put("copy of musk1-gated-attention.json", record("musk1", "gated attention", "0, 0"))
	put("notes.json", "mine")
	f, err := OpenBagsFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBagsFolder(dir); !errors.Is(err, train.ErrBusy) || !strings.Contains(err.Error(), dir) {
		t.Errorf("two at once: error %v", err)
	}
	c := BagsCase{
		Name: "easy", Data: easyBags(t, 8), Folds: 2, Repetitions: 1, Epochs: 1,
		Rate: 3e-3, Seed: 1, Device: nntest.Interpreter{}, Folder: dir,
	}
	easy, err := Bags(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.Rows()
	if err != nil || len(rows) != 2 || rows[0].BagsSize != easy.BagsSize || rows[0].Accuracy != easy.Accuracy || rows[0].Bags != 8 {
		t.Fatalf("%+v, error %v", rows, err)
	}
	if r := rows[1]; r.Dataset != "musk1" || r.Method != gatedAttention || fmt.Sprint(r.Repetitions) != "[0.75]" || r.Bags != 0 || r.Published == nil {
		t.Errorf("%+v", r)
	}
	if err := errors.Join(f.WriteTable(), f.Close()); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "bags.csv"))
	if err != nil || strings.Count(string(table), "\n") != 3 || !strings.Contains(string(table), "\nmusk1,gated attention,,,,0.75,") {
		t.Errorf("%s, error %v", table, err)
	}
	for name, text := range map[string]string{
		"no record": "mine", "no folds": strings.Replace(record("a", "attention", "1"), `"folds": 2`, `"folds": 1`, 1), "too much": record("a", "attention", "2"),
	} {
		put("a-attention.json", text)
		if _, err := OpenBagsFolder(dir); err == nil || !strings.Contains(err.Error(), "a-attention.json") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A file of folds of an earlier version gets to know how large its dataset is.
func TestBagsSizeAdded(t *testing.T) {
	c := BagsCase{Name: "easy", Data: easyBags(t, 8), Folds: 2, Repetitions: 1, Epochs: 1, Rate: 1e-3, Folder: t.TempDir()}
	path := filepath.Join(c.Folder, "easy-gated-attention.json")
	old := foldsDone{Settings: c.settings(), Accuracies: []float64{1, 0.5}, path: path}
	if err := old.save(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "size") {
		t.Fatalf("%s, error %v", text, err)
	}
	if r, err := Bags(t.Context(), c, nil); err != nil || r.Accuracy != 0.75 {
		t.Fatalf("%+v, error %v", r, err)
	}
	if d, err := readFolds(path); err != nil || d.Size == nil || *d.Size != (BagsSize{8, 24, 2}) || fmt.Sprint(d.Accuracies) != "[1 0.5]" {
		t.Errorf("%+v, error %v", d, err)
	}
}

// Every bag is tested once in a repetition, and classes are spread over the folds.
func TestBagsDivide(t *testing.T) {
	c := BagsCase{Data: easyBags(t, 23), Folds: 5}
	var all []int
	for _, f := range c.divide(3) {
		positive := 0
		for _, i := range f {
			positive += c.Data.Bags[i].Class
		}
		if len(f) < 4 || len(f) > 5 || positive < 2 || positive > 3 {
			t.Errorf("fold %v has %d positive bags", f, positive)
		}
		all = append(all, f...)
	}
	slices.Sort(all)
	if len(all) != 23 || len(slices.Compact(all)) != 23 {
		t.Errorf("%v", all)
	}
	if fmt.Sprint(c.divide(3)) == fmt.Sprint(c.divide(4)) {
		t.Error("two repetitions are divided alike")
	}
}

func TestBagsRefuses(t *testing.T) {
	for name, change := range map[string]func(*BagsCase){
		"one fold":       func(c *BagsCase) { c.Folds = 1 },
		"too many folds": func(c *BagsCase) { c.Folds = 7 },
		"no epochs":      func(c *BagsCase) { c.Epochs = 0 },
		"three classes":  func(c *BagsCase) { c.Data.Classes = []string{"a", "b", "c"} },
		"patients":       func(c *BagsCase) { c.Data.Bags[3].Patient = "p" },
		"splits":         func(c *BagsCase) { c.Data.Bags[3].Split = train.Test },
	} {
		c := BagsCase{Name: "easy", Data: easyBags(t, 6), Folds: 2, Repetitions: 1, Epochs: 1, Rate: 1e-3, Device: nntest.Interpreter{}}
		change(&c)
		if _, err := Bags(t.Context(), c, nil); err == nil || !strings.HasPrefix(err.Error(), "easy") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
