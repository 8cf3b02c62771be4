package device

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"zoomscope/engine/internal/ort"
)

// Setting is the environment variable that names ONNX Runtime's library.
const Setting = "ZOOMSCOPE_ORT"

// Candidates are the places where ONNX Runtime's library may be, in the order
// to look: the setting alone if there is one, else lib beside the executable,
// beside the executable, the dirs given, and what the system has.
func Candidates(dirs ...string) []string {
	if path := os.Getenv(Setting); path != "" {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		return []string{path}
	}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		beside := filepath.Dir(exe)
		dirs = append([]string{filepath.Join(beside, "lib"), beside}, dirs...)
	}
	files, system := libraryNames(runtime.GOOS)
	var list []string
	for _, dir := range dirs {
		for _, f := range files {
			list = append(list, filepath.Join(dir, f))
		}
	}
	return append(list, system...)
}

// libraryNames are the library's file names, and where the system may have it.
// Windows has an older one of its own, which would be found by name alone.
func libraryNames(goos string) (files, system []string) {
	switch goos {
	case "windows":
		return []string{"onnxruntime.dll"}, nil
	case "darwin":
		files = []string{"libonnxruntime.dylib", "libonnxruntime.1.dylib"}
		return files, []string{"/opt/homebrew/lib/libonnxruntime.dylib", "/usr/local/lib/libonnxruntime.dylib"}
	}
	files = []string{"libonnxruntime.so.1", "libonnxruntime.so"}
	return files, files
}

// Status reports which library is used, by version and path, or why there is none
// (ErrNoRuntime).
func (m *Manager) Status() (version, path string, err error) {
	library, err := m.load()
	if err != nil {
		return "", "", err
	}
	return library.Version(), library.Path(), nil
}

// load loads the library once.
func (m *Manager) load() (*ort.Runtime, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.library != nil {
		return m.library, nil
	}
	var broken []string
	for _, path := range m.candidates {
		library, err := ort.Load(path)
		if err == nil {
			m.library = library
			return library, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, `/\`) {
			broken = append(broken, err.Error())
		}
	}
	return nil, missing(m.candidates, broken)
}

// missing says what to do about a library that is not there, or not usable.
func missing(candidates, broken []string) error {
	const remedy = "run packaging/setup.sh, or set " + Setting + " to the path of its library"
	if len(broken) > 0 {
		return fmt.Errorf("%w: %s: %s", ErrNoRuntime, strings.Join(broken, "; "), remedy)
	}
	return fmt.Errorf("%w (looked for %s): %s", ErrNoRuntime, strings.Join(candidates, ", "), remedy)
}
