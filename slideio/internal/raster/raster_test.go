package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"zoomscope/slideio"
	"zoomscope/slideio/slidetest"
)

func noise(w, h int) *image.NRGBA {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(rng.Uint32())
	}
	return m
}

// solid is noise without transparency.
func solid(w, h int) *image.NRGBA {
	m := noise(w, h)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m
}

func encoded(t testing.TB, name string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch filepath.Ext(name) {
	case ".png":
		err = png.Encode(&b, m)
	case ".jpg":
		err = jpeg.Encode(&b, m, nil)
	case ".tif":
		err = tiff.Encode(&b, m, &tiff.Options{Compression: tiff.Deflate})
	case ".bmp":
		err = bmp.Encode(&b, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// overWhite is the colour of a pixel laid over white, by the definition.
func overWhite(c color.Color) color.RGBA {
	r, g, b, a := c.RGBA()
	f := func(v uint32) byte { return byte((v + 0xffff - a) >> 8) }
	return color.RGBA{f(r), f(g), f(b), 255}
}

func TestConformance(t *testing.T) {
	gray := image.NewGray16(image.Rect(0, 0, 70, 300))
	copy(gray.Pix, noise(70, 300).Pix)
	pal := image.NewPaletted(image.Rect(0, 0, 50, 60), color.Palette{color.Black, color.White, color.NRGBA{255, 0, 0, 100}})
	for i := range pal.Pix {
		pal.Pix[i] = byte(i * i % 3)
	}
	for _, c := range []struct {
		name string
		m    image.Image
	}{
		{"clear.png", noise(333, 271)}, {"solid.png", solid(40, 50)}, {"gray16.png", gray}, {"palette.png", pal},
		{"colour.jpg", solid(301, 530)}, {"gray.jpg", image.NewGray(image.Rect(0, 0, 30, 20))},
		{"clear.tif", noise(90, 80)}, {"gray16.tif", gray}, {"solid.bmp", solid(64, 33)}, {"one.png", solid(1, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.name, encoded(t, c.name, c.m))
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			decoded, _, err := image.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			truth := func(_, x, y int) color.RGBA { return overWhite(decoded.At(x, y)) }
			slidetest.Run(t, func(t *testing.T) slideio.Slide {
				s, err := slideio.Open(t.Context(), path, Driver{})
				if err != nil {
					t.Fatal(err)
				}
				return s
			}, truth)
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	ok := map[string][]byte{}
	for _, name := range []string{"a.png", "a.jpg", "a.tif", "a.bmp"} {
		ok[name] = encoded(t, name, solid(200, 100))
	}
	cut := func(name string, share float64) []byte { return ok[name][:int(share*float64(len(ok[name])))] }
	unknown := bytes.Clone(ok["a.tif"])
	spoil(unknown, 259, 7) // compression: JPEG inside TIFF, not read here
	type tcase struct {
		name string
		data []byte
		max  int64
		want error
	}
	cases := []tcase{
		{"text.png", []byte("this is no picture"), 0, slideio.ErrUnsupported},
		{"short.png", []byte("\x89P"), 0, slideio.ErrUnsupported},
		{"magic.png", []byte("\x89PNG\r\n\x1a\n"), 0, slideio.ErrCorrupt},
		{"magic.jpg", []byte("\xff\xd8\xff\xe0"), 0, slideio.ErrCorrupt},
		{"magic.tif", []byte("II*\x00\xff\xff\xff\xff"), 0, slideio.ErrCorrupt},
		{"compression.tif", unknown, 0, slideio.ErrUnsupported},
		{"limit.png", ok["a.png"], 19999, slideio.ErrTooLarge},
		{"huge.png", hugePNG(), 0, slideio.ErrTooLarge},
	}
	for name := range ok {
		cases = append(cases, tcase{"half-" + name, cut(name, 0.5), 0, slideio.ErrCorrupt}, tcase{"most-" + name, cut(name, 0.9), 0, slideio.ErrCorrupt})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.name, c.data)
			_, err := slideio.Open(t.Context(), path, Driver{MaxPixels: c.max})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
	if s, err := (Driver{MaxPixels: 20000}).Open(t.Context(), write(t, "a.png", ok["a.png"])); err != nil {
		t.Errorf("just within the limit: %v", err)
	} else {
		s.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Driver{}).Open(ctx, write(t, "a.png", ok["a.png"])); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// spoil sets the value of a tag of short type in a little-endian TIFF file.
func spoil(file []byte, tag, value uint16) {
	le := binary.LittleEndian
	ifd := file[le.Uint32(file[4:]):]
	for i := range int(le.Uint16(ifd)) {
		if e := ifd[2+12*i:]; le.Uint16(e) == tag {
			le.PutUint16(e[8:], value)
		}
	}
}

// chunk is a PNG chunk.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// hugePNG announces a billion pixels in a few bytes.
func hugePNG() []byte {
	head := binary.BigEndian.AppendUint32(nil, 40000)
	head = binary.BigEndian.AppendUint32(head, 25000)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0))...)
}

func withPHYs(t testing.TB, x, y uint32, unit byte) []byte {
	data := encoded(t, "a.png", solid(9, 9))
	phys := binary.BigEndian.AppendUint32(nil, x)
	phys = append(binary.BigEndian.AppendUint32(phys, y), unit)
	const afterHeader = 8 + 25
	return append(append(bytes.Clone(data[:afterHeader]), chunk("pHYs", phys)...), data[afterHeader:]...)
}

func withJFIF(t testing.TB, unit byte, x, y uint16) []byte {
	data := encoded(t, "a.jpg", solid(9, 9))
	app := append([]byte{0xff, 0xe0, 0, 16}, "JFIF\x00\x01\x01"...)
	app = binary.BigEndian.AppendUint16(append(app, unit), x)
	app = append(binary.BigEndian.AppendUint16(app, y), 0, 0)
	return append(append(bytes.Clone(data[:2]), app...), data[2:]...)
}

// withTIFF is the header of a TIFF file with resolution tags, in either order.
func withTIFF(order binary.AppendByteOrder, x, y [2]uint32, unit uint16) []byte {
	b := []byte("II*\x00")
	if order.String() == binary.BigEndian.String() {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 24)
	for _, v := range []uint32{x[0], x[1], y[0], y[1]} {
		b = order.AppendUint32(b, v)
	}
	b = order.AppendUint16(b, 3)
	entry := func(tag, kind uint16, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(order.AppendUint32(b, 1), value)
	}
	entry(282, 5, 8)
	entry(283, 5, 16)
	b = order.AppendUint16(order.AppendUint16(b, 296), 3)
	b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), unit), 0)
	return b
}

func TestDensity(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	for _, c := range []struct {
		name string
		data []byte
		x, y float64 // pixels per metre
	}{
		{"png", withPHYs(t, 2000000, 4000000, 1), 2e6, 4e6},
		{"png, ratio only", withPHYs(t, 1, 2, 0), 0, 0},
		{"png without", encoded(t, "a.png", solid(9, 9)), 0, 0},
		{"jpeg per inch", withJFIF(t, 1, 300, 600), 300 / 0.0254, 600 / 0.0254},
		{"jpeg per cm", withJFIF(t, 2, 20000, 20000), 2e6, 2e6},
		{"jpeg, ratio only", withJFIF(t, 0, 1, 1), 0, 0},
		{"tiff per cm", withTIFF(le, [2]uint32{20000, 1}, [2]uint32{40000, 2}, 3), 2e6, 2e6},
		{"tiff per inch, big end first", withTIFF(be, [2]uint32{72, 1}, [2]uint32{72, 1}, 2), 72 / 0.0254, 72 / 0.0254},
		{"tiff without unit", withTIFF(le, [2]uint32{20000, 1}, [2]uint32{20000, 1}, 1), 0, 0},
		{"tiff, division by zero", withTIFF(le, [2]uint32{20000, 0}, [2]uint32{20000, 1}, 3), 0, 2e6},
		{"bmp", encoded(t, "a.bmp", solid(9, 9)), 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bytes.NewReader(c.data)
			f := sniff(r)
			if f == nil {
				t.Fatal("format not found")
			}
			if x, y := f.density(r); math.Abs(x-c.x) > 1e-6*c.x || math.Abs(y-c.y) > 1e-6*c.y {
				t.Errorf("%g x %g, want %g x %g", x, y, c.x, c.y)
			}
		})
	}
}

func TestResolutionOfPictures(t *testing.T) {
	for _, c := range []struct {
		name   string
		data   []byte
		mpp    float64
		doubts int
	}{
		{"microscope.png", withPHYs(t, 4000000, 4000000, 1), 0.25, 0},
		{"screen.png", withPHYs(t, 2835, 2835, 1), 0, 1},
		{"screen.jpg", withJFIF(t, 1, 72, 72), 0, 1},
		{"plain.jpg", encoded(t, "plain.jpg", solid(8, 8)), 0, 0},
	} {
		s, err := slideio.Open(t.Context(), write(t, c.name, c.data), Driver{})
		if err != nil {
			t.Fatal(err)
		}
		if r := s.Info().Resolution; r.X != c.mpp || len(r.Doubts) != c.doubts {
			t.Errorf("%s: %+v", c.name, r)
		}
		s.Close()
	}
}

func TestWeight(t *testing.T) {
	jpg := encoded(t, "a.jpg", solid(20, 20))
	if progressive(bytes.NewReader(jpg)) {
		t.Error("baseline picture taken for progressive")
	}
	prog := bytes.Replace(jpg, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1)
	if !progressive(bytes.NewReader(prog)) {
		t.Error("progressive picture not seen")
	}
	for _, c := range []struct {
		weight, w, h int64
		ok           bool
	}{{1, 100, 100, true}, {1, 101, 100, false}, {4, 50, 50, true}, {4, 51, 50, false}, {2, math.MaxInt32, math.MaxInt32, false}, {1, 0, 5, false}} {
		err := Driver{MaxPixels: 10000}.checkSize(image.Config{Width: int(c.w), Height: int(c.h)}, c.weight)
		if (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// FuzzHeader feeds the readers of resolution tags; whatever they are given, they
// end, and give numbers that can be computed with.
func FuzzHeader(f *testing.F) {
	f.Add(withPHYs(f, 1, 2, 1))
	f.Add(withJFIF(f, 1, 72, 72))
	f.Add(withTIFF(binary.LittleEndian, [2]uint32{1, 2}, [2]uint32{3, 4}, 3))
	f.Add(withTIFF(binary.BigEndian, [2]uint32{1, 2}, [2]uint32{3, 4}, 2))
	f.Add(hugePNG())
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		progressive(r)
		for _, format := range formats() {
			x, y := format.density(r)
			for _, v := range []float64{x, y} {
				if !(v >= 0) || math.IsInf(v, 0) {
					t.Errorf("%s: density %g", format.name, v)
				}
			}
			slideio.WithDensity("fuzz", x, y)
		}
	})
}

// FuzzOpen opens damaged files: an error or a slide that can be read, no panic.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"a.png", "a.jpg", "a.tif", "a.bmp"} {
		f.Add(encoded(f, name, solid(20, 10)))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, fmt.Sprintf("%d", os.Getpid()))
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := slideio.Open(t.Context(), path, Driver{MaxPixels: 1 << 16})
		if err != nil {
			return
		}
		defer s.Close()
		if err := s.ReadRegion(t.Context(), image.NewRGBA(image.Rect(0, 0, 40, 40)), 0, -4, -4); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkReadJPEG(b *testing.B) {
	s, err := slideio.Open(b.Context(), write(b, "a.jpg", encoded(b, "a.jpg", solid(600, 600))), Driver{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	m := image.NewRGBA(image.Rect(0, 0, 256, 256))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.ReadRegion(b.Context(), m, 0, 100, 100); err != nil {
			b.Fatal(err)
		}
	}
}
