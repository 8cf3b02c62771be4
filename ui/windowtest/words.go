package windowtest

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	standard "fyne.io/fyne/v2/theme"

	"zoomscope/ui/theme"
)

// Words are words as the window writes them.
type Words struct {
	Text string
	Bold bool
	Note bool // in the smaller letters of notes
}

// Said are words in the window's ordinary letters.
func Said(text string) Words { return Words{Text: text} }

// Title are words in bold letters.
func Title(text string) Words { return Words{Text: text, Bold: true} }

// alike is how far the screen must agree with the words: 1 is the same but for the
// colours of letters and ground.
const alike = 0.9

// Find looks for words in a part of the screen, whatever their colours, and returns
// their middle.
func (d *Display) Find(w Words, in image.Rectangle) (image.Point, bool) {
	d.t.Helper()
	return find(grayOf(d.Screen(), in), d.letters(w))
}

// AwaitWords waits until the words stand in a part of the screen.
func (d *Display) AwaitWords(w Words, in image.Rectangle, limit time.Duration) image.Point {
	d.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if p, ok := d.Find(w, in); ok {
			return p
		}
	}
	d.t.Fatalf("after %v the screen does not say %q: %s", limit, w.Text, d.kept())
	return image.Point{}
}

// ClickWords waits for words and presses them. The mouse then goes to the lower left
// corner, where it stands on no words.
func (d *Display) ClickWords(w Words, in image.Rectangle, limit time.Duration) {
	d.t.Helper()
	p := d.AwaitWords(w, in, limit)
	d.Click(p.X, p.Y)
	d.Move(0, 1<<15)
}

// Buttons of the mouse that are the turns of its wheel.
const (
	wheelUp   = "4"
	wheelDown = "5"
)

// ScrollTo turns the wheel over a place of the screen, down, until words stand in a
// part of it.
func (d *Display) ScrollTo(w Words, in image.Rectangle, over image.Point, limit time.Duration) {
	d.t.Helper()
	d.scroll(wheelDown, w, in, over, limit)
}

// ScrollUp is ScrollTo the other way.
func (d *Display) ScrollUp(w Words, in image.Rectangle, over image.Point, limit time.Duration) {
	d.t.Helper()
	d.scroll(wheelUp, w, in, over, limit)
}

func (d *Display) scroll(wheel string, w Words, in image.Rectangle, over image.Point, limit time.Duration) {
	d.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); {
		if _, ok := d.Find(w, in); ok {
			return
		}
		d.Move(over.X, over.Y)
		d.Do("click", wheel)
		d.Settle(200*time.Millisecond, 2*time.Second)
	}
	d.t.Fatalf("after %v of scrolling the screen does not say %q: %s", limit, w.Text, d.kept())
}

// kept writes the screen to a file, for who looks into a failure, and says where.
func (d *Display) kept() string {
	f, err := os.CreateTemp("", "zoomscope-screen-*.png")
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if err := png.Encode(f, d.Screen()); err != nil {
		return err.Error()
	}
	return f.Name()
}

// letters draws words as the window does, trimmed to what is drawn.
func (d *Display) letters(w Words) gray {
	d.t.Helper()
	if g, ok := d.drawn[w]; ok {
		return g
	}
	if d.drawn == nil {
		d.drawn = map[Words]gray{}
		test.NewTempApp(d.t).Settings().SetTheme(theme.New(theme.Light))
	}
	look := fyne.CurrentApp().Settings().Theme()
	text := canvas.NewText(w.Text, color.Black)
	text.TextStyle.Bold = w.Bold
	text.TextSize = look.Size(standard.SizeNameText)
	if w.Note {
		text.TextSize = look.Size(standard.SizeNameCaptionText)
	}
	text.Resize(text.MinSize())
	img := software.Render(text, look)
	g := trimmed(grayOf(toRGBA(img), img.Bounds()))
	if g.w == 0 {
		d.t.Fatalf("nothing is drawn of %q", w.Text)
	}
	d.drawn[w] = g
	return g
}

func toRGBA(img image.Image) *image.RGBA {
	out := image.NewRGBA(img.Bounds())
	for y := out.Rect.Min.Y; y < out.Rect.Max.Y; y++ {
		for x := out.Rect.Min.X; x < out.Rect.Max.X; x++ {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// gray is the brightness of a part of a picture, from 0 to 255.
type gray struct {
	at   image.Point // of the first value
	w, h int
	v    []float32
}

func grayOf(img *image.RGBA, in image.Rectangle) gray {
	in = in.Intersect(img.Rect)
	g := gray{at: in.Min, w: in.Dx(), h: in.Dy(), v: make([]float32, 0, in.Dx()*in.Dy())}
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			c := img.RGBAAt(x, y)
			g.v = append(g.v, 0.3*float32(c.R)+0.6*float32(c.G)+0.1*float32(c.B))
		}
	}
	return g
}

// trimmed is the part of a picture that differs from its corner.
func trimmed(g gray) gray {
	box := image.Rectangle{}
	for i, v := range g.v {
		if math.Abs(float64(v-g.v[0])) > 8 {
			p := image.Pt(i%g.w, i/g.w)
			box = box.Union(image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))})
		}
	}
	out := gray{w: box.Dx(), h: box.Dy()}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		out.v = append(out.v, g.v[y*g.w+box.Min.X:y*g.w+box.Max.X]...)
	}
	return out
}

// find looks for a picture in another by their correlation, of either sign, and
// returns the middle of where that is highest, if it is high.
func find(in, what gray) (image.Point, bool) {
	n := float64(what.w * what.h)
	pattern, length := centred(what)
	sums, squares := integrals(in)
	best, at := 0.0, image.Point{}
	for y := 0; y+what.h <= in.h; y++ {
		for x := 0; x+what.w <= in.w; x++ {
			mean := over(sums, in.w, x, y, what) / n
			spread := over(squares, in.w, x, y, what) - n*mean*mean
			if spread < 0.02*length*length { // too even for any words
				continue
			}
			cross := float64(0)
			for j := range what.h {
				row := in.v[(y+j)*in.w+x:][:what.w]
				line := pattern[j*what.w:][:what.w]
				sum := float32(0)
				for i, v := range row {
					sum += v * line[i]
				}
				cross += float64(sum)
			}
			if r := math.Abs(cross) / (length * math.Sqrt(spread)); r > best {
				best, at = r, image.Pt(x, y)
			}
		}
	}
	return at.Add(in.at).Add(image.Pt(what.w/2, what.h/2)), best >= alike
}

// centred takes the mean away; length is that of what is left.
func centred(g gray) (v []float32, length float64) {
	mean := float32(0)
	for _, x := range g.v {
		mean += x / float32(len(g.v))
	}
	sum := 0.0
	for _, x := range g.v {
		v = append(v, x-mean)
		sum += float64(x-mean) * float64(x-mean)
	}
	return v, math.Sqrt(sum)
}

// integrals are the sums, and the sums of squares, of all that lies above and to the
// left of a corner between values: w+1 times h+1 of them.
func integrals(g gray) (sums, squares []float64) {
	line := g.w + 1
	sums, squares = make([]float64, line*(g.h+1)), make([]float64, line*(g.h+1))
	for y := range g.h {
		sum, square := 0.0, 0.0
		for x := range g.w {
			v := float64(g.v[y*g.w+x])
			sum, square = sum+v, square+v*v
			sums[(y+1)*line+x+1] = sums[y*line+x+1] + sum
			squares[(y+1)*line+x+1] = squares[y*line+x+1] + square
		}
	}
	return sums, squares
}

// over is a sum over a rectangle of the size of what.
func over(integral []float64, w, x, y int, what gray) float64 {
	line := w + 1
	at := func(x, y int) float64 { return integral[y*line+x] }
	return at(x+what.w, y+what.h) - at(x, y+what.h) - at(x+what.w, y) + at(x, y)
}
