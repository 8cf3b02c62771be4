package raster

import (
	"encoding/binary"
	"io"
	"math"
)

// maxParts bounds how many chunks, segments or tags of a header are looked at.
const maxParts = 1000

// fetch reads n bytes at off, nil when they are not there.
func fetch(r io.ReaderAt, off int64, n int) []byte {
	b := make([]byte, n)
	if off < 0 || off > math.MaxInt64-int64(n) {
		return nil
	}
	if got, _ := r.ReadAt(b, off); got < n {
		return nil
	}
	return b
}

// pngDensity reads the pHYs chunk, which stands before the pixels.
func pngDensity(r io.ReaderAt) (x, y float64) {
	off := int64(8)
	for range maxParts {
		head := fetch(r, off, 8)
		if head == nil {
			return 0, 0
		}
		n := binary.BigEndian.Uint32(head)
		switch string(head[4:]) {
		case "IDAT":
			return 0, 0
		case "pHYs":
			b := fetch(r, off+8, 9)
			if n != 9 || b == nil || b[8] != 1 { // unit 1: the metre
				return 0, 0
			}
			return float64(binary.BigEndian.Uint32(b)), float64(binary.BigEndian.Uint32(b[4:]))
		}
		off += 12 + int64(n)
	}
	return 0, 0
}

// jpegSegments calls visit with the marker of each segment before the pixels and
// the place and length of its content, until visit returns false.
func jpegSegments(r io.ReaderAt, visit func(marker byte, off int64, n int) bool) {
	off := int64(2)
	for range maxParts {
		head := fetch(r, off, 4)
		if head == nil || head[0] != 0xff || head[1] == 0xda { // start of scan
			return
		}
		if head[1] == 0xff { // filling
			off++
			continue
		}
		n := int(binary.BigEndian.Uint16(head[2:]))
		if n < 2 || !visit(head[1], off+4, n-2) {
			return
		}
		off += 2 + int64(n)
	}
}

// jpegDensity reads the JFIF segment.
func jpegDensity(r io.ReaderAt) (x, y float64) {
	jpegSegments(r, func(marker byte, off int64, n int) bool {
		if marker != 0xe0 || n < 12 {
			return true
		}
		b := fetch(r, off, 12)
		if b == nil || string(b[:5]) != "JFIF\x00" {
			return true
		}
		perMetre := map[byte]float64{1: 1 / 0.0254, 2: 100}[b[7]]
		x = float64(binary.BigEndian.Uint16(b[8:])) * perMetre
		y = float64(binary.BigEndian.Uint16(b[10:])) * perMetre
		return false
	})
	return x, y
}

// progressive reports whether a JPEG file is coded in several scans.
func progressive(r io.ReaderAt) bool {
	found := false
	jpegSegments(r, func(marker byte, _ int64, _ int) bool {
		found = marker == 0xc2
		return !found
	})
	return found
}

// tiffDensity reads the resolution tags of the first directory.
func tiffDensity(r io.ReaderAt) (x, y float64) {
	head := fetch(r, 0, 8)
	if head == nil {
		return 0, 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	off := int64(order.Uint32(head[4:]))
	count := fetch(r, off, 2)
	if count == nil {
		return 0, 0
	}
	perMetre := 1 / 0.0254 // inches, unless the file says otherwise
	for i := range min(int(order.Uint16(count)), maxParts) {
		e := fetch(r, off+2+12*int64(i), 12)
		if e == nil {
			break
		}
		switch order.Uint16(e) {
		case 282:
			x = tiffRational(r, order, e)
		case 283:
			y = tiffRational(r, order, e)
		case 296:
			perMetre = map[uint16]float64{2: 1 / 0.0254, 3: 100}[order.Uint16(e[8:])]
		}
	}
	return x * perMetre, y * perMetre
}

// tiffRational is the value of a directory entry of one rational, 0 when it is
// no such thing.
func tiffRational(r io.ReaderAt, order binary.ByteOrder, entry []byte) float64 {
	if order.Uint16(entry[2:]) != 5 || order.Uint32(entry[4:]) != 1 {
		return 0
	}
	b := fetch(r, int64(order.Uint32(entry[8:])), 8)
	if b == nil || order.Uint32(b[4:]) == 0 {
		return 0
	}
	return float64(order.Uint32(b)) / float64(order.Uint32(b[4:]))
}
