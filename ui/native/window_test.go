//go:build !headless

package native_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/png" // to decode what was exported
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zoomscope/packaging/testenv"
	"zoomscope/ui/windowtest"
)

// TestWindow drives the real program, built with the race detector, on a display
// in memory: open, analyse, switch layers, walk the zoom path, export.
func TestWindow(t *testing.T) {
	if testing.Short() {
		t.Skip("drives the real program")
	}
	testenv.ORT(t)
	testenv.OpenSlide(t)
	display := windowtest.NewDisplay(t, 1400, 900)
	program := windowtest.Build(t, testenv.Root(), "-race")
	home, slide := t.TempDir(), drawSlide(t, program)
	out := filepath.Join(home, "exports")
	writeSettings(t, home, map[string]any{"version": 1, "language": "en", "theme": "light", "export_folder": out,
		"window": map[string]any{"width": 1400, "height": 900}})

	p := windowtest.Start(t, display, program, home, slide)
	p.Await("window shown", 1, time.Minute)
	p.Await("slide open", 1, time.Minute)
	display.Key("0")
	plain := display.Settle(time.Second, 20*time.Second)
	wantTissue(t, plain)

	display.Key("r")
	p.Await("analysis done", 1, 5*time.Minute)
	display.Key("0")
	laid := display.Settle(time.Second, 20*time.Second)
	wantChange(t, "attention laid over the slide", plain, laid, 0.01)

	display.Key("a")
	off := display.Settle(time.Second, 20*time.Second)
	wantChange(t, "attention taken away", laid, off, 0.01)
	display.Key("a", "A")
	wantChange(t, "attention of one magnification", off, display.Settle(time.Second, 20*time.Second), 0.005)

	display.Key("space")
	p.Await("zoom path", 1, 10*time.Second)
	flown := display.Settle(time.Second, 20*time.Second)
	wantChange(t, "flight to a patch", laid, flown, 0.2)
	display.Key("Tab")
	p.Await("zoom path", 2, 10*time.Second)
	display.Settle(time.Second, 20*time.Second)

	display.Key("ctrl+e")
	display.Settle(time.Second, 20*time.Second)
	display.Key("Return")
	p.Await("export done", 1, 2*time.Minute)
	wantExports(t, out)

	wantNoNetwork(t, p.Process())
	if err := p.End(20 * time.Second); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	wantQuiet(t, p)

	// Ended while tiles are read, an analysis runs and a dialog of the system waits.
	p = windowtest.Start(t, display, program, t.TempDir(), slide)
	p.Await("slide open", 1, time.Minute)
	display.Key("r")
	p.Await("analysis begun", 1, time.Minute)
	display.Key("5", "ctrl+o")
	if err := p.End(20 * time.Second); err != nil {
		t.Errorf("the program ended with %v in the midst of work", err)
	}
	wantQuiet(t, p)
}

// view is the middle of the slide on a screen of 1400 x 900.
var view = image.Rect(260, 120, 1040, 820)

// drawSlide has the program draw a synthetic slide.
func drawSlide(t *testing.T, program string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(program, "synth", "--out", dir, "--slides", "1", "--quiet")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("synth: %v\n%s", err, out)
	}
	slides, err := filepath.Glob(filepath.Join(dir, "*.tif*"))
	if err != nil || len(slides) == 0 {
		t.Fatalf("synth drew no slide in %s", dir)
	}
	return slides[0]
}

func writeSettings(t *testing.T, home string, settings map[string]any) {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "config", "zoomscope")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wantTissue wants the pink and purple of stained tissue in the view.
func wantTissue(t *testing.T, screen *image.RGBA) {
	t.Helper()
	share := shareOf(screen, func(c color.RGBA) bool { return int(c.R) > int(c.G)+25 && int(c.B) > int(c.G)+15 })
	if share < 0.05 {
		t.Errorf("tissue covers %.1f %% of the view", 100*share)
	}
}

func shareOf(screen *image.RGBA, is func(color.RGBA) bool) float64 {
	n := 0
	for y := view.Min.Y; y < view.Max.Y; y++ {
		for x := view.Min.X; x < view.Max.X; x++ {
			if is(screen.RGBAAt(x, y)) {
				n++
			}
		}
	}
	return float64(n) / float64(view.Dx()*view.Dy())
}

// wantChange wants more than a share of the view's pixels to differ.
func wantChange(t *testing.T, what string, before, after *image.RGBA, least float64) {
	t.Helper()
	n := 0
	for y := view.Min.Y; y < view.Max.Y; y++ {
		for x := view.Min.X; x < view.Max.X; x++ {
			if before.RGBAAt(x, y) != after.RGBAAt(x, y) {
				n++
			}
		}
	}
	if share := float64(n) / float64(view.Dx()*view.Dy()); share < least {
		t.Errorf("%s: %.2f %% of the view changed, want %.2f %%", what, 100*share, 100*least)
	}
}

// wantExports wants what was exported to be there and whole.
func wantExports(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing was exported to %s: %v", dir, err)
	}
	for _, file := range files {
		if st, err := os.Stat(file); err != nil || st.IsDir() || st.Size() < 100 {
			t.Errorf("%s: %v, %v", file, st, err)
		}
		if strings.HasSuffix(file, ".png") {
			wantPNG(t, file)
		}
	}
}

// wantNoNetwork wants the process to hold no socket of the internet.
func wantNoNetwork(t *testing.T, pid int) {
	t.Helper()
	open := map[string]bool{}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:[") {
			open[strings.Trim(target, "socket:[]")] = true
		}
	}
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, kind))
		if err != nil {
			continue // a kernel without it
		}
		for line := range strings.Lines(string(table)) {
			if fields := strings.Fields(line); len(fields) > 9 && open[fields[9]] {
				t.Errorf("the program holds a %s socket: %s", kind, line)
			}
		}
	}
}

// wantQuiet wants no complaint of the toolkit and no data race.
func wantQuiet(t *testing.T, p *windowtest.Program) {
	t.Helper()
	for _, bad := range []string{"Error in Fyne call thread", "DATA RACE", "panic:", "goroutine "} {
		if strings.Contains(p.Said(), bad) {
			t.Errorf("standard error says %q:\n%s", bad, p.Said())
		}
	}
}

func wantPNG(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if _, _, err := image.Decode(f); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}
