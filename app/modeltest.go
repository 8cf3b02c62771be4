package app

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"zoomscope/engine/device"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
)

// ModelTest says how a model did on made-up features.
type ModelTest struct {
	Model      result.Model  `json:"model"`
	Device     result.Device `json:"device"`
	Patches    int           `json:"patches"`    // at the lowest magnification
	Seconds    float64       `json:"seconds"`    // of the second run, when everything is warm
	Difference float64       `json:"difference"` // largest difference of a probability from the processor's
}

// modelTolerance is how far a device's probabilities may be from the
// processor's: well above rounding in another order, well below what would
// change a reading.
const modelTolerance = 1e-3

// TestModel runs a model on made-up features on the device asked for, and on the
// processor. Answers further apart than rounding explains are an error.
func (w *Workspace) TestModel(ctx context.Context, o EngineOptions) (*ModelTest, error) {
	model, err := w.namedModel(o)
	if err != nil {
		return nil, err
	}
	features, err := madeUp(model.Config(), o.Seed)
	if err != nil {
		return nil, err
	}
	story, here, seconds, err := w.forward(ctx, model, features, o)
	if err != nil {
		return nil, err
	}
	o.Device = string(device.CPU)
	_, there, _, err := w.forward(ctx, model, features, o)
	if err != nil {
		return nil, err
	}
	t := &ModelTest{Model: model.Result(), Device: story, Patches: features.Len(0), Seconds: seconds}
	for i, p := range here {
		t.Difference = max(t.Difference, math.Abs(float64(p-there[i])))
	}
	if t.Difference > modelTolerance {
		return nil, fmt.Errorf("model %s: %s gives probabilities %.3g away from the processor's; use --device cpu", t.Model.Name, story.Used, t.Difference)
	}
	return t, nil
}

func (w *Workspace) namedModel(o EngineOptions) (*mil.Model, error) {
	if o.Model == "" {
		return w.defaultModel()
	}
	return w.Model(o.Model)
}

// forward runs the model twice on one device and times the second run.
func (w *Workspace) forward(ctx context.Context, m *mil.Model, s mil.Source, o EngineOptions) (result.Device, []float32, float64, error) {
	place, err := w.place(ctx, o)
	if err != nil {
		return result.Device{}, nil, 0, err
	}
	network, err := m.Open(place.Opener)
	if err != nil {
		return result.Device{}, nil, 0, err
	}
	defer network.Close()
	if _, err := network.Forward(ctx, s); err != nil {
		return result.Device{}, nil, 0, err
	}
	start := time.Now()
	out, err := network.Forward(ctx, s)
	if err != nil {
		return result.Device{}, nil, 0, err
	}
	return place.Device, out.Probabilities, time.Since(start).Seconds(), nil
}

// testPatches is the size of the made-up slide at the lowest magnification.
const testPatches = 64

// madeUpFeatures are features of a slide that is not there: each value depends on
// its place alone, so that none has to be kept.
type madeUpFeatures struct {
	seed   uint64
	counts []int
	dim    int
}

func madeUp(c mil.Config, seed uint64) (madeUpFeatures, error) {
	ratios, err := grid.Ratios(c.Magnifications)
	if err != nil {
		return madeUpFeatures{}, err
	}
	f := madeUpFeatures{seed: seed, dim: c.Encoder.Dim}
	n := testPatches
	for _, r := range ratios {
		n *= r * r
		f.counts = append(f.counts, n)
	}
	return f, nil
}

// Len implements mil.Source.
func (f madeUpFeatures) Len(level int) int { return f.counts[level] }

// Cells are places for those methods that need to know them: a square.
func (f madeUpFeatures) Cells(level int) []grid.Cell {
	side := int(math.Ceil(math.Sqrt(float64(f.counts[level]))))
	cells := make([]grid.Cell, f.counts[level])
	for i := range cells {
		cells[i] = grid.Cell{Column: i % side, Row: i / side}
	}
	return cells
}

// Features implements mil.Source.
func (f madeUpFeatures) Features(dst []float32, level int, rows []int) error {
	for i, row := range rows {
		r := rand.New(rand.NewPCG(f.seed^uint64(level)<<32, uint64(row)))
		for j := range f.dim {
			dst[i*f.dim+j] = float32(r.NormFloat64())
		}
	}
	return nil
}
