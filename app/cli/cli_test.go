package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zoomscope/app"
	"zoomscope/app/export"
	"zoomscope/engine/bench"
	"zoomscope/engine/device"
	"zoomscope/engine/encoder"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

// machine is a computer with the program on it.
type machine struct {
	data     string // folder of installed models and encoders
	drivers  []slideio.Driver
	onnx     string // ONNX Runtime's library
	onStderr func(text string)
	onStdout io.Writer // in place of the buffer
	export   export.Options
}

// small are pictures that are drawn quickly.
var small = export.Options{MaxSide: 300, Top: 2, ZoomPath: export.ZoomPathOptions{Rows: 1}}

// said is what a command line came to.
type said struct {
	status         int
	stdout, stderr string
}

// bare is a machine without native libraries.
func bare(t *testing.T) *machine {
	t.Helper()
	return &machine{data: filepath.Join(t.TempDir(), "data"), drivers: []slideio.Driver{
		drivers.OpenSlide(filepath.Join(t.TempDir(), "libopenslide.so.1")), drivers.Raster(0),
	}, onnx: filepath.Join(t.TempDir(), "libonnxruntime.so.1"), export: small}
}

// withRuntime is a machine with ONNX Runtime; where there is none the test is
// skipped.
func withRuntime(t *testing.T) *machine {
	t.Helper()
	m := bare(t)
	m.onnx = testenv.ORT(t)
	return m
}

// run executes one command line.
func (m *machine) run(t *testing.T, args ...string) said {
	t.Helper()
	return m.runWith(t, t.Context(), args...)
}

func (m *machine) runWith(t *testing.T, ctx context.Context, args ...string) said {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := Program{
		Workspace: app.New(app.Config{Drivers: m.drivers, Devices: device.New([]string{m.onnx}), DataDir: m.data}),
		Version:   "1.2.3",
		Stdout:    &stdout, Stderr: &watched{w: &stderr, watch: m.onStderr},
		Export: m.export,
	}
	if m.onStdout != nil {
		p.Stdout = m.onStdout
	}
	status := p.Run(ctx, args)
	return said{status, stdout.String(), stderr.String()}
}

// watched shows what is written to someone.
type watched struct {
	mu    sync.Mutex
	w     io.Writer
	watch func(string)
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watch != nil {
		w.watch(string(p))
	}
	return w.w.Write(p)
}

// want checks the status and that stderr says what it should.
func (s said) want(t *testing.T, status int, stderr ...string) {
	t.Helper()
	if s.status != status {
		t.Errorf("status %d, want %d; stdout %q, stderr %q", s.status, status, s.stdout, s.stderr)
	}
	for _, text := range stderr {
		if !strings.Contains(s.stderr, text) {
			t.Errorf("stderr %q does not say %q", s.stderr, text)
		}
	}
	if strings.Contains(s.stderr, "goroutine ") {
		t.Errorf("stderr holds a stack: %s", s.stderr)
	}
}

// document wants one JSON document on stdout, and nothing else.
func (s said) document(t *testing.T, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s.stdout))
	if err := d.Decode(into); err != nil {
		t.Fatalf("stdout %q: %v", s.stdout, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("stdout holds more than one document: %q", s.stdout)
	}
}

// tissuePNG writes a picture of w x h pixels: patches of purple of different
// depth on white.
func tissuePNG(t *testing.T, path string, w, h int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 255, 255, 255}
			if x > w/20 && y > h/20 && x < w-w/10 {
				c = color.RGBA{uint8(150 + x*7/64%8*9), uint8(70 + y/32%5*10), 170, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return write(t, path, b.Bytes())
}

// write puts a file into a folder, which is made.
func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// files lists all files under a folder, by their paths within it.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		all = append(all, filepath.ToSlash(rel))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// foreignNetwork is an ONNX file of another program: float32 [B, 3, 256, 256] to
// the mean of each channel, times scale.
func foreignNetwork(t *testing.T, scale float64) []byte {
	t.Helper()
	g := nn.NewGraph("mean")
	x := g.Input("pixels", nn.Float32, nn.Symbol("B"), nn.Fixed(3), nn.Fixed(256), nn.Fixed(256))
	g.Output("channels", g.Mul(g.ReduceMean(x, false, 2, 3), g.Scalar(scale)))
	data, err := g.ONNX()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// meanEncoder is an encoder that gives the mean colour.
func meanEncoder(t *testing.T) *encoder.Spec {
	t.Helper()
	s, err := encoder.ImportONNX(foreignNetwork(t, 1), encoder.Description{Name: "mean", Licence: "CC0"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// kit is a model, its encoder, and a slide of a 10x grid of 2 x 1.
type kit struct{ model, encoder, slide string }

func newKit(t *testing.T) kit {
	t.Helper()
	dir := t.TempDir()
	k := kit{filepath.Join(dir, "model.safetensors"), filepath.Join(dir, "mean.onnx"), tissuePNG(t, filepath.Join(dir, "slide.png"), 900, 500)}
	spec := meanEncoder(t)
	if err := spec.Save(k.encoder); err != nil {
		t.Fatal(err)
	}
	if err := newModel(t, spec.Card(), "small", 1).Save(k.model); err != nil {
		t.Fatal(err)
	}
	return k
}

// newModel is an untrained model at 10x and 20x.
func newModel(t *testing.T, card encoder.Card, name string, seed uint64) *mil.Model {
	t.Helper()
	settings, _ := tissue.Preset("crc")
	settings.Threshold = 0.1
	m, err := mil.New(mil.Config{
		Name: name, Method: mil.ZoomMIL, Classes: []string{"benign", "malignant"}, Magnifications: []float64{10, 20}, K: []int{1},
		PatchSize: encoder.Side, Encoder: result.Encoder{Name: card.Name, SHA256: card.SHA256, Dim: card.Dim}, Tissue: settings,
		Sizes: mil.Sizes{Hidden: 4, Embedding: 8}, Classifier: mil.Linear,
	}, seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// with are the flags that use the kit.
func (k kit) with(args ...string) []string {
	return append(args, "--model", k.model, "--encoder", k.encoder, "--device", "cpu")
}

func TestUsage(t *testing.T) {
	m, out := bare(t), t.TempDir()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no such command":                {[]string{"paint"}, "paint"},
		"no such flag":                   {[]string{"info", "a.svs", "--colour"}, "--colour"},
		"info without a slide":           {[]string{"info"}, "see zoomscope info --help"},
		"analyze without a slide":        {[]string{"analyze", "--out", out}, "see zoomscope analyze --help"},
		"analyze without --out":          {[]string{"analyze", "a.svs"}, "--out"},
		"analyze, strange magnification": {[]string{"analyze", "a.svs", "--out", out, "--magnification", "-20"}, "--magnification"},
		"analyze, no number":             {[]string{"analyze", "a.svs", "--out", out, "--magnification", "much"}, "much"},
		"analyze, no such device":        {[]string{"analyze", "a.svs", "--out", out, "--device", "abacus"}, "abacus"},
		"analyze, threads":               {[]string{"analyze", "a.svs", "--out", out, "--threads", "-1"}, "--threads"},
		"analyze, no threads":            {[]string{"analyze", "a.svs", "--out", out, "--threads", "0"}, "--threads"},
		"a command misspelt":             {[]string{"anlyze", "a.svs"}, "did you mean analyze?"},
		"a flag misspelt":                {[]string{"analyze", "a.svs", "--ot", out}, "see zoomscope analyze --help"},
		"usage of a command":             {[]string{"encoders", "run"}, "usage: zoomscope encoders run NAME IMAGE... --out F.safetensors"},
		"extract without --out":          {[]string{"extract", "a.svs"}, "--out"},
		"extract, no such tissue":        {[]string{"extract", "a.svs", "--out", out, "--tissue", "cheese"}, "cheese"},
		"extract, descending":            {[]string{"extract", "a.svs", "--out", out, "--magnifications", "20,10"}, "--magnifications"},
		"synth without --out":            {[]string{"synth"}, "--out"},
		"synth of nothing":               {[]string{"synth", "--out", out, "--slides", "0"}, "--slides"},
		"synth with an argument":         {[]string{"synth", "x", "--out", out}, "see zoomscope synth --help"},
		"encoders, no such command":      {[]string{"encoders", "paint"}, "paint"},
		"encoders import nothing":        {[]string{"encoders", "import"}, "see zoomscope encoders import --help"},
		"encoders run without --out":     {[]string{"encoders", "run", "builtin", "a.png"}, "--out"},
		"encoders run without a picture": {[]string{"encoders", "run", "builtin", "--out", "f"}, "see zoomscope encoders run --help"},
		"models, no such command":        {[]string{"models", "paint"}, "paint"},
		"models inspect two":             {[]string{"models", "inspect", "a", "b"}, "see zoomscope models inspect --help"},
		"devices with an argument":       {[]string{"devices", "x"}, "see zoomscope devices --help"},
		"demo with an argument":          {[]string{"demo", "x"}, "see zoomscope demo --help"},
	} {
		t.Run(name, func(t *testing.T) {
			s := m.run(t, c.args...)
			s.want(t, exitUsage, c.says)
			if s.stdout != "" {
				t.Errorf("stdout %q", s.stdout)
			}
		})
	}
	if left := files(t, out); len(left) > 0 {
		t.Errorf("wrong usage wrote %q", left)
	}
}

func TestHelpAndVersion(t *testing.T) {
	m := bare(t)
	for _, args := range [][]string{{"--help"}, {}, {"encoders"}, {"models"}, {"analyze", "--help"}} {
		s := m.run(t, args...)
		s.want(t, exitDone)
		if !strings.Contains(s.stdout, "Usage:") || s.stderr != "" {
			t.Errorf("%q: stdout %q, stderr %q", args, s.stdout, s.stderr)
		}
	}
	if s := m.run(t); !strings.Contains(s.stdout, result.ResearchUse) {
		t.Errorf("help does not say %q", result.ResearchUse)
	}
	if s := m.run(t, "--version"); s.status != exitDone || !strings.Contains(s.stdout, "1.2.3") {
		t.Errorf("version: %+v", s)
	}
}

// Every main command shows how it is used, and flags say the same everywhere.
func TestHelpTexts(t *testing.T) {
	m := bare(t)
	for _, name := range []string{"", "info", "synth", "extract", "train", "evaluate", "analyze", "demo", "bags import", "bench", "bench ablation", "bench bags",
		"encoders run", "encoders import", "models import", "models inspect", "triage"} {
		t.Run(name, func(t *testing.T) {
			s := m.run(t, append(strings.Fields(name), "--help")...)
			s.want(t, exitDone)
			if !strings.Contains(s.stdout, "Examples:\n  zoomscope "+name) {
				t.Errorf("no example in %q", s.stdout)
			}
			if strings.Contains(s.stdout, "--threads") && !strings.Contains(s.stdout, "processor threads to use (default: one for each processor)\n") {
				t.Errorf("--threads in other words: %q", s.stdout)
			}
		})
	}
	list, test := m.run(t, "devices", "list", "--help").stdout, m.run(t, "devices", "test", "--help").stdout
	if a, _, _ := strings.Cut(list, "\n"); strings.HasPrefix(test, a) {
		t.Errorf("list and test both say %q", a)
	}
	ablation := m.run(t, "bench", "ablation", "--help").stdout
	for _, v := range bench.Variants(2) {
		if !strings.Contains(strings.ReplaceAll(ablation, "\n", " "), v.Name) {
			t.Errorf("help of bench ablation does not name %q", v.Name)
		}
	}
	m.run(t, "bench", "ablation", "t.csv", "--bags", "b", "--out", "o", "--seed", "1").want(t, exitUsage, "--seed")
	m.run(t, "bench", "ablation", "t.csv", "--bags", "b", "--out", "o", "--only", "none").want(t, exitUsage, "random K")
}

func TestTriageError(t *testing.T) {
	for _, c := range []struct {
		failed, waiting, total, unread, status int
		says                                   string
	}{
		{0, 0, 3, 0, exitDone, ""},
		{1, 0, 3, 0, exitSome, "1 of 3 slides failed; the others are done"},
		{0, 2, 3, 0, exitSome, "2 of 3 slides still waiting; the others are done"},
		{0, 3, 3, 0, exitFailed, "3 of 3 slides still waiting"},
		{0, 0, 1, 2, exitSome, "2 files or folders could not be looked at; the others are done"},
		{1, 1, 3, 1, exitSome, "1 of 3 slides failed, 1 of 3 slides still waiting, 1 file or folder could not be looked at; the others are done"},
		{3, 0, 3, 1, exitFailed, "3 of 3 slides failed, 1 file or folder could not be looked at"},
		{0, 0, 0, 2, exitFailed, "2 files or folders could not be looked at"},
	} {
		err := triageError(c.failed, c.waiting, c.total, c.unread)
		if exitStatus(err) != c.status || (c.says == "") != (err == nil) || err != nil && err.Error() != c.says {
			t.Errorf("%+v: %v, status %d", c, err, exitStatus(err))
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		failed, total, want int
	}{{0, 1, exitDone}, {0, 5, exitDone}, {1, 1, exitFailed}, {5, 5, exitFailed}, {1, 5, exitSome}, {4, 5, exitSome}} {
		if got := exitStatus(batchError(c.failed, c.total)); got != c.want {
			t.Errorf("%d of %d failed: status %d, want %d", c.failed, c.total, got, c.want)
		}
	}
}
