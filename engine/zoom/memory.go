package zoom

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"zoomscope/engine/mil"
)

// ErrMemory: a method that takes all patches of a slide at once needs more memory
// than is free.
var ErrMemory = errors.New("not enough memory")

// checkMemory makes sure, before any patch is encoded, that a method can take them
// all at once, as far as the system tells what is free.
func (w *whole) checkMemory() error {
	free := w.FreeMemory
	if free == nil {
		free = systemMemory
	}
	have, known := free()
	c := w.Model.Config()
	if need := c.LeastMemory(w.layers); known && need > have {
		patches := 0
		for _, l := range w.layers {
			patches += l.Len
		}
		return fmt.Errorf("%s: %w: %s takes all %d patches at once, for which it needs %s or more, and %s are free; a lower magnification has fewer, %s does not take all",
			w.req.Slide.Info().Path, ErrMemory, c.Method, patches, gigabytes(need), gigabytes(have), mil.ZoomMIL)
	}
	return nil
}

func gigabytes(bytes int64) string { return fmt.Sprintf("%.2g GB", float64(bytes)/1e9) }

// systemMemory is how many bytes of memory are free, where the system tells.
func systemMemory() (bytes int64, known bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	return availableMemory(string(text))
}

// availableMemory is what a text like Linux's /proc/meminfo says can be had, in bytes.
func availableMemory(text string) (bytes int64, known bool) {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" && f[2] == "kB" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n << 10, err == nil && n >= 0 && n < 1<<50
		}
	}
	return 0, false
}
