package app

import (
	"context"

	"zoomscope/engine/bench"
	"zoomscope/engine/mil"
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
	Command     string   // how it was asked for, to stand with the table
}

// BenchAblation trains and tests ZoomMIL and its variants with several seeds each.
// Runs that are in the folder are gone on with; ablation.txt, ablation.csv and
// ablation.png are written into it.
func (w *Workspace) BenchAblation(ctx context.Context, req AblationRequest, on StudyEvents) (*bench.AblationStudy, error) {
	c, err := w.ablationCase(ctx, req, on)
	if err != nil {
		return nil, err
	}
	study, err := bench.Ablation(ctx, c, on.Progress)
	if err != nil {
		return nil, err
	}
	return study, writeStudy(req.Out, "ablation", study, drawTable("ZoomMIL with one part taken away", study.Table(), study.Head()))
}

// ablationCase reads what a request names.
func (w *Workspace) ablationCase(ctx context.Context, req AblationRequest, on StudyEvents) (bench.AblationCase, error) {
	c := bench.AblationCase{Options: req.Options, Folder: req.Out, Only: req.Only}
	err := checkStudyFolder(req.Out)
	if err != nil {
		return c, err
	}
	if c.Data, err = train.Load(ctx, req.Table, req.Bags, train.LoadOptions{}); err != nil {
		return c, err
	}
	if err := c.Data.Divide(train.SplitOptions{}); err != nil {
		return c, err
	}
	place, err := w.place(ctx, EngineOptions{Device: req.Device, Threads: req.Threads})
	if err != nil {
		return c, err
	}
	if on.Started != nil {
		on.Started(place.Device)
	}
	c.Device = place.Opener
	c.Made = bench.Conditions{Version: w.Version, Command: req.Command, Device: &place.Device, Threads: threadsOf(req.Threads)}
	for seed := range req.Seeds {
		c.Seeds = append(c.Seeds, uint64(seed+1))
	}
	c.Config = req.training(c.Data)
	if !req.RawFeatures {
		if c.Options.Standards, err = c.Data.Standards(ctx); err != nil {
			return c, err
		}
	}
	if req.Truth != "" {
		c.Truth, err = bench.LoadTruths(req.Truth)
	}
	return c, err
}

// training is how the whole method is trained on a dataset.
func (req *AblationRequest) training(data *train.Dataset) train.Config {
	c := train.Defaults()
	c.Epochs, c.LearningRate, c.Plateau.Patience = req.Epochs, req.Rate, req.Patience
	c.Model = data.Fill(mil.Config{
		Name: "ablation", Method: mil.ZoomMIL, Sizes: req.Sizes, Classifier: mil.Linear,
		IntendedUse: "Comparison of variants.", Licence: "MIT",
	})
	for i := range len(c.Model.Magnifications) - 1 {
		c.Model.K = append(c.Model.K, req.K[min(i, len(req.K)-1)])
	}
	return c
}
