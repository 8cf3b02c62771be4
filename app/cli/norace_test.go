//go:build !race

package cli

// underRace: the race detector is on, which makes drawing ten times slower.
const underRace = false
