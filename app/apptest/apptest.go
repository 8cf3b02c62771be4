// Package apptest makes workspaces for tests of what stands on them.
package apptest

import (
	"os"
	"path/filepath"
	"testing"

	"zoomscope/app"
	"zoomscope/engine/device"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio/drivers"
	"zoomscope/slideio/synth"
)

// New makes a workspace over empty folders that end with the test. It finds the
// native libraries that packaging/setup.sh installed, if it did.
func New(t testing.TB) *app.Workspace {
	t.Helper()
	third := filepath.Join(testenv.Root(), "third_party")
	dirs := []string{filepath.Join(third, "onnxruntime"), filepath.Join(third, "openslide")}
	w := app.New(app.Config{
		Drivers: drivers.Default(dirs), Devices: device.New(device.Candidates(dirs...)),
		DataDir: t.TempDir(), Version: "test",
	})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("workspace: %v", err)
		}
	})
	return w
}

// DrawSlide draws a small synthetic slide of a seed into dir and returns its path.
func DrawSlide(t testing.TB, dir, name string, seed uint64) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := synth.Defaults()
	p.Name, p.Seed, p.Width, p.Height = name, seed, 2048, 1536
	path := filepath.Join(dir, name+".tiff")
	if err := synth.Write(t.Context(), path, p, nil); err != nil {
		t.Fatal(err)
	}
	return path
}
