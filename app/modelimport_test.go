package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/engine/bag"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
)

// bagHeader is a file of features without any.
func bagHeader(t *testing.T, path string) string {
	t.Helper()
	if err := safetensors.WriteFile(path, map[string]safetensors.Raw{}, map[string]string{"format": bag.Format}); err != nil {
		t.Fatal(err)
	}
	return path
}

// foreign is an ONNX network that does not say what it is.
func foreign(t *testing.T, path string) string {
	t.Helper()
	g := nn.NewGraph("mean")
	x := g.Input("pixels", nn.Float32, nn.Symbol("B"), nn.Fixed(3), nn.Fixed(256), nn.Fixed(256))
	g.Output("channels", g.ReduceMean(x, false, 2, 3))
	network, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	return written(t, path, string(network))
}

func written(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// publicState is the weights of a model without their configuration.
func publicState(t *testing.T, path string) string {
	t.Helper()
	m, err := UntrainedModel(resultCard(encoder.Card{Name: "resnet50-layer3", Dim: 4}), 1)
	if err != nil {
		t.Fatal(err)
	}
	tensors := map[string]safetensors.Raw{}
	for name, p := range m.Params() {
		tensors[name] = safetensors.FromTensor(p)
	}
	if err := safetensors.WriteFile(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// otherState is a tensor called as in the public code of another method.
func otherState(t *testing.T, path string) string {
	t.Helper()
	tensors := map[string]safetensors.Raw{"attention_net.0.weight": safetensors.FromTensor(nn.NewTensor(nn.Float32, 3, 4))}
	if err := safetensors.WriteFile(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImport(t *testing.T) {
	d := newWard(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	network, state := foreign(t, at("foreign.onnx")), publicState(t, at("state.safetensors"))
	config := written(t, at("config.json"), `{"low_mag": "5x", "mid_mag": "10x", "high_mag": "20x", "n_cls": 3, "k_sample": 7, "in_feat_dim": 4}`)
	description := written(t, at("description.json"), `{"name": "elsewhere", "licence": "CC0"}`)
	for name, c := range map[string]struct {
		req     ImportRequest
		model   string
		encoder string
		fails   error  // or
		says    string // of the error
	}{
		"a model":                       {ImportRequest{Path: d.model.Model}, "small", "", nil, ""},
		"a model under a name":          {ImportRequest{Path: d.model.Model, Name: "other"}, "small", "", nil, ""},
		"weights of the public code":    {ImportRequest{Path: state}, "", "", ErrNeedsConfig, ""},
		"weights of another method":     {ImportRequest{Path: otherState(t, at("clam.safetensors"))}, "", "", ErrNeedsConfig, ""},
		"with their configuration":      {ImportRequest{Path: state, Companion: config}, "state", "", nil, ""},
		"a network":                     {ImportRequest{Path: network}, "", "", ErrNeedsDescription, ""},
		"with its description":          {ImportRequest{Path: network, Companion: description}, "", "elsewhere", nil, ""},
		"an encoder of this program":    {ImportRequest{Path: d.model.Encoder}, "", "mean", nil, ""},
		"what is no network":            {ImportRequest{Path: written(t, at("no.pt"), "nothing")}, "", "", ErrNoNetwork, "no.pt"},
		"a picture":                     {ImportRequest{Path: written(t, at("picture.onnx"), "\x89PNG\r\n\x1a\n")}, "", "", ErrNoNetwork, "picture.onnx"},
		"an empty file":                 {ImportRequest{Path: written(t, at("empty.onnx"), "")}, "", "", ErrNoNetwork, "empty.onnx"},
		"features of a slide":           {ImportRequest{Path: bagHeader(t, at("bag.safetensors"))}, "", "", ErrHoldsFeatures, "bag.safetensors"},
		"a text":                        {ImportRequest{Path: written(t, at("text.safetensors"), "this is not tensors")}, "", "", ErrNoNetwork, "text.safetensors"},
		"a short text":                  {ImportRequest{Path: written(t, at("short.safetensors"), "no")}, "", "", ErrNoNetwork, "short.safetensors"},
		"a name that no file can have":  {ImportRequest{Path: d.model.Model, Name: "a/b"}, "", "", ErrBadName, ""},
		"a model that is not there":     {ImportRequest{Path: at("none.safetensors")}, "", "", os.ErrNotExist, ""},
		"a network that is not there":   {ImportRequest{Path: at("none.onnx")}, "", "", os.ErrNotExist, ""},
		"a model that is cut":           {ImportRequest{Path: written(t, at("cut.safetensors"), "{}")}, "", "", nil, "cut.safetensors"},
		"a companion that is neither":   {ImportRequest{Path: network, Companion: written(t, at("odd.json"), `{"hm": 1}`)}, "", "", nil, "neither"},
		"a configuration that misfits":  {ImportRequest{Path: state, Companion: written(t, at("two.json"), `{"low_mag": "5x", "high_mag": "10x", "n_cls": 3}`)}, "", "", nil, "weights for magnifications"},
		"a description that misfits":    {ImportRequest{Path: state, Companion: description}, "", "", nil, "state.safetensors"},
		"what is not there":             {ImportRequest{Path: at("none.pth")}, "", "", os.ErrNotExist, ""},
		"another model of a name taken": {ImportRequest{Path: publicModel(t, at("taken.safetensors")), Name: "small"}, "", "", ErrNameTaken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.fails == ErrNameTaken { // whatever came before
				if _, err := d.Import(t.Context(), ImportRequest{Path: d.model.Model}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := d.Import(t.Context(), c.req)
			switch {
			case c.fails != nil || c.says != "":
				if Misfit(err) == errors.Is(err, os.ErrNotExist) {
					t.Errorf("that %q is a misfit: %v", err, Misfit(err))
				}
				if err == nil || c.fails != nil && !errors.Is(err, c.fails) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%+v, error %v", got, err)
				}
			case err != nil:
				t.Error(err)
			case c.model != "" && (got.Model == nil || got.Model.Config.Name != c.model) || c.encoder != "" && (got.Encoder == nil || got.Encoder.Name != c.encoder):
				t.Errorf("%+v", got)
			}
		})
	}
}

func publicModel(t *testing.T, path string) string {
	t.Helper()
	m, err := UntrainedModel(resultCard(encoder.Card{Name: "x", Dim: 4}), 9)
	if err == nil {
		err = m.Save(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDetailsAndRemoval(t *testing.T) {
	d := newWard(t)
	for _, path := range []string{d.model.Model, d.model.Encoder} {
		if _, err := d.Import(t.Context(), ImportRequest{Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	broken := written(t, filepath.Join(d.encoders.Dir, "broken.onnx"), "no network")
	models, err := d.ModelDetails()
	if err != nil || len(models) != 2 || models[0].Removable() || models[1].ID != "small" || models[1].Bytes == 0 || models[1].EncoderMissing || models[1].Method != mil.ZoomMIL {
		t.Fatalf("%+v, error %v", models, err)
	}
	encoders, err := d.EncoderDetails()
	if err != nil || len(encoders) != 3 || encoders[0].Removable() || encoders[1].Err == nil || encoders[2].Name != "mean" || encoders[2].Models[0] != "small" {
		t.Fatalf("%+v, error %v", encoders, err)
	}
	place, err := d.RemoveEncoder(encoders[2].Path)
	if err != nil || !exists(place) || exists(encoders[2].Path) {
		t.Errorf("%s, error %v", place, err)
	}
	if models, err = d.ModelDetails(); err != nil || !models[1].EncoderMissing {
		t.Errorf("%+v, error %v", models, err)
	}
	if place, err = d.RemoveModel("small"); err != nil || !exists(place) {
		t.Errorf("%s, error %v", place, err)
	}
	if models, err = d.ModelDetails(); err != nil || len(models) != 1 {
		t.Errorf("%+v, error %v", models, err)
	}
	if _, err := d.RemoveEncoder(broken); err != nil {
		t.Errorf("a broken file: %v", err)
	}
	for _, id := range []string{"", "small", "../models/small", "trash"} {
		if _, err := d.RemoveModel(id); !errors.Is(err, ErrNotInstalled) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := d.RemoveEncoder(d.model.Encoder); !errors.Is(err, ErrNotInstalled) || !exists(d.model.Encoder) {
		t.Errorf("a file elsewhere: %v", err)
	}
}
