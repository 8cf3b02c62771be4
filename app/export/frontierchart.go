package export

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// FrontierChart is throughput against accuracy, a panel for each place where the
// throughput was measured. All panels have the same points, in the same order.
type FrontierChart struct {
	Title  string
	Panels []FrontierPanel
	Notes  []string // below the panels; long ones are broken
}

// FrontierPanel is one place.
type FrontierPanel struct {
	Title  string
	Points []FrontierPoint
}

// FrontierPoint is one method.
type FrontierPoint struct {
	Name       string
	Throughput float64 // megapixels an hour
	F1, SD     float64 // weighted; mean and deviation over the seeds
	Best       bool    // no other is as good and as fast
	Bold       bool    // drawn larger and black: a disc
	Light      bool    // of the bold ones, a square
}

// WriteFrontier draws the panels one above the other, as PNG. The throughput is on
// a logarithmic scale; a line joins the best.
func WriteFrontier(w io.Writer, c FrontierChart) error {
	const panel = 3.7 * vg.Inch
	n, names := vg.Length(max(len(c.Panels), 1)), c.names()
	return writeNoted(w, 6.6*vg.Inch+names, n*panel+vg.Points(50), c.Notes, func(canvas draw.Canvas) {
		title := letters(13, true)
		canvas.FillText(title, vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - vg.Points(10)}, c.Title)
		canvas = draw.Crop(canvas, 0, 0, 0, -vg.Points(26))
		high := (canvas.Max.Y - canvas.Min.Y) / n
		for i, p := range c.Panels {
			above := vg.Length(i) * high
			part := draw.Crop(canvas, 0, -names, canvas.Max.Y-canvas.Min.Y-above-high+vg.Points(6), -above)
			p.plot(c.lowest()).Draw(part)
		}
		if len(c.Panels) > 0 {
			l := c.Panels[0].legend()
			l.Draw(draw.Crop(canvas, canvas.Max.X-canvas.Min.X-names+vg.Points(12), 0, 0, -vg.Points(20)))
		}
	})
}

// names is how much room the legend takes.
func (c FrontierChart) names() vg.Length {
	widest := letters(10, false).Width(frontierName)
	for _, panel := range c.Panels {
		for _, p := range panel.Points {
			widest = max(widest, letters(10, false).Width(p.Name))
		}
	}
	return widest + vg.Points(44)
}

// frontierName is the line's in the legend.
const frontierName = "none is as good and as fast"

// lowest is where the axis of accuracy begins.
func (c FrontierChart) lowest() float64 {
	low := 1.0
	for _, panel := range c.Panels {
		for _, p := range panel.Points {
			if p.drawn() {
				low = min(low, p.F1-p.SD)
			}
		}
	}
	return max(0, math.Floor(10*low)/10)
}

func (p FrontierPoint) drawn() bool { return p.Throughput > 0 && p.F1 == p.F1 }

func (p FrontierPanel) plot(low float64) *plot.Plot {
	chart := newPlot(p.Title, "megapixels an hour", "weighted F1", 6*vg.Inch)
	chart.X.Scale, chart.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decadeTicks)
	chart.X.Min, chart.X.Max = p.span()
	chart.Y.Min, chart.Y.Max = low, 1
	chart.Y.Padding = vg.Points(4)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{235}, color.Gray{225}
	chart.Add(grid, p.frontier())
	marks := p.marks()
	for i, at := range p.Points {
		if !at.drawn() {
			continue
		}
		e := deviations{plotter.XYs{{X: at.Throughput, Y: at.F1}}, plotter.YErrors{ofShare(at.F1, at.SD)}}
		if bars, err := plotter.NewYErrorBars(e); err == nil {
			bars.LineStyle = draw.LineStyle{Color: marks[i].Color, Width: vg.Points(0.8)}
			chart.Add(bars)
		}
		chart.Add(&plotter.Scatter{XYs: e.XYs, GlyphStyle: marks[i]})
	}
	return chart
}

// span is the range of the throughputs, with room on both sides.
func (p FrontierPanel) span() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, at := range p.Points {
		if at.drawn() {
			low, high = min(low, at.Throughput), max(high, at.Throughput)
		}
	}
	if high == 0 {
		return 1, 10
	}
	return low / 1.6, high * 1.6
}

// frontier joins the best points.
func (p FrontierPanel) frontier() *plotter.Line {
	var line plotter.XYs
	for _, at := range p.Points {
		if at.Best && at.drawn() {
			line = append(line, plotter.XY{X: at.Throughput, Y: at.F1})
		}
	}
	slices.SortFunc(line, func(a, b plotter.XY) int {
		if a.X < b.X {
			return -1
		}
		return 1
	})
	return &plotter.Line{XYs: line, LineStyle: draw.LineStyle{Color: color.Gray{140}, Width: vg.Points(1), Dashes: []vg.Length{3, 3}}}
}

func (p FrontierPanel) legend() *plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font = sans(10, false)
	l.Left, l.Top = true, true
	l.ThumbnailWidth, l.Padding = vg.Points(16), vg.Points(4)
	for i, mark := range p.marks() {
		l.Add(p.Points[i].Name, &plotter.Scatter{GlyphStyle: mark})
	}
	l.Add(frontierName, &plotter.Line{LineStyle: p.frontier().LineStyle})
	return &l
}

// marks are how the points are drawn: by colour and by shape. The bold ones are not
// counted, so that a method looks the same whether or not there are several of them.
func (p FrontierPanel) marks() []draw.GlyphStyle {
	var all []draw.GlyphStyle
	plain := 0
	for _, at := range p.Points {
		if at.Bold {
			all = append(all, boldMark(at.Light))
			continue
		}
		all = append(all, plainMark(plain))
		plain++
	}
	return all
}

func boldMark(light bool) draw.GlyphStyle {
	g := draw.GlyphStyle{Color: color.Black, Shape: draw.CircleGlyph{}, Radius: vg.Points(5)}
	if light {
		g.Shape = draw.SquareGlyph{}
	}
	return g
}

// plainMark is that of a number from 0 on.
func plainMark(i int) draw.GlyphStyle {
	inks := []color.Color{
		blue(), vermilion(), green(), color.RGBA{204, 121, 167, 255}, color.RGBA{86, 180, 233, 255}, color.RGBA{230, 159, 0, 255}, color.Gray{90},
	}
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}}
	return draw.GlyphStyle{Color: inks[i%len(inks)], Shape: shapes[i%len(shapes)], Radius: vg.Points(4)}
}

// decadeTicks are at 1, 2 and 5 times the powers of ten.
func decadeTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, f := range []float64{1, 2, 5} {
			if v := f * math.Pow(10, e); v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: plainNumber(v)})
			}
		}
	}
	return ticks
}

// plainNumber has no exponent, and a thin space between thousands.
func plainNumber(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if v < 10000 {
		return text
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = fmt.Sprintf("%s %s", text[:i], text[i:])
	}
	return text
}
