package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"zoomscope/assets"
	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/engine/train"
	"zoomscope/engine/zoom"
)

// EngineOptions choose what runs and where. The zero value is the default model
// with its encoder on the best device.
type EngineOptions struct {
	Model   string // file, or name of an installed model; "" is the default model
	Encoder string // "builtin", an installed name, or a file; "" is the model's own
	Device  string // a device.Kind; "" is auto
	Threads int    // 0 is one for each processor
	Seed    uint64
}

// openEngine opens the model and the encoder that are asked for.
func (w *Workspace) openEngine(ctx context.Context, o EngineOptions) (*zoom.Engine, error) {
	model, spec, err := w.modelAndEncoder(o)
	if err != nil {
		return nil, err
	}
	return w.engine(ctx, model, spec, o)
}

// engine opens a model, if one is given, and an encoder.
func (w *Workspace) engine(ctx context.Context, model *mil.Model, spec *encoder.Spec, o EngineOptions) (*zoom.Engine, error) {
	place, err := w.place(ctx, o)
	if err != nil {
		return nil, err
	}
	options := zoom.Options{Model: model, Encoder: encoderKind(spec), Place: place, Readers: readers(o.Threads)}
	if place.Device.Used != string(device.CPU) {
		options.CPU = func(ctx context.Context) (zoom.Place, error) {
			o.Device = string(device.CPU)
			return w.place(ctx, o)
		}
	}
	return zoom.NewEngine(ctx, options)
}

// place proves the device that is asked for, or the one that replaces it.
func (w *Workspace) place(ctx context.Context, o EngineOptions) (zoom.Place, error) {
	kind, err := device.ParseKind(o.Device)
	if err != nil {
		return zoom.Place{}, err
	}
	d, story, err := w.Devices.Choose(ctx, kind, device.Options{Threads: o.Threads})
	if err != nil {
		return zoom.Place{}, err
	}
	return zoom.Place{Opener: d, Device: story, Batch: batchOn(d.Kind()), Mixed: d.Mixed}, nil
}

// batchOn is how many patches a device encodes at once: on a processor more
// than a few gain nothing and cost memory, a graphics card wants to be filled.
func batchOn(k device.Kind) int {
	if k == device.CPU {
		return encoder.DefaultBatch
	}
	return 64
}

// readers is how many goroutines read a slide: as many as may compute.
func readers(threads int) int {
	if threads <= 0 {
		threads = runtime.NumCPU()
	}
	return min(threads, 8)
}

func encoderKind(s *encoder.Spec) zoom.EncoderKind {
	card := s.Card()
	return zoom.EncoderKind{
		Card: resultCard(card),
		Side: encoder.Side,
		Open: func(o nn.Opener) (zoom.Encoder, error) { return s.Open(o) },
		Warnings: func(magnifications []float64) []string {
			return outsideResolution(card, magnifications)
		},
	}
}

func resultCard(c encoder.Card) result.Encoder {
	return result.Encoder{Name: c.Name, SHA256: c.SHA256, Dim: c.Dim}
}

// outsideResolution warns of the magnifications that an encoder was not made for.
func outsideResolution(c encoder.Card, magnifications []float64) []string {
	var outside []string
	for _, m := range magnifications {
		if !c.Resolution.Holds(10 / m) {
			outside = append(outside, fmt.Sprintf("%gx", m))
		}
	}
	if outside == nil {
		return nil
	}
	return []string{fmt.Sprintf("The encoder %s was made for %v, not for %s.", c.Name, c.Resolution, strings.Join(outside, ", "))}
}

// BundledModel is the model that comes with the program.
func BundledModel() (*mil.Model, error) {
	m, err := mil.Parse(assets.Model())
	if err != nil {
		return nil, fmt.Errorf("bundled model: %w", err)
	}
	return m, nil
}

// defaultModelFor is the model used where none is named: the bundled one if it
// was made for the encoder, else an untrained one.
func defaultModelFor(e result.Encoder, seed uint64) (*mil.Model, error) {
	m, err := BundledModel()
	if err != nil || m.CheckEncoder(e) == nil {
		return m, err
	}
	return UntrainedModel(e, seed)
}

// modelAndEncoder finds what the options name. Without a model, the default one
// for the encoder is used.
func (w *Workspace) modelAndEncoder(o EngineOptions) (*mil.Model, *encoder.Spec, error) {
	if o.Model == "" {
		spec, err := w.Encoder(o.Encoder)
		if err != nil {
			return nil, nil, err
		}
		model, err := defaultModelFor(resultCard(spec.Card()), o.Seed)
		return model, spec, err
	}
	model, err := w.Model(o.Model)
	if err != nil {
		return nil, nil, err
	}
	if model.Config().Encoder.Name == train.InstanceEncoder {
		return nil, nil, fmt.Errorf("model %s was %w, for which no encoder makes features of a slide: evaluate takes tables, and a model for slides is trained on their bags", o.Model, ErrOfTable)
	}
	name := o.Encoder
	if name == "" {
		name = model.Config().Encoder.Name
		if sha := model.Config().Encoder.SHA256; sha != "" {
			name = sha
		}
	}
	spec, err := w.Encoder(name)
	if errors.Is(err, fs.ErrNotExist) && o.Encoder == "" {
		return nil, nil, fmt.Errorf("model %s was made for encoder %s, which is not installed: %w", o.Model, model.Config().Encoder.Name, ErrNoEncoder)
	}
	return model, spec, err
}

// Errors of a model that cannot be run on slides.
var (
	// ErrNoEncoder: a model's encoder is not on this machine.
	ErrNoEncoder = errors.New("encoder not installed")
	// ErrOfTable: a model takes the features of a table of instances.
	ErrOfTable = errors.New("trained on a table of features")
)

// Encoder finds an encoder by name, by digest, or by file; "" is the built-in one.
func (w *Workspace) Encoder(name string) (*encoder.Spec, error) {
	builtin, err := encoder.Builtin()
	if err != nil {
		return nil, err
	}
	card := builtin.Card()
	if name == "" || name == BuiltinEncoder || name == card.Name || name == card.SHA256 {
		return builtin, nil
	}
	if filepath.Ext(name) == ".onnx" {
		return encoder.Load(name)
	}
	spec, err := w.encoders.Find(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoEncoder, err)
	}
	return spec, err
}

// BuiltinEncoder is the name by which the encoder that needs no files is asked for.
const BuiltinEncoder = "builtin"

// Model finds a model by file, by the folder of the run that trained it, or by
// the name it is installed under.
func (w *Workspace) Model(name string) (*mil.Model, error) {
	path, err := w.modelPath(name)
	if err != nil {
		return nil, err
	}
	return mil.Load(path)
}

// modelPath is the file of a model given by file, by run folder, or by name.
func (w *Workspace) modelPath(name string) (string, error) {
	if st, err := os.Stat(name); err == nil && !st.IsDir() || filepath.Ext(name) == modelExt {
		return name, nil
	}
	if inRun := filepath.Join(name, train.ModelFile); exists(inRun) {
		return inRun, nil
	}
	path := filepath.Join(w.modelDir(), name+modelExt)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: %q is neither a file nor installed in %s", ErrNoModel, name, w.modelDir())
	}
	return path, nil
}

// ErrNoModel: no model has the name asked for.
var ErrNoModel = errors.New("no such model")

const modelExt = ".safetensors"

func (w *Workspace) modelDir() string { return filepath.Join(w.DataDir, "models") }

// UntrainedModel is the model used until a trained one is given: the published
// sizes, weights drawn from the seed. Its prediction means nothing, and its
// results say so.
func UntrainedModel(e result.Encoder, seed uint64) (*mil.Model, error) {
	settings, ok := tissue.Preset("crc")
	if !ok {
		return nil, errors.New("tissue preset crc is missing")
	}
	settings.Threshold = 0.1
	return mil.New(mil.Config{
		Name: "untrained", Method: mil.ZoomMIL, Classes: []string{"class 0", "class 1", "class 2"},
		Magnifications: []float64{5, 10, 20}, K: []int{16, 16}, PatchSize: encoder.Side, Encoder: e,
		Tissue: settings, Sizes: mil.Sizes{Hidden: 256, Embedding: 512}, Classifier: mil.Linear,
		IntendedUse: "Trying out the program. The weights are random: prediction and attention mean nothing.",
		Licence:     "MIT",
	}, seed)
}
