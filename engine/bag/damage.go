package bag

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"zoomscope/engine/safetensors"
)

// Ext is the ending of a bag's file name, behind the name of its slide.
const Ext = ".bag.safetensors"

// Remedy says what to do about a bag that cannot be used: extract leaves a file
// alone that is there.
func Remedy(path string) string { return fmt.Sprintf("remove %s and run extract again", path) }

// remedy is Remedy for what is called as a bag, since a file of anything else is
// not to be removed, and "" else.
func remedy(path string) string {
	if !strings.HasSuffix(path, Ext) {
		return ""
	}
	return ": " + Remedy(path)
}

// scanRows is how many rows are looked at between two looks at the context.
const scanRows = 1024

// CheckFinite looks at all features of the file. The error names the file and the
// first that is not finite, and says what to do; when ctx ends it is its cause.
func (f *File) CheckFinite(ctx context.Context) error {
	for i, l := range f.levels {
		if l.features == nil && len(l.cells) > 0 {
			return fmt.Errorf("%s: bag is closed", f.path)
		}
		stride := f.manifest.Encoder.Dim * l.dtype.Size()
		for from := 0; from < len(l.cells); from += scanRows {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			at := firstNotFinite(l.dtype, l.features[from*stride:min(from+scanRows, len(l.cells))*stride])
			if at < 0 {
				continue
			}
			return f.notFinite(i, from*f.manifest.Encoder.Dim+at)
		}
	}
	return nil
}

// notFinite is the error for value at of a magnification.
func (f *File) notFinite(level, at int) error {
	l, dim := f.levels[level], f.manifest.Encoder.Dim
	var value [1]float32
	size := l.dtype.Size()
	safetensors.DecodeFloat32(value[:], l.dtype, l.features[at*size:(at+1)*size])
	return fmt.Errorf("%s: feature %d of patch %d at %gx is %v%s",
		f.path, at%dim, at/dim, f.manifest.Magnifications[level], value[0], remedy(f.path))
}

// firstNotFinite is the place of the first value whose exponent is all ones, -1
// for none.
func firstNotFinite(t safetensors.DType, raw []byte) int {
	if t == safetensors.F16 {
		for i := 0; i+1 < len(raw); i += 2 {
			if binary.LittleEndian.Uint16(raw[i:])&0x7c00 == 0x7c00 {
				return i / 2
			}
		}
		return -1
	}
	for i := 0; i+3 < len(raw); i += 4 {
		if binary.LittleEndian.Uint32(raw[i:])&0x7f800000 == 0x7f800000 {
			return i / 4
		}
	}
	return -1
}
