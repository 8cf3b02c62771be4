package tiff

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/jpeg"
	"io"
)

// encoder turns tiles into bytes; each goroutine has its own.
type encoder struct {
	enc Encoding
	buf bytes.Buffer
	rgb []byte
	z   *zlib.Writer
}

// encode returns the bytes of a tile. They are the caller's to keep.
func (e *encoder) encode(m *image.RGBA) ([]byte, error) {
	e.buf.Reset()
	var err error
	switch e.enc.Compression {
	case JPEG:
		err = jpeg.Encode(&e.buf, m, &jpeg.Options{Quality: e.enc.Quality})
	case Deflate:
		e.pack(m)
		difference(e.rgb, m.Rect.Dx())
		err = e.deflate()
	default:
		e.pack(m)
		e.buf.Write(e.rgb)
	}
	if err != nil {
		return nil, err
	}
	return bytes.Clone(e.buf.Bytes()), nil
}

// pack copies the three colours of every pixel into e.rgb.
func (e *encoder) pack(m *image.RGBA) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if len(e.rgb) != w*h*3 {
		e.rgb = make([]byte, w*h*3)
	}
	i := 0
	for y := range h {
		row := m.Pix[y*m.Stride : y*m.Stride+w*4]
		for x := 0; x < len(row); x += 4 {
			copy(e.rgb[i:i+3], row[x:x+3])
			i += 3
		}
	}
}

// difference replaces every pixel of rows of w by its difference to the pixel
// on its left (TIFF predictor 2).
func difference(rgb []byte, w int) {
	for row := 0; row < len(rgb); row += w * 3 {
		for i := row + w*3 - 1; i >= row+3; i-- {
			rgb[i] -= rgb[i-3]
		}
	}
}

func (e *encoder) deflate() error {
	if e.z == nil {
		e.z = zlib.NewWriter(io.Discard)
	}
	e.z.Reset(&e.buf)
	if _, err := e.z.Write(e.rgb); err != nil {
		return err
	}
	return e.z.Close()
}
