package openslide

import (
	"encoding/binary"
	"math/bits"
)

// overWhite turns pixels as the library gives them (premultiplied ARGB, a word
// in the machine's byte order) into opaque R, G, B, A bytes, laid over white.
// dst and src hold whole pixels, are equally long, and may be the same slice.
func overWhite(dst, src []byte) {
	dst = dst[:len(src)]
	for len(src) >= 4 && len(dst) >= 4 {
		p := binary.NativeEndian.Uint32(src)
		if p>>24 != 0xff {
			// Premultiplied: no channel exceeds alpha, so nothing carries over.
			p += (0xff - p>>24) * 0x00010101
			p |= 0xff000000
		}
		binary.LittleEndian.PutUint32(dst, p&0xff00ff00|bits.RotateLeft32(p, 16)&0x00ff00ff)
		src, dst = src[4:], dst[4:]
	}
}
