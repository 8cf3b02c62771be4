package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
)

func (p *Program) models() *cobra.Command {
	c := &cobra.Command{
		Use:   "models",
		Short: "List, import, inspect and test models",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(p.modelsList(), p.modelsImport(), p.modelsInspect(), p.modelsTest())
	return c
}

// modelEntry is a model of the list in JSON: a card, or an error.
type modelEntry struct {
	app.ModelCard
	Default bool   `json:"default"`
	Error   string `json:"error,omitempty"`
}

func (p *Program) modelsList() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "list",
		Short: "The models of this machine, the default one first",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := p.Workspace.Models()
			if err != nil {
				return err
			}
			entries := []modelEntry{}
			for i, m := range list {
				e := modelEntry{ModelCard: m.ModelCard, Default: i == 0}
				if m.Err != nil {
					e.Error = m.Err.Error()
				}
				entries = append(entries, e)
			}
			if o.json {
				return printJSON(p.Stdout, entries)
			}
			for _, e := range entries {
				e.print(p.Stdout)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	return c
}

func (e modelEntry) print(w io.Writer) {
	switch {
	case e.Error != "":
		fmt.Fprintf(w, "%s\n  cannot be used: %s\n", e.Path, e.Error)
	case e.Default:
		fmt.Fprintf(w, "%s (default)\n", e.Config.Name)
		printModel(w, e.ModelCard)
	default:
		fmt.Fprintf(w, "%s\n", e.Config.Name)
		printModel(w, e.ModelCard)
	}
}

func printModel(w io.Writer, m app.ModelCard) {
	c := m.Config
	var mags []string
	for _, m := range c.Magnifications {
		mags = append(mags, fmt.Sprintf("%gx", m))
	}
	if m.Path != "" {
		fmt.Fprintf(w, "  file            %s\n", m.Path)
	}
	fmt.Fprintf(w, "  method          %s\n", c.Method)
	fmt.Fprintf(w, "  classes         %s\n", strings.Join(c.Classes, ", "))
	fmt.Fprintf(w, "  magnifications  %s, K %v\n", strings.Join(mags, " "), c.K)
	fmt.Fprintf(w, "  encoder         %s, %d values\n", c.Encoder.Name, c.Encoder.Dim)
	if !c.Training.Trained {
		fmt.Fprintf(w, "  UNTRAINED       prediction and attention mean nothing\n")
	}
	for _, f := range []struct{ name, text string }{
		{"note", c.Training.Note}, {"intended use", c.IntendedUse}, {"licence", c.Licence}, {"sha256", m.SHA256},
	} {
		if f.text != "" {
			fmt.Fprintf(w, "  %-15s %s\n", f.name, f.text)
		}
	}
}

func (p *Program) modelsImport() *cobra.Command {
	var o common
	var config, name string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Install a model file, or a state dict of the public code with --config",
		Long: `Install a model: a file in this program's format (.safetensors), or a state dict
of the public ZoomMIL code (.pt, .pth) together with --config FILE, the JSON
configuration that it was trained with. Use it then as --model NAME.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			card, err := p.Workspace.ImportModel(args[0], config, name)
			if err != nil {
				return err
			}
			return p.printModelCard(card, o.json)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	c.Flags().StringVar(&config, "config", "", "JSON configuration that the public code trained the state dict with")
	c.Flags().StringVar(&name, "name", "", "name to install it under (default: its own)")
	return c
}

func (p *Program) modelsInspect() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "inspect [MODEL]",
		Short: "The card of a model: a file, an installed name, or the default one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			card, err := p.Workspace.InspectModel(name)
			if err != nil {
				return err
			}
			return p.printModelCard(card, o.json)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	return c
}

func (p *Program) printModelCard(card app.ModelCard, asJSON bool) error {
	if asJSON {
		return printJSON(p.Stdout, card)
	}
	fmt.Fprintln(p.Stdout, card.Config.Name)
	printModel(p.Stdout, card)
	return nil
}

func (p *Program) modelsTest() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "test [MODEL]",
		Short: "Run a model on made-up features, and compare the device with the processor",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.model = args[0]
			}
			t, err := p.Workspace.TestModel(cmd.Context(), o.engine())
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, t)
			}
			fmt.Fprintf(p.Stdout, "%s on %s: %d patches in %.0f ms; probabilities within %.2g of the processor's\n",
				t.Model.Name, t.Device.Used, t.Patches, 1000*t.Seconds, t.Difference)
			return nil
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	o.addCompute(c)
	return c
}
