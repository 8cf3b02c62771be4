// Package drivers makes the slide drivers that the program hands to slideio.Open.
package drivers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"zoomscope/slideio"
	"zoomscope/slideio/internal/openslide"
	"zoomscope/slideio/internal/raster"
)

// Default makes the drivers of the program, in the order in which they are to be
// tried: OpenSlide, then plain pictures of up to 200 megapixels. libraryDirs are
// folders that may hold the OpenSlide library, besides the usual places.
func Default(libraryDirs []string) []slideio.Driver {
	return []slideio.Driver{OpenSlide(LibraryCandidates(libraryDirs)...), Raster(0)}
}

// Raster makes the driver of plain PNG, JPEG, TIFF and BMP pictures, which are
// decoded whole: larger ones than maxPixels give slideio.ErrTooLarge. 0 means
// 200 megapixels.
func Raster(maxPixels int64) slideio.Driver { return raster.Driver{MaxPixels: maxPixels} }

// LibraryVariable is the environment variable that names the OpenSlide library
// to use before all others.
const LibraryVariable = "ZOOMSCOPE_OPENSLIDE"

// OpenSlideDriver reads slides through the OpenSlide library. The library is
// looked for when the first slide is opened; without it, slide formats give
// slideio.ErrNoLibrary and other files are left to the next driver.
type OpenSlideDriver struct {
	load func() (loaded, error)
}

// loaded is the library and the one driver made of it.
type loaded struct {
	*openslide.Library
	driver *openslide.Driver
}

// OpenSlide makes the driver. candidates are paths of the library, or bare names
// for the system's own search, in the order of preference.
func OpenSlide(candidates ...string) *OpenSlideDriver {
	return &OpenSlideDriver{load: sync.OnceValues(func() (loaded, error) {
		lib, err := openslide.Load(candidates)
		if err != nil {
			return loaded{}, err
		}
		return loaded{lib, openslide.NewDriver(lib)}, nil
	})}
}

// Name is "openslide".
func (*OpenSlideDriver) Name() string { return "openslide" }

// Status reports which library is used, by version and path, or why there is
// none (slideio.ErrNoLibrary).
func (d *OpenSlideDriver) Status() (version, path string, err error) {
	lib, err := d.load()
	if err != nil {
		return "", "", err
	}
	return lib.Version(), lib.Path(), nil
}

// Open opens a slide.
func (d *OpenSlideDriver) Open(ctx context.Context, path string) (slideio.Slide, error) {
	lib, err := d.load()
	if err == nil {
		return lib.driver.Open(ctx, path)
	}
	err = fmt.Errorf("%s: reading this needs the OpenSlide library (install it, or name it in %s): %w", path, LibraryVariable, err)
	if onlyOpenSlide(path) {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", err, slideio.ErrUnsupported)
}

// onlyOpenSlide reports whether the file's name is that of a slide which no
// other driver reads.
func onlyOpenSlide(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".svs", ".ndpi", ".mrxs", ".scn", ".vms", ".vmu", ".bif", ".svslide", ".dcm", ".czi":
		return true
	}
	return false
}

// LibraryCandidates lists where the OpenSlide library is looked for: what
// $ZOOMSCOPE_OPENSLIDE names, the given folders, the program's own folder and
// its lib folder, the system.
func LibraryCandidates(dirs []string) []string {
	var out []string
	if env := os.Getenv(LibraryVariable); env != "" {
		out = append(out, env)
	}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		dirs = append(dirs[:len(dirs):len(dirs)], filepath.Join(dir, "lib"), dir)
	}
	names := libraryNames(runtime.GOOS)
	for _, dir := range dirs {
		for _, name := range names {
			if file := filepath.Join(dir, name); exists(file) {
				out = append(out, file)
			}
		}
	}
	return append(out, names...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func libraryNames(goos string) []string {
	switch goos {
	case "windows":
		return []string{"libopenslide-1.dll", "libopenslide-0.dll"}
	case "darwin":
		return []string{"libopenslide.1.dylib", "libopenslide.0.dylib"}
	}
	return []string{"libopenslide.so.1", "libopenslide.so.0"}
}
