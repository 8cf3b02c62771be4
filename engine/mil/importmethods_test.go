package mil

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/safetensors"
	"zoomscope/packaging/testenv"
)

// asState writes the parameters of a golden file as a public code saves them, each
// name behind a prefix.
func (v *vectors) asState(prefix string) string {
	tensors := map[string]safetensors.Raw{}
	for _, name := range v.f.Names() {
		if rest, ok := strings.CutPrefix(name, "param/"); ok {
			if t := v.tensor(name); t.Type == nn.Float32 {
				tensors[prefix+rest] = safetensors.FromTensor(t)
			} else {
				tensors[prefix+rest] = safetensors.FromInt32([]int32{0, 1}, 2)
			}
		}
	}
	path := filepath.Join(v.TempDir(), "state.safetensors")
	if err := safetensors.WriteFile(path, tensors, nil); err != nil {
		v.Fatal(err)
	}
	return path
}

// options are what the weights of a golden file do not tell.
func (v *vectors) importOptions() map[string]any {
	meta := v.f.Metadata()
	switch {
	case meta["method"] == DSMIL && strings.HasPrefix(meta["case"], "ce_"):
		return map[string]any{"loss": CrossEntropy}
	case meta["nystrom"] == "0.0.9":
		return map[string]any{"first_rows": true}
	}
	return nil
}

// The weights of every method's own code give what that code gave.
func TestGoldenImport(t *testing.T) {
	root := testenv.Golden(t)
	for _, method := range Methods() {
		files, err := filepath.Glob(filepath.Join(root, method, "*.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if method != ZoomMIL {
				t.Run(method+"/"+filepath.Base(path), func(t *testing.T) { goldenImport(t, path) })
			}
		}
	}
}

func goldenImport(t *testing.T, path string) {
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := &vectors{t, f}
	want := v.config()
	text := map[string]any{"method": want.Method, "n_cls": len(want.Classes), "mag": "20x", "options": v.importOptions()}
	if want.Method == MSMIL {
		delete(text, "mag")
		text["low_mag"], text["high_mag"] = "5x", 10
	}
	config, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	c, err := PublicConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"", "model."} { // the latter as PyTorch Lightning has it
		m, err := ImportState(v.asState(prefix), c)
		if err != nil {
			t.Fatal(err)
		}
		got := m.Config()
		if got.Sizes != want.Sizes || got.Encoder.Dim != want.Encoder.Dim {
			t.Errorf("sizes %+v of %d features, want %+v of %d", got.Sizes, got.Encoder.Dim, want.Sizes, want.Encoder.Dim)
		}
		v.compareEvaluation(m, nntest.Interpreter{}, v.source())
	}
}

// stateOf are the weights of a small model of a method, in a file.
func stateOf(t *testing.T, c Config, change func(map[string]safetensors.Raw)) string {
	t.Helper()
	m, err := New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	tensors := map[string]safetensors.Raw{}
	for name, p := range m.Params() {
		tensors[name] = safetensors.FromTensor(p)
	}
	if change != nil {
		change(tensors)
	}
	path := filepath.Join(t.TempDir(), "state.safetensors")
	if err := safetensors.WriteFile(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func clamConfig() Config {
	c := testConfig(4)
	c.Method, c.K, c.Magnifications = CLAMSB, nil, []float64{20}
	c.Sizes = Sizes{Embedding: 3, Hidden: 2}
	return c
}

// Options that change names or shapes are read off the weights.
func TestImportOptions(t *testing.T) {
	attention := Options{Ungated: true, Depth: 2}
	linear := Options{LinearQuery: true, Values: true}
	for name, change := range map[string]func(*Config){
		"clam_sb without gate": func(c *Config) { c.Options.Ungated = true },
		"abmil, two layers":    func(c *Config) { c.Method, c.Classifier, c.Options = ABMIL, MLP, attention },
		"dsmil of magnifications": func(c *Config) {
			c.Method, c.Options, c.Sizes, c.Magnifications = DSMIL, linear, Sizes{Hidden: 5}, []float64{5, 20}
		},
		"maxmil of features": func(c *Config) {
			c.Method, c.Options.Pooling, c.Sizes, c.Classes = MaxMIL, Feature, Sizes{Embedding: 3}, []string{"a", "b", "c"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := clamConfig()
			change(&want)
			path := stateOf(t, want, nil)
			blank := want
			blank.Options, blank.Sizes, blank.Encoder.Dim, blank.Classifier = Options{}, Sizes{}, 0, ""
			m, err := ImportState(path, blank)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Config(); got.Options != want.Options || got.Sizes != want.Sizes || got.Encoder.Dim != 4 || got.Classifier != want.Classifier {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

func TestImportRefuses(t *testing.T) {
	plain := stateOf(t, clamConfig(), nil)
	if _, err := ImportState(plain, Config{}); !errors.Is(err, ErrMethodNotStated) || !strings.Contains(err.Error(), CLAMSB) || !strings.Contains(err.Error(), plain) {
		t.Errorf("no method: error %v", err)
	}
	for name, c := range map[string]struct {
		weights func(map[string]safetensors.Raw)
		config  func(*Config)
		says    string
	}{
		"another method":  {nil, func(c *Config) { c.Method = TransMIL }, "weights of clam_sb"},
		"ZoomMIL":         {nil, func(c *Config) { *c = testConfig(4) }, "weights of clam_sb"},
		"more classes":    {nil, func(c *Config) { c.Classes = []string{"a", "b", "c"} }, "classifiers"},
		"too many scales": {nil, func(c *Config) { c.Magnifications = []float64{5, 20} }, "magnifications"},
		"a layer missing": {func(w map[string]safetensors.Raw) { delete(w, "classifiers.bias") }, nil, "classifiers.bias"},
		"sizes missing":   {func(w map[string]safetensors.Raw) { delete(w, "attention_net.3.attention_a.0.weight") }, nil, "attention_a"},
		"another tensor":  {func(w map[string]safetensors.Raw) { w["more.weight"] = w["classifiers.bias"] }, nil, "more.weight"},
		"a layer of axes": {func(w map[string]safetensors.Raw) { w["attention_net.0.weight"] = w["attention_net.0.bias"] }, nil, "2 axes"},
		"nothing it knows": {func(w map[string]safetensors.Raw) {
			maps.DeleteFunc(w, func(n string, _ safetensors.Raw) bool { return n != "classifiers.bias" })
		}, nil, "no weights"},
	} {
		t.Run(name, func(t *testing.T) {
			config := clamConfig()
			config.Sizes, config.Encoder.Dim = Sizes{}, 0
			if c.config != nil {
				c.config(&config)
			}
			path := stateOf(t, clamConfig(), c.weights)
			if m, err := ImportState(path, config); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("model %v, error %v", m != nil, err)
			}
		})
	}
}

func TestPublicConfigOfMethods(t *testing.T) {
	c, err := PublicConfig([]byte(`{"method": "msmil", "low_mag": 5, "mid_mag": "10x", "high_mag": "20x", "n_cls": 3}`))
	if err != nil || c.Method != MSMIL || fmt.Sprint(c.Magnifications) != "[5 10 20]" || c.K != nil || c.Encoder.Dim != 0 {
		t.Errorf("%+v, error %v", c, err)
	}
	for _, text := range []string{
		`{"method": "resnet", "mag": 20, "n_cls": 2}`, `{"method": "clam_sb", "n_cls": 2}`,
		`{"method": "clam_sb", "low_mag": 5, "high_mag": 20, "n_cls": 2}`, `{"method": "msmil", "mag": 20, "n_cls": 2}`,
	} {
		if c, err := PublicConfig([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, c)
		}
	}
}
