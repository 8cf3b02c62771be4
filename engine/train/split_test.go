package train

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// people makes a dataset of patients, each "label×slides" such as "a×2".
func people(patients ...string) *Dataset {
	d := &Dataset{Path: "t.csv"}
	var labels []string
	for i, p := range patients {
		label, count, _ := strings.Cut(p, "×")
		n := 1
		fmt.Sscan(count, &n)
		for j := range n {
			name := fmt.Sprintf("s%03d-%d", i, j)
			d.Samples = append(d.Samples, Sample{Name: name, Slide: name + ".svs", Label: label, Patient: fmt.Sprint("p", i)})
		}
		labels = append(labels, label)
	}
	d.Classes = classesOf(labels)
	for i := range d.Samples {
		d.Samples[i].Class = slices.Index(d.Classes, d.Samples[i].Label)
	}
	return d
}

func repeat(n int, patients ...string) []string {
	return slices.Repeat(patients, n)
}

// splitsOf is the split of each sample by name.
func splitsOf(d *Dataset) map[string]Split {
	out := map[string]Split{}
	for _, s := range d.Samples {
		out[s.Name] = s.Split
	}
	return out
}

func TestDivideByFractions(t *testing.T) {
	cases := map[string]struct {
		patients []string
		o        SplitOptions
		want     map[Split][]int // of each class
	}{
		"ten and five":    {append(repeat(10, "a"), repeat(5, "b")...), SplitOptions{}, map[Split][]int{Training: {6, 3}, Validation: {2, 1}, Test: {2, 1}}},
		"one each":        {repeat(3, "a", "b"), SplitOptions{}, map[Split][]int{Training: {1, 1}, Validation: {1, 1}, Test: {1, 1}}},
		"two each":        {repeat(2, "a", "b"), SplitOptions{}, map[Split][]int{Training: {1, 1}, Validation: {1, 1}, Test: {0, 0}}},
		"several slides":  {repeat(5, "a×2", "b×4"), SplitOptions{}, map[Split][]int{Training: {6, 12}, Validation: {2, 4}, Test: {2, 4}}},
		"other fractions": {repeat(10, "a", "b"), SplitOptions{Fractions: [3]float64{0.5, 0.1, 0.4}}, map[Split][]int{Training: {5, 5}, Validation: {1, 1}, Test: {4, 4}}},
		"no test":         {repeat(10, "a", "b"), SplitOptions{Fractions: [3]float64{0.8, 0.2, 0}}, map[Split][]int{Training: {8, 8}, Validation: {2, 2}, Test: {0, 0}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				d := people(c.patients...)
				c.o.Seed = seed
				if err := d.Divide(c.o); err != nil {
					t.Fatal(err)
				}
				for split, want := range c.want {
					if got := d.count(split); !slices.Equal(got, want) {
						t.Errorf("seed %d: %s has %v, want %v", seed, split, got, want)
					}
				}
				checkTogether(t, d)
			}
		})
	}
}

// checkTogether makes sure that patients are in one split each.
func checkTogether(t *testing.T, d *Dataset) {
	t.Helper()
	of := map[string]Split{}
	for _, s := range d.Samples {
		if there, ok := of[s.Patient]; s.Patient != "" && ok && there != s.Split {
			t.Errorf("patient %s is in %s and %s", s.Patient, there, s.Split)
		}
		of[s.Patient] = s.Split
	}
}

func TestDivideRepeats(t *testing.T) {
	for _, o := range []SplitOptions{{Seed: 3}, {Seed: 3, Folds: 4, Fold: 1}} {
		d := people(append(repeat(20, "a×2", "b"), "a", "b×5", "b×3")...)
		if err := d.Divide(o); err != nil {
			t.Fatal(err)
		}
		want := splitsOf(d)
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(d.Samples), func(i, j int) { d.Samples[i], d.Samples[j] = d.Samples[j], d.Samples[i] })
		warnings := len(d.Warnings)
		if err := d.Divide(o); err != nil {
			t.Fatal(err)
		}
		same := 0
		for name, split := range splitsOf(d) {
			if split != want[name] {
				t.Errorf("%s is in %s, in another order of lines in %s", name, want[name], split)
			}
		}
		if len(d.Warnings) != warnings {
			t.Errorf("warnings pile up: %q", d.Warnings)
		}
		o.Seed++
		if err := d.Divide(o); err != nil {
			t.Fatal(err)
		}
		for name, split := range splitsOf(d) {
			if split == want[name] {
				same++
			}
		}
		if same == len(want) {
			t.Error("another seed gives the same split")
		}
	}
}

func TestDivideFolds(t *testing.T) {
	const folds = 5
	patients := append(repeat(12, "a", "b×2"), repeat(7, "c")...)
	tested := map[string]int{}
	for fold := range folds {
		d := people(patients...)
		if err := d.Divide(SplitOptions{Folds: folds, Fold: fold, Seed: 9}); err != nil {
			t.Fatal(err)
		}
		checkTogether(t, d)
		for _, s := range d.In(Test) {
			tested[s.Name]++
		}
		if n := d.count(Test); n[0] < 2 || n[0] > 3 || n[1] < 4 || n[1] > 6 || n[2] < 1 || n[2] > 2 {
			t.Errorf("fold %d tests on %v", fold, n)
		}
		// A quarter of the rest: 0.2 of 0.6 + 0.2.
		if n := d.count(Validation); n[0] < 2 || n[0] > 3 || n[1] < 4 || n[1] > 6 || n[2] < 1 || n[2] > 2 {
			t.Errorf("fold %d validates on %v", fold, n)
		}
	}
	for _, s := range people(patients...).Samples {
		if tested[s.Name] != 1 {
			t.Errorf("%s is tested on %d times", s.Name, tested[s.Name])
		}
	}
}

func TestDivideWarns(t *testing.T) {
	d := people(append(repeat(6, "a", "b×3"), "c")...)
	d.Samples[1].Label, d.Samples[1].Class = "a", 0 // of three slides of b
	if err := d.Divide(SplitOptions{}); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(d.Warnings, "\n")
	for _, want := range []string{
		`Patients with slides of several labels, divided by the most frequent (1): patient p1 counts as "b".`,
		`The validation split has no slide of class "c"`, `The test split has no slide of class "c"`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings lack %q:\n%s", want, all)
		}
	}
	checkTogether(t, d)
}

func TestDivideRefuses(t *testing.T) {
	third := 1.0 / 3
	cases := map[string]struct {
		patients []string
		o        SplitOptions
		want     string
	}{
		"one label":        {repeat(9, "a"), SplitOptions{}, `all slides have the label ["a"]`},
		"nobody validates": {[]string{"a", "b"}, SplitOptions{}, "no slide for validation"},
		"only tested":      {append(repeat(9, "a"), "b"), SplitOptions{Folds: 2, Fold: 0}, ""},
		"sum":              {repeat(9, "a", "b"), SplitOptions{Fractions: [3]float64{0.5, 0.2, 0.2}}, "must add up to 1"},
		"negative":         {repeat(9, "a", "b"), SplitOptions{Fractions: [3]float64{1.2, -0.2, 0}}, "each must be from 0 to 1"},
		"nothing to train": {repeat(9, "a", "b"), SplitOptions{Fractions: [3]float64{0, 0.5, 0.5}}, "some for training"},
		"one fold":         {repeat(9, "a", "b"), SplitOptions{Folds: 1}, "folds must be from 2"},
		"no such fold":     {repeat(9, "a", "b"), SplitOptions{Folds: 3, Fold: 3}, "fold 3 of 3"},
		"folds of a file":  {repeat(9, "a", "b"), SplitOptions{Folds: 3, File: "x"}, "cannot be combined"},
		"thirds":           {repeat(9, "a", "b"), SplitOptions{Fractions: [3]float64{third, third, third}}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := people(c.patients...).Divide(c.o)
			switch {
			case name == "only tested": // in one of the two folds
				c.o.Fold = 1
				other := people(c.patients...).Divide(c.o)
				if (err == nil) == (other == nil) || !strings.Contains(fmt.Sprint(err, other), `classes without a slide to train on (1): "b"`) {
					t.Errorf("errors %v and %v", err, other)
				}
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestGivenSplits(t *testing.T) {
	given := func(splits ...Split) *Dataset {
		d := people(repeat(len(splits)/2, "a", "b")...)
		for i, s := range splits {
			d.Samples[i].listed = s
		}
		return d
	}
	d := given(Training, Training, Validation, Validation, Test, Test)
	if err := d.Divide(SplitOptions{Folds: 2}); err != nil {
		t.Fatal(err)
	}
	if err := d.Divide(SplitOptions{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Samples {
		if s.Split != s.listed {
			t.Errorf("%s is in %s, given in %s", s.Name, s.Split, s.listed)
		}
	}
	d = given(Training, Training, Validation, Validation, Test, Test)
	d.Samples[4].Patient = d.Samples[0].Patient
	err := d.Divide(SplitOptions{})
	if err == nil || !strings.Contains(err.Error(), "t.csv: patients in two splits") || !strings.Contains(err.Error(), "patient p0 (s000-0 in train, s004-0 in test)") {
		t.Errorf("error %v", err)
	}
	d = given(Training, Test, Validation, Validation, Test, Test)
	if err := d.Divide(SplitOptions{}); err == nil || !strings.Contains(err.Error(), `classes without a slide to train on (1): "b"`) {
		t.Errorf("error %v", err)
	}
}

func TestSplitFile(t *testing.T) {
	dataset := func() *Dataset {
		d := people(repeat(3, "a", "b")...)
		for i := range d.Samples {
			d.Samples[i].Name = fmt.Sprint(10 + i)
			d.Samples[i].Slide = fmt.Sprintf("sub/%d.svs", 10+i)
		}
		d.Samples[5].Aliases = []string{"copy.svs"}
		return d
	}
	cases := map[string]struct{ text, problem string }{
		"as CLAM's":       {",train,val,test\n0,10,12,14\n1,11,13,15\n", ""},
		"gaps":            {",train,val,test\n0,10,12.0,14.0\n1,11,13.0,15.0\n2,,,\n", ""},
		"with endings":    {"train,val,test\n10.svs,sub/12.svs,14\n11,13,copy\n", ""},
		"one is left out": {"train,val,test\n10,12,14\n11,13,\n", ""},
		"unknown":         {"train,val,test\n10,12,14\n11,13,16\n", "slides that are not in the dataset (1): 16"},
		"twice":           {"train,val,test\n10,12,14\n11,10,15\n", "line 3: slide 10 is in train already"},
		"as two":          {"train,val,test\n10,12,14\n11,copy,15\n", "slides in two splits (1): 15 is in test and val"},
		"true and false":  {",train,val,test\n10,True,False,False\n", "line 2: is the table of true and false"},
		"other columns":   {"a,b\n1,2\n", "no column named train"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "splits_0.csv")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			d := dataset()
			err := d.Divide(SplitOptions{File: path})
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %v, want %q", err, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := []Split{Training, Training, Validation, Validation, Test, Test}
			if name == "one is left out" {
				want[5] = Unassigned
				if all := strings.Join(d.Warnings, " "); !strings.Contains(all, "Slides in no split, which take no part (1): 15") {
					t.Errorf("warnings %q", all)
				}
			}
			for i, s := range d.Samples {
				if s.Split != want[i] {
					t.Errorf("%s is in %s, want %s", s.Name, s.Split, want[i])
				}
			}
		})
	}
}
