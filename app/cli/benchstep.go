package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

// peerVariable names the folder of a checkout of the public code.
const peerVariable = "ZOOMMIL_PEER"

// stepFlags are those of bench step.
type stepFlags struct {
	common
	child, serve, methods  bool
	script, python, others string
	req                    app.MethodsRequest
}

func (p *Program) benchStep() *cobra.Command {
	var f stepFlags
	c := &cobra.Command{
		Use:   "step",
		Short: "A training step at the shapes of the paper's datasets, beside the public PyTorch code",
		Long: `A training step at the shapes of the paper's datasets, beside the public PyTorch
code: its figures from such a machine or, when the variable ` + peerVariable + ` names a
checkout of it and --peer-script a script that times it, its figures from this one.

With --methods a training step of each of the other methods instead, as published,
of three classes, on a slide of --patches at its highest magnification; and beside
it, where --torch is given, one in eager PyTorch, in turns. What PyTorch runs is
packaging/bench/torch_mil.py, written from the equations of the papers; the
attention of transmil is that of the Python package nystrom-attention. How fast
PyTorch is depends on its BLAS: the table says how fast a large product is.`,
		Example: `  zoomscope bench step
  zoomscope bench step --methods --torch /usr/bin/python3
  zoomscope bench step --methods --only transmil --patches 16000 --rounds 1`,
		Args: func(_ *cobra.Command, args []string) error {
			if inside := f.child || f.serve; inside != (len(args) == 2) || !inside && len(args) != 0 {
				return usagef("bench step takes no arguments")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.child:
				t, err := p.Workspace.BenchStepChild(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				return printJSON(p.Stdout, t)
			case f.serve:
				patches, err := strconv.Atoi(args[1])
				if err != nil {
					return usagef("bench step: %q patches", args[1])
				}
				return p.Workspace.BenchStepServe(cmd.Context(), args[0], patches, f.threads, os.Stdin, p.Stdout)
			}
			if err := f.checkFlags(cmd); err != nil {
				return err
			}
			if f.methods {
				return p.stepsOfMethods(cmd, &f)
			}
			return p.stepsOfShapes(cmd, &f)
		},
	}
	f.addOutput(c)
	f.addThreads(c)
	for name, into := range map[string]*bool{app.StepChildFlag: &f.child, app.StepServeFlag: &f.serve} {
		name = strings.TrimPrefix(name, "--")
		c.Flags().BoolVar(into, name, false, "measure in this process")
		c.Flags().Lookup(name).Hidden = true
	}
	c.Flags().StringVar(&f.script, "peer-script", "", "Python script that times a checkout of the public code and prints JSON")
	c.Flags().StringVar(&f.python, "torch", "/usr/bin/python3", "Python interpreter with PyTorch")
	c.Flags().BoolVar(&f.methods, "methods", false, "the methods besides ZoomMIL")
	c.Flags().StringVar(&f.others, "torch-script", filepath.Join("packaging", "bench", "torch_mil.py"), "what --torch runs for --methods")
	c.Flags().StringSliceVar(&f.req.Methods, "only", nil, "`methods` of --methods: "+strings.Join(bench.ExhaustiveMethods(), ", ")+" (default: all)")
	c.Flags().IntVar(&f.req.Patches, "patches", 3472, "patches of the slide of --methods; the default is a slide of CRC at 20x")
	c.Flags().IntVar(&f.req.Rounds, "rounds", 7, "steps of each of --methods that count, after one to warm up")
	return c
}

// checkFlags refuses flags that would be passed over.
func (f *stepFlags) checkFlags(cmd *cobra.Command) error {
	given := func(names ...string) string {
		for _, name := range names {
			if cmd.Flags().Changed(name) {
				return name
			}
		}
		return ""
	}
	public := os.Getenv(peerVariable) != ""
	if name := given("only", "patches", "rounds", "threads", "torch-script"); name != "" && !f.methods {
		return usagef("bench step: --%s goes with --methods", name)
	}
	if given("torch") != "" && !f.methods && !public {
		return usagef("bench step: --torch goes with --methods, or with %s", peerVariable)
	}
	if given("peer-script") != "" && (f.methods || !public) {
		return usagef("bench step: --peer-script goes with %s, and without --methods", peerVariable)
	}
	return nil
}

// checkPython makes sure that there are an interpreter and what it is to run, given by
// these flags.
func checkPython(flag, python, scriptFlag, script string) error {
	if _, err := exec.LookPath(python); err != nil {
		if e := (*exec.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return fmt.Errorf("%s %s is no program that can be run: %w", flag, python, err)
	}
	if _, err := os.Stat(script); err != nil {
		return fmt.Errorf("%s: %w", scriptFlag, err)
	}
	return nil
}

// stepsOfShapes measures ZoomMIL.
func (p *Program) stepsOfShapes(cmd *cobra.Command, f *stepFlags) error {
	var peer []string
	if checkout := os.Getenv(peerVariable); checkout != "" {
		if f.script == "" {
			return usagef("bench step: %s is set; say what times it with --peer-script", peerVariable)
		}
		if err := checkPython("--torch", f.python, "--peer-script", f.script); err != nil {
			return err
		}
		peer = []string{f.python, f.script, checkout}
	}
	m := newMeter(p.Stderr, f.quiet)
	list, err := p.Workspace.BenchStep(cmd.Context(), peer, func(pr result.Progress) { m.update("bench", pr) })
	m.clear()
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(p.Stdout, list)
	}
	r := benchReport{Machine: bench.ThisMachine(), Step: list}
	return r.print(p.Stdout)
}

// stepsOfMethods measures the others.
func (p *Program) stepsOfMethods(cmd *cobra.Command, f *stepFlags) error {
	for _, name := range f.req.Methods {
		if !slices.Contains(bench.ExhaustiveMethods(), name) {
			return usagef("--only %s: there are %s", name, strings.Join(bench.ExhaustiveMethods(), ", "))
		}
	}
	if f.req.Rounds < 1 || f.req.Patches < 16 || f.req.Patches > bench.MaxStepPatches {
		return usagef("bench step: --rounds must be 1 or more, --patches from 16 to %d", bench.MaxStepPatches)
	}
	if cmd.Flags().Changed("torch") {
		if err := checkPython("--torch", f.python, "--torch-script", f.others); err != nil {
			return err
		}
		f.req.Torch = []string{f.python, f.others}
	}
	f.req.Threads = f.threads
	machine := bench.ThisMachine()
	m := newMeter(p.Stderr, f.quiet)
	list, err := p.Workspace.BenchMethods(cmd.Context(), f.req, func(pr result.Progress) { m.update("bench", pr) })
	m.clear()
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(p.Stdout, struct {
			Machine bench.Machine        `json:"machine"`
			Methods []*bench.MethodTimes `json:"methods"`
		}{machine, list})
	}
	fmt.Fprintf(p.Stdout, "%s\n%d threads, medians of %d rounds\n", machine, f.threads, f.req.Rounds)
	if len(list) > 0 && list[0].PeerName != "" {
		fmt.Fprintf(p.Stdout, "peer: %s, a product of matrices at %.0f GFLOP/s\n", list[0].PeerName, list[0].PeerProduct)
	}
	fmt.Fprintln(p.Stdout)
	return bench.MethodTable(list).Print(p.Stdout)
}
