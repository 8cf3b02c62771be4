package app

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"

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

// MethodsRequest asks for training steps of the exhaustive methods.
type MethodsRequest struct {
	Methods []string // nil for all
	Patches int      // of a slide at the highest magnification
	Rounds  int
	Threads int // 0 is one for each processor
	// Torch is a command that runs packaging/bench/torch_mil.py, to be compared
	// with; nil for none.
	Torch []string
}

// BenchMethods measures a training step of each method, by this program and by the
// peer, in alternation. Where one of them cannot fit into memory, nothing is measured:
// the error wraps mil.ErrMemory. progress may be nil.
func (w *Workspace) BenchMethods(ctx context.Context, req MethodsRequest, progress func(result.Progress)) ([]*bench.MethodTimes, error) {
	b := benchmark{Workspace: w, req: BenchRequest{Threads: req.Threads}, progress: progress}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	methods := req.Methods
	if methods == nil {
		methods = bench.ExhaustiveMethods()
	}
	each, patches := strconv.Itoa(b.allThreads()), strconv.Itoa(req.Patches)
	var cases []bench.MethodCase
	for _, method := range methods {
		c := bench.MethodCase{
			Method: method, Patches: req.Patches, Rounds: req.Rounds,
			Ours: []string{program, "bench", "step", StepServeFlag, "--threads", each, method, patches},
			Env:  []string{"OMP_NUM_THREADS=" + each, "OPENBLAS_NUM_THREADS=" + each},
		}
		if req.Torch != nil {
			c.Theirs = append(slices.Clone(req.Torch), method, patches, strconv.Itoa(bench.StepDim))
		}
		if err := c.Check(); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	var all []*bench.MethodTimes
	for _, c := range cases {
		t, err := bench.MethodStep(ctx, c, b.said(c.Method))
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// StepServeFlag asks the command bench step to be the peer of BenchMethods,
// BenchStepServe.
const StepServeFlag = "--serve"

// BenchStepServe takes steps of a method as it is asked to by lines of in.
func (w *Workspace) BenchStepServe(ctx context.Context, method string, patches, threads int, in io.Reader, out io.Writer) error {
	b := benchmark{Workspace: w}
	defer collectOften()()
	place, err := b.place(ctx, device.Options{Threads: threads}, 1)
	if err != nil {
		return err
	}
	return bench.ServeSteps(ctx, place.Opener, method, patches, in, out)
}
