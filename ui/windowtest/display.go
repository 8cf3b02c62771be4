// Package windowtest drives the real program on a display in memory: it starts
// Xvfb, runs the program there, presses keys and mouse buttons through xdotool,
// reads the screen's pixels, and waits for what the program writes to its log.
package windowtest

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Display is a screen in memory.
type Display struct {
	t    testing.TB
	name string // as in $DISPLAY
	dir  string // where Xvfb keeps the screen's pixels

	drawn map[Words]gray // words that were looked for
}

// NewDisplay starts a screen of that size, which ends with the test. Where the
// machine has not what it takes the test is skipped, visibly.
func NewDisplay(t testing.TB, width, height int) *Display {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s not there: packaging/setup.sh --test-extras installs it", tool)
		}
	}
	d := &Display{t: t, dir: t.TempDir()}
	numbers, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height),
		"-fbdir", d.dir, "-nolisten", "tcp", "-noreset", "+extension", "GLX", "+render")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	number, err := bufio.NewReader(numbers).ReadString('\n')
	numbers.Close()
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	d.name = ":" + strings.TrimSpace(number)
	return d
}

// Name is the display's name, as in $DISPLAY.
func (d *Display) Name() string { return d.name }

// Screen is what is on the screen now.
func (d *Display) Screen() *image.RGBA {
	d.t.Helper()
	data, err := os.ReadFile(filepath.Join(d.dir, "Xvfb_screen0"))
	if err != nil {
		d.t.Fatal(err)
	}
	img, err := decodeXWD(data)
	if err != nil {
		d.t.Fatal(err)
	}
	return img
}

// Do gives xdotool one command line, such as "key", "space".
func (d *Display) Do(args ...string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.name)
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("xdotool %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// Key presses keys, one after the other, by the names of xdotool.
func (d *Display) Key(names ...string) {
	d.t.Helper()
	for _, name := range names {
		d.Do("key", name)
	}
}

// Move takes the mouse to a place of the screen.
func (d *Display) Move(x, y int) {
	d.t.Helper()
	d.Do("mousemove", fmt.Sprint(x), fmt.Sprint(y))
}

// Click presses the left mouse button at a place of the screen.
func (d *Display) Click(x, y int) {
	d.t.Helper()
	d.Move(x, y)
	d.Do("click", "1")
}

// Drag moves the mouse from one place to another with the left button down.
func (d *Display) Drag(from, to image.Point) {
	d.t.Helper()
	d.Do("mousemove", fmt.Sprint(from.X), fmt.Sprint(from.Y))
	d.Do("mousedown", "1")
	for i := 1; i <= 8; i++ {
		p := from.Add(to.Sub(from).Mul(i).Div(8))
		d.Do("mousemove", fmt.Sprint(p.X), fmt.Sprint(p.Y))
	}
	d.Do("mouseup", "1")
}

// Settle waits until the screen has not changed for a while, at most limit.
func (d *Display) Settle(still, limit time.Duration) *image.RGBA {
	d.t.Helper()
	img := d.Screen()
	since := time.Now()
	for end := time.Now().Add(limit); time.Now().Before(end) && time.Since(since) < still; {
		time.Sleep(50 * time.Millisecond)
		now := d.Screen()
		if string(now.Pix) != string(img.Pix) {
			img, since = now, time.Now()
		}
	}
	return img
}
