package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/app/export"
	"zoomscope/assets"
	"zoomscope/engine/result"
)

// exportFlags are those of the command export.
type exportFlags struct {
	common
	slide, out, name      string
	items                 []string
	magnifications        []float64
	layer, scale, colours string
	opacity, downsample   float64
	side, top             int
	noLegend, noOutlines  bool
	noTissue, letter      bool
	language              string
}

func (p *Program) export() *cobra.Command {
	var o exportFlags
	c := &cobra.Command{
		Use:   "export RESULT_JSON --out PATH",
		Short: "Make pictures, tables or a report of a finished analysis",
		Long: `Make files of a finished analysis, from the result.json that analyze wrote.

PATH is a folder, made when missing; --what says what goes into it, and --name
what its files' names begin with. Or PATH is a file, and its ending says what it
is: .pdf the report, .png attention over the slide, .tif attention as a
pyramidal TIFF that viewers lay over the slide, .geojson patches for QuPath,
.csv all patches, .json the result. A .png or .tif shows one magnification.

Files of the names that are written are replaced: give --name, or another folder, for
a slide that shares its name with one that was exported before.

The slide is looked for where it was when it was analysed, unless --slide says
where it is. Its label is never read.`,
		Example: `  zoomscope export results/slide/result.json --out report.pdf
  zoomscope export results/slide/result.json --out overlay.tif --magnification 10
  zoomscope export results/slide/result.json --slide moved/slide.svs --what attention,patches --out pictures`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := app.ReadResult(args[0])
			if err != nil {
				return err
			}
			req, err := o.request(r)
			if err != nil {
				return err
			}
			if err := app.CheckOutput(req.File, args[0]); err != nil {
				return err
			}
			m := newMeter(p.Stderr, o.quiet)
			files, err := p.Workspace.Export(cmd.Context(), req, func(q result.Progress) { m.update(export.SlideName(r.Slide), q) })
			m.clear()
			if err != nil {
				return err
			}
			return p.printExported(files, o.json)
		},
	}
	o.addOutput(c)
	o.add(c)
	return c
}

func (o *exportFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "folder or file to write")
	f.StringVar(&o.slide, "slide", "", "the slide's `file`, where it was moved")
	f.StringSliceVar(&o.items, "what", []string{string(app.ExportReport)}, "what to write into the folder: "+itemList())
	f.StringVar(&o.name, "name", "", "what the names of files begin with (default: the slide's name)")
	numbersFlag(f, &o.magnifications, "magnification", "only these `magnifications`, of what is one file for each")
	f.StringVar(&o.layer, "layer", string(export.Pooled), "attention that is shown: pooled, which the prediction rests on, or zoom")
	f.StringVar(&o.scale, "scale", string(export.Raw), "how it is spread over the colours: raw, or percentile")
	f.StringVar(&o.colours, "colors", "", "colour map: "+strings.Join(assets.ColorMapNames(), " or "))
	f.Float64Var(&o.opacity, "opacity", export.DefaultOpacity, "of the highest attention, above 0, up to 1")
	f.IntVar(&o.side, "max-side", export.DefaultMaxSide, "longer side of the slide in attention pictures, in pixels")
	f.IntVar(&o.top, "top", export.DefaultTop, "patches that stand out at the highest magnification")
	f.Float64Var(&o.downsample, "downsample", 0, "pixels of the slide along one pixel of a TIFF (default: about the magnification shown)")
	f.BoolVar(&o.noLegend, "no-legend", false, "attention pictures without their legend")
	f.BoolVar(&o.noOutlines, "no-outlines", false, "attention pictures without outlines of patches")
	f.BoolVar(&o.noTissue, "no-tissue", false, "TIFFs of the colours alone, without the slide under them")
	f.BoolVar(&o.letter, "letter", false, "the report on Letter paper, not A4")
	f.StringVar(&o.language, "language", "en", "of the report: "+strings.Join(assets.Languages(), " or "))
}

func itemList() string {
	var names []string
	for _, item := range exportItems() {
		names = append(names, string(item))
	}
	return strings.Join(names, ", ")
}

// exportItems are what can be made of a result without a window.
func exportItems() []app.ExportItem {
	return slices.DeleteFunc(app.ExportItems(), func(i app.ExportItem) bool { return i == app.ExportView })
}

// request makes what the flags ask for.
func (o *exportFlags) request(r *result.Result) (app.ExportRequest, error) {
	req := app.ExportRequest{
		Result: r, SlidePath: o.slide, Name: o.name, MaxSide: o.side, Legend: !o.noLegend, NoOutlines: o.noOutlines, Top: o.top,
		NoTissue: o.noTissue, Downsample: o.downsample, Language: o.language, Letter: o.letter,
	}
	for _, set := range []func(*app.ExportRequest) error{o.setColours, o.setTarget, o.setLevels} {
		if err := set(&req); err != nil {
			return req, err
		}
	}
	return req, o.checkNumbers()
}

func (o *exportFlags) checkNumbers() error {
	switch {
	case o.side < 1 || o.side > export.MaxAttentionSide:
		return usagef("--max-side %d: give 1 to %d; a .tif can be larger", o.side, export.MaxAttentionSide)
	case o.top < 1:
		return usagef("--top %d: give 1 or more", o.top)
	case o.downsample != 0 && !(o.downsample >= 1):
		return usagef("--downsample %g: give 1 or more", o.downsample)
	case !slices.Contains(assets.Languages(), o.language):
		return usagef("--language %s: there are only %s", o.language, strings.Join(assets.Languages(), " and "))
	}
	return nil
}

func (o *exportFlags) setColours(req *app.ExportRequest) error {
	if !(o.opacity > 0 && o.opacity <= 1) {
		return usagef("--opacity %g: give more than 0, up to 1", o.opacity)
	}
	if !slices.Contains([]export.Layer{export.Pooled, export.Zoom}, export.Layer(o.layer)) {
		return usagef("--layer %s: there are only pooled and zoom", o.layer)
	}
	if !slices.Contains([]export.Scale{export.Raw, export.Percentile}, export.Scale(o.scale)) {
		return usagef("--scale %s: there are only raw and percentile", o.scale)
	}
	colours, err := assets.NewColorMap(o.colours)
	if err != nil {
		return usagef("--colors: %w", err)
	}
	req.Heat = app.HeatOptions{Scale: export.Scale(o.scale), Layer: export.Layer(o.layer), Opacity: o.opacity, Colors: colours}
	return nil
}

// setTarget tells a file from a folder by its ending.
func (o *exportFlags) setTarget(req *app.ExportRequest) error {
	if o.out == "" {
		return usagef("export: say where to write with --out PATH")
	}
	if item, ok := itemOf(filepath.Ext(o.out)); ok {
		req.File, req.Items = o.out, []app.ExportItem{item}
		return nil
	}
	req.Dir = o.out
	for _, name := range o.items {
		item := app.ExportItem(strings.TrimSpace(name))
		if !slices.Contains(exportItems(), item) {
			return usagef("--what %s: there are only %s", name, itemList())
		}
		req.Items = append(req.Items, item)
	}
	return nil
}

// itemOf is what a file of that ending holds.
func itemOf(ext string) (app.ExportItem, bool) {
	item, ok := map[string]app.ExportItem{
		".pdf": app.ExportReport, ".png": app.ExportAttention, ".tif": app.ExportOverlay, ".tiff": app.ExportOverlay,
		".geojson": app.ExportGeoJSON, ".csv": app.ExportCSV, ".json": app.ExportJSON,
	}[strings.ToLower(ext)]
	return item, ok
}

// setLevels finds the magnifications; a single file without any shows the
// highest one.
func (o *exportFlags) setLevels(req *app.ExportRequest) error {
	all := req.Result.Model.Magnifications
	for _, m := range o.magnifications {
		i := slices.Index(all, m)
		if i < 0 {
			return usagef("--magnification %g: the result has only %s", m, levelList(all))
		}
		req.Levels = append(req.Levels, i)
	}
	if req.File == "" || !req.Items[0].PerMagnification() {
		return nil
	}
	switch {
	case len(all) == 0:
		return fmt.Errorf("%s: the result has no magnification to show", req.File)
	case len(req.Levels) == 0:
		req.Levels = []int{len(all) - 1}
	case len(req.Levels) > 1:
		return usagef("%s: one file shows one --magnification; give a folder for more", req.File)
	}
	return nil
}

func levelList(all []float64) string {
	var names []string
	for _, m := range all {
		names = append(names, fmt.Sprintf("%g", m))
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func (p *Program) printExported(files []string, asJSON bool) error {
	if asJSON {
		return printJSON(p.Stdout, map[string][]string{"files": files})
	}
	for _, f := range files {
		if _, err := fmt.Fprintln(p.Stdout, f); err != nil {
			return err
		}
	}
	return nil
}
