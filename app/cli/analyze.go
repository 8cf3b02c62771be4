package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/app/export"
	"zoomscope/assets"
	"zoomscope/engine/result"
)

func (p *Program) analyze() *cobra.Command {
	var o common
	var out, bags, language string
	var magnification float64
	var report bool
	c := &cobra.Command{
		Use:   "analyze SLIDE... --out DIR",
		Short: "Run a model on slides; write results, attention pictures and patches",
		Long: `Run a model on slides. For each slide a folder DIR/<slide> is written with
result.json, an attention picture per magnification, the patches that stand out, a
CSV table and GeoJSON for QuPath; for a model that zooms, the zoom path; with
--report, a page of PDF too. A model whose method has no attention, such as
meanmil, gives neither attention pictures nor patches that stand out. A slide that
fails does not stop the others.

With --json the result of the slide is printed; for several slides, an object
with "results" and "failed".`,
		Example: `  zoomscope analyze slide.svs --out results
  zoomscope analyze slides/*.tiff --model run/model.safetensors --bags bags --out results`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, slides []string) error {
			if out == "" {
				return usagef("analyze: say where to write with --out DIR")
			}
			if err := checkMagnification(magnification); err != nil {
				return err
			}
			drawing := p.Export
			if report {
				var err error
				if drawing.Report, err = p.report(language); err != nil {
					return err
				}
			}
			m := newMeter(p.Stderr, o.quiet)
			outcomes, err := p.Workspace.Analyze(cmd.Context(), app.AnalyzeRequest{
				Slides: slides, Out: out, Engine: o.engine(), Magnification: magnification, Export: drawing, Bags: bags,
				Warn: p.warner(m, o.quiet),
			}, func(e app.Event) { m.update(subject(e), e.Progress) })
			m.clear()
			if err != nil && len(outcomes) == 0 {
				return err
			}
			if perr := p.printOutcomes(outcomes, len(slides), o.json); perr != nil {
				return perr
			}
			if err != nil {
				return err
			}
			return batchError(failures(outcomes), len(slides))
		},
	}
	o.addOutput(c)
	o.addCompute(c, seedOfStandIn)
	o.addModel(c)
	c.Flags().StringVarP(&out, "out", "o", "", "folder to write to; made when missing")
	c.Flags().Float64Var(&magnification, "magnification", 0, "magnification a slide was scanned at, where its file does not say or is wrong; of several slides that of those whose files do not say")
	c.Flags().BoolVar(&report, "report", false, "write report.pdf too: all of it on one page")
	c.Flags().StringVar(&language, "language", "en", "of the report: "+strings.Join(assets.Languages(), " or "))
	c.Flags().StringVar(&bags, "bags", "", "`folder` of bags that extract made: slides whose features are there are not read again")
	return c
}

// report is how reports are written in a language.
func (p *Program) report(language string) (*export.ReportOptions, error) {
	if !slices.Contains(assets.Languages(), language) {
		return nil, usagef("--language %s: there are only %s", language, strings.Join(assets.Languages(), " and "))
	}
	texts, err := export.LoadReportTexts(language)
	return &export.ReportOptions{Version: p.Version, Texts: texts}, err
}

func checkMagnification(m float64) error {
	if m != 0 && !(m >= 1 && m <= 200) {
		return usagef("--magnification %g: give the objective the slide was scanned with, such as 20 or 40", m)
	}
	return nil
}

// warner writes the warnings of a slide before its patches are encoded, which may take
// hours; nil where there is to be quiet.
func (p *Program) warner(m interface{ clear() }, quiet bool) func(slide string, warnings []string) {
	if quiet {
		return nil
	}
	return func(slide string, warnings []string) {
		m.clear()
		for _, text := range warnings {
			fmt.Fprintf(p.Stderr, "%s: note: %s\n", shown(filepath.Base(slide)), text)
		}
	}
}

// subject names the slide of an event, with its number in a batch.
func subject(e app.Event) string {
	name := shown(filepath.Base(e.Slide))
	if e.Count > 1 {
		return fmt.Sprintf("[%d/%d] %s", e.Index+1, e.Count, name)
	}
	return name
}

func failures(outcomes []app.Outcome) int {
	n := 0
	for _, o := range outcomes {
		if o.Err != nil {
			n++
		}
	}
	return n
}

// failure is a slide that could not be done, in JSON.
type failure struct {
	Slide string `json:"slide"`
	Error string `json:"error"`
}

// batch is the JSON of several slides.
type batch struct {
	Results []*result.Result `json:"results"`
	Failed  []failure        `json:"failed"`
}

func (p *Program) printOutcomes(outcomes []app.Outcome, asked int, asJSON bool) error {
	all := batch{Results: []*result.Result{}, Failed: []failure{}}
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Fprintln(p.Stderr, "zoomscope: "+explain(o.Err, o.Slide))
			all.Failed = append(all.Failed, failure{o.Slide, o.Err.Error()})
			continue
		}
		all.Results = append(all.Results, o.Result)
		if !asJSON {
			printResult(p.Stdout, o)
		}
	}
	switch {
	case !asJSON:
		return nil
	case asked == 1 && len(all.Results) == 1:
		return printJSON(p.Stdout, all.Results[0])
	default:
		return printJSON(p.Stdout, all)
	}
}

func printResult(w io.Writer, o app.Outcome) {
	r := o.Result
	fmt.Fprintf(w, "%s\n", shown(o.Slide))
	for i, class := range r.Model.Classes {
		mark := " "
		if class == r.Prediction.Label {
			mark = ">"
		}
		fmt.Fprintf(w, "  %s %-24s %5.1f %%\n", mark, class, 100*r.Prediction.Probabilities[i])
	}
	fmt.Fprintf(w, "  read %d of %d patches (%.1f %%) in %.1f s\n", r.Counts.Encoded, r.Counts.Exhaustive,
		100*float64(r.Counts.Encoded)/float64(max(r.Counts.Exhaustive, 1)), r.Seconds.Total)
	fmt.Fprintf(w, "  model %s, encoder %s, device %s (%s)\n", r.Model.Name, r.Encoder.Name, r.Device.Used, r.Device.Name)
	for _, text := range r.Warnings {
		fmt.Fprintf(w, "  note: %s\n", text)
	}
	if o.Out != "" {
		fmt.Fprintf(w, "  written to %s\n", shown(o.Out))
	}
	fmt.Fprintf(w, "  %s\n", r.Notice)
}
