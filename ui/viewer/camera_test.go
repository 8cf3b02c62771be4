package viewer

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestClamp(t *testing.T) {
	l := newLimits(4000, 1000, 800, 600) // the whole slide at 0.2
	for name, c := range map[string]struct{ in, want Camera }{
		"allowed":       {Camera{10, 20, 1}, Camera{10, 20, 1}},
		"too far out":   {Camera{10, 20, 0.01}, Camera{10, 20, 0.1}},
		"too near":      {Camera{10, 20, 99}, Camera{10, 20, 8}},
		"off the slide": {Camera{-5, 2000, 1}, Camera{0, 1000, 1}},
		"no numbers":    {Camera{math.NaN(), math.Inf(1), math.NaN()}, Camera{2000, 500, 0.2}},
	} {
		if got := l.clamp(c.in); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	small := newLimits(10, 10, 800, 600)
	if got := small.clamp(small.whole()); got.Zoom != 60 {
		t.Errorf("a slide of 10 pixels fits at %v, want 60", got.Zoom)
	}
}

func TestAnchoredKeepsThePlace(t *testing.T) {
	c := Camera{50000, 40000, 0.3}
	at := func(c Camera) (float64, float64) { return c.X + 123/c.Zoom, c.Y - 77/c.Zoom }
	x, y := at(c)
	for _, zoom := range []float64{0.01, 0.3, 1, 8} {
		gx, gy := at(c.anchored(123, -77, zoom))
		if math.Abs(gx-x) > 1e-6 || math.Abs(gy-y) > 1e-6 {
			t.Errorf("zoom %v: %v,%v, want %v,%v", zoom, gx, gy, x, y)
		}
	}
}

func TestTowards(t *testing.T) {
	for name, ends := range map[string][2]Camera{
		"in":   {{50000, 50000, 0.01}, {61000, 42000, 1}},
		"out":  {{100, 100, 4}, {50000, 50000, 0.02}},
		"pan":  {{100, 100, 1}, {900, 200, 1}},
		"same": {{100, 100, 1}, {100, 100, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := ends[0], ends[1]
			if from.towards(to, 0) != from && math.Abs(from.towards(to, 0).X-from.X) > 1e-6 {
				t.Errorf("starts at %v", from.towards(to, 0))
			}
			if from.towards(to, 1) != to {
				t.Errorf("ends at %v", from.towards(to, 1))
			}
			left := math.Inf(1)
			for f := 0.0; f <= 1; f += 0.01 {
				c := from.towards(to, f)
				d := math.Hypot(c.X-to.X, c.Y-to.Y)
				if d > left+1e-6 {
					t.Fatalf("at %v the way is %v, longer than %v before", f, d, left)
				}
				left = d
			}
		})
	}
}

// TestEdgesAreShared says what keeps tiles from having seams and from changing their
// size: lengths do not depend on where the camera is.
func TestEdgesAreShared(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		c := Camera{r.Float64() * 1e5, r.Float64() * 1e5, math.Pow(2, r.Float64()*12-9)}
		p := project(c, 1601, 903)
		other := project(Camera{c.X + r.Float64()*100, c.Y, c.Zoom}, 1601, 903)
		x := math.Floor(c.X/256) * 256
		if p.x(x+256)-p.x(x) != other.x(x+256)-other.x(x) {
			t.Fatalf("%v: a tile's width changes while panning", c)
		}
		// One rounding of the place and one of the shift: half a pixel each.
		exact := (x-c.X)*c.Zoom + 1601.0/2
		if off := math.Abs(float64(p.x(x)) - exact); off > 1+1e-6 {
			t.Fatalf("%v: place %v is %v pixels off", c, x, off)
		}
		gx, gy := p.place(700, 300)
		if p.x(gx) != 700 || p.y(gy) != 300 {
			t.Fatalf("%v: pixel 700,300 comes back as %d,%d", c, p.x(gx), p.y(gy))
		}
	}
}
