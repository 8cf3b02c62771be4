package hdf5

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
)

// Numbers of the filters that are undone here.
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
)

// filter is one that chunks went through when they were written.
type filter struct{ id int }

// maxFilters is what the format allows.
const maxFilters = 32

// parseFilters reads a filter pipeline, in the order of writing.
func parseFilters(data []byte) ([]filter, error) {
	c := cursor{b: data}
	version, n := c.u8(), c.u8()
	if version != 1 && version != 2 || n > maxFilters {
		return nil, fmt.Errorf("%d filters of version %d: %w", n, version, ErrUnsupported)
	}
	if version == 1 {
		c.take(6)
	}
	filters := make([]filter, n)
	for i := range filters {
		id, name := c.u16(), 0
		if version == 1 || id >= 256 {
			name = c.u16()
		}
		c.take(2)
		values := c.u16()
		c.take(name)
		c.take(4 * values)
		if version == 1 && values%2 != 0 {
			c.take(4)
		}
		if filters[i].id = id; id < filterDeflate || id > filterFletcher32 {
			return nil, fmt.Errorf("compressed by filter %d: %w", id, ErrUnsupported)
		}
	}
	return filters, c.err("a filter pipeline")
}

// unfilter undoes the filters of a chunk, the last first, but for those whose
// bits in skip say that they were left out. size is the chunk's without them,
// width that of an element.
func unfilter(filters []filter, skip uint32, data []byte, size, width int) ([]byte, error) {
	for i := len(filters) - 1; i >= 0; i-- {
		if skip>>i&1 != 0 {
			continue
		}
		var err error
		switch filters[i].id {
		case filterDeflate:
			data, err = inflate(data, size)
		case filterShuffle:
			data = unshuffle(data, width)
		case filterFletcher32:
			data, err = checked(data)
		}
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}

// inflate takes no more than a chunk, and a checksum, out of the packed bytes.
func inflate(data []byte, size int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	out := bytes.NewBuffer(make([]byte, 0, min(size, 8*len(data))+bytes.MinRead))
	n, err := io.Copy(out, io.LimitReader(z, int64(size)+5))
	if err == nil && n > int64(size)+4 {
		err = fmt.Errorf("more than %d bytes", size)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return out.Bytes(), nil
}

// unshuffle puts elements together whose first bytes stand together, then their
// second ones, and so on; what is left over at the end stays.
func unshuffle(data []byte, width int) []byte {
	n := len(data) / width
	out := make([]byte, len(data))
	for b := range width {
		plane := data[b*n : (b+1)*n]
		for i, v := range plane {
			out[i*width+b] = v
		}
	}
	copy(out[n*width:], data[n*width:])
	return out
}

// checked verifies and removes the checksum at the end.
func checked(data []byte) ([]byte, error) {
	n := len(data) - 4
	if n < 0 {
		return nil, fmt.Errorf("%w: chunk without its checksum", errDamaged)
	}
	a, b := fletcher32(data[:n])
	// Written sums may say 65535 for 0.
	if le.Uint16(data[n:])%65535 != a || le.Uint16(data[n+2:])%65535 != b {
		return nil, fmt.Errorf("%w: checksum of a chunk", errDamaged)
	}
	return data[:n], nil
}

// fletcher32 is the checksum of the format, its low and its high half: sums, and
// sums of sums, modulo 65535 of words of two bytes, big end first; an odd byte at
// the end is the high one of a word.
func fletcher32(data []byte) (low, high uint16) {
	var a, b uint32
	add := func(w uint32) {
		a = (a + w) % 65535
		b = (b + a) % 65535
	}
	for ; len(data) >= 2; data = data[2:] {
		add(uint32(data[0])<<8 | uint32(data[1]))
	}
	if len(data) == 1 {
		add(uint32(data[0]) << 8)
	}
	return uint16(a), uint16(b)
}
