package cli

import (
	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/bench"
)

func (p *Program) benchViewer() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "viewer SLIDE",
		Short: "Frames of the window while panning and zooming, alone and while the slide is analysed",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, slides []string) error {
			if p.BenchWindow == nil {
				return usagef("bench viewer: this build has no window")
			}
			times, err := p.BenchWindow(cmd.Context(), slides[0])
			if err != nil {
				return err
			}
			r := benchReport{Version: p.Version, Machine: bench.ThisMachine(), Viewer: []*app.ViewerTimes{times}}
			if o.json {
				return printJSON(p.Stdout, r)
			}
			return r.print(p.Stdout)
		},
	}
	o.addOutput(c)
	return c
}
