package mil

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
)

// testConfig is a small model for features of dim values.
func testConfig(dim int) Config {
	settings, _ := tissue.Preset("default")
	return Config{
		Name:           "test",
		Method:         ZoomMIL,
		Classes:        []string{"benign", "malignant"},
		Magnifications: []float64{5, 10},
		K:              []int{3},
		PatchSize:      256,
		Encoder:        result.Encoder{Name: "scatter", SHA256: strings.Repeat("ab", 32), Dim: dim},
		Tissue:         settings,
		Sizes:          Sizes{Hidden: 5, Embedding: 6},
		Classifier:     Linear,
		IntendedUse:    "tests",
		Licence:        "CC0-1.0",
	}
}

func TestSaveAndLoad(t *testing.T) {
	for _, classifier := range []string{Linear, MLP} {
		c := testConfig(4)
		c.Classifier = classifier
		m, err := New(c, 7)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := m.Save(path); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.Config(), got.Config()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(m.Params(), got.Params()); diff != "" {
			t.Error(diff)
		}
		if m.SHA256() != got.SHA256() || len(m.SHA256()) != 64 {
			t.Errorf("digest %s, after loading %s", m.SHA256(), got.SHA256())
		}
	}
}

func TestNewIsUntrainedAndRepeats(t *testing.T) {
	c := testConfig(4)
	c.Training.Trained = true // New knows better
	a, err := New(c, 7)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := New(c, 7)
	other, _ := New(c, 8)
	if a.SHA256() != b.SHA256() || a.SHA256() == other.SHA256() {
		t.Error("weights do not follow from the seed")
	}
	r := a.Result()
	if r.Trained || !strings.Contains(r.Note, "untrained") {
		t.Errorf("trained %v, note %q", r.Trained, r.Note)
	}
}

func TestInitialDistribution(t *testing.T) {
	c := testConfig(400)
	c.Sizes.Embedding = 200
	sum, squares := 0.0, 0.0
	params := c.initialise(1)
	w := params["fc_low_mag.0.weight"]
	for _, v := range w.F32 {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(w.Len())
	sigma := math.Sqrt(2.0 / 600)
	if mean := sum / n; math.Abs(mean) > 5*sigma/math.Sqrt(n) {
		t.Errorf("mean %v", mean)
	}
	if got := math.Sqrt(squares / n); math.Abs(got/sigma-1) > 0.02 {
		t.Errorf("deviation %v, want %v", got, sigma)
	}
	for _, v := range params["fc_low_mag.0.bias"].F32 {
		if v != 0 {
			t.Errorf("bias %v", v)
		}
	}
}

func TestNames(t *testing.T) {
	c := testConfig(4)
	words := map[int]string{2: "low high", 3: "low mid high", 5: "low mid mid2 mid3 high"}
	for n, want := range words {
		c.Magnifications = make([]float64, n)
		var got []string
		for m := range n {
			got = append(got, levelName(m, n))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d magnifications: %q, want %q", n, got, want)
		}
		var names []string
		for name := range c.shapes() {
			names = append(names, name)
		}
		if found := levelWords(names); strings.Join(found, " ") != want {
			t.Errorf("found %q among the weights, want %q", found, want)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"method":               {func(c *Config) { c.Method = "other" }, `"other"`},
		"no name":              {func(c *Config) { c.Name = "" }, "name"},
		"one class":            {func(c *Config) { c.Classes = c.Classes[:1] }, "1 classes"},
		"classes alike":        {func(c *Config) { c.Classes = []string{"a", "a"} }, `class 1, "a"`},
		"class without a name": {func(c *Config) { c.Classes = []string{"a", ""} }, "class 1"},
		"one magnification":    {func(c *Config) { c.Magnifications = []float64{5}; c.K = nil }, "1 magnifications"},
		"many magnifications":  {func(c *Config) { c.Magnifications = make([]float64, 9) }, "9 magnifications"},
		"descending":           {func(c *Config) { c.Magnifications = []float64{10, 5} }, "larger by a whole factor"},
		"uneven":               {func(c *Config) { c.Magnifications = []float64{5, 12.5} }, "whole factor"},
		"NaN":                  {func(c *Config) { c.Magnifications[0] = math.NaN() }, "positive"},
		"k of another length":  {func(c *Config) { c.K = []int{1, 2} }, "2 values of k"},
		"k of none":            {func(c *Config) { c.K = []int{0} }, "k is 0"},
		"patch size":           {func(c *Config) { c.PatchSize = 1 << 30 }, "patch size"},
		"encoder dim":          {func(c *Config) { c.Encoder.Dim = 0 }, "0 values"},
		"huge encoder":         {func(c *Config) { c.Encoder.Dim = 1 << 40 }, "values per patch"},
		"encoder name":         {func(c *Config) { c.Encoder.Name = "" }, "no name"},
		"encoder digest":       {func(c *Config) { c.Encoder.SHA256 = "abcd" }, `"abcd"`},
		"hidden":               {func(c *Config) { c.Sizes.Hidden = 0 }, "hidden size"},
		"embedding":            {func(c *Config) { c.Sizes.Embedding = 1 << 20 }, "embedding size"},
		"classifier":           {func(c *Config) { c.Classifier = "forest" }, `"forest"`},
		"tissue":               {func(c *Config) { c.Tissue.Kernel = 0 }, "tissue settings"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := testConfig(4)
			test.change(&c)
			if _, err := New(c, 1); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	good, err := New(testConfig(4), 7)
	if err != nil {
		t.Fatal(err)
	}
	type file struct {
		tensors map[string]safetensors.Raw
		meta    map[string]string
	}
	tests := map[string]struct {
		change func(*file)
		want   string
	}{
		"no metadata":     {func(f *file) { f.meta = nil }, "format"},
		"newer format":    {func(f *file) { f.meta["format"] = "zoomscope-model/2" }, `"zoomscope-model/2"`},
		"no config":       {func(f *file) { delete(f.meta, "config") }, "config"},
		"unknown field":   {func(f *file) { f.meta["config"] = `{"depth":3,` + f.meta["config"][1:] }, `"depth"`},
		"config and more": {func(f *file) { f.meta["config"] += "{}" }, "follows"},
		"other method":    {func(f *file) { f.meta["config"] = strings.Replace(f.meta["config"], "zoommil", "other", 1) }, `"other"`},
		"missing":         {func(f *file) { delete(f.tensors, "classify_head.bias") }, `"classify_head.bias"`},
		"left over":       {func(f *file) { f.tensors["extra"] = safetensors.FromFloat32([]float32{1}, safetensors.F32, 1) }, `"extra"`},
		"shape": {func(f *file) {
			f.tensors["classify_head.bias"] = safetensors.FromFloat32([]float32{1}, safetensors.F32, 1)
		}, "shape [1], expected [2]"},
		"integers": {func(f *file) { f.tensors["classify_head.bias"] = safetensors.FromInt32([]int32{1, 2}, 2) }, "floating-point"},
		"NaN": {func(f *file) {
			f.tensors["classify_head.bias"] = safetensors.FromFloat32([]float32{1, float32(math.NaN())}, safetensors.F32, 2)
		}, "value 1 is NaN"},
		"larger than its file": {func(f *file) {
			f.meta["config"] = strings.Replace(f.meta["config"], `"embedding":6`, `"embedding":16000`, 1)
		}, "expected"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config, err := json.Marshal(good.Config())
			if err != nil {
				t.Fatal(err)
			}
			f := file{map[string]safetensors.Raw{}, map[string]string{"format": Format, "config": string(config)}}
			for name, tensor := range good.Params() {
				f.tensors[name] = safetensors.FromTensor(tensor)
			}
			test.change(&f)
			path := filepath.Join(t.TempDir(), "bad.safetensors")
			if err := safetensors.WriteFile(path, f.tensors, f.meta); err != nil {
				t.Fatal(err)
			}
			_, err = Load(path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q and the path", err, test.want)
			}
		})
	}
}

func TestCheckEncoder(t *testing.T) {
	m, err := New(testConfig(4), 7)
	if err != nil {
		t.Fatal(err)
	}
	want := m.Config().Encoder
	if err := m.CheckEncoder(want); err != nil {
		t.Error(err)
	}
	capitals := want
	capitals.SHA256 = strings.ToUpper(want.SHA256)
	if err := m.CheckEncoder(capitals); err != nil {
		t.Errorf("the digest in capitals: %v", err)
	}
	renamed := want
	renamed.Name = "other"
	if err := m.CheckEncoder(renamed); err != nil {
		t.Errorf("same bytes under another name: %v", err)
	}
	other := renamed
	other.SHA256 = strings.Repeat("cd", 32)
	err = m.CheckEncoder(other)
	if !errors.Is(err, ErrEncoder) || !strings.Contains(err.Error(), `"scatter"`) || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("error %v does not name both", err)
	}
	wide := want
	wide.Dim = 5
	if err := m.CheckEncoder(wide); !errors.Is(err, ErrEncoder) {
		t.Errorf("other size: %v", err)
	}
	c := testConfig(4)
	c.Encoder.SHA256 = ""
	byName, err := New(c, 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := byName.CheckEncoder(want); err != nil {
		t.Errorf("by name: %v", err)
	}
	if err := byName.CheckEncoder(renamed); !errors.Is(err, ErrEncoder) {
		t.Errorf("by another name: %v", err)
	}
}

func TestImportState(t *testing.T) {
	path := filepath.Join("testdata", "public.pt")
	config, err := os.ReadFile(filepath.Join("testdata", "public.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := PublicConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	c.Encoder.Dim = 0
	m, err := ImportState(path, c)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Config()
	want := c
	want.Encoder.Dim, want.Sizes, want.Classifier = 4, Sizes{Hidden: 2, Embedding: 3}, Linear
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !cmp.Equal(got.Magnifications, []float64{1.25, 2.5, 10}) || !cmp.Equal(got.K, []int{7, 7}) || len(got.Classes) != 2 {
		t.Errorf("magnifications %v, k %v, classes %q", got.Magnifications, got.K, got.Classes)
	}
	// The weights of testdata/make.py count on from 0, a hundredth each.
	count := 0
	for _, name := range []string{"fc_low_mag.0.weight", "fc_low_mag.0.bias"} {
		for _, v := range m.Params()[name].F32 {
			if v != float32(count)/100 {
				t.Errorf("%s: %v, want %v", name, v, float32(count)/100)
			}
			count++
		}
	}
	other := filepath.Join(t.TempDir(), "other.safetensors")
	if err := safetensors.WriteFile(other, map[string]safetensors.Raw{"x": safetensors.FromInt32(nil, 0)}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := ImportState(other, Config{}); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("weights of something else: %v", err)
	}
	c.Magnifications, c.K = c.Magnifications[:2], c.K[:1]
	if _, err := ImportState(path, c); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("two magnifications for three: %v", err)
	}
}

// Two magnifications are called low and mid in some checkpoints.
func TestImportOtherWords(t *testing.T) {
	m, err := New(testConfig(4), 7)
	if err != nil {
		t.Fatal(err)
	}
	tensors := map[string]safetensors.Raw{}
	for name, tensor := range m.Params() {
		tensors[strings.Replace(name, "_high_", "_mid_", 1)] = safetensors.FromTensor(tensor)
	}
	path := filepath.Join(t.TempDir(), "state.safetensors")
	if err := safetensors.WriteFile(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	got, err := ImportState(path, testConfig(4))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Params(), got.Params()); diff != "" {
		t.Error(diff)
	}
}

func TestPublicConfigRefuses(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{}`,
		`{"low_mag": "x", "high_mag": "10x", "n_cls": 2}`,
		`{"low_mag": "10x", "high_mag": "5x", "n_cls": 2}`,
		`{"low_mag": "5x", "n_cls": 2}`,
		`{"low_mag": "5x", "high_mag": "10x", "n_cls": 100000000}`,
		`{"low_mag": "5x", "high_mag": "10x", "n_cls": 2, "k_sample": -1}`,
	} {
		if _, err := PublicConfig([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func FuzzConfig(f *testing.F) {
	text, err := json.Marshal(testConfig(4))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"low_mag": "1.25x", "mid_mag": null, "high_mag": 10, "n_cls": 2, "k_sample": 3}`)
	f.Fuzz(func(t *testing.T, text string) {
		PublicConfig([]byte(text))
		c, err := parseConfig(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseConfig(string(again)); err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	m, err := New(testConfig(2), 1)
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		if err := m.write(io.Discard); err != nil {
			t.Fatal(err)
		}
	})
}
