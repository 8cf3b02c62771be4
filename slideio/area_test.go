package slideio

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// slowArea is ReadArea by the definition: every pixel is the mean of the level,
// white outside, over a window that is at least one pixel of the level wide.
func slowArea(f *fake, dst *image.RGBA, area Rect) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	sx, sy := area.W/float64(w), area.H/float64(h)
	level := 0
	for i, l := range f.info.Levels {
		if l.Downsample <= 1.01*min(sx, sy) {
			level = i
		}
	}
	ds, m := f.info.Levels[level].Downsample, f.levels[level]
	for j := range h {
		for i := range w {
			lx, wx := window((area.X+(float64(i)+0.5)*sx)/ds, sx/ds)
			ly, wy := window((area.Y+(float64(j)+0.5)*sy)/ds, sy/ds)
			var sum [3]float64
			for y := int(math.Floor(ly)); float64(y) < ly+wy; y++ {
				for x := int(math.Floor(lx)); float64(x) < lx+wx; x++ {
					part := overlap(x, lx, wx) * overlap(y, ly, wy) / (wx * wy)
					for c := range sum {
						v := 255.0
						if image.Pt(x, y).In(m.Rect) {
							v = float64(m.Pix[m.PixOffset(x, y)+c])
						}
						sum[c] += part * v
					}
				}
			}
			px := dst.Pix[dst.PixOffset(dst.Rect.Min.X+i, dst.Rect.Min.Y+j):]
			for c, v := range sum {
				px[c] = byte(math.Round(v))
			}
			px[3] = 255
		}
	}
}

func window(centre, width float64) (lo, w float64) {
	w = max(width, 1)
	return centre - w/2, w
}

func overlap(x int, lo, w float64) float64 {
	return max(0, min(float64(x+1), lo+w)-max(float64(x), lo))
}

// maxDiff is the largest difference of a channel.
func maxDiff(t *testing.T, a, b *image.RGBA) int {
	t.Helper()
	if a.Rect.Size() != b.Rect.Size() {
		t.Fatalf("sizes %v and %v", a.Rect.Size(), b.Rect.Size())
	}
	most := 0
	for y := range a.Rect.Dy() {
		ra, rb := a.Pix[y*a.Stride:][:4*a.Rect.Dx()], b.Pix[y*b.Stride:][:4*b.Rect.Dx()]
		for i := range ra {
			d := int(ra[i]) - int(rb[i])
			most = max(most, d, -d)
		}
	}
	return most
}

func pyramid() *fake {
	return newFake(7, Level{Width: 611, Height: 407, Downsample: 1},
		Level{Width: 152, Height: 101, Downsample: 4},
		Level{Width: 38, Height: 25, Downsample: 16.02})
}

func TestReadAreaAgainstDefinition(t *testing.T) {
	f := pyramid()
	cases := []struct {
		name string
		w, h int
		area Rect
	}{
		{"level 0 as it is", 64, 32, Rect{17, 5, 64, 32}},
		{"level 1 as it is", 31, 17, Rect{40, 80, 124, 68}},
		{"box 2", 33, 21, Rect{3, 9, 66, 42}},
		{"box 3, odd", 17, 19, Rect{-6, -9, 51, 57}},
		{"box over the far corner", 40, 40, Rect{560, 360, 80, 80}},
		{"box of level 1", 20, 20, Rect{-16, -32, 160, 160}},
		{"fractional offset", 50, 40, Rect{10.25, 11.75, 50, 40}},
		{"fractional scale", 37, 29, Rect{10.3, 20.7, 41.9, 33.1}},
		{"1 % coarser level", 60, 60, Rect{8.5, 4.5, 60 * 3.97, 60 * 3.97}},
		{"magnified", 61, 47, Rect{100.5, 50.25, 30, 25}},
		{"magnified over the edge", 41, 41, Rect{-3, -3, 10, 10}},
		{"mixed axes", 30, 50, Rect{20, 20, 90, 40}},
		{"whole slide to a thumb", 13, 9, Rect{0, 0, 611, 407}},
		{"whole slide to a pixel", 1, 1, Rect{0, 0, 611, 407}},
		{"far more than the slide", 5, 5, Rect{-5000, -4000, 10000, 8000}},
		{"level 2", 20, 11, Rect{5, 5, 20 * 16.02, 11 * 16.02}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, want := image.NewRGBA(image.Rect(0, 0, c.w, c.h)), image.NewRGBA(image.Rect(0, 0, c.w, c.h))
			if err := ReadArea(t.Context(), f, got, c.area); err != nil {
				t.Fatal(err)
			}
			slowArea(f, want, c.area)
			// One step: weights are rounded to 1/65536, and so are row sums to 1/256.
			if d := maxDiff(t, got, want); d > 1 {
				t.Errorf("differs by %d", d)
			}
		})
	}
}

func TestReadAreaRandomAgainstDefinition(t *testing.T) {
	f := pyramid()
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		w, h := 1+rng.IntN(40), 1+rng.IntN(40)
		scale := math.Exp(rng.Float64()*5 - 1)
		area := Rect{rng.Float64()*700 - 50, rng.Float64()*500 - 50, float64(w) * scale, float64(h) * scale * (0.9 + 0.2*rng.Float64())}
		if i%3 == 0 {
			k := float64(1 + rng.IntN(9))
			area = Rect{math.Round(area.X), math.Round(area.Y), float64(w) * k, float64(h) * k}
		}
		got, want := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, w, h))
		if err := ReadArea(t.Context(), f, got, area); err != nil {
			t.Fatal(err)
		}
		slowArea(f, want, area)
		if d := maxDiff(t, got, want); d > 1 {
			t.Errorf("%d x %d of %v differs by %d", w, h, area, d)
		}
	}
}

// Reductions so large that one pixel covers more than a block.
func TestReadAreaHugeReduction(t *testing.T) {
	wide := newFake(5, Level{Width: 3001, Height: 37, Downsample: 1})
	tall := newFake(6, Level{Width: 41, Height: 2777, Downsample: 1})
	for _, c := range []struct {
		f    *fake
		w, h int
		area Rect
	}{
		{wide, 1, 1, Rect{0, 0, 3001, 37}},
		{wide, 2, 1, Rect{-40.5, 3.25, 2900, 44}},
		{wide, 2, 37, Rect{0, 0, 2 * 1400, 37}},
		{tall, 1, 1, Rect{0, 0, 41, 2777}},
		{tall, 4, 2, Rect{-10, 5.5, 45, 2900}},
	} {
		t.Run(fmt.Sprintf("%v to %d x %d", c.area, c.w, c.h), func(t *testing.T) {
			got, want := image.NewRGBA(image.Rect(0, 0, c.w, c.h)), image.NewRGBA(image.Rect(0, 0, c.w, c.h))
			if err := ReadArea(t.Context(), c.f, got, c.area); err != nil {
				t.Fatal(err)
			}
			slowArea(c.f, want, c.area)
			if d := maxDiff(t, got, want); d > 1 {
				t.Errorf("differs by %d", d)
			}
		})
	}
}

func TestReadAreaBlocksAreBounded(t *testing.T) {
	f := newFake(5, Level{Width: 1500, Height: 1400, Downsample: 1})
	for _, scale := range []float64{1.1, 4, 7.3, 300, 1400} {
		f.record, f.reads = true, nil
		p := new(plan)
		dst := image.NewRGBA(image.Rect(0, 0, max(1, int(1500/scale)), max(1, int(1400/scale))))
		p.make(&f.info, dst.Rect.Size(), Rect{0, 0, scale * float64(dst.Rect.Dx()), scale * float64(dst.Rect.Dy())})
		for i := range p.cols * p.rows {
			if err := p.block(t.Context(), f, dst, i); err != nil {
				t.Fatal(err)
			}
		}
		if len(f.reads) == 0 {
			t.Errorf("scale %g: nothing read", scale)
		}
		for _, r := range f.reads {
			if r.Dx() > blockSide+2 || r.Dy() > blockSide+2 {
				t.Errorf("scale %g: read of %v", scale, r)
			}
		}
	}
}

func TestReadAreaHasNoSeams(t *testing.T) {
	f := pyramid()
	for _, scale := range []float64{0.7, 1, 1.31, 2, 3.97, 4, 5.5, 16.02, 40} {
		t.Run(fmt.Sprint(scale), func(t *testing.T) {
			const n = 24
			x, y := 13.37, -20.5
			whole := image.NewRGBA(image.Rect(0, 0, 2*n, 2*n))
			if err := ReadArea(t.Context(), f, whole, Rect{x, y, 2 * n * scale, 2 * n * scale}); err != nil {
				t.Fatal(err)
			}
			parts := image.NewRGBA(whole.Rect)
			for i := range 4 {
				at := image.Pt(i%2*n, i/2*n)
				part := parts.SubImage(image.Rectangle{at, at.Add(image.Pt(n, n))}).(*image.RGBA)
				area := Rect{x + float64(at.X)*scale, y + float64(at.Y)*scale, n * scale, n * scale}
				if err := ReadArea(t.Context(), f, part, area); err != nil {
					t.Fatal(err)
				}
			}
			if d := maxDiff(t, whole, parts); d > 1 {
				t.Errorf("parts differ from the whole by %d", d)
			}
		})
	}
}

func TestReadAreaInSubImageTouchesNothingElse(t *testing.T) {
	f := pyramid()
	for _, scale := range []float64{0.8, 1, 2, 2.5} {
		m := image.NewRGBA(image.Rect(-5, -5, 45, 45))
		for i := range m.Pix {
			m.Pix[i] = 0x5a
		}
		r := image.Rect(3, 4, 31, 29)
		if err := ReadArea(t.Context(), f, m.SubImage(r).(*image.RGBA), Rect{-9, -9, 28 * scale, 25 * scale}); err != nil {
			t.Fatal(err)
		}
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				if inside := image.Pt(x, y).In(r); inside != (m.Pix[m.PixOffset(x, y)+3] == 0xff) {
					t.Fatalf("scale %g: pixel (%d, %d), inside %v: %v", scale, x, y, inside, m.RGBAAt(x, y))
				}
			}
		}
	}
}

func TestBestLevel(t *testing.T) {
	in := &Info{Levels: []Level{{Downsample: 1}, {Downsample: 4.0001}, {Downsample: 16.003}}}
	for _, c := range []struct {
		want  float64
		level int
	}{
		{0.5, 0}, {1, 0}, {3.9, 0}, {3.97, 1}, {4, 1}, {8, 1}, {15.8, 1}, {15.86, 2}, {16, 2}, {1000, 2},
	} {
		if got := BestLevel(in, c.want); got != c.level {
			t.Errorf("downsample %g: level %d, want %d", c.want, got, c.level)
		}
	}
}

func TestReadAreaErrors(t *testing.T) {
	f := pyramid()
	dst := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for _, area := range []Rect{{}, {0, 0, 8, 0}, {0, 0, -1, 8}, {math.NaN(), 0, 8, 8}, {0, 0, math.NaN(), 8}, {0, 0, math.Inf(1), 8}} {
		if err := ReadArea(t.Context(), f, dst, area); err == nil {
			t.Errorf("area %v: no error", area)
		}
	}
	if err := ReadArea(t.Context(), f, image.NewRGBA(image.Rectangle{}), Rect{0, 0, 8, 8}); err != nil {
		t.Errorf("empty picture: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, scale := range []float64{1, 2, 2.5, 100} {
		if err := ReadArea(ctx, f, dst, Rect{0, 0, 8 * scale, 8 * scale}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled, scale %g: %v", scale, err)
		}
	}
}

func TestReadAreaDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	f := newFake(1, Level{Width: 1100, Height: 1100, Downsample: 1})
	dst := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for _, scale := range []float64{0.99, 1, 2, 2.52, 4} {
		n := testing.AllocsPerRun(20, func() {
			if err := ReadArea(t.Context(), f, dst, Rect{10, 10, 256 * scale, 256 * scale}); err != nil {
				t.Fatal(err)
			}
		})
		if n >= 1 {
			t.Errorf("scale %g: %g allocations", scale, n)
		}
	}
}

func TestShrinkAgainstDefinition(t *testing.T) {
	for _, k := range []int{1, 2, 3, 4, 5, 16, 17, 31, 64, 255, 256} {
		for _, white := range []bool{false, true} { // the largest sums there are
			t.Run(fmt.Sprint(k, white), func(t *testing.T) {
				src := newFake(uint64(k), Level{Width: 3 * k, Height: 2 * k, Downsample: 1}).levels[0]
				if white {
					fillWhite(src.Pix)
				}
				got := make([]byte, 4*3*2)
				shrink(got, 12, 3, 2, src.Pix, src.Stride, k)
				if want := slowShrink(src, k); string(got) != string(want) {
					t.Errorf("%v, want %v", got, want)
				}
			})
		}
	}
}

// slowShrink is 3 x 2 pixels of means, by the definition.
func slowShrink(src *image.RGBA, k int) []byte {
	out := make([]byte, 4*3*2)
	for i := range out {
		c, x, y := i%4, i/4%3, i/12
		sum := 0
		for dy := range k {
			for dx := range k {
				sum += int(src.Pix[src.PixOffset(x*k+dx, y*k+dy)+c])
			}
		}
		out[i] = byte((sum + k*k/2) / (k * k))
	}
	return out
}

func BenchmarkShrink(b *testing.B) {
	f := newFake(1, Level{Width: 1024, Height: 1024, Downsample: 1})
	dst := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for _, k := range []int{2, 4} {
		b.Run(fmt.Sprint(k), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				shrink(dst.Pix, dst.Stride, 256, 256, f.levels[0].Pix, f.levels[0].Stride, k)
			}
		})
	}
}
