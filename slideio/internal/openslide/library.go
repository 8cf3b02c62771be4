package openslide

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"

	"zoomscope/slideio"
)

// What bounds the decoded tiles that the library keeps for all slides together,
// where it can share them (4.0 and later): one cache for slides that it reads
// alone, and a small one for those whose tiles are mostly read without it.
const (
	sharedCacheBytes = 64 << 20
	smallCacheBytes  = 8 << 20
)

// Library is a loaded libopenslide. Its methods may be called from several
// goroutines at once.
type Library struct {
	path    string
	version string

	cache, smallCache uintptr // shared tile caches; 0 where the library has none

	open         func(path string) uintptr
	close        func(h uintptr)
	detectVendor func(path string) string
	getError     func(h uintptr) string
	levelCount   func(h uintptr) int32
	levelDims    func(h uintptr, level int32, w, ht *int64)
	downsample   func(h uintptr, level int32) float64
	bestLevel    func(h uintptr, downsample float64) int32
	propNames    func(h uintptr) unsafe.Pointer
	propValue    func(h uintptr, name string) string
	assocNames   func(h uintptr) unsafe.Pointer
	assocDims    func(h uintptr, name string, w, ht *int64)
	readAssoc    func(h uintptr, name string, dst *byte)
	setCache     func(h, cache uintptr)

	// Called for every block: by address, without the cost of reflection.
	readRegionAddr, getErrorAddr uintptr
}

// Load loads the first of the candidates that works: paths, or bare names for
// the system's own search. The error wraps slideio.ErrNoLibrary and says what
// was wrong with each.
func Load(candidates []string) (*Library, error) {
	var causes []error
	for _, c := range candidates {
		lib, err := load(c)
		if err == nil {
			return lib, nil
		}
		causes = append(causes, err)
	}
	return nil, fmt.Errorf("openslide: %w: %w", slideio.ErrNoLibrary, errors.Join(causes...))
}

func load(path string) (*Library, error) {
	so, err := dlopen(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lib := &Library{path: path}
	if err := lib.bind(so); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lib, nil
}

// Path is what the library was loaded by.
func (l *Library) Path() string { return l.path }

// Version is the library's version, such as "4.0.1".
func (l *Library) Version() string { return l.version }

// DetectVendor names the format of a file; "" when the library does not know it.
func (l *Library) DetectVendor(path string) string { return l.detectVendor(path) }

func (l *Library) bind(so uintptr) error {
	var version func() string
	for name, fn := range map[string]any{
		"openslide_get_version":                     &version,
		"openslide_open":                            &l.open,
		"openslide_close":                           &l.close,
		"openslide_detect_vendor":                   &l.detectVendor,
		"openslide_get_error":                       &l.getError,
		"openslide_get_level_count":                 &l.levelCount,
		"openslide_get_level_dimensions":            &l.levelDims,
		"openslide_get_level_downsample":            &l.downsample,
		"openslide_get_best_level_for_downsample":   &l.bestLevel,
		"openslide_get_property_names":              &l.propNames,
		"openslide_get_property_value":              &l.propValue,
		"openslide_get_associated_image_names":      &l.assocNames,
		"openslide_get_associated_image_dimensions": &l.assocDims,
		"openslide_read_associated_image":           &l.readAssoc,
	} {
		addr, err := dlsym(so, name)
		if err != nil {
			return err
		}
		purego.RegisterFunc(fn, addr)
	}
	var err error
	if l.readRegionAddr, err = dlsym(so, "openslide_read_region"); err != nil {
		return err
	}
	if l.getErrorAddr, err = dlsym(so, "openslide_get_error"); err != nil {
		return err
	}
	l.version = version()
	l.bindCache(so)
	return nil
}

// bindCache makes the shared tile caches, where the library is new enough.
func (l *Library) bindCache(so uintptr) {
	create, err := dlsym(so, "openslide_cache_create")
	if err != nil {
		return
	}
	set, err := dlsym(so, "openslide_set_cache")
	if err != nil {
		return
	}
	var newCache func(capacity uintptr) uintptr
	purego.RegisterFunc(&newCache, create)
	purego.RegisterFunc(&l.setCache, set)
	l.cache, l.smallCache = newCache(sharedCacheBytes), newCache(smallCacheBytes)
}
