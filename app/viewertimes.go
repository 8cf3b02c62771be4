package app

import (
	"time"

	"zoomscope/engine/bench"
)

// ViewerTimes are how long the window takes, and FrameTimes how long its frames.
type (
	ViewerTimes = bench.ViewerTimes
	FrameTimes  = bench.FrameTimes
)

// ProcessorTime is what the program has used of processors; 0 where the system does
// not tell.
func ProcessorTime() time.Duration { return bench.ProcessorTime() }
