package worklist

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the file for this process until it is closed; an error says that
// another has it. It ends with the process, however that ends. The byte that is
// locked lies beyond any file.
func lock(f *os.File) error {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1<<31 - 1})
}
