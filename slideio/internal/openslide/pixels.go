package openslide

import (
	"math/bits"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// overWhite turns pixels as the library gives them (premultiplied ARGB, a word
// in the machine's byte order) into opaque R, G, B, A bytes, laid over white.
// dst and src hold whole pixels, are equally long, and may be the same slice.
func overWhite(dst, src []byte) {
	if len(src) == 0 {
		return
	}
	from, to := words(src), words(dst)[:len(src)/4]
	if cpu.IsBigEndian {
		for i, p := range from {
			to[i] = bits.RotateLeft32(onWhite(p), 8)
		}
		return
	}
	for i, p := range from {
		if p < 0xff000000 {
			p = onWhite(p)
		}
		to[i] = p&0xff00ff00 | bits.RotateLeft32(p&0x00ff00ff, 16)
	}
}

// onWhite makes a premultiplied pixel opaque. No channel exceeds alpha, so that
// nothing carries over.
func onWhite(p uint32) uint32 {
	return (p + (0xff-p>>24)*0x00010101) | 0xff000000
}

// words is b as words, without a copy.
func words(b []byte) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(&b[0])), len(b)/4)
}
