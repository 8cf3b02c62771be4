package train

import (
	"bytes"
	"compress/gzip"
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
		"nothing":       {"", "empty"},
		"no bag":        {"label,f1\n1,2\n", "bag"},
		"no label":      {"bag,f1\n1,2\n", "label"},
		"no features":   {"bag,label\na,1\n", "0 columns"},
		"no lines":      {"bag,label,f1\n", "no instances"},
		"no number":     {"bag,label,f1\na,1,x\n", "line 2: field 3"},
		"not finite":    {"bag,label,f1\na,1,inf\n", "line 2"},
		"two labels":    {"bag,label,f1\na,1,2\na,0,2\n", "line 3: bag a"},
		"missing field": {"bag,label,f1,f2\na,1,2\n", "line 2"},
		"no name":       {"bag,label,f1\n,1,2\n", "no bag"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseInstances(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
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
