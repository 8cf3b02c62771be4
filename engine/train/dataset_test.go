package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/bag"
)

// bagsFor writes bags called names, each made of the slide it is mapped to.
func bagsFor(t *testing.T, dir string, made map[string]string) {
	t.Helper()
	for name, slide := range made {
		writeBag(t, filepath.Join(dir, name+BagExt), testManifest(slide), 1, 0, 1)
	}
}

func TestFindBag(t *testing.T) {
	dir := t.TempDir()
	table := filepath.Join(dir, "slides.csv")
	bagsFor(t, dir, map[string]string{
		"a": "/x/a.svs",
		// As extract calls them where names collide.
		"b.svs": filepath.Join(dir, "one", "b.svs"), "b.svs-2": filepath.Join(dir, "two", "b.svs"),
		"c.svs": "/x/c.svs", "c.tif": "/x/c.tif",
		"TCGA-1.2": "/x/TCGA-1.2.svs",
		"d-1":      "/x/d-1.svs",
		"e_10x":    "/x/e.svs",
		"f_1":      "/x/f.svs", "f_2": "/y/f.svs",
		"G": "/x/G.svs",
	})
	folder, err := openBagFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ slide, want, problem string }{
		"without ending":      {"a", "a", ""},
		"with ending":         {"a.svs", "a", ""},
		"in a folder":         {"sub/a.svs", "a", ""},
		"of Windows":          {`C:\slides\a.svs`, "a", ""},
		"one of two":          {"one/b.svs", "b.svs", ""},
		"other of two":        {"two/b.svs", "b.svs-2", ""},
		"by ending":           {"c.tif", "c.tif", ""},
		"which ending":        {"c", "", "c could be any of c.svs.bag.safetensors, c.tif.bag.safetensors"},
		"dots are no ending":  {"TCGA-1.2", "TCGA-1.2", ""},
		"nor with one":        {"TCGA-1.2.svs", "TCGA-1.2", ""},
		"of a longer name":    {"d.svs", "", "d.svs has none"},
		"with something more": {"e.svs", "e_10x", ""},
		"ambiguous":           {"f.svs", "", "f_1.bag.safetensors, f_2.bag.safetensors"},
		"other case":          {"g.SVS", "G", ""},
		"none":                {"h.svs", "", "h.svs has none"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := folder.find(c.slide, locate(table, c.slide))
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Errorf("%s, error %v, want %q", got, err, c.problem)
				}
				return
			}
			if err != nil || got != filepath.Join(dir, c.want+BagExt) {
				t.Errorf("%s, error %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	bagsFor(t, dir, map[string]string{"a": "a.svs", "b": "b.svs", "x.svs": "c/x.svs", "x.tif": "c/x.tif"})
	path := writeTable(t, dir, []string{"slide", "label", "patient"},
		[]string{"x.tif", "2", "p"}, []string{"b", "10", ""}, []string{"x.svs", "2", "p"}, []string{"a.svs", "10", "q"})
	d, err := Load(t.Context(), path, dir, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range d.Samples {
		names = append(names, fmt.Sprintf("%s %s %s %d %v", s.Name, s.Label, s.Patient, s.Class, s.Patches))
	}
	want := []string{"a 10 q 1 [1 4]", "b 10  1 [1 4]", "x.svs 2 p 0 [1 4]", "x.tif 2 p 0 [1 4]"}
	if !slices.Equal(names, want) || !slices.Equal(d.Classes, []string{"2", "10"}) {
		t.Errorf("classes %q, samples %q, want %q", d.Classes, names, want)
	}
	if m := testManifest(""); d.Encoder != m.Encoder || !slices.Equal(d.Magnifications, m.Magnifications) || d.PatchSize != 256 || d.Tissue != m.Tissue {
		t.Errorf("%+v", d)
	}
	if len(d.Warnings) > 0 {
		t.Errorf("warnings %q", d.Warnings)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	bagsFor(t, dir, map[string]string{"a": "a.svs", "b": "b.svs"})
	write := func(name string, change func(*bag.Manifest)) {
		m := testManifest(name + ".svs")
		change(&m)
		writeBag(t, filepath.Join(dir, name+BagExt), m, 1, 0, 1)
	}
	write("encoder", func(m *bag.Manifest) { m.Encoder.SHA256 = strings.Repeat("cd", 32) })
	write("magnified", func(m *bag.Manifest) { m.Magnifications = []float64{5, 10, 20} })
	write("patches", func(m *bag.Manifest) { m.PatchSize = 128 })
	write("copy", func(m *bag.Manifest) { m.ContentID = "content of a.svs" })
	if err := os.WriteFile(filepath.Join(dir, "broken"+BagExt), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	header := []string{"slide", "label", "patient", "split"}
	rows := func(rows ...string) [][]string {
		out := [][]string{header}
		for _, r := range rows {
			out = append(out, strings.Split(r, ","))
		}
		return out
	}
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("m%02d.svs,x,,test", i))
	}
	five := LoadOptions{Magnifications: []float64{5, 20}}
	cases := map[string]struct {
		rows  [][]string
		o     LoadOptions
		words []string
	}{
		"no bags":                {rows(many...), LoadOptions{}, []string{"(12)", "m00.svs has none (line 2)", "m09", "and 2 more"}},
		"other encoder":          {rows("a,x,,train", "encoder,y,,train"), LoadOptions{}, []string{"bags not made as a.bag", "encoder.bag", "cdcdcdcdcdcd", "a.bag", "0f0f0f0f0f0f"}},
		"other magnifications":   {rows("a,x,,train", "magnified,y,,train"), LoadOptions{}, []string{"[5 10 20]", "[5 10]"}},
		"other patches":          {rows("a,x,,train", "patches,y,,train"), LoadOptions{}, []string{"patches of 128 pixels"}},
		"magnification needed":   {rows("a,x,,train", "magnified,y,,train"), five, []string{"(1)", "[5 20]", "a.bag.safetensors has [5 10]"}},
		"two labels":             {rows("a,x,,train", "copy,y,,train"), LoadOptions{}, []string{"copy (line 3) is a (line 2)", `"y" and "x"`}},
		"two patients":           {rows("a,x,p,train", "a.svs,x,,train", "copy,x,q,train"), LoadOptions{}, []string{"copy (line 4) is a (line 2)", `of patients "q" and "p"`}},
		"two splits":             {rows("a,x,,train", "copy,x,,test"), LoadOptions{}, []string{"in splits test and train"}},
		"same name, two folders": {rows("one/a.svs,x,,train", "two/a.svs,x,,train"), LoadOptions{}, []string{"two/a.svs (line 3) has none", "is that of one/a.svs (line 2)"}},
		"damaged bag":            {rows("a,x,,train", "broken,y,,train"), LoadOptions{}, []string{"broken.bag.safetensors"}},
		"unknown class":          {rows("a,x,,train", "b,y,,train"), LoadOptions{Classes: []string{"x", "z"}}, []string{`none of the classes ["x" "z"] (1)`, `b (line 3) is "y"`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := writeTable(t, t.TempDir(), c.rows...)
			_, err := Load(t.Context(), path, dir, c.o)
			if err == nil {
				t.Fatal("loaded")
			}
			for _, w := range append(c.words, path) {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q lacks %q", err, w)
				}
			}
		})
	}
	path := writeTable(t, t.TempDir(), rows("a,x,,train")...)
	if _, err := Load(t.Context(), path, filepath.Join(dir, "none"), LoadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder of bags: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(ctx, path, dir, LoadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}

func TestLoadSelects(t *testing.T) {
	dir := t.TempDir()
	m := testManifest("a.svs")
	m.Magnifications = []float64{5, 10, 20}
	writeBag(t, filepath.Join(dir, "a"+BagExt), m, 2, 0, 1)
	path := writeTable(t, dir, []string{"slide", "label"}, []string{"a", "x"})
	d, err := Load(t.Context(), path, dir, LoadOptions{Magnifications: []float64{5, 20}, Classes: []string{"w", "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Samples[0].Patches, []int{2, 32}) || d.Samples[0].Class != 1 || !slices.Equal(d.Magnifications, []float64{5, 20}) {
		t.Errorf("%+v", d)
	}
}

func TestLoadWarns(t *testing.T) {
	dir := t.TempDir()
	bagsFor(t, dir, map[string]string{"a": "a.svs", "b": "b.svs"})
	m := testManifest("copy.svs")
	m.ContentID = "content of a.svs"
	m.Tissue.Threshold = 0.25
	writeBag(t, filepath.Join(dir, "copy"+BagExt), m, 1, 0, 1)
	path := writeTable(t, dir, []string{"slide", "label"},
		[]string{"a", "X"}, []string{"a.svs", "X"}, []string{"b", "x"}, []string{"copy", "X"})
	d, err := Load(t.Context(), path, dir, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Samples) != 2 || !slices.Equal(d.Samples[0].Aliases, []string{"a.svs", "copy"}) {
		t.Errorf("samples %+v", d.Samples)
	}
	all := strings.Join(d.Warnings, "\n")
	for _, want := range []string{
		`"X" and "x" are taken as different`, "in the table twice and count once (2)", "copy (line 5) is a (line 2)",
		"other settings than that of the first (1): copy",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings lack %q:\n%s", want, all)
		}
	}
}

func TestPresets(t *testing.T) {
	for _, p := range Presets() {
		if len(p.K) != len(p.Magnifications)-1 || p.Tissue.Preset == "" || p.Tissue.Validate() != nil {
			t.Errorf("%+v", p)
		}
		if found, ok := FindPreset(p.Name); !ok || !slices.Equal(found.K, p.K) {
			t.Errorf("%s: found %+v", p.Name, found)
		}
	}
	if p, ok := FindPreset("bright"); !ok || !slices.Equal(p.Magnifications, []float64{1.25, 2.5, 10}) || p.K[1] != 12 {
		t.Errorf("%+v", p)
	}
	if _, ok := FindPreset("none"); ok {
		t.Error("there is a preset none")
	}
}

// A slide that is listed twice is of the patient whom either line names, so that
// the patient's other slides are not divided from it.
func TestLoadNamesPatient(t *testing.T) {
	dir := t.TempDir()
	bagsFor(t, dir, map[string]string{"a": "a.svs", "b": "b.svs"})
	for name, patients := range map[string][2]string{"first": {"p", ""}, "second": {"", "p"}, "both": {"p", "p"}} {
		t.Run(name, func(t *testing.T) {
			path := writeTable(t, t.TempDir(), []string{"slide", "label", "patient"},
				[]string{"a", "x", patients[0]}, []string{"a.svs", "x", patients[1]}, []string{"b", "x", "p"})
			d, err := Load(t.Context(), path, dir, LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Samples) != 2 || d.Samples[0].Patient != "p" || len(d.groups()) != 1 {
				t.Errorf("samples %+v", d.Samples)
			}
		})
	}
}
