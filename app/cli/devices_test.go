package cli

import (
	"strings"
	"testing"
)

func TestDevices(t *testing.T) {
	m := withRuntime(t)
	s := m.run(t, "devices", "--json")
	s.want(t, exitDone)
	var list []deviceInfo
	s.document(t, &list)
	if len(list) == 0 || list[0].Device != "cpu" || !list[0].OK || list[0].Name == "" || list[0].Seconds <= 0 {
		t.Errorf("%+v", list)
	}
	for _, d := range list {
		if !d.OK && d.Detail == "" {
			t.Errorf("%s does not work, and does not say why", d.Device)
		}
	}
	if s := m.run(t, "devices"); !strings.Contains(s.stdout, "cpu       works") {
		t.Errorf("stdout %q", s.stdout)
	}
}

func TestDevicesWithoutRuntime(t *testing.T) {
	s := bare(t).run(t, "devices", "--json")
	s.want(t, exitFailed, "ONNX Runtime", "ZOOMSCOPE_ORT")
	if s.stdout != "" {
		t.Errorf("stdout %q", s.stdout)
	}
}
