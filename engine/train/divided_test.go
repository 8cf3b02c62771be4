package train

import (
	"errors"
	"io/fs"
	"path/filepath"
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
	again.Samples[0].ContentID = "of a slide that is new"
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
	before := strange.Samples[0].Split
	if known, err := strange.DivideAs(run); err != nil || known != 0 || strange.Samples[0].Split != before {
		t.Errorf("%d known, error %v, split %s", known, err, strange.Samples[0].Split)
	}
	if _, err := strange.DivideAs(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a run: error %v", err)
	}
}
