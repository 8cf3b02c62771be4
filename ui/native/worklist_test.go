//go:build !headless

package native_test

import (
	"encoding/csv"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zoomscope/ui/windowtest"
)

// The parts of the window that a test looks for words in.
var (
	whole  = image.Rect(0, 0, screenWidth, screenHeight)
	middle = image.Rect(390, 200, 1010, screenHeight) // of a dialog
)

// patience is how long a test waits for anything: machines are loaded.
const patience = 3 * time.Minute

// Titles of the system's dialogs, whatever they are for.
const (
	folderDialog = "Open Folder"
	saveDialog   = "Save File"
)

// testWorklist has a folder analysed, filters and sorts the list, opens a case with
// its result laid over, reads blinded by keys, and saves how the reader and the model
// agree.
func testWorklist(t *testing.T, program string) {
	const cases = 4
	display := windowtest.NewDisplay(t, screenWidth, screenHeight)
	home, slides := t.TempDir(), drawSlides(t, cases)
	writeSettings(t, home, map[string]any{"version": 1, "language": "en", "theme": "light", "window": wholeScreen()})
	p := windowtest.Start(t, display, program, home)
	p.Await("window shown", 1, patience)
	display.Settle(500*time.Millisecond, 20*time.Second)
	display.Key("ctrl+l")
	p.Await("worklist open", 1, patience)
	display.ClickWords(windowtest.Said("Add a folder…"), whole, patience)
	display.Answer(folderDialog, filepath.Dir(slides[0]), patience)
	p.Await("triage ended", 1, patience)
	display.ClickWords(windowtest.Said("Start triage"), whole, patience)
	p.Await("triage ended", 2, 2*patience)

	out := t.TempDir()
	save := func(name string) [][]string {
		t.Helper()
		path := filepath.Join(out, name)
		display.Settle(300*time.Millisecond, 10*time.Second)
		display.ClickWords(windowtest.Said("Export CSV…"), whole, patience)
		display.Answer(saveDialog, path, patience)
		return readTable(t, path)
	}
	first := save("all.csv")
	if len(first) != cases+1 {
		t.Fatalf("%d lines of %d cases: %q", len(first), cases, first)
	}
	display.ClickWords(windowtest.Said("Case"), whole, patience)
	sorted := save("sorted.csv")
	if names := column(sorted); len(names) != cases || !slices.IsSorted(names) {
		t.Errorf("sorted by name: %q", names)
	}
	name := filepath.Base(slides[cases-1])
	display.Key("slash")
	display.Do("type", "--delay", "25", strings.TrimSuffix(name, filepath.Ext(name)))
	display.Key("Return")
	if names := column(save("filtered.csv")); len(names) != 1 || !strings.Contains(names[0], name) {
		t.Errorf("filtered by name: %q", names)
	}

	display.Key("j", "Return")
	p.Await("slide open", 1, patience)
	p.Await("slide drawn", 1, patience)
	display.AwaitWords(windowtest.Said("Show attention on the slide"), whole, patience)
	laid := display.Settle(time.Second, 30*time.Second)
	wantTissue(t, laid)
	display.Key("a")
	awaitChange(t, display, "attention of the worklist taken away", laid, 0.01)

	display.Key("ctrl+l")
	display.ClickWords(windowtest.Said("Blinded"), whole, patience)
	display.ClickWords(windowtest.Said("Clear filter"), whole, patience)
	display.AwaitWords(windowtest.Said(fmt.Sprintf("%d cases: %d done; %d unread", cases, cases, cases)), whole, patience)
	for range cases {
		display.Key("Up") // to the first one
	}
	for i, class := range []string{"F2", "F3", "F4", "F2"} {
		display.Settle(300*time.Millisecond, 10*time.Second)
		display.Key(class)
		if unread := cases - i - 1; unread > 0 {
			display.AwaitWords(windowtest.Said(fmt.Sprintf("%d cases: %d done; %d unread", cases, cases, unread)), whole, patience)
			display.Key("j")
		}
	}
	display.Settle(500*time.Millisecond, 20*time.Second)
	display.ClickWords(windowtest.Said("Agreement…"), whole, patience)
	path := filepath.Join(out, "agreement.csv")
	display.ScrollTo(windowtest.Said("Export CSV…"), middle, image.Pt(screenWidth/2, screenHeight/2), patience)
	display.ClickWords(windowtest.Said("Export CSV…"), middle, patience)
	display.Answer(saveDialog, path, patience)
	text := strings.Builder{}
	for _, line := range readTable(t, path) {
		text.WriteString(strings.Join(line, ",") + "\n")
	}
	for _, slide := range slides {
		if !strings.Contains(text.String(), filepath.Base(slide)) {
			t.Errorf("no verdict on %s:\n%s", filepath.Base(slide), text.String())
		}
	}
	if err := p.End(time.Minute); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	wantQuiet(t, p)
}

// readTable waits for a table that is being written.
func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		f, err := os.Open(path)
		if err != nil {
			if time.Now().After(end) {
				t.Fatal(err)
			}
			continue
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.FieldsPerRecord = -1
		lines, err := r.ReadAll()
		if err != nil || len(lines) == 0 {
			t.Fatalf("%s: %d lines, error %v", path, len(lines), err)
		}
		return lines
	}
}

// column is the one of the slides' names, without its title.
func column(lines [][]string) []string {
	at := slices.Index(lines[0], "slide")
	var values []string
	for _, line := range lines[1:] {
		values = append(values, line[at])
	}
	return values
}
