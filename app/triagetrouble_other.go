//go:build !windows

package app

import "syscall"

// passingErrors are those of a drive or a server that is away.
func passingErrors() []error {
	return []error{
		syscall.EIO, syscall.ENODEV, syscall.ENXIO, syscall.ESTALE, syscall.ETIMEDOUT, syscall.EHOSTDOWN, syscall.EHOSTUNREACH,
		syscall.ENETDOWN, syscall.ENETUNREACH, syscall.ENOTCONN, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EMFILE, syscall.ENFILE,
		syscall.EBUSY, syscall.ENOMEM,
	}
}
