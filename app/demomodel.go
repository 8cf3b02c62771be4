package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/train"
	"zoomscope/slideio/atomicfile"
)

// DemoModelRequest asks for the model that comes with the program to be made
// again: slides are drawn and encoded, a model is trained on them and tested on
// slides of other seeds. Nothing that is in Work already is done again.
type DemoModelRequest struct {
	Work   string // folder of slides, bags and the run
	Out    string // folder that receives synthetic.safetensors and its card
	Slides int    // to train, validate and test on
	Held   int    // slides of another seed
	Side   int    // mean side of a slide in pixels
	Epochs int
	Seed   uint64
}

// DefaultDemoModel is how the model of this version was made.
func DefaultDemoModel() DemoModelRequest {
	return DemoModelRequest{Slides: 240, Held: 60, Side: 6144, Epochs: 150, Seed: 11}
}

// DemoModel is what came of it.
type DemoModel struct {
	Model  string         `json:"model"` // file
	Card   string         `json:"card"`
	SHA256 string         `json:"sha256"`
	Test   *train.Metrics `json:"test"` // slides of the same seed, not trained on
	Held   *train.Metrics `json:"held"` // slides of another seed
	Zoomed bench.Score    `json:"zoomed"`
}

// demoNote is what every result of the model says.
const demoNote = "The model was trained on synthetic tissue: it is for trying out the program, not for diagnosis."

// demoWork are the folders of one making.
type demoWork struct {
	*Workspace
	req    DemoModelRequest
	report func(result.Progress)
}

// BuildDemoModel makes the model. Equal requests give equal bytes on one machine.
// progress may be nil.
func (w *Workspace) BuildDemoModel(ctx context.Context, req DemoModelRequest, progress func(result.Progress)) (*DemoModel, error) {
	d := demoWork{w, req, result.Throttle(progress)}
	if err := d.sameRequest(); err != nil {
		return nil, err
	}
	if err := d.cohort(ctx, "train", req.Slides, req.Seed); err != nil {
		return nil, err
	}
	if err := d.cohort(ctx, "held", req.Held, req.Seed+1); err != nil {
		return nil, err
	}
	trained, err := d.train(ctx)
	if err != nil {
		return nil, err
	}
	held, err := w.Evaluate(ctx, EvaluateRequest{
		Model: d.path("run"), Dataset: d.path("held", "slides.csv"), Bags: d.path("held-bags"), Device: string(device.CPU),
	}, progress)
	if err != nil {
		return nil, err
	}
	zoomed, err := d.score(ctx, trained.Model)
	if err != nil {
		return nil, err
	}
	out := &DemoModel{Test: trained.Test, Held: held.Metrics, Zoomed: zoomed}
	return out, d.publish(trained.Model, out)
}

func (d *demoWork) path(parts ...string) string {
	return filepath.Join(append([]string{d.req.Work}, parts...)...)
}

// sameRequest makes sure that what is in the folder was made for this request, and
// notes it in a new one.
func (d *demoWork) sameRequest() error {
	now, err := json.Marshal([]uint64{uint64(d.req.Slides), uint64(d.req.Held), uint64(d.req.Side), d.req.Seed})
	if err != nil {
		return err
	}
	before, err := os.ReadFile(d.path("request.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.Join(os.MkdirAll(d.req.Work, 0o755), atomicfile.WriteBytes(d.path("request.json"), now))
	case err != nil:
		return err
	case !bytes.Equal(before, now):
		return fmt.Errorf("%s holds slides of another number, size or seed; choose another folder, or remove it", d.req.Work)
	}
	return nil
}

// cohort draws slides and encodes them.
func (d *demoWork) cohort(ctx context.Context, name string, slides int, seed uint64) error {
	table := d.path(name, "slides.csv")
	err := missing(table, func() error {
		_, err := d.Synthesize(ctx, SynthRequest{Out: d.path(name), Slides: slides, Seed: seed, Side: d.req.Side, Again: true}, d.report)
		return err
	})
	if err != nil {
		return err
	}
	list, err := SlidesOf([]string{table})
	if err != nil {
		return err
	}
	done := 0
	outcomes, err := d.Extract(ctx, ExtractRequest{
		Slides: list, Out: d.path(name + "-bags"), Magnifications: []float64{5, 10, 20}, Tissue: "crc",
		Engine: EngineOptions{Device: string(device.CPU)},
	}, func(e Event) {
		if e.Progress.Done == e.Progress.Total {
			done = e.Index + 1
		}
		d.report(result.Progress{Stage: "encoding slides", Done: done, Total: e.Count})
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range outcomes {
		failed = append(failed, o.Err)
	}
	return errors.Join(failed...)
}

// demoTraining are the settings of the run.
func (d *demoWork) demoTraining() TrainRequest {
	r := DefaultTraining()
	r.Dataset, r.Bags, r.Out = d.path("train", "slides.csv"), d.path("train-bags"), d.path("run")
	r.Resume, r.Device, r.K = true, string(device.CPU), []int{12}
	r.Config.Epochs, r.Config.LearningRate, r.Config.Seed = d.req.Epochs, 3e-4, 1
	r.Config.Plateau.Patience = 15
	r.Learner.Sigma, r.Learner.FullGradient = 0.005, true
	r.Config.Model.Sizes = mil.Sizes{Hidden: 64, Embedding: 128}
	r.Config.Model.Name = "synthetic"
	r.Config.Model.IntendedUse = "Trying out the program on its synthetic slides. Trained on synthetic tissue, not for diagnosis."
	r.Config.Model.Licence = "MIT"
	r.Config.Model.Training.Note = demoNote
	return r
}

func (d *demoWork) train(ctx context.Context) (*TrainSummary, error) {
	return d.Train(ctx, d.demoTraining(), func(e TrainEvent) {
		if p, ok := e.(TrainProgress); ok {
			d.report(p.Progress)
		}
	})
}

// score asks how often the model zooms into the evidence of slides of another
// seed.
func (d *demoWork) score(ctx context.Context, model string) (bench.Score, error) {
	truths, err := bench.LoadTruths(d.path("held", "truth"))
	if err != nil {
		return bench.Score{}, err
	}
	data, err := train.Load(ctx, d.path("held", "slides.csv"), d.path("held-bags"), train.LoadOptions{})
	if err != nil {
		return bench.Score{}, err
	}
	place, err := d.place(ctx, EngineOptions{Device: string(device.CPU)})
	if err != nil {
		return bench.Score{}, err
	}
	return truths.Score(ctx, place.Opener, model, data.Samples)
}

// publish writes the model and its card.
func (d *demoWork) publish(trained string, out *DemoModel) error {
	m, err := mil.Load(trained)
	if err != nil {
		return err
	}
	c := m.Config()
	c.Training.Metrics = map[string]float64{
		"test_accuracy": float64(out.Test.Accuracy), "test_weighted_f1": float64(out.Test.WeightedF1),
		"held_accuracy": float64(out.Held.Accuracy), "held_weighted_f1": float64(out.Held.WeightedF1),
		"evidence_found": out.Zoomed.Found, "patches_with_evidence": out.Zoomed.Patches, "patches_with_evidence_by_chance": out.Zoomed.Chance,
	}
	if m, err = mil.Assemble(c, m.Params()); err != nil {
		return err
	}
	if err := os.MkdirAll(d.req.Out, 0o755); err != nil {
		return err
	}
	out.Model, out.Card = filepath.Join(d.req.Out, "synthetic.safetensors"), filepath.Join(d.req.Out, "synthetic.md")
	if err := m.Save(out.Model); err != nil {
		return err
	}
	out.SHA256 = m.SHA256()
	return atomicfile.Write(out.Card, func(w io.Writer) error { return d.card(w, c, out) })
}

// card describes the model for people.
func (d *demoWork) card(w io.Writer, c mil.Config, out *DemoModel) error {
	row := func(name string, m *train.Metrics) string {
		return fmt.Sprintf("| %s | %d | %.3f | %.3f | %.3f (%.3f-%.3f) |", name, m.Slides, m.Accuracy, m.WeightedF1, m.AUC.Value, m.AUC.Low, m.AUC.High)
	}
	lines := []string{
		"# The model that comes with the program", "",
		"**" + demoNote + " " + result.ResearchUse + "**", "",
		fmt.Sprintf("ZoomMIL at %v, K = %v, %d values per patch, classes %s.", c.Magnifications, c.K, c.Encoder.Dim, strings.Join(c.Classes, ", ")),
		fmt.Sprintf("Encoder: the built-in one (%s). SHA-256 of the file: `%s`.", c.Encoder.Name, out.SHA256), "",
		"## Data", "",
		fmt.Sprintf("%d synthetic slides of seed %d, some %d pixels wide at 20x, split 60:20:20 by patient; %d slides of seed %d, never used in training.",
			d.req.Slides, d.req.Seed, d.req.Side, d.req.Held, d.req.Seed+1),
		"A class is proven by structures of about 10 um that only 10x and 20x show, inside regions that low magnification only hints at.", "",
		"## Results", "",
		"| slides | number | accuracy | weighted F1 | AUC (95 % interval) |", "|---|---|---|---|---|",
		row("test split", out.Test), row("other seed", out.Held), "",
		fmt.Sprintf("On the %d slides of the other seed that hold evidence: in %.1f %% a patch that was read at the highest magnification shows it; %.1f %% of those patches do, %.1f %% of all patches.",
			out.Zoomed.Slides, 100*out.Zoomed.Found, 100*out.Zoomed.Patches, 100*out.Zoomed.Chance), "",
		"## How it was made", "",
		fmt.Sprintf("`make demo-model`: %d epochs, the best by validation loss; every number follows from the seeds.", d.req.Epochs),
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}
