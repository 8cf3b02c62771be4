package export

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// sheet is one page of paper. Lengths are in millimetres from its top left
// corner, text sizes in points.
type sheet struct {
	pdf           *fpdf.Fpdf
	width, height float64
	letters       *sfnt.Font // tells which letters can be set
	buf           sfnt.Buffer
	widths        map[int]bool // of the pictures so far, in pixels
}

// lettering is how text on a sheet looks.
type lettering struct {
	size float64
	bold bool
	ink  color.RGBA
}

// line is the distance between lines.
func (l lettering) line() float64 { return 1.22 * l.size * 25.4 / 72 }

// document is what a PDF says of itself.
type document struct {
	title, subject string
	language       string // its code
	version        string // of the program; "" unknown
	date           time.Time
	letter         bool // in place of A4
	plain          bool // not compressed, for tests
}

// newSheet makes the first page of a document. Its bytes depend on that and on what
// is drawn alone.
func newSheet(d document) (*sheet, error) {
	letters, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	paper := "A4"
	if d.letter {
		paper = "Letter"
	}
	pdf := fpdf.New("P", "mm", paper, "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(d.date)
	pdf.SetModificationDate(d.date)
	pdf.SetCompression(!d.plain)
	pdf.SetLang(d.language)
	pdf.SetTitle(d.title, true)
	pdf.SetSubject(d.subject, true)
	pdf.SetCreator(strings.TrimSpace("Zoomscope "+d.version), true)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCellMargin(0)
	pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	pdf.AddPage()
	s := &sheet{pdf: pdf, letters: letters, widths: map[int]bool{}}
	s.width, s.height = pdf.GetPageSize()
	return s, pdf.Error()
}

func (s *sheet) use(l lettering) {
	style := ""
	if l.bold {
		style = "B"
	}
	s.pdf.SetFont("go", style, l.size)
	s.pdf.SetTextColor(int(l.ink.R), int(l.ink.G), int(l.ink.B))
}

// clean makes text one line of letters that the font has; '?' stands for others.
func (s *sheet) clean(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t' || c == '\r':
			return ' '
		case c < ' ':
			return -1
		}
		if i, err := s.letters.GlyphIndex(&s.buf, c); err != nil || i == 0 || c > 0xffff {
			return '?'
		}
		return c
	}, text)
}

// wide is how far cleaned text runs.
func (s *sheet) wide(text string, l lettering) float64 {
	s.use(l)
	return s.pdf.GetStringWidth(text)
}

// put sets one line with its top left at (x, y).
func (s *sheet) put(x, y float64, text string, l lettering) {
	s.use(l)
	s.pdf.Text(x, y+0.8*l.line(), s.clean(text))
}

// putRight sets one line that ends at x.
func (s *sheet) putRight(x, y float64, text string, l lettering) {
	text = s.clean(text)
	s.put(x-s.wide(text, l), y, text, l)
}

// wrap breaks text into lines of at most width, between words where it can;
// no-break spaces hold words together.
func (s *sheet) wrap(text string, width float64, l lettering) []string {
	var lines []string
	line := ""
	for _, word := range strings.FieldsFunc(s.clean(text), func(c rune) bool { return c == ' ' }) {
		if joined := strings.TrimLeft(line+" "+word, " "); s.wide(joined, l) <= width {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		pieces := s.chop(word, width, l)
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
	}
	return append(lines, line)
}

// chop cuts a word into pieces of at most width, where there is one after a
// hyphen, an underscore or a slash, else anywhere; at least one letter each.
func (s *sheet) chop(word string, width float64, l lettering) []string {
	var pieces []string
	letters := []rune(word)
	for len(letters) > 1 && s.wide(string(letters), l) > width {
		n, good := 1, 0
		for n < len(letters) && s.wide(string(letters[:n+1]), l) <= width {
			if strings.ContainsRune("-_/", letters[n-1]) {
				good = n
			}
			n++
		}
		if good > 0 {
			n = good
		}
		pieces = append(pieces, string(letters[:n]))
		letters = letters[n:]
	}
	return append(pieces, string(letters))
}

// lines is wrap to at most most lines; what is over is cut from the middle of
// the last.
func (s *sheet) lines(text string, width float64, most int, l lettering) []string {
	lines := s.wrap(text, width, l)
	if len(lines) > most {
		lines = append(lines[:most-1], s.shorten(strings.Join(lines[most-1:], " "), width, l))
	}
	return lines
}

// start is wrap to at most most lines; what is over is left out at the end, as
// suits sentences.
func (s *sheet) start(text string, width float64, most int, l lettering) []string {
	lines := s.wrap(text, width, l)
	if len(lines) <= most {
		return lines
	}
	last := []rune(lines[most-1])
	for len(last) > 0 && s.wide(string(last)+"…", l) > width {
		last = last[:len(last)-1]
	}
	return append(lines[:most-1], strings.TrimRight(string(last), " ,;:(")+"…")
}

// shorten cuts letters from the middle of text until it runs width.
func (s *sheet) shorten(text string, width float64, l lettering) string {
	text = s.clean(text)
	letters := []rune(text)
	for n := len(letters) - 1; n > 0 && s.wide(text, l) > width; n-- {
		text = string(letters[:(n+1)/2]) + "…" + string(letters[len(letters)-n/2:])
	}
	return text
}

// fill paints a rectangle.
func (s *sheet) fill(x, y, w, h float64, c color.RGBA) {
	s.pdf.SetFillColor(int(c.R), int(c.G), int(c.B))
	s.pdf.Rect(x, y, w, h, "F")
}

// rim draws a thin grey line around a rectangle.
func (s *sheet) rim(x, y, w, h float64) {
	s.pdf.SetLineWidth(0.15)
	s.pdf.SetDrawColor(190, 194, 200)
	s.pdf.Rect(x, y, w, h, "D")
}

// photo places a picture of the slide, stored with little loss.
func (s *sheet) photo(img *image.RGBA, x, y, w, h float64) error {
	return s.place(img, "jpg", x, y, w, h, func(out io.Writer, m image.Image) error {
		return jpeg.Encode(out, m, &jpeg.Options{Quality: 90})
	})
}

// drawing places a picture without loss.
func (s *sheet) drawing(img *image.RGBA, x, y, w, h float64) error {
	return s.place(img, "png", x, y, w, h, png.Encode)
}

// place fills a rectangle with a picture. The library stores pictures by width,
// and those of one width in any order: so that equal pages are equal files, each
// is widened to a width of its own, by columns that are cut off on paper.
func (s *sheet) place(img *image.RGBA, kind string, x, y, w, h float64, encode func(io.Writer, image.Image) error) error {
	width := img.Rect.Dx()
	for s.widths[width] {
		width++
	}
	s.widths[width] = true
	wide := image.NewRGBA(image.Rect(0, 0, width, img.Rect.Dy()))
	draw.Draw(wide, wide.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(wide, img.Rect.Sub(img.Rect.Min), img, img.Rect.Min, draw.Src)
	var buf bytes.Buffer
	if err := encode(&buf, wide); err != nil {
		return err
	}
	name, o := strconv.Itoa(width), fpdf.ImageOptions{ImageType: kind}
	s.pdf.RegisterImageOptionsReader(name, o, &buf)
	s.pdf.ClipRect(x, y, w, h, false)
	s.pdf.ImageOptions(name, x, y, w*float64(width)/float64(img.Rect.Dx()), h, false, o, 0, "")
	s.pdf.ClipEnd()
	return s.pdf.Error()
}

// stack is a column of text whose height is known before it is drawn.
type stack struct {
	*sheet
	width  float64
	size   float64 // of plain text
	height float64
	parts  []stackPart
}

// stackPart draws itself with its top left at (x, y).
type stackPart struct {
	height float64
	draw   func(x, y float64)
}

func newStack(s *sheet, width, size float64) *stack {
	return &stack{sheet: s, width: width, size: size}
}

func (k *stack) plain() lettering { return lettering{size: k.size, ink: black()} }
func (k *stack) small() lettering { return lettering{size: 0.88 * k.size, ink: grey()} }
func (k *stack) warn() lettering  { return lettering{size: k.size, bold: true, ink: warning()} }

func (k *stack) add(height float64, draw func(x, y float64)) {
	k.parts = append(k.parts, stackPart{height, draw})
	k.height += height
}

func (k *stack) draw(x, y float64) {
	for _, p := range k.parts {
		p.draw(x, y)
		y += p.height
	}
}

func (k *stack) gap(height float64) { k.add(height, func(float64, float64) {}) }

// text adds a paragraph of at most most lines.
func (k *stack) text(text string, most int, l lettering) {
	for _, line := range k.lines(text, k.width, most, l) {
		k.add(l.line(), func(x, y float64) { k.put(x, y, line, l) })
	}
}

// heading begins a group: small, over a thin line.
func (k *stack) heading(text string) {
	l := lettering{size: 0.95 * k.size, bold: true, ink: black()}
	if k.height > 0 {
		k.gap(0.75 * l.line())
	}
	k.add(l.line()+0.9, func(x, y float64) {
		k.put(x, y, text, l)
		k.fill(x, y+l.line()+0.1, k.width, 0.2, color.RGBA{190, 194, 200, 255})
	})
}

// fact adds a caption and, to its right, what it is, in at most most lines. A
// fact without words is left out.
func (k *stack) fact(caption, text string, most int) {
	k.beside(caption, text, func(width float64) []string { return k.lines(text, width, most, k.plain()) })
}

// reason is fact for a sentence.
func (k *stack) reason(caption, text string, most int) {
	k.beside(caption, text, func(width float64) []string { return k.start(text, width, most, k.plain()) })
}

func (k *stack) beside(caption, text string, wrap func(width float64) []string) {
	if text == "" {
		return
	}
	c, l := k.plain(), k.plain()
	c.ink = grey()
	indent := 0.3 * k.width
	captions, lines := k.lines(caption, indent-1, 2, c), wrap(k.width-indent)
	k.add(float64(max(len(lines), len(captions)))*l.line()+0.25, func(x, y float64) {
		for i, line := range captions {
			k.put(x, y+float64(i)*l.line(), line, c)
		}
		for i, line := range lines {
			k.put(x+indent, y+float64(i)*l.line(), line, l)
		}
	})
}
