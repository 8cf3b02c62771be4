package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// class draws slides of one class into a folder of the ward.
func (d *ward) class(t *testing.T, name string, shades ...uint8) {
	t.Helper()
	for i, shade := range shades {
		d.draw(t, fmt.Sprintf("%s/%s%d.png", name, name, i), shade)
	}
}

func troubles(d *DatasetInfo) map[DatasetTrouble][]string {
	all := map[DatasetTrouble][]string{}
	for _, p := range d.Problems {
		all[p.Trouble] = append(all[p.Trouble], p.Names...)
	}
	return all
}

func TestInspectFolders(t *testing.T) {
	d := newWard(t)
	d.class(t, "benign", 1, 2, 3, 4, 5)
	d.class(t, "malignant", 6, 7, 8, 9, 5) // the last is a benign one
	d.write(t, "malignant/deep/unknown.png", tissuePNG(t, 300, 30, 0))
	d.write(t, "malignant/damaged.png", []byte("no picture"))
	d.write(t, "loose.png", tissuePNG(t, 300, 31, 2_000_000))
	d.write(t, "notes/readme.txt", []byte("no class"))
	req := DatasetRequest{Folder: d.slides, Images: true}
	last := result.Progress{}
	info, err := d.InspectDataset(t.Context(), req, func(p result.Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if last.Done != last.Total || last.Total != len(info.Slides) {
		t.Errorf("told in the end: %+v of %d slides", last, len(info.Slides))
	}
	if info.Written || exists(info.Table) || len(info.Slides) != 12 || info.Usable() {
		t.Errorf("%+v", info)
	}
	if a, b := info.Classes[0], info.Classes[1]; len(info.Classes) != 2 || a.Name != "benign" || a.Slides() != 5 || b.Slides() != 6 || a.Train == 0 || a.Val == 0 || a.Test == 0 {
		t.Errorf("classes %+v", info.Classes)
	}
	got := troubles(info)
	for trouble, name := range map[DatasetTrouble]string{
		DatasetContradiction: "benign/benign4.png = malignant/malignant4.png", DatasetUnreadable: "damaged.png",
		DatasetNoResolution: "unknown.png", DatasetLoose: "loose.png", DatasetFewSlides: "benign",
	} {
		if len(got[trouble]) == 0 || !strings.Contains(got[trouble][0], filepath.FromSlash(name)) && !strings.Contains(got[trouble][0], name) {
			t.Errorf("%s: %q", trouble, got[trouble])
		}
	}
	if _, ok := got[DatasetNoPatients]; !ok {
		t.Error("that patients are not known is not told")
	}

	req.Magnification = 20
	if info, err = d.InspectDataset(t.Context(), req, nil); err != nil || len(troubles(info)[DatasetNoResolution]) != 0 {
		t.Errorf("stated: %v, error %v", troubles(info), err)
	}
	path, err := d.WriteDataset(info)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := train.ReadTable(path)
	if err != nil || len(rows) != 12 || rows[0].Slide != "benign/benign0.png" || rows[0].Label != "benign" {
		t.Errorf("%+v, error %v", rows, err)
	}
	if info, err = d.InspectDataset(t.Context(), req, nil); err != nil || !info.Written {
		t.Errorf("it is not known again: %v", err)
	}
	if err := os.WriteFile(path, []byte("slide,label\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err = d.InspectDataset(t.Context(), req, nil); err != nil || info.Written {
		t.Fatalf("another table is taken for it: %v", err)
	}
	if _, err := d.WriteDataset(info); !errors.Is(err, fs.ErrExist) {
		t.Errorf("another table is overwritten: %v", err)
	}
	if _, err := d.InspectDataset(t.Context(), DatasetRequest{Folder: filepath.Join(d.slides, "notes")}, nil); !errors.Is(err, ErrNoClasses) {
		t.Errorf("a folder without classes: %v", err)
	}
}

func TestInspectTable(t *testing.T) {
	d := newWard(t)
	d.class(t, "x", 1, 2, 3, 4, 5, 6)
	d.write(t, "twin.png", tissuePNG(t, 700, 1, 2_000_000)) // is x0
	table := func(lines ...string) string {
		path := filepath.Join(d.slides, "t.csv")
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inspect := func(path string, o train.SplitOptions) *DatasetInfo {
		t.Helper()
		info, err := d.InspectDataset(t.Context(), DatasetRequest{Table: path, Splits: o}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	t.Run("patients in two splits", func(t *testing.T) {
		info := inspect(table("slide,label,patient,split", "x/x0.png,a,p,train", "x/x1.png,b,q,train", "x/x2.png,a,p,val", "x/x3.png,b,r,test"), train.SplitOptions{})
		if got := troubles(info)[DatasetPatients]; !slices.Equal(got, []string{"p"}) || info.Usable() || info.Patients != 3 {
			t.Errorf("%q, %+v", got, info)
		}
		if info.Slides[3].Split != train.Test || info.Slides[3].Name != "x3" {
			t.Errorf("%+v", info.Slides[3])
		}
	})
	t.Run("missing, and one twice", func(t *testing.T) {
		info := inspect(table("slide,label,patient", "x/x0.png,a,p", "twin.png,a,p", "x/x1.png,b,q", "x/x2.png,a,s", "x/x3.png,b,t", "gone.svs,a,u", "x/x4.png,b,v"), train.SplitOptions{})
		got := troubles(info)
		if len(got[DatasetMissing]) != 1 || filepath.Base(got[DatasetMissing][0]) != "gone.svs" || !slices.Equal(got[DatasetDuplicate], []string{"x/x0.png = twin.png"}) {
			t.Errorf("%q", got)
		}
		if info.Classes[0].Slides() != 3 || len(info.DatasetPaths()) != 5 {
			t.Errorf("%+v, %q", info.Classes, info.DatasetPaths())
		}
	})
	t.Run("one class", func(t *testing.T) {
		info := inspect(table("slide,label", "x/x0.png,a", "x/x1.png,a"), train.SplitOptions{})
		if _, ok := troubles(info)[DatasetDivision]; !ok || info.Usable() {
			t.Errorf("%+v", info.Problems)
		}
	})
	t.Run("no table", func(t *testing.T) {
		if _, err := d.InspectDataset(t.Context(), DatasetRequest{Table: filepath.Join(d.slides, "none.csv")}, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})
}

// From folders to a trained model, with the estimate before.
func TestFromFoldersToModel(t *testing.T) {
	d := newWard(t)
	d.class(t, "benign", 1, 2, 3, 4, 5)
	d.class(t, "malignant", 61, 62, 63, 64, 65)
	info, err := d.InspectDataset(t.Context(), DatasetRequest{Folder: d.slides, Images: true}, nil)
	if err != nil || !info.Usable() {
		t.Fatalf("%+v, error %v", info, err)
	}
	if _, err := d.WriteDataset(info); err != nil {
		t.Fatal(err)
	}
	extract := ExtractRequest{Slides: info.DatasetPaths(), Out: BagsBeside(info.Table, "a/b"), Engine: d.model}
	training := DefaultTraining()
	training.Dataset, training.Bags, training.Out = info.Table, extract.Out, filepath.Join(d.DataDir, "runs", "first")
	training.Config.Epochs, training.Config.Model.Sizes, training.K, training.Device = 2, mil.Sizes{Hidden: 2, Embedding: 3}, []int{1}, "cpu"
	estimate := EstimateRequest{Extract: extract, Train: training, Classes: 2, Training: 6, Validation: 2, Look: 2}
	e, err := d.Estimate(t.Context(), estimate, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Slides != 10 || e.Done != 0 || e.Looked != 2 || e.PerSecond <= 0 || e.Extract <= 0 || e.Epoch <= 0 || e.Training != 2*e.Epoch || e.Fewest > e.Most || exists(extract.Out) {
		t.Errorf("%+v", e)
	}
	done, err := d.Extract(t.Context(), extract, nil)
	if err != nil {
		t.Fatal(err)
	}
	patches := 0
	for _, o := range done {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		for _, n := range o.Extracted.Patches {
			patches += n
		}
	}
	if e.Patches != patches || e.Bytes != int64(patches)*(3*2+8) { // slides are all alike
		t.Errorf("estimated %d patches in %d bytes, there are %d", e.Patches, e.Bytes, patches)
	}
	if e, err = d.Estimate(t.Context(), estimate, nil); err != nil || e.Done != 10 || e.Patches != 0 || e.Extract != 0 || e.Training <= 0 {
		t.Errorf("once all is done: %+v, error %v", e, err)
	}
	if s, err := d.NewTraining(training).Run(t.Context(), nil); err != nil || s.Epochs != 2 {
		t.Errorf("%+v, error %v", s, err)
	}
}

func TestEstimateOfEveryMethod(t *testing.T) {
	d := newWard(t)
	slide := d.draw(t, "one.png", 3)
	for _, method := range mil.Methods() {
		t.Run(method, func(t *testing.T) {
			r := DefaultTrainingOf(method)
			r.Out = "run"
			e, err := d.Estimate(t.Context(), EstimateRequest{
				Extract: ExtractRequest{Slides: []string{slide}, Out: t.TempDir(), Engine: d.model},
				Train:   r, Classes: 2, Training: 3, Validation: 1,
			}, nil)
			if err != nil || e.Epoch <= 0 {
				t.Errorf("%+v, error %v", e, err)
			}
		})
	}
}

func TestToTrash(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	var places []string
	for _, text := range []string{"first", "second"} {
		path := filepath.Join(dir, "a.safetensors")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		place, err := toTrash(path, now)
		if err != nil || exists(path) {
			t.Fatalf("%s, error %v", place, err)
		}
		if got, err := os.ReadFile(place); err != nil || string(got) != text {
			t.Errorf("%s holds %q, error %v", place, got, err)
		}
		places = append(places, filepath.Base(place))
	}
	if want := []string{"a-20260304-050607.safetensors", "a-20260304-050607-1.safetensors"}; !slices.Equal(places, want) {
		t.Errorf("%q, want %q", places, want)
	}
}
