//go:build !headless

package native

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	fyneapp "fyne.io/fyne/v2/app"

	"zoomscope/app"
	"zoomscope/app/settings"
	"zoomscope/ui/shell"
)

// Available reports whether this build has a window.
const Available = true

// appID names the program to the desktop.
const appID = "org.zoomscope.app"

// Run opens the window on the slides and returns once it is closed, or ctx has
// ended. It must be called on the main goroutine.
func Run(ctx context.Context, c Config, slides []string) error {
	s, err := open(c)
	if err != nil {
		return err
	}
	return s.Run(ctx, slides)
}

// Bench opens the window on a slide, moves over it along a fixed path, alone and
// while it is analysed, and says how long the frames took. It must be called on
// the main goroutine.
func Bench(ctx context.Context, c Config, slide string) (*app.ViewerTimes, error) {
	s, err := open(c)
	if err != nil {
		return nil, err
	}
	return s.Bench(ctx, slide)
}

// BenchWorklist opens the window on a worklist of so many made-up cases, scrolls
// through it, sorts and filters it, and says how long that took. The user's own
// worklist and settings are left alone. It must be called on the main goroutine.
func BenchWorklist(ctx context.Context, c Config, rows int) (times *app.WorklistTimes, err error) {
	dir, err := os.MkdirTemp("", "zoomscope-worklist-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c.Workspace.DataDir, c.Settings = dir, filepath.Join(dir, "settings.json")
	if err := c.Workspace.MakeUpWorklist(ctx, rows); err != nil {
		return nil, err
	}
	s, err := open(c)
	if err != nil {
		return nil, err
	}
	return s.BenchWorklist(ctx, rows)
}

func open(c Config) (*shell.Shell, error) {
	if !hasDisplay() {
		return nil, ErrNoDisplay
	}
	store, err := settings.Open(c.Settings)
	return shell.New(shell.Config{
		App:           fyneapp.NewWithID(appID),
		Workspace:     c.Workspace,
		Settings:      store,
		SettingsFault: err,
		Dialogs:       &dialogs{},
		Version:       c.Version,
		LogFile:       c.LogFile,
		Log:           c.Log,
		Started:       c.Started,
	})
}

// hasDisplay tells whether there is a screen, where the driver would end the
// program instead of saying so.
func hasDisplay() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
