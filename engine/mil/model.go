package mil

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"zoomscope/engine/internal/filemap"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/slideio/atomicfile"
)

// Format is what a model file's metadata says it is.
const Format = "zoomscope-model/1"

// ErrEncoder is wrapped by the error for a model that was made for another
// encoder than the one at hand.
var ErrEncoder = errors.New("model is for another encoder")

// Model is a configuration and its weights. It never changes.
type Model struct {
	config Config
	params map[string]*nn.Tensor // float32, named and shaped as config says
	id     string
}

// New makes a model whose weights are drawn at random from seed, and whose
// configuration says so.
func New(c Config, seed uint64) (*Model, error) {
	c.Training = Training{
		Seed: seed,
		Note: fmt.Sprintf("This model is untrained: its weights are random (seed %d) and its answers mean nothing.", seed),
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return Assemble(c, c.initialise(seed))
}

// Assemble makes a model of weights, which it keeps. Weights that are missing,
// left over, not float32, not finite or of another shape than the configuration
// asks for are errors.
func Assemble(c Config, params map[string]*nn.Tensor) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Model{config: c.clone(), params: params}
	if err := m.check(); err != nil {
		return nil, err
	}
	file := sha256.New()
	if err := m.write(file); err != nil {
		return nil, err
	}
	m.id = hex.EncodeToString(file.Sum(nil))
	return m, nil
}

// Load reads a model file. The error names the file.
func Load(path string) (*Model, error) {
	mapped, err := filemap.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := Parse(mapped.Data)
	if cerr := mapped.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Parse reads a model file that is in memory. It keeps nothing of data.
func Parse(data []byte) (*Model, error) {
	f, err := safetensors.Parse(data)
	if err != nil {
		return nil, err
	}
	meta := f.Metadata()
	if format := meta["format"]; format != Format {
		return nil, fmt.Errorf("format is %.100q, expected %q: not a model file of this version", format, Format)
	}
	config, err := parseConfig(meta["config"])
	if err != nil {
		return nil, err
	}
	// All shapes first: nothing is copied of a file that is not what it says.
	if err := checkShapes(config.shapes(), f); err != nil {
		return nil, err
	}
	m := &Model{config: config, params: map[string]*nn.Tensor{}, id: digest(data)}
	for _, name := range f.Names() {
		values, err := f.Float32(name)
		if err != nil {
			return nil, err
		}
		_, shape, _ := f.Info(name)
		m.params[name] = nn.F32Tensor(values, shape...)
	}
	return m, m.check()
}

func checkShapes(shapes map[string][]int, f *safetensors.File) error {
	for _, name := range f.Names() {
		if _, ok := shapes[name]; !ok {
			return fmt.Errorf("tensor %.200q does not belong to this model", name)
		}
	}
	for name, want := range shapes {
		_, got, err := f.Info(name)
		if err != nil {
			return err
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("tensor %q has shape %v, expected %v", name, got, want)
		}
	}
	return nil
}

// check compares the weights with what the configuration asks for.
func (m *Model) check() error {
	shapes := m.config.shapes()
	for name, want := range shapes {
		t := m.params[name]
		if t == nil {
			return fmt.Errorf("tensor %q is missing", name)
		}
		if t.Type != nn.Float32 || !slices.Equal(t.Shape, want) {
			return fmt.Errorf("tensor %q is %v %v, expected %v %v", name, t.Type, t.Shape, nn.Float32, want)
		}
		for i, v := range t.F32 {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("tensor %q: value %d is %v", name, i, v)
			}
		}
	}
	for name := range m.params {
		if shapes[name] == nil {
			return fmt.Errorf("tensor %.200q does not belong to this model", name)
		}
	}
	return nil
}

// Config is the model's configuration.
func (m *Model) Config() Config { return m.config.clone() }

// Params are the weights by name, which must not be written to.
func (m *Model) Params() map[string]*nn.Tensor { return m.params }

// SHA256 identifies the model: the digest of the file it was loaded from, in
// hexadecimal, or of the file that Save writes. They are the same, unless
// another program wrote the file that was loaded.
func (m *Model) SHA256() string { return m.id }

// Save writes the model file, which appears whole or not at all.
func (m *Model) Save(path string) error {
	if err := atomicfile.Write(path, m.write); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (m *Model) write(w io.Writer) error {
	config, err := json.Marshal(m.config)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	tensors := map[string]safetensors.Raw{}
	for name, t := range m.params {
		tensors[name] = safetensors.FromTensor(t)
	}
	return safetensors.Write(w, tensors, map[string]string{"format": Format, "config": string(config)})
}

// Result is what a finished analysis says of its model.
func (m *Model) Result() result.Model {
	c := m.Config()
	return result.Model{
		Name:           c.Name,
		Method:         c.Method,
		SHA256:         m.id,
		Magnifications: c.Magnifications,
		K:              c.K,
		Classes:        c.Classes,
		Trained:        c.Training.Trained,
		Note:           c.Training.Note,
	}
}

// CheckEncoder makes sure that features of the encoder at hand are what the
// model was made for; the error wraps ErrEncoder and names both. A model that
// does not know the digest of its encoder, as an imported one, goes by name.
func (m *Model) CheckEncoder(have result.Encoder) error {
	want := m.config.Encoder
	same := want.Dim == have.Dim
	if want.SHA256 != "" {
		same = same && strings.EqualFold(want.SHA256, have.SHA256)
	} else {
		same = same && want.Name == have.Name
	}
	if same {
		return nil
	}
	return fmt.Errorf("%w: model %q needs encoder %s, at hand is %s", ErrEncoder, m.config.Name, describe(want), describe(have))
}

func describe(e result.Encoder) string {
	if e.SHA256 == "" {
		return fmt.Sprintf("%q (%d values)", e.Name, e.Dim)
	}
	return fmt.Sprintf("%q (%d values, sha256 %.12s)", e.Name, e.Dim, e.SHA256)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
