package widgets

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	standard "fyne.io/fyne/v2/theme"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []float64
	}{
		{0, 1, []float64{0, 0.5, 1}}, {0, 1.5, []float64{0, 0.5, 1, 1.5}}, {1, 100, []float64{50, 100}},
		{-0.2, 0.2, []float64{-0.2, -0.1, 0, 0.1, 0.2}}, {20, 21, []float64{20, 20.5, 21}},
	} {
		got := ticks(c.low, c.high, 4)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%v to %v: %v, want %v", c.low, c.high, got, c.want)
		}
		if slices.ContainsFunc(got, func(v float64) bool { return v == 0 && math.Signbit(v) }) {
			t.Errorf("%v to %v: -0 among %v", c.low, c.high, got)
		}
	}
}

func TestChartEnds(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		values    []float64
		low, high float64
	}{
		"from 0":       {[]float64{1.1, 0.2, nan}, 0, 1.5},
		"far from 0":   {[]float64{100, 103}, 100, 103},
		"none":         {[]float64{nan, nan}, 0, 1},
		"one value":    {[]float64{0.5}, 0, 0.8},
		"all the same": {[]float64{0, 0, 0}, -0.001, 0.001},
		"not finite":   {[]float64{math.Inf(1), 1, 2}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			l := &LineChart{chart: Chart{Series: []ChartSeries{{Values: c.values}}}}
			low, high := l.ends()
			if math.Abs(low-c.low) > 1e-9 || math.Abs(high-c.high) > 1e-9 {
				t.Errorf("%v to %v, want %v to %v", low, high, c.low, c.high)
			}
		})
	}
}

func chartOf(t *testing.T, c Chart) *LineChart {
	t.Helper()
	return place(t, func() *LineChart {
		l := NewLineChart()
		l.Set(c)
		return l
	})
}

func TestLineChartTells(t *testing.T) {
	nan := math.NaN()
	l := chartOf(t, Chart{Title: "Loss", Most: 10, At: func(x int) string { return "epoch " + strings.Repeat("i", x) },
		Series: []ChartSeries{{Name: "training", Values: []float64{0.9, 0.8, 0.7}}, {Name: "validation", Values: []float64{0.9, nan}}}})
	want := func(words ...string) {
		t.Helper()
		if got := l.Words(); !slices.Equal(got, words) {
			t.Errorf("%q, want %q", got, words)
		}
	}
	want("Loss", "training 0.7", "validation")
	f := l.frame(l.Size())
	at := func(x float32) *desktop.MouseEvent {
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, 80)}}
	}
	l.MouseIn(at(f.x(1.4)))
	want("Loss, epoch i", "training 0.9", "validation 0.9")
	l.MouseMoved(at(f.x(9)))
	want("Loss, epoch iii", "training 0.7", "validation")
	l.MouseOut()
	want("Loss", "training 0.7", "validation")
}

// The pixels of a line are where its values say, and nowhere else.
func TestLineChartDraws(t *testing.T) {
	l := chartOf(t, Chart{High: 1, Series: []ChartSeries{{Name: "a", Color: standard.ColorNamePrimary, Values: []float64{0, 0.5, math.NaN(), 1, 2}}}})
	f := l.frame(l.Size())
	d := &chartDrawing{LineChart: l, frame: f}
	const scale = 2
	w, h := int(scale*l.Size().Width), int(scale*l.Size().Height)
	img := d.lines([]color.Color{color.Black})(w, h).(*image.RGBA)
	alpha := func(x, v float64) uint8 {
		return img.RGBAAt(int(scale*f.x(x)), min(int(scale*f.y(v)), h-1)).A
	}
	for _, p := range [][2]float64{{1, 0}, {1.5, 0.25}, {2, 0.5}, {4, 1}, {4.5, 1}} {
		if alpha(p[0], p[1]) < 100 {
			t.Errorf("nothing at %v", p)
		}
	}
	for _, p := range [][2]float64{{2.5, 0.6}, {3, 0.75}, {1.5, 0.5}, {4, 0.5}} {
		if alpha(p[0], p[1]) != 0 {
			t.Errorf("something at %v", p)
		}
	}
	inked := 0
	for i := 3; i < len(img.Pix); i += 4 {
		if img.Pix[i] > 0 {
			inked++
		}
	}
	if most := int(3 * scale * chartStroke * scale * (l.Size().Width)); inked == 0 || inked > most {
		t.Errorf("%d pixels are inked, at most %d should be", inked, most)
	}
	if empty := d.lines(nil)(0, 0); empty.Bounds().Dx() != 0 {
		t.Errorf("%v of nothing", empty.Bounds())
	}
}

func TestMatrix(t *testing.T) {
	var said [][2]int
	m := place(t, func() *Matrix {
		m := NewMatrix(func(truth, answer int) { said = append(said, [2]int{truth, answer}) })
		m.Set([]string{"benign", "malignant"}, [][]int{{3, 1}, {0, 2}})
		return m
	})
	test.Tap(m.Cell(0, 1))
	test.Tap(m.Cell(1, 0)) // nobody is behind it
	if !slices.Equal(said, [][2]int{{0, 1}}) {
		t.Errorf("%v", said)
	}
	m.Mark(0, 1)
	if m.Cell(0, 1).Marked() != Selected || m.Cell(0, 0).Marked() != Plain {
		t.Error("another cell is marked")
	}
	m.Set([]string{"a", "b", "c"}, [][]int{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})
	test.Tap(m.Cell(2, 2))
	if len(said) != 2 || said[1] != [2]int{2, 2} {
		t.Errorf("%v", said)
	}
}

func TestNarrow(t *testing.T) {
	for name, c := range map[string]struct {
		widths []float32
		room   float32
		want   []float32
	}{
		"fits":            {[]float32{10, 20}, 40, []float32{10, 20}},
		"the widest":      {[]float32{10, 50, 20}, 60, []float32{10, 30, 20}},
		"the widest two":  {[]float32{10, 50, 40}, 70, []float32{10, 30, 30}},
		"all":             {[]float32{30, 50, 40}, 60, []float32{20, 20, 20}},
		"nothing is left": {[]float32{30, 50}, 0, []float32{0, 0}},
		"none":            {nil, 10, nil},
	} {
		t.Run(name, func(t *testing.T) {
			narrow(c.widths, c.room)
			if !slices.Equal(c.widths, c.want) {
				t.Errorf("%v, want %v", c.widths, c.want)
			}
		})
	}
}

func TestAbreast(t *testing.T) {
	a, b, hidden := NewAtLeast(0, 20, NewBody("")), NewAtLeast(0, 30, NewBody("")), NewBody("x")
	hidden.Hide()
	box := NewAbreast(10, 100, a, hidden, b)
	for _, c := range []struct {
		width  float32
		at     fyne.Position
		each   float32
		height float32
	}{{210, fyne.NewPos(110, 0), 100, 30}, {209, fyne.NewPos(0, 30), 209, 60}} {
		box.Resize(fyne.NewSize(c.width, 100))
		if b.Position() != c.at || b.Size().Width != c.each || box.MinSize().Height != c.height {
			t.Errorf("at a width of %v: %v, %v wide, height %v", c.width, b.Position(), b.Size().Width, box.MinSize().Height)
		}
	}
}
