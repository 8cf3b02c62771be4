package export

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// KPoint is how a model does that zooms into K patches, and what that costs.
type KPoint struct {
	K                    int
	F1, F1SD             float64 // weighted; mean and deviation over the seeds
	Accuracy, AccuracySD float64
	Read, Exhaustive     float64 // patches of a slide that are read, and that there are
}

// KChart is what WriteK draws.
type KChart struct {
	Points []KPoint // in any order
	Notes  []string // below the chart; long ones are broken
}

// kSide is the width of a chart of K, and its height without the notes.
const kSide = 7 * vg.Inch

// WriteK draws accuracy and cost against K, one above the other, as PNG.
func WriteK(w io.Writer, c KChart) error {
	c.Points = slices.SortedFunc(slices.Values(c.Points), func(a, b KPoint) int { return cmp.Compare(a.K, b.K) })
	scores, cost := c.scores(), c.cost()
	return writeNoted(w, kSide, kSide, c.Notes, func(canvas draw.Canvas) {
		middle := (canvas.Max.Y - canvas.Min.Y) * 0.42
		scores.Draw(draw.Crop(canvas, 0, -vg.Points(8), middle, 0))
		cost.Draw(draw.Crop(canvas, 0, -vg.Points(8), 0, middle-(canvas.Max.Y-canvas.Min.Y)-vg.Points(6)))
	})
}

// axes is a plot over K.
func (c KChart) axes(title, y string) *plot.Plot {
	p := newPlot(title, "K, patches zoomed into", y, kSide-plotMargin)
	var ticks plot.ConstantTicks
	for _, at := range c.Points {
		ticks = append(ticks, plot.Tick{Value: float64(at.K), Label: fmt.Sprint(at.K)})
	}
	p.X.Tick.Marker, p.X.Padding, p.Y.Padding = ticks, vg.Points(8), 0
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal.Color = color.Gray{225}
	p.Add(grid)
	return p
}

// scores are drawn beside each other, so that the deviations can be told apart.
func (c KChart) scores() *plot.Plot {
	p := c.axes("Accuracy against K: mean and deviation over the seeds", "share")
	aside := c.narrowest() * 0.05
	low := 1.0
	for _, s := range []struct {
		name   string
		ink    color.Color
		dashes []vg.Length
		by     float64
		of     func(KPoint) (mean, sd float64)
	}{
		{"weighted F1", blue(), nil, -aside, func(k KPoint) (float64, float64) { return k.F1, k.F1SD }},
		{"accuracy", vermilion(), []vg.Length{4, 3}, aside, func(k KPoint) (float64, float64) { return k.Accuracy, k.AccuracySD }},
	} {
		e := deviations{}
		for _, at := range c.Points {
			mean, sd := s.of(at)
			if math.IsNaN(mean) {
				continue
			}
			e.XYs = append(e.XYs, plotter.XY{X: float64(at.K) + s.by, Y: mean})
			e.YErrors = append(e.YErrors, ofShare(mean, sd))
			low = min(low, mean-sd)
		}
		add(p, s.name, e, draw.LineStyle{Color: s.ink, Width: vg.Points(1.6), Dashes: s.dashes})
	}
	p.Y.Min, p.Y.Max, p.Y.Padding = max(0, math.Floor(10*low)/10), 1, vg.Points(4)
	p.Y.Tick.Marker = plot.TickerFunc(valueTicks)
	return p
}

// ofShare is the deviation of a share, no longer than shares go.
func ofShare(mean, sd float64) struct{ Low, High float64 } {
	return struct{ Low, High float64 }{min(sd, mean), min(sd, 1-mean)}
}

// narrowest is the least distance of two points.
func (c KChart) narrowest() float64 {
	least := math.Inf(1)
	for i := 1; i < len(c.Points); i++ {
		least = min(least, float64(c.Points[i].K-c.Points[i-1].K))
	}
	if math.IsInf(least, 1) {
		return 1
	}
	return least
}

func (c KChart) cost() *plot.Plot {
	p := c.axes("Cost against K", "patches read, of a slide")
	var read plotter.XYs
	most := 0.0
	for _, at := range c.Points {
		read = append(read, plotter.XY{X: float64(at.K), Y: at.Read})
		most = max(most, at.Exhaustive)
	}
	add(p, "by zooming", deviations{XYs: read}, draw.LineStyle{Color: blue(), Width: vg.Points(1.6)})
	if len(read) > 0 {
		all := plotter.XYs{{X: read[0].X, Y: most}, {X: read[len(read)-1].X, Y: most}}
		style := draw.LineStyle{Color: color.Gray{110}, Width: vg.Points(1), Dashes: []vg.Length{1, 2}}
		p.Add(&plotter.Line{XYs: all, LineStyle: style})
		p.Legend.Add("that there are", &plotter.Line{LineStyle: style})
	}
	p.Y.Min, p.Y.Max = 0, max(1, 1.1*most)
	p.Y.Tick.Marker = plot.TickerFunc(valueTicks)
	return p
}

// deviations are points with their deviations, if they have any.
type deviations struct {
	plotter.XYs
	plotter.YErrors
}

// add draws a curve with its points and deviations, and names it.
func add(p *plot.Plot, name string, e deviations, style draw.LineStyle) {
	p.Add(&plotter.Line{XYs: e.XYs, LineStyle: style})
	p.Add(&plotter.Scatter{XYs: e.XYs, GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2.6), Shape: draw.CircleGlyph{}}})
	if e.YErrors != nil {
		bars, err := plotter.NewYErrorBars(e)
		if err == nil {
			bars.LineStyle = draw.LineStyle{Color: style.Color, Width: vg.Points(1)}
			p.Add(bars)
		}
	}
	p.Legend.TextStyle.Font = sans(10, false)
	p.Legend.ThumbnailWidth, p.Legend.Padding = vg.Points(26), vg.Points(3)
	p.Legend.XOffs, p.Legend.YOffs = -vg.Points(6), vg.Points(6)
	p.Legend.Add(name, &plotter.Line{LineStyle: style})
}
