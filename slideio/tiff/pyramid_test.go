package tiff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"strings"
	"testing"
)

// noisy is a picture in which every pixel matters.
func noisy(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	s := uint32(1)
	for i := range m.Pix {
		s = s*1664525 + 1013904223
		m.Pix[i] = uint8(s >> 24)
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

// shrunk is the slow obvious box reduction of a whole picture.
func shrunk(m *image.RGBA, factor int) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, ceilDiv(w, factor), ceilDiv(h, factor)))
	for Y := range out.Rect.Dy() {
		for X := range out.Rect.Dx() {
			var sum [3]float64
			n := 0.0
			for y := Y * factor; y < min(h, (Y+1)*factor); y++ {
				for x := X * factor; x < min(w, (X+1)*factor); x++ {
					c := m.RGBAAt(x, y)
					sum[0], sum[1], sum[2], n = sum[0]+float64(c.R), sum[1]+float64(c.G), sum[2]+float64(c.B), n+1
				}
			}
			out.SetRGBA(X, Y, color.RGBA{uint8(sum[0]/n + 0.5), uint8(sum[1]/n + 0.5), uint8(sum[2]/n + 0.5), 255})
		}
	}
	return out
}

func TestPyramidIsBoxReduction(t *testing.T) {
	for _, c := range []struct{ w, h, factor, smallest int }{
		{200, 150, 2, 16}, {131, 77, 2, 16}, {257, 129, 4, 16}, {300, 20, 4, 1}, {16, 16, 2, 16}, {17, 1, 4, 4}, {5, 3, 2, 100}, {97, 1000, 8, 1},
	} {
		t.Run(fmt.Sprintf("%dx%d by %d to %d", c.w, c.h, c.factor, c.smallest), func(t *testing.T) {
			var m memory
			src := noisy(c.w, c.h)
			opts := PyramidOptions{Encoding{TileSize: 16, Compression: Deflate}, c.factor, c.smallest}
			if err := WritePyramidTo(t.Context(), &m, FromImage(src), opts); err != nil {
				t.Fatal(err)
			}
			dirs, _ := parse(t, m.b)
			if want := LevelSizes(c.w, c.h, c.factor, c.smallest); len(dirs) != len(want) {
				t.Fatalf("%d levels, want %d", len(dirs), len(want))
			}
			for level, d := range dirs {
				if got := d.pixels(t, m.b); !bytes.Equal(got.Pix, src.Pix) {
					t.Errorf("level %d of %v differs", level, got.Rect.Max)
				}
				src = shrunk(src, c.factor)
			}
		})
	}
}

func TestPyramidBytesDoNotDependOnWorkers(t *testing.T) {
	var want []byte
	for _, workers := range []int{1, 3, 8} {
		var m memory
		if err := WritePyramidTo(t.Context(), &m, FromImage(noisy(200, 170)), PyramidOptions{Encoding: Encoding{TileSize: 16, Workers: workers}}); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = m.b
		}
		if !bytes.Equal(m.b, want) {
			t.Errorf("%d workers wrote other bytes", workers)
		}
	}
}

// brokenSource fails where told to.
type brokenSource struct {
	Source
	at  image.Point
	err error
}

func (b brokenSource) Draw(ctx context.Context, dst *image.RGBA, x, y int) error {
	if b.at.In(dst.Rect.Add(image.Pt(x, y))) {
		return b.err
	}
	return b.Source.Draw(ctx, dst, x, y)
}

func TestPyramidFailures(t *testing.T) {
	broken := errors.New("broken")
	src := FromImage(noisy(100, 100))
	small := Encoding{TileSize: 16}
	cases := map[string]struct {
		src  Source
		opts PyramidOptions
		want error
	}{
		"source":     {brokenSource{src, image.Pt(50, 60), broken}, PyramidOptions{Encoding: small}, broken},
		"factor":     {src, PyramidOptions{Encoding: small, Factor: 3}, ErrSpec},
		"factor one": {src, PyramidOptions{Encoding: small, Factor: 1}, ErrSpec},
		"no picture": {FromImage(image.NewRGBA(image.Rectangle{})), PyramidOptions{}, ErrSpec},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "p.tiff")
			err := WritePyramid(t.Context(), path, c.src, c.opts)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestCancelledPyramid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var m memory
	if err := WritePyramidTo(ctx, &m, FromImage(noisy(100, 100)), PyramidOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
