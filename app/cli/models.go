package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/mil"
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
	Name string `json:"name"` // that --model takes; "" for the default one
	app.ModelCard
	Default bool   `json:"default"`
	Error   string `json:"error,omitempty"`
}

func (p *Program) modelsList() *cobra.Command {
	var o common
	c := &cobra.Command{
		Use:   "list",
		Short: "The models of this machine, the default one first",
		Long: `List the models of this machine, the default one first. A line begins with the name
that --model takes; what a model is called in itself stands behind it where that is
another.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := p.Workspace.Models()
			if err != nil {
				return err
			}
			entries := []modelEntry{}
			for i, m := range list {
				e := modelEntry{Name: m.Name(), ModelCard: m.ModelCard, Default: i == 0}
				if m.Err != nil {
					e.Error = m.Err.Error()
				}
				entries = append(entries, e)
			}
			if o.json {
				return printJSON(p.Stdout, entries)
			}
			return printModelList(p.Stdout, entries)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	return c
}

// printModelList has a line for each model, which begins with the name that --model
// takes.
func printModelList(w io.Writer, entries []modelEntry) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		if e.Error != "" {
			fmt.Fprintf(t, "%s\tcannot be used: %s\n", e.Name, e.Error)
			continue
		}
		c := e.Config
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", cmp.Or(e.Name, c.Name), counted(len(c.Classes), "class", "classes"), magnificationList(c.Magnifications), c.Encoder.Name, e.whence())
	}
	return t.Flush()
}

// whence says which one it is.
func (e modelEntry) whence() string {
	text := e.Path
	switch {
	case e.Default:
		text = "default, without --model"
	case e.Name != e.Config.Name:
		text += fmt.Sprintf(", in itself called %q", e.Config.Name)
	}
	if !e.Config.Training.Trained {
		text += ", UNTRAINED"
	}
	return text
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// field is a line of a card; one without text is left out.
type field struct{ name, text string }

func printModel(w io.Writer, m app.ModelCard) {
	c := m.Config
	fields := slices.Concat(
		[]field{
			{"file", m.Path}, {"method", c.Method}, {"classes", strings.Join(c.Classes, ", ")},
			{"magnifications", fmt.Sprintf("%s, K %v", magnificationList(c.Magnifications), c.K)},
			{"encoder", fmt.Sprintf("%s, %d values", c.Encoder.Name, c.Encoder.Dim)},
		},
		variantFields(c.Variant), trainingFields(c.Training),
		[]field{{"note", c.Training.Note}, {"intended use", c.IntendedUse}, {"licence", c.Licence}, {"sha256", m.SHA256}},
	)
	for _, f := range fields {
		if f.text != "" {
			fmt.Fprintf(w, "  %-15s %s\n", f.name, f.text)
		}
	}
}

// variantFields say what is another than in the whole method.
func variantFields(v mil.Variant) []field {
	return []field{{"selection", strings.Join(v.Selection, ", ")}, {"attention", v.Attention}, {"fusion", v.Fusion}}
}

func trainingFields(t mil.Training) []field {
	if !t.Trained {
		return []field{{"UNTRAINED", "prediction and attention mean nothing"}}
	}
	var fields []field
	if t.Slides > 0 {
		fields = append(fields, field{"trained on", counted(t.Slides, "slide", "slides")})
	}
	if t.Epochs > 0 {
		fields = append(fields, field{"epochs", fmt.Sprint(t.Epochs)}, field{"seed", fmt.Sprint(t.Seed)})
	}
	return append(fields, metricFields(t.Metrics)...)
}

// metricFields has a line for each metric, by sets of slides, which are named once.
func metricFields(metrics map[string]float64) []field {
	type figure struct{ set, metric, value string }
	var figures []figure
	width := 0
	for name, value := range metrics {
		set, metric := setOf(name)
		figures = append(figures, figure{set, metric, fmt.Sprintf("%.4f", value)})
		width = max(width, len(metric))
	}
	slices.SortFunc(figures, func(a, b figure) int {
		return cmp.Or(cmp.Compare(a.set, b.set), cmp.Compare(a.metric, b.metric))
	})
	var fields []field
	last := ""
	for _, f := range figures {
		line := field{"", fmt.Sprintf("%-*s  %s", width, f.metric, f.value)}
		if f.set != last {
			line.name, last = f.set, f.set
		}
		fields = append(fields, line)
	}
	return fields
}

// setOf takes apart the name of a metric, such as validation_auc.
func setOf(name string) (set, metric string) {
	set, metric, ok := strings.Cut(name, "_")
	if !ok || !slices.Contains([]string{"validation", "test", "held"}, set) {
		set, metric = "measured", name
	}
	return set, strings.ReplaceAll(metric, "_", " ")
}

func (p *Program) modelsImport() *cobra.Command {
	var o common
	var config, name string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Install a model file, or a state dict of the public code with --config",
		Long: `Install a model: a file in this program's format (.safetensors), or a state dict
of the public ZoomMIL code (.pt, .pth, .safetensors) together with --config FILE,
the JSON configuration that it was trained with. Use it then as --model NAME.

The state dict of another method's public code needs a configuration that says
which: {"method": "clam_sb", "mag": "20x", "n_cls": 2}, methods called as in train
--method; of several magnifications low_mag, mid_mag and high_mag take the place
of mag. What weights do not tell goes into "options", such as {"loss":
"cross_entropy"} of dsmil, {"first_rows": true} of a transmil trained with
nystrom-attention 0.0.9, or {"cell": 10} of sparseconvmil.`,
		Example: `  zoomscope models import run/model.safetensors --name my-model
  zoomscope models import state.pt --config config.json --name published`,
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
		Example: `  zoomscope models inspect
  zoomscope models inspect run/model.safetensors`,
		Args: cobra.MaximumNArgs(1),
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
		Long: `Run a model on made-up features, on the device and on the processor, and compare
what it says. It fails where the two differ by more than rounding explains, and
where the device asked for with --device cannot be used.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.model = args[0]
			}
			t, err := p.Workspace.TestModel(cmd.Context(), o.engine())
			if err != nil {
				return err
			}
			if o.json {
				err = printJSON(p.Stdout, t)
			} else {
				fmt.Fprintf(p.Stdout, "%s on %s: %d patches in %.0f ms; probabilities within %.2g of the processor's\n",
					t.Model.Name, t.Device.Used, t.Patches, 1000*t.Seconds, t.Difference)
			}
			if short := t.Device.Shortfall(); short != "" && err == nil {
				err = fmt.Errorf("model %s was not tested on %s: it %s", t.Model.Name, t.Device.Requested, short)
			}
			return err
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document on standard output")
	o.addCompute(c, "decides the made-up features")
	return c
}
