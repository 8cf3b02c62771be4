package widgets

import (
	"image/color"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"zoomscope/ui/theme"
)

// ChartSeries is one line of a chart.
type ChartSeries struct {
	Name   string
	Color  fyne.ThemeColorName
	Values []float64 // one for each whole x from 1 on; NaN leaves a gap
}

// Chart is what a LineChart shows.
type Chart struct {
	Title  string
	Series []ChartSeries
	Most   int // x at the right end, at least; 0 ends with the values
	// Low and High are the ends of the y axis; both 0 takes them from the values.
	Low, High float64
	Mark      int                          // x that is marked by a line; 0 for none
	Write     func(v float64) string       // a value in words
	Axis      func(v float64) string       // a number of the y axis in words
	At        func(x int) (caption string) // x in words, for the one under the pointer
}

// LineChart draws a few lines over whole numbers, such as losses over epochs, with
// numbered axes. The values under the pointer, else the last ones, stand above.
type LineChart struct {
	widget.BaseWidget
	chart Chart
	hover int // x under the pointer, 0 for none
	title *Text
	words []*Text // of each series
	box   *fyne.Container
}

// Room of a chart, in points.
const (
	chartHeight = 150 // of the whole
	chartWidth  = 180 // least
	chartLeft   = 38  // numbers of the y axis
	chartBelow  = 18  // numbers of the x axis
	chartRight  = 6
	chartStroke = 1.8 // width of a line
)

// NewLineChart makes an empty chart.
func NewLineChart() *LineChart {
	c := &LineChart{box: &fyne.Container{}}
	c.chart.Write = func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
	c.chart.Axis = func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	c.title = NewText("", TextLook{Bold: true, Size: standard.SizeNameCaptionText, Whole: true})
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a chart.
func (c *LineChart) Set(chart Chart) {
	if chart.Write == nil {
		chart.Write = c.chart.Write
	}
	if chart.Axis == nil {
		chart.Axis = c.chart.Axis
	}
	c.chart = chart
	c.words = nil
	for _, s := range chart.Series {
		c.words = append(c.words, NewText("", TextLook{Color: s.Color, Size: standard.SizeNameCaptionText, Whole: true}))
	}
	c.Refresh()
}

// Words are the title and the series as told above the lines.
func (c *LineChart) Words() []string {
	words := []string{c.title.Text()}
	for _, w := range c.words {
		words = append(words, w.Text())
	}
	return words
}

// MouseIn belongs to Fyne.
func (c *LineChart) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved belongs to Fyne.
func (c *LineChart) MouseMoved(e *desktop.MouseEvent) {
	f := c.frame(c.Size())
	x := int(math.Round(f.xOf(e.Position.X)))
	c.point(min(max(x, 1), max(1, c.length())))
}

// MouseOut belongs to Fyne.
func (c *LineChart) MouseOut() { c.point(0) }

func (c *LineChart) point(x int) {
	if x != c.hover {
		c.hover = x
		c.Refresh()
	}
}

// CreateRenderer belongs to Fyne.
func (c *LineChart) CreateRenderer() fyne.WidgetRenderer {
	r := &chartRenderer{c}
	r.draw()
	return r
}

// length is the number of values of the longest line.
func (c *LineChart) length() int {
	n := 0
	for _, s := range c.chart.Series {
		n = max(n, len(s.Values))
	}
	return n
}

// ends of the y axis: those given, or round ones about the values.
func (c *LineChart) ends() (low, high float64) {
	if c.chart.Low != 0 || c.chart.High != 0 {
		return c.chart.Low, c.chart.High
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range c.chart.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		return 0, 1
	}
	if high-low < 1e-9 {
		low, high = low-0.5*math.Abs(low)-1e-3, high+0.5*math.Abs(high)+1e-3
	}
	if low > 0 && low < 0.5*high {
		low = 0
	}
	step := niceStep((high - low) / 4)
	return step * math.Floor(low/step), step * math.Ceil(high/step)
}

// niceStep is the next of 1, 2, 5, 10, ... at or above v.
func niceStep(v float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if v <= n*ten*(1+1e-9) {
			return n * ten
		}
	}
	return 10 * ten
}

// ticks are round numbers between the ends, about so many.
func ticks(low, high float64, about int) []float64 {
	step := niceStep((high - low) / float64(about))
	var list []float64
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*step; i++ {
		list = append(list, i*step+0) // -0 becomes 0
	}
	return list
}

// chartFrame maps values to places.
type chartFrame struct {
	left, top, width, height float32
	most                     int
	low, high                float64
}

func (c *LineChart) frame(size fyne.Size) chartFrame {
	top := c.title.MinSize().Height + 2
	if len(c.words) > 0 {
		top += c.words[0].MinSize().Height + 6
	}
	f := chartFrame{left: chartLeft, top: top, most: max(2, c.chart.Most, c.length())}
	f.width, f.height = max(1, size.Width-chartLeft-chartRight), max(1, size.Height-top-chartBelow)
	f.low, f.high = c.ends()
	return f
}

func (f chartFrame) x(x float64) float32 {
	return f.left + f.width*float32((x-1)/float64(f.most-1))
}

func (f chartFrame) y(v float64) float32 {
	return f.top + f.height*float32(1-(v-f.low)/(f.high-f.low))
}

func (f chartFrame) xOf(x float32) float64 {
	return 1 + float64((x-f.left)/f.width)*float64(f.most-1)
}

type chartRenderer struct{ c *LineChart }

func (r *chartRenderer) Destroy() {}

func (r *chartRenderer) Layout(fyne.Size) { r.draw() }

func (r *chartRenderer) MinSize() fyne.Size { return fyne.NewSize(chartWidth, chartHeight) }

func (r *chartRenderer) Objects() []fyne.CanvasObject { return r.c.box.Objects }

func (r *chartRenderer) Refresh() {
	r.draw()
	canvas.Refresh(r.c)
}

// draw makes all parts anew.
func (r *chartRenderer) draw() {
	c := r.c
	c.tell()
	d := &chartDrawing{LineChart: c, frame: c.frame(c.Size())}
	d.add(c.title, fyne.Position{}, c.title.MinSize())
	d.legend()
	d.grid()
	if c.chart.Mark > 0 && c.chart.Mark <= d.frame.most {
		d.upright(float64(c.chart.Mark), standard.ColorNameInputBorder)
	}
	if c.hover > 0 {
		d.upright(float64(c.hover), standard.ColorNamePlaceHolder)
	}
	var colors []color.Color
	for _, s := range c.chart.Series {
		colors = append(colors, inked(c, s.Color))
	}
	d.add(canvas.NewRaster(d.lines(colors)), fyne.Position{}, c.Size())
	c.box.Objects = d.objects
}

// tell writes the values at the pointer, or the last ones.
func (c *LineChart) tell() {
	at := c.hover
	title := c.chart.Title
	if at > 0 && c.chart.At != nil {
		title += ", " + c.chart.At(at)
	}
	c.title.SetText(title)
	for i, s := range c.chart.Series {
		k := len(s.Values)
		if at > 0 {
			k = at
		}
		text := s.Name
		if k > 0 && k <= len(s.Values) && !math.IsNaN(s.Values[k-1]) {
			text += " " + c.chart.Write(s.Values[k-1])
		}
		c.words[i].SetText(text)
	}
}

// chartDrawing is the parts of a chart being made.
type chartDrawing struct {
	*LineChart
	frame   chartFrame
	objects []fyne.CanvasObject
}

func (d *chartDrawing) add(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
	o.Resize(size)
	o.Move(at)
	d.objects = append(d.objects, o)
}

// legend names the lines, each after a dash of its colour.
func (d *chartDrawing) legend() {
	x, y := float32(0), d.title.MinSize().Height+1
	for i, w := range d.words {
		size := w.MinSize()
		dash := canvas.NewRectangle(inked(d.LineChart, d.chart.Series[i].Color))
		d.add(dash, fyne.NewPos(x, y+size.Height/2-1), fyne.NewSize(10, 3))
		d.add(w, fyne.NewPos(x+14, y), size)
		x += size.Width + 14 + theme.Gap + 4
	}
}

// grid draws the axes with their numbers.
func (d *chartDrawing) grid() {
	f := d.frame
	for _, v := range ticks(f.low, f.high, 4) {
		d.stroke(fyne.NewPos(f.left, f.y(v)), fyne.NewPos(f.left+f.width, f.y(v)), standard.ColorNameSeparator, 1)
		word := d.number(d.chart.Axis(v))
		size := word.MinSize()
		d.add(word, fyne.NewPos(f.left-size.Width-5, f.y(v)-size.Height/2), size)
	}
	for _, v := range d.xTicks() {
		word := d.number(strconv.Itoa(v))
		size := word.MinSize()
		x := min(f.x(float64(v))-size.Width/2, f.left+f.width+chartRight-size.Width)
		d.add(word, fyne.NewPos(x, f.top+f.height+2), size)
	}
}

// xTicks are whole numbers along the x axis.
func (d *chartDrawing) xTicks() []int {
	list := []int{1}
	about := max(1, min(5, int(d.frame.width/50)))
	for _, v := range ticks(1, float64(d.frame.most), about) {
		if n := int(v); v == math.Trunc(v) && float64(n-1) > 0.06*float64(d.frame.most) {
			list = append(list, n)
		}
	}
	return list
}

func (d *chartDrawing) number(s string) *canvas.Text {
	t := canvas.NewText(s, inked(d.LineChart, standard.ColorNamePlaceHolder))
	t.TextSize = themeOf(d.LineChart).Size(standard.SizeNameCaptionText) - 1
	return t
}

func (d *chartDrawing) upright(x float64, name fyne.ThemeColorName) {
	f := d.frame
	d.stroke(fyne.NewPos(f.x(x), f.top), fyne.NewPos(f.x(x), f.top+f.height), name, 1)
}

func (d *chartDrawing) stroke(from, to fyne.Position, name fyne.ThemeColorName, width float32) {
	l := canvas.NewLine(inked(d.LineChart, name))
	l.StrokeWidth = width
	l.Position1, l.Position2 = from, to
	d.objects = append(d.objects, l)
}
