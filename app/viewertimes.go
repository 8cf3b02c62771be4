package app

import "zoomscope/engine/bench"

// ViewerTimes are how long the window takes, and FrameTimes how long its frames.
type (
	ViewerTimes = bench.ViewerTimes
	FrameTimes  = bench.FrameTimes
)
