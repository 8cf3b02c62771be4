// Package testenv finds what tests need from outside the repository: shared
// vectors, sample data and native libraries. What is absent skips the test, and
// says so. A relative path in a variable counts from the folder of go.mod, not from
// that of the test.
package testenv

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Root is the folder of go.mod.
func Root() string {
	if _, file, _, _ := runtime.Caller(0); filepath.IsAbs(file) {
		return filepath.Dir(filepath.Dir(filepath.Dir(file)))
	}
	// Built with -trimpath. A test starts in the folder of its package.
	dir, _ := os.Getwd()
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// Golden is the folder of the golden vectors: $ZOOMSCOPE_GOLDEN, or
// ../shared/golden beside the repository.
func Golden(t testing.TB) string {
	t.Helper()
	return find(t, "golden vectors", "ZOOMSCOPE_GOLDEN", filepath.Join(Root(), "..", "shared", "golden"))
}

// Data is the folder of sample slides, tiles and weights: $ZOOMSCOPE_DATA, or
// ../shared/data beside the repository.
func Data(t testing.TB) string {
	t.Helper()
	return find(t, "sample data", "ZOOMSCOPE_DATA", filepath.Join(Root(), "..", "shared", "data"))
}

// ORT is the path of ONNX Runtime's library: $ZOOMSCOPE_ORT, or the one that
// packaging/setup.sh installed.
func ORT(t testing.TB) string {
	t.Helper()
	return find(t, "ONNX Runtime", "ZOOMSCOPE_ORT", filepath.Join(Root(), "third_party", "onnxruntime", "libonnxruntime.so.1"))
}

// OpenSlide is the path of OpenSlide's library: $ZOOMSCOPE_OPENSLIDE, or the
// one that packaging/setup.sh installed.
func OpenSlide(t testing.TB) string {
	t.Helper()
	return find(t, "OpenSlide", "ZOOMSCOPE_OPENSLIDE", filepath.Join(Root(), "third_party", "openslide", "libopenslide.so.1"))
}

// SwiftShader is the path of the Vulkan driver manifest of SwiftShader, to be set
// as VK_ICD_FILENAMES before the first session asks for WebGPU:
// $ZOOMSCOPE_SWIFTSHADER, or the one that packaging/setup.sh --test-extras
// installed.
func SwiftShader(t testing.TB) string {
	t.Helper()
	return find(t, "SwiftShader", "ZOOMSCOPE_SWIFTSHADER", filepath.Join(Root(), "third_party", "swiftshader", "vk_swiftshader_icd.json"))
}

func find(t testing.TB, what, env, fallback string) string {
	t.Helper()
	path := os.Getenv(env)
	if path == "" {
		path = fallback
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(Root(), path)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s not there (%v); set %s", what, err, env)
	}
	return path
}
