package windowtest

import (
	"encoding/binary"
	"fmt"
	"image"
)

// Fields of the header of an X window dump (XWDFile.h of the X Window System),
// by their number among its 32-bit words.
const (
	xwdHeaderSize   = 0
	xwdWidth        = 4
	xwdHeight       = 5
	xwdByteOrder    = 7 // 0: least significant byte first
	xwdBitsPerPixel = 11
	xwdBytesPerLine = 12
	xwdColours      = 19
	xwdWords        = 25
)

// decodeXWD reads the dump that Xvfb keeps of a screen of 32 bits a pixel.
func decodeXWD(data []byte) (*image.RGBA, error) {
	if len(data) < 4*xwdWords {
		return nil, fmt.Errorf("screen dump of %d bytes", len(data))
	}
	word := func(i int) int { return int(binary.BigEndian.Uint32(data[4*i:])) }
	w, h, line := word(xwdWidth), word(xwdHeight), word(xwdBytesPerLine)
	start := word(xwdHeaderSize) + 12*word(xwdColours)
	if word(xwdBitsPerPixel) != 32 || word(xwdByteOrder) != 0 || start+h*line > len(data) || 4*w > line {
		return nil, fmt.Errorf("screen dump of %d bits a pixel, %d x %d, %d bytes", word(xwdBitsPerPixel), w, h, len(data))
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row := data[start+y*line:]
		out := img.Pix[y*img.Stride:]
		for x := range w {
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = row[4*x+2], row[4*x+1], row[4*x], 255
		}
	}
	return img, nil
}
