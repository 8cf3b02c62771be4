package export

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestWriteK(t *testing.T) {
	point := func(k int, f1 float64) KPoint {
		return KPoint{K: k, F1: f1, F1SD: 0.1, Accuracy: f1 + 0.02, AccuracySD: 0.05, Read: float64(20 + 8*k), Exhaustive: 400}
	}
	for n, c := range []KChart{{}, {Points: []KPoint{point(4, 0.5)}}, {Points: []KPoint{point(2, 0.4), point(8, 0.9), point(16, 1)}}} {
		img := drawn(t, fmt.Sprintf("k-%d.png", n), func(w io.Writer) error { return WriteK(w, c) })
		if img.Bounds().Dx() != 1200 || img.Bounds().Dy() != 1050 {
			t.Errorf("%d points: picture of %v", n, img.Bounds())
		}
		first, last := columns(img, blue())
		if legend := last > 1000; !legend || (len(c.Points) > 0) != (first < 600) {
			t.Errorf("%d points: blue from column %d to %d", n, first, last)
		}
	}
	// Curves lie a few pixels beside each other, whatever the values of K are.
	for _, ks := range [][]int{{2, 50}, {2, 4, 8, 16}, {4}} {
		c := KChart{}
		for _, k := range ks {
			c.Points = append(c.Points, KPoint{K: k, F1: 0.9, Accuracy: 0.5})
		}
		img := drawn(t, fmt.Sprintf("k-beside-%d.png", len(ks)), func(w io.Writer) error { return WriteK(w, c) })
		f1, _ := columns(img, blue())
		accuracy, _ := columns(img, vermilion())
		if n := accuracy - f1; n < 5 || n > 12 {
			t.Errorf("K of %v: accuracy lies %d pixels beside F1", ks, n)
		}
	}
	// In any order the picture is the same, and notes stand below it.
	order := func(ks ...int) (c KChart) {
		for _, k := range ks {
			c.Points = append(c.Points, point(k, 0.3+float64(k)/30))
		}
		return c
	}
	draw := func(c KChart) []byte {
		var b bytes.Buffer
		if err := WriteK(&b, c); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(draw(order(16, 2, 8)), draw(order(2, 8, 16))) {
		t.Error("another order gives another picture")
	}
	c := order(16, 2, 8)
	c.Notes = []string{"a note", "command: " + strings.Repeat("a long one ", 20)}
	img := drawn(t, "k-notes.png", func(w io.Writer) error { return WriteK(w, c) })
	if n := img.Bounds().Dy() - 1050; n < 3*20 || n > 4*30 {
		t.Errorf("notes of three lines take %d pixels", n)
	}
}

func TestOfShare(t *testing.T) {
	for _, c := range []struct{ mean, sd, low, high float64 }{{0.5, 0.25, 0.25, 0.25}, {0.75, 0.5, 0.5, 0.25}, {0.25, 0.5, 0.25, 0.5}, {1, 0, 0, 0}} {
		if e := ofShare(c.mean, c.sd); e.Low != c.low || e.High != c.high {
			t.Errorf("%g +- %g: %g down, %g up", c.mean, c.sd, e.Low, e.High)
		}
	}
}
