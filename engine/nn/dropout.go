package nn

import (
	"encoding/binary"
	"math"
)

// Dropout is x where mask is 1, over 1-rate, and 0 where it is 0. mask is uint8,
// of the shape of x; DropoutMask fills it. rate is at least 0 and below 1.
func (g *Graph) Dropout(x, mask *Value, rate float64) *Value {
	g.floats("Dropout", x)
	g.own("Dropout", mask)
	if mask.dtype != Uint8 || shapeText(mask.shape) != shapeText(x.shape) || !(rate >= 0 && rate < 1) {
		g.fail("Dropout", "%v by %v with rate %g", x, mask, rate)
	}
	scale := 1 / (1 - rate)
	if x.dtype == Float32 { // one node instead of two
		return g.Mul(x, g.add("DequantizeLinear", Float32, mask.shape, nil, mask, g.Scalar(scale)))
	}
	return g.Mul(x, g.Mul(g.Cast(mask, x.dtype), g.ScalarOf(x.dtype, scale)))
}

// DropoutMask fills dst for Dropout: each element is 0 with probability rate, else
// 1. Element i follows from the seeds, their order and i alone, on every machine.
// A rate that is a multiple of 1/256 is four times faster than others, which are
// rounded to a multiple of 2^-32.
func DropoutMask(dst []uint8, rate float64, seed ...uint64) {
	state := uint64(len(seed))
	for _, s := range seed {
		state = scramble(state+weyl) ^ s
	}
	state = scramble(state + weyl)
	if t := rate * 256; t == math.Trunc(t) {
		maskBytes(dst, uint64(t), state)
		return
	}
	threshold := uint64(math.Round(rate * (1 << 32)))
	for i := range dst {
		if i%2 == 0 {
			state += weyl
		}
		draw := scramble(state) >> (i % 2 * 32) & math.MaxUint32
		dst[i] = uint8(1 - (draw-threshold)>>63)
	}
}

// weyl is 2^64 over the golden ratio: multiples of it fall evenly.
const weyl = 0x9e3779b97f4a7c15

// scramble is the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014): a bijection whose every bit
// depends on all bits of x.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const (
	ones = 0x0101010101010101 // in each byte
	high = 0x80 * ones
)

// maskBytes draws eight elements at once, one per byte: 0 where it is below the
// threshold, 0 to 256. The seven low bits of a byte, and what the threshold is
// short of 128 or 256, add up to bit 7 where they reach the threshold or what it
// has above 128.
func maskBytes(dst []uint8, threshold, state uint64) {
	short, either := (128-threshold)*ones, uint64(math.MaxUint64)
	if threshold > 128 {
		short, either = (256-threshold)*ones, 0
	}
	eight := func(i int) uint64 {
		draw := scramble(state + uint64(i+1)*weyl)
		reached := draw&^high + short
		return (reached&draw | (reached|draw)&either) & high >> 7
	}
	whole := len(dst) / 8
	for i := range whole {
		binary.LittleEndian.PutUint64(dst[8*i:8*i+8], eight(i))
	}
	var last [8]byte
	binary.LittleEndian.PutUint64(last[:], eight(whole))
	copy(dst[8*whole:], last[:])
}
