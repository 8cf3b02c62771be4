// Zoomscope analyses whole-slide images by zooming in, as ZoomMIL does, on the
// machine at hand and without a network.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/adrg/xdg"

	"zoomscope/app"
	"zoomscope/app/cli"
	"zoomscope/app/logfile"
	"zoomscope/engine/device"
	"zoomscope/slideio/drivers"
	"zoomscope/ui/native"
)

// version is set by the build.
var version = "0.1.0-dev"

// softMemoryLimit makes the garbage collector work harder before the program
// nears the 1.5 GB that an analysis may take; native libraries count extra.
const softMemoryLimit = 700 << 20

func main() { os.Exit(run()) }

func run() int {
	started := time.Now()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	program := cli.Program{
		Workspace: workspace(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))),
		Version:   version,
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
	}
	if native.Available {
		program.Window = func(ctx context.Context, slides []string) error {
			return withWindow(started, func(c native.Config) error { return native.Run(ctx, c, slides) })
		}
		program.BenchWindow = func(ctx context.Context, slide string) (times *app.ViewerTimes, err error) {
			err = withWindow(started, func(c native.Config) error {
				times, err = native.Bench(ctx, c, slide)
				return err
			})
			return times, err
		}
		program.BenchWorklist = func(ctx context.Context, rows int) (times *app.WorklistTimes, err error) {
			err = withWindow(started, func(c native.Config) error {
				times, err = native.BenchWorklist(ctx, c, rows)
				return err
			})
			return times, err
		}
	}
	return program.Run(ctx, os.Args[1:])
}

// workspace is the program without its surface.
func workspace(log *slog.Logger) *app.Workspace {
	dirs := libraryDirs()
	return app.New(app.Config{
		Drivers: drivers.Default(dirs),
		Devices: device.New(device.Candidates(dirs...)),
		DataDir: dataDir(),
		Version: version,
		Log:     log,
	})
}

// withWindow calls do with what a window is made of. The window's log is a file,
// or standard error where that cannot be had.
func withWindow(started time.Time, do func(native.Config) error) error {
	var to io.Writer = os.Stderr
	config := native.Config{Settings: filepath.Join(configDir(), "settings.json"), Version: version, Started: started}
	if file, err := logfile.Open(filepath.Join(xdg.StateHome, "zoomscope", "zoomscope.log")); err == nil {
		defer file.Close()
		to, config.LogFile = file, file.Path()
	}
	config.Log = slog.New(slog.NewTextHandler(to, nil))
	config.Workspace = workspace(config.Log)
	config.Workspace.LogFile = config.LogFile
	return errors.Join(do(config), config.Workspace.Close())
}

// libraryDirs are the folders beside the program that may hold native libraries.
func libraryDirs() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	return []string{filepath.Join(filepath.Dir(exe), "lib")}
}

// dataDir holds the installed models and encoders.
func dataDir() string {
	if dir := os.Getenv("ZOOMSCOPE_DATA_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(xdg.DataHome, "zoomscope")
}

// configDir holds the window's settings.
func configDir() string {
	if dir := os.Getenv("ZOOMSCOPE_CONFIG_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(xdg.ConfigHome, "zoomscope")
}
