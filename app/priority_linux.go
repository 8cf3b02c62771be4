package app

import (
	"runtime"
	"syscall"
)

// lowNice is the priority of what computes in the background: about a ninth of a
// processor where something else wants it, all of it where nothing does.
const lowNice = 10

// lowerThread ties the goroutine to its thread and lowers that thread's priority,
// which threads that native libraries start from it inherit. The thread ends with the
// goroutine. It reports whether that worked.
//
// It is for goroutines that mostly wait for native code: Go code on such a thread
// could hold up the rest of the program.
func lowerThread() bool {
	runtime.LockOSThread()
	return syscall.Setpriority(syscall.PRIO_PROCESS, 0, lowNice) == nil // of the calling thread, on Linux
}
