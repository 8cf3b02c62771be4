package app

import (
	"context"
	"fmt"
	"runtime"
	"strings"
)

// Diagnostics is a text about program and machine for a report of an error: no
// paths of slides and nothing of their content.
func (w *Workspace) Diagnostics(ctx context.Context) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Zoomscope %s, %s %s, %s\n", w.Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return b.String()
}
