package train

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/result"
)

// Where a child of this test finds its data, its run, and the point at which it
// kills itself.
const childEnv = "ZOOMSCOPE_TRAIN_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		os.Exit(child(strings.Split(spec, "|")))
	}
	os.Exit(m.Run())
}

// load is the divided dataset of a table with its bags beside it.
func load(t testing.TB, table string) *Dataset {
	t.Helper()
	d, err := Load(t.Context(), table, filepath.Dir(table), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Divide(SplitOptions{Seed: 5}); err != nil {
		t.Fatal(err)
	}
	return d
}

// start runs in dir, resuming what is there.
func start(t testing.TB, d *Dataset, dir string, hook func(string)) (*Summary, error) {
	t.Helper()
	c := testConfig(d)
	return Run(context.Background(), c, d, newSoftmax(t, c.Model), Options{Dir: dir, Resume: true, hook: hook})
}

// child works on a run until it kills itself.
func child(spec []string) int {
	at, _ := strconv.Atoi(spec[2])
	t := &plainTB{}
	d := load(t, spec[0])
	_, err := start(t, d, spec[1], func(string) {
		if at--; at < 0 {
			p, _ := os.FindProcess(os.Getpid())
			_ = p.Kill()
			select {}
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// plainTB is what a child has for a testing.TB.
type plainTB struct{ testing.TB }

func (plainTB) Helper()                  {}
func (plainTB) Context() context.Context { return context.Background() }
func (plainTB) Fatal(args ...any)        { panic(fmt.Sprint(args...)) }

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(text)
	}
	return out
}

func sameContents(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs: %d bytes, want %d", name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is left over", name)
		}
	}
}

func TestRun(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 30))
	dir := filepath.Join(t.TempDir(), "run")
	c := testConfig(d)
	c.Epochs, c.LearningRate, c.Plateau.Patience = 30, 0.02, 5
	var epochs []Epoch
	stages := map[string]bool{}
	l := newSoftmax(t, c.Model)
	s, err := Run(t.Context(), c, d, l, Options{
		Dir:      dir,
		Epoch:    func(e Epoch) { epochs = append(epochs, e) },
		Progress: func(p result.Progress) { stages[p.Stage] = true },
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Ended != Completed || s.Epochs != 30 || len(epochs) != 30 || s.Slides["train"] < 15 {
		t.Errorf("%+v after %d epochs", s, len(epochs))
	}
	if s.Test == nil || !(s.Test.Accuracy > 0.5) {
		t.Errorf("test %+v: nothing was learnt", s.Test)
	}
	if first, last := epochs[0].TrainLoss, epochs[29].TrainLoss; !(last < first) {
		t.Errorf("training loss went from %v to %v", first, last)
	}
	for _, stage := range []string{"epoch 3 of 30", "epoch 3 of 30, validation", "test"} {
		if !stages[stage] {
			t.Errorf("no progress of stage %q", stage)
		}
	}
	checkFiles(t, dir, d, s, epochs)
	// The learner is left as the model.
	m, _, err := Evaluate(t.Context(), l, d, d.In(Validation), EvaluateOptions{Resamples: 20, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Validation, m, equalNumbers); diff != "" {
		t.Error(diff)
	}
}

var equalNumbers = cmp.Comparer(func(a, b Number) bool { return a == b || !a.Defined() && !b.Defined() })

// checkFiles compares the files of a run with what it said.
func checkFiles(t *testing.T, dir string, d *Dataset, s *Summary, epochs []Epoch) {
	t.Helper()
	read, err := ReadSummary(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, read, equalNumbers); diff != "" {
		t.Error(diff)
	}
	history, err := History(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(epochs, history, equalNumbers); diff != "" {
		t.Error(diff)
	}
	m, err := mil.Load(filepath.Join(dir, ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	if tr := m.Config().Training; m.SHA256() != s.ModelSHA256 || !tr.Trained || tr.Epochs != s.Best || tr.Slides != s.Slides["train"] ||
		tr.Metrics["validation_loss"] != float64(s.Validation.Loss) {
		t.Errorf("model %s says %+v", m.SHA256(), tr)
	}
	lines := table(t, filepath.Join(dir, MetricsFile))
	if len(lines) != len(epochs)+1 || lines[1][0] != "1" || lines[1][2] != strconv.FormatFloat(float64(epochs[0].TrainLoss), 'g', -1, 64) {
		t.Errorf("metrics.csv is %q", lines)
	}
	lines = table(t, filepath.Join(dir, PredictionsFile))
	if len(lines) != s.Slides["test"]+1 || lines[1][0] != d.In(Test)[0].Name || len(lines[0]) != 6 {
		t.Errorf("predictions.csv is %q", lines)
	}
}

func table(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// A run that breaks off at any point and is resumed ends with the same bytes.
func TestBreakAnywhere(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	whole := t.TempDir()
	var points []string
	if _, err := start(t, d, whole, func(p string) { points = append(points, p) }); err != nil {
		t.Fatal(err)
	}
	want := contents(t, whole)
	// Of the steps of an epoch, the first and the last few do.
	for n, point := range points {
		if point == "step" && n > 12 && n%5 != 0 {
			continue
		}
		dir := t.TempDir()
		if !breaksAt(t, d, dir, n) {
			t.Fatalf("no point %d of %d", n, len(points))
		}
		if _, err := start(t, d, dir, nil); err != nil {
			t.Fatalf("broken off %s (point %d): %v", point, n, err)
		}
		sameContents(t, contents(t, dir), want)
		if t.Failed() {
			t.Fatalf("broken off %s (point %d)", point, n)
		}
	}
}

// breaksAt runs up to the hook's nth call.
func breaksAt(t *testing.T, d *Dataset, dir string, n int) (broken bool) {
	t.Helper()
	defer func() { broken = recover() == "broken" }()
	_, err := start(t, d, dir, func(string) {
		if n--; n < 0 {
			panic("broken")
		}
	})
	t.Errorf("run ended with error %v", err)
	return false
}

// A run whose process is killed again and again ends with the same bytes.
func TestKill(t *testing.T) {
	data := t.TempDir()
	path := cohort(t, data, 15)
	d := load(t, path)
	whole := t.TempDir()
	points := 0
	if _, err := start(t, d, whole, func(string) { points++ }); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	dice := rand.New(rand.NewPCG(1, 2))
	killed := 0
	// The first kills leave something half written.
	for i, at := range append([]int{1, 4, 7}, make([]int, 9)...) {
		if i > 2 {
			at = 5 + dice.IntN(points/4)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", childEnv, path, dir, at))
		out, err := cmd.CombinedOutput()
		if err == nil {
			break // it came to its end between two kills
		}
		if e := (*exec.ExitError)(nil); !errors.As(err, &e) || e.Exited() && e.ExitCode() == 1 && len(out) > 0 {
			t.Fatalf("kill %d: %v: %s", i, err, out)
		}
		killed++
	}
	if killed < 6 {
		t.Errorf("only %d kills before the end", killed)
	}
	if _, err := start(t, d, dir, nil); err != nil {
		t.Fatal(err)
	}
	sameContents(t, contents(t, dir), contents(t, whole))
}

func TestCancel(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	whole, dir := t.TempDir(), t.TempDir()
	if _, err := start(t, d, whole, nil); err != nil {
		t.Fatal(err)
	}
	c := testConfig(d)
	l := newSoftmax(t, c.Model)
	why := errors.New("enough")
	for _, at := range []int{4, 17, 2} { // the same learner goes on, with what it had learnt since
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err := Run(ctx, c, d, l, Options{Dir: dir, Resume: true, hook: func(p string) {
			if p == "step" {
				if at--; at < 0 {
					cancel(why)
				}
			}
		}})
		cancel(nil)
		if err != why { // although the step says context.Canceled
			t.Fatalf("error %v", err)
		}
	}
	if _, err := Run(t.Context(), c, d, l, Options{Dir: dir, Resume: true}); err != nil {
		t.Fatal(err)
	}
	sameContents(t, contents(t, dir), contents(t, whole))
}

func TestFinish(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	c := testConfig(d)
	dir := t.TempDir()
	if _, err := Finish(t.Context(), c, d, newSoftmax(t, c.Model), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "no epoch") {
		t.Errorf("finished without an epoch: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := Options{Dir: dir, Resume: true, Epoch: func(e Epoch) {
		if e.Epoch == 2 {
			cancel()
		}
	}}
	if _, err := Run(ctx, c, d, newSoftmax(t, c.Model), o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	s, err := Finish(t.Context(), c, d, newSoftmax(t, c.Model), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if s.Ended != Finished || s.Epochs != 2 || s.Planned != 4 || s.Test == nil {
		t.Errorf("%+v", s)
	}
	// Now it is over.
	before := contents(t, dir)
	again, err := Run(t.Context(), c, d, newSoftmax(t, c.Model), o)
	if err != nil || again.Epochs != 2 {
		t.Errorf("went on to %+v, error %v", again, err)
	}
	sameContents(t, contents(t, dir), before)
}

func TestRunRefuses(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	c := testConfig(d)
	dir := t.TempDir()
	if _, err := start(t, d, dir, nil); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, c Config, d *Dataset, o Options, is error, words ...string) {
		t.Run(name, func(t *testing.T) {
			_, err := Run(t.Context(), c, d, newSoftmax(t, testConfig(d).Model), o)
			if err == nil || is != nil && !errors.Is(err, is) {
				t.Fatalf("error %v, want %v", err, is)
			}
			for _, w := range words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q lacks %q", err, w)
				}
			}
		})
	}
	resume := Options{Dir: dir, Resume: true}
	refused("a run is there", c, d, Options{Dir: dir}, ErrExists, "--resume")
	other := c
	other.Seed, other.LearningRate, other.Model.K = 8, 0.25, []int{5}
	refused("other settings", other, d, resume, ErrOther, "differences (3)", "seed was 7, is 8", "learning_rate was 0.5, is 0.25", "model.k was [3], is [5]")
	divided := *d
	divided.Samples = slices.Clone(d.Samples)
	for i := range divided.Samples {
		if divided.Samples[i].Split == Test {
			divided.Samples[i].Split = Training
			refused("other split", c, &divided, resume, ErrOther, "slide "+divided.Samples[i].Name, "was test", "is train")
			break
		}
	}
	wrong := c
	wrong.Epochs = 0
	refused("no epochs", wrong, d, resume, nil, "epochs")
	wrong = c
	wrong.Model.Classes = []string{"a", "b"}
	refused("other classes", wrong, d, resume, nil, "classes")

	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, ModelFile), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("no run, but a model", c, d, Options{Dir: foreign, Resume: true}, nil, ModelFile)

	busy, err := openFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	refused("two at once", c, d, resume, ErrBusy)
	if err := busy.Close(); err != nil {
		t.Fatal(err)
	}

	damaged := t.TempDir()
	if !breaksAt(t, d, damaged, 20) {
		t.Fatal("run came to an end")
	}
	path := filepath.Join(damaged, CheckpointFile)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	refused("damaged checkpoint", c, d, Options{Dir: damaged, Resume: true}, nil, path, "another folder")
}

func TestDiverged(t *testing.T) {
	data := t.TempDir()
	d := load(t, cohort(t, data, 15))
	c := testConfig(d)
	steps := len(d.In(Training))
	t.Run("loss", func(t *testing.T) {
		l := newSoftmax(t, c.Model)
		l.loss = func(step int) float64 {
			if step == steps+2 {
				return math.NaN()
			}
			return 1
		}
		dir := t.TempDir()
		_, err := Run(t.Context(), c, d, l, Options{Dir: dir})
		wantDiverged(t, err, "epoch 2, step 2, slide s", "learning rate 0.5", "of epoch 1")
		if h, err := History(dir); err != nil || len(h) != 1 {
			t.Errorf("checkpoint of %d epochs, error %v", len(h), err)
		}
		if _, err := mil.Load(filepath.Join(dir, ModelFile)); err != nil {
			t.Error(err)
		}
	})
	t.Run("error", func(t *testing.T) {
		l := newSoftmax(t, c.Model)
		l.fail = fmt.Errorf("%w: NaN", mil.ErrNotFinite)
		_, err := Run(t.Context(), c, d, l, Options{Dir: t.TempDir()})
		wantDiverged(t, err, "epoch 1, step 1, slide s", "learning rate 0.5")
	})
	t.Run("logits", func(t *testing.T) {
		l := newSoftmax(t, c.Model)
		l.predict = func(x []float64) []float64 { return append(x[1:], math.Inf(1)) }
		_, err := Run(t.Context(), c, d, l, Options{Dir: t.TempDir()})
		wantDiverged(t, err, "epoch 1, validation", "learning rate")
	})
	t.Run("features", func(t *testing.T) {
		bad := d.In(Training)[0]
		spoil(t, bad)
		_, err := Run(t.Context(), c, d, newSoftmax(t, c.Model), Options{Dir: t.TempDir()})
		wantDiverged(t, err, "slide "+bad.Name, "feature 3 of patch", "at 5x is NaN", " and run extract again")
	})
}

// The trainer of ZoomMIL finds bad features in its attention, before there is a
// loss.
func TestZoomMILDiverged(t *testing.T) {
	for _, split := range []Split{Training, Validation, Test} {
		t.Run(split.String(), func(t *testing.T) {
			d := load(t, cohort(t, t.TempDir(), 15))
			c := testConfig(d)
			c.Epochs, c.LearningRate, c.Sampling = 1, 0.001, Shuffled // which takes every slide
			bad := d.In(split)[0]
			spoil(t, bad)
			_, err := Run(t.Context(), c, d, newTrainer(t, c), Options{Dir: t.TempDir()})
			wantDiverged(t, err, "slide "+bad.Name, badPatch(bad), " and run extract again")
			if strings.Contains(err.Error(), "learning rate") {
				t.Errorf("error %q blames the learning rate", err)
			}
		})
	}
	t.Run("rate", func(t *testing.T) {
		d := load(t, cohort(t, t.TempDir(), 15))
		c := testConfig(d)
		c.Epochs, c.LearningRate = 3, 1e30
		_, err := Run(t.Context(), c, d, newTrainer(t, c), Options{Dir: t.TempDir()})
		wantDiverged(t, err, "learning rate 1e+30 is likely too high")
	})
	t.Run("evaluate", func(t *testing.T) {
		d := load(t, cohort(t, t.TempDir(), 15))
		spoil(t, d.Samples[1])
		_, _, err := Evaluate(t.Context(), newTrainer(t, testConfig(d)), d, d.Samples, EvaluateOptions{})
		wantDiverged(t, err, "slide s01", badPatch(d.Samples[1]), " and run extract again")
	})
}

// newTrainer is that of ZoomMIL, without a native library.
func newTrainer(t *testing.T, c Config) *mil.Trainer {
	t.Helper()
	m, err := mil.New(c.Model, c.Seed)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.NewTrainer(nntest.Interpreter{}, mil.TrainOptions{Samples: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// badPatch names the feature that spoil spoils.
func badPatch(s Sample) string {
	return fmt.Sprintf("feature %d of patch %d at 5x is NaN", testDim-1, s.Patches[0]-1)
}

// spoil makes the last feature at 5x NaN, behind which the bag's file has the
// places of those patches.
func spoil(t *testing.T, s Sample) {
	t.Helper()
	text, err := os.ReadFile(s.Bag)
	if err != nil {
		t.Fatal(err)
	}
	copy(text[len(text)-8*s.Patches[0]-4:], []byte{0, 0, 0xc0, 0x7f})
	if err := os.WriteFile(s.Bag, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantDiverged(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, ErrDiverged) {
		t.Fatalf("error %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}

func TestEarlyStop(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	c := testConfig(d)
	c.Epochs, c.LearningRate, c.EarlyStop = 50, 1e-30, EarlyStop{Patience: 3, MinEpochs: 6}
	s, err := Run(t.Context(), c, d, newSoftmax(t, c.Model), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if s.Ended != StoppedEarly || s.Best != 1 || s.Epochs != 6 {
		t.Errorf("ended after %d epochs, the best being %d: %s", s.Epochs, s.Best, s.Ended)
	}
}

func TestNoTest(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	if err := d.Divide(SplitOptions{Fractions: [3]float64{0.7, 0.3, 0}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := start(t, d, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Test != nil || !strings.Contains(strings.Join(s.Warnings, " "), "no test split") {
		t.Errorf("test %+v, warnings %q", s.Test, s.Warnings)
	}
	if _, err := os.Stat(filepath.Join(dir, PredictionsFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("predictions: error %v", err)
	}
}

func TestFewPatches(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15))
	for name, c := range map[string]struct {
		k    []int
		want string
	}{
		"none":   {[]int{3}, ""},
		"some":   {[]int{4}, "(4)"}, // every fourth has three
		"listed": {[]int{4}, "s00 (3 of 4 at 5x)"},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(d.FewPatches(&mil.Config{K: c.k}), "")
			if !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// CLAM asks the opposite of patches that are among those of highest and of lowest
// attention at once.
func TestFewInstances(t *testing.T) {
	d := load(t, cohort(t, t.TempDir(), 15)) // of 3 to 6 patches
	c := &mil.Config{Method: mil.CLAMSB, Options: mil.Options{Instances: 2}}
	if got := strings.Join(d.FewPatches(c), ""); !strings.Contains(got, "fewer than 4 patches") || !strings.Contains(got, "(3)") || strings.Contains(got, "(4)") {
		t.Errorf("%q", got)
	}
	c.Options.Instances = 1
	if got := d.FewPatches(c); len(got) != 0 {
		t.Errorf("%q", got)
	}
	c = &mil.Config{Method: mil.CLAMSB}
	if got := strings.Join(d.FewPatches(c), ""); !strings.Contains(got, "fewer than 16 patches") {
		t.Errorf("%q", got)
	}
}

// The history is read without the weights.
func TestHistoryReadsNoMore(t *testing.T) {
	const weights = 1 << 20
	c := checkpoint{
		history: []Epoch{{Epoch: 1, Validation: Measure(names(2), nil, 0, 1)}},
		best:    map[string]*nn.Tensor{"w": nn.NewTensor(nn.Float32, weights)},
	}
	dir := t.TempDir()
	f := folder{dir: dir}
	if err := f.write(CheckpointFile, c.write); err != nil {
		t.Fatal(err)
	}
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	h, err := History(dir)
	goruntime.ReadMemStats(&after)
	if err != nil || len(h) != 1 {
		t.Fatalf("%d epochs, error %v", len(h), err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > weights {
		t.Errorf("%d bytes for a history, of weights of %d", took, 4*weights)
	}
}
