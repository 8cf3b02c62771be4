package app

import "golang.org/x/sys/windows"

// passingErrors are those of a drive or a server that is away, and of a file that
// another program is writing.
func passingErrors() []error {
	return []error{
		windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_NOT_READY, windows.ERROR_GEN_FAILURE, windows.ERROR_BAD_NETPATH,
		windows.ERROR_NETWORK_BUSY, windows.ERROR_DEV_NOT_EXIST, windows.ERROR_UNEXP_NET_ERR, windows.ERROR_NETNAME_DELETED, windows.ERROR_BAD_NET_NAME,
		windows.ERROR_SEM_TIMEOUT, windows.ERROR_NETWORK_UNREACHABLE, windows.ERROR_HOST_UNREACHABLE, windows.ERROR_DEVICE_NOT_CONNECTED,
		windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NO_SYSTEM_RESOURCES,
	}
}
