package app

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTargets wants what Export writes, for every item: its files, or the folder that
// they are in.
func TestTargets(t *testing.T) {
	w, r := pinkSlide(t)
	for _, item := range ExportItems() {
		t.Run(string(item), func(t *testing.T) {
			req := ExportRequest{Result: r, Items: []ExportItem{item}, Dir: t.TempDir(), ViewPicture: image.NewRGBA(image.Rect(0, 0, 9, 9)), MaxSide: 100, Top: 1}
			want := req.Targets()
			files, err := w.Export(t.Context(), req, nil)
			if err != nil {
				t.Fatal(err)
			}
			if item == ExportPatches || item == ExportEverything {
				files = []string{filepath.Join(req.Dir, filepath.Base(want[0]))}
			}
			if !slices.Equal(files, want) || len(want) == 0 || !exists(want[0]) {
				t.Errorf("%q, written are %q", want, files)
			}
		})
	}
}

// TestClashes exports a slide, and then another of its name, to one folder.
func TestClashes(t *testing.T) {
	w, r := pinkSlide(t)
	dir := t.TempDir()
	req := ExportRequest{Result: r, Items: []ExportItem{ExportCSV, ExportJSON}, Dir: dir}
	if c := Clashes(req, nil); len(c.There) > 0 || c.Apart.Name != "" {
		t.Errorf("in an empty folder: %+v", c)
	}
	first, err := w.Export(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(first[1])
	if err != nil {
		t.Fatal(err)
	}
	other := *r
	other.Slide.Path = filepath.Join(t.TempDir(), "pink slide.tiff")
	req = ExportRequest{Result: &other, Items: []ExportItem{ExportJSON, ExportGeoJSON}, Dir: dir}
	c := Clashes(req, []string{filepath.Join(dir, "PINK SLIDE-2-result.json")})
	if !slices.Equal(c.There, first[1:]) || c.Apart.Name != "pink slide-3" {
		t.Fatalf("%q are there, want %q; apart as %q", c.There, first[1:], c.Apart.Name)
	}
	second, err := w.Export(t.Context(), c.Apart, nil)
	if err != nil || !slices.Equal(second, c.Apart.Targets()) {
		t.Errorf("%q, error %v", second, err)
	}
	if after, err := os.ReadFile(first[1]); err != nil || string(after) != string(before) {
		t.Errorf("the first slide's file is another now, error %v", err)
	}
	if c := Clashes(req, first); len(c.There) != 1 {
		t.Errorf("%q are there, want one", c.There)
	}
}

// TestClashesOfALongName: the number is not cut off.
func TestClashesOfALongName(t *testing.T) {
	_, r := pinkSlide(t)
	req := ExportRequest{Result: r, Items: []ExportItem{ExportCSV}, Dir: t.TempDir(), Name: strings.Repeat("ä", 200)}
	written(t, req.Targets()[0], "")
	c := Clashes(req, nil)
	if len(c.There) != 1 || slices.Equal(c.Apart.Targets(), c.There) || !strings.HasSuffix(c.Apart.Targets()[0], "ä-2-patches.csv") {
		t.Errorf("%q, apart %q", c.There, c.Apart.Targets())
	}
	file := ExportRequest{Result: r, Items: []ExportItem{ExportCSV}, File: c.There[0]}
	if c := Clashes(file, nil); len(c.There) != 1 || c.Apart.File != file.File {
		t.Errorf("a file: %+v", c)
	}
}
