package raster

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"zoomscope/slideio"
)

// format is one kind of file.
type format struct {
	name          string
	magic         []string
	config        func(io.Reader) (image.Config, error)
	decode        func(io.Reader) (image.Image, error)
	density       func(io.ReaderAt) (x, y float64) // pixels per metre, 0 when not given
	densitySource string
}

// formats lists what can be read.
func formats() []*format {
	return []*format{
		{"png", []string{"\x89PNG\r\n\x1a\n"}, png.DecodeConfig, png.Decode, pngDensity, "PNG pHYs"},
		{"jpeg", []string{"\xff\xd8\xff"}, jpeg.DecodeConfig, jpeg.Decode, jpegDensity, "JFIF density"},
		{"tiff", []string{"II*\x00", "MM\x00*"}, tiff.DecodeConfig, tiff.Decode, tiffDensity, "TIFF resolution"},
		{"bmp", []string{"BM"}, bmp.DecodeConfig, bmp.Decode, noDensity, ""},
	}
}

// sniff finds the format by the file's first bytes, nil when it is none.
func sniff(r io.ReaderAt) *format {
	var head [8]byte
	n, _ := r.ReadAt(head[:], 0)
	for _, f := range formats() {
		for _, magic := range f.magic {
			if bytes.HasPrefix(head[:n], []byte(magic)) {
				return f
			}
		}
	}
	return nil
}

// failure sorts a decoder's error: a variant that it cannot read, or damage.
func (f *format) failure(err error) error {
	var (
		pngErr  png.UnsupportedError
		jpegErr jpeg.UnsupportedError
		tiffErr tiff.UnsupportedError
	)
	kind := slideio.ErrCorrupt
	if errors.As(err, &pngErr) || errors.As(err, &jpegErr) || errors.As(err, &tiffErr) || errors.Is(err, bmp.ErrUnsupported) {
		kind = slideio.ErrUnsupported
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the file ends too early: %w", err)
	}
	return fmt.Errorf("%w (raster: %w)", kind, err)
}

// weight is the memory that a pixel takes while it is decoded, in units of four
// bytes.
func (f *format) weight(r io.ReaderAt, cfg image.Config) int64 {
	switch cfg.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		return 2
	}
	if f.name == "jpeg" && progressive(r) {
		return 4 // all coefficients are kept until the last scan
	}
	return 1
}

func noDensity(io.ReaderAt) (x, y float64) { return 0, 0 }
