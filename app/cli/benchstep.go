package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

// peerVariable names the folder of a checkout of the public code.
const peerVariable = "ZOOMMIL_PEER"

func (p *Program) benchStep() *cobra.Command {
	var o common
	var child bool
	var script, python string
	c := &cobra.Command{
		Use:   "step",
		Short: "A training step at the shapes of the paper's datasets, beside the public PyTorch code",
		Long: `A training step at the shapes of the paper's datasets, beside the public PyTorch
code: its figures from such a machine or, when the variable ` + peerVariable + ` names a
checkout of it and --peer-script a script that times it, its figures from this one.`,
		Args: func(_ *cobra.Command, args []string) error {
			if child != (len(args) == 2) || !child && len(args) != 0 {
				return usagef("bench step takes no arguments")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if child {
				t, err := p.Workspace.BenchStepChild(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				return printJSON(p.Stdout, t)
			}
			var peer []string
			if checkout := os.Getenv(peerVariable); checkout != "" {
				if script == "" {
					return usagef("bench step: %s is set; say what times it with --peer-script", peerVariable)
				}
				peer = []string{python, script, checkout}
			}
			m := newMeter(p.Stderr, o.quiet)
			list, err := p.Workspace.BenchStep(cmd.Context(), peer, func(pr result.Progress) { m.update("bench", pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, list)
			}
			r := benchReport{Machine: bench.ThisMachine(), Step: list}
			return r.print(p.Stdout)
		},
	}
	o.addOutput(c)
	c.Flags().BoolVar(&child, strings.TrimPrefix(app.StepChildFlag, "--"), false, "measure one SHAPE train|eval in this process")
	c.Flags().Lookup(strings.TrimPrefix(app.StepChildFlag, "--")).Hidden = true
	c.Flags().StringVar(&script, "peer-script", "", "Python script that times a checkout of the public code and prints JSON")
	c.Flags().StringVar(&python, "torch", "/usr/bin/python3", "Python interpreter with PyTorch")
	return c
}
