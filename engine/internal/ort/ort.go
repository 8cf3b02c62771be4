// Package ort runs networks on ONNX Runtime. It is the only package that knows
// the binding, github.com/yalue/onnxruntime_go; nothing of it shows in what is
// exported here.
//
// The library is loaded while the program runs, and its environment belongs to
// the process: there is one Runtime, made by the first Load that succeeds. The
// library's telemetry is switched off before anything else is asked of it.
//
// Arrays are not copied: the library reads and writes the memory of Go slices,
// which stay pinned while it may. Only scalars, and outputs whose shape follows
// neither from the file nor from the inputs, are copied once.
package ort

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	binding "github.com/yalue/onnxruntime_go"
)

// Runtime is ONNX Runtime, loaded.
type Runtime struct {
	path    string
	version string
}

// process is the library that this process has loaded. The library's
// environment exists once per process, so what guards it must too.
var process struct {
	sync.Mutex
	runtime *Runtime
}

// Load loads the library: a path, or a bare file name that the system searches
// for. Loading the same one again gives the same Runtime; once one is loaded,
// another is an error. A path where there is no file wraps fs.ErrNotExist.
func Load(path string) (*Runtime, error) {
	process.Lock()
	defer process.Unlock()
	path, err := locate(path)
	if err != nil {
		return nil, fmt.Errorf("onnx runtime: %w", err)
	}
	if r := process.runtime; r != nil {
		if r.path != path {
			return nil, fmt.Errorf("onnx runtime: %s is loaded already, %s cannot be", r.path, path)
		}
		return r, nil
	}
	if err := initialize(path); err != nil {
		return nil, fmt.Errorf("onnx runtime %s: %w", path, err)
	}
	process.runtime = &Runtime{path: path, version: binding.GetVersion()}
	return process.runtime, nil
}

// Loaded is the Runtime of this process; nil while there is none.
func Loaded() *Runtime {
	process.Lock()
	defer process.Unlock()
	return process.runtime
}

// Path is where the library was loaded from.
func (r *Runtime) Path() string { return r.path }

// Version is the library's version, such as "1.27.0".
func (r *Runtime) Version() string { return r.version }

// locate makes a path absolute and wants a file there; a bare name stays.
func locate(path string) (string, error) {
	if path == filepath.Base(path) {
		return path, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	_, err = os.Stat(abs)
	return abs, err
}

func initialize(path string) error {
	binding.SetSharedLibraryPath(path)
	// What goes wrong comes back as an error; the library need not print it too.
	if err := binding.InitializeEnvironment(binding.WithLogLevelFatal()); err != nil {
		if strings.Contains(err.Error(), "setting ORT API base") {
			return fmt.Errorf("the library is older than this program needs (1.24): %w", err)
		}
		return err
	}
	if err := binding.DisableTelemetry(); err != nil {
		binding.DestroyEnvironment()
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}
