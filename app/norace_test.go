//go:build !race

package app_test

// underRace: the race detector is on, which makes drawing ten times slower.
const underRace = false
