package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"zoomscope/app/logfile"
	"zoomscope/engine/device"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

func TestDiagnostics(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	log := filepath.Join(home, "log.txt")
	f, err := logfile.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := slog.New(slog.NewTextHandler(f, nil))
	l.Error("a slide was not read", "slide", "/slides/Mustermann Erika/S-1.svs", "err", "open /slides/Mustermann Erika/S-1.svs: no such file")
	w := New(Config{
		Version: "1.2.3", DataDir: filepath.Join(home, "data"), LogFile: log,
		Drivers: []slideio.Driver{drivers.OpenSlide("/no/such/libopenslide.so"), drivers.Raster(0)},
		Devices: device.New([]string{"/no/such/libonnxruntime.so"}),
	})
	got := w.Diagnostics(t.Context())
	for _, want := range []string{"1.2.3", runtime.GOOS, runtime.GOARCH, runtime.Version(), "openslide", "native library not found", "ONNX Runtime", "~/data", "a slide was not read", "no such file"} {
		if !strings.Contains(got, filepath.FromSlash(want)) {
			t.Errorf("%q is not told", want)
		}
	}
	for _, never := range []string{home, "Mustermann", "Erika", "S-1"} {
		if strings.Contains(got, never) {
			t.Errorf("%q is told", never)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestDiagnosticsOfLibraries(t *testing.T) {
	w := New(Config{
		Drivers: []slideio.Driver{drivers.OpenSlide(testenv.OpenSlide(t))},
		Devices: device.New([]string{testenv.ORT(t)}),
	})
	got := w.Diagnostics(t.Context())
	for _, want := range []string{"libopenslide", "libonnxruntime", "auto", "cpu", "works: proven"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not told in\n%s", want, got)
		}
	}
}

func TestWithoutFiles(t *testing.T) {
	for in, want := range map[string]string{
		`level=INFO msg="slide opened" slide="/a/Erika M/x.svs" levels=3`:         `level=INFO msg="slide opened" slide=(left out) levels=3`,
		`err="/a/Erika M/x.svs: slide file is damaged: level 0"`:                  `err="(path left out): slide file is damaged: level 0"`,
		`err="C:\\Users\\Erika M\\x.svs: damaged"`:                                `err="(path left out): damaged"`,
		`err="\\\\server\\share\\Erika M\\x.svs: damaged"`:                        `err="(path left out): damaged"`,
		`opened Erika.svs in 20 ms`:                                               `opened (name left out) in 20 ms`,
		`Erika_M.ndpi: is damaged`:                                                `(name left out): is damaged`,
		`msg="a \"quoted\" word" outPath="with \" quote" n=1`:                     `msg="a \"quoted\" word" outPath=(left out) n=1`,
		"slides/Erika/x.svs\nnext line":                                           "(path left out)\nnext line",
		`level=WARN msg="nothing of the kind" device=cpu seconds=1.5 reason="no"`: `level=WARN msg="nothing of the kind" device=cpu seconds=1.5 reason="no"`,
	} {
		if got := withoutFiles(in); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", in, got, want)
		}
	}
}

func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meminfo")
	text := "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    4000000 kB\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := memory(path); got != "8.2 GB total, 4.1 GB available" {
		t.Errorf("%q", got)
	}
	if got := memory(path + "none"); got != "" {
		t.Errorf("%q", got)
	}
}
