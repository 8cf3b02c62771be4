package tifftiles

import (
	"encoding/binary"
	"image"
	"slices"
	"sync"
)

// painter turns the planes of a decoded tile into pixels, row by row. It holds the
// memory for what lies between.
//
// Both chroma samples of a place share a word, 16 bits each, so that they are
// weighed together: Cb below, Cr above. Two pixels beside each other share a word
// of twice the size.
type painter struct {
	packed []uint32 // chroma that is fewer than pixels, row by row
	row    []uint64 // chroma of a row of pixels
}

// paint writes all of m to pix as opaque R, G, B, A. rgb says that the planes hold
// red, green and blue. m's sides are multiples of 16.
func (p *painter) paint(pix []byte, m *image.YCbCr, rgb bool) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p.row = slices.Grow(p.row[:0], w/2)[:w/2]
	p.pack(m)
	t := tables()
	for y := range h {
		p.chroma(m, y)
		row, luma := pix[4*w*y:][:4*w], m.Y[y*m.YStride:][:w]
		if rgb {
			interleave(row, luma, p.row)
		} else {
			t.convert(row, luma, p.row)
		}
	}
}

// pack fills p.packed with the chroma of a picture that has half of it in a row.
func (p *painter) pack(m *image.YCbCr) {
	w, rows := m.Rect.Dx()/2, m.Rect.Dy()
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		return
	case image.YCbCrSubsampleRatio420:
		rows /= 2
	}
	p.packed = slices.Grow(p.packed[:0], w*rows)[:w*rows]
	for y := range rows {
		cb, cr := m.Cb[y*m.CStride:][:w], m.Cr[y*m.CStride:][:w]
		dst := p.packed[w*y:][:w]
		for i := range dst {
			dst[i] = uint32(cb[i]) | uint32(cr[i])<<16
		}
	}
}

// chroma fills p.row for row y.
func (p *painter) chroma(m *image.YCbCr, y int) {
	w, h := m.Rect.Dx()/2, m.Rect.Dy()
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		pair(p.row, m.Cb[y*m.CStride:], m.Cr[y*m.CStride:])
	case image.YCbCrSubsampleRatio422:
		row := p.packed[w*y:][:w]
		enlarge(p.row, row, row, 4, 8)
	case image.YCbCrSubsampleRatio420:
		near := y / 2
		far := min(max(near+y%2*2-1, 0), h/2-1) // above or below
		enlarge(p.row, p.packed[w*near:][:w], p.packed[w*far:][:w], 8, 7)
	}
}

// pair puts two rows of samples, one for each pixel, into words.
func pair(dst []uint64, cb, cr []byte) {
	cb, cr = cb[:2*len(dst)], cr[:2*len(dst)]
	for i := range dst {
		b, r := cb[2*i:][:2], cr[2*i:][:2]
		dst[i] = uint64(b[0]) | uint64(r[0])<<16 | uint64(b[1])<<32 | uint64(r[1])<<48
	}
}

// enlarge doubles a row by the triangle filter along each axis: the nearer sample
// weighs three times the farther one, first of the row near and the row far, then
// within the row. The sums, in units of 1/16, are rounded by even and odd in turn.
func enlarge(dst []uint64, near, far []uint32, even, odd uint64) {
	const sample = 1 | 1<<16
	round := even*sample | odd*sample<<32
	last := len(near) - 1
	far, dst = far[:len(near)], dst[:len(near)]
	this := uint64(3*near[0] + far[0])
	prev := this
	for i := range dst {
		j := min(i+1, last)
		next := uint64(3*near[j] + far[j])
		dst[i] = (3*(this|this<<32) + (prev | next<<32) + round) >> 4 & 0x00ff00ff_00ff00ff
		prev, this = this, next
	}
}

// A colour under way is one word of three lanes: red in the low 16 bits, blue above
// it, green above that in units of 1/65536. Each lane is kept above 0 by bias.
const (
	bias     = 256
	red      = 1
	blue     = 1 << 16
	green    = 1 << 48
	greenOne = green >> 16

	// In the lanes, these bits tell a value within 0..255 from others.
	rangeMask = 0x300 * (red | blue | green)
	inRange   = bias * (red | blue | green)
)

// yccTables hold what each value of Cb and Cr adds to red, green and blue, by the
// equations of JFIF with libjpeg's rounding: R = Y + 1.402 Cr,
// G = Y - 0.34414 Cb - 0.71414 Cr, B = Y + 1.772 Cb, with Cb and Cr less 128.
type yccTables struct{ cb, cr [256]uint64 }

var tables = sync.OnceValue(func() *yccTables {
	t := new(yccTables)
	for i := range t.cb {
		c := int64(i) - 128
		r, b := (91881*c+1<<15)>>16, (116130*c+1<<15)>>16
		g := 1<<15 - 22554*c
		t.cb[i] = uint64(b*blue + g*greenOne)
		t.cr[i] = uint64(r*red-46802*c*greenOne) + inRange
	}
	return t
})

// convert turns a row of Y and Cb, Cr into pixels.
func (t *yccTables) convert(dst, luma []byte, chroma []uint64) {
	for i, c := range chroma {
		y := binary.LittleEndian.Uint16(luma[2*i:])
		v := uint64(y&0xff)*(red|blue|green) + t.cb[uint8(c)] + t.cr[uint8(c>>16)]
		w := uint64(y>>8)*(red|blue|green) + t.cb[uint8(c>>32)] + t.cr[uint8(c>>48)]
		if ((v^inRange)|(w^inRange))&rangeMask != 0 {
			v, w = clamp(v), clamp(w)
		}
		px := v&0xff00ff | v>>40&0xff00 | (w&0xff00ff|w>>40&0xff00)<<32
		binary.LittleEndian.PutUint64(dst[8*i:], px+opaque)
	}
}

// clamp brings each lane within 0..255. It is rarely called, and would take the
// registers of convert if it were a part of it.
//
//go:noinline
func clamp(v uint64) uint64 {
	lane := func(shift uint) uint64 {
		return uint64(min(max(int64(v>>shift&0x3ff)-bias, 0), 255)) << shift
	}
	return lane(0) | lane(16) | lane(48)
}

// interleave writes a row of red and of green, blue as pixels.
func interleave(dst, r []byte, gb []uint64) {
	r, dst = r[:2*len(gb)], dst[:8*len(gb)]
	for i, c := range gb {
		px := uint64(r[2*i]) | uint64(r[2*i+1])<<32
		px |= c&0x000000ff_000000ff<<8 | c&0x00ff0000_00ff0000
		binary.LittleEndian.PutUint64(dst[8*i:], px+opaque)
	}
}

// opaque is the alpha of two pixels.
const opaque = 0xff000000_ff000000
