package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/engine/bench"
)

func (p *Program) benchAblation() *cobra.Command {
	var f studyFlags
	var k []int
	var only []string
	c := &cobra.Command{
		Use:   "ablation CSV --bags DIR --out DIR",
		Short: "ZoomMIL against itself with one part taken away (the paper's Table 4)",
		Long: `Train ZoomMIL, and ZoomMIL with one part taken away, on the training split of a
dataset, and test each on its test split. Runs that are in --out are not run
again; ablation.txt, ablation.csv and ablation.png, the table with machine, seeds
and command, are written into it. For synthetic slides, --truth DIR tells how often
a model zooms into the evidence. The defaults are those of this comparison, a
network small enough to train many times over, not those of train.

The variants, of which bags of two magnifications leave out random at low and at
high magnification, for with one zoom they are random K:

  ` + strings.Join(variantNames(), "\n  "),
		Example: `  zoomscope bench ablation slides/slides.csv --bags bags --truth slides/truth --out ablation
  zoomscope bench ablation slides/slides.csv --bags bags --out ablation --only ZoomMIL --only "random K"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if unknown := slices.DeleteFunc(slices.Clone(only), func(name string) bool { return slices.Contains(variantNames(), name) }); len(unknown) > 0 {
				return usagef("--only %s: there are %s", unknown[0], strings.Join(variantNames(), ", "))
			}
			if len(k) == 0 || slices.Min(k) < 1 {
				return usagef("bench ablation: --k must be 1 or more")
			}
			req, err := f.request(cmd, args)
			if err != nil {
				return err
			}
			req.K, req.Only = k, only
			m := newMeter(p.Stderr, f.quiet)
			study, err := p.Workspace.BenchAblation(cmd.Context(), req, p.studyEvents("ablation", m))
			m.clear()
			return f.print(p.Stdout, study, err)
		},
	}
	f.add(c)
	c.Flags().IntSliceVar(&k, "k", []int{4}, kUsage)
	c.Flags().StringArrayVar(&only, "only", nil, "name of a `variant` to run, of those listed above; may be given several times (default: all)")
	return c
}

// variantNames are those of all variants.
func variantNames() []string {
	var names []string
	for _, v := range bench.Variants(2) {
		names = append(names, v.Name)
	}
	return names
}
