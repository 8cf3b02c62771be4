//go:build race

package slideio

const raceEnabled = true
