package train

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDivideAs(t *testing.T) {
	dir := t.TempDir()
	d := load(t, cohort(t, dir, 18))
	run := filepath.Join(t.TempDir(), "run")
	if _, err := start(t, d, run, nil); err != nil {
		t.Fatal(err)
	}

	again, err := Load(t.Context(), filepath.Join(dir, "slides.csv"), dir, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	again.Samples[0].ContentID, again.Samples[0].Patient = "of a slide that is new", "new"
	known, err := again.DivideAs(run)
	if err != nil || known != len(d.Samples)-1 {
		t.Fatalf("%d of %d known, error %v", known, len(d.Samples), err)
	}
	for i, s := range again.Samples {
		want := d.Samples[i].Split
		if i == 0 {
			want = Unassigned
		}
		if s.Split != want {
			t.Errorf("%s is in %s, want %s", s.Name, s.Split, want)
		}
	}

	other := t.TempDir()
	strange := load(t, cohort(t, other, 12))
	for i := range strange.Samples {
		strange.Samples[i].ContentID += " elsewhere"
	}
	for i := range strange.Samples {
		strange.Samples[i].Patient += " elsewhere"
	}
	before := strange.Samples[0].Split
	if known, err := strange.DivideAs(run); err != nil || known != 0 || strange.Samples[0].Split != before {
		t.Errorf("%d known, error %v, split %s", known, err, strange.Samples[0].Split)
	}
	if _, err := strange.DivideAs(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a run: error %v", err)
	}
}

// Slides of patients whom the model has seen count as seen, new as they are.
func TestDivideAsPatients(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 18))
	run := filepath.Join(t.TempDir(), "run")
	if _, err := start(t, d, run, nil); err != nil {
		t.Fatal(err)
	}
	sample := func(name string, of Sample, split Split) Sample {
		return Sample{Name: name, Patient: of.Patient, Split: split, ContentID: "content of " + name}
	}
	training, validation, test := d.In(Training)[0], d.In(Validation)[0], d.In(Test)[0]
	fresh := []Sample{
		sample("a", training, Test), sample("b", validation, Unassigned), sample("c", test, Test),
		sample("d", Sample{Patient: "new"}, Test), sample("e", Sample{}, Unassigned),
	}
	renamed := test
	renamed.Patient = "named now"
	learnt := training
	learnt.Patient = "named now"
	for name, c := range map[string]struct {
		samples []Sample
		known   int
		want    []Split
		warned  string // "" for not
	}{
		"no slide known": {fresh, 0, []Split{Training, Validation, Test, Test, Unassigned}, "(2): a (patient " + training.Patient + ", train); b"},
		"a slide known":  {append(slices.Clone(fresh), test), 1, []Split{Training, Validation, Unassigned, Unassigned, Unassigned, Test}, "(2): a"},
		"patient of a known slide": {
			[]Sample{learnt, renamed, sample("f", renamed, Test)}, 2, []Split{Training, Test, Training}, "(1): f (patient named now, train)",
		},
		"none seen": {fresh[2:], 0, []Split{Test, Test, Unassigned}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := &Dataset{Samples: slices.Clone(c.samples)}
			known, err := d.DivideAs(run)
			if err != nil || known != c.known {
				t.Fatalf("%d known, error %v", known, err)
			}
			for i, s := range d.Samples {
				if s.Split != c.want[i] {
					t.Errorf("%s is in %s, want %s", s.Name, s.Split, c.want[i])
				}
			}
			all := strings.Join(d.Warnings, "")
			if !strings.Contains(all, c.warned) || (c.warned == "") != (all == "") {
				t.Errorf("warnings %q, want %q", all, c.warned)
			}
		})
	}
}
