package synth

import (
	"math"
	"testing"
)

func TestNoiseRowIsNoiseAtEachPlace(t *testing.T) {
	for _, l := range []lattice{{seed: 1, shift: 13}, {seed: 2, shift: 16}, {seed: 3, shift: 14, period: gridPeriod, variant: 9}} {
		for _, pitch := range []int{1, 100, 1024, 5000, 70000} {
			xs := make([]int, 50)
			for i := range xs {
				xs[i] = -100000 + i*pitch
			}
			for _, y := range []int{-70001, 0, 12345} {
				row := make([]int32, len(xs))
				l.addRow(row, xs, y, 5000)
				for i, x := range xs {
					if want := int32(l.at(x, y) * 5000 >> 14); row[i] != want {
						t.Fatalf("spacing %d, pitch %d, (%d, %d): %d, want %d", 1<<l.shift, pitch, x, y, row[i], want)
					}
				}
			}
		}
	}
}

func TestNoiseVariantsAgreeAtEdgesOfTheirPeriod(t *testing.T) {
	a := lattice{seed: 3, shift: 13, period: gridPeriod, variant: 1}
	b := lattice{seed: 3, shift: 13, period: gridPeriod, variant: 2}
	same := 0
	for v := 0; v < gridPeriod; v += 777 {
		if a.at(0, v) != b.at(gridPeriod, v) || a.at(v, 0) != b.at(v, gridPeriod) {
			t.Fatalf("variants differ at the edge at %d", v)
		}
		if a.at(gridPeriod/2, v) == b.at(gridPeriod/2, v) {
			same++
		}
	}
	if same > 20 {
		t.Errorf("variants agree inside at %d places", same)
	}
}

func TestFields(t *testing.T) {
	p := little(9, 1)
	w := newSlide(t, p).world
	xs := []int{-5000, 0, 100000, 131072, 200000}
	for _, y := range []int{0, 99999, 180000} {
		row := make([]int32, len(xs))
		w.tissueRow(row, xs, y)
		for i, x := range xs {
			if d := int(row[i]) - w.tissueAt(x, y); abs(d) > 3 { // each noise is rounded by itself
				t.Errorf("(%d, %d): row says %d, place %d", x, y, row[i], w.tissueAt(x, y))
			}
		}
	}
}

func TestDirections(t *testing.T) {
	for i := range 2 * turns {
		a := 2 * math.Pi * float64(i) / turns
		v := direction(i)
		if math.Abs(float64(v.x)-unit*math.Cos(a)) > 0.51 || math.Abs(float64(v.y)-unit*math.Sin(a)) > 0.51 {
			t.Fatalf("direction %d is %v", i, v)
		}
	}
}

func TestExpNeg(t *testing.T) {
	for _, x := range []float64{0, 1e-9, 0.3, 0.5, 1, 2.7, 10, 40} {
		if got, want := expNeg(x), math.Exp(-x); math.Abs(got-want) > 1e-12*want+1e-300 {
			t.Errorf("exp(-%g) = %g, want %g", x, got, want)
		}
	}
}

func TestFloorDiv(t *testing.T) {
	for a := -20; a <= 20; a++ {
		for _, b := range []int{1, 3, 7} {
			if got, want := floorDiv(a, b), int(math.Floor(float64(a)/float64(b))); got != want {
				t.Errorf("%d/%d = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestFilteredTextureIsTheMean(t *testing.T) {
	f := newTexture(5, 6, 7, 6, 7, []octave{{3, 4, 40}, {1, 1, 30}})
	for _, side := range []int{64, 128, 300, 1000, 1 << 20} {
		g := f.filtered(side)
		nr, nc := clamp(side>>6, 1, 64), clamp(side>>7, 1, 128)
		for _, p := range [][2]int{{0, 0}, {5, 77}, {63, 127}} {
			sum := 0
			for i := range nr * nc {
				r, c := (p[0]-nr/2+i/nc+64)%64, (p[1]-nc/2+i%nc+128)%128
				sum += int(f.pix[r<<7|c])
			}
			want := float64(sum) / float64(nr*nc)
			if got := float64(g.pix[p[0]<<7|p[1]]); math.Abs(got-want) > 1.1 { // rounded twice
				t.Errorf("side %d at %v: %g, want %g", side, p, got, want)
			}
		}
	}
}
