package viewer

import (
	"math"
	"strings"
	"testing"
)

func TestScaleTexts(t *testing.T) {
	en, de := Texts{"."}, Texts{","}
	for _, c := range []struct {
		texts     Texts
		zoom, mpp float64
		want      string
	}{
		{en, 0.5, 0.25, "20x  0.50 µm/px"},
		{de, 0.5, 0.25, "20x  0,50 µm/px"},
		{en, 1, 0.2527, "39.6x  0.25 µm/px"},
		{en, 8, 0.25, "320x  0.031 µm/px"},
		{en, 0.03125, 0.25, "1.25x  8.00 µm/px"},
		{en, 0.003, 0.25, "0.12x  83.3 µm/px"},
		{en, 0.001, 0.25, "0.04x  250 µm/px"},
		{en, 0.5, 0, "50 %"},
		{de, 0.044, 0, "4,4 %"},
		{en, 8, 0, "800 %"},
	} {
		got := strings.ReplaceAll(c.texts.scale(c.zoom, c.mpp), space, " ")
		if got != c.want {
			t.Errorf("zoom %v of %v um: %q, want %q", c.zoom, c.mpp, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for v, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1 000", 12044: "12 044", 1234567: "1 234 567", -100: "-100", -1000: "-1 000"} {
		if got := strings.ReplaceAll(count(v), space, " "); got != want {
			t.Errorf("%d: %q, want %q", v, got, want)
		}
	}
}

func TestScaleBar(t *testing.T) {
	for most, want := range map[float64]string{1: "1 µm", 0.7: "0.5 µm", 0.0234: "0.02 µm", 49.9: "20 µm", 50: "50 µm", 130: "100 µm", 999: "500 µm", 1000: "1 mm", 7000: "5 mm", 25000: "20 mm"} {
		b := Texts{"."}.newBar(most)
		if got := strings.ReplaceAll(b.text, space, " "); got != want {
			t.Errorf("at most %v um: %q, want %q", most, got, want)
		}
		if b.um > most*(1+1e-9) || b.um < most/2.5*(1-1e-9) {
			t.Errorf("at most %v um: a bar of %v", most, b.um)
		}
	}
	for _, most := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if b := (Texts{"."}).newBar(most); b != (bar{}) {
			t.Errorf("at most %v: %v", most, b)
		}
	}
}
