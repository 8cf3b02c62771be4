package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zoomscope/engine/bag"
	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/result"
	"zoomscope/engine/safetensors"
	"zoomscope/engine/tissue"
)

// study is a table of labelled slides and the folder of their bags.
type study struct{ table, bags string }

// newStudy makes small bags of random features that tell two classes apart: 20
// slides with a few patches at 5x, 10x and 20x.
func newStudy(t *testing.T) study {
	t.Helper()
	dir := t.TempDir()
	s := study{filepath.Join(dir, "slides.csv"), filepath.Join(dir, "bags")}
	if err := os.Mkdir(s.bags, 0o755); err != nil {
		t.Fatal(err)
	}
	rows := "slide,label\n"
	for i := range 20 {
		name, class := fmt.Sprintf("s%02d", i), i%2
		saveRandomBag(t, filepath.Join(s.bags, name+".bag.safetensors"), name, 2+i%3, class)
		rows += fmt.Sprintf("%s.svs,%s\n", name, []string{"normal", "tumour"}[class])
	}
	write(t, s.table, []byte(rows))
	return s
}

// saveRandomBag writes the bag of a slide with n patches at 5x.
func saveRandomBag(t *testing.T, path, name string, n, class int) {
	t.Helper()
	const dim = 8
	settings, _ := tissue.Preset("default")
	m := bag.Manifest{
		Slide: result.Slide{Path: name + ".svs", Width: 9000, Height: 9000, MPP: [2]float64{0.5, 0.5}}, ContentID: "content of " + name,
		Magnifications: []float64{5, 10, 20}, PatchSize: 256, Encoder: result.Encoder{Name: "random", SHA256: strings.Repeat("ab", 32), Dim: dim}, Tissue: settings,
	}
	dice := rand.New(rand.NewPCG(uint64(n), uint64(name[1])<<8|uint64(name[2])))
	levels := make([]bag.Level, 3)
	for i := range n {
		levels[0].Cells = append(levels[0].Cells, grid.Cell{Column: i})
	}
	for l := 1; l < 3; l++ {
		for _, p := range levels[l-1].Cells {
			for j := range 4 {
				levels[l].Cells = append(levels[l].Cells, grid.Cell{Column: 2*p.Column + j%2, Row: 2*p.Row + j/2})
			}
		}
	}
	for l := range levels {
		for i := range len(levels[l].Cells) * dim {
			shift := float32(0)
			if i%dim == 0 {
				shift = 2 * float32(class)
			}
			levels[l].Features = append(levels[l].Features, shift+float32(dice.NormFloat64()))
		}
	}
	b, err := bag.New(m, levels)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Save(path, safetensors.F32); err != nil {
		t.Fatal(err)
	}
}

// train is a command line that trains a small network for a few epochs.
func (s study) train(out string, more ...string) []string {
	return append([]string{"train", s.table, "--bags", s.bags, "--out", out, "--device", "cpu", "--threads", "1",
		"--epochs", "4", "--seed", "3", "--k", "2", "--embedding", "8", "--hidden", "4", "--lr", "0.01", "--samples", "20"}, more...)
}

// summary is what the tests read of a run's JSON.
type summary struct {
	Run, Model, Ended string
	Epochs, Best      int
	Figures           []string
	Slides            map[string]int
	Device            *struct{ Used string }
	Test              *struct {
		Slides    int
		Accuracy  float64
		Confusion [][]int
	}
	Notice string
}

func TestTrain(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "first")
	said := m.run(t, s.train(out, "--json", "--name", "two kinds", "--licence", "CC0")...)
	said.want(t, exitDone, "epoch 1 of 4", "epoch 4 of 4", "val loss", "left", "device cpu", "12 slides to train")
	var sum summary
	said.document(t, &sum)
	if sum.Ended != "completed" || sum.Epochs != 4 || sum.Best < 1 || sum.Slides["train"] != 12 || sum.Test == nil || sum.Test.Slides != 4 ||
		sum.Device.Used != "cpu" || sum.Notice != result.ResearchUse {
		t.Errorf("%+v", sum)
	}
	for _, name := range []string{"run.json", "metrics.csv", "predictions.csv", "evaluation.json", "figures/loss.png", "figures/metrics.png", "figures/confusion.png"} {
		if !slices.Contains(files(t, out), name) {
			t.Errorf("there is no %s in %q", name, files(t, out))
		}
	}
	for _, path := range sum.Figures {
		if img, err := png.Decode(bytes.NewReader(read(t, path))); err != nil || img.Bounds().Dx() < 300 {
			t.Errorf("%s: %v", path, err)
		}
	}
	model, err := mil.Load(sum.Model)
	if err != nil {
		t.Fatal(err)
	}
	if c := model.Config(); c.Name != "two kinds" || c.Licence != "CC0" || !c.Training.Trained || c.Training.Seed != 3 ||
		!slices.Equal(c.K, []int{2, 2}) || !slices.Equal(c.Classes, []string{"normal", "tumour"}) || c.Tissue.Preset != "default" {
		t.Errorf("%+v", c)
	}

	m.run(t, s.train(out)...).want(t, exitFailed, out, "--resume")
	again := m.run(t, s.train(out, "--resume", "--name", "two kinds", "--licence", "CC0")...)
	again.want(t, exitDone)
	for _, text := range []string{"completed after 4 of 4 epochs", "test: truth in lines", "weighted F1", sum.Model, result.ResearchUse} {
		if !strings.Contains(again.stdout, text) {
			t.Errorf("stdout does not say %q: %s", text, again.stdout)
		}
	}
	again.want(t, exitDone, "this run had ended")
	if strings.Contains(again.stderr, "going on after") {
		t.Errorf("stderr %q", again.stderr)
	}
	finished := m.run(t, s.train(out, "--finish", "--quiet", "--name", "two kinds", "--licence", "CC0")...)
	finished.want(t, exitDone, "this run had ended")
	m.run(t, s.train(out, "--resume", "--lr", "0.02")...).want(t, exitFailed, "learning_rate was 0.01, is 0.02")
}

// A training that is stopped goes on and comes to the same, and what evaluate
// finds is what the training found.
func TestTrainResumes(t *testing.T) {
	m, s := withRuntime(t), newStudy(t)
	whole, broken := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "run")
	m.run(t, s.train(whole, "--quiet")...).want(t, exitDone)

	ctx, cancel := context.WithCancel(t.Context())
	m.onStderr = func(text string) {
		if strings.Contains(text, "epoch 2 of 4") {
			cancel()
		}
	}
	said := m.runWith(t, ctx, s.train(broken, "--resume")...)
	said.want(t, exitFailed, "zoomscope: stopped", "2 of 4 epochs are done", "same command with --resume")
	if said.stdout != "" {
		t.Errorf("stdout %q", said.stdout)
	}
	m.run(t, "evaluate", broken).want(t, exitFailed, broken, "--resume")

	m.onStderr = nil
	said = m.run(t, s.train(broken, "--resume")...)
	said.want(t, exitDone, "going on after epoch 2 of 4", "epoch 3 of 4")
	if strings.Contains(said.stderr, "epoch 2 of 4  ") {
		t.Errorf("epoch 2 was run again: %s", said.stderr)
	}
	for _, name := range files(t, whole) {
		if name != "run.lock" && !bytes.Equal(read(t, filepath.Join(whole, name)), read(t, filepath.Join(broken, name))) {
			t.Errorf("%s is another than without the interruption", name)
		}
	}
}

// What cannot be gone on with is refused before anything is said of what would be.
func TestTrainRefusesFolder(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "run")
	m.run(t, s.train(out, "--quiet")...).want(t, exitDone)
	before := files(t, s.bags)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"ended, other settings": {s.train(out, "--resume", "--sigma", "0.25"), "sigma was"},
		"ended, not resumed":    {s.train(out), "--resume"},
		"the bags":              {s.train(s.bags), "is not empty and holds no run"},
		"the bags, resumed":     {s.train(s.bags, "--resume"), "give a new folder"},
	} {
		t.Run(name, func(t *testing.T) {
			said := m.run(t, c.args...)
			said.want(t, exitFailed, c.says)
			if !strings.HasPrefix(said.stderr, "zoomscope: ") || strings.Count(said.stderr, "\n") != 1 {
				t.Errorf("stderr %q is more than the error", said.stderr)
			}
		})
	}
	if after := files(t, s.bags); !slices.Equal(before, after) {
		t.Errorf("bags %q, now %q", before, after)
	}
}

func TestTrainFinish(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "run")
	m.run(t, s.train(out, "--finish")...).want(t, exitFailed, out, "no epoch")
	ctx, cancel := context.WithCancel(t.Context())
	m.onStderr = func(text string) {
		if strings.Contains(text, "epoch 1 of 4") {
			cancel()
		}
	}
	m.runWith(t, ctx, s.train(out, "--resume")...).want(t, exitFailed, "stopped")
	m.onStderr = nil
	said := m.run(t, s.train(out, "--finish", "--json", "--quiet")...)
	said.want(t, exitDone)
	var sum summary
	said.document(t, &sum)
	if strings.Contains(said.stderr, "had ended") {
		t.Errorf("stderr %q", said.stderr)
	}
	if sum.Ended != "ended by user" || sum.Epochs != 1 || sum.Test == nil {
		t.Errorf("%+v", sum)
	}
}

// Warnings are heard even of a quiet command.
func TestTrainWarnsOfFewPatches(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "run")
	args := replaced(s.train(out, "--quiet"), "2", "4,9")
	said := m.run(t, args...)
	said.want(t, exitDone, "fewer patches", "more.")
	if strings.Contains(said.stdout, "fewer patches") || strings.Count(said.stderr, " at 5x)") > 3 {
		t.Errorf("stdout %q, stderr %q", said.stdout, said.stderr)
	}
	said = m.run(t, "evaluate", out) // a command of its own says it again
	said.want(t, exitDone)
	if !strings.Contains(said.stdout, "fewer patches") {
		t.Errorf("stdout %q", said.stdout)
	}
	var sum struct{ Warnings []string }
	said = m.run(t, append(args, "--resume", "--json")...)
	said.want(t, exitDone)
	said.document(t, &sum)
	if text := strings.Join(sum.Warnings, " "); !strings.Contains(text, "fewer patches") || strings.Count(text, " at 5x)") <= 3 {
		t.Errorf("warnings %q", sum.Warnings)
	}
}

func TestShortNote(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a sentence":       {"There is no test split; nothing will be known.", "There is no test split; nothing will be known."},
		"three":            {"Slides (3): a; b; c.", "Slides (3): a; b; c."},
		"four":             {"Slides (4): a; b; c; d.", "Slides (4): a; b; c; and 1 more."},
		"cut already":      {"Slides (12): a (1 of 2 at 5x); b; c; d; e; and 7 more.", "Slides (12): a (1 of 2 at 5x); b; c; and 9 more."},
		"no count":         {"Slides (many): a; b; c; d.", "Slides (many): a; b; c; d."},
		"a huge count":     {"Slides (99999999999999999999): a; b; c; d.", "Slides (99999999999999999999): a; b; c; d."},
		"fewer than it is": {"Slides (9): a; b.", "Slides (9): a; b."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shortNote(c.text); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// replaced puts one argument in the place of another.
func replaced(args []string, old, with string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if a == old {
			args[i] = with
		}
	}
	return args
}

func TestTrainVariants(t *testing.T) {
	m, s := withRuntime(t), newStudy(t)
	for name, flags := range map[string][]string{
		"random":     {"--selection", "random"},
		"hard":       {"--selection", "hard,random", "--attention", "single", "--fusion", "concat"},
		"two levels": {"--magnifications", "5,10", "--fusion", "highest", "--classifier", "mlp", "--dropout", "0"},
		"preset":     {"--preset", "crc-eff", "--select", "f1", "--sampling", "shuffled", "--full-gradient", "--weight-decay", "0.01"},
		"folds":      {"--folds", "4", "--fold", "3", "--early-stop", "1", "--patience", "0", "--factor", "0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "run")
			said := m.run(t, s.train(out, append(flags, "--quiet", "--json", "--epochs", "2")...)...)
			said.want(t, exitDone)
			var sum summary
			said.document(t, &sum)
			c, err := mil.Load(sum.Model)
			if err != nil {
				t.Fatal(err)
			}
			m.run(t, "evaluate", out, s.table, "--bags", s.bags, "--quiet", "--device", "cpu").want(t, exitDone)
			if got := c.Config(); name == "hard" && (!slices.Equal(got.Selection, []string{mil.Hard, mil.Random}) || got.Fusion != mil.Concat || got.Attention != mil.Single) ||
				name == "preset" && (!slices.Equal(got.Magnifications, []float64{5, 10}) || !slices.Equal(got.K, []int{2})) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Every method is trained, evaluated and tested by the same commands.
func TestTrainMethods(t *testing.T) {
	m, s := withRuntime(t), newStudy(t)
	small := map[string][]string{
		mil.MaxMIL: {"--embedding", "8"}, mil.MeanMIL: {"--embedding", "8"}, mil.TransMIL: {"--embedding", "16", "--magnifications", "10"},
		mil.DSMIL: {"--hidden", "4"}, mil.CLAMSB: {"--embedding", "8", "--hidden", "4", "--subtyping", "--instances", "2"},
		mil.MSMIL: {"--magnifications", "5,20"},
	}
	for _, method := range mil.Methods() {
		t.Run(method, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "run")
			m.onStderr = nil
			line := append([]string{"train", s.table, "--bags", s.bags, "--out", out, "--device", "cpu", "--threads", "1", "--epochs", "3", "--seed", "3",
				"--method", method, "--json"}, small[method]...)
			said := m.run(t, line...)
			said.want(t, exitDone, "("+method+")")
			var sum summary
			said.document(t, &sum)
			model, err := mil.Load(sum.Model)
			if err != nil {
				t.Fatal(err)
			}
			c, want := model.Config(), []float64{20}
			switch method {
			case mil.ZoomMIL, mil.DSMIL:
				want = []float64{5, 10, 20}
			case mil.TransMIL:
				want = []float64{10}
			case mil.MSMIL:
				want = []float64{5, 20}
			}
			if !slices.Equal(c.Magnifications, want) || c.Grid()[0] != 5 || c.Exhaustive() != (method != mil.ZoomMIL) {
				t.Errorf("magnifications %v, laid out at %v", c.Magnifications, c.Grid())
			}
			m.run(t, "evaluate", out, s.table, "--bags", s.bags, "--quiet", "--device", "cpu").want(t, exitDone)
			m.run(t, "models", "test", sum.Model, "--device", "cpu").want(t, exitDone)
			m.run(t, "models", "inspect", sum.Model).want(t, exitDone)

			broken := filepath.Join(t.TempDir(), "run")
			ctx, cancel := context.WithCancel(t.Context())
			m.onStderr = func(text string) {
				if strings.Contains(text, "epoch 1 of 3") {
					cancel()
				}
			}
			again := append(replaced(line, out, broken), "--resume")
			m.runWith(t, ctx, again...).want(t, exitFailed, "1 of 3 epochs are done")
			m.onStderr = nil
			m.run(t, again...).want(t, exitDone, "going on after epoch 1 of 3")
			if !bytes.Equal(read(t, sum.Model), read(t, filepath.Join(broken, filepath.Base(sum.Model)))) {
				t.Error("the model is another than without the interruption")
			}
		})
	}
}

// fruit writes a table of instances: of the bags of the second class one instance
// lies apart. It is a table for a method of one magnification.
func fruit(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fruit.csv")
	text := "bag,label,f1,f2,f3,f4\n"
	dice := rand.New(rand.NewPCG(1, 2))
	for bag := range 24 {
		for i := range 3 + bag%3 {
			shift := 0.0
			if bag%2 == 1 && i == 0 {
				shift = 3
			}
			text += fmt.Sprintf("b%02d,%d,%.4f,%.4f,%.4f,%.4f\n", bag, bag%2, dice.NormFloat64()+shift, dice.NormFloat64(), dice.NormFloat64()-shift, dice.NormFloat64())
		}
	}
	write(t, path, []byte(text))
	return path
}

// A table of instances is trained and evaluated on without bags of slides.
func TestTrainInstances(t *testing.T) {
	m, table, out := withRuntime(t), fruit(t), filepath.Join(t.TempDir(), "run")
	said := m.run(t, "train", table, "--out", out, "--method", "abmil", "--classifier", "sigmoid", "--embedding", "8", "--hidden", "4", "--lr", "0.01",
		"--epochs", "30", "--seed", "3", "--device", "cpu", "--threads", "1", "--json", "--quiet")
	said.want(t, exitDone)
	var sum struct {
		Model string
		Test  struct{ Accuracy float64 }
	}
	said.document(t, &sum)
	if sum.Test.Accuracy < 0.8 {
		t.Errorf("accuracy %v", sum.Test.Accuracy)
	}
	var e struct {
		Metrics     struct{ Accuracy float64 }
		Predictions []struct{ Slide string }
		Warnings    []string
	}
	said = m.run(t, "evaluate", out, table, "--split", "test", "--device", "cpu", "--json", "--quiet")
	said.want(t, exitDone)
	said.document(t, &e)
	if e.Metrics.Accuracy != sum.Test.Accuracy || len(e.Predictions) == 0 || len(e.Warnings) != 0 {
		t.Errorf("%+v, trained %+v", e, sum)
	}
	m.run(t, "analyze", filepath.Join(t.TempDir(), "slide.png"), "--model", out, "--out", t.TempDir()).want(t, exitFailed, out, "trained on a table of features", "evaluate takes tables")
	m.run(t, "train", table, "--out", out+"2", "--bags", t.TempDir(), "--method", "abmil").want(t, exitFailed, "without a folder of bags")
}

// What does not fit is said before a device is looked for, which this machine lacks.
func TestTrainDoesNotSuit(t *testing.T) {
	m, table, out := bare(t), fruit(t), filepath.Join(t.TempDir(), "run")
	for name, c := range map[string]struct {
		flags []string
		says  []string
	}{
		"scales":  {[]string{"--method", "msmil"}, []string{table, "does not suit the method msmil", "1 magnifications, msmil has from 2 to 8", "abmil"}},
		"zooming": {nil, []string{table, "does not suit the method zoommil"}},
		"places":  {[]string{"--method", "sparseconvmil"}, []string{table, "does not suit the method sparseconvmil", "have no places", "choose another method, such as abmil"}},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"train", table, "--out", out}, c.flags...)...).want(t, exitFailed, c.says...)
			if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("folder of the run: error %v", err)
			}
		})
	}
	three := strings.ReplaceAll(string(read(t, table)), "b00,0", "b00,2")
	write(t, table, []byte(three))
	m.run(t, "train", table, "--out", out, "--method", "abmil", "--classifier", "sigmoid").want(t, exitFailed, "sigmoid tells two classes apart, not 3: mlp can")
}

// TestTrainHelp: the help has the settings of every method.
func TestTrainHelp(t *testing.T) {
	said := bare(t).run(t, "train", "--help")
	said.want(t, exitDone)
	for _, method := range mil.Methods() {
		r := mil.Published(method)
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^  %s +[-0-9]+ +%g +%g +%g .* %s  `, method, r.LearningRate, r.WeightDecay, r.Dropout, r.Classifier))
		if !line.MatchString(said.stdout) {
			t.Errorf("no line for %s", method)
		}
	}
	if strings.Contains(said.stdout, "(default )") {
		t.Error("an empty default")
	}
}

func TestTrainUsage(t *testing.T) {
	m, dir := bare(t), t.TempDir()
	for name, c := range map[string]struct {
		flags []string
		says  string
	}{
		"no bags":           {[]string{"--out", dir}, "--bags"},
		"no run":            {[]string{"--bags", dir}, "--out"},
		"no epochs":         {[]string{"--bags", dir, "--out", dir, "--epochs", "0"}, "0 epochs"},
		"a negative rate":   {[]string{"--bags", dir, "--out", dir, "--lr", "-1"}, "learning rate"},
		"unknown preset":    {[]string{"--bags", dir, "--out", dir, "--preset", "lung"}, "camelyon16"},
		"unknown method":    {[]string{"--bags", dir, "--out", dir, "--method", "clam"}, "zoommil"},
		"k of no zoom":      {[]string{"--bags", dir, "--out", dir, "--method", "abmil", "--k", "3"}, "abmil has no --k (zoommil has)"},
		"another's setting": {[]string{"--bags", dir, "--out", dir, "--method", "abmil", "--subtyping"}, "abmil has no --subtyping (clam_sb has)"},
		"noise of no zoom":  {[]string{"--bags", dir, "--out", dir, "--method", "abmil", "--sigma", "0.1"}, "abmil has no --sigma (zoommil has)"},
		"no such width":     {[]string{"--bags", dir, "--out", dir, "--method", "dsmil", "--embedding", "256"}, "dsmil has no --embedding"},
		"two have it":       {[]string{"--bags", dir, "--out", dir, "--ungated"}, "zoommil has no --ungated (abmil, clam_sb have)"},
		"another end":       {[]string{"--bags", dir, "--out", dir, "--method", "abmil", "--classifier", "linear"}, "abmil: classifier \"linear\", must be mlp or sigmoid"},
		"unknown selection": {[]string{"--bags", dir, "--out", dir, "--selection", "best"}, `"random"`},
		"unknown choice":    {[]string{"--bags", dir, "--out", dir, "--select", "auc"}, `"f1"`},
		"all dropped":       {[]string{"--bags", dir, "--out", dir, "--dropout", "1"}, "dropout"},
		"k for three zooms": {[]string{"--bags", dir, "--out", dir, "--magnifications", "5,10", "--k", "1,2,3"}, "3 values of k"},
		"no magnifications": {[]string{"--bags", dir, "--out", dir, "--magnifications", "10,5"}, "magnification"},
		"two fractions":     {[]string{"--bags", dir, "--out", dir, "--fractions", "0.5,0.5"}, "three"},
		"a fold of nothing": {[]string{"--bags", dir, "--out", dir, "--fold", "1"}, "--folds"},
		"a fold too far":    {[]string{"--bags", dir, "--out", dir, "--folds", "5", "--fold", "5"}, "counted from 0"},
		"two divisions":     {[]string{"--bags", dir, "--out", dir, "--folds", "5", "--splits", "s.csv"}, "--splits"},
		"no such device":    {[]string{"--bags", dir, "--out", dir, "--device", "tpu"}, "--device"},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"train", "slides.csv"}, c.flags...)...).want(t, exitUsage, c.says)
		})
	}
	m.run(t, "train").want(t, exitUsage, "usage")
	s := newStudy(t)
	m.run(t, s.train(filepath.Join(dir, "run"))...).want(t, exitFailed, "packaging/setup.sh")
	m.run(t, replaced(s.train(filepath.Join(dir, "run")), s.bags, dir)...).want(t, exitFailed, "(20)", "extract")
}

func TestEvaluate(t *testing.T) {
	m, s, out := withRuntime(t), newStudy(t), filepath.Join(t.TempDir(), "run")
	var sum summary
	trained := m.run(t, s.train(out, "--quiet", "--json")...)
	trained.want(t, exitDone)
	trained.document(t, &sum)

	var shown summary
	said := m.run(t, "evaluate", out, "--json")
	said.want(t, exitDone)
	said.document(t, &shown)
	if shown.Best != sum.Best || shown.Model != sum.Model || !slices.Equal(slices.Sorted(slices.Values(sum.Figures)), shown.Figures) || shown.Device != nil {
		t.Errorf("%+v, trained %+v", shown, sum)
	}

	type evaluation struct {
		Split   string
		Metrics struct {
			Slides    int
			Accuracy  float64
			Confusion [][]int
		}
		Predictions []struct {
			Slide, Label, Predicted string
			Probabilities           []float64
		}
		Warnings []string
	}
	for name, c := range map[string]struct {
		model, split string
		slides       int
		warns        string
	}{
		"test of the run":  {out, "test", 4, ""},
		"all of the run":   {out, "all", 20, "16 of the 20 slides"},
		"a file knows not": {sum.Model, "all", 20, ""},
	} {
		t.Run(name, func(t *testing.T) {
			table := filepath.Join(t.TempDir(), "p.csv")
			said := m.run(t, "evaluate", c.model, s.table, "--bags", s.bags, "--split", c.split, "--json", "--quiet", "--device", "cpu", "--out", table)
			said.want(t, exitDone)
			var e evaluation
			said.document(t, &e)
			if e.Metrics.Slides != c.slides || len(e.Predictions) != c.slides || e.Split != c.split || c.warns == "" != (len(e.Warnings) == 0) ||
				!strings.Contains(strings.Join(e.Warnings, ""), c.warns) {
				t.Errorf("%+v", e)
			}
			if c.split == "test" && (e.Metrics.Accuracy != sum.Test.Accuracy || !slices.EqualFunc(e.Metrics.Confusion, sum.Test.Confusion, slices.Equal)) {
				t.Errorf("%+v, the training found %+v", e.Metrics, sum.Test)
			}
			rows, err := csv.NewReader(bytes.NewReader(read(t, table))).ReadAll()
			if err != nil || len(rows) != c.slides+1 {
				t.Fatalf("%d rows, error %v", len(rows), err)
			}
			for i, p := range e.Predictions {
				if row := rows[i+1]; row[0] != p.Slide || row[1] != p.Label || row[2] != p.Predicted || row[4] != strconv.FormatFloat(p.Probabilities[1], 'g', -1, 64) {
					t.Errorf("row %q, prediction %+v", row, p)
				}
			}
		})
	}

	text := m.run(t, "evaluate", sum.Model, s.table, "--bags", s.bags, "--device", "cpu")
	text.want(t, exitDone)
	for _, want := range []string{"all slides", "accuracy", "normal", "tumour", "recall", result.ResearchUse} {
		if !strings.Contains(text.stdout, want) {
			t.Errorf("stdout does not say %q: %s", want, text.stdout)
		}
	}
	m.run(t, "evaluate", sum.Model, s.table, "--bags", s.bags, "--split", "test").want(t, exitFailed, "no slides in this split")
}

func TestEvaluateUsage(t *testing.T) {
	m, dir := bare(t), t.TempDir()
	table := write(t, filepath.Join(dir, "slides.csv"), []byte("slide,label\na,b\n"))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"nothing":           {nil, exitUsage, "usage"},
		"a model alone":     {[]string{"model.safetensors"}, exitUsage, "CSV"},
		"a run and bags":    {[]string{dir, "--bags", dir}, exitUsage, "--bags"},
		"no bags":           {[]string{dir, table}, exitUsage, "--bags"},
		"no such split":     {[]string{dir, table, "--bags", dir, "--split", "some"}, exitUsage, "--split"},
		"no run":            {[]string{dir}, exitFailed, "evaluation.json"},
		"a folder as model": {[]string{dir, table, "--bags", dir}, exitFailed, "model.safetensors"},
		"no such model":     {[]string{"none", table, "--bags", dir}, exitFailed, "models list"},
	} {
		t.Run(name, func(t *testing.T) {
			m.run(t, append([]string{"evaluate"}, c.args...)...).want(t, c.status, c.says)
		})
	}
}

// What is advised about bags of another encoder is something that evaluate has.
func TestEvaluateOtherEncoder(t *testing.T) {
	m, s, k := bare(t), newStudy(t), newKit(t)
	labels := strings.NewReplacer("normal", "benign", "tumour", "malignant")
	table := write(t, s.table, []byte(labels.Replace(string(read(t, s.table)))))
	said := m.run(t, "evaluate", k.model, table, "--bags", s.bags)
	said.want(t, exitFailed, "random", "mean", "models inspect", "extract --encoder")
	if strings.Contains(said.stderr, "Leave out") {
		t.Errorf("stderr %q", said.stderr)
	}
}

func TestPrintAligned(t *testing.T) {
	var b bytes.Buffer
	printAligned(&b, [][]string{{"", "a", "größer"}, {"normal", "12", "1"}, {"b", "3", "-"}})
	want := "           a  größer\n  normal  12       1\n  b        3       -\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
