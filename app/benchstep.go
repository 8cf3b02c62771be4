package app

import (
	"context"
	"os"
	"runtime/debug"

	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/result"
)

// BenchStep measures training steps at the shapes of the paper's datasets, each
// in a process of its own. peer, if not nil, is a command that times the public
// code. progress may be nil.
func (w *Workspace) BenchStep(ctx context.Context, peer []string, progress func(result.Progress)) ([]*bench.StepTimes, error) {
	b := benchmark{Workspace: w, progress: progress}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	shapes := bench.StepShapes()
	if peer != nil {
		b.said("the public code")(0, 1)
		if err := bench.PublicCode(ctx, peer, shapes); err != nil {
			return nil, err
		}
	}
	place, err := b.place(ctx, device.Options{}, 1)
	if err != nil {
		return nil, err
	}
	matmul, err := bench.MatMul(ctx, place.Opener)
	if err != nil {
		return nil, err
	}
	var all []*bench.StepTimes
	for i, s := range shapes {
		b.said("training steps, "+s.Name)(i, len(shapes))
		t, err := bench.Step(ctx, []string{program, "bench", "step", StepChildFlag}, s, matmul)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// StepChildFlag asks the command bench step for one measurement in its own
// process, BenchStepChild.
const StepChildFlag = "--child"

// BenchStepChild measures "train" or "eval" of one shape in this process.
func (w *Workspace) BenchStepChild(ctx context.Context, shape, what string) (*bench.StepTimes, error) {
	b := benchmark{Workspace: w}
	defer collectOften()()
	place, err := b.place(ctx, device.Options{}, 1)
	if err != nil {
		return nil, err
	}
	return bench.StepChild(ctx, place.Opener, shape, what)
}

// collectOften keeps the memory of training near what is in use, until what it
// returns is called: a step leaves little behind, but the runtime would let it add
// up to as much again.
func collectOften() (end func()) {
	before := debug.SetGCPercent(20)
	return func() { debug.SetGCPercent(before) }
}
