package cli

import (
	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
)

func (p *Program) benchWorklist() *cobra.Command {
	var o common
	rows := 10_000
	c := &cobra.Command{
		Use:   "worklist",
		Short: "Frames of the window while a worklist of made-up cases scrolls; opening, sorting and filtering it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.BenchWorklist == nil {
				return usagef("bench worklist: this build has no window")
			}
			if rows < 100 || rows > 100_000 {
				return usagef("--rows %d: give 100 to 100000", rows)
			}
			times, err := p.BenchWorklist(cmd.Context(), rows)
			if err != nil {
				return err
			}
			r := benchReport{Version: p.Version, Machine: bench.ThisMachine(), Worklist: []*app.WorklistTimes{times}}
			if o.json {
				return printJSON(p.Stdout, r)
			}
			return r.print(p.Stdout)
		},
	}
	c.Flags().IntVar(&rows, "rows", rows, "how many cases")
	o.addOutput(c)
	return c
}
