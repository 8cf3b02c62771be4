package cli

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/mil"
)

func TestModels(t *testing.T) {
	m, k := bare(t), newKit(t)
	var card app.ModelCard
	s := m.run(t, "models", "inspect", k.model, "--json")
	s.want(t, exitDone)
	s.document(t, &card)
	if card.Config.Name != "small" || card.SHA256 == "" || card.Path != k.model {
		t.Errorf("%+v", card)
	}
	s = m.run(t, "models", "inspect", k.model)
	for _, text := range []string{"small", "benign, malignant", "10x 20x", "mean", "UNTRAINED", card.SHA256} {
		if !strings.Contains(s.stdout, text) {
			t.Errorf("stdout %q does not say %q", s.stdout, text)
		}
	}

	m.run(t, "models", "import", k.model, "--json").want(t, exitDone)
	m.run(t, "models", "import", k.model).want(t, exitDone) // the same again is no conflict
	m.run(t, "models", "import", k.model, "--name", "second").want(t, exitDone)
	m.run(t, "models", "inspect", "second", "--json").document(t, &card)
	if card.Config.Name != "small" {
		t.Errorf("%+v", card)
	}
	var list []modelEntry
	s = m.run(t, "models", "list", "--json")
	s.want(t, exitDone)
	s.document(t, &list)
	if len(list) != 3 || !list[0].Default || list[1].Default || list[1].Error != "" || list[0].Name != "" || list[1].Name != "second" || list[2].Name != "small" {
		t.Errorf("%+v", list)
	}

	other := filepath.Join(t.TempDir(), "other.safetensors")
	if err := newModel(t, meanEncoder(t).Card(), "small", 2).Save(other); err != nil {
		t.Fatal(err)
	}
	m.run(t, "models", "import", other).want(t, exitFailed, "small", "--name")
	for _, name := range []string{"../out", "a/b", ".hidden", "-v", "a\nb", "a\x1b[31m", "a\u200bb", " a", "a.safetensors", list[0].Config.Name} {
		m.run(t, "models", "import", other, "--name="+name).want(t, exitFailed, "--name", strconv.Quote(name))
	}
	m.run(t, "models", "inspect", "nothing").want(t, exitFailed, "nothing")
}

func TestModelsInspectTrained(t *testing.T) {
	m := bare(t)
	start := newModel(t, meanEncoder(t).Card(), "whole", 1)
	c := start.Config()
	c.Training = mil.Training{Trained: true, Seed: 3, Slides: 12, Epochs: 7, Metrics: map[string]float64{
		"validation_auc": 0.91234, "validation_weighted_f1": 0.5, "test_auc": 0.75, "evidence_found": 1,
	}}
	c.Selection = []string{mil.Learned}
	c.Fusion = mil.Sum
	trained, err := mil.Assemble(c, start.Params())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "whole.safetensors")
	if err := trained.Save(path); err != nil {
		t.Fatal(err)
	}
	s := m.run(t, "models", "inspect", path)
	s.want(t, exitDone)
	for _, line := range []string{
		"  selection       learned\n", "  fusion          sum\n", "  trained on      12 slides\n", "  epochs          7\n", "  seed            3\n",
		"  measured        evidence found  1.0000\n  test            auc             0.7500\n" +
			"  validation      auc             0.9123\n                  weighted f1     0.5000\n",
	} {
		if !strings.Contains(s.stdout, line) {
			t.Errorf("stdout %q does not say %q", s.stdout, line)
		}
	}
	for _, text := range []string{"attention", "note", "UNTRAINED"} {
		if strings.Contains(s.stdout, text) {
			t.Errorf("stdout %q says %q, which is not set", s.stdout, text)
		}
	}
}

func TestModelsListLines(t *testing.T) {
	m, k := bare(t), newKit(t)
	m.run(t, "models", "import", k.model, "--name", "second").want(t, exitDone)
	write(t, filepath.Join(m.data, "models", "bad.safetensors"), []byte("rotten"))
	s := m.run(t, "models", "list")
	s.want(t, exitDone)
	lines := strings.Split(strings.TrimSuffix(s.stdout, "\n"), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "default") || !strings.Contains(lines[1], "cannot be used") ||
		!strings.HasPrefix(lines[2], "second ") || !strings.Contains(lines[2], `, in itself called "small"`) || !strings.Contains(lines[2], "2 classes") || !strings.Contains(lines[2], "10x 20x") || !strings.Contains(lines[2], "second.safetensors, ") || !strings.HasSuffix(lines[2], ", UNTRAINED") || !strings.HasPrefix(lines[1], "bad ") {
		t.Errorf("%q", lines)
	}
}

// hostile are files that are no models, each wrong in its own way.
func hostile(t *testing.T, whole []byte) map[string][]byte {
	t.Helper()
	length := func(n uint64, rest []byte) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), rest...) }
	header := whole[8 : 8+binary.LittleEndian.Uint64(whole)]
	replaced := bytes.Replace(header, []byte(`\"hidden\":4`), []byte(`\"hidden\":9`), 1)
	if bytes.Equal(replaced, header) {
		t.Fatal("the model's header does not hold its sizes as expected")
	}
	return map[string][]byte{
		"empty":                   nil,
		"text":                    []byte("this is a letter, not a model"),
		"cut off in the header":   whole[:40],
		"cut off in the data":     whole[:len(whole)-3],
		"longer than it says":     append(bytes.Clone(whole), 1, 2, 3),
		"a header beyond the end": length(1<<62, header),
		"no JSON":                 length(8, []byte("{{{{{{{{")),
		"a tensor beyond the end": length(78, []byte(`{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}`)),
		"no model at all":         length(2, []byte("{}")),
		"sizes that do not fit":   append(length(uint64(len(replaced)), replaced), whole[8+len(header):]...),
	}
}

func TestModelsDamaged(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	dir := t.TempDir()
	for name, data := range hostile(t, read(t, k.model)) {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(dir, name, "model.safetensors"), data)
			m.run(t, "models", "inspect", path).want(t, exitFailed, path)
			m.run(t, "models", "import", path).want(t, exitFailed, path)
			out := filepath.Join(t.TempDir(), "out")
			m.run(t, "analyze", k.slide, "--out", out, "--magnification", "20", "--model", path, "--encoder", k.encoder).want(t, exitFailed, path)
			if left := files(t, out); len(left) > 0 {
				t.Errorf("left %q", left)
			}
		})
	}
	// An installed one that went bad is listed with what is wrong.
	write(t, filepath.Join(m.data, "models", "bad.safetensors"), []byte("rotten"))
	var list []modelEntry
	s := m.run(t, "models", "list", "--json")
	s.want(t, exitDone)
	s.document(t, &list)
	if len(list) != 2 || list[1].Error == "" || !strings.Contains(list[1].Path, "bad") {
		t.Errorf("%+v", list)
	}
	if s := m.run(t, "models", "list"); !strings.Contains(s.stdout, "cannot be used") {
		t.Errorf("stdout %q", s.stdout)
	}
}

func TestModelForAnotherEncoder(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	analyze := func(model string, flags ...string) said {
		return m.run(t, append([]string{"analyze", k.slide, "--out", t.TempDir(), "--magnification", "20", "--model", model}, flags...)...)
	}
	analyze(k.model, "--encoder", "builtin").want(t, exitFailed, "mean", "--encoder")
	analyze(k.model).want(t, exitFailed, "mean", "encoders import")
	analyze(k.model, "--encoder", "no such one").want(t, exitFailed, "no such one")
	m.run(t, "encoders", "import", k.encoder).want(t, exitDone)
	analyze(k.model, "--quiet").want(t, exitDone) // found by its digest
}

// A state dict of the public code, with its configuration.
func TestModelsImportState(t *testing.T) {
	m := bare(t)
	testdata := filepath.Join("..", "..", "engine", "mil", "testdata")
	state, config := filepath.Join(testdata, "public.pt"), filepath.Join(testdata, "public.json")
	if _, err := os.Stat(state); err != nil {
		t.Skip(err)
	}
	var card app.ModelCard
	s := m.run(t, "models", "import", state, "--config", config, "--name", "published", "--json")
	s.want(t, exitDone)
	s.document(t, &card)
	if card.Config.Name != "published" || card.Config.Method != mil.ZoomMIL {
		t.Errorf("%+v", card)
	}
	m.run(t, "models", "inspect", "published").want(t, exitDone)
	m.run(t, "models", "import", state, "--config", state).want(t, exitFailed, state)
	m.run(t, "models", "import", state, "--config", filepath.Join(testdata, "none.json")).want(t, exitFailed, "none.json")
	m.run(t, "models", "import", state).want(t, exitFailed, state)
}
