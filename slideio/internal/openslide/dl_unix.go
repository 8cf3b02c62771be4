//go:build !windows

package openslide

import (
	"runtime"

	"github.com/ebitengine/purego"
)

// What went wrong with a library is known to the thread that asked for it, and is
// asked for by a call of its own: both have to be made on one thread.

func dlopen(path string) (uintptr, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func dlsym(so uintptr, name string) (uintptr, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return purego.Dlsym(so, name)
}
