package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

func (p *Program) benchAblation() *cobra.Command {
	var o common
	var req app.AblationRequest
	c := &cobra.Command{
		Use:   "ablation CSV --bags DIR --out DIR",
		Short: "ZoomMIL against itself with one part taken away (the paper's Table 4)",
		Long: `Train ZoomMIL, and ZoomMIL with one part taken away, on the training split of a
dataset, and test each on its test split. Runs that are in --out are not run
again. For synthetic slides, --truth DIR tells how often a model zooms into the
evidence. The defaults are those of this comparison, a network small enough to
train many times over, not those of train.

The variants:

  ` + strings.Join(variantNames(), "\n  "),
		Example: `  zoomscope bench ablation slides/slides.csv --bags bags --truth slides --out ablation
  zoomscope bench ablation slides/slides.csv --bags bags --out ablation --only ZoomMIL --only "random K"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if req.Bags == "" || req.Out == "" {
				return usagef("bench ablation: say where the bags are with --bags DIR, and where runs are kept with --out DIR")
			}
			if unknown := slices.DeleteFunc(slices.Clone(req.Only), func(name string) bool { return slices.Contains(variantNames(), name) }); len(unknown) > 0 {
				return usagef("--only %s: there are %s", unknown[0], strings.Join(variantNames(), ", "))
			}
			if req.Seeds < 1 || req.Epochs < 1 || len(req.K) == 0 {
				return usagef("bench ablation: --seeds, --epochs and --k must be 1 or more")
			}
			req.Table, req.Device, req.Threads = args[0], o.device, o.threads
			m := newMeter(p.Stderr, o.quiet)
			rows, err := p.Workspace.BenchAblation(cmd.Context(), req, func(pr result.Progress) { m.update("ablation", pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, rows)
			}
			if _, err := fmt.Fprintf(p.Stdout, "%s\n\n", machineLine(bench.ThisMachine())); err != nil {
				return err
			}
			return bench.AblationTable(rows).Print(p.Stdout)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "") // --seeds says with which
	addStudy(c, &req)
	c.Flags().IntSliceVar(&req.K, "k", []int{4}, kUsage)
	c.Flags().StringArrayVar(&req.Only, "only", nil, "name of a `variant` to run, of those listed above; may be given several times (default: all)")
	return c
}

// addStudy are the flags of what is trained on a dataset with several seeds.
func addStudy(c *cobra.Command, req *app.AblationRequest) {
	c.Flags().StringVar(&req.Bags, "bags", "", "folder of the slides' feature bags")
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder that keeps the runs")
	c.Flags().StringVar(&req.Truth, "truth", "", "folder of the truths of synthetic slides")
	c.Flags().IntVar(&req.Seeds, "seeds", 3, "how often each is trained, with the seeds 1, 2 and so on")
	c.Flags().IntVar(&req.Epochs, "epochs", 40, "epochs of each run")
	c.Flags().Float64Var(&req.Rate, "lr", 3e-4, "learning rate")
	c.Flags().IntVar(&req.Sizes.Embedding, "embedding", 128, "width of the embedding")
	c.Flags().IntVar(&req.Sizes.Hidden, "hidden", 64, "width of the attentions")
	c.Flags().Float64Var(&req.Options.Sigma, "sigma", 0.002, sigmaUsage)
	c.Flags().Float64Var(&req.Options.Dropout, "dropout", 0.25, "share of activations left out")
	c.Flags().Float64Var(&req.Options.WeightDecay, "weight-decay", 0, "weight decay")
	c.Flags().BoolVar(&req.RawFeatures, "raw-features", false, "train on features as they are, not standardised")
	c.Flags().IntVar(&req.Patience, "patience", 5, "epochs without a lower validation loss before the rate falls")
}

func variantNames() []string {
	var names []string
	for _, v := range bench.Variants() {
		names = append(names, v.Name)
	}
	return names
}
