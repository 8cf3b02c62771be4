package app

import (
	"slices"

	"zoomscope/engine/mil"
	"zoomscope/engine/train"
)

// TrainingMethod is a method that a model can be trained by.
type TrainingMethod struct {
	ID, Name string // Name as ZoomMIL's paper writes it
	Zooms    bool   // it zooms into some patches, and has a K
	// Magnifications that it looks at: the fewest and the most.
	Fewest, Most int
}

// TrainingMethods are all methods, ZoomMIL first.
func TrainingMethods() []TrainingMethod {
	var list []TrainingMethod
	for _, id := range mil.Methods() {
		m := TrainingMethod{ID: id, Name: mil.MethodName(id), Zooms: !(&mil.Config{Method: id}).Exhaustive()}
		m.Fewest, m.Most = mil.Scales(id)
		list = append(list, m)
	}
	return list
}

// What runs of training tell, for those who know package train by its runs alone.
type (
	TrainMetrics = train.Metrics
	TrainedEpoch = train.Epoch
)

// How runs end.
const (
	TrainingCompleted    = train.Completed
	TrainingStoppedEarly = train.StoppedEarly
	TrainingFinished     = train.Finished
)

// TrainingPreset is a published choice of magnifications and of patches to zoom
// into, for a dataset whose tissue is found in some way.
type TrainingPreset struct {
	Name           string
	Magnifications []float64
	K              []int  // for each magnification but the last
	Tissue         string // preset, for ExtractRequest
}

// TrainingPresets are those there are, the default one first.
func TrainingPresets() []TrainingPreset {
	var list []TrainingPreset
	for _, p := range train.Presets() {
		list = append(list, TrainingPreset{p.Name, slices.Clone(p.Magnifications), slices.Clone(p.K), p.Tissue.Preset})
	}
	return list
}
