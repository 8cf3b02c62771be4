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

// Sizes of a chart of K: its height is without the notes.
const (
	kHeight      = 7 * vg.Inch
	kLegendWidth = 1.4 * vg.Inch
)

// kAside is how far a curve is drawn beside its places, for its deviations to be
// told from those of another.
const kAside = 2 * vg.Length(1)

// WriteK draws accuracy and cost against K, one above the other, as PNG.
func WriteK(w io.Writer, c KChart) error {
	c.Points = slices.SortedFunc(slices.Values(c.Points), func(a, b KPoint) int { return cmp.Compare(a.K, b.K) })
	scores, cost := c.scores(), c.cost()
	return writeNoted(w, chartWidth, kHeight, c.Notes, func(canvas draw.Canvas) {
		middle := (canvas.Max.Y - canvas.Min.Y) * 0.42
		scores.draw(draw.Crop(canvas, 0, 0, middle, 0))
		cost.draw(draw.Crop(canvas, 0, 0, 0, middle-(canvas.Max.Y-canvas.Min.Y)-vg.Points(6)))
	})
}

// kPlot is a plot over K with its legend to the right.
type kPlot struct {
	*plot.Plot
	legend plot.Legend
}

func (p *kPlot) draw(canvas draw.Canvas) {
	p.Draw(draw.Crop(canvas, 0, -kLegendWidth, 0, 0))
	p.legend.Draw(draw.Crop(canvas, canvas.Max.X-canvas.Min.X-kLegendWidth+vg.Points(8), 0, 0, -vg.Points(28)))
}

// axes is a plot over K without curves.
func (c KChart) axes(title, y string) *kPlot {
	p := newPlot(title, "K, patches zoomed into", y, chartWidth-kLegendWidth-plotMargin)
	var ticks plot.ConstantTicks
	for _, at := range c.Points {
		ticks = append(ticks, plot.Tick{Value: float64(at.K), Label: fmt.Sprint(at.K)})
	}
	p.X.Tick.Marker, p.X.Padding, p.Y.Padding = ticks, vg.Points(8), vg.Points(8)
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal.Color = color.Gray{225}
	p.Add(grid)
	return &kPlot{p, sideLegend()}
}

// scores are drawn beside each other, so that the deviations can be told apart.
func (c KChart) scores() *kPlot {
	p := c.axes("Accuracy against K: mean and deviation over the seeds", "share")
	low := 1.0
	for _, s := range []struct {
		name   string
		ink    color.Color
		dashes []vg.Length
		aside  vg.Length
		of     func(KPoint) (mean, sd float64)
	}{
		{"weighted F1", blue(), nil, -kAside, func(k KPoint) (float64, float64) { return k.F1, k.F1SD }},
		{"accuracy", vermilion(), []vg.Length{4, 3}, kAside, func(k KPoint) (float64, float64) { return k.Accuracy, k.AccuracySD }},
	} {
		e := deviations{}
		for _, at := range c.Points {
			mean, sd := s.of(at)
			if math.IsNaN(mean) {
				continue
			}
			e.XYs = append(e.XYs, plotter.XY{X: float64(at.K), Y: mean})
			e.YErrors = append(e.YErrors, ofShare(mean, sd))
			low = min(low, mean-sd)
		}
		p.curve(s.name, e, draw.LineStyle{Color: s.ink, Width: vg.Points(1.6), Dashes: s.dashes}, s.aside)
	}
	p.Y.Min, p.Y.Max = max(0, math.Floor(10*low)/10), 1
	p.Y.Tick.Marker = plot.TickerFunc(valueTicks)
	return p
}

// ofShare is the deviation of a share, no longer than shares go.
func ofShare(mean, sd float64) struct{ Low, High float64 } {
	return struct{ Low, High float64 }{min(sd, mean), min(sd, 1-mean)}
}

func (c KChart) cost() *kPlot {
	p := c.axes("Cost against K", "patches read, of a slide")
	var read plotter.XYs
	most := 0.0
	for _, at := range c.Points {
		read = append(read, plotter.XY{X: float64(at.K), Y: at.Read})
		most = max(most, at.Exhaustive)
	}
	p.curve("by zooming", deviations{XYs: read}, draw.LineStyle{Color: blue(), Width: vg.Points(1.6)}, 0)
	if len(read) > 0 {
		all := plotter.XYs{{X: read[0].X, Y: most}, {X: read[len(read)-1].X, Y: most}}
		style := draw.LineStyle{Color: color.Gray{110}, Width: vg.Points(1), Dashes: []vg.Length{1, 2}}
		p.Add(&plotter.Line{XYs: all, LineStyle: style})
		p.legend.Add("that there are", &plotter.Line{LineStyle: style})
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

// curve draws a curve with its points and deviations beside their places, and names
// it.
func (p *kPlot) curve(name string, e deviations, style draw.LineStyle, aside vg.Length) {
	p.Add(shifted{&plotter.Line{XYs: e.XYs, LineStyle: style}, aside})
	p.Add(shifted{&plotter.Scatter{XYs: e.XYs, GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2.6), Shape: draw.CircleGlyph{}}}, aside})
	if e.YErrors != nil {
		bars, err := plotter.NewYErrorBars(e)
		if err == nil {
			bars.LineStyle = draw.LineStyle{Color: style.Color, Width: vg.Points(1)}
			p.Add(shifted{bars, aside})
		}
	}
	p.legend.Add(name, &plotter.Line{LineStyle: style})
}

// shifted draws something so far to the right of its places, whatever the axis.
type shifted struct {
	ranged
	by vg.Length
}

type ranged interface {
	plot.Plotter
	plot.DataRanger
}

// Plot implements plot.Plotter.
func (b shifted) Plot(c draw.Canvas, p *plot.Plot) {
	c.Min.X += b.by
	c.Max.X += b.by
	b.ranged.Plot(c, p)
}
