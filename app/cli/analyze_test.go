package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zoomscope/app/export"
	"zoomscope/engine/result"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio/drivers"
)

func TestAnalyze(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), filepath.Join(t.TempDir(), "new", "out")
	m.export = export.Options{} // as the program draws
	s := m.run(t, k.with("analyze", k.slide, "--out", out, "--magnification", "20", "--json", "--seed", "5")...)
	s.want(t, exitDone, "encoding 10x", "encoding 20x")
	printed, err := export.ReadJSON(strings.NewReader(s.stdout))
	if err != nil {
		t.Fatalf("stdout %q: %v", s.stdout, err)
	}
	var any any
	s.document(t, &any)
	written, err := export.ReadJSON(bytes.NewReader(read(t, filepath.Join(out, "slide", "result.json"))))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := marshal(t, printed), marshal(t, written); got != want {
		t.Errorf("printed %s\nwritten %s", got, want)
	}
	if printed.Slide.Path != k.slide || printed.Seed != 5 || printed.Device.Used != "cpu" || printed.Device.Requested != "cpu" ||
		printed.Model.Name != "small" || printed.Encoder.Name != "mean" || printed.Slide.MPP != [2]float64{0.5, 0.5} ||
		len(printed.Levels) != 2 || printed.Counts.Encoded != len(printed.Levels[0].Patches)+4 || printed.Notice != result.ResearchUse {
		t.Errorf("%s", marshal(t, printed))
	}
	if text := strings.Join(printed.Warnings, "\n"); !strings.Contains(text, "untrained") {
		t.Errorf("warnings %q", text)
	}
	want := []string{
		"attention-10x.png", "attention-20x.png", "patches.csv", "patches.geojson", "patches/contact-10x.png", "patches/contact-20x.png",
		"patches/index.csv", "pictures.json", "result.json", "zoom-path.png",
	}
	for _, name := range want {
		if !slices.Contains(files(t, filepath.Join(out, "slide")), name) {
			t.Errorf("%s is missing among %q", name, files(t, out))
		}
	}
	checkWhole(t, out)
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkWhole wants every file under a folder to be whole, and none that is half
// written.
func checkWhole(t *testing.T, dir string) {
	t.Helper()
	for _, name := range files(t, dir) {
		data := read(t, filepath.Join(dir, name))
		switch filepath.Ext(name) {
		case ".png":
			if _, err := png.Decode(bytes.NewReader(data)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case ".json", ".geojson":
			if !json.Valid(data) {
				t.Errorf("%s is cut off", name)
			}
		case ".csv":
			if len(data) == 0 || data[len(data)-1] != '\n' {
				t.Errorf("%s is cut off", name)
			}
		default:
			t.Errorf("%s is no file of a result", name)
		}
	}
}

func TestAnalyzeForPeople(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	s := m.run(t, k.with("analyze", k.slide, "--out", out, "--magnification", "20")...)
	s.want(t, exitDone)
	for _, text := range []string{k.slide, "benign", "malignant", "device cpu", "untrained", filepath.Join(out, "slide"), result.ResearchUse} {
		if !strings.Contains(s.stdout, text) {
			t.Errorf("stdout %q does not say %q", s.stdout, text)
		}
	}
	if s := m.run(t, k.with("analyze", k.slide, "--out", out, "--magnification", "20", "--quiet", "--json")...); s.stderr != "" {
		t.Errorf("quiet, but stderr is %q", s.stderr)
	}
}

func TestAnalyzeUnknownResolution(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	s := m.run(t, k.with("analyze", k.slide, "--out", out, "--json")...)
	s.want(t, exitFailed, k.slide, "resolution", "--magnification 20", "--magnification 40")
	var b batch
	s.document(t, &b)
	if len(b.Results) != 0 || len(b.Failed) != 1 || b.Failed[0].Slide != k.slide {
		t.Errorf("%+v", b)
	}
	if left := files(t, out); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	m.run(t, k.with("analyze", k.slide, "--out", out, "--json", "--magnification", "20")...).want(t, exitDone)
}

// A bad slide does not end a batch, whatever is wrong with it.
func TestAnalyzeBatch(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	dir := filepath.Dir(k.slide)
	whole := read(t, k.slide)
	cut := write(t, filepath.Join(dir, "cut.png"), whole[:len(whole)/2])
	text := write(t, filepath.Join(dir, "text.svs"), []byte("not a slide"))
	empty := write(t, filepath.Join(dir, "empty.svs"), nil)
	missing := filepath.Join(dir, "missing.svs")
	again := write(t, filepath.Join(dir, "b", "again.png"), whole)
	s := m.run(t, k.with("analyze", cut, k.slide, text, empty, missing, dir, again, "--out", out, "--json", "--magnification", "20")...)
	s.want(t, exitSome, cut, text, empty, missing, "5 of 7 slides failed")
	var b batch
	s.document(t, &b)
	var failed []string
	for _, f := range b.Failed {
		failed = append(failed, f.Slide)
		if f.Error == "" {
			t.Errorf("%s has no error", f.Slide)
		}
	}
	if want := []string{cut, text, empty, missing, dir}; !slices.Equal(failed, want) || len(b.Results) != 2 {
		t.Errorf("failed %q, want %q; %d results", failed, want, len(b.Results))
	}
	for _, name := range []string{"slide", "again"} {
		if _, err := export.ReadJSON(bytes.NewReader(read(t, filepath.Join(out, name, "result.json")))); err != nil {
			t.Error(err)
		}
	}
	checkWhole(t, out)
	m.run(t, k.with("analyze", text, cut, "--out", out, "--magnification", "20")...).want(t, exitFailed, "all 2 slides failed")
}

func TestAnalyzeSlidesOfOneName(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	dir := t.TempDir()
	whole := read(t, k.slide)
	a, b := write(t, filepath.Join(dir, "a", "case.png"), whole), write(t, filepath.Join(dir, "b", "case.png"), whole)
	m.run(t, k.with("analyze", a, b, "--out", out, "--magnification", "20", "--quiet")...).want(t, exitDone)
	seen := map[string]bool{}
	folders, err := filepath.Glob(filepath.Join(out, "*", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range folders {
		r, err := export.ReadJSON(bytes.NewReader(read(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		seen[r.Slide.Path] = true
	}
	if len(folders) != 2 || !seen[a] || !seen[b] {
		t.Errorf("results %q of %v", folders, seen)
	}
}

// TestAnalyzeOneNameInSeparateCalls analyses slides of one name one after the other,
// as a loop over folders does, and one of them again.
func TestAnalyzeOneNameInSeparateCalls(t *testing.T) {
	m, k, out, dir := withRuntime(t), newKit(t), t.TempDir(), t.TempDir()
	whole := read(t, k.slide)
	a := write(t, filepath.Join(dir, "a", "case.png"), whole)
	b := write(t, filepath.Join(dir, "b", "case.png"), append(slices.Clone(whole), "another slide"...))
	for _, slide := range []string{a, b, a} {
		m.run(t, k.with("analyze", slide, "--out", out, "--magnification", "20", "--quiet")...).want(t, exitDone)
	}
	for folder, want := range map[string]string{"case": a, "case-2": b} {
		r, err := export.ReadJSON(bytes.NewReader(read(t, filepath.Join(out, folder, "result.json"))))
		if err != nil || r.Slide.Path != want {
			t.Errorf("%s is of %s, want %s, error %v", folder, r.Slide.Path, want, err)
		}
	}
	if found, err := os.ReadDir(out); err != nil || len(found) != 2 {
		t.Errorf("%v in the folder, error %v", found, err)
	}
}

var (
	secondsOf = regexp.MustCompile(`(?s)"seconds": \{.*?\}`)
	threadsOf = regexp.MustCompile(`, [0-9]+ threads?"`)
)

// The same slide, model, device and seed give the same bytes, wall times aside. So do
// other numbers of threads, but where they stand: in the result, and in pictures.
func TestAnalyzeRepeats(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	analyzed := func(threads string) string {
		out := t.TempDir()
		m.run(t, k.with("analyze", k.slide, "--out", out, "--magnification", "20", "--quiet", "--threads", threads)...).want(t, exitDone)
		return out
	}
	once, alone := analyzed("2"), analyzed("1")
	t.Run("same threads", func(t *testing.T) { sameFiles(t, once, analyzed("2"), "") })
	t.Run("other threads", func(t *testing.T) { sameFiles(t, once, alone, ".png") })
	if text := string(read(t, filepath.Join(alone, "slide", "result.json"))); !strings.Contains(text, `, 1 thread"`) {
		t.Error("the result does not say that there was 1 thread")
	}
}

// sameFiles wants the same results in two folders, but for wall times, names of
// devices, and what is in files of an ending.
func sameFiles(t *testing.T, a, b, but string) {
	t.Helper()
	names := files(t, a)
	if other := files(t, b); !slices.Equal(names, other) {
		t.Fatalf("files %q and %q", names, other)
	}
	for _, name := range names {
		if but != "" && filepath.Ext(name) == but {
			continue
		}
		one, two := read(t, filepath.Join(a, name)), read(t, filepath.Join(b, name))
		if filepath.Base(name) == "result.json" {
			one, two = timeless(one), timeless(two)
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs", name)
		}
	}
}

// timeless is a result without its wall times and number of threads.
func timeless(result []byte) []byte {
	return threadsOf.ReplaceAll(secondsOf.ReplaceAll(result, nil), []byte(`"`))
}

// Stopping, at whatever stage, answers, leaves nothing half-written, and no
// result that is not whole.
func TestAnalyzeStopped(t *testing.T) {
	for _, at := range []string{"finding tissue", "encoding 10x", "encoding 20x", "overview", "attention pictures", "zoom path"} {
		t.Run(at, func(t *testing.T) {
			m, k, out := withRuntime(t), newKit(t), t.TempDir()
			ctx, cancel := context.WithCancelCause(t.Context())
			m.onStderr = func(text string) {
				if strings.Contains(text, at) {
					cancel(os.ErrProcessDone) // as a signal has a cause of its own
				}
			}
			s := m.runWith(t, ctx, k.with("analyze", k.slide, "--out", out, "--magnification", "20", "--json")...)
			if ctx.Err() == nil {
				t.Fatalf("stage %q was never shown: %s", at, s.stderr)
			}
			s.want(t, exitFailed, "zoomscope: stopped")
			if s.stdout != "" {
				t.Errorf("stdout %q", s.stdout)
			}
			checkWhole(t, out)
			if slices.Contains(files(t, out), "slide/result.json") {
				t.Error("there is a result.json")
			}
		})
	}
}

// Stopping a batch keeps and lists the slides that were done.
func TestAnalyzeBatchStopped(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	second := write(t, filepath.Join(t.TempDir(), "second.png"), read(t, k.slide))
	ctx, cancel := context.WithCancel(t.Context())
	m.onStderr = func(text string) {
		if strings.Contains(text, "[2/2]") {
			cancel()
		}
	}
	s := m.runWith(t, ctx, k.with("analyze", k.slide, second, "--out", out, "--magnification", "20", "--json")...)
	s.want(t, exitFailed, "zoomscope: stopped")
	var b batch
	s.document(t, &b)
	if len(b.Results) != 1 || b.Results[0].Slide.Path != k.slide {
		t.Errorf("%+v", b)
	}
	checkWhole(t, out)
}

func TestAnalyzeUnwritableFolder(t *testing.T) {
	m, k, dir := withRuntime(t), newKit(t), t.TempDir()
	file := write(t, filepath.Join(dir, "file"), []byte("here first"))
	for _, out := range []string{file, filepath.Join(file, "below")} {
		s := m.run(t, k.with("analyze", k.slide, "--out", out, "--magnification", "20", "--json")...)
		s.want(t, exitFailed, file, "--out")
		if strings.Contains(s.stderr, "encoding") {
			t.Error("the slide was analysed before the folder was looked at")
		}
	}
	if string(read(t, file)) != "here first" {
		t.Error("the file was changed")
	}
	// A file where the folder of one slide should be is that slide's error.
	out := filepath.Join(dir, "out")
	write(t, filepath.Join(out, "slide"), []byte("in the way"))
	other := write(t, filepath.Join(dir, "other.png"), read(t, k.slide))
	m.run(t, k.with("analyze", k.slide, other, "--out", out, "--magnification", "20", "--quiet")...).want(t, exitSome, filepath.Join(out, "slide"))
}

func TestAnalyzeWithoutRuntime(t *testing.T) {
	m, k := bare(t), newKit(t)
	t.Run("path", func(t *testing.T) {
		s := m.run(t, k.with("analyze", k.slide, "--out", t.TempDir(), "--magnification", "20", "--json")...)
		s.want(t, exitFailed, "ONNX Runtime", "ZOOMSCOPE_ORT")
	})
	t.Run("no library at all", func(t *testing.T) {
		m.onnx = k.slide // a file, but no library
		m.run(t, k.with("analyze", k.slide, "--out", t.TempDir(), "--magnification", "20")...).want(t, exitFailed, "ONNX Runtime", "ZOOMSCOPE_ORT")
	})
}

// A device that is not there is replaced by the processor, and that is said.
func TestAnalyzeDeviceFallback(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	s := m.run(t, "analyze", k.slide, "--out", t.TempDir(), "--magnification", "20", "--json", "--model", k.model, "--encoder", k.encoder, "--device", "coreml")
	s.want(t, exitDone)
	r, err := export.ReadJSON(strings.NewReader(s.stdout))
	if err != nil {
		t.Fatal(err)
	}
	if r.Device.Used == "coreml" {
		t.Skip("this machine has CoreML")
	}
	if r.Device.Requested != "coreml" || r.Device.Used != "cpu" || r.Device.Reason == "" || !strings.Contains(strings.Join(r.Warnings, "\n"), "instead of coreml") {
		t.Errorf("device %+v, warnings %q", r.Device, r.Warnings)
	}
}

// What cannot be right of a slide is said before its patches are encoded, and again
// with the result; --quiet leaves the first out.
func TestAnalyzeWarnsBeforeEncoding(t *testing.T) {
	m, k := withRuntime(t), newKit(t)
	const coarse = "The slide was scanned at 5x; its patches at 10x, 20x are enlarged"
	line := k.with("analyze", k.slide, "--out", t.TempDir(), "--magnification", "5")
	s := m.run(t, line...)
	s.want(t, exitDone)
	before, _, _ := strings.Cut(s.stderr, "encoding")
	if !strings.Contains(before, "slide.png: note: "+coarse) || strings.Count(s.stderr, coarse) != 1 || strings.Count(s.stdout, coarse) != 1 {
		t.Errorf("stderr %q, stdout %q", s.stderr, s.stdout)
	}
	s = m.run(t, append(line, "--quiet")...)
	if s.want(t, exitDone); s.stderr != "" || strings.Count(s.stdout, coarse) != 1 {
		t.Errorf("quiet: stderr %q, stdout %q", s.stderr, s.stdout)
	}
	s = m.run(t, k.with("extract", k.slide, "--out", t.TempDir(), "--magnification", "5")...)
	s.want(t, exitDone)
	if before, _, _ := strings.Cut(s.stderr, "encoding"); !strings.Contains(before, coarse) {
		t.Errorf("extract: stderr %q", s.stderr)
	}
}

// Whatever is not to be shown, and whether a bag is new or there already, extract says
// what cannot be right of a slide, once, and in its JSON.
func TestExtractWarns(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	const coarse = "The slide was scanned at 5x; its patches at 10x, 20x are enlarged"
	line := k.with("extract", k.slide, "--out", out, "--magnification", "5", "--quiet")
	for name, args := range map[string][]string{"text": line, "json": append(slices.Clone(line), "--json")} {
		t.Run(name, func(t *testing.T) {
			for _, reused := range []bool{false, true} {
				s := m.run(t, args...)
				s.want(t, exitDone)
				if s.stderr == "" || !strings.HasPrefix(s.stderr, "slide.png: note: "+coarse) || strings.Count(s.stderr, "\n") != 1 {
					t.Errorf("reused %t: stderr %q", reused, s.stderr)
				}
				if name == "json" {
					var b bags
					s.document(t, &b)
					if w := b.Bags[0].Warnings; b.Bags[0].Reused != reused || len(w) != 1 || !strings.HasPrefix(w[0], coarse) {
						t.Errorf("%+v", b)
					}
				}
			}
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The default model and encoder, on a pyramidal slide.
func TestAnalyzeByDefault(t *testing.T) {
	m, out := withRuntime(t), t.TempDir()
	m.drivers = append(m.drivers[:0:0], drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0))
	path := smallSlide(t, filepath.Join(t.TempDir(), "s.tiff"))
	s := m.run(t, "analyze", path, "--out", out, "--json", "--device", "cpu")
	s.want(t, exitDone)
	r, err := export.ReadJSON(strings.NewReader(s.stdout))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Levels) != 3 || r.Slide.MPP[0] < 0.49 || r.Slide.MPP[0] > 0.51 || !strings.Contains(strings.Join(r.Warnings, "\n"), "synthetic tissue") {
		t.Errorf("%s", marshal(t, r))
	}
	checkWhole(t, out)
}

// A slide that opens and then cannot be read to its end.
func TestAnalyzeSlideCutShort(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	m.drivers = append(m.drivers[:0:0], drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0))
	path := smallSlide(t, filepath.Join(t.TempDir(), "s.tiff"))
	data := read(t, path)
	for i := len(data) / 20; i < len(data)/2; i++ { // tiles stand at the front
		data[i] = 0
	}
	write(t, path, data)
	s := m.run(t, k.with("analyze", path, "--out", out, "--json")...)
	s.want(t, exitFailed, path, "level", "copy it again")
	checkWhole(t, out)
	if left := files(t, out); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}
