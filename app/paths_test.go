package app

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"zoomscope/app/export"
	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

func TestOutputFolders(t *testing.T) {
	for _, c := range []struct {
		name         string
		slides, want []string
	}{
		{"named after the file", []string{"a/one.svs", "b/two.tiff"}, []string{"one", "two"}},
		{"with its ending where two share a name", []string{"one.svs", "one.tiff"}, []string{"one.svs", "one.tiff"}},
		{"numbered where that is shared too", []string{"a/one.svs", "b/one.svs"}, []string{"one.svs", "one.svs-2"}},
		{"a name that is all ending", []string{".svs"}, []string{".svs"}},
		{"apart by more than case", []string{"a/One.svs", "b/one.tiff", "c/ONE.svs"}, []string{"One.svs", "one.tiff", "ONE.svs-2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i := range c.want {
				c.want[i] = filepath.Join("out", c.want[i])
			}
			if got := outputFolders("out", c.slides); !slices.Equal(got, c.want) {
				t.Errorf("%v in %v, want %v", c.slides, got, c.want)
			}
		})
	}
}

// TestFolderOf chooses folders beside the results of other slides.
func TestFolderOf(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	keep := func(name, path, content string) {
		t.Helper()
		_, r := pinkSlide(t)
		r.Slide.Path, r.Slide.ContentID = path, content
		if err := os.MkdirAll(at(name), 0o755); err != nil {
			t.Fatal(err)
		}
		err := atomicfile.Write(filepath.Join(at(name), export.ResultFile), func(w io.Writer) error { return export.WriteJSON(w, r) })
		if err != nil {
			t.Fatal(err)
		}
	}
	keep("one", "/a/one.svs", "aa")
	keep("one-2", "/b/one.svs", "")
	keep("old", "old.svs", "") // of a version that kept the path as it was given
	keep("newer", "/a/newer.svs", "aa")
	if err := os.WriteFile(filepath.Join(at("newer"), export.ResultFile), []byte(`{"version": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ folder, path, content, want string }{
		"none asked for":          {"", "/a/one.svs", "aa", ""},
		"new":                     {at("two"), "/a/two.svs", "bb", at("two")},
		"the same":                {at("one"), "/a/one.svs", "aa", at("one")},
		"the same, moved":         {at("one"), "/c/one.svs", "aa", at("one")},
		"another":                 {at("one"), "/c/one.svs", "cc", at("one-3")},
		"another, by its path":    {at("one"), "/b/one.svs", "bb", at("one-2")},
		"nothing to tell it by":   {at("old"), "/a/old.svs", "dd", at("old")},
		"one that is not read":    {at("newer"), "/a/newer.svs", "aa", at("newer-2")},
		"without content, moved":  {at("one"), "/c/one.svs", "", at("one-3")},
		"without content, stayed": {at("one"), "/a/one.svs", "", at("one")},
	} {
		if got := folderOf(c.folder, c.path, c.content); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestInspectModel finds an installed model by its name, also where a folder of
// that name stands in the current one, and says where it lies.
func TestInspectModel(t *testing.T) {
	w := New(Config{DataDir: t.TempDir()})
	model, err := UntrainedModel(result.Encoder{Name: "some", Dim: 4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(w.modelDir(), "mine"+modelExt)
	if err := os.MkdirAll(w.modelDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := model.Save(path); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("mine", 0o755); err != nil {
		t.Fatal(err)
	}
	card, err := w.InspectModel("mine")
	if err != nil || card.Path != path || card.SHA256 != model.SHA256() {
		t.Errorf("card %+v, error %v", card, err)
	}
}
