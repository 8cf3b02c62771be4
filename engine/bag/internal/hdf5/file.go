package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// ErrUnsupported: the file is HDF5, but uses a part of the format that is not
// read here.
var ErrUnsupported = errors.New("not a kind of HDF5 that is read; h5repack, or h5py without libver, writes one that is")

var errDamaged = errors.New("damaged HDF5 file")

var le = binary.LittleEndian

// Limits of what is believed.
const (
	maxBlock    = 1 << 20  // bytes of a header or heap
	maxMessages = 1 << 12  // of one object
	maxBlocks   = 64       // that one object header goes on in
	maxEntries  = 1 << 12  // of a group
	maxChunk    = 64 << 20 // bytes
	maxText     = 1 << 16  // bytes of an attribute's text
	undefined   = 1<<64 - 1
)

var signature = []byte("\x89HDF\r\n\x1a\n")

// File is an HDF5 file open for reading. It belongs to one goroutine.
type File struct {
	r        io.ReaderAt
	size     uint64
	datasets map[string]uint64 // address of the object header, by name
	close    func() error
}

// Open opens the file at path. Errors name it.
func Open(path string) (*File, error) {
	// A pipe or device in the place of the file would block, so look first.
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a plain file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(file, st.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	f.close = file.Close
	return f, nil
}

// Parse reads a file of the given size, up to the names in its root group.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: uint64(max(size, 0)), datasets: map[string]uint64{}}
	root, err := f.superblock()
	if err != nil {
		return nil, err
	}
	messages, err := f.header(root)
	if err != nil {
		return nil, fmt.Errorf("root group: %w", err)
	}
	if err := f.list(messages); err != nil {
		return nil, fmt.Errorf("root group: %w", err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Names are those of the objects of the root group, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.datasets)) }

// Has says whether the root group has an object of that name.
func (f *File) Has(name string) bool { _, ok := f.datasets[name]; return ok }

// superblock returns the address of the root group.
func (f *File) superblock() (uint64, error) {
	head, err := f.read(0, 12)
	if err != nil || string(head[:8]) != string(signature) {
		return 0, errors.New("not an HDF5 file")
	}
	var sizes []byte // of addresses and lengths
	var base, root uint64
	switch version := head[8]; version {
	case 0, 1:
		at := uint64(24 + 4*int(version)) // version 1 has a field more
		b, err := f.read(0, at+56)
		if err != nil {
			return 0, err
		}
		sizes, base, root = b[13:15], le.Uint64(b[at:]), le.Uint64(b[at+40:])
	case 2, 3:
		b, err := f.read(0, 48)
		if err != nil {
			return 0, err
		}
		sizes, base, root = b[9:11], le.Uint64(b[12:]), le.Uint64(b[36:])
	default:
		return 0, fmt.Errorf("superblock of version %d: %w", version, ErrUnsupported)
	}
	if sizes[0] != 8 || sizes[1] != 8 || base != 0 {
		return 0, fmt.Errorf("addresses of %d and lengths of %d bytes from %d on: %w", sizes[0], sizes[1], base, ErrUnsupported)
	}
	return root, nil
}

// read returns n bytes from an address on, all of which must be in the file.
func (f *File) read(at, n uint64) ([]byte, error) {
	if n > maxChunk || at > f.size || n > f.size-at {
		return nil, fmt.Errorf("%w: %d bytes at %d of %d", errDamaged, n, at, f.size)
	}
	b := make([]byte, n)
	if _, err := f.r.ReadAt(b, int64(at)); err != nil && !(err == io.EOF && at+n == f.size) {
		return nil, err
	}
	return b, nil
}

// marked reads a block that begins with a signature.
func (f *File) marked(at, n uint64, mark string) ([]byte, error) {
	b, err := f.read(at, n)
	if err != nil {
		return nil, err
	}
	if len(b) < len(mark) || string(b[:len(mark)]) != mark {
		return nil, fmt.Errorf("%w: no %s at %d", errDamaged, mark, at)
	}
	return b, nil
}

// cursor takes a block apart. After the end everything is zero, and short is set.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.short, c.b = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

func (c *cursor) u8() int     { return int(c.take(1)[0]) }
func (c *cursor) u16() int    { return int(le.Uint16(c.take(2))) }
func (c *cursor) u32() int    { return int(le.Uint32(c.take(4))) }
func (c *cursor) u64() uint64 { return le.Uint64(c.take(8)) }

// err is the error of a block that was shorter than it says.
func (c *cursor) err(what string) error {
	if c.short {
		return fmt.Errorf("%w: %s is cut short", errDamaged, what)
	}
	return nil
}
