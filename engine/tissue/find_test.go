package tissue

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// slowPicture is the twin of everything in this package: plain loops over whole
// planes, anew in every round.
type slowPicture struct {
	w, h int
	g, u []float64
}

func slowFind(img *image.RGBA, s Settings) (at func(x, y int) bool, sizes []int) {
	p := slowReduce(img, s)
	mask := make([]bool, p.w*p.h)
	before := slices.Clone(p.u)
	for {
		if slices.Max(p.u) == slices.Min(p.u) {
			sizes = append(sizes, -1)
			break
		}
		component := slowLargest(slowCut(p, s), p.w)
		n := count(component)
		if n == 0 || n < s.MinSize {
			sizes = append(sizes, -1)
			break
		}
		sizes = append(sizes, n)
		for range s.DilationSteps {
			component = slowDilate(component, p.w, p.h, s.Kernel)
		}
		sum, pixels := 0.0, 0.0
		for i, on := range component {
			if on && p.g[i] != 0 {
				sum, pixels = sum+p.g[i], pixels+1
			}
		}
		if !(sum/pixels < s.Background) {
			break
		}
		for i, on := range component {
			if on {
				mask[i], p.u[i] = true, 0
			}
		}
		if slices.Equal(before, p.u) {
			break
		}
		copy(before, p.u)
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	return func(x, y int) bool { return mask[y*p.h/h*p.w+x*p.w/w] }, sizes
}

func slowReduce(img *image.RGBA, s Settings) *slowPicture {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	threshold := -1
	var hist [256]int
	saturation := func(c color.RGBA) int {
		v := max(c.R, c.G, c.B)
		scale := 0.0
		if v > 0 {
			scale = math.RoundToEven(255 * 4096 / float64(v))
		}
		return int(math.Floor((float64(v-min(c.R, c.G, c.B))*scale + 2048) / 4096))
	}
	for y := range h {
		for x := range w {
			hist[saturation(img.RGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y))]++
		}
	}
	if !s.KeepPale {
		threshold = otsuLevels(&hist)
	}
	p := &slowPicture{w: max(1, int(float64(w)/s.Downsampling)), h: max(1, int(float64(h)/s.Downsampling))}
	for y := range p.h {
		for x := range p.w {
			c := img.RGBAAt(img.Rect.Min.X+x*w/p.w, img.Rect.Min.Y+y*h/p.h)
			if saturation(c) <= threshold {
				c = color.RGBA{255, 255, 255, 255}
			}
			p.g = append(p.g, float64((9798*int(c.R)+19235*int(c.G)+3735*int(c.B)+16384)>>15))
			p.u = append(p.u, 255-float64((9798*int(c.B)+19235*int(c.G)+3735*int(c.R)+16384)>>15))
		}
	}
	return p
}

func slowCut(p *slowPicture, s Settings) []bool {
	v := slices.Clone(p.u)
	for range s.ThresholdingSteps {
		v = slowGaussian(v, p.w, p.h, s.Sigma)
		threshold := slowOtsu(v)
		for i := range v {
			if v[i] < threshold {
				v[i] = 0
			}
		}
	}
	out := make([]bool, len(v))
	for i := range v {
		out[i] = v[i] > 0
	}
	return out
}

func slowGaussian(v []float64, w, h int, sigma float64) []float64 {
	g := newGaussian(sigma)
	down := make([]float64, len(v))
	for y := range h {
		for x := range w {
			down[y*w+x] = slowSum(g, func(d int) float64 { return v[max(0, min(y+d, h-1))*w+x] })
		}
	}
	out := make([]float64, len(v))
	for y := range h {
		for x := range w {
			out[y*w+x] = slowSum(g, func(d int) float64 { return down[y*w+max(0, min(x+d, w-1))] })
		}
	}
	return out
}

func slowSum(g gaussian, at func(d int) float64) float64 {
	sum := at(0) * g[0]
	for d := len(g) - 1; d > 0; d-- {
		sum += float64((at(-d) + at(d)) * g[d])
	}
	return sum
}

func slowOtsu(v []float64) float64 {
	v = slices.DeleteFunc(slices.Clone(v), func(v float64) bool { return v <= 0 })
	lo, hi := slices.Min(v), slices.Max(v)
	if lo == hi {
		return hi
	}
	edge := func(i int) float64 {
		if i == 256 {
			return hi
		}
		return float64(float64(i)*((hi-lo)/256)) + lo
	}
	centre := func(i int) float64 { return (edge(i) + edge(i+1)) / 2 }
	var n [256]float64
	for _, x := range v {
		i := 0
		for i < 255 && x >= edge(i+1) {
			i++
		}
		n[i]++
	}
	best, at := -1.0, 0
	for cut := range 255 {
		var w1, w2, m1, m2 float64
		for i := range 256 {
			if i <= cut {
				w1, m1 = w1+n[i], m1+n[i]*centre(i)
			}
			if j := 255 - i; j > cut {
				w2, m2 = w2+n[j], m2+n[j]*centre(j)
			}
		}
		if d := m1/w1 - m2/w2; w1*w2*(d*d) > best {
			best, at = w1*w2*(d*d), cut
		}
	}
	return centre(at)
}

// slowLargest floods from every pixel in scan order.
func slowLargest(on []bool, w int) []bool {
	seen := make([]bool, len(on))
	var best []int
	for start := range on {
		var component []int
		todo := []int{start}
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if i < 0 || i >= len(on) || !on[i] || seen[i] {
				continue
			}
			seen[i] = true
			component = append(component, i)
			todo = append(todo, i-w, i+w)
			if i%w > 0 {
				todo = append(todo, i-1)
			}
			if i%w < w-1 {
				todo = append(todo, i+1)
			}
		}
		if len(component) > len(best) {
			best = component
		}
	}
	out := make([]bool, len(on))
	for _, i := range best {
		out[i] = true
	}
	return out
}

func slowDilate(on []bool, w, h, k int) []bool {
	out := make([]bool, len(on))
	for y := range h {
		for x := range w {
			for dy := range k {
				for dx := range k {
					sy, sx := y-k/2+dy, x-k/2+dx
					if sy >= 0 && sy < h && sx >= 0 && sx < w && on[sy*w+sx] {
						out[y*w+x] = true
					}
				}
			}
		}
	}
	return out
}

func count(on []bool) int {
	n := 0
	for _, v := range on {
		if v {
			n++
		}
	}
	return n
}

func TestFindEqualsSlowTwin(t *testing.T) {
	base := Settings{Sigma: 3, Kernel: 8, Downsampling: 1, MinSize: 10, Background: 228, ThresholdingSteps: 1, DilationSteps: 1}
	with := func(change func(*Settings)) Settings {
		s := base
		change(&s)
		return s
	}
	cases := []struct {
		name    string
		w, h, n int
		radius  float64
		s       Settings
	}{
		{"one blob", 90, 70, 1, 20, base},
		{"many blobs, several rounds", 300, 170, 25, 9, with(func(s *Settings) { s.Kernel = 3 })},
		{"across tiles", 530, 140, 12, 30, base},
		{"downsampling 2", 200, 150, 6, 20, with(func(s *Settings) { s.Downsampling = 2 })},
		{"downsampling 1.5", 201, 153, 6, 20, with(func(s *Settings) { s.Downsampling = 1.5 })},
		{"pale pixels kept", 120, 100, 4, 20, with(func(s *Settings) { s.KeepPale = true })},
		{"two thresholding steps", 150, 100, 5, 14, with(func(s *Settings) { s.ThresholdingSteps = 2 })},
		{"three thresholding steps", 150, 100, 5, 14, with(func(s *Settings) { s.ThresholdingSteps = 3 })},
		{"three dilations", 150, 100, 5, 10, with(func(s *Settings) { s.DilationSteps, s.Kernel = 3, 4 })},
		{"kernel 1", 150, 100, 5, 10, with(func(s *Settings) { s.Kernel = 1 })},
		{"not smoothed", 64, 48, 3, 8, with(func(s *Settings) { s.Sigma, s.Kernel = 0, 2 })},
		{"wider than the picture", 40, 30, 2, 8, with(func(s *Settings) { s.Sigma, s.Kernel = 30, 100 })},
		{"one row", 300, 1, 3, 20, with(func(s *Settings) { s.MinSize = 0 })},
		{"one column", 1, 300, 3, 20, with(func(s *Settings) { s.MinSize = 0 })},
		{"everything counts", 100, 80, 4, 12, with(func(s *Settings) { s.Background = 256 })},
		{"large components only", 200, 100, 8, 10, with(func(s *Settings) { s.MinSize = 400 })},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			img := stained(c.w, c.h, c.n, c.radius, uint64(i))
			want, wantSizes := slowFind(img, c.s)
			got, sizes, err := find(t.Context(), img, c.s)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sizes, wantSizes) {
				t.Errorf("component sizes %v, want %v", sizes, wantSizes)
			}
			if got.Width != c.w || got.Height != c.h {
				t.Fatalf("mask of %d x %d", got.Width, got.Height)
			}
			for y := range c.h {
				for x := range c.w {
					if got.At(x, y) != want(x, y) {
						t.Fatalf("pixel (%d, %d) is %v", x, y, got.At(x, y))
					}
				}
			}
			t.Logf("%d rounds, %d pixels", len(sizes), got.Count())
		})
	}
}

func TestFindOnSubImage(t *testing.T) {
	s, _ := Preset("crc")
	img := stained(300, 200, 5, 40, 1)
	part := img.SubImage(image.Rect(33, 21, 277, 190)).(*image.RGBA)
	copied := image.NewRGBA(image.Rect(0, 0, part.Rect.Dx(), part.Rect.Dy()))
	for y := range copied.Rect.Dy() {
		copy(copied.Pix[y*copied.Stride:][:copied.Stride], part.Pix[y*part.Stride:])
	}
	a, errA := Find(t.Context(), part, s)
	b, errB := Find(t.Context(), copied, s)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if !slices.Equal(a.words, b.words) || a.Count() == 0 {
		t.Errorf("masks differ: %d and %d pixels", a.Count(), b.Count())
	}
}

// TestFindOnOddPictures: nothing to find is not an error.
func TestFindOnOddPictures(t *testing.T) {
	uniform := func(w, h int, c color.RGBA) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range w * h {
			copy(img.Pix[4*i:], []uint8{c.R, c.G, c.B, 255})
		}
		return img
	}
	fluorescence := uniform(120, 90, color.RGBA{})
	for i := range 40 {
		fluorescence.SetRGBA(20+i%8, 30+i/8, color.RGBA{0, 0, 200, 255})
	}
	pen := uniform(120, 90, color.RGBA{250, 250, 250, 255})
	for x := range 120 {
		for y := range 6 {
			pen.SetRGBA(x, 40+y, color.RGBA{10, 120, 30, 255})
		}
	}
	for name, img := range map[string]*image.RGBA{
		"white":        uniform(64, 64, color.RGBA{255, 255, 255, 255}),
		"black":        uniform(64, 64, color.RGBA{}),
		"one colour":   uniform(64, 64, color.RGBA{150, 60, 120, 255}),
		"one pixel":    uniform(1, 1, color.RGBA{150, 60, 120, 255}),
		"two pixels":   stained(2, 1, 1, 1, 3),
		"fluorescence": fluorescence,
		"pen":          pen,
	} {
		for _, s := range Presets() {
			t.Run(name+"/"+s.Preset, func(t *testing.T) {
				m, sizes, err := find(t.Context(), img, s)
				if err != nil {
					t.Fatal(err)
				}
				want, wantSizes := slowFind(img, s)
				if !slices.Equal(sizes, wantSizes) {
					t.Errorf("component sizes %v, want %v", sizes, wantSizes)
				}
				if m.At(0, 0) != want(0, 0) {
					t.Errorf("first pixel is %v", m.At(0, 0))
				}
			})
		}
	}
}

func TestFindRefuses(t *testing.T) {
	good, _ := Preset("default")
	if _, err := Find(t.Context(), image.NewRGBA(image.Rectangle{}), good); err == nil {
		t.Error("a picture without a pixel is accepted")
	}
	for _, change := range []func(*Settings){
		func(s *Settings) { s.Sigma = -1 },
		func(s *Settings) { s.Sigma = math.NaN() },
		func(s *Settings) { s.Sigma = 1e9 },
		func(s *Settings) { s.Kernel = 0 },
		func(s *Settings) { s.Downsampling = 0.5 },
		func(s *Settings) { s.Downsampling = math.Inf(1) },
		func(s *Settings) { s.ThresholdingSteps = 0 },
		func(s *Settings) { s.DilationSteps = 0 },
		func(s *Settings) { s.MinSize = -1 },
		func(s *Settings) { s.Threshold = 2 },
		func(s *Settings) { s.Magnification = math.NaN() },
	} {
		s := good
		change(&s)
		_, err := Find(t.Context(), stained(8, 8, 1, 4, 1), s)
		if err == nil || !strings.HasPrefix(err.Error(), "tissue settings: ") {
			t.Errorf("%+v: error %v", s, err)
		}
	}
}

func TestFindStopsWhenCancelled(t *testing.T) {
	img := stained(1200, 1200, 40, 100, 1)
	s, _ := Preset("bright")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, img, s); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := Find(ctx, img, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled while running: %v", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("answers after %v", took)
	}
}

// TestSmoothAgainEqualsSmooth changes a part of a picture and smooths only what
// that reaches.
func TestSmoothAgainEqualsSmooth(t *testing.T) {
	const w, h = 600, 300
	for _, sigma := range []float64{0, 0.6, 1.1, 5, 20} {
		t.Run(fmt.Sprint(sigma), func(t *testing.T) {
			pix := make([]uint8, w*h)
			for i := range pix {
				if x, y := i%w, i/w; x > 200 && y > 100 && x < 500 {
					pix[i] = uint8(i * 7)
				}
			}
			p := smoothBytes(t, pix, w, sigma)
			changed := image.Rect(210, 90, 330, 170)
			for y := changed.Min.Y; y < changed.Max.Y; y++ {
				clear(pix[y*w:][changed.Min.X:changed.Max.X])
			}
			g := newGaussian(sigma)
			if err := g.smooth(t.Context(), p, bytesReader(pix, w), p.covering(changed.Inset(1-len(g)))); err != nil {
				t.Fatal(err)
			}
			in := make([]float64, w*h)
			for i, v := range pix {
				in[i] = float64(v)
			}
			for i, want := range slowGaussian(in, w, h, sigma) {
				if got := p.at(i%w, i/w); got != want {
					t.Fatalf("pixel (%d, %d): %v, want %v", i%w, i/w, got, want)
				}
			}
		})
	}
}

func TestAddFourEqualsGo(t *testing.T) {
	for n := range 67 {
		var s [8][]float64
		for i := range s {
			for j := range n + i {
				s[i] = append(s[i], math.Sin(float64(31*i+j)))
			}
		}
		w := [4]float64{0.1, 0.7, 1e-9, 3}
		a, b := slices.Clone(s[7][:n]), slices.Clone(s[7][:n])
		addFour(a, &s, &w)
		addFourGo(b, &s, &w, 0)
		if !slices.Equal(a, b) {
			t.Fatalf("%d places: %v, want %v", n, a, b)
		}
	}
}

func TestDilateEqualsSlowTwin(t *testing.T) {
	const w, h = 70, 40
	on := make([]bool, w*h)
	pix := make([]uint8, w*h)
	for _, i := range []int{0, 69, 5*w + 20, 5*w + 21, 7*w + 20, 30*w + 69, 39 * w, 39*w + 35, 20*w + 40} {
		on[i], pix[i] = true, 1
	}
	for _, k := range []int{1, 2, 3, 4, 9, 10, 33, 100} {
		want := slowDilate(on, w, h, k)
		got := maskOf(newSquare(k, 1).dilate(runsOf(pix, w), w, h), w, h)
		for i := range want {
			if got.At(i%w, i/w) != want[i] {
				t.Fatalf("side %d: pixel (%d, %d) is %v", k, i%w, i/w, !want[i])
			}
		}
	}
}
