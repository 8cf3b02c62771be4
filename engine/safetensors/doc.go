// Package safetensors reads and writes the safetensors format: eight bytes with
// the little-endian length of a header, the header as a JSON object from tensor
// names to {dtype, shape, data_offsets}, then the raw little-endian arrays in
// row-major order, one behind the other.
//
// Files come from outside. Everything a header says is checked against the size
// of the file before memory is taken for it: the length of the header, names
// that stand twice, element types, the product of each shape, and that the
// tensors cover the data exactly, without holes or overlap.
package safetensors

import "fmt"

// DType is an element type, spelled as in the format.
type DType string

// The element types that are read and written.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// Limits of what is read. The format itself sets the first.
const (
	MaxHeader = 100 << 20 // bytes of the JSON header
	MaxName   = 4096      // bytes of a tensor's name
	MaxRank   = 32        // dimensions of a tensor
)

// Size is the number of bytes of one element, 0 for a type that is not known.
func (d DType) Size() int {
	switch d {
	case F64, I64:
		return 8
	case F32, I32:
		return 4
	case F16, BF16, I16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// byteLen is the length of a tensor in bytes; an error where a dimension is
// negative or the product does not fit an int.
func byteLen(d DType, shape []int) (int, error) {
	n := d.Size()
	if n == 0 {
		return 0, fmt.Errorf("unknown element type %q", d)
	}
	if len(shape) > MaxRank {
		return 0, fmt.Errorf("%d dimensions, the limit is %d", len(shape), MaxRank)
	}
	empty := false
	for _, size := range shape {
		if size < 0 {
			return 0, fmt.Errorf("negative size in shape %v", shape)
		}
		empty = empty || size == 0
	}
	if empty {
		return 0, nil
	}
	for _, size := range shape {
		if n > maxInt/size {
			return 0, fmt.Errorf("shape %v overflows", shape)
		}
		n *= size
	}
	return n, nil
}

const maxInt = int(^uint(0) >> 1)
