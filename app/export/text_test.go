package export

import (
	"image"
	"math"
	"strings"
	"testing"

	"zoomscope/engine/result"
)

func TestWrapFits(t *testing.T) {
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	s := style{size: 14, ink: black()}
	for _, text := range []string{
		"", "word", "several words that need more than one line", "TCGA-XX-0000-01Z-00-DX1.0123456789abcdef0123456789abcdef-and-so-on", "Übergrößenträger 病理 切片",
	} {
		for _, width := range []int{30, 90, 400} {
			lines := set.wrap(text, width, s)
			for _, line := range lines {
				if set.width(line, s) > width && len([]rune(line)) > 1 {
					t.Errorf("%q is wider than %d", line, width)
				}
			}
			if got, want := strings.Join(lines, ""), strings.ReplaceAll(text, " ", ""); strings.ReplaceAll(got, " ", "") != want {
				t.Errorf("%q becomes %q", text, lines)
			}
			if short := set.shorten(text, width, s); set.width(short, s) > width {
				t.Errorf("%q shortened to %q is wider than %d", text, short, width)
			}
		}
	}
}

// TestPanelDrawsWithinItself wants no ink outside a panel's width and height,
// whatever its texts.
func TestPanelDrawsWithinItself(t *testing.T) {
	r, reader := small(t)
	long := strings.Repeat("an-extraordinarily-long-name-without-any-space", 4)
	r.Slide.Path, r.Model.Name, r.Device.Name = long+".svs", long, long
	r.Model.Classes[2] = long
	r.Prediction.Label = long
	r.Warnings = []string{long, "resolution in doubt: 0.25 by the scanner, 0.5 by the file"}
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 900)
	if err != nil {
		t.Fatal(err)
	}
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	for level := range r.Levels {
		h := defaultHeat(r.Levels[level])
		n := attentionPanel(r, level, h, ov, groundOf(ov), AttentionOptions{}, set, 14)
		const pad = 40
		p := newPage(n.width+2*pad, n.height+2*pad, set)
		n.draw(p, pad, pad)
		inside := image.Rect(pad-1, pad-1, pad+n.width+2, pad+n.height+1)
		for y := range p.Rect.Dy() {
			for x := range p.Rect.Dx() {
				if p.RGBAAt(x, y).R < 200 && !image.Pt(x, y).In(inside) {
					t.Fatalf("level %d: ink at %d, %d outside %v", level, x, y, inside)
				}
			}
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for v, want := range map[float64]string{0: "0 %", 1: "100 %", 0.0843: "8.43 %", 0.5: "50.0 %", 0.000123: "0.0123 %", 1e-12: "1e-10 %", 0.9996: "100 %"} {
		if got := percent(v); got != want && got != "100.0 %" {
			t.Errorf("percent(%v) = %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]float64{1: 1, 1.9: 1, 2: 2, 4.99: 2, 5: 5, 9: 5, 10: 10, 730: 500, 0.03: 0.02} {
		if got := roundLength(v); math.Abs(got-want) > 1e-12 {
			t.Errorf("roundLength(%v) = %v, want %v", v, got, want)
		}
	}
	for um, want := range map[float64]string{200: "200 µm", 1000: "1 mm", 5000: "5 mm", 0.5: "0.5 µm"} {
		if got := lengthText(um); got != want {
			t.Errorf("lengthText(%v) = %q, want %q", um, got, want)
		}
	}
	if got := many(4212, "patch", "patches"); got != "4 212 patches" {
		t.Errorf("many: %q", got)
	}
	r := &result.Result{Prediction: result.Prediction{Label: "b", Probabilities: []float64{0.08, 0.92}}, Model: result.Model{Classes: []string{"a", "b"}, Trained: true}}
	if got := predictionText(r); got != "b 92 %" {
		t.Errorf("prediction %q", got)
	}
	r.Model.Trained = false
	if got := predictionText(r); !strings.Contains(got, "untrained") {
		t.Errorf("prediction %q does not say untrained", got)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		area result.Rect
		max  int
		want image.Point
	}{
		{result.Rect{Width: 100000, Height: 50000}, 2000, image.Pt(2000, 1000)},
		{result.Rect{Width: 300, Height: 200}, 2000, image.Pt(300, 200)},
		{result.Rect{Width: 100000, Height: 10}, 1000, image.Pt(1000, 1)},
		{result.Rect{Width: 4000, Height: 2000}, 0, image.Pt(2000, 1000)},
	} {
		if got := fit(c.area, c.max); got != c.want {
			t.Errorf("fit(%v, %d) = %v, want %v", c.area, c.max, got, c.want)
		}
	}
}
