package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/result"
	"zoomscope/packaging/testenv"
)

func TestModelChoices(t *testing.T) {
	w := New(Config{DataDir: t.TempDir()})
	builtin, err := encoder.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	install := func(name string, e result.Encoder) {
		m, err := UntrainedModel(e, 1)
		if err == nil {
			err = errors.Join(os.MkdirAll(w.modelDir(), 0o755), m.Save(filepath.Join(w.modelDir(), name+modelExt)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install("fits", resultCard(builtin.Card()))
	install("foreign", result.Encoder{Name: "elsewhere", SHA256: strings.Repeat("ab", 32), Dim: 7})
	if err := os.WriteFile(filepath.Join(w.modelDir(), "broken"+modelExt), []byte("no model"), 0o600); err != nil {
		t.Fatal(err)
	}
	choices, err := w.ModelChoices()
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]ModelChoice{}
	for _, c := range choices {
		by[c.ID] = c
	}
	if c := choices[0]; c.ID != "" || !c.Trained || !c.Synthetic || c.EncoderMissing || c.Note == "" || len(c.Classes) < 2 || c.Err != nil {
		t.Errorf("the default one: %+v", c)
	}
	if c := by["fits"]; c.Name != "fits" || c.Trained || c.Synthetic || c.EncoderMissing || !slices.Equal(c.K, []int{16, 16}) || !slices.Equal(c.Magnifications, []float64{5, 10, 20}) {
		t.Errorf("%+v", c)
	}
	if c := by["foreign"]; !c.EncoderMissing || c.Encoder != "elsewhere" {
		t.Errorf("%+v", c)
	}
	if c := by["broken"]; c.Err == nil || c.Name != "broken" || c.Classes != nil {
		t.Errorf("%+v", c)
	}
	if len(choices) != 4 {
		t.Errorf("%d choices", len(choices))
	}
	if _, err := w.Model(by["fits"].ID); err != nil {
		t.Errorf("the ID finds nothing: %v", err)
	}
}

func TestDeviceChoices(t *testing.T) {
	w := New(Config{Devices: device.New([]string{testenv.ORT(t)})})
	choices, err := w.DeviceChoices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := choices[0]; a.Kind != "auto" || !a.OK || a.Name == "" || a.Detail == "" {
		t.Errorf("%+v", a)
	}
	if c := choices[1]; c.Kind != "cpu" || !c.OK || c.Seconds <= 0 {
		t.Errorf("%+v", c)
	}
	for _, c := range choices {
		if c.Detail == "" {
			t.Errorf("%s gives no reason", c.Kind)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.DeviceChoices(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
	none := New(Config{Devices: device.New([]string{"/no/such/library.so"})})
	if _, err := none.DeviceChoices(t.Context()); KindOf(err) != ErrorNoRuntime {
		t.Errorf("without the library: %v", err)
	}
}
