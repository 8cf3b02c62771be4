package bench

import (
	"encoding/json"
	"fmt"
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
	var out strings.Builder
	rows := []*BagsRow{{Dataset: "a", Method: "attention", Bags: 2, Instances: 5, Features: 3, Accuracy: 0.5, Error: 0.25, Repetitions: []float64{1, 0}, Published: &PublishedAccuracy{0.75, 0.125}}}
	if err := WriteBags(&out, append(rows, &BagsRow{Dataset: "b"})); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || lines[1] != "a,attention,2,5,3,0.5,0.25,2,0.75,0.125" || lines[2] != "b,,0,0,0,0,0,0,," {
		t.Errorf("%q", lines)
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
	} {
		c := BagsCase{Name: "easy", Data: easyBags(t, 6), Folds: 2, Repetitions: 1, Epochs: 1, Rate: 1e-3, Device: nntest.Interpreter{}}
		change(&c)
		if _, err := Bags(t.Context(), c, nil); err == nil || !strings.HasPrefix(err.Error(), "easy") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
