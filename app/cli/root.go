// Package cli is the command line: one file for each command, all over the same
// app.Workspace that the window uses.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"zoomscope/app"
	"zoomscope/app/export"
	"zoomscope/engine/device"
	"zoomscope/engine/result"
)

// Program is what the commands share.
type Program struct {
	Workspace *app.Workspace
	Version   string
	Stdout    io.Writer      // results
	Stderr    io.Writer      // progress, warnings, errors
	Export    export.Options // how results are drawn; the zero value is the usual way

	// Window opens the window, on these slides if any, and returns once it is
	// closed; nil in a build without one.
	Window func(ctx context.Context, slides []string) error
	// BenchWindow measures the window on a slide; nil in a build without one.
	BenchWindow func(ctx context.Context, slide string) (*app.ViewerTimes, error)
	// BenchWorklist opens the window on a worklist of so many made-up cases and
	// measures its frames; nil where there is no window.
	BenchWorklist func(ctx context.Context, rows int) (*app.WorklistTimes, error)
}

// common are the flags that many commands have.
type common struct {
	json    bool
	quiet   bool
	device  string
	threads int
	model   string
	encoder string
	seed    uint64
}

// Run executes one command line and returns the exit status. When ctx is
// cancelled the command stops cleanly.
func (p *Program) Run(ctx context.Context, args []string) int {
	out := &output{w: harmless{p.Stdout}}
	with := *p
	with.Stdout, with.Stderr = out, harmless{p.Stderr}
	root := with.command()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(with.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	switch {
	case err == nil, errors.Is(err, errSaid):
	case stopped(ctx, err):
		fmt.Fprintln(with.Stderr, "zoomscope: stopped")
	default:
		fmt.Fprintln(with.Stderr, "zoomscope: "+explain(err, args...))
	}
	return exitStatus(err)
}

// output is standard output. It keeps the first error, so that a command whose
// words went nowhere has failed.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

func (p *Program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "zoomscope [SLIDE...]",
		Short:         "Zoom-in analysis of whole-slide images, offline",
		Long:          "Zoomscope reads whole-slide images, runs ZoomMIL on them, and shows where the model looked.\nWithout a command it opens the window, on the slides given if any.\n" + result.ResearchUse,
		Example:       fromSlidesToModel,
		Version:       p.Version,
		Args:          slidesOrCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, slides []string) error {
			switch {
			case p.Window != nil:
				return p.Window(cmd.Context(), slides)
			case len(slides) == 0:
				return cmd.Help()
			}
			return usagef("this build has no window to show slides in; zoomscope analyze SLIDE... works without one")
		},

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usagef("%w; see %s --help", err, c.CommandPath()) })
	root.AddCommand(p.info(), p.analyze(), p.triage(), p.export(), p.extract(), p.bags(), p.train(), p.evaluate(), p.synth(), p.encoders(), p.models(), p.devices(), p.bench(), p.demo(), p.demoModel())
	for _, c := range root.Commands() {
		asUsage(c)
	}
	return root
}

// fromSlidesToModel is the whole way, with slides that the program draws.
const fromSlidesToModel = `  zoomscope synth --out slides --slides 40                            # draw labelled slides, or take your own
  zoomscope extract slides/slides.csv --out bags                      # patches to features, once
  zoomscope train slides/slides.csv --bags bags --out run             # features to a model
  zoomscope evaluate run                                              # how it does on slides it has not seen
  zoomscope analyze SLIDE --model run/model.safetensors --out result  # what it says of a slide, and where it looked`

// slidesOrCommand takes files, to be opened in the window, which tells of those
// that are not there; a single word that is no file was meant for a command.
func slidesOrCommand(cmd *cobra.Command, args []string) error {
	for _, arg := range args {
		if _, err := os.Stat(arg); err == nil || arg != filepath.Base(arg) || filepath.Ext(arg) != "" {
			continue
		}
		meant := ";"
		if near := cmd.SuggestionsFor(arg); len(near) > 0 {
			meant = ": did you mean " + strings.Join(near, " or ") + "?"
		}
		return usagef("%q is no command and no file%s %s --help lists the commands", arg, meant, cmd.CommandPath())
	}
	return nil
}

// asUsage makes the argument checks of a command and of those under it answer
// with a usage error.
func asUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				if !cmd.HasSubCommands() {
					err = fmt.Errorf("arguments given: %d; usage: %s", len(args), cmd.UseLine())
				}
				return usagef("%s: %w; see %s --help", cmd.Name(), err, cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		asUsage(sub)
	}
}

func (o *common) addOutput(c *cobra.Command) {
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "show no progress")
}

// addCompute are the flags of whatever runs networks. decides is what the seed
// does; a command that draws nothing at random gives "" and has no --seed.
func (o *common) addCompute(c *cobra.Command, decides string) {
	c.PreRunE = func(*cobra.Command, []string) error { return o.checkCompute() }
	c.Flags().StringVar(&o.device, "device", "auto", "auto, cpu, cuda, webgpu, directml or coreml")
	o.addThreads(c)
	if decides != "" {
		c.Flags().Uint64Var(&o.seed, "seed", 0, decides)
	}
}

// numbersFlag is a flag that takes numbers between commas, none by default.
func numbersFlag(f *pflag.FlagSet, p *[]float64, name, usage string) {
	f.Float64SliceVar(p, name, nil, usage)
	f.Lookup(name).DefValue = "" // keeps "(default [])" out of the help
}

func (o *common) addThreads(c *cobra.Command) {
	c.Flags().IntVar(&o.threads, "threads", runtime.NumCPU(), "processor threads to use (default: one for each processor)")
	c.Flags().Lookup("threads").DefValue = "0" // keeps this machine's number out of the help
}

// seedOfStandIn is what a seed does to the model where none is named.
const seedOfStandIn = "decides the weights of the untrained model that is taken where none fits the encoder"

func (o *common) addModel(c *cobra.Command) {
	c.Flags().StringVar(&o.model, "model", "", "model file, or name of an installed model (default: the built-in one)")
	c.Flags().StringVar(&o.encoder, "encoder", "", "encoder: builtin, an installed name, or an .onnx file (default: the one the model was made for)")
}

// checkCompute refuses what no machine has.
func (o *common) checkCompute() error {
	if _, err := device.ParseKind(o.device); err != nil {
		return usagef("--device: %w", err)
	}
	if o.threads < 1 {
		return usagef("--threads %d: give 1 or more", o.threads)
	}
	return nil
}

// engine are the options of whatever runs networks.
func (o *common) engine() app.EngineOptions {
	return app.EngineOptions{Model: o.model, Encoder: o.encoder, Device: o.device, Threads: o.threads, Seed: o.seed}
}

// printJSON writes one document.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
