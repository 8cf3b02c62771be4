package openslide

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// errNotRecognised: the library knows no format that fits the file.
var errNotRecognised = errors.New("format not recognised")

// Handle is one slide opened by the library. Its methods may be called from
// several goroutines at once, except Close, which must come last.
type Handle struct {
	lib *Library
	ptr uintptr
}

// Open opens a file. A file of no known format gives errNotRecognised; any other
// error is the library's own word on a file that it recognised.
func (l *Library) Open(path string) (*Handle, error) {
	ptr := l.open(path)
	if ptr == 0 {
		return nil, errNotRecognised
	}
	h := &Handle{lib: l, ptr: ptr}
	if err := h.Error(); err != nil {
		h.Close()
		return nil, err
	}
	if l.cache != 0 {
		l.setCache(ptr, l.cache)
	}
	return h, nil
}

// useSmallCache is for slides of which the library reads little.
func (h *Handle) useSmallCache() {
	if h.lib.smallCache != 0 {
		h.lib.setCache(h.ptr, h.lib.smallCache)
	}
}

// Close frees the slide. No other call may be under way or follow.
func (h *Handle) Close() {
	h.lib.close(h.ptr)
	h.ptr = 0
}

// Error is the error that the handle is stuck with, nil while it is sound.
func (h *Handle) Error() error {
	if r, _, _ := purego.SyscallN(h.lib.getErrorAddr, h.ptr); r == 0 {
		return nil
	}
	return errors.New(h.lib.getError(h.ptr))
}

// LevelCount is the number of levels, -1 on a failed handle.
func (h *Handle) LevelCount() int { return int(h.lib.levelCount(h.ptr)) }

// LargestLevelDimensions is the size of level 0 in pixels.
func (h *Handle) LargestLevelDimensions() (w, ht int64) { return h.LevelDimensions(0) }

// LevelDimensions is the size of a level in its pixels; -1, -1 when there is
// none such or the handle failed.
func (h *Handle) LevelDimensions(level int) (w, ht int64) {
	h.lib.levelDims(h.ptr, int32(level), &w, &ht)
	return w, ht
}

// LevelDownsample is the library's ratio of level 0 to a level, -1 when there is
// none such or the handle failed.
func (h *Handle) LevelDownsample(level int) float64 {
	return h.lib.downsample(h.ptr, int32(level))
}

// BestLevelForDownsample is the coarsest level at least as fine as downsample.
func (h *Handle) BestLevelForDownsample(downsample float64) int {
	return int(h.lib.bestLevel(h.ptr, downsample))
}

// PropertyNames lists the slide's properties.
func (h *Handle) PropertyNames() []string { return goStrings(h.lib.propNames(h.ptr)) }

// PropertyValue is the value of a property, "" when it has none.
func (h *Handle) PropertyValue(name string) string { return h.lib.propValue(h.ptr, name) }

// AssociatedImageNames lists the label, macro and thumbnail images there are.
func (h *Handle) AssociatedImageNames() []string { return goStrings(h.lib.assocNames(h.ptr)) }

// ReadAssociatedImage decodes an associated image: premultiplied ARGB as the
// library gives it, 4 w h bytes.
func (h *Handle) ReadAssociatedImage(name string, maxPixels int64) (pix []byte, w, ht int, err error) {
	var w64, h64 int64
	h.lib.assocDims(h.ptr, name, &w64, &h64)
	if err := h.Error(); err != nil {
		return nil, 0, 0, err
	}
	if w64 <= 0 || h64 <= 0 || w64 > maxPixels/h64 {
		return nil, 0, 0, fmt.Errorf("size %d x %d", w64, h64)
	}
	pix = make([]byte, 4*w64*h64)
	h.lib.readAssoc(h.ptr, name, &pix[0])
	return pix, int(w64), int(h64), h.Error()
}

// ReadRegion reads w x ht pixels of a level into dst (at least 4 w ht bytes):
// premultiplied ARGB in the machine's byte order. x and y are in pixels of level
// 0. What lies outside the level is transparent black.
func (h *Handle) ReadRegion(dst []byte, x, y int64, level, w, ht int) error {
	if w <= 0 || ht <= 0 {
		return nil
	}
	_ = dst[4*w*ht-1]
	purego.SyscallN(h.lib.readRegionAddr, h.ptr, uintptr(unsafe.Pointer(&dst[0])),
		uintptr(x), uintptr(y), uintptr(level), uintptr(w), uintptr(ht))
	runtime.KeepAlive(dst)
	return h.Error()
}

// goStrings copies a NULL-terminated array of C strings.
func goStrings(array unsafe.Pointer) []string {
	if array == nil {
		return nil
	}
	var out []string
	for p := (**byte)(array); *p != nil; p = (**byte)(unsafe.Add(unsafe.Pointer(p), unsafe.Sizeof(p))) {
		n := 0
		for *(*byte)(unsafe.Add(unsafe.Pointer(*p), n)) != 0 {
			n++
		}
		out = append(out, string(unsafe.Slice(*p, n)))
	}
	return out
}
