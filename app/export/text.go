package export

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"

	"github.com/dustin/go-humanize"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// style is how text looks. Sizes are in pixels, of the letter's full height.
type style struct {
	size float64
	bold bool
	ink  color.RGBA
	halo bool // for text on tissue
}

// The inks of text beside the tissue.
func black() color.RGBA   { return color.RGBA{20, 22, 26, 255} }
func grey() color.RGBA    { return color.RGBA{92, 96, 104, 255} }
func warning() color.RGBA { return color.RGBA{168, 36, 0, 255} }

// typesetter draws text. It serves one goroutine.
type typesetter struct {
	regular, bold *opentype.Font
	faces         map[style]font.Face
}

func newTypesetter() (*typesetter, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return &typesetter{regular: regular, bold: bold, faces: map[style]font.Face{}}, nil
}

func (t *typesetter) face(s style) font.Face {
	key := style{size: s.size, bold: s.bold}
	if f, ok := t.faces[key]; ok {
		return f
	}
	source := t.regular
	if s.bold {
		source = t.bold
	}
	f, err := opentype.NewFace(source, &opentype.FaceOptions{Size: s.size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err) // the embedded fonts scale to any size
	}
	t.faces[key] = f
	return f
}

// width is how far text runs, in whole pixels.
func (t *typesetter) width(text string, s style) int {
	return font.MeasureString(t.face(s), text).Ceil()
}

// line is the distance between lines, ascent that from a line's top to its base.
func (s style) line() int   { return int(math.Ceil(1.3 * s.size)) }
func (s style) ascent() int { return int(math.Round(s.size)) }

// draw sets one line with its top left at (x, y).
func (t *typesetter) draw(dst draw.Image, x, y int, text string, s style) {
	if s.halo {
		t.halo(dst, x, y, text, s)
	}
	t.at(dst, x, y, text, s)
}

func (t *typesetter) at(dst draw.Image, x, y int, text string, s style) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(s.ink), Face: t.face(s), Dot: fixed.P(x, y+s.ascent())}
	d.DrawString(text)
}

// halo draws the text's surroundings, as wide as an eighth of its size.
func (t *typesetter) halo(dst draw.Image, x, y int, text string, s style) {
	s.ink = assets.Halo()
	radius := max(2, s.size/8)
	for i := range 16 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 16)
		t.at(dst, x+int(math.Round(radius*cos)), y+int(math.Round(radius*sin)), text, s)
	}
}

// wrap breaks text into lines of at most width pixels, between words where it
// can and within them where it must.
func (t *typesetter) wrap(text string, width int, s style) []string {
	return inLines(text, func(line string) bool { return t.width(line, s) <= width })
}

// inLines breaks text into lines that fit, between words where it can and within
// them where it must.
func inLines(text string, fits func(line string) bool) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if joined := strings.TrimSpace(line + " " + word); fits(joined) {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		pieces := chop(word, fits)
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
	}
	return append(lines, line)
}

// lines is wrap to at most most lines; what is over is cut from the middle of the
// last.
func (t *typesetter) lines(text string, width, most int, s style) []string {
	lines := t.wrap(text, width, s)
	if len(lines) > most {
		last := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1], t.shorten(last, width, s))
	}
	return lines
}

// chop cuts a word into pieces that fit; at least one letter each.
func chop(word string, fits func(piece string) bool) []string {
	var pieces []string
	piece := ""
	for _, letter := range word {
		if piece != "" && !fits(piece+string(letter)) {
			pieces = append(pieces, piece)
			piece = ""
		}
		piece += string(letter)
	}
	return append(pieces, piece)
}

// shorten cuts letters from the middle of text until it runs width pixels.
func (t *typesetter) shorten(text string, width int, s style) string {
	letters := []rune(text)
	for n := len(letters) - 1; n > 0 && t.width(text, s) > width; n-- {
		text = string(letters[:(n+1)/2]) + "…" + string(letters[len(letters)-n/2:])
	}
	return text
}

// percent writes a share of 1 with three significant digits.
func percent(v float64) string {
	p := 100 * v
	if p == 0 {
		return "0 %"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(p)))))
	if digits > 6 {
		return fmt.Sprintf("%.2g %%", p)
	}
	return fmt.Sprintf("%.*f %%", digits, p)
}

// chance writes a probability in whole per cent, but neither none nor all where
// it is not that.
func chance(v float64) string {
	switch {
	case v > 0 && v < 0.01:
		return "< 1 %"
	case v > 0.99 && v < 1:
		return "> 99 %"
	}
	return fmt.Sprintf("%.0f %%", 100*v)
}

// count writes a whole number in groups of three.
func count(n int) string { return strings.ReplaceAll(humanize.Comma(int64(n)), ",", " ") }

// many is "1 patch", "12 patches".
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + more
}

func modelName(m result.Model) string {
	name := m.Name
	if name == "" {
		name = "unnamed model"
	}
	if !m.Trained && !strings.Contains(strings.ToLower(name), "untrained") {
		name += " (untrained)"
	}
	return name
}

// predictionText is the predicted class and its probability.
func predictionText(r *result.Result) string {
	text := r.Prediction.Label
	for i, class := range r.Model.Classes {
		if class == r.Prediction.Label && i < len(r.Prediction.Probabilities) {
			text += " " + chance(r.Prediction.Probabilities[i])
		}
	}
	if !r.Model.Trained {
		text += " (untrained: without meaning)"
	}
	return text
}

// origin is one line on what made the result.
func origin(r *result.Result) string {
	text := "Model " + modelName(r.Model)
	if device := deviceText(r.Device); device != "" {
		text += "; device " + device
	}
	return text + "; prediction: " + predictionText(r)
}

func deviceText(d result.Device) string {
	switch {
	case d.Name == "" || d.Name == d.Used:
		return d.Used
	case d.Used == "":
		return d.Name
	}
	return d.Used + ", " + d.Name
}
