package export

import (
	"fmt"
	"io"
	"testing"
)

func TestWriteK(t *testing.T) {
	point := func(k int, f1 float64) KPoint {
		return KPoint{K: k, F1: f1, F1SD: 0.1, Accuracy: f1 + 0.02, AccuracySD: 0.05, Read: float64(20 + 8*k), Exhaustive: 400}
	}
	for n, c := range []KChart{{}, {[]KPoint{point(4, 0.5)}}, {[]KPoint{point(2, 0.4), point(8, 0.9), point(16, 1)}}} {
		img := drawn(t, fmt.Sprintf("k-%d.png", n), func(w io.Writer) error { return WriteK(w, c) })
		if img.Bounds().Dx() != 1050 || img.Bounds().Dy() != 1050 {
			t.Errorf("%d points: picture of %v", n, img.Bounds())
		}
		first, last := columns(img, blue())
		if legend := last > 800; !legend || (len(c.Points) > 0) != (first < 300) {
			t.Errorf("%d points: blue from column %d to %d", n, first, last)
		}
	}
}
