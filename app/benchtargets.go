package app

import (
	"errors"

	"zoomscope/engine/bench"
)

// TargetsRequest asks how models do on slides with large and with small targets.
type TargetsRequest struct {
	Runs []string // as bench.LoadCalls takes them
	// Sizes is a CSV file with a Column of sizes, or Truth the folder of the truths of
	// synthetic slides: one of the two.
	Sizes, Column string
	Truth         string
	Threshold     float64 // from which on a target is large; 0 for the median
	Out           string  // folder for the table; "" for none
	Command       string  // how it was asked for, to stand with the table
}

// BenchTargets compares what models said of slides with large and with small
// targets. With a folder targets.txt, targets.csv and targets.png are written into
// it.
func (w *Workspace) BenchTargets(req TargetsRequest) (*bench.TargetsStudy, error) {
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
	study, err := sizes.Study(all, req.Threshold, bench.Conditions{Version: w.Version, Command: req.Command})
	if err != nil || req.Out == "" {
		return study, err
	}
	return study, writeStudy(req.Out, "targets", study, drawTable("Slides with large and with small targets", study.Table(), study.Head()))
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
