package export

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"zoomscope/engine/result"
	"zoomscope/engine/train"
)

// Training is what the curves of a run are drawn of.
type Training struct {
	Name   string        // of the model
	Epochs []train.Epoch // from the first on; none draws empty axes
	Best   int           // the epoch of the model, 0 for none
	// OwnLoss says that the loss of training has more parts than that of validation.
	OwnLoss bool
}

// WriteLossCurve draws the loss of every epoch, in training and validation, as
// PNG.
func WriteLossCurve(w io.Writer, t Training) error {
	name := "training"
	if t.OwnLoss {
		name = "training, loss of its own"
	}
	training := t.series(name, blue(), []vg.Length{4, 3}, func(e train.Epoch) train.Number { return e.TrainLoss })
	validation := t.series("validation", vermilion(), nil, func(e train.Epoch) train.Number { return e.Validation.Loss })
	top := 0.0
	for _, s := range []curve{training, validation} {
		for _, v := range s.values {
			top = max(top, cmp.Or(v, 0))
		}
	}
	c := newChart(t.Name+": loss", "epoch", "cross-entropy, nats", t.lastEpoch())
	c.plot.Y.Max = cmp.Or(top*1.05, 1)
	c.add(training, validation)
	c.markBest(t.Best, validation)
	return c.write(w)
}

// WriteMetricCurves draws what every epoch's model came to on the validation
// split, as PNG: F1, balanced accuracy and AUC with its confidence interval.
func WriteMetricCurves(w io.Writer, t Training) error {
	f1 := t.series("weighted F1", blue(), nil, func(e train.Epoch) train.Number { return e.Validation.WeightedF1 })
	balanced := t.series("balanced accuracy", green(), []vg.Length{6, 2, 1, 2}, func(e train.Epoch) train.Number { return e.Validation.BalancedAccuracy })
	auc := t.series("AUC", vermilion(), []vg.Length{4, 3}, func(e train.Epoch) train.Number { return e.Validation.AUC.Value })
	low := t.series("", nil, nil, func(e train.Epoch) train.Number { return e.Validation.AUC.Low })
	high := t.series("", nil, nil, func(e train.Epoch) train.Number { return e.Validation.AUC.High })
	c := newChart(t.Name+": validation", "epoch", "share", t.lastEpoch())
	c.plot.Y.Max = 1
	interval := c.band(low, high)
	c.plot.Add(interval) // below the curves
	c.add(f1, balanced, auc)
	c.legend.Add("AUC, 95 % interval", interval)
	c.markBest(t.Best, f1)
	return c.write(w)
}

func (t Training) lastEpoch() int { return len(t.Epochs) }

// series takes a figure of every epoch.
func (t Training) series(name string, ink color.Color, dashes []vg.Length, figure func(train.Epoch) train.Number) curve {
	s := curve{name: name, style: draw.LineStyle{Color: ink, Width: vg.Points(1.6), Dashes: dashes}}
	for _, e := range t.Epochs {
		s.values = append(s.values, float64(figure(e)))
	}
	return s
}

// The colours of curves, of those by Okabe and Ito, which the colour-blind tell
// apart; the dashes differ besides.
func blue() color.Color      { return color.RGBA{0, 114, 178, 255} }
func vermilion() color.Color { return color.RGBA{213, 94, 0, 255} }
func green() color.Color     { return color.RGBA{0, 158, 115, 255} }

// curve is a figure for each epoch from 1 on; NaN leaves a gap.
type curve struct {
	name   string
	values []float64
	style  draw.LineStyle
}

// pieces are the parts of a curve without gaps.
func (c curve) pieces() []plotter.XYs {
	var pieces []plotter.XYs
	open := false
	for i, v := range c.values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			open = false
			continue
		}
		if !open {
			pieces = append(pieces, nil)
		}
		last := &pieces[len(pieces)-1]
		*last, open = append(*last, plotter.XY{X: float64(i + 1), Y: v}), true
	}
	return pieces
}

// chart is a plot over epochs with its legend to the right.
type chart struct {
	plot   *plot.Plot
	legend plot.Legend
}

// Sizes of a chart, in points, and how many pixels an inch has.
const (
	chartWidth  = 8 * vg.Inch
	chartHeight = 4.6 * vg.Inch
	legendWidth = 1.9 * vg.Inch
	chartDPI    = 150
)

// fewEpochs are marked one by one.
const fewEpochs = 40

func newChart(title, x, y string, epochs int) *chart {
	p := newPlot(title, x, y, chartWidth-legendWidth-plotMargin)
	p.X.Min, p.X.Max = 1, float64(max(epochs, 2))
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	p.X.Padding = vg.Points(6)
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = plot.TickerFunc(valueTicks)
	p.Y.Padding = 0
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal.Color = color.Gray{225}
	p.Add(grid)
	return &chart{p, sideLegend()}
}

// sideLegend is an empty legend that stands to the right of a plot.
func sideLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font = sans(10, false)
	l.Left, l.Top = true, true
	l.ThumbnailWidth, l.Padding = vg.Points(26), vg.Points(5)
	return l
}

// newPlot is an empty plot in the letters of the program. Its title is broken where
// it is wider than there is room.
func newPlot(title, x, y string, room vg.Length) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	lines := broken(shorten(title, longestTitle), letters(13, true), room)
	p.Title.Text, p.Title.Padding = strings.Join(lines, "\n"), vg.Points(8)
	p.Title.TextStyle.Font = sans(13, true)
	for _, a := range []struct {
		axis  *plot.Axis
		label string
	}{{&p.X, x}, {&p.Y, y}} {
		a.axis.Label.Text, a.axis.Label.Padding = a.label, vg.Points(4)
		a.axis.Label.TextStyle.Font = sans(11, false)
		a.axis.Tick.Label.Font = sans(10, false)
	}
	return p
}

// longestTitle is the most letters of a title, which may be a file's name.
const longestTitle = 200

func sans(size float64, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}

// shorten cuts a text that is too long for its place.
func shorten(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

// wholeTicks are at whole numbers, from the first on.
func wholeTicks(least, most float64) []plot.Tick {
	step := max(1, niceStep(most-least, 9))
	ticks := []plot.Tick{{Value: least, Label: fmt.Sprint(least)}}
	for i := 1; float64(i)*step <= most; i++ {
		if v := float64(i) * step; v > least {
			ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprint(v)})
		}
	}
	return ticks
}

// valueTicks are at multiples of a round number, from 0 on.
func valueTicks(_, most float64) []plot.Tick {
	step := niceStep(most, 6)
	digits := max(0, -int(math.Floor(math.Log10(step))))
	var ticks []plot.Tick
	for i := 0; float64(i)*step <= most*(1+1e-9); i++ {
		ticks = append(ticks, plot.Tick{Value: float64(i) * step, Label: strconv.FormatFloat(float64(i)*step, 'f', digits, 64)})
	}
	return ticks
}

// niceStep is 1, 2 or 5 times a power of ten: the least of which no more than
// most fit into a length above 0.
func niceStep(length, most float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(length/most)))
	for _, f := range []float64{1, 2, 5} {
		if length/(f*step) <= most {
			return f * step
		}
	}
	return 10 * step
}

// add draws curves and names them in the legend.
func (c *chart) add(curves ...curve) {
	for _, s := range curves {
		for _, piece := range s.pieces() {
			c.plot.Add(&plotter.Line{XYs: piece, LineStyle: s.style})
			if len(s.values) <= fewEpochs || len(piece) == 1 {
				dot := draw.GlyphStyle{Color: s.style.Color, Radius: vg.Points(1.8), Shape: draw.CircleGlyph{}}
				c.plot.Add(&plotter.Scatter{XYs: piece, GlyphStyle: dot})
			}
		}
		c.legend.Add(s.name, &plotter.Line{LineStyle: s.style})
	}
}

// band is the area between two curves that have the same gaps.
func (c *chart) band(low, high curve) *plotter.Polygon {
	area := &plotter.Polygon{Color: color.RGBA{251, 230, 215, 255}}
	upper := high.pieces()
	for i, ring := range low.pieces() {
		for _, at := range slices.Backward(upper[i]) {
			ring = append(ring, at)
		}
		area.XYs = append(area.XYs, ring)
	}
	return area
}

// markBest draws a line at the epoch of the model, and a ring where it meets the
// curve.
func (c *chart) markBest(epoch int, on curve) {
	if epoch < 1 || epoch > len(on.values) {
		return
	}
	x, y := float64(epoch), on.values[epoch-1]
	style := draw.LineStyle{Color: color.Gray{110}, Width: vg.Points(1), Dashes: []vg.Length{1, 2}}
	c.plot.Add(&plotter.Line{XYs: plotter.XYs{{X: x, Y: c.plot.Y.Min}, {X: x, Y: c.plot.Y.Max}}, LineStyle: style})
	text := fmt.Sprintf("best epoch: %d", epoch)
	if !math.IsNaN(y) {
		ring := draw.GlyphStyle{Color: color.Black, Radius: vg.Points(4.5), Shape: draw.RingGlyph{}}
		c.plot.Add(&plotter.Scatter{XYs: plotter.XYs{{X: x, Y: y}}, GlyphStyle: ring})
		text += fmt.Sprintf(" (%.3f)", y)
	}
	c.legend.Add(text, &plotter.Line{LineStyle: style})
}

func (c *chart) write(w io.Writer) error {
	return writePlot(w, chartWidth, chartHeight, func(canvas draw.Canvas) {
		c.plot.Draw(draw.Crop(canvas, 0, -legendWidth, 0, 0))
		c.legend.Draw(draw.Crop(canvas, chartWidth-legendWidth-vg.Points(10), 0, 0, -vg.Points(32)))
	})
}

// plotMargin is what a picture leaves free at its left and right together.
const plotMargin = 20 * vg.Length(1)

// writePlot makes a PNG of what paint draws, with the notice below it.
func writePlot(w io.Writer, width, height vg.Length, paint func(draw.Canvas)) error {
	return writeNoted(w, width, height, nil, paint)
}

// writeNoted is writePlot with notes above the notice, broken where they are wider
// than the picture, which grows by their height.
func writeNoted(w io.Writer, width, height vg.Length, notes []string, paint func(draw.Canvas)) error {
	style := draw.TextStyle{Color: color.Gray{110}, Font: sans(8, false), Handler: plot.DefaultTextHandler}
	var lines []string
	for _, n := range notes {
		lines = append(lines, broken(n, style, width-plotMargin)...)
	}
	foot := noteLine * vg.Length(len(lines))
	img := vgimg.NewWith(vgimg.UseWH(width, height+foot), vgimg.UseDPI(chartDPI), vgimg.UseBackgroundColor(color.White))
	canvas := draw.Crop(draw.New(img), plotMargin/2, -plotMargin/2, vg.Points(6), -vg.Points(10))
	for i, line := range append(lines, result.ResearchUse) {
		canvas.FillText(style, vg.Point{X: canvas.Min.X, Y: canvas.Min.Y + foot - noteLine*vg.Length(i)}, line)
	}
	paint(draw.Crop(canvas, 0, 0, vg.Points(16)+foot, 0))
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(w)
	return err
}
