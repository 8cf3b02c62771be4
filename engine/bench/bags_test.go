package bench

import (
	"fmt"
	"math/rand/v2"
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
