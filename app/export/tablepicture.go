package export

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// TablePicture is a table to be drawn. All rows are as long as the head.
type TablePicture struct {
	Title string
	Head  []string
	Rows  [][]string
	Bold  []int    // rows
	Notes []string // below the table; long ones are broken
}

// WriteTable draws a table as PNG, the first column flush left and the others
// right.
func WriteTable(w io.Writer, t TablePicture) error {
	p := newTablePainter(t)
	return writePlot(w, p.width+2*tableMargin, p.height()+vg.Points(28), p.paint)
}

// Lengths of a table's picture.
const (
	tableMargin = 14 * vg.Length(1)
	tableLine   = 19 * vg.Length(1)
	tableGap    = 16 * vg.Length(1) // between columns
	tableText   = 10.0              // size of letters
	noteText    = 8.5
	noteLine    = 12 * vg.Length(1)
)

// tablePainter knows how wide everything is.
type tablePainter struct {
	TablePicture
	columns []vg.Length // widths
	width   vg.Length
	notes   []string // in lines
	bold    map[int]bool
}

func newTablePainter(t TablePicture) *tablePainter {
	p := &tablePainter{TablePicture: t, columns: make([]vg.Length, len(t.Head)), bold: map[int]bool{}}
	for _, i := range t.Bold {
		p.bold[i] = true
	}
	for i, cell := range t.Head {
		p.columns[i] = letters(tableText, true).Width(cell)
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			p.columns[i] = max(p.columns[i], letters(tableText, true).Width(cell))
		}
	}
	for _, c := range p.columns {
		p.width += c + tableGap
	}
	p.width = max(p.width, letters(13, true).Width(t.Title))
	for _, n := range t.Notes {
		p.notes = append(p.notes, broken(n, letters(noteText, false), p.width)...)
	}
	return p
}

// letters are black ones.
func letters(size float64, bold bool) draw.TextStyle {
	return draw.TextStyle{Color: color.Gray{20}, Font: sans(size, bold), YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
}

// broken is a text in lines that are no wider than there is room.
func broken(text string, s draw.TextStyle, room vg.Length) []string {
	return inLines(text, func(line string) bool { return s.Width(line) <= room })
}

func (p *tablePainter) height() vg.Length {
	return vg.Points(30) + tableLine*vg.Length(len(p.Rows)+1) + vg.Points(12) + noteLine*vg.Length(len(p.notes))
}

func (p *tablePainter) paint(c draw.Canvas) {
	left, y := c.Min.X+vg.Points(2), c.Max.Y-vg.Points(12)
	c.FillText(letters(13, true), vg.Point{X: left, Y: y}, p.Title)
	y -= vg.Points(26)
	p.row(c, left, y, p.Head, true)
	p.rule(c, left, y-tableLine/2, 1)
	for i, row := range p.Rows {
		y -= tableLine
		if i%2 == 1 {
			p.stripe(c, left, y)
		}
		p.row(c, left, y, row, p.bold[i])
	}
	p.rule(c, left, y-tableLine/2, 0.6)
	y -= tableLine/2 + vg.Points(10)
	style := letters(noteText, false)
	style.Color = color.Gray{80}
	for _, n := range p.notes {
		c.FillText(style, vg.Point{X: left, Y: y}, n)
		y -= noteLine
	}
}

func (p *tablePainter) row(c draw.Canvas, x, y vg.Length, cells []string, bold bool) {
	style := letters(tableText, bold)
	for i, cell := range cells {
		at := vg.Point{X: x, Y: y}
		if i > 0 {
			at.X += p.columns[i] - style.Width(cell)
		}
		c.FillText(style, at, cell)
		x += p.columns[i] + tableGap
	}
}

func (p *tablePainter) rule(c draw.Canvas, x, y vg.Length, width float64) {
	c.StrokeLine2(draw.LineStyle{Color: color.Gray{120}, Width: vg.Points(width)}, x, y, x+p.width, y)
}

func (p *tablePainter) stripe(c draw.Canvas, x, y vg.Length) {
	low, high := y-tableLine/2, y+tableLine/2
	c.FillPolygon(color.Gray{243}, []vg.Point{{X: x, Y: low}, {X: x + p.width, Y: low}, {X: x + p.width, Y: high}, {X: x, Y: high}})
}
