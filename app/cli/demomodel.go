package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// demoModel is the command behind make demo-model.
func (p *Program) demoModel() *cobra.Command {
	var o common
	req := app.DefaultDemoModel()
	c := &cobra.Command{
		Use:    "demo-model --work DIR --out DIR",
		Short:  "Make the model that comes with the program again",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Work == "" || req.Out == "" {
				return usagef("demo-model: say where to work with --work DIR, and where the model goes with --out DIR")
			}
			if req.Slides < 15 || req.Held < 3 || req.Epochs < 1 || req.Side < 1024 {
				return usagef("demo-model: too few slides or epochs, or too small slides")
			}
			m := newMeter(p.Stderr, o.quiet)
			made, err := p.Workspace.BuildDemoModel(cmd.Context(), req, func(pr result.Progress) { m.update("demo model", pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, made)
			}
			_, err = fmt.Fprintf(p.Stdout, "%s\n%s\n", made.Model, made.Card)
			return err
		},
	}
	o.addOutput(c)
	c.Flags().StringVar(&req.Work, "work", "", "folder that keeps slides, bags and the run")
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder that receives the model and its card")
	c.Flags().IntVar(&req.Slides, "slides", req.Slides, "slides to train, validate and test on")
	c.Flags().IntVar(&req.Held, "held", req.Held, "slides of another seed to test on")
	c.Flags().IntVar(&req.Side, "size", req.Side, "mean side of the slides in pixels")
	c.Flags().IntVar(&req.Epochs, "epochs", req.Epochs, "epochs")
	c.Flags().Uint64Var(&req.Seed, "seed", req.Seed, "seed of the slides; the others take the next one")
	return c
}
