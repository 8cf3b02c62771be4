package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

func (p *Program) benchBags() *cobra.Command {
	var o common
	var req app.BagsRequest
	gatedOnly := false
	c := &cobra.Command{
		Use:   "bags CSV...",
		Short: "Attention on the classical benchmarks of multiple instance learning",
		Long: `Train and test attention-based multiple instance learning on datasets whose
instances have their features in a table, by cross-validation, as Ilse, Tomczak
and Welling did (ICML 2018, Table 1), whose figures stand beside for the datasets
of that table: musk1, musk2, fox, tiger, elephant. A CSV, which may be packed by
gzip, has the columns bag and label, and a column for each feature; a line is an
instance.

Here the network has three layers that embed an instance, of 256, 128 and 64
values, attention of 64, and one output; features are standardised over the
instances that are trained on; the optimizer is Adam, every dataset has the same
settings, and the last epoch counts. The authors chose settings for each dataset.

The figure behind an accuracy is the authors' standard error: the deviation over the
folds of all repetitions, by the root of their number. As all repetitions are of the
same bags it gets smaller with every one, and tells little of other bags. Beside it
stand the lowest and the highest mean of a repetition and, where there are several,
the standard deviation of these means: what the division into folds and the first
weights make of it.

What is in --out is not trained again, so that a comparison can be interrupted,
and repetitions added to it. Its bags.csv has all whole repetitions of all datasets
in the folder, also those not given this time. One process works in it at a time.`,
		Example: `  zoomscope bench bags musk1.csv.gz fox.csv.gz
  zoomscope bench bags musk1.csv.gz --repetitions 1 --out bags`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if req.Folds < 2 || req.Repetitions < 1 || req.Epochs < 1 {
				return usagef("bench bags: --folds must be 2 or more, --repetitions and --epochs 1 or more")
			}
			if !(req.Dropout >= 0 && req.Dropout < 1) || !(req.Rate > 0) || !(req.Decay >= 0 && req.Decay < 1) {
				return usagef("bench bags: --dropout and --weight-decay must be from 0 to below 1, --lr above 0")
			}
			if err := checkStudyOutput(req.Folder, "bags", args...); err != nil {
				return err
			}
			req.Tables, req.Kind, req.Threads, req.Seed, req.Both = args, o.device, o.threads, o.seed, !gatedOnly
			return p.runBags(cmd.Context(), req, o)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "decides the folds, the first weights and the order of bags")
	c.Flags().IntVar(&req.Folds, "folds", 10, "parts of a cross-validation")
	c.Flags().IntVar(&req.Repetitions, "repetitions", 5, "how often it is done, with other parts")
	c.Flags().IntVar(&req.Epochs, "epochs", 100, "passes over the bags")
	c.Flags().Float64Var(&req.Rate, "lr", 5e-4, "learning rate")
	c.Flags().Float64Var(&req.Decay, "weight-decay", 5e-3, "weight decay")
	c.Flags().Float64Var(&req.Dropout, "dropout", 0.5, "share of activations left out")
	c.Flags().StringVarP(&req.Folder, "out", "o", "", "folder that keeps the folds that are tested, to go on with, and bags.csv (default: nothing is kept)")
	c.Flags().BoolVar(&gatedOnly, "gated", false, "gated attention alone")
	return c
}

// runBags tries the datasets and prints what came of it.
func (p *Program) runBags(ctx context.Context, req app.BagsRequest, o common) error {
	m := newMeter(p.Stderr, o.quiet)
	var rows []*bench.BagsRow
	var device result.Device
	err := p.Workspace.BenchBags(ctx, req, app.BagsEvents{
		Started: func(d result.Device) {
			device = d
			p.sayShortfall(d)
		},
		Row: func(r *bench.BagsRow) {
			rows = append(rows, r)
			if !o.quiet {
				m.clear()
				fmt.Fprintf(p.Stderr, "%s, %s: %.3f +- %.3f\n", r.Dataset, r.Method, r.Accuracy, r.Error)
			}
		},
		Progress: func(pr result.Progress) { m.update("bags", pr) },
	})
	m.clear()
	if err != nil {
		return err
	}
	if o.json {
		return printJSON(p.Stdout, rows)
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s\n%s\n\n", machineLine(bench.ThisMachine()), bagsHead(&req, device)); err != nil {
		return err
	}
	return bench.BagsTable(rows).Print(p.Stdout)
}

// bagsHead says how and where the datasets were tried.
func bagsHead(r *app.BagsRequest, d result.Device) string {
	head := fmt.Sprintf("%d folds, %d repetitions, %d epochs, learning rate %g, weight decay %g, dropout %g, seed %d\ndevice: %s (%s)",
		r.Folds, r.Repetitions, r.Epochs, r.Rate, r.Decay, r.Dropout, r.Seed, d.Used, d.Name)
	if short := d.Shortfall(); short != "" {
		head += "\nnote: " + short
	}
	return head
}
