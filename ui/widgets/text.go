package widgets

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	standard "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Text is words in lines as wide as there is room. Lines end between words; a word
// wider than a line, such as a path, is cut anywhere. It has no margin.
type Text struct {
	widget.BaseWidget
	look  TextLook
	text  string
	width float32
	lines []string
	box   *fyne.Container
}

// TextLook is how a text is drawn; the zero value is plain body text.
type TextLook struct {
	Color fyne.ThemeColorName // default: foreground
	Size  fyne.ThemeSizeName  // default: text
	Bold  bool
	Mono  bool
	Align fyne.TextAlign
	// MaxLines ends the text with an ellipsis after so many lines; 0 for no end.
	MaxLines int
	// MinLines keeps room for so many lines, also where there are no words.
	MinLines int
	// Whole never wraps: the text is as wide as its words.
	Whole bool
}

// NewText makes a text of the given look.
func NewText(text string, look TextLook) *Text {
	if look.Color == "" {
		look.Color = standard.ColorNameForeground
	}
	if look.Size == "" {
		look.Size = standard.SizeNameText
	}
	t := &Text{look: look, text: text, box: &fyne.Container{}}
	t.ExtendBaseWidget(t)
	return t
}

// NewBody is plain text.
func NewBody(text string) *Text { return NewText(text, TextLook{}) }

// NewStrong is bold text.
func NewStrong(text string) *Text { return NewText(text, TextLook{Bold: true}) }

// NewNote is small, quiet text that explains.
func NewNote(text string) *Text {
	return NewText(text, TextLook{Color: standard.ColorNamePlaceHolder, Size: standard.SizeNameCaptionText})
}

// NewQuiet is quiet text of body size.
func NewQuiet(text string) *Text {
	return NewText(text, TextLook{Color: standard.ColorNamePlaceHolder})
}

// Text is the whole text, shown or not.
func (t *Text) Text() string { return t.text }

// SetText shows other words.
func (t *Text) SetText(text string) {
	if t.text != text {
		t.text = text
		t.Refresh()
	}
}

// SetColor draws the text in another colour of the theme.
func (t *Text) SetColor(name fyne.ThemeColorName) {
	if t.look.Color != name {
		t.look.Color = name
		t.Refresh()
	}
}

// Wish is the width at which no line of the text wraps.
func (t *Text) Wish() float32 {
	width := float32(0)
	for line := range strings.SplitSeq(t.text, "\n") {
		width = max(width, t.measure(line))
	}
	return float32(math.Ceil(float64(width)))
}

// Lines are the lines as shown.
func (t *Text) Lines() []string { return t.lines }

// CreateRenderer belongs to Fyne.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t}
	r.Refresh()
	return r
}

func (t *Text) size() float32 { return themeOf(t).Size(t.look.Size) }

func (t *Text) style() fyne.TextStyle {
	return fyne.TextStyle{Bold: t.look.Bold, Monospace: t.look.Mono}
}

func (t *Text) measure(s string) float32 { return fyne.MeasureText(s, t.size(), t.style()).Width }

func (t *Text) lineHeight() float32 {
	height := fyne.MeasureText("Mg", t.size(), t.style()).Height
	return float32(math.Ceil(float64(height))) // whole points, so that what follows stays sharp
}

// fill sets the lines for the width there is.
func (t *Text) fill() {
	switch {
	case t.look.Whole || t.width <= 0:
		t.lines = strings.Split(t.text, "\n")
	default:
		t.lines = wrap(t.text, t.width, t.measure)
	}
	if n := t.look.MaxLines; n > 0 && t.width > 0 && len(t.lines) > n {
		rest := strings.Join(t.lines[n-1:], " ")
		t.lines = append(t.lines[:n-1:n-1], ellipsis(rest, t.width, t.measure))
	}
}

type textRenderer struct{ t *Text }

func (r *textRenderer) Destroy() {}

func (r *textRenderer) Objects() []fyne.CanvasObject { return r.t.box.Objects }

func (r *textRenderer) Layout(size fyne.Size) {
	if size.Width != r.t.width {
		r.t.width = size.Width
		r.t.fill()
		r.draw()
	}
	r.place(size.Width)
}

func (r *textRenderer) place(width float32) {
	for i, o := range r.t.box.Objects {
		o.Resize(fyne.NewSize(width, r.t.lineHeight()))
		o.Move(fyne.NewPos(0, float32(i)*r.t.lineHeight()))
	}
}

func (r *textRenderer) MinSize() fyne.Size {
	t := r.t
	if t.text == "" {
		return fyne.NewSize(0, float32(t.look.MinLines)*t.lineHeight())
	}
	width := float32(0)
	if t.look.Whole {
		for _, line := range t.lines {
			width = max(width, t.measure(line))
		}
		width = float32(math.Ceil(float64(width)))
	}
	return fyne.NewSize(width, float32(max(len(t.lines), t.look.MinLines))*t.lineHeight())
}

func (r *textRenderer) Refresh() {
	r.t.fill()
	r.draw()
	r.place(r.t.Size().Width)
}

// draw makes one object of each line, of those there are already where it can.
func (r *textRenderer) draw() {
	t := r.t
	ink := inked(t, t.look.Color)
	for len(t.box.Objects) < len(t.lines) {
		t.box.Objects = append(t.box.Objects, canvas.NewText("", ink))
	}
	t.box.Objects = t.box.Objects[:len(t.lines)]
	for i, line := range t.lines {
		o := t.box.Objects[i].(*canvas.Text)
		o.Text, o.Color, o.TextSize, o.TextStyle, o.Alignment = line, ink, t.size(), t.style(), t.look.Align
		o.Refresh()
	}
}

// wrap cuts text into lines no wider than width: at line ends, else between words,
// else within a word. A no-break space is no place to cut.
func wrap(text string, width float32, measure func(string) float32) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.SplitSeq(paragraph, " ") {
			joined := line + " " + word
			if line == "" {
				joined = word
			}
			if measure(joined) <= width {
				line = joined
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			pieces := chop(word, width, measure)
			lines = append(lines, pieces[:len(pieces)-1]...)
			line = pieces[len(pieces)-1]
		}
		lines = append(lines, line)
	}
	return lines
}

// chop cuts a word into pieces no wider than width, of one letter at least.
func chop(word string, width float32, measure func(string) float32) []string {
	var pieces []string
	piece := ""
	for _, letter := range word {
		if longer := piece + string(letter); piece != "" && measure(longer) > width {
			pieces = append(pieces, piece)
			piece = ""
		}
		piece += string(letter)
	}
	return append(pieces, piece)
}

// ellipsis shortens text to the width, with dots for what is left out.
func ellipsis(text string, width float32, measure func(string) float32) string {
	letters := []rune(text)
	for len(letters) > 0 && measure(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimRight(string(letters), " ") + "…"
}
