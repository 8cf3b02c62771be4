package cli

import (
	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/result"
)

func (p *Program) benchK() *cobra.Command {
	var o common
	var req app.KRequest
	c := &cobra.Command{
		Use:   "k CSV --bags DIR --out DIR",
		Short: "ZoomMIL with more and fewer patches zoomed into (the paper's Figure 6)",
		Long: `Train ZoomMIL with several K on the training split of a dataset, test it on its
test split, and count the patches that it reads and the multiply-adds. Runs that are
in --out are not run again; k.txt, k.csv and k.png, a chart, are written into it. The defaults are those
of bench ablation.`,
		Example: `  zoomscope bench k slides/slides.csv --bags bags --truth slides --k 2,4,8 --out k`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if req.Bags == "" || req.Out == "" {
				return usagef("bench k: say where the bags are with --bags DIR, and where runs are kept with --out DIR")
			}
			if err := checkK(&req); err != nil {
				return err
			}
			req.Table, req.Device, req.Threads, req.Command = args[0], o.device, o.threads, commandLine(cmd, args)
			m := newMeter(p.Stderr, o.quiet)
			study, err := p.Workspace.BenchK(cmd.Context(), req, func(pr result.Progress) { m.update("k", pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, study)
			}
			return study.Print(p.Stdout)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "") // --seeds says with which
	c.Flags().IntSliceVar(&req.Ks, "k", []int{2, 4, 8, 12, 16}, "numbers of patches zoomed into, each at all magnifications but the highest")
	addStudy(c, &req.AblationRequest)
	c.Flags().BoolVar(&req.Options.FullGradient, "full-gradient", false, "take the whole gradient of the differentiable Top-K, not the part that the public code takes")
	return c
}

func checkK(req *app.KRequest) error {
	seen := map[int]bool{}
	for _, k := range req.Ks {
		if k < 1 || seen[k] {
			return usagef("--k %d: each must be 1 or more, and given once", k)
		}
		seen[k] = true
	}
	if req.Seeds < 1 || req.Epochs < 1 || len(req.Ks) == 0 {
		return usagef("bench k: --seeds and --epochs must be 1 or more, --k needs at least one")
	}
	return nil
}
