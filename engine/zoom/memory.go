package zoom

import (
	"fmt"

	"zoomscope/engine/internal/memory"
	"zoomscope/engine/mil"
)

// checkMemory makes sure, before any patch is encoded, that a method can take them
// all at once, as far as the system tells what is free.
func (w *whole) checkMemory() error {
	free := w.FreeMemory
	if free == nil {
		free = memory.Free
	}
	have, known := free()
	c := w.Model.Config()
	if need := c.LeastMemory(w.layers); known && need > have {
		patches := 0
		for _, l := range w.layers {
			patches += l.Len
		}
		return fmt.Errorf("%s: %w: %s takes all %d patches at once, for which it needs %s or more, and %s are free; a lower magnification has fewer, %s does not take all",
			w.req.Slide.Info().Path, mil.ErrMemory, c.Method, patches, memory.Text(need), memory.Text(have), mil.ZoomMIL)
	}
	return nil
}
