//go:build headless

package native

import (
	"context"

	"zoomscope/app"
)

// Available reports whether this build has a window.
const Available = false

// Run fails: this build has no window.
func Run(context.Context, Config, []string) error { return ErrNoDisplay }

// Bench fails: this build has no window.
func Bench(context.Context, Config, string) (*app.ViewerTimes, error) { return nil, ErrNoDisplay }

// BenchWorklist fails: this build has no window.
func BenchWorklist(context.Context, Config, int) (*app.WorklistTimes, error) {
	return nil, ErrNoDisplay
}
