package windowtest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Answer waits for a file dialog of the system, by its title, types a path and
// confirms it until the dialog is gone.
func (d *Display) Answer(title, path string, limit time.Duration) {
	d.t.Helper()
	end := time.Now().Add(limit)
	window := ""
	for ; window == ""; time.Sleep(100 * time.Millisecond) {
		if window = d.window(title); window == "" && time.Now().After(end) {
			d.t.Fatalf("after %v there is no dialog %q", limit, title)
		}
	}
	d.Do("windowfocus", window)
	d.Settle(300*time.Millisecond, 5*time.Second)
	d.Key("slash") // opens the line that a path is typed in, where there is none yet
	d.Settle(300*time.Millisecond, 5*time.Second)
	d.Key("ctrl+a")
	d.Do("type", "--delay", "25", path)
	for d.window(title) != "" {
		if time.Now().After(end) {
			d.t.Fatalf("after %v the dialog %q is still there", limit, title)
		}
		d.Settle(300*time.Millisecond, 3*time.Second)
		d.press(window, "Return") // the first one may choose what was completed
	}
}

// press gives a key to a window that may go away meanwhile.
func (d *Display) press(window, key string) {
	if d.xdotool("windowfocus", window) == nil && d.xdotool("key", key) == nil {
		time.Sleep(200 * time.Millisecond)
	}
}

func (d *Display) xdotool(args ...string) error {
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.name)
	return cmd.Run()
}

// window is the number of a window that is seen, by its title; "" for none.
func (d *Display) window(title string) string {
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xdotool", "search", "--onlyvisible", "--name", "^"+title+"$")
	cmd.Env = append(os.Environ(), "DISPLAY="+d.name)
	out, _ := cmd.Output() // it fails where there is none
	first, _, _ := strings.Cut(string(out), "\n")
	return first
}
