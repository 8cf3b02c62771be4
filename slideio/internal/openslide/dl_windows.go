package openslide

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// dlopen lets a library given by its full path find its neighbours.
func dlopen(path string) (uintptr, error) {
	if !filepath.IsAbs(path) {
		h, err := windows.LoadLibrary(path)
		return uintptr(h), err
	}
	h, err := windows.LoadLibraryEx(path, 0, windows.LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR|windows.LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
	return uintptr(h), err
}

func dlsym(so uintptr, name string) (uintptr, error) {
	return windows.GetProcAddress(windows.Handle(so), name)
}
