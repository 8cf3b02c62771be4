package cli

import (
	"github.com/spf13/cobra"

	"zoomscope/app"
)

func (p *Program) benchTargets() *cobra.Command {
	var o common
	var req app.TargetsRequest
	c := &cobra.Command{
		Use:   "targets RUN|FOLDER|PREDICTIONS... --sizes CSV",
		Short: "Models on slides with large and with small targets (the paper's Table 8)",
		Long: `Part the slides that models were tested on by the size of their targets, such as
the area of tumour, and say how well the models do on each part. Predictions are
those of a run, of all runs in a folder, as bench table and bench ablation leave
them, the seeds of a model taken together, or of a CSV that evaluate --out wrote.

Sizes stand in a CSV file with the columns slide and, by --column, size: 0 or
nothing for a slide without target, in any unit. For synthetic slides --truth DIR
takes the area of the evidence in square millimetres. A target is large from the
median on, or from --threshold on. With --out the folder gets targets.txt,
targets.csv and targets.png: the table with machine, seeds and command.

Accuracy is the share of the slides called right; sensitivity the share of those
with a target that are called a class which slides without one do not have.`,
		Example: `  zoomscope bench targets ablation --truth slides/truth --out targets
  zoomscope bench targets predictions.csv --sizes slides.csv --column tumour_mm2 --threshold 3`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (req.Sizes == "") == (req.Truth == "") {
				return usagef("bench targets: say how large targets are by one of --sizes CSV and --truth DIR")
			}
			if !(req.Threshold >= 0) {
				return usagef("bench targets: --threshold %g: give more than 0", req.Threshold)
			}
			if err := checkStudyOutput(req.Out, "targets", append(args, req.Sizes)...); err != nil {
				return err
			}
			req.Runs, req.Command = args, commandLine(cmd, args)
			study, err := p.Workspace.BenchTargets(req)
			return o.print(p.Stdout, study, err)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	c.Flags().StringVar(&req.Sizes, "sizes", "", "CSV `file` with the size of each slide's target")
	c.Flags().StringVar(&req.Column, "column", "size", "name of its column of sizes")
	c.Flags().StringVar(&req.Truth, "truth", "", "folder of the truths of synthetic slides: truth, beside them")
	c.Flags().Float64Var(&req.Threshold, "threshold", 0, "size from which on a target is large (default: the median)")
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder for the table")
	return c
}
