package cli

import (
	"github.com/spf13/cobra"

	"zoomscope/app"
)

func (p *Program) benchK() *cobra.Command {
	var f studyFlags
	var ks []int
	full := false
	c := &cobra.Command{
		Use:   "k CSV --bags DIR --out DIR",
		Short: "ZoomMIL with more and fewer patches zoomed into (the paper's Figure 6)",
		Long: `Train ZoomMIL with several K on the training split of a dataset, test it on its
test split, and count the patches that it reads and the multiply-adds. Runs that are
in --out are not run again; k.txt, k.csv and k.png, a chart, are written into it, with
machine, seeds and command. The defaults are those of bench ablation.`,
		Example: `  zoomscope bench k slides/slides.csv --bags bags --truth slides/truth --k 2,4,8 --out k`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkK(ks); err != nil {
				return err
			}
			req, err := f.request(cmd, args)
			if err != nil {
				return err
			}
			req.Options.FullGradient = full
			m := newMeter(p.Stderr, f.quiet)
			study, err := p.Workspace.BenchK(cmd.Context(), app.KRequest{AblationRequest: req, Ks: ks}, p.studyEvents("k", m))
			m.clear()
			return f.print(p.Stdout, study, err)
		},
	}
	f.add(c)
	c.Flags().IntSliceVar(&ks, "k", []int{2, 4, 8, 12, 16}, "numbers of patches zoomed into, each at all magnifications but the highest")
	c.Flags().BoolVar(&full, "full-gradient", false, "take the whole gradient of the differentiable Top-K, not the part that the public code takes")
	return c
}

// checkK refuses numbers of patches that make no sense.
func checkK(ks []int) error {
	seen := map[int]bool{}
	for _, k := range ks {
		if k < 1 || seen[k] {
			return usagef("--k %d: each must be 1 or more, and given once", k)
		}
		seen[k] = true
	}
	if len(ks) == 0 {
		return usagef("bench k: --k needs at least one")
	}
	return nil
}
