package train

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/packaging/testenv"
)

func TestParseInstances(t *testing.T) {
	d, err := ParseInstances(strings.NewReader("bag;label;f1;f2\nx;1;0.5;-2\ny;0;1e3;0\nx;1;3;4\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Dim != 2 || !slices.Equal(d.Classes, []string{"0", "1"}) || len(d.Bags) != 2 {
		t.Fatalf("%+v", d)
	}
	x, y := &d.Bags[0], &d.Bags[1]
	if x.Name != "x" || x.Class != 1 || x.Len(0) != 2 || !slices.Equal(x.Values, []float32{0.5, -2, 3, 4}) || y.Class != 0 || y.Len(0) != 1 {
		t.Errorf("%+v, %+v", x, y)
	}
	row := make([]float32, 2)
	if err := x.Features(row, 0, []int{1}); err != nil || !slices.Equal(row, []float32{3, 4}) {
		t.Errorf("%v, error %v", row, err)
	}
	if x.Features(row, 0, []int{2}) == nil || x.Features(row, 0, []int{0, 1}) == nil {
		t.Error("an instance that is not there, or too little room, is no error")
	}
}

func TestParseInstancesRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":          {"", "empty"},
		"no bag":           {"label,f1\n1,2\n", "bag"},
		"no label":         {"bag,f1\n1,2\n", "label"},
		"no features":      {"bag,label\na,1\n", "0 columns"},
		"no lines":         {"bag,label,f1\n", "no instances"},
		"no number":        {"bag,label,f1\na,1,x\n", `line 2: column "f1": "x" is no number`},
		"two patients":     {"bag,label,patient,f1\na,1,p,2\nb,1,q,2\na,1,q,2\n", `line 4: bag a is of patient "q" here and of "p" in line 2`},
		"no patient":       {"bag,label,case_id,f1\na,1,p,2\na,1,,2\n", `line 3: bag a is of patient "" here`},
		"both patients":    {"bag,label,case_id,patient,f1\na,1,p,p,2\n", "say the same"},
		"two splits":       {"bag,label,split,f1\na,1,train,2\na,1,test,2\n", "line 3: bag a is in split test here and in train in line 2"},
		"no split":         {"bag,label,split,f1\na,1,,2\n", "line 2: bag a: no split"},
		"other split":      {"bag,label,split,f1\na,1,0.5,2\n", `line 2: bag a: split "0.5"`},
		"no features left": {"bag,label,patient,split\na,1,p,train\n", "0 columns"},
		"not finite":       {"bag,label,f1\na,1,inf\n", "line 2"},
		"two labels":       {"bag,label,f1\na,1,2\na,0,2\n", "line 3: bag a"},
		"missing field":    {"bag,label,f1,f2\na,1,2\n", "line 2"},
		"no name":          {"bag,label,f1\n,1,2\n", "no bag"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseInstances(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Patients and splits are none of the features, whatever they are written as.
func TestInstancesOfPatients(t *testing.T) {
	d, err := ParseInstances(strings.NewReader("split,bag,f1,patient,label,f2\ntrain,a,1,7,x,2\nval,b,3,8,y,4\nTrain,a,5,7,x,6\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := &d.Bags[0], &d.Bags[1]
	if d.Dim != 2 || !slices.Equal(a.Values, []float32{1, 2, 5, 6}) || a.Patient != "7" || a.Split != Training || b.Patient != "8" || b.Split != Validation {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestReadInstances(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	text := []byte("bag,label,f1\na,1,2\n")
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"plain.csv": text, "packed.csv.gz": packed.Bytes()} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := ReadInstances(path); err != nil || len(d.Bags) != 1 {
			t.Errorf("%s: %+v, error %v", name, d, err)
		}
	}
	broken := filepath.Join(dir, "broken.gz")
	if err := os.WriteFile(broken, packed.Bytes()[:15], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadInstances(broken); err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("error %v", err)
	}
}

// The classical datasets are what their papers say.
func TestClassicalDatasets(t *testing.T) {
	dir := filepath.Join(testenv.Data(t), "bags")
	for name, want := range map[string][4]int{ // bags, positive ones, instances, features
		"musk1": {92, 47, 476, 166}, "musk2": {102, 39, 6598, 166},
		"elephant": {200, 100, 1391, 230}, "fox": {200, 100, 1320, 230}, "tiger": {200, 100, 1220, 230},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := ReadInstances(filepath.Join(dir, name+".csv.gz"))
			if err != nil {
				t.Fatal(err)
			}
			got := [4]int{0: len(d.Bags), 3: d.Dim}
			for _, b := range d.Bags {
				got[1] += b.Class
				got[2] += b.Len(0)
			}
			if got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func FuzzParseInstances(f *testing.F) {
	f.Add("bag,label,f1\na,1,2\n")
	f.Add("bag;label;f1;f2\nx;1;0.5;-2\ny;0;1e3;0\nx;1;3;4\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseInstances(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, b := range d.Bags {
			if b.Len(0) < 1 || len(b.Values) != b.Len(0)*d.Dim || b.Class < 0 || b.Class >= len(d.Classes) {
				t.Fatalf("%+v of %d features, classes %q", b, d.Dim, d.Classes)
			}
		}
	})
}

// A table of instances is a dataset like any other: it is told from one of slides,
// divided, standardised and looked at without a folder of bags.
func TestLoadInstances(t *testing.T) {
	table := filepath.Join(t.TempDir(), "fruit.csv")
	var text strings.Builder
	text.WriteString("label,bag,f1,f2,f3\n")
	for i := range 24 {
		fmt.Fprintf(&text, "%d,bag %d,%d,1,%g\n", i%12%2, i%12, i, float64(i)/7)
	}
	if err := os.WriteFile(table, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if !IsInstances(table) {
		t.Fatal("is none of instances")
	}
	d, err := Load(t.Context(), table, "", LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Classes, []string{"0", "1"}) || len(d.Samples) != 12 || d.Encoder.Dim != 3 || !slices.Equal(d.Magnifications, []float64{1}) {
		t.Fatalf("%+v", d)
	}
	if err := d.Divide(SplitOptions{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	for _, split := range []Split{Training, Validation, Test} {
		if len(d.In(split)) == 0 {
			t.Errorf("%s has none", split)
		}
	}
	standards, err := d.Standards(t.Context())
	if err != nil || len(standards) != 1 || standards[0].Mean[1] != 1 || standards[0].Scale[1] != 1 {
		t.Errorf("%+v, error %v", standards, err)
	}
	s := d.Samples[slices.IndexFunc(d.Samples, func(s Sample) bool { return s.Name == "bag 5" })]
	source, err := openBags(d.Magnifications, 1).get(&s)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float32, 3)
	if err := source.Features(row, 0, []int{1}); err != nil || row[0] != 17 || source.Len(0) != 2 || s.Class != 1 || s.Patches[0] != 2 {
		t.Errorf("%v of %+v, error %v", row, s, err)
	}
	again, err := Load(t.Context(), table, "", LoadOptions{Magnifications: []float64{20}, Classes: []string{"1", "0"}})
	if err != nil || again.Magnifications[0] != 20 || again.Classes[0] != "1" || again.Samples[0].ContentID != d.Samples[0].ContentID || again.Samples[0].ContentID == again.Samples[1].ContentID {
		t.Errorf("%+v, error %v", again, err)
	}
}

// The table's patients and splits divide it, as those of a table of slides do.
func TestDivideInstances(t *testing.T) {
	load := func(column string, value func(i int) string) *Dataset {
		var text strings.Builder
		fmt.Fprintf(&text, "bag,label,f1,%s\n", column)
		for i := range 60 {
			fmt.Fprintf(&text, "bag %d,%d,%d,%s\n", i%30, i%2, i, value(i%30))
		}
		table := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(table, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Load(t.Context(), table, "", LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Encoder.Dim != 1 {
			t.Errorf("%s: %d features", column, d.Encoder.Dim)
		}
		return d
	}
	d := load("patient", func(i int) string { return fmt.Sprint(i % 10) })
	for seed := range uint64(5) {
		if err := d.Divide(SplitOptions{Seed: seed}); err != nil {
			t.Fatal(err)
		}
		checkTogether(t, d)
		if d.Samples[0].Patient == "" || len(d.In(Test)) == 0 {
			t.Errorf("seed %d: %+v", seed, d.Samples[0])
		}
	}
	d = load("split", func(i int) string { return []string{"train", "val", "test"}[i/10] })
	if err := d.Divide(SplitOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Samples {
		i := 0
		if fmt.Sscanf(s.Name, "bag %d", &i); s.Split != Training+Split(i/10) {
			t.Errorf("%s is in %s", s.Name, s.Split)
		}
	}
	d = load("split", func(i int) string { return []string{"train", "val", "test"}[i/10] })
	for i := range d.Samples {
		d.Samples[i].Patient = "p"
	}
	if err := d.Divide(SplitOptions{}); err == nil || !strings.Contains(err.Error(), "patients in two splits") {
		t.Errorf("error %v", err)
	}
}

func TestLoadInstancesRefuses(t *testing.T) {
	dir := t.TempDir()
	table := filepath.Join(dir, "fruit.csv")
	if err := os.WriteFile(table, []byte("bag,label,f1\na,1,2\nb,0,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		bags string
		o    LoadOptions
		want string
	}{
		"a folder of bags":   {dir, LoadOptions{}, "without a folder"},
		"two magnifications": {"", LoadOptions{Magnifications: []float64{5, 10}}, "one at most"},
		"another class":      {"", LoadOptions{Classes: []string{"1", "2"}}, "b (line 3)"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load(t.Context(), table, c.bags, c.o); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), table) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	slides := filepath.Join(dir, "slides.csv")
	for _, text := range []string{"slide,label,bag\na,1,2\n", "slide,label\n", "", "bag,f1\n"} {
		if err := os.WriteFile(slides, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if IsInstances(slides) {
			t.Errorf("%q is taken for instances", text)
		}
	}
	if IsInstances(filepath.Join(dir, "none.csv")) {
		t.Error("a file that is not there is taken for instances")
	}
}
