package export

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// WriteConfusion draws a confusion matrix, counts[truth][predicted], as PNG. The
// shade of a field is its share of the slides of that truth. A long title takes
// several lines.
func WriteConfusion(w io.Writer, title string, classes []string, counts [][]int) error {
	n := len(classes)
	side := matrixSide(n)
	width := side + 2.2*vg.Inch
	p := newPlot(title, "predicted", "truth", width-plotMargin)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5, -0.5, float64(n)-0.5
	p.Add(&matrix{counts})
	names := make([]string, n)
	upward := make([]string, n) // the axis goes up, the first class is on top
	for i, name := range classes {
		names[i] = shorten(name, 20)
		upward[n-1-i] = names[i]
	}
	p.NominalX(names...)
	p.NominalY(upward...)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding, axis.LineStyle.Width = 0, 0
	}
	if longest(names) > 12*side/vg.Length(n)/vg.Inch {
		p.X.Tick.Label.Rotation = 0.6
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YTop
	}
	more := vg.Length(strings.Count(p.Title.Text, "\n")) * p.Title.TextStyle.FontExtents().Height
	return writePlot(w, width, side+1.5*vg.Inch+more, p.Draw)
}

// matrixSide is how large n classes are drawn.
func matrixSide(n int) vg.Length {
	return min(max(vg.Length(n)*0.7, 2.2), 12) * vg.Inch
}

func longest(names []string) vg.Length {
	most := 0
	for _, name := range names {
		most = max(most, len([]rune(name)))
	}
	return vg.Length(most)
}

// matrix draws the fields of a confusion matrix.
type matrix struct{ counts [][]int }

// Plot implements plot.Plotter.
func (m *matrix) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	n := len(m.counts)
	for truth, row := range m.counts {
		total := 0
		for _, v := range row {
			total += v
		}
		for predicted, v := range row {
			share := float64(v) / float64(total) // NaN of none
			left, bottom := float64(predicted)-0.5, float64(n-1-truth)-0.5
			box := vg.Rectangle{Min: vg.Point{X: x(left), Y: y(bottom)}, Max: vg.Point{X: x(left + 1), Y: y(bottom + 1)}}
			field(c, box, v, share, truth == predicted)
		}
	}
}

// mostNumbered is how many classes leave room for numbers in the fields.
const mostNumbered = 30

func field(c draw.Canvas, box vg.Rectangle, count int, share float64, hit bool) {
	fill, text := color.Color(color.White), "-"
	if !math.IsNaN(share) {
		fill, text = shade(share), fmt.Sprintf("%.0f %%", 100*share)
	}
	corners := []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}}
	c.FillPolygon(fill, corners)
	c.StrokeLines(draw.LineStyle{Color: color.Gray{200}, Width: vg.Points(0.6)}, append(corners, corners[0]))
	height := box.Max.Y - box.Min.Y
	if height < 12*vg.Inch/mostNumbered {
		return
	}
	style := draw.TextStyle{Font: sans(12, hit), Color: color.Black, XAlign: draw.XCenter, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
	if share > 0.5 {
		style.Color = color.White
	}
	middle := vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: (box.Min.Y + box.Max.Y) / 2}
	c.FillText(style, vg.Point{X: middle.X, Y: middle.Y + vg.Points(5)}, fmt.Sprint(count))
	style.Font = sans(8, false)
	c.FillText(style, vg.Point{X: middle.X, Y: middle.Y - vg.Points(9)}, text)
}

// shade goes from white to a deep blue, darker for more.
func shade(share float64) color.Color {
	mix := func(from, to float64) uint8 { return uint8(from + (to-from)*share + 0.5) }
	return color.RGBA{mix(255, 8), mix(255, 69), mix(255, 130), 255}
}
