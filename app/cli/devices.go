package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"zoomscope/engine/device"
)

// deviceInfo is the JSON form of a device of this machine.
type deviceInfo struct {
	Device  string  `json:"device"`
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Detail  string  `json:"detail"`
	Seconds float64 `json:"seconds"`
}

func (p *Program) devices() *cobra.Command {
	c := p.devicesCommand("devices", "What this machine can compute on, each device tried out")
	c.AddCommand(
		p.devicesCommand("list", "List the devices, and why one cannot be used (as devices does alone)"),
		p.devicesCommand("test", "Try each device on a small network with a known answer, and time it"),
	)
	return c
}

func (p *Program) devicesCommand(name, about string) *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   name,
		Short: about,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := p.Workspace.Devices.List(cmd.Context())
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, deviceInfos(list))
			}
			for _, d := range list {
				fmt.Fprintln(p.Stdout, deviceLine(d))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	return c
}

func deviceInfos(list []device.Listing) []deviceInfo {
	infos := make([]deviceInfo, len(list))
	for i, d := range list {
		infos[i] = deviceInfo{string(d.Kind), d.Name, d.OK, d.Detail, d.Seconds}
	}
	return infos
}

func deviceLine(d device.Listing) string {
	state := "works"
	if !d.OK {
		state = "no"
	}
	line := fmt.Sprintf("%-9s %-6s %s", d.Kind, state, d.Name)
	if d.Detail != "" {
		line += "\n                 " + d.Detail
	}
	if d.OK {
		line += fmt.Sprintf(", in %.2f ms", 1e3*d.Seconds)
	}
	return line
}
