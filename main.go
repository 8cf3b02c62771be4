// Zoomscope analyses whole-slide images by zooming in, as ZoomMIL does, on the
// machine at hand and without a network.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/adrg/xdg"

	"zoomscope/app"
	"zoomscope/app/cli"
	"zoomscope/engine/device"
	"zoomscope/slideio/drivers"
)

// version is set by the build.
var version = "0.1.0-dev"

// softMemoryLimit makes the garbage collector work harder before the program
// nears the 1.5 GB that an analysis may take; native libraries count extra.
const softMemoryLimit = 700 << 20

func main() { os.Exit(run()) }

func run() int {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	dirs := libraryDirs()
	program := cli.Program{
		Workspace: app.New(app.Config{
			Drivers: drivers.Default(dirs),
			Devices: device.New(device.Candidates(dirs...)),
			DataDir: dataDir(),
			Version: version,
			Log:     slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		}),
		Version: version,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
	}
	return program.Run(ctx, os.Args[1:])
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
