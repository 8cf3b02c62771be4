package export

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg/draw"
)

// inked counts the pixels of a colour.
func inked(img image.Image, want color.Color) int {
	r, g, b, _ := want.RGBA()
	n := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); pr == r && pg == g && pb == b {
				n++
			}
		}
	}
	return n
}

func TestWriteFrontier(t *testing.T) {
	var c FrontierChart
	for i, place := range []string{"one core", "a graphics card"} {
		p := FrontierPanel{Title: place}
		for j, name := range []string{"MaxMIL 20x", "MeanMIL 20x", "SparseConvMIL 20x", "ABMIL 20x", "TransMIL 20x", "DSMIL 5+10+20x", "ZoomMIL-Eff 5>10x", "ZoomMIL 5>10>20x"} {
			at := FrontierPoint{Name: name, Throughput: math.Pow(30, float64(i)) * (2500 + 30*float64(j)), F1: 0.6 + 0.04*float64(j), SD: 0.03}
			if j >= 6 {
				at.Throughput, at.Bold, at.Best, at.Light = at.Throughput*float64(20-j), true, true, j == 6
			}
			p.Points = append(p.Points, at)
		}
		p.Points[1].F1 = math.NaN() // is left out
		c.Panels = append(c.Panels, p)
	}
	c.Title = "Throughput against accuracy"
	img := drawn(t, "frontier.png", func(w io.Writer) error { return WriteFrontier(w, c) })
	one := drawn(t, "frontier-one.png", func(w io.Writer) error { return WriteFrontier(w, FrontierChart{Title: c.Title, Panels: c.Panels[:1]}) })
	if img.Bounds().Dx() != one.Bounds().Dx() || img.Bounds().Dy() < one.Bounds().Dy()*3/2 {
		t.Errorf("%v with two panels, %v with one", img.Bounds(), one.Bounds())
	}
	if all, half := inked(img, blue()), inked(one, blue()); all <= half || half == 0 {
		t.Errorf("%d pixels of the first method on two panels, %d on one", all, half)
	}
	drawn(t, "frontier-empty.png", func(w io.Writer) error { return WriteFrontier(w, FrontierChart{}) })
}

// A method looks the same in a chart with the light variant and in one without.
func TestMarks(t *testing.T) {
	plain := func(name string) FrontierPoint { return FrontierPoint{Name: name} }
	zoom, light := FrontierPoint{Name: "ZoomMIL", Bold: true}, FrontierPoint{Name: "ZoomMIL-Eff", Bold: true, Light: true}
	with := FrontierPanel{Points: []FrontierPoint{plain("MaxMIL"), plain("DSMIL"), light, zoom, plain("whole gradient")}}.marks()
	without := FrontierPanel{Points: []FrontierPoint{plain("MaxMIL"), plain("DSMIL"), zoom, plain("whole gradient")}}.marks()
	if !slices.Equal(slices.Delete(slices.Clone(with), 2, 3), without) {
		t.Errorf("%+v, without the light one %+v", with, without)
	}
	if with[3].Shape != (draw.CircleGlyph{}) || with[2].Shape != (draw.SquareGlyph{}) || with[0] == with[1] {
		t.Errorf("%+v", with)
	}
}

func TestDecadeTicks(t *testing.T) {
	var got []string
	for _, tick := range decadeTicks(90, 25000) {
		got = append(got, tick.Label)
	}
	if want := []string{"100", "200", "500", "1000", "2000", "5000", "10 000", "20 000"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWriteTable(t *testing.T) {
	table := TablePicture{Title: "Methods", Head: []string{"method", "weighted F1"}, Notes: []string{"a note that is too long for the width of so narrow a table and goes on for another line"}}
	for i := range 4 {
		table.Rows = append(table.Rows, []string{fmt.Sprint("method ", i), "0.900 +- 0.010"})
	}
	small := drawn(t, "table.png", func(w io.Writer) error { return WriteTable(w, table) })
	table.Head = append(table.Head, "another column")
	for i := range table.Rows {
		table.Rows[i] = append(table.Rows[i], "1.0x")
	}
	wide := drawn(t, "table-wide.png", func(w io.Writer) error { return WriteTable(w, table) })
	if wide.Bounds().Dx() <= small.Bounds().Dx() || wide.Bounds().Dy() >= small.Bounds().Dy() {
		t.Errorf("%v of three columns, %v of two: the note takes fewer lines", wide.Bounds(), small.Bounds())
	}
	table.Rows = append(table.Rows, table.Rows...)
	if high := drawn(t, "table-high.png", func(w io.Writer) error { return WriteTable(w, table) }); high.Bounds().Dy() <= wide.Bounds().Dy() {
		t.Errorf("%v of eight rows, %v of four", high.Bounds(), wide.Bounds())
	}
}

func TestBroken(t *testing.T) {
	s := letters(noteText, false)
	lines := broken("some words of a note", s, s.Width("some words"))
	if want := []string{"some words", "of a note"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
	if lines := broken("an unbreakable", s, s.Width("unbreak")); !slices.Equal(lines, []string{"an", "unbreak", "able"}) {
		t.Errorf("%q", lines)
	}
}
