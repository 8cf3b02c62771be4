//go:build unix

package worklist

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the file for this process until it is closed; an error says that
// another has it. It ends with the process, however that ends.
func lock(f *os.File) error {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}
