package cli

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/engine/result"
)

// A device that was asked for and does not work is named, with the reason, by every
// command that runs something, whatever else it keeps to itself.
func TestDeviceNotes(t *testing.T) {
	m, s, a := withRuntime(t), newStudy(t), newArchive(t, 1)
	const device = "coreml"
	var list []deviceInfo
	m.run(t, "devices", "--json").document(t, &list)
	if slices.ContainsFunc(list, func(d deviceInfo) bool { return d.Device == device && d.OK }) {
		t.Skip("this machine has CoreML")
	}
	run := filepath.Join(t.TempDir(), "run")
	features := filepath.Join(t.TempDir(), "f.safetensors")
	for _, c := range []struct {
		name   string
		args   []string
		stdout string // says where it ran
	}{
		{"train", s.train(run), "device  cpu"},
		{"evaluate", []string{"evaluate", run, s.table, "--bags", s.bags, "--device", "cpu"}, "device  cpu"},
		{"extract", a.with("extract", a.slide, "--magnification", "20", "--out", t.TempDir()), "device cpu ("},
		{"triage", a.triage(), ", device cpu ("},
		{"encoders run", []string{"encoders", "run", a.encoder, a.slide, "--out", features, "--device", "cpu"}, "on cpu"},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := m.run(t, append(replaced(c.args, "cpu", device), "--quiet")...)
			said.want(t, exitDone, "note: ran on cpu instead of coreml: coreml")
			if strings.Count(said.stderr, "instead of coreml") != 1 || !strings.Contains(said.stdout, c.stdout) {
				t.Errorf("stderr %q, stdout %q", said.stderr, said.stdout)
			}
		})
	}
	t.Run("models test", func(t *testing.T) {
		said := m.run(t, "models", "test", a.model, "--device", device)
		said.want(t, exitFailed, "was not tested on coreml: it ran on cpu instead of coreml")
		if !strings.Contains(said.stdout, "small on cpu: ") {
			t.Errorf("stdout %q", said.stdout)
		}
		m.run(t, "models", "test", a.model, "--device", "cpu").want(t, exitDone)
		m.run(t, "models", "test", a.model).want(t, exitDone)
	})
	t.Run("nothing is said of the one asked for", func(t *testing.T) {
		said := m.run(t, a.with("extract", a.slide, "--magnification", "20", "--out", t.TempDir(), "--quiet")...)
		said.want(t, exitDone)
		if strings.Contains(said.stderr, "cpu") {
			t.Errorf("stderr %q", said.stderr)
		}
	})
}

func TestDeviceTeller(t *testing.T) {
	var b bytes.Buffer
	var last result.Device
	tell := (&Program{Stderr: &b}).deviceTeller(silent{}, &last)
	tell(result.Device{Requested: "auto", Used: "cuda"})
	if b.Len() > 0 {
		t.Errorf("%q of the first choice", b.String())
	}
	tell(result.Device{Requested: "auto", Used: "cpu", Reason: "cuda ran out of memory, so that the processor took over"})
	if b.String() != "note: cpu goes on: cuda ran out of memory, so that the processor took over\n" || last.Used != "cpu" {
		t.Errorf("%q, %+v", b.String(), last)
	}
}
