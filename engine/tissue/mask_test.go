package tissue

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"zoomscope/slideio"
)

func randomMask(w, h int, seed uint64) *Mask {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := NewMask(w, h)
	for y := range h {
		for x := range w {
			if rng.IntN(3) == 0 {
				m.SetRow(y, x, x+1)
			}
		}
	}
	return m
}

// slowFraction adds up what each pixel shares with the rectangle.
func slowFraction(m *Mask, r slideio.Rect) float64 {
	overlap := func(i int, lo, hi float64) float64 {
		return max(0, min(float64(i+1), hi)-max(float64(i), lo))
	}
	sum := 0.0
	for y := range m.Height {
		for x := range m.Width {
			if m.At(x, y) {
				sum += overlap(x, r.X, r.X+r.W) * overlap(y, r.Y, r.Y+r.H)
			}
		}
	}
	return sum / (r.W * r.H)
}

func TestFractionEqualsSlowTwin(t *testing.T) {
	m := randomMask(150, 70, 1)
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range 3000 {
		r := slideio.Rect{X: rng.Float64()*200 - 25, Y: rng.Float64()*100 - 15, W: rng.Float64() * 90, H: rng.Float64() * 60}
		switch i % 4 {
		case 0:
			r = slideio.Rect{X: math.Floor(r.X), Y: math.Floor(r.Y), W: math.Ceil(r.W), H: math.Ceil(r.H)}
		case 1:
			r.W, r.H = r.W/100, r.H/100
		case 2:
			r.X, r.W = math.Floor(r.X), math.Ceil(r.W)
		}
		if r.Empty() {
			continue
		}
		if got, want := m.Fraction(r), slowFraction(m, r); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v: %v, want %v", r, got, want)
		}
	}
}

func TestFractionOfWholePixelsIsExact(t *testing.T) {
	m := randomMask(100, 100, 3)
	n := 0
	for y := 20; y < 30; y++ {
		for x := 60; x < 70; x++ {
			if m.At(x, y) {
				n++
			}
		}
	}
	if got := m.Fraction(slideio.Rect{X: 60, Y: 20, W: 10, H: 10}); got != float64(n)/100 {
		t.Errorf("%v, want %v/100", got, n)
	}
}

func TestFractionOfNothing(t *testing.T) {
	m := NewMask(10, 10)
	m.SetRow(0, 0, 10)
	for _, r := range []slideio.Rect{
		{},
		{X: 1, Y: 1, W: -3, H: 3},
		{X: math.NaN(), Y: 0, W: 1, H: 1},
		{W: math.NaN(), H: 1},
		{W: math.Inf(1), H: 1},
		{X: math.Inf(-1), W: 1, H: 1},
		{X: 20, W: 5, H: 5},
		{X: -20, W: 5, H: 5},
		{X: 1e300, Y: -1e300, W: 1, H: 1},
	} {
		if got := m.Fraction(r); got != 0 {
			t.Errorf("%v: %v", r, got)
		}
	}
}

func TestSetRow(t *testing.T) {
	for _, r := range [][2]int{{0, 0}, {5, 5}, {0, 1}, {63, 64}, {63, 65}, {64, 128}, {0, 200}, {3, 199}, {130, 190}} {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			m := NewMask(200, 2)
			m.SetRow(1, r[0], r[1])
			if m.Count() != r[1]-r[0] {
				t.Errorf("%d pixels", m.Count())
			}
			for x := range 200 {
				if m.At(x, 0) || m.At(x, 1) != (x >= r[0] && x < r[1]) {
					t.Fatalf("pixel %d", x)
				}
			}
		})
	}
	m := NewMask(3, 3)
	if m.At(-1, 0) || m.At(0, -1) || m.At(3, 0) || m.At(0, 3) {
		t.Error("tissue outside")
	}
}

func TestEnlarge(t *testing.T) {
	m := randomMask(37, 23, 4)
	for _, size := range [][2]int{{37, 23}, {74, 46}, {100, 51}, {149, 93}, {20, 10}} {
		w, h := size[0], size[1]
		big := m.enlarge(w, h)
		for y := range h {
			for x := range w {
				if big.At(x, y) != m.At(x*37/w, y*23/h) {
					t.Fatalf("%v: pixel (%d, %d)", size, x, y)
				}
			}
		}
	}
}

func BenchmarkFraction(b *testing.B) {
	m := randomMask(4096, 4096, 1)
	for b.Loop() {
		for i := range 256 {
			m.Fraction(slideio.Rect{X: float64(i%16) * 256, Y: float64(i/16) * 256, W: 256, H: 256})
		}
	}
}
