package safetensors

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"
)

var le = binary.LittleEndian

// DecodeFloat32 converts the little-endian raw, of a floating-point type, into
// dst, which must have room for all of it. It reports false, and does nothing,
// when d is not a floating-point type.
func DecodeFloat32(dst []float32, d DType, raw []byte) bool {
	switch d {
	case F32:
		for i := range len(raw) / 4 {
			dst[i] = math.Float32frombits(le.Uint32(raw[4*i:]))
		}
	case F16:
		dst = dst[:len(raw)/2]
		for i := range dst {
			dst[i] = halfToFloat(le.Uint16(raw[2*i:]))
		}
	case BF16:
		for i := range len(raw) / 2 {
			dst[i] = math.Float32frombits(uint32(le.Uint16(raw[2*i:])) << 16)
		}
	case F64:
		for i := range len(raw) / 8 {
			dst[i] = float32(math.Float64frombits(le.Uint64(raw[8*i:])))
		}
	default:
		return false
	}
	return true
}

// halfToFloat is exact. It shifts exponent and fraction into place and corrects
// the exponent's offset by a product, which normalises subnormal numbers as well.
func halfToFloat(h uint16) float32 {
	const infinite = 0x7c00
	bits := uint32(h&0x7fff) << 13
	if h&infinite == infinite {
		bits |= 0x7f800000
	} else {
		bits = math.Float32bits(math.Float32frombits(bits) * 0x1p112)
	}
	return math.Float32frombits(bits | uint32(h&0x8000)<<16)
}

// AppendFloat32 appends values to raw as elements of a floating-point type,
// rounded to nearest even. Another type is the caller's mistake and panics.
func AppendFloat32(raw []byte, d DType, values []float32) []byte {
	switch d {
	case F32:
		for _, v := range values {
			raw = le.AppendUint32(raw, math.Float32bits(v))
		}
	case F16:
		for _, v := range values {
			raw = le.AppendUint16(raw, float16.Fromfloat32(v).Bits())
		}
	case BF16:
		for _, v := range values {
			raw = le.AppendUint16(raw, bfloat16(v))
		}
	case F64:
		for _, v := range values {
			raw = le.AppendUint64(raw, math.Float64bits(float64(v)))
		}
	default:
		panic("safetensors: " + string(d) + " is not a floating-point type")
	}
	return raw
}

// bfloat16 rounds to nearest even; NaN stays NaN.
func bfloat16(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

func decodeF64(raw []byte) []float64 {
	dst := make([]float64, len(raw)/8)
	for i := range dst {
		dst[i] = math.Float64frombits(le.Uint64(raw[8*i:]))
	}
	return dst
}

func decodeInts(d DType, raw []byte) []int64 {
	dst := make([]int64, len(raw)/d.Size())
	for i := range dst {
		switch d {
		case I64:
			dst[i] = int64(le.Uint64(raw[8*i:]))
		case I32:
			dst[i] = int64(int32(le.Uint32(raw[4*i:])))
		case I16:
			dst[i] = int64(int16(le.Uint16(raw[2*i:])))
		case I8:
			dst[i] = int64(int8(raw[i]))
		}
	}
	return dst
}

// decodeBools makes 0 and 1 of any byte: a file may hold others.
func decodeBools(raw []byte) []uint8 {
	dst := make([]uint8, len(raw))
	for i, b := range raw {
		if b != 0 {
			dst[i] = 1
		}
	}
	return dst
}
