package app

import (
	"testing"

	"zoomscope/engine/mil"
	"zoomscope/engine/tissue"
)

func TestTrainingChoices(t *testing.T) {
	methods := TrainingMethods()
	if len(methods) != len(mil.Methods()) || methods[0].ID != mil.ZoomMIL || !methods[0].Zooms {
		t.Errorf("%+v", methods)
	}
	names := map[string]bool{}
	for _, m := range methods {
		if m.Name == "" || names[m.Name] || m.Zooms != (m.ID == mil.ZoomMIL) {
			t.Errorf("%+v", m)
		}
		names[m.Name] = true
		r := DefaultTrainingOf(m.ID)
		r.Out = t.TempDir()
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
	}
	for _, p := range TrainingPresets() {
		if _, ok := tissue.Preset(p.Tissue); !ok || len(p.K) != len(p.Magnifications)-1 {
			t.Errorf("%+v", p)
		}
	}
}
