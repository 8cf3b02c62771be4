package app

import (
	"cmp"
	"context"
	"errors"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
)

// ModelChoice is a model as a user chooses one.
type ModelChoice struct {
	ID             string // for EngineOptions.Model; "" is the default one
	Name, Method   string
	SHA256         string
	Note           string // what a reader must know, a sentence; "" for nothing
	Classes        []string
	Magnifications []float64
	K              []int
	Trained        bool
	Synthetic      bool // trained on synthetic tissue, to try the program out
	Encoder        string
	EncoderMissing bool  // the model was made for an encoder that is not installed
	Err            error // why the file cannot be used; all but ID and Name is empty then
}

// ModelChoices lists the models of this machine, the default one first.
func (w *Workspace) ModelChoices() ([]ModelChoice, error) {
	models, err := w.Models()
	if err != nil {
		return nil, err
	}
	encoders, err := w.Encoders()
	if encoders == nil && err != nil {
		return nil, err
	}
	choices := make([]ModelChoice, len(models))
	for i, m := range models {
		choices[i] = modelChoice(m, encoders)
	}
	return choices, nil
}

func modelChoice(m InstalledModel, encoders []encoder.Card) ModelChoice {
	id, c := m.Name(), m.Config
	if m.Err != nil {
		return ModelChoice{ID: id, Name: id, Err: m.Err}
	}
	return ModelChoice{
		ID: id, Name: cmp.Or(id, c.Name), Method: c.Method, SHA256: m.SHA256, Note: c.Training.Note, Classes: c.Classes,
		Magnifications: c.Magnifications, K: c.K, Trained: c.Training.Trained, Synthetic: c.Training.Note == demoNote,
		Encoder: c.Encoder.Name, EncoderMissing: !hasEncoder(c, encoders),
	}
}

// hasEncoder reports whether the encoder that a model was made for is there, by its
// digest, or by its name where the model knows no digest.
func hasEncoder(c mil.Config, encoders []encoder.Card) bool {
	for _, e := range encoders {
		if c.Encoder.SHA256 == e.SHA256 || c.Encoder.SHA256 == "" && c.Encoder.Name == e.Name {
			return true
		}
	}
	return false
}

// DeviceChoice is a device as a user chooses one.
type DeviceChoice struct {
	Kind    string // for EngineOptions.Device
	Name    string // the hardware's
	OK      bool
	Detail  string  // that it was proven, or why it cannot be used
	Seconds float64 // that the proof took; 0 where it failed
}

// DeviceChoices proves every device that the platform can have, which may take
// seconds. The first choice is "auto", with the name of the device that it means at
// present and the reason. Without ONNX Runtime the error wraps device.ErrNoRuntime.
func (w *Workspace) DeviceChoices(ctx context.Context) ([]DeviceChoice, error) {
	_, story, err := w.Devices.Choose(ctx, device.Auto, device.Options{})
	if err != nil {
		return nil, err
	}
	list, err := w.Devices.List(ctx)
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	choices := []DeviceChoice{{Kind: string(device.Auto), Name: story.Name, OK: true, Detail: story.Reason}}
	for _, l := range list {
		choices = append(choices, DeviceChoice{Kind: string(l.Kind), Name: l.Name, OK: l.OK, Detail: l.Detail, Seconds: l.Seconds})
	}
	return choices, nil
}

// IsSynthetic reports whether a model was trained on synthetic tissue, to try the
// program out.
func IsSynthetic(m result.Model) bool { return m.Note == demoNote }
