package tifftiles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrFormat: the bytes are not those of a TIFF file, or its chain of directories
// is broken.
var ErrFormat = errors.New("not a sound TIFF file")

// Limits of what is read as a directory; far beyond any slide.
const (
	maxDirectories = 512
	maxFields      = 512
	maxTiles       = 1 << 23 // of all directories together
)

// source is a TIFF file as numbers.
type source struct {
	r     io.ReaderAt
	size  uint64
	order binary.ByteOrder
	big   bool
	tiles int // how many there may still be
}

// field is an entry of a directory.
type field struct {
	kind  uint16
	count uint64
	value []byte // 4 bytes, 8 in a BigTIFF: the values or their place
}

// directory is one image of a file, by its tags.
type directory map[uint16]field

// parse reads the chain of directories of a file of the given size. A chain that
// does not end, or that leaves the file, is an error that wraps ErrFormat.
func parse(r io.ReaderAt, size int64) (*source, []directory, error) {
	s := &source{r: r, size: uint64(max(size, 0)), tiles: maxTiles}
	next, err := s.header()
	if err != nil {
		return nil, nil, err
	}
	var dirs []directory
	seen := map[uint64]bool{}
	for next != 0 {
		if seen[next] || len(dirs) == maxDirectories {
			return nil, nil, fmt.Errorf("%w: directories without end", ErrFormat)
		}
		seen[next] = true
		var d directory
		if d, next, err = s.directory(next); err != nil {
			return nil, nil, err
		}
		dirs = append(dirs, d)
	}
	return s, dirs, nil
}

// header reads byte order and variant, and returns where the first directory is.
func (s *source) header() (first uint64, err error) {
	b, err := s.bytes(0, 8)
	if err != nil {
		return 0, err
	}
	switch string(b[:2]) {
	case "II":
		s.order = binary.LittleEndian
	case "MM":
		s.order = binary.BigEndian
	default:
		return 0, fmt.Errorf("%w: no byte order", ErrFormat)
	}
	switch version := s.order.Uint16(b[2:]); {
	case version == 42:
		return uint64(s.order.Uint32(b[4:])), nil
	case version == 43 && s.order.Uint16(b[4:]) == 8 && s.order.Uint16(b[6:]) == 0:
		s.big = true
		if b, err = s.bytes(8, 8); err != nil {
			return 0, err
		}
		return s.order.Uint64(b), nil
	}
	return 0, fmt.Errorf("%w: unknown version", ErrFormat)
}

// directory reads the directory at an offset, and the offset of the next.
func (s *source) directory(at uint64) (d directory, next uint64, err error) {
	n, at, err := s.fieldCount(at)
	if err != nil {
		return nil, 0, err
	}
	if n == 0 || n > maxFields {
		return nil, 0, fmt.Errorf("%w: directory of %d fields", ErrFormat, n)
	}
	word := s.word()
	step := 4 + 2*word
	b, err := s.bytes(at, n*uint64(step)+uint64(word))
	if err != nil {
		return nil, 0, err
	}
	d = make(directory, n)
	for range n {
		d[s.order.Uint16(b)] = field{kind: s.order.Uint16(b[2:]), count: s.uint(b[4:]), value: b[4+word : step]}
		b = b[step:]
	}
	return d, s.uint(b), nil
}

// fieldCount reads how many fields a directory has, and returns where they begin.
func (s *source) fieldCount(at uint64) (n, fields uint64, err error) {
	size := uint64(2)
	if s.big {
		size = 8
	}
	b, err := s.bytes(at, size)
	if err != nil {
		return 0, 0, err
	}
	if s.big {
		return s.order.Uint64(b), at + size, nil
	}
	return uint64(s.order.Uint16(b)), at + size, nil
}

// word is the size of an offset or a count.
func (s *source) word() int {
	if s.big {
		return 8
	}
	return 4
}

// uint is the offset or count that b begins with.
func (s *source) uint(b []byte) uint64 {
	if s.big {
		return s.order.Uint64(b)
	}
	return uint64(s.order.Uint32(b))
}

// bytes reads n bytes, which must lie within the file.
func (s *source) bytes(at, n uint64) ([]byte, error) {
	if !s.holds(at, n) {
		return nil, fmt.Errorf("%w: %d bytes at %d of %d", ErrFormat, n, at, s.size)
	}
	b := make([]byte, n)
	if got, err := s.r.ReadAt(b, int64(at)); got < len(b) {
		return nil, err
	}
	return b, nil
}

// holds reports whether n bytes at an offset lie within the file.
func (s *source) holds(at, n uint64) bool { return at <= s.size && n <= s.size-at }

// Types of a field's values.
const (
	kindByte      = 1
	kindShort     = 3
	kindLong      = 4
	kindUndefined = 7
	kindLong8     = 16
)

// kindSize is the size of a value of a type, 0 for types that are not read.
func kindSize(kind uint16) uint64 {
	switch kind {
	case kindByte, kindUndefined:
		return 1
	case kindShort:
		return 2
	case kindLong:
		return 4
	case kindLong8:
		return 8
	}
	return 0
}

// raw reads the bytes of a field's values: count of them, no fewer, no more.
func (s *source) raw(f field, count uint64) ([]byte, error) {
	size := kindSize(f.kind)
	if size == 0 || f.count != count || count > math.MaxInt32 {
		return nil, fmt.Errorf("%w: %d values of type %d, want %d", ErrFormat, f.count, f.kind, count)
	}
	if n := size * count; n > uint64(len(f.value)) {
		return s.bytes(s.uint(f.value), n)
	}
	return f.value[:size*count], nil
}

// uints reads a field's values, which must be count whole numbers.
func (s *source) uints(f field, count uint64) ([]uint64, error) {
	b, err := s.raw(f, count)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, count)
	for i := range out {
		out[i] = s.value(f.kind, b, i)
	}
	return out, nil
}

// value is the i-th number of b.
func (s *source) value(kind uint16, b []byte, i int) uint64 {
	switch kind {
	case kindShort:
		return uint64(s.order.Uint16(b[2*i:]))
	case kindLong:
		return uint64(s.order.Uint32(b[4*i:]))
	case kindLong8:
		return s.order.Uint64(b[8*i:])
	}
	return uint64(b[i])
}
