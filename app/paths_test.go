package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"zoomscope/engine/result"
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
