package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/result"
)

func (p *Program) benchFrontier() *cobra.Command {
	var o common
	var req app.FrontierRequest
	c := &cobra.Command{
		Use:   "frontier DIR",
		Short: "Throughput against accuracy on one core and on a device (the paper's Figure 3)",
		Long: `Set the throughput of the methods against how well they do. DIR is what bench table
wrote with --out, its methods trained: the accuracy is theirs. The throughput is
measured, on one core of the processor and on the device asked for, for slides as large
as those that the methods were tested on: encoding the patches that a method reads with
the k that it was trained with, and its own network. With --out the folder gets
frontier.png, frontier.csv, frontier.json and frontier.txt.`,
		Example: `  zoomscope bench frontier table --out table
  zoomscope bench frontier table --encoder resnet50.onnx --device cuda --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Folder, req.Device, req.Threads, req.Command = args[0], o.device, o.threads, commandLine(cmd, args)
			m := newMeter(p.Stderr, o.quiet)
			f, err := p.Workspace.BenchFrontier(cmd.Context(), req, func(pr result.Progress) { m.update("frontier", pr) })
			m.clear()
			if f == nil {
				return err
			}
			if o.json {
				return errors.Join(f.WriteJSON(p.Stdout), err)
			}
			return errors.Join(f.Print(p.Stdout), err)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "")
	c.Flags().StringVarP(&req.Out, "out", "o", "", "folder for the chart and the tables")
	c.Flags().StringVar(&req.Encoder, "encoder", "", "encoder: builtin, an installed name, or an .onnx file")
	return c
}
