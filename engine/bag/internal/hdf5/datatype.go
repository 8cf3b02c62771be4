package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"
)

// Type is that of the elements of a dataset.
type Type struct {
	class  int
	Size   int // bytes
	order  binary.ByteOrder
	signed bool
}

// Classes of datatypes.
const (
	classInteger  = 0
	classFloat    = 1
	classText     = 3
	classEnum     = 8
	classVariable = 9
)

// String names the type as numpy does.
func (t Type) String() string {
	switch {
	case t.class == classFloat:
		return fmt.Sprintf("float%d", 8*t.Size)
	case t.class == classInteger && t.signed:
		return fmt.Sprintf("int%d", 8*t.Size)
	case t.class == classInteger:
		return fmt.Sprintf("uint%d", 8*t.Size)
	}
	return fmt.Sprintf("a type of class %d", t.class)
}

// IsFloat and IsInteger say what the elements are.
func (t Type) IsFloat() bool   { return t.class == classFloat }
func (t Type) IsInteger() bool { return t.class == classInteger }

// ieee are the exponent's place and width, the width of the fraction and the
// bias of the floats that are read, by size.
var ieee = map[int][4]int{2: {10, 5, 10, 15}, 4: {23, 8, 23, 127}, 8: {52, 11, 52, 1023}}

// parseType reads a datatype: of texts and variable ones only what they are.
func parseType(data []byte) (Type, error) {
	c := cursor{b: data}
	class := c.u8()
	bits := c.take(3)
	t := Type{class: class & 15, Size: c.u32(), order: le}
	if bits[0]&1 != 0 && (t.class == classInteger || t.class == classFloat) {
		t.order = binary.BigEndian
	}
	switch t.class {
	case classInteger:
		t.signed = bits[0]&8 != 0
		offset, precision := c.u16(), c.u16()
		if offset != 0 || precision != 8*t.Size || t.Size != 1 && t.Size != 2 && t.Size != 4 && t.Size != 8 {
			return t, fmt.Errorf("integers of %d bits in %d bytes: %w", precision, t.Size, ErrUnsupported)
		}
	case classFloat:
		c.take(4)
		got := [4]int{c.u8(), c.u8(), 0, 0}
		c.take(1)
		got[2], got[3] = c.u8(), c.u32()
		if want, ok := ieee[t.Size]; !ok || got != want || bits[0]&0x40 != 0 {
			return t, fmt.Errorf("floats of %d bytes that are not IEEE 754: %w", t.Size, ErrUnsupported)
		}
	case classVariable:
		if bits[0]&15 != 1 {
			return t, fmt.Errorf("sequences: %w", ErrUnsupported)
		}
	case classText, classEnum:
	default:
		return t, fmt.Errorf("elements of class %d: %w", t.class, ErrUnsupported)
	}
	return t, c.err("a datatype")
}

// floats decodes raw elements of either numeric class.
func (t Type) floats(dst []float32, raw []byte) {
	for i := range dst {
		dst[i] = float32(t.float(raw[i*t.Size:]))
	}
}

func (t Type) float(raw []byte) float64 {
	if t.class != classFloat {
		return float64(t.integer(raw))
	}
	switch t.Size {
	case 2:
		return float64(float16.Frombits(t.order.Uint16(raw)).Float32())
	case 4:
		return float64(math.Float32frombits(t.order.Uint32(raw)))
	}
	return math.Float64frombits(t.order.Uint64(raw))
}

// integer decodes an element of class integer; unsigned ones beyond int64 wrap.
func (t Type) integer(raw []byte) int64 {
	var v uint64
	switch t.Size {
	case 1:
		v = uint64(raw[0])
	case 2:
		v = uint64(t.order.Uint16(raw))
	case 4:
		v = uint64(t.order.Uint32(raw))
	default:
		v = t.order.Uint64(raw)
	}
	if shift := 64 - 8*t.Size; t.signed {
		return int64(v<<shift) >> shift
	}
	return int64(v)
}

// parseSpace reads the dimensions of a dataspace: none for a single value.
func parseSpace(data []byte) ([]int, error) {
	c := cursor{b: data}
	version, rank := c.u8(), c.u8()
	c.u8()
	switch version {
	case 1:
		c.take(5)
	case 2:
		if c.u8() == 2 {
			return nil, fmt.Errorf("a table of nothing: %w", ErrUnsupported)
		}
	default:
		return nil, fmt.Errorf("dataspace of version %d: %w", version, ErrUnsupported)
	}
	dims := make([]int, rank)
	for i := range dims {
		n := c.u64()
		if n > math.MaxInt32 {
			return nil, fmt.Errorf("%d rows or columns: %w", n, ErrUnsupported)
		}
		dims[i] = int(n)
	}
	return dims, c.err("a dataspace")
}
