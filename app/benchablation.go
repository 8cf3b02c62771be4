package app

import (
	"context"

	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// AblationRequest asks for the comparison of ZoomMIL with its variants on a
// dataset.
type AblationRequest struct {
	Table, Bags string
	Truth       string // folder of the synthetic slides' truths; "" for none
	Out         string // keeps the runs
	Device      string
	Threads     int
	Seeds       int // how many, from 1 on
	Epochs      int
	K           []int // one per magnification but the highest, or one for all
	Rate        float64
	Sizes       mil.Sizes
	Options     mil.TrainOptions
	RawFeatures bool     // as TrainRequest has it
	Patience    int      // epochs without a better validation loss before the rate falls
	Only        []string // variants to run; nil for all
}

// BenchAblation trains and tests ZoomMIL and its variants with several seeds each.
// Runs that are in the folder are gone on with. progress may be nil.
func (w *Workspace) BenchAblation(ctx context.Context, req AblationRequest, progress func(result.Progress)) ([]bench.AblationRow, error) {
	data, err := train.Load(ctx, req.Table, req.Bags, train.LoadOptions{})
	if err != nil {
		return nil, err
	}
	if err := data.Divide(train.SplitOptions{}); err != nil {
		return nil, err
	}
	kind, err := device.ParseKind(req.Device)
	if err != nil {
		return nil, err
	}
	d, _, err := w.Devices.Choose(ctx, kind, device.Options{Threads: req.Threads})
	if err != nil {
		return nil, err
	}
	c := bench.AblationCase{Data: data, Config: train.Defaults(), Options: req.Options, Device: d, Folder: req.Out, Only: req.Only}
	c.Config.Epochs, c.Config.LearningRate = req.Epochs, req.Rate
	c.Config.Plateau.Patience = req.Patience
	c.Config.Model = data.Fill(mil.Config{
		Name: "ablation", Method: mil.ZoomMIL, Sizes: req.Sizes, Classifier: mil.Linear,
		IntendedUse: "Comparison of variants.", Licence: "MIT",
	})
	for i := range len(c.Config.Model.Magnifications) - 1 {
		c.Config.Model.K = append(c.Config.Model.K, req.K[min(i, len(req.K)-1)])
	}
	for seed := range req.Seeds {
		c.Seeds = append(c.Seeds, uint64(seed+1))
	}
	if !req.RawFeatures {
		if c.Options.Standards, err = data.Standards(ctx); err != nil {
			return nil, err
		}
	}
	if req.Truth != "" {
		if c.Truth, err = bench.LoadTruths(req.Truth); err != nil {
			return nil, err
		}
	}
	return bench.Ablation(ctx, c, progress)
}
