package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"

	"zoomscope/app/export"
	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/result"
	"zoomscope/slideio/atomicfile"
)

// FrontierRequest asks for the throughput of methods against how well they do.
type FrontierRequest struct {
	Folder  string // where BenchTable wrote, whose methods were trained
	Out     string // the chart and the tables; "" for none
	Command string // as it was given, for the table's head
	Encoder string // "" is the built-in one
	Device  string // besides one core
	Threads int
}

// BenchFrontier measures what the methods of a comparison take on one core and on
// the device that is asked for. With a folder, frontier.txt, frontier.csv,
// frontier.json and frontier.png are written there. progress may be nil.
func (w *Workspace) BenchFrontier(ctx context.Context, req FrontierRequest, progress func(result.Progress)) (*bench.Frontier, error) {
	c, err := bench.ReadComparison(filepath.Join(req.Folder, comparisonFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: give a folder that bench table wrote with --out", err)
	}
	if err != nil {
		return nil, err
	}
	out, err := bench.NewFrontier(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", req.Folder, err)
	}
	out.Version, out.Command = w.Version, req.Command
	for _, o := range frontierPlaces(req) {
		if err := w.addFrontier(ctx, out, c, o, req.Encoder, progress); err != nil {
			return nil, err
		}
	}
	if req.Out == "" {
		return out, nil
	}
	return out, writeFrontier(req.Out, out)
}

// frontierPlaces are one core and, if it is another, what is asked for.
func frontierPlaces(req FrontierRequest) []EngineOptions {
	one := EngineOptions{Device: string(device.CPU), Threads: 1}
	asked := EngineOptions{Device: req.Device, Threads: threadsOf(req.Threads)}
	if asked == one {
		return []EngineOptions{one}
	}
	return []EngineOptions{one, asked}
}

// threadsOf is how many threads are meant, 0 being one for each processor.
func threadsOf(threads int) int { return cmp.Or(threads, runtime.NumCPU()) }

// addFrontier measures at one place.
func (w *Workspace) addFrontier(ctx context.Context, out *bench.Frontier, c *bench.Comparison, o EngineOptions, encoder string, progress func(result.Progress)) error {
	place, err := w.place(ctx, o)
	if err != nil {
		return err
	}
	if len(out.Series) > 0 && place.Device.Used == string(device.CPU) && o.Threads == 1 {
		return nil // the device asked for turns out to be the core
	}
	spec, err := w.Encoder(encoder)
	if err != nil {
		return err
	}
	costs := bench.CostCase{Spec: spec, Device: place.Opener, Batch: place.Batch}
	series := bench.FrontierSeries{Place: bench.PlaceName(place.Device, o.Threads), Device: place.Device}
	return out.Add(ctx, c, costs, series, progress)
}

func writeFrontier(dir string, f *bench.Frontier) error {
	return errors.Join(
		writeStudy(dir, "frontier", f, func(w io.Writer) error { return export.WriteFrontier(w, frontierChart(f)) }),
		atomicfile.Write(filepath.Join(dir, "frontier.json"), f.WriteJSON))
}

// frontierChart is what is drawn of a frontier.
func frontierChart(f *bench.Frontier) export.FrontierChart {
	c := export.FrontierChart{Title: "Throughput against accuracy, configuration " + f.Study, Notes: f.Head()}
	for _, s := range f.Series {
		panel := export.FrontierPanel{Title: s.Place}
		for _, p := range s.Points {
			panel.Points = append(panel.Points, export.FrontierPoint{
				Name: p.Name + " " + p.Scales(), Throughput: p.Megapixels,
				F1: float64(p.WeightedF1.Mean), SD: p.WeightedF1.Bar(), Best: p.Best,
				Bold: p.Reference, Light: p.Name == bench.EffName,
			})
		}
		c.Panels = append(c.Panels, panel)
	}
	return c
}
