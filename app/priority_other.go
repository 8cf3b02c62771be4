//go:build !linux

package app

// lowerThread reports that a thread's priority cannot be lowered here in a way that
// the threads of native libraries would inherit.
func lowerThread() bool { return false }
