package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/result"
)

func (p *Program) synth() *cobra.Command {
	var o common
	var req app.SynthRequest
	c := &cobra.Command{
		Use:   "synth --out DIR --slides N",
		Short: "Draw labelled synthetic slides with their truth masks and a table of them",
		Long: `Draw synthetic slides stained like hematoxylin and eosin. Into DIR go the
slides, for each a truth mask (PNG) and the evidence in level-0 pixels (JSON),
and slides.csv with the columns slide, label, patient, split. A DIR that holds one
of these files is refused.`,
		Example: `  zoomscope synth --out slides --slides 40
  zoomscope synth --out slides --slides 10 --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Out == "" {
				return usagef("synth: say where to write with --out DIR")
			}
			if req.Slides < 1 {
				return usagef("synth: --slides %d: give 1 or more", req.Slides)
			}
			if req.Side < 1024 || req.Side > 65536 {
				return usagef("synth: --size %d: give 1024 to 65536", req.Side)
			}
			req.Seed = o.seed
			m := newMeter(p.Stderr, o.quiet)
			path, err := p.Workspace.Synthesize(cmd.Context(), req, func(pr result.Progress) { m.update("synth", pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, map[string]any{"path": path, "slides": req.Slides, "seed": req.Seed})
			}
			fmt.Fprintln(p.Stdout, shown(path))
			return nil
		},
	}
	o.addOutput(c)
	c.Flags().Uint64Var(&o.seed, "seed", 0, "decides the slides and their labels: equal seeds give equal slides")
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder to write to; made when missing")
	c.Flags().IntVar(&req.Slides, "slides", 1, "how many slides")
	c.Flags().IntVar(&req.Side, "size", 4096, "mean side of the slides in pixels, from 1024 to 65536")
	c.Flags().BoolVar(&req.Huge, "huge", false, "one slide of 100 000 x 100 000 pixels instead")
	return c
}

func (p *Program) demo() *cobra.Command {
	var o common
	var out string
	c := &cobra.Command{
		Use:     "demo",
		Short:   "Draw a synthetic slide, analyse it, and write the pictures",
		Example: `  zoomscope demo --out demo`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m := newMeter(p.Stderr, o.quiet)
			outcome, err := p.Workspace.Demo(cmd.Context(), out, o.engine(), func(e app.Event) { m.update(subject(e), e.Progress) })
			m.clear()
			if err != nil {
				return err
			}
			return p.printOutcomes([]app.Outcome{outcome}, 1, o.json)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "decides the slide that is drawn")
	o.addModel(c)
	c.Flags().StringVarP(&out, "out", "o", "zoomscope-demo", "folder to write to; made when missing")
	return c
}
