package app

import "golang.org/x/sys/windows"

// diskFullErrors are those of a disk, or of what a user may fill of it, that is full.
func diskFullErrors() []error {
	return []error{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED}
}

// readOnlyErrors are those of a drive that takes nothing.
func readOnlyErrors() []error { return []error{windows.ERROR_WRITE_PROTECT} }
