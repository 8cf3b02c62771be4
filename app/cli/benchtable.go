package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
	"zoomscope/engine/result"
)

func (p *Program) benchTable() *cobra.Command {
	var o common
	var req app.TableRequest
	c := &cobra.Command{
		Use:   "table [CSV --bags DIR --out DIR]",
		Short: "All methods of the paper compared (its Tables 1 to 3)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				req.Table = args[0]
			}
			req.Device, req.Threads = o.device, o.threads
			m := newMeter(p.Stderr, o.quiet)
			rows, err := p.Workspace.BenchTable(cmd.Context(), req, func(pr result.Progress) { m.update("table", pr) })
			m.clear()
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, rows)
			}
			_, err = fmt.Fprintf(p.Stdout, "%s\n\n", machineLine(bench.ThisMachine()))
			return err
		},
	}
	o.addOutput(c)
	o.addCompute(c, "") // --seeds says with which
	f := c.Flags()
	f.StringVar(&req.Study, "config", "crc", "configuration of the paper: "+strings.Join(studyNames(), ", "))
	f.Float64SliceVar(&req.Besides, "at", nil, "`magnification` for the single-scale methods besides the highest; may be given several times")
	f.BoolVar(&req.FullGradient, "full-gradient", false, "ZoomMIL with the whole gradient of its Top-K besides")
	f.StringVar(&req.Bags, "bags", "", "folder of the slides' feature bags")
	f.StringVarP(&req.Out, "out", "o", "", "folder that keeps the runs and the table")
	f.IntVar(&req.Seeds, "seeds", 3, "how often each method is trained, with the seeds 1, 2 and so on")
	f.IntVar(&req.Epochs, "epochs", 100, "epochs of each run")
	f.Float64Var(&req.Rate, "lr", 0, "learning rate (default: that published for each method)")
	f.Float64Var(&req.LeastRate, "least-lr", 0, "learning rate of the methods that were published with a lower one")
	f.IntVar(&req.Patience, "patience", 5, "epochs without a lower validation loss before the rate falls")
	f.Float64Var(&req.Sigma, "sigma", 0.002, sigmaUsage)
	f.IntSliceVar(&req.K, "k", nil, kUsage+" (default: the paper's)")
	f.IntSliceVar(&req.EffK, "eff-k", nil, "the same for ZoomMIL-Eff")
	f.IntVar(&req.Most.Embedding, "embedding", 0, "widest embedding; methods with a narrower one keep it (default: as published)")
	f.IntVar(&req.Most.Hidden, "hidden", 0, "widest hidden layer, likewise")
	f.IntVar(&req.Most.Middle, "middle", 0, "widest layer between features and embedding, likewise")
	f.BoolVar(&req.RawFeatures, "raw-features", false, "train on features as they are, not standardised")
	f.StringArrayVar(&req.Only, "only", nil, "name of a `method` of the table; may be given several times (default: all)")
	f.StringVar(&req.Encoder, "encoder", "", "encoder of the costs: builtin, an installed name, or an .onnx file")
	return c
}

func studyNames() []string {
	var names []string
	for _, s := range bench.Studies() {
		names = append(names, s.Name)
	}
	return names
}
