package tifftiles

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// slowPaint is paint by the definition, a pixel at a time.
func slowPaint(m *image.YCbCr, rgb bool) []byte {
	var out []byte
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			l, cb, cr := int(m.Y[y*m.YStride+x]), slowChroma(m, m.Cb, x, y), slowChroma(m, m.Cr, x, y)
			r, g, b := l, cb, cr
			if !rgb {
				cb, cr = cb-128, cr-128
				r = slowClamp(l + (91881*cr+32768)>>16)
				g = slowClamp(l + (-22554*cb-46802*cr+32768)>>16)
				b = slowClamp(l + (116130*cb+32768)>>16)
			}
			out = append(out, byte(r), byte(g), byte(b), 255)
		}
	}
	return out
}

func slowClamp(v int) int { return min(max(v, 0), 255) }

// slowChroma is a chroma plane at a pixel: where it is halved, 3/4 of the sample
// that covers the pixel and 1/4 of the next one on the pixel's side.
func slowChroma(m *image.YCbCr, plane []byte, x, y int) int {
	w, h := m.Rect.Dx()/2, m.Rect.Dy()/2
	at := func(x, y int) int { return int(plane[y*m.CStride+x]) }
	beside := func(i, n int) int { return min(max(i/2-1+i%2*2, 0), n-1) }
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		return (3*at(x/2, y) + at(beside(x, w), y) + 1 + x%2) / 4
	case image.YCbCrSubsampleRatio420:
		sum := func(x int) int { return 3*at(x, y/2) + at(x, beside(y, h)) }
		return (3*sum(x/2) + sum(beside(x, w)) + 8 - x%2) / 16
	}
	return at(x, y)
}

var ratios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
}

// randomPlanes are planes of random samples, a share of them extreme.
func randomPlanes(w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	m := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
		for i := range plane {
			plane[i] = []byte{0, 255, byte(rng.Uint32()), byte(rng.Uint32())}[rng.IntN(4)]
		}
	}
	return m
}

func TestPaint(t *testing.T) {
	for _, ratio := range ratios {
		for _, size := range []image.Point{{16, 16}, {48, 16}, {16, 64}, {240, 112}} {
			for _, rgb := range []bool{false, true} {
				t.Run(fmt.Sprint(ratio, size, rgb), func(t *testing.T) {
					m := randomPlanes(size.X, size.Y, ratio)
					got := make([]byte, 4*size.X*size.Y)
					new(painter).paint(got, m, rgb)
					if string(got) != string(slowPaint(m, rgb)) {
						t.Error("pixels differ from the definition")
					}
				})
			}
		}
	}
}

// TestConvertAll converts every colour there is.
func TestConvertAll(t *testing.T) {
	const n = 256
	luma, chroma, got := make([]byte, n), make([]uint64, n/2), make([]byte, 4*n)
	for i := range luma {
		luma[i] = byte(i)
	}
	for c := range uint64(n * n) {
		for i := range chroma {
			chroma[i] = (c&0xff | c>>8<<16) * (1 | 1<<32)
		}
		tables().convert(got, luma, chroma)
		cb, cr := int(c&0xff)-128, int(c>>8)-128
		r, g, b := (91881*cr+32768)>>16, (-22554*cb-46802*cr+32768)>>16, (116130*cb+32768)>>16
		for i := range luma {
			want := [4]byte{byte(slowClamp(i + r)), byte(slowClamp(i + g)), byte(slowClamp(i + b)), 255}
			if [4]byte(got[4*i:]) != want {
				t.Fatalf("Y %d, Cb %d, Cr %d: %v, want %v", i, cb+128, cr+128, got[4*i:][:4], want)
			}
		}
	}
}

func BenchmarkPaint(b *testing.B) {
	for _, ratio := range ratios {
		b.Run(ratio.String(), func(b *testing.B) {
			m, p := image.NewYCbCr(image.Rect(0, 0, 256, 256), ratio), new(painter)
			for i := range m.Y { // colours that need no clamping, as tissue
				m.Y[i] = byte(100 + i%100)
			}
			for i := range m.Cb {
				m.Cb[i], m.Cr[i] = byte(120+i%20), byte(130+i%30)
			}
			pix := make([]byte, 4*256*256)
			b.ReportAllocs()
			for b.Loop() {
				p.paint(pix, m, false)
			}
		})
	}
}
