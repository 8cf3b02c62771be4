package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/app/export"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio/drivers"
)

func TestSynth(t *testing.T) {
	if testing.Short() || underRace {
		t.Skip("draws whole slides")
	}
	m := bare(t)
	dirs := []string{filepath.Join(t.TempDir(), "new"), t.TempDir()}
	var done struct {
		Path   string
		Slides int
		Seed   uint64
	}
	s := m.run(t, "synth", "--out", dirs[0], "--slides", "1", "--seed", "4", "--json")
	s.want(t, exitDone, "drawing")
	s.document(t, &done)
	if done.Path != filepath.Join(dirs[0], "slides.csv") || done.Slides != 1 || done.Seed != 4 {
		t.Errorf("%+v", done)
	}
	rows, err := csv.NewReader(bytes.NewReader(read(t, done.Path))).ReadAll()
	if err != nil || len(rows) != 2 || strings.Join(rows[0], ",") != "slide,label,patient,split" {
		t.Fatalf("%q, error %v", rows, err)
	}
	slide := filepath.Join(dirs[0], rows[1][0])
	if _, err := os.Stat(slide); err != nil {
		t.Error(err)
	}
	m.run(t, "synth", "--out", dirs[1], "--slides", "1", "--seed", "4", "--quiet").want(t, exitDone)
	if !bytes.Equal(read(t, slide), read(t, filepath.Join(dirs[1], rows[1][0]))) {
		t.Error("equal seeds, other slides")
	}
}

func TestSynthStopped(t *testing.T) {
	m, out := bare(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	m.onStderr = func(text string) {
		if strings.Contains(text, "drawing") {
			cancel()
		}
	}
	s := m.runWith(t, ctx, "synth", "--out", out, "--slides", "3", "--json")
	s.want(t, exitFailed, "zoomscope: stopped")
	for _, name := range files(t, out) {
		t.Errorf("left %s", name)
	}
	if s.stdout != "" {
		t.Errorf("stdout %q", s.stdout)
	}
}

// What is there is not drawn over, whichever of its files it is.
func TestSynthOverFiles(t *testing.T) {
	m := bare(t)
	for _, name := range []string{"slides.csv", "s0002.tiff", "truth/s0001.png", "huge.tiff"} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), filepath.FromSlash(name)), []byte("mine"))
			dir, _, _ := strings.Cut(path, string(filepath.Separator)+filepath.FromSlash(name))
			args := []string{"synth", "--out", dir, "--slides", "2", "--quiet"}
			if name == "huge.tiff" {
				args = append(args, "--huge")
			}
			m.run(t, args...).want(t, exitFailed, path, "choose another folder")
			if found := files(t, dir); len(found) != 1 || string(read(t, path)) != "mine" {
				t.Errorf("%q, %q", found, read(t, path))
			}
		})
	}
}

func TestSynthUnwritable(t *testing.T) {
	m := bare(t)
	file := write(t, filepath.Join(t.TempDir(), "file"), []byte("x"))
	m.run(t, "synth", "--out", file).want(t, exitFailed, file, "--out")
}

func TestDemo(t *testing.T) {
	if testing.Short() || underRace {
		t.Skip("draws a whole slide and analyses it with the built-in encoder")
	}
	m, out := withRuntime(t), filepath.Join(t.TempDir(), "demo")
	m.drivers = append(m.drivers[:0:0], drivers.OpenSlide(testenv.OpenSlide(t)), drivers.Raster(0))
	s := m.run(t, "demo", "--out", out, "--json", "--device", "cpu")
	s.want(t, exitDone)
	r, err := export.ReadJSON(strings.NewReader(s.stdout))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(r.Warnings, "\n"), "synthetic tissue") || r.Counts.Encoded >= r.Counts.Exhaustive {
		t.Errorf("warnings %q, counts %+v", r.Warnings, r.Counts)
	}
	results, err := filepath.Glob(filepath.Join(out, "*", "result.json"))
	if err != nil || len(results) != 1 {
		t.Errorf("results %q, error %v", results, err)
	}
	checkWhole(t, filepath.Dir(results[0]))
}
