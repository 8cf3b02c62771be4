//go:build !headless

package native_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/png" // to decode what was exported
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zoomscope/app/apptest"
	"zoomscope/packaging/testenv"
	"zoomscope/ui/windowtest"
)

// TestWindow drives the real program, built once with the race detector, on a display
// in memory.
func TestWindow(t *testing.T) {
	if testing.Short() {
		t.Skip("drives the real program")
	}
	testenv.ORT(t)
	testenv.OpenSlide(t)
	windowtest.NewDisplay(t, 64, 64) // skips where there can be none
	program := windowtest.Build(t, testenv.Root(), "-race")
	t.Run("slide", func(t *testing.T) { testSlide(t, program) })
	t.Run("worklist", func(t *testing.T) { testWorklist(t, program) })
	t.Run("training", func(t *testing.T) { testTraining(t, program) })
}

// testSlide opens a slide, analyses it, switches layers, walks the zoom path and
// exports.
func testSlide(t *testing.T, program string) {
	display := windowtest.NewDisplay(t, screenWidth, screenHeight)
	home, slide := t.TempDir(), drawSlides(t, 1)[0]
	out := filepath.Join(home, "exports")
	writeSettings(t, home, map[string]any{"version": 1, "language": "en", "theme": "light", "export_folder": out,
		"window": wholeScreen()})

	p := windowtest.Start(t, display, program, home, slide)
	p.Await("window shown", 1, patience)
	p.Await("slide drawn", 1, patience)
	display.Key("0")
	plain := display.Settle(time.Second, 20*time.Second)
	wantTissue(t, plain)

	display.Key("r")
	p.Await("analysis done", 1, 2*patience)
	awaitChange(t, display, "attention laid over the slide", plain, 0.01)
	laid := display.Settle(time.Second, 20*time.Second)

	display.Key("a")
	awaitChange(t, display, "attention taken away", laid, 0.01)
	off := display.Settle(time.Second, 20*time.Second)
	display.Key("a")
	awaitChange(t, display, "attention laid over again", off, 0.01)
	on := display.Settle(time.Second, 20*time.Second)
	display.Key("A")
	awaitChange(t, display, "attention of one magnification", on, 0.005)

	display.Key("space")
	p.Await("zoom path", 1, patience)
	awaitChange(t, display, "flight to a patch", laid, 0.2)
	display.Key("Tab")
	p.Await("zoom path", 2, patience)
	exportAll(t, display, p)
	wantExports(t, out)

	wantNoNetwork(t, p.Process())
	if err := p.End(time.Minute); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	wantQuiet(t, p)

	// Ended while tiles are read, an analysis runs and a dialog of the system waits.
	p = windowtest.Start(t, display, program, t.TempDir(), slide)
	p.Await("slide open", 1, patience)
	display.Key("r")
	p.Await("analysis begun", 1, patience)
	display.Key("5", "ctrl+o")
	if err := p.End(time.Minute); err != nil {
		t.Errorf("the program ended with %v in the midst of work", err)
	}
	wantQuiet(t, p)
}

// exportAll exports what the dialog of the export offers first.
func exportAll(t *testing.T, d *windowtest.Display, p *windowtest.Program) {
	t.Helper()
	before := d.Settle(time.Second, 20*time.Second)
	d.Key("ctrl+e")
	awaitChange(t, d, "the dialog of the export", before, 0.2)
	d.Settle(500*time.Millisecond, 20*time.Second)
	d.Key("Return")
	p.Await("export done", 1, patience)
}

// view is the middle of the slide on a screen of 1400 x 900.
var view = image.Rect(260, 120, 1040, 820)

// Size of the screen, which the window fills.
const (
	screenWidth  = 1400
	screenHeight = 900
)

func wholeScreen() map[string]any {
	return map[string]any{"width": screenWidth, "height": screenHeight}
}

// drawSlides draws small synthetic slides into a folder that holds nothing else, old
// enough not to be taken for copies under way.
func drawSlides(t *testing.T, n int) []string {
	t.Helper()
	dir, old := t.TempDir(), time.Now().Add(-time.Hour)
	var slides []string
	for i := range n {
		path := apptest.DrawSlide(t, dir, fmt.Sprintf("s%02d", i+1), uint64(i+1))
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		slides = append(slides, path)
	}
	return slides
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

// awaitChange waits until more than a share of the view's pixels differ.
func awaitChange(t *testing.T, d *windowtest.Display, what string, before *image.RGBA, least float64) {
	t.Helper()
	for end := time.Now().Add(patience); changed(before, d.Screen()) < least; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: after %v less than %.2f %% of the view has changed", what, patience, 100*least)
		}
	}
}

// changed is the share of the view's pixels that differ.
func changed(before, after *image.RGBA) float64 {
	n := 0
	for y := view.Min.Y; y < view.Max.Y; y++ {
		for x := view.Min.X; x < view.Max.X; x++ {
			if before.RGBAAt(x, y) != after.RGBAAt(x, y) {
				n++
			}
		}
	}
	return float64(n) / float64(view.Dx()*view.Dy())
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
