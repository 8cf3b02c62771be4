package app

import (
	"context"

	"zoomscope/engine/bench"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// BagsRequest asks for the classical benchmarks of multiple instance learning.
type BagsRequest struct {
	Tables []string // CSV files of instances
	Both   bool     // attention without its gate too
	bench.BagsCase
	Kind    string // a device.Kind; "" is auto
	Threads int
}

// cases reads the datasets.
func (r *BagsRequest) cases() ([]bench.BagsCase, error) {
	var cases []bench.BagsCase
	for _, path := range r.Tables {
		c := r.BagsCase
		var err error
		if c.Data, err = train.ReadInstances(path); err != nil {
			return nil, err
		}
		c.Name = bench.DatasetName(path)
		cases = append(cases, c)
		if r.Both {
			c.Ungated = true
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// BagsEvents are told how the benchmarks go, from one goroutine.
type BagsEvents struct {
	Started  func(result.Device) // where they run
	Row      func(*bench.BagsRow)
	Progress func(result.Progress) // may be nil
}

// BenchBags tries attention-based methods on each of some datasets. A folder belongs
// to this process meanwhile, train.ErrBusy if it is another's, and has a bags.csv of
// all that was ever done in it.
func (w *Workspace) BenchBags(ctx context.Context, req BagsRequest, on BagsEvents) error {
	cases, err := req.cases()
	if err != nil {
		return err
	}
	keep := func() error { return nil }
	if req.Folder != "" {
		folder, err := bench.OpenBagsFolder(req.Folder)
		if err != nil {
			return err
		}
		defer folder.Close()
		keep = folder.WriteTable
	}
	place, err := w.place(ctx, EngineOptions{Device: req.Kind, Threads: req.Threads})
	if err != nil {
		return err
	}
	on.Started(place.Device)
	for _, c := range cases {
		c.Device = place.Opener
		row, err := bench.Bags(ctx, c, on.Progress)
		if err == nil {
			err = keep()
		}
		if err != nil {
			return err
		}
		on.Row(row)
	}
	return nil
}
