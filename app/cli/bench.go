package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

// benchReport is the JSON of a measurement: where it was made, and the part that
// was asked for.
type benchReport struct {
	Version  string                 `json:"version"`
	Machine  bench.Machine          `json:"machine"`
	Encoder  []*bench.EncoderTimes  `json:"encoder,omitempty"`
	Analysis []*bench.AnalysisTimes `json:"analysis,omitempty"`
	Settings []*bench.SettingTimes  `json:"settings,omitempty"`
	Memory   []*bench.MemoryUse     `json:"memory,omitempty"`
	Step     []*bench.StepTimes     `json:"step,omitempty"`
	Viewer   []*bench.ViewerTimes   `json:"viewer,omitempty"`
	Worklist []*bench.WorklistTimes `json:"worklist,omitempty"`
}

// benchFlags are those of every measurement.
type benchFlags struct {
	common
	req         app.BenchRequest
	torch       string
	torchScript string
}

func (p *Program) bench() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench WHAT",
		Short: "Measure speed and memory on this machine",
		Long: `Measure speed and memory on this machine. What is compared runs in turns, and the
figures are medians, so that a ratio holds on a machine that does other work
too. What needs slides (analysis, settings, memory) draws them once and keeps
them in --out.`,
		Example: `  zoomscope bench encoder
  zoomscope bench analysis --rounds 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(p.benchEncoder(), p.benchAnalysis(), p.benchSettings(), p.benchMemory(), p.benchStep(), p.benchViewer(), p.benchWorklist(), p.benchAblation(), p.benchTable(), p.benchFrontier(), p.benchK(), p.benchTargets(), p.benchBags())
	return c
}

// measurement is one command under bench: measure fills in its part of the
// report.
func (p *Program) measurement(c *cobra.Command, f *benchFlags, measure func(ctx context.Context, r *benchReport, progress func(result.Progress)) error) *cobra.Command {
	c.RunE = func(cmd *cobra.Command, slides []string) error {
		if f.req.Rounds < 1 {
			return usagef("bench: --rounds %d: give 1 or more", f.req.Rounds)
		}
		f.req.Slides, f.req.Threads = slides, f.threads
		r := &benchReport{Version: p.Version, Machine: bench.ThisMachine()}
		m := newMeter(p.Stderr, f.quiet)
		err := measure(cmd.Context(), r, func(pr result.Progress) { m.update("bench", pr) })
		m.clear()
		if err != nil {
			return err
		}
		if f.json {
			return printJSON(p.Stdout, r)
		}
		return r.print(p.Stdout)
	}
	f.addOutput(c)
	return c
}

// addFolder is the flag of what draws slides.
func (f *benchFlags) addFolder(c *cobra.Command) {
	c.Flags().StringVarP(&f.req.Folder, "out", "o", "zoomscope-bench", "folder that keeps the slides drawn; made when missing")
}

// addRounds are the flags of what is measured in rounds.
func (f *benchFlags) addRounds(c *cobra.Command, rounds int) {
	c.Flags().IntVar(&f.req.Rounds, "rounds", rounds, "how often each contender runs")
	f.addThreads(c)
}

func (p *Program) benchEncoder() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "encoder",
		Short: "Patches a second: ONNX Runtime alone, through this program, and by eager PyTorch",
		Args:  cobra.NoArgs,
	}
	f.addRounds(c, 5)
	f.addFolder(c)
	c.Flags().Lookup("out").Hidden = true // taken, so that all measurements can be given the same; it draws none
	c.Flags().StringVar(&f.torch, "torch", "", "Python interpreter with PyTorch, to compare with")
	c.Flags().StringVar(&f.torchScript, "torch-script", filepath.Join("packaging", "bench", "torch_resnet50.py"), "what it runs")
	return p.measurement(c, &f, func(ctx context.Context, r *benchReport, progress func(result.Progress)) (err error) {
		if f.torch != "" {
			f.req.Torch = []string{f.torch, f.torchScript}
		}
		r.Encoder, err = p.Workspace.BenchEncoder(ctx, f.req, progress)
		return err
	})
}

func (p *Program) benchAnalysis() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "analysis [SLIDE...]",
		Short: "The analysis of a slide against the bare encoding of the patches it read",
	}
	f.addRounds(c, 5)
	f.addFolder(c)
	return p.measurement(c, &f, func(ctx context.Context, r *benchReport, progress func(result.Progress)) (err error) {
		r.Analysis, err = p.Workspace.BenchAnalysis(ctx, f.req, progress)
		return err
	})
}

func (p *Program) benchSettings() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "settings [SLIDE]",
		Short: "The analysis of a slide with other batches, readers, and waiting threads",
		Args:  cobra.MaximumNArgs(1),
	}
	f.addRounds(c, 3)
	f.addFolder(c)
	return p.measurement(c, &f, func(ctx context.Context, r *benchReport, progress func(result.Progress)) (err error) {
		r.Settings, err = p.Workspace.BenchSettings(ctx, f.req, progress)
		return err
	})
}

func (p *Program) benchMemory() *cobra.Command {
	var f benchFlags
	f.req.Rounds = 1
	c := &cobra.Command{
		Use:   "memory",
		Short: "Peak memory while a slide of 100 000 x 100 000 pixels is analysed",
		Args:  cobra.NoArgs,
	}
	f.addFolder(c)
	return p.measurement(c, &f, func(ctx context.Context, r *benchReport, progress func(result.Progress)) (err error) {
		r.Memory, err = p.Workspace.BenchMemory(ctx, f.req, progress)
		return err
	})
}

// print writes the report as tables, the budgets last.
func (r *benchReport) print(w io.Writer) error {
	tables := []bench.Table{
		bench.EncoderTable(r.Encoder), bench.AnalysisTable(r.Analysis), bench.SettingsTable(r.Settings),
		bench.MemoryTable(r.Memory), bench.StepTable(r.Step),
		bench.ViewerTable(r.Viewer), bench.ViewerSeconds(r.Viewer),
		bench.WorklistScrolls(r.Worklist), bench.WorklistSteps(r.Worklist), bench.VerdictTable(r.verdicts()),
	}
	if _, err := fmt.Fprintln(w, machineLine(r.Machine)); err != nil {
		return err
	}
	for _, t := range tables {
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintln(w)
		if err := t.Print(w); err != nil {
			return err
		}
	}
	return nil
}

func (r *benchReport) verdicts() []bench.Verdict {
	var all []bench.Verdict
	for _, e := range r.Encoder {
		all = append(all, e.Verdicts...)
	}
	for _, a := range r.Analysis {
		all = append(all, a.Verdicts...)
	}
	for _, m := range r.Memory {
		all = append(all, m.Verdicts...)
	}
	for _, s := range r.Step {
		all = append(all, s.Verdicts...)
	}
	for _, v := range r.Viewer {
		all = append(all, v.Verdicts()...)
	}
	for _, w := range r.Worklist {
		all = append(all, w.Verdicts()...)
	}
	return all
}

func machineLine(m bench.Machine) string { return m.String() }
