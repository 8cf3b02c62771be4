package export

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"zoomscope/engine/train"
)

// history is that of a run whose model gets better, then worse. AUC is missing
// in the epochs given.
func history(epochs int, gaps ...int) []train.Epoch {
	var h []train.Epoch
	for i := range epochs {
		x := float64(i)
		good := 1 - math.Exp(-(x+1)/8)
		auc := train.Interval{Value: train.Number(0.5 + 0.45*good), Low: train.Number(0.4 + 0.45*good), High: train.Number(0.55 + 0.45*good)}
		for _, g := range gaps {
			if g == i+1 {
				auc = train.Interval{Value: train.Undefined(), Low: train.Undefined(), High: train.Undefined()}
			}
		}
		wave := 0.04 * math.Sin(1.7*x)
		h = append(h, train.Epoch{Epoch: i + 1, LearningRate: 1e-4, TrainLoss: train.Number(1.1 * math.Exp(-x/15)), Validation: &train.Metrics{
			Loss:       train.Number(1.0*math.Exp(-x/12) + 0.008*x + wave + 0.1),
			WeightedF1: train.Number(0.35 + 0.5*good + wave), BalancedAccuracy: train.Number(0.33 + 0.5*good + wave), AUC: auc,
		}})
	}
	return h
}

// drawn is the picture that write makes.
func drawn(t *testing.T, name string, write func(io.Writer) error) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("ZOOMSCOPE_LOOK"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// columns is where pixels of a colour are: first and last column, 0 and 0
// without any.
func columns(img image.Image, want color.Color) (first, last int) {
	r, g, b, _ := want.RGBA()
	for x := range img.Bounds().Dx() {
		for y := range img.Bounds().Dy() {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); pr == r && pg == g && pb == b {
				if first == 0 {
					first = x
				}
				last = x
				break
			}
		}
	}
	return first, last
}

func TestCurves(t *testing.T) {
	for name, c := range map[string]struct {
		training Training
		curve    bool // is there any
	}{
		"hundred": {Training{"tumour", history(100), 31, false}, true},
		"few":     {Training{"tumour", history(7, 3, 4), 6, false}, true},
		"gaps":    {Training{"tumour", history(12, 1, 12), 6, false}, true},
		"one":     {Training{"tumour", history(1), 1, false}, true},
		"own":     {Training{"tumour", history(9), 6, true}, true},
		"none":    {Training{"tumour", nil, 0, false}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, write := range map[string]func(io.Writer, Training) error{"loss": WriteLossCurve, "metrics": WriteMetricCurves} {
				img := drawn(t, kind+"-"+name+".png", func(w io.Writer) error { return write(w, c.training) })
				width := img.Bounds().Dx()
				if width != 1200 {
					t.Errorf("%s is %v", kind, img.Bounds())
				}
				if len(c.training.Epochs) == 1 { // one dot, partly under the ring
					continue
				}
				for _, ink := range []color.Color{blue(), vermilion()} {
					first, last := columns(img, ink)
					if last < width*3/4 {
						t.Errorf("%s: the legend does not show %v", kind, ink)
					}
					if c.curve != (first < width*3/4) {
						t.Errorf("%s: curve of %v begins at column %d", kind, ink, first)
					}
				}
			}
		})
	}
}

func TestPieces(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		values []float64
		want   []int // points of each piece
	}{
		"none":           {nil, nil},
		"whole":          {[]float64{1, 2, 3}, []int{3}},
		"gap":            {[]float64{1, nan, 3, 4}, []int{1, 2}},
		"gaps at ends":   {[]float64{nan, 2, inf}, []int{1}},
		"nothing at all": {[]float64{nan, nan}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			pieces := curve{values: c.values}.pieces()
			if len(pieces) != len(c.want) {
				t.Fatalf("%v, want %v", pieces, c.want)
			}
			for i, p := range pieces {
				if len(p) != c.want[i] {
					t.Errorf("piece %d is %v, want %d points", i, p, c.want[i])
				}
				for _, at := range p {
					if at.Y != c.values[int(at.X)-1] {
						t.Errorf("epoch %v has %v", at.X, at.Y)
					}
				}
			}
		})
	}
}

func TestCurvesRepeat(t *testing.T) {
	var a, b bytes.Buffer
	for _, w := range []io.Writer{&a, &b} {
		if err := WriteMetricCurves(w, Training{"tumour", history(5, 2), 3, false}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("drawn twice, the picture differs")
	}
}

func TestTicks(t *testing.T) {
	for most := 2.0; most < 3000; most = math.Trunc(most*5/4) + 1 {
		ticks := wholeTicks(1, most)
		if len(ticks) < 2 || len(ticks) > 11 {
			t.Errorf("%d ticks to %v", len(ticks), most)
		}
		for i, tick := range ticks {
			if tick.Value != math.Trunc(tick.Value) || tick.Value < 1 || tick.Value > most || i > 0 && tick.Value <= ticks[i-1].Value {
				t.Errorf("to %v: tick at %v", most, tick.Value)
			}
		}
	}
	for most := 1e-4; most < 1e5; most *= 1.37 {
		ticks := valueTicks(0, most)
		if len(ticks) < 3 || len(ticks) > 7 || ticks[0].Value != 0 {
			t.Errorf("%v to %v", ticks, most)
		}
		for _, tick := range ticks {
			if v, err := strconv.ParseFloat(tick.Label, 64); err != nil || math.Abs(v-tick.Value) > 1e-9*most || v > most*1.0001 {
				t.Errorf("to %v: %q at %v", most, tick.Label, tick.Value)
			}
		}
	}
}

func unprinted(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return r&g&b == 0xffff
}

func TestConfusionPicture(t *testing.T) {
	img := drawn(t, "confusion.png", func(w io.Writer) error {
		return WriteConfusion(w, "test", []string{"normal", "a very long class name of all", "tumour"}, [][]int{{12, 0, 0}, {1, 3, 4}, {0, 0, 0}})
	})
	// The field of what is right in the first row is the darkest there is.
	if first, _ := columns(img, shade(1)); first == 0 {
		t.Error("no field is full")
	}
	if first, _ := columns(img, shade(0.5)); first == 0 {
		t.Error("no field is half full")
	}
	two := drawn(t, "confusion-two.png", func(w io.Writer) error {
		return WriteConfusion(w, "tumour: test, 21 slides", []string{"normal", "tumour"}, [][]int{{9, 1}, {2, 9}})
	})
	if two.Bounds().Dx() >= 1000 {
		t.Errorf("two classes are drawn on %v", two.Bounds())
	}
	// A title that is too long for one line stands on several, and nothing of it is cut
	// off: the columns at both edges are white.
	title := "tumour-model-of-a-run-in-a-folder-whose-name-has-no-end at 5>10>20x, whole gradient: test slides, 3 seeds"
	long := drawn(t, "confusion-long.png", func(w io.Writer) error {
		return WriteConfusion(w, title, []string{"normal", "tumour"}, [][]int{{9, 1}, {2, 9}})
	})
	if long.Bounds().Dx() != two.Bounds().Dx() || long.Bounds().Dy() < two.Bounds().Dy()+50 {
		t.Errorf("%v with a long title, %v with a short one", long.Bounds(), two.Bounds())
	}
	edge := plotMargin.Dots(chartDPI) / 4
	for y := range long.Bounds().Dy() {
		for x := range int(edge) {
			if !unprinted(long.At(x, y)) || !unprinted(long.At(long.Bounds().Dx()-1-x, y)) {
				t.Fatalf("ink at the edge, line %d", y)
			}
		}
	}
	classes, counts := make([]string, 60), make([][]int, 60)
	for i := range classes {
		classes[i], counts[i] = string(rune('a'+i%26))+string(rune('a'+i/26)), make([]int, 60)
		counts[i][i] = i
	}
	drawn(t, "confusion-many.png", func(w io.Writer) error { return WriteConfusion(w, "many", classes, counts) })
}
