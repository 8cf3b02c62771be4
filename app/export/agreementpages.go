package export

import (
	"image/color"
	"slices"
	"strings"
)

// pages are sheets that are filled from the top.
type pages struct {
	*sheet
	y     float64 // where the next part begins
	last  int     // page at hand, from 1
	again func()  // draws what is repeated at the top of a page that goes on; nil for nothing
}

func newPages(s *sheet) *pages { return &pages{sheet: s, y: reportMargin, last: 1} }

// bottom is where a page ends.
func (p *pages) bottom() float64 { return p.height - reportMargin - reportFoot }

// add draws a part of some height, on the next page where there is no room for it.
func (p *pages) add(height float64, draw func(x, y float64)) {
	if p.y+height > p.bottom() && p.y > reportMargin {
		p.next()
	}
	draw(reportMargin, p.y)
	p.y += height
}

func (p *pages) next() {
	p.pdf.AddPage()
	p.last++
	p.y = reportMargin
	if p.again != nil {
		p.again()
	}
}

// gap leaves some room, where there is any.
func (p *pages) gap(height float64) { p.y = min(p.y+height, p.bottom()) }

// feet draws the foot of every page.
func (p *pages) feet(draw func(page, of int)) {
	for i := range p.last {
		p.pdf.SetPage(i + 1)
		draw(i+1, p.last)
	}
}

// column is one of a list.
type column struct {
	share float64 // of the width
	right bool    // its words end at its right edge
	whole bool    // what is too long is cut in its middle, else at its end
}

// Measures of a list, in millimetres.
const (
	listBetween = 2.5 // two columns
	listAir     = 0.7 // above and below a row
)

// list adds a heading, a note and rows of words under the names of their columns,
// which are repeated on every page; notes, where they are given, stand below their
// rows.
func (r *agreementReport) list(title, note string, columns []column, names []string, rows [][]string, notes []string) {
	width := r.width - 2*reportMargin
	k := newStack(r.sheet, width, bodySize)
	k.gap(4)
	k.heading(title)
	if note != "" {
		k.text(note, 2, k.small())
	}
	k.gap(0.8)
	if len(rows) == 0 {
		r.add(k.height, k.draw)
		return
	}
	header := r.row(columns, names, "", lettering{size: 0.9 * bodySize, bold: true, ink: grey()})
	first := r.row(columns, rows[0], at(notes, 0), lettering{size: bodySize, ink: black()})
	if r.y+k.height+header.height+first.height > r.bottom() { // a heading does not stand alone
		r.next()
	}
	r.add(k.height, k.draw)
	r.add(header.height, header.draw)
	r.again = func() { header.draw(reportMargin, r.y); r.y += header.height }
	for i, words := range rows {
		row := r.row(columns, words, at(notes, i), lettering{size: bodySize, ink: black()})
		r.add(row.height, row.draw)
	}
	r.again = nil
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// row is a row of a list, with a line below it.
func (r *agreementReport) row(columns []column, words []string, note string, l lettering) stackPart {
	width := r.width - 2*reportMargin
	cells := make([][]string, len(columns))
	most := 1
	for i, c := range columns {
		room := c.share*width - listBetween
		if c.whole {
			cells[i] = r.lines(words[i], room, 2, l)
		} else {
			cells[i] = r.start(words[i], room, 2, l)
		}
		most = max(most, len(cells[i]))
	}
	small := lettering{size: 0.88 * bodySize, ink: grey()}
	var below []string
	if note != "" {
		below = r.start(strings.Join(strings.Fields(note), " "), width-6, 3, small)
	}
	height := 2*listAir + float64(most)*l.line() + float64(len(below))*small.line()
	return stackPart{height, func(x, y float64) {
		at := x
		for i, c := range columns {
			for j, line := range cells[i] {
				top := y + listAir + float64(j)*l.line()
				if c.right && i == len(columns)-1 {
					r.putRight(x+width, top, line, l)
				} else if c.right {
					r.putRight(at+c.share*width-listBetween, top, line, l)
				} else {
					r.put(at, top, line, l)
				}
			}
			at += c.share * width
		}
		for j, line := range below {
			r.put(x+3, y+listAir+float64(most)*l.line()+float64(j)*small.line(), line, small)
		}
		r.fill(x, y+height-0.1, width, 0.1, pale())
	}}
}

// mostTableClasses is how many classes leave room for the table of classes.
const mostTableClasses = 14

// countGrid is the table of classes on paper.
type countGrid struct {
	*stack
	a     Agreement
	t     AgreementTexts
	names float64 // width of the column of names
	cell  float64 // width of the others
	heads [][]string
	rows  [][]string
}

// Measures of the table, in millimetres.
const (
	gridCell   = 6.4 // height of a row
	mostAcross = 24.0
)

func newCountGrid(k *stack, a Agreement, t AgreementTexts) *countGrid {
	g := &countGrid{stack: k, a: a, t: t}
	n := float64(len(a.Classes) + 1)
	g.names = min(48, k.width*0.3)
	g.cell = min(mostAcross, (k.width-g.names)/n)
	for i, name := range append(slices.Clone(a.Classes), t.All) {
		if i < len(a.Classes) && name == AnotherClass {
			name = t.Another
		}
		g.heads = append(g.heads, k.start(name, g.cell-1, 2, k.small()))
		g.rows = append(g.rows, k.lines(name, g.names-3, 2, k.small()))
	}
	return g
}

// top is the height above the first row.
func (g *countGrid) top() float64 { return 3 * g.small().line() }

func (g *countGrid) height() float64 { return g.top() + float64(len(g.rows))*gridCell + 1 }

func (g *countGrid) draw(x, y float64) {
	strong := lettering{size: 0.88 * g.size, bold: true, ink: grey()}
	left, line := x+g.names, g.small().line()
	g.put(left, y, g.t.Columns, strong)
	g.put(x, y+g.top()-line-0.4, g.t.Rows, strong)
	for j, lines := range g.heads {
		for i, text := range lines {
			g.middle(left+float64(j)*g.cell, y+g.top()-float64(len(lines)-i)*line-0.4, text, g.small())
		}
	}
	for i, lines := range g.rows {
		top := y + g.top() + float64(i)*gridCell
		for j, text := range lines {
			g.put(x, top+(gridCell-float64(len(lines))*line)/2+float64(j)*line, text, g.small())
		}
		g.counts(left, top, i)
	}
}

// counts draws the counts of a row; the last row and column are sums.
func (g *countGrid) counts(x, y float64, row int) {
	n := len(g.a.Classes)
	for j := range n + 1 {
		v := 0
		for r := range n {
			for c := range n {
				if (row == n || r == row) && (j == n || c == j) {
					v += g.a.Table[r][c]
				}
			}
		}
		l := lettering{size: g.size, ink: black()}
		left := x + float64(j)*g.cell
		if row < n && j < n {
			g.fill(left, y, g.cell, gridCell, g.shade(row, j))
			g.rim(left, y, g.cell, gridCell)
			l.bold = row == j
			if v == 0 {
				l.ink = faint()
			}
		} else {
			l.ink = grey()
		}
		g.middle(left, y+(gridCell-l.line())/2, count(v), l)
	}
}

// shade is darker where more of a row lie, in one colour where both agree and in
// another where they do not.
func (g *countGrid) shade(row, column int) color.RGBA {
	sum := 0
	for _, n := range g.a.Table[row] {
		sum += n
	}
	if sum == 0 || g.a.Table[row][column] == 0 {
		return color.RGBA{255, 255, 255, 255}
	}
	share, full := float64(g.a.Table[row][column])/float64(sum), color.RGBA{255, 205, 160, 255}
	if row == column {
		full = color.RGBA{170, 205, 240, 255}
	}
	mix := func(c uint8) uint8 { return uint8(255 - share*float64(255-c) + 0.5) }
	return color.RGBA{mix(full.R), mix(full.G), mix(full.B), 255}
}

// middle sets one line in the middle of a cell.
func (g *countGrid) middle(x, y float64, text string, l lettering) {
	text = g.clean(text)
	g.put(x+(g.cell-g.wide(text, l))/2, y, text, l)
}

// faint is the grey of what stands back.
func faint() color.RGBA { return color.RGBA{150, 156, 166, 255} }
