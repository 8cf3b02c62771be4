package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/jpeg"
	"io"
	"testing"
)

// parsed is a directory as a plain reader sees it: every field's values.
type parsed map[uint16][]uint64

// parse reads all directories of a little-endian TIFF or BigTIFF.
func parse(t *testing.T, b []byte) (dirs []parsed, big bool) {
	t.Helper()
	le := binary.LittleEndian
	var next uint64
	switch string(b[:4]) {
	case "II\x2a\x00":
		next = uint64(le.Uint32(b[4:]))
	case "II\x2b\x00":
		big = true
		if le.Uint16(b[4:]) != 8 || le.Uint16(b[6:]) != 0 {
			t.Fatal("bad BigTIFF header")
		}
		next = le.Uint64(b[8:])
	default:
		t.Fatalf("header % x", b[:8])
	}
	for next != 0 {
		if next%2 != 0 {
			t.Fatalf("directory at odd offset %d", next)
		}
		var d parsed
		d, next = parseDirectory(t, b, next, big)
		dirs = append(dirs, d)
	}
	return dirs, big
}

func parseDirectory(t *testing.T, b []byte, at uint64, big bool) (parsed, uint64) {
	le := binary.LittleEndian
	word := func(o uint64) uint64 {
		if big {
			return le.Uint64(b[o:])
		}
		return uint64(le.Uint32(b[o:]))
	}
	w, field, n := uint64(4), uint64(12), uint64(le.Uint16(b[at:]))
	o := at + 2
	if big {
		w, field, n, o = 8, 20, le.Uint64(b[at:]), at+8
	}
	d := parsed{}
	last := uint16(0)
	for range n {
		tag := le.Uint16(b[o:])
		if tag <= last {
			t.Fatalf("tag %d after %d", tag, last)
		}
		last = tag
		size := map[uint16]uint64{2: 1, 3: 2, 4: 4, 5: 8, 16: 8}[le.Uint16(b[o+2:])]
		count := word(o + 4)
		values := o + 4 + w
		if size*count > w {
			values = word(values)
		}
		for i := range count {
			v := b[values+i*size : values+(i+1)*size]
			var buf [8]byte
			copy(buf[:], v)
			d[tag] = append(d[tag], le.Uint64(buf[:]))
		}
		o += field
	}
	return d, word(o)
}

func (d parsed) text(tag uint16) string {
	var b []byte
	for _, v := range d[tag] {
		b = append(b, byte(v))
	}
	return string(bytes.TrimSuffix(b, []byte{0}))
}

func (d parsed) ratio(tag uint16) float64 {
	v := d[tag][0]
	return float64(v&0xffffffff) / float64(v>>32)
}

// pixels decodes a whole level.
func (d parsed) pixels(t *testing.T, b []byte) *image.RGBA {
	t.Helper()
	w, h, side := int(d[tagImageWidth][0]), int(d[tagImageLength][0]), int(d[tagTileWidth][0])
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	cols := ceilDiv(w, side)
	for i, o := range d[tagTileOffsets] {
		tile := d.tile(t, b[o:o+d[tagTileByteCounts][i]], side)
		x0, y0 := i%cols*side, i/cols*side
		for y := range min(side, h-y0) {
			for x := range min(side, w-x0) {
				m.Set(x0+x, y0+y, tile.At(x, y))
			}
		}
	}
	return m
}

func (d parsed) tile(t *testing.T, data []byte, side int) image.Image {
	t.Helper()
	switch d[tagCompression][0] {
	case 7:
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return m
	case 8:
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
		for i := range data {
			if i%(side*3) >= 3 {
				data[i] += data[i-3]
			}
		}
	}
	if len(data) != side*side*3 {
		t.Fatalf("tile of %d bytes", len(data))
	}
	m := newTile(side)
	for i := range side * side {
		copy(m.Pix[i*4:], data[i*3:i*3+3])
		m.Pix[i*4+3] = 255
	}
	return m
}
