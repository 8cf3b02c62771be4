package app

import (
	"context"
	"io"
	"path/filepath"

	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
	"zoomscope/slideio/atomicfile"
)

// BagsRequest asks for the classical benchmarks of multiple instance learning.
type BagsRequest struct {
	Tables []string // CSV files of instances
	Both   bool     // attention without its gate too
	bench.BagsCase
	Kind    string // a device.Kind; "" is auto
	Threads int
}

// BenchBags tries attention-based methods on each of some datasets. rows is told of
// each as it is done; progress may be nil. With a folder bags.csv is written into it.
func (w *Workspace) BenchBags(ctx context.Context, req BagsRequest, rows func(*bench.BagsRow), progress func(result.Progress)) error {
	kind, err := device.ParseKind(req.Kind)
	if err != nil {
		return err
	}
	var cases []bench.BagsCase
	for _, path := range req.Tables {
		c := req.BagsCase
		if c.Data, err = train.ReadInstances(path); err != nil {
			return err
		}
		c.Name = bench.DatasetName(path)
		cases = append(cases, c)
		if req.Both {
			c.Ungated = true
			cases = append(cases, c)
		}
	}
	d, _, err := w.Devices.Choose(ctx, kind, device.Options{Threads: req.Threads})
	if err != nil {
		return err
	}
	var all []*bench.BagsRow
	for _, c := range cases {
		c.Device = d
		row, err := bench.Bags(ctx, c, progress)
		if err != nil {
			return err
		}
		rows(row)
		all = append(all, row)
	}
	if req.Folder == "" {
		return nil
	}
	return atomicfile.Write(filepath.Join(req.Folder, "bags.csv"), func(out io.Writer) error { return bench.WriteBags(out, all) })
}
