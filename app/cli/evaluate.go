package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

func (p *Program) evaluate() *cobra.Command {
	var o common
	var req app.EvaluateRequest
	c := &cobra.Command{
		Use:   "evaluate RUN|MODEL [CSV --bags DIR]",
		Short: "Measure how a model does on labelled slides",
		Long: `Measure a model, that of a run folder, of a file, or an installed one, on the
slides that CSV lists with their labels, and whose bags are in DIR. A run folder
without CSV shows what the run found at its end. A CSV of instances, as train
takes it, holds the features itself and goes without --bags.

A run folder knows how the run divided its slides: --split test takes those that
it has not seen. A model file does not know. There, --split goes by the column
split of CSV; without that column all lines are evaluated, and must not be slides
that the model has learnt from: figures would be better than the model is.`,
		Example: `  zoomscope evaluate run
  zoomscope evaluate run slides/slides.csv --bags bags --split test --out predictions.csv
  zoomscope evaluate model.safetensors others.csv --bags others`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return p.showRun(cmd, args[0], o.json)
			}
			req.Model, req.Dataset = args[0], args[1]
			if err := checkEvaluate(req); err != nil {
				return err
			}
			req.Device, req.Threads, req.Seed = o.device, o.threads, o.seed
			req.Started = p.sayShortfall
			m := newMeter(p.Stderr, o.quiet)
			e, err := p.Workspace.Evaluate(cmd.Context(), req, func(pr result.Progress) { m.update("slides", pr) })
			m.clear()
			if errors.Is(err, mil.ErrEncoder) {
				err = &advised{err, "Give bags of the slides that the model's encoder made: zoomscope models inspect MODEL names it, and extract --encoder takes it."}
			}
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(p.Stdout, e)
			}
			return printEvaluation(p.Stdout, e)
		},
	}
	o.addOutput(c)
	o.addCompute(c, "decides what is drawn again and again for the interval of the AUC")
	c.Flags().StringVar(&req.Bags, "bags", "", "folder of the slides' bags")
	c.Flags().StringVar(&req.Split, "split", "all", "slides to take: all, test, val or train, as the run divided them, or else as CSV does")
	c.Flags().StringVarP(&req.Predictions, "out", "o", "", "CSV `file` that receives the prediction for each slide")
	return c
}

func checkEvaluate(req app.EvaluateRequest) error {
	if req.Bags == "" && !train.IsInstances(req.Dataset) {
		return usagef("evaluate: say where the bags are with --bags DIR; extract makes them")
	}
	if splits := []string{"all", "test", "val", "train"}; !slices.Contains(splits, req.Split) {
		return usagef("--split %s: give one of %s", req.Split, strings.Join(splits, ", "))
	}
	return nil
}

// showRun prints how a run ended.
func (p *Program) showRun(cmd *cobra.Command, dir string, asJSON bool) error {
	for _, name := range []string{"bags", "split", "out"} {
		if cmd.Flags().Changed(name) {
			return usagef("evaluate: --%s needs a CSV of labelled slides", name)
		}
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return usagef("evaluate %s: a model that is no run folder needs a CSV of labelled slides, and their bags", dir)
	}
	s, err := p.Workspace.RunSummary(dir)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(p.Stdout, s)
	}
	return printRun(p.Stdout, s)
}

func printEvaluation(w io.Writer, e *app.Evaluation) error {
	fmt.Fprintf(w, "model %s on %s\n\n", e.Model.Name, shown(e.Dataset))
	name := map[string]string{"all": "all slides"}[e.Split]
	if name == "" {
		name = e.Split
	}
	printMetrics(w, []string{name}, []*train.Metrics{e.Metrics})
	fmt.Fprintln(w)
	printConfusion(w, name, e.Metrics)
	fmt.Fprintf(w, "\nmodel   %s\ndevice  %s (%s)\n", shown(e.Path), e.Device.Used, e.Device.Name)
	if e.Written != "" {
		fmt.Fprintf(w, "written %s\n", shown(e.Written))
	}
	return printNotes(w, e.Warnings, e.Notice)
}
