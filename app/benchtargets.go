package app

import (
	"errors"
	"io"

	"zoomscope/engine/bench"
	"zoomscope/slideio/atomicfile"
)

// TargetsRequest asks how models do on slides with large and with small targets.
type TargetsRequest struct {
	Runs []string // as bench.LoadCalls takes them
	// Sizes is a CSV file with a Column of sizes, or Truth the folder of the truths of
	// synthetic slides: one of the two.
	Sizes, Column string
	Truth         string
	Threshold     float64 // from which on a target is large; 0 for the median
	Out           string  // CSV file for the rows; "" for none
}

// TargetsReport is what comes of it.
type TargetsReport struct {
	Threshold float64            `json:"threshold"`
	Rows      []bench.TargetsRow `json:"rows"`
}

// BenchTargets compares what models said of slides with large and with small
// targets.
func (w *Workspace) BenchTargets(req TargetsRequest) (*TargetsReport, error) {
	sizes, err := req.sizes()
	if err != nil {
		return nil, err
	}
	var all []bench.Calls
	for _, path := range req.Runs {
		calls, err := bench.LoadCalls(path)
		if err != nil {
			return nil, err
		}
		all = append(all, calls...)
	}
	r := &TargetsReport{Threshold: req.Threshold}
	if r.Threshold == 0 {
		if r.Threshold, err = sizes.Threshold(all); err != nil {
			return nil, err
		}
	}
	if r.Rows, err = sizes.Rows(all, r.Threshold); err != nil || req.Out == "" {
		return r, err
	}
	return r, atomicfile.Write(req.Out, func(out io.Writer) error { return bench.WriteTargets(out, r.Rows) })
}

func (req *TargetsRequest) sizes() (bench.Sizes, error) {
	if req.Truth == "" {
		return bench.ReadSizes(req.Sizes, req.Column)
	}
	if req.Sizes != "" {
		return nil, errors.New("sizes of targets are given twice")
	}
	truths, err := bench.LoadTruths(req.Truth)
	return truths.Areas(), err
}
