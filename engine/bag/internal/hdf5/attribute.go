package hdf5

import (
	"bytes"
	"fmt"
)

// attribute reads the name and value of an attribute message: int64, float64,
// bool or string; nil for what is none of these.
func (f *File) attribute(data []byte) (string, any, error) {
	c := cursor{b: data}
	version, flags := c.u8(), c.u8()
	sizes := [3]int{c.u16(), c.u16(), c.u16()}
	if version < 1 || version > 3 {
		return "", nil, fmt.Errorf("attribute of version %d: %w", version, ErrUnsupported)
	}
	if version == 3 {
		c.u8()
	}
	var parts [3][]byte
	for i, n := range sizes {
		parts[i] = c.take(n)
		if version == 1 {
			c.take(-n & 7)
		}
	}
	if err := c.err("an attribute"); err != nil {
		return "", nil, err
	}
	name, _, _ := bytes.Cut(parts[0], []byte{0})
	if version > 1 && flags&3 != 0 {
		return string(name), nil, nil
	}
	value, err := f.value(parts[1], parts[2], &c)
	return string(name), value, err
}

// value reads a single element.
func (f *File) value(datatype, space []byte, c *cursor) (any, error) {
	t, err := parseType(datatype)
	if err != nil {
		return nil, nil // of no interest
	}
	dims, err := parseSpace(space)
	if err != nil || len(dims) > 0 && (len(dims) > 1 || dims[0] != 1) {
		return nil, nil
	}
	raw := c.take(t.Size)
	if err := c.err("an attribute"); err != nil {
		return nil, err
	}
	switch t.class {
	case classInteger:
		return t.integer(raw), nil
	case classFloat:
		return t.float(raw), nil
	case classText:
		text, _, _ := bytes.Cut(raw, []byte{0})
		return string(text), nil
	case classEnum: // of one byte: a truth value of h5py
		if t.Size == 1 {
			return raw[0] != 0, nil
		}
	case classVariable:
		if t.Size == 16 {
			return f.heapText(raw)
		}
	}
	return nil, nil
}

// heapText finds a text by its length, the address of its heap and its number there.
func (f *File) heapText(raw []byte) (any, error) {
	n, at, index := uint64(le.Uint32(raw)), le.Uint64(raw[4:]), int(le.Uint32(raw[12:]))
	if n == 0 {
		return "", nil
	}
	head, err := f.marked(at, 16, "GCOL")
	if err != nil {
		return nil, err
	}
	size := le.Uint64(head[8:])
	if n > maxText || size < 16 || size > maxBlock {
		return nil, fmt.Errorf("%w: text of %d bytes in a heap of %d", errDamaged, n, size)
	}
	heap, err := f.read(at+16, size-16)
	if err != nil {
		return nil, err
	}
	for c := (cursor{b: heap}); len(c.b) >= 16; {
		i := c.u16()
		c.take(6)
		length := c.u64()
		if i == 0 || length > uint64(len(c.b)) {
			break
		}
		text := c.take(int(length))
		c.take(min(int(-length&7), len(c.b)))
		if i == index && n <= length {
			return string(text[:n]), nil
		}
	}
	return nil, fmt.Errorf("%w: no text %d in the heap at %d", errDamaged, index, at)
}
