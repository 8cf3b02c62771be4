package train

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An outline is what Load makes of the same table once there are bags.
func TestOutlineIsAsLoaded(t *testing.T) {
	dir := t.TempDir()
	table := cohort(t, dir, 24)
	loaded, err := Load(t.Context(), table, dir, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := ReadTable(table)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	outlined, err := Outline(table, rows, contentsOf(rows))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]SplitOptions{"fractions": {Seed: 3}, "folds": {Folds: 4, Fold: 1, Seed: 3}} {
		t.Run(name, func(t *testing.T) {
			if err := loaded.Divide(o); err != nil {
				t.Fatal(err)
			}
			if err := outlined.Divide(o); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(outlined.Classes, loaded.Classes) || !slices.Equal(outlined.Warnings, loaded.Warnings) {
				t.Errorf("classes %q, warnings %q, want %q, %q", outlined.Classes, outlined.Warnings, loaded.Classes, loaded.Warnings)
			}
			for i, want := range loaded.Samples {
				got := outlined.Samples[i]
				if got.Name != want.Name || got.Class != want.Class || got.Split != want.Split || got.Patient != want.Patient || got.ContentID != want.ContentID {
					t.Errorf("%+v, want %+v", got, want)
				}
			}
		})
	}
}

func contentsOf(rows []Row) []string {
	var contents []string
	for _, r := range rows {
		contents = append(contents, "content of "+r.Slide)
	}
	return contents
}

func TestOutlineMerges(t *testing.T) {
	rows := []Row{
		{Line: 2, Slide: "a.svs", Label: "x"}, {Line: 3, Slide: "b.svs", Label: "x", Patient: "p"},
		{Line: 4, Slide: "c.svs", Label: "y"}, {Line: 5, Slide: "d.svs", Label: "y"},
	}
	d, err := Outline("t.csv", rows, []string{"1", "1", "", ""})
	if err != nil || len(d.Samples) != 3 || d.Samples[0].Patient != "p" || !slices.Equal(d.Samples[0].Aliases, []string{"b.svs"}) || len(d.Warnings) != 0 {
		t.Errorf("%+v, error %v", d, err)
	}
	d, err = Outline("t.csv", rows, []string{"1", "", "1", ""})
	if err == nil || !strings.Contains(err.Error(), `c.svs (line 4) is a.svs (line 2), labelled "y" and "x"`) || len(d.Samples) != 3 {
		t.Errorf("%+v, error %v", d, err)
	}
	if got, want := Locate(filepath.Join("d", "t.csv"), "x/a.svs"), filepath.Join("d", "x", "a.svs"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
