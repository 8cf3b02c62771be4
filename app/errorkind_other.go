//go:build !windows

package app

import "syscall"

// diskFullErrors are those of a disk, or of what a user may fill of it, that is full.
func diskFullErrors() []error { return []error{syscall.ENOSPC, syscall.EDQUOT} }

// readOnlyErrors are those of a drive that takes nothing.
func readOnlyErrors() []error { return []error{syscall.EROFS} }
