package device

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// explain says in words why a device cannot be used, and what to do about it.
func explain(k Kind, err error) string {
	text := err.Error()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, errElsewhere):
		return elsewhere(k)
	case errors.Is(err, errNoCUDA):
		return text + ": an NVIDIA card needs the CUDA build of ONNX Runtime"
	case errors.Is(err, errNoVulkan):
		return text + ": a graphics card needs its driver installed"
	case has("No supported adapters", "Failed to get a WebGPU adapter"):
		return "no WebGPU adapter found: install the graphics card's driver (on Linux with Vulkan)"
	case k == CUDA && has("no CUDA-capable device", "CUDA failure 100:", "CUDA failure 35:", "driver version is insufficient"):
		return "no CUDA device can be used: check the NVIDIA card and its driver"
	case k == CUDA && has("Failed to load shared library", "Failed to load library", "libcudnn", "libcublas"):
		return "a CUDA library could not be loaded: install CUDA 12 and cuDNN 9"
	case has("Unknown provider name", "not supported in this build", "not enabled in this build", "is not available", "wasn't able to be found"):
		return "this ONNX Runtime was built without it"
	case has("fallback to CPU EP has been explicitly disabled"):
		return "it would have left operations to the CPU"
	}
	return shorten(text)
}

func elsewhere(k Kind) string {
	switch k {
	case DirectML:
		return "DirectML is for Windows"
	case CoreML:
		return "CoreML is for macOS"
	}
	return fmt.Sprintf("%s is not for this platform", k)
}

// source is a place in the library's sources, with the function there.
var source = regexp.MustCompile(`\S*[/\\]\S+\.(cc|h|cpp)[:@]\d+ \S.*?(was false\.|\] )|\S+/onnxruntime/\S+`)

// shorten makes the library's message one short line.
func shorten(text string) string {
	text, _, _ = strings.Cut(source.ReplaceAllString(text, ""), "\n")
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "..."
	}
	return text
}
