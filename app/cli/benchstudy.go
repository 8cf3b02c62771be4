package cli

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// studyFlags are those of a comparison that trains ZoomMIL on a dataset with several
// seeds.
type studyFlags struct {
	common
	req app.AblationRequest
}

func (f *studyFlags) add(c *cobra.Command) {
	f.addOutput(c)
	f.addCompute(c, "") // --seeds says with which
	r := &f.req
	c.Flags().StringVar(&r.Bags, "bags", "", "folder of the slides' feature bags")
	c.Flags().StringVarP(&r.Out, "out", "o", "", "folder that keeps the runs and the table")
	c.Flags().StringVar(&r.Truth, "truth", "", "folder of the truths of synthetic slides: truth, beside them")
	c.Flags().IntVar(&r.Seeds, "seeds", 3, "how often each is trained, with the seeds 1, 2 and so on")
	c.Flags().IntVar(&r.Epochs, "epochs", 40, "epochs of each run")
	c.Flags().Float64Var(&r.Rate, "lr", 3e-4, "learning rate")
	c.Flags().IntVar(&r.Sizes.Embedding, "embedding", 128, "width of the embedding")
	c.Flags().IntVar(&r.Sizes.Hidden, "hidden", 64, "width of the attentions")
	c.Flags().Float64Var(&r.Options.Sigma, "sigma", 0.002, sigmaUsage)
	c.Flags().Float64Var(&r.Options.Dropout, "dropout", 0.25, "share of activations left out")
	c.Flags().Float64Var(&r.Options.WeightDecay, "weight-decay", 0, "weight decay")
	c.Flags().BoolVar(&r.RawFeatures, "raw-features", false, "train on features as they are, not standardised")
	c.Flags().IntVar(&r.Patience, "patience", 5, "epochs without a lower validation loss before the rate falls")
}

// request is what the flags ask for, which is refused where it makes no sense.
func (f *studyFlags) request(cmd *cobra.Command, args []string) (app.AblationRequest, error) {
	r, name := f.req, "bench "+cmd.Name()
	switch {
	case r.Bags == "" || r.Out == "":
		return r, usagef("%s: say where the bags are with --bags DIR, and where runs are kept with --out DIR", name)
	case r.Seeds < 1 || r.Epochs < 1 || r.Patience < 1:
		return r, usagef("%s: --seeds, --epochs and --patience must be 1 or more", name)
	case !(r.Options.Sigma > 0) || !(r.Rate > 0):
		return r, usagef("%s: --sigma and --lr must be above 0", name)
	case !(r.Options.Dropout >= 0 && r.Options.Dropout < 1) || !(r.Options.WeightDecay >= 0 && r.Options.WeightDecay < 1):
		return r, usagef("%s: --dropout and --weight-decay must be from 0 to below 1", name)
	}
	if r.Options.Dropout == 0 {
		r.Options.Dropout = -1 // its 0 is the published one
	}
	r.Table, r.Device, r.Threads, r.Command = args[0], f.device, f.threads, commandLine(cmd, args)
	return r, checkStudyOutput(r.Out, cmd.Name(), r.Table)
}

// checkStudyOutput refuses a folder in which a study's table would stand in place of
// a file that is read.
func checkStudyOutput(dir, name string, inputs ...string) error {
	var err error
	if dir != "" {
		for _, ending := range []string{".txt", ".csv", ".png", ".json"} {
			err = cmp.Or(err, app.CheckOutput(filepath.Join(dir, name+ending), inputs...))
		}
	}
	return err
}

// studyEvents show how a study goes.
func (p *Program) studyEvents(name string, m meter) app.StudyEvents {
	return app.StudyEvents{Started: p.sayShortfall, Progress: func(pr result.Progress) { m.update(name, pr) }}
}

// deviceTeller is told where work runs. It says when another device runs than was
// asked for, or takes over, and keeps the last one; m is what shows progress.
func (p *Program) deviceTeller(m interface{ clear() }, last *result.Device) func(result.Device) {
	return func(d result.Device) {
		m.clear()
		if last.Used != "" && d.Shortfall() == "" {
			fmt.Fprintf(p.Stderr, "note: %s goes on: %s\n", d.Used, d.Reason)
		}
		p.sayShortfall(d)
		*last = d
	}
}

// sayShortfall says at once that another device runs than was asked for.
func (p *Program) sayShortfall(d result.Device) { writeShortfall(p.Stderr, d) }

func writeShortfall(w io.Writer, d result.Device) {
	if short := d.Shortfall(); short != "" {
		fmt.Fprintf(w, "note: %s\n", short)
	}
}

// print writes a study, unless it failed, as the table or as JSON.
func (o *common) print(w io.Writer, study interface{ Print(io.Writer) error }, err error) error {
	if err != nil {
		return err
	}
	if o.json {
		return printJSON(w, study)
	}
	return study.Print(w)
}
