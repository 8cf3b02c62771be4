package shell

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/widgets"
)

// TestImportIsRefusedPlainly: what is said of files that are not installed, in both
// languages.
func TestImportIsRefusedPlainly(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const text, head = "this is a text, not a model", `{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	weights := string(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))) + head + "\x00\x00\x00\x00"
	for name, content := range map[string]string{"text.safetensors": text, "text.onnx": text, "text.pth": text, "other.safetensors": weights} {
		if err := os.WriteFile(at(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const noNetwork, keinNetz = " was not installed: it holds neither a network nor weights, or it is damaged.",
		" wurde nicht eingerichtet: Die Datei enthält weder ein Netz noch Gewichte, oder sie ist beschädigt."
	for lang, files := range map[string]map[string]string{
		"en": {
			"nothere.safetensors": "nothere.safetensors was not installed.|The file or folder is not there.",
			"nothere.onnx":        "nothere.onnx was not installed.|The file or folder is not there.",
			"text.safetensors":    "text.safetensors" + noNetwork, "text.onnx": "text.onnx" + noNetwork, "text.pth": "text.pth" + noNetwork,
			"other.safetensors": "other.safetensors was not installed: it does not fit.|weights are not those of a residual network: no tensor layer1.0.conv1.weight",
		},
		"de": {
			"nothere.safetensors": "nothere.safetensors wurde nicht eingerichtet.|Die Datei oder der Ordner ist nicht da.",
			"text.safetensors":    "text.safetensors" + keinNetz,
			"other.safetensors":   "other.safetensors wurde nicht eingerichtet: Es passt nicht.|Die Gewichte sind nicht die eines Residualnetzes: Es fehlt der Tensor layer1.0.conv1.weight",
		},
	} {
		s := newStand(t, func(l *settings.Settings) { l.Language = lang })
		for file, want := range files {
			t.Run(lang+" "+file, func(t *testing.T) {
				s.importing = app.ImportRequest{Path: at(file)}
				s.install()
				s.until("refused", func() bool { return len(s.jobs) == 0 })
				if said := wordsOf(s.parts.models.Object()); !strings.Contains(said, want) {
					t.Errorf("%q is said, want %q", said, want)
				}
			})
		}
	}
}

// wordsOf are the words of a panel, one text after the other.
func wordsOf(o fyne.CanvasObject) string {
	var words []string
	for _, each := range test.LaidOutObjects(o) {
		if text, ok := each.(*widgets.Text); ok {
			words = append(words, text.Text())
		}
	}
	return strings.Join(words, "|")
}

// TestDatasetIsSaidInGerman: what the engine notes of a dataset, and why one cannot be
// looked at.
func TestDatasetIsSaidInGerman(t *testing.T) {
	s := newStand(t, func(l *settings.Settings) { l.Language = "de" })
	const note = "There is no test split: nothing will be known of how the model does on new slides."
	s.training.info = &app.DatasetInfo{Table: "s.csv", Problems: []app.DatasetProblem{{Trouble: app.DatasetNote, Detail: note}}}
	s.showDataset()
	if said := wordsOf(s.parts.training.Object()); !strings.Contains(said, "Es gibt keinen Testteil: Wie das Modell") || strings.Contains(said, "test split") {
		t.Errorf("%q", said)
	}
	if got := s.reason(errors.New("s.csv: no slide for validation, by which the best model is chosen: add slides, or divide otherwise")); !strings.HasPrefix(got, "s.csv: kein Schnitt zur Validierung") {
		t.Errorf("%q", got)
	}
}
