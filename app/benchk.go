package app

import (
	"context"
	"io"

	"zoomscope/app/export"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

// KRequest asks for ZoomMIL with several K on a dataset. Of the request for an
// ablation, K and Only are not looked at.
type KRequest struct {
	AblationRequest
	Ks []int
}

// BenchK trains and tests ZoomMIL with every K, with several seeds each. Runs that
// are in the folder are gone on with; k.txt, k.csv and k.png are written into it.
func (w *Workspace) BenchK(ctx context.Context, req KRequest, on StudyEvents) (*bench.KStudy, error) {
	req.K = req.Ks[:1] // to be replaced
	base, err := w.ablationCase(ctx, req.AblationRequest, on)
	if err != nil {
		return nil, err
	}
	base.Config.Model.Name = "zoommil"
	study, err := bench.K(ctx, bench.KCase{AblationCase: base, Ks: req.Ks, Encoder: w.encoderWork(base.Config.Model.Encoder)}, on.Progress)
	if err != nil {
		return nil, err
	}
	return study, writeStudy(req.Out, "k", study, func(out io.Writer) error { return export.WriteK(out, kChart(study)) })
}

// kChart is what is drawn of a study.
func kChart(s *bench.KStudy) export.KChart {
	c := export.KChart{Notes: s.Head()}
	for _, r := range s.Rows {
		c.Points = append(c.Points, export.KPoint{
			K: r.K, Read: r.Read, Exhaustive: r.Exhaustive,
			F1: float64(r.WeightedF1.Mean), F1SD: r.WeightedF1.Bar(),
			Accuracy: float64(r.Accuracy.Mean), AccuracySD: r.Accuracy.Bar(),
		})
	}
	return c
}

// encoderWork is the number of multiply-adds of a patch in an encoder of this
// machine; 0 where it has none such, or the work of it cannot be counted.
func (w *Workspace) encoderWork(e result.Encoder) int64 {
	if e.SHA256 == "" {
		return 0
	}
	spec, err := w.Encoder(e.SHA256)
	if err != nil {
		return 0
	}
	work, err := bench.EncoderWork(spec)
	if err != nil {
		return 0
	}
	return work
}
