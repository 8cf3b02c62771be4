package device

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"zoomscope/engine/internal/ort"
)

var (
	errElsewhere = errors.New("is on another platform")
	errNoCUDA    = errors.New("CUDA provider library not found beside ONNX Runtime")
	errNoVulkan  = errors.New("no Vulkan driver found")
)

// present looks for what a device needs before the library is asked for it,
// which prints to stderr what is missing and says less in its error.
func present(library *ort.Runtime, k Kind) error {
	switch {
	case k == CPU:
		return nil
	case !slices.Contains(accelerators(runtime.GOOS), k):
		return errElsewhere
	case k == CUDA:
		return cudaLibrary(library.Path(), runtime.GOOS)
	case k == WebGPU && runtime.GOOS == "linux":
		return vulkanDriver(os.Getenv)
	}
	return nil
}

// cudaLibrary wants the provider's own libraries beside ONNX Runtime's.
func cudaLibrary(path, goos string) error {
	if !filepath.IsAbs(path) {
		return nil // the system found it, and will find them
	}
	names := []string{"libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"}
	if goos == "windows" {
		names = []string{"onnxruntime_providers_shared.dll", "onnxruntime_providers_cuda.dll"}
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, n := range names {
		if _, err := os.Stat(filepath.Join(filepath.Dir(real), n)); err != nil {
			return fmt.Errorf("%w (%s)", errNoCUDA, n)
		}
	}
	return nil
}

// vulkanDriver wants a driver's manifest in one of the places where the Vulkan
// loader looks, or a setting that names one.
func vulkanDriver(getenv func(string) string) error {
	for _, setting := range []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"} {
		if getenv(setting) != "" {
			return nil
		}
	}
	or := func(value, fallback string) string {
		if value == "" {
			return fallback
		}
		return value
	}
	home := getenv("HOME")
	dirs := []string{"/etc", "/run/opengl-driver/share"}
	for _, list := range []string{
		or(getenv("XDG_CONFIG_DIRS"), "/etc/xdg"),
		or(getenv("XDG_DATA_DIRS"), "/usr/local/share:/usr/share"),
		or(getenv("XDG_CONFIG_HOME"), filepath.Join(home, ".config")),
		or(getenv("XDG_DATA_HOME"), filepath.Join(home, ".local", "share")),
	} {
		dirs = append(dirs, strings.Split(list, ":")...)
	}
	for _, dir := range dirs {
		if found, _ := filepath.Glob(filepath.Join(dir, "vulkan", "icd.d", "*.json")); len(found) > 0 {
			return nil
		}
	}
	return errNoVulkan
}
