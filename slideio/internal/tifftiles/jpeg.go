package tifftiles

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"sync"
)

// errUnusual: a tile, or a whole image, is not of the kind that is read here.
var errUnusual = errors.New("unusual JPEG tile")

// Markers of a JPEG stream.
const (
	markerSOF0 = 0xc0 // baseline
	markerSOF1 = 0xc1 // the same with more tables
	markerDHT  = 0xc4
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerDQT  = 0xdb
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPPF = 0xef
	markerCOM  = 0xfe
)

// jfif is a segment that says that the components are not to be taken for red,
// green and blue by their names: the TIFF directory says what they are, and
// image/jpeg then gives them as they are.
const jfif = "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

// newPrefix is what a tile's stream begins with in place of its own SOI, when the
// tiles share tables; nil for none.
func newPrefix(tables []byte) ([]byte, error) {
	prefix := append([]byte{0xff, markerSOI}, jfif...)
	if tables == nil {
		return prefix, nil
	}
	body, err := tablesBody(tables)
	return append(prefix, body...), err
}

// tablesBody is a stream of tables alone, without its SOI and EOI.
func tablesBody(b []byte) ([]byte, error) {
	if len(b) < 4 || b[0] != 0xff || b[1] != markerSOI {
		return nil, fmt.Errorf("%w: JPEG tables", ErrFormat)
	}
	for at := 2; ; {
		marker, end, err := segment(b, at)
		switch {
		case err != nil:
			return nil, err
		case marker == markerEOI:
			return b[2:at], nil
		case marker != markerDHT && marker != markerDQT && marker != markerDRI && !isComment(marker):
			return nil, fmt.Errorf("%w: marker %#x among JPEG tables", ErrFormat, marker)
		}
		at = end
	}
}

// segment is the marker at b[at:], and the end of its segment.
func segment(b []byte, at int) (marker byte, end int, err error) {
	if at+2 > len(b) || b[at] != 0xff {
		return 0, 0, fmt.Errorf("%w: no marker", errUnusual)
	}
	if marker = b[at+1]; marker == markerEOI {
		return marker, at + 2, nil
	}
	if at+4 > len(b) {
		return 0, 0, fmt.Errorf("%w: cut off", errUnusual)
	}
	end = at + 2 + int(b[at+2])<<8 + int(b[at+3])
	if end < at+4 || end > len(b) {
		return 0, 0, fmt.Errorf("%w: segment of %d bytes", errUnusual, end-at)
	}
	return marker, end, nil
}

func isComment(marker byte) bool {
	return marker >= markerAPP0 && marker <= markerAPPF || marker == markerCOM
}

// checkHeader looks into a tile's stream up to its frame header, which must state
// w x h pixels of three components of eight bits, subsampled in a way that is
// known. What a decoder would take memory and time for is known then: a progressive
// stream could have it go over the tile without end.
func checkHeader(b []byte, w, h int) error {
	if len(b) < 2 || b[0] != 0xff || b[1] != markerSOI {
		return fmt.Errorf("%w: no JPEG", errUnusual)
	}
	for at := 2; ; {
		marker, end, err := segment(b, at)
		switch {
		case err != nil:
			return err
		case marker == markerSOF0 || marker == markerSOF1:
			return checkFrame(b[at+4:end], w, h)
		case marker != markerDHT && marker != markerDQT && marker != markerDRI && !isComment(marker):
			return fmt.Errorf("%w: marker %#x", errUnusual, marker)
		}
		at = end
	}
}

// checkFrame checks the body of a frame header.
func checkFrame(b []byte, w, h int) error {
	if len(b) != 15 || b[0] != 8 || b[5] != 3 {
		return fmt.Errorf("%w: no three components of eight bits", errUnusual)
	}
	if fh, fw := int(b[1])<<8|int(b[2]), int(b[3])<<8|int(b[4]); fw != w || fh != h {
		return fmt.Errorf("%w: %d x %d pixels", errUnusual, fw, fh)
	}
	luma, cb, cr := b[7], b[10], b[13]
	if cb != 0x11 || cr != 0x11 || luma != 0x11 && luma != 0x21 && luma != 0x22 {
		return fmt.Errorf("%w: subsampling %x %x %x", errUnusual, luma, cb, cr)
	}
	return nil
}

// decoder is the memory of decoding a tile.
type decoder struct {
	buf    []byte
	stream bytes.Reader
	painter
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decode decodes the i-th tile to opaque R, G, B, A, rows one after another.
func (l *Level) decode(pix []byte, i int) error {
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	if err := d.load(l, i); err != nil {
		return err
	}
	m, err := jpeg.Decode(&d.stream)
	if err != nil {
		return err
	}
	planes, ok := m.(*image.YCbCr)
	if !ok {
		return fmt.Errorf("%w: decoded as %T", errUnusual, m)
	}
	d.paint(pix, planes, l.rgb)
	return nil
}

// load reads a tile, checks its header and makes it ready for decoding.
func (d *decoder) load(l *Level, i int) error {
	t := l.tiles[i]
	if t.size < 2 || t.size > uint64(maxTables+4*l.TileWidth*l.TileHeight) {
		return fmt.Errorf("%w: %d bytes", errUnusual, t.size)
	}
	head, n := len(l.prefix), int(t.size)
	d.buf = slices.Grow(d.buf[:0], head+n)[:head+n]
	tile := d.buf[head:]
	if got, err := l.file.r.ReadAt(tile, int64(t.offset)); got < n {
		return err
	}
	if err := checkHeader(tile, l.TileWidth, l.TileHeight); err != nil {
		return err
	}
	// The prefix ends over the tile's own SOI.
	copy(d.buf[2:], l.prefix)
	d.stream.Reset(d.buf[2:])
	return nil
}

// readable reports whether the level's first tile that is there can be read, as
// far as its header tells.
func (l *Level) readable() bool {
	i := slices.IndexFunc(l.tiles, func(t extent) bool { return t.size > 0 })
	if i < 0 {
		return false
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	return d.load(l, i) == nil
}
