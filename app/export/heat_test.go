package export

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"zoomscope/engine/result"
)

// oneHot is a level of n x n patches from (x, y) on, of which number hot has all
// the attention.
func oneHot(x, y, size float64, n, hot int) result.Level {
	l := result.Level{Magnification: 5}
	for i := range n * n {
		p := result.Patch{X: x + float64(i%n)*size, Y: y + float64(i/n)*size, Size: size, Height: size, Parent: -1}
		if i == hot {
			p.Attention = 1
		}
		l.Patches = append(l.Patches, p)
	}
	return l
}

// TestHeatCoversExactlyThePatch compares every pixel with the part of it that
// the one hot patch covers, worked out on level 0.
func TestHeatCoversExactlyThePatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		area  result.Rect
		px    image.Rectangle
		size  float64
		whole bool // patch edges fall on pixel edges
	}{
		{"level 0", result.Rect{Width: 400, Height: 300}, image.Rect(0, 0, 400, 300), 50, true},
		{"quarter", result.Rect{Width: 1600, Height: 1200}, image.Rect(0, 0, 400, 300), 256, true},
		{"quarter, bounds", result.Rect{X: 1024, Y: 2048, Width: 1600, Height: 1200}, image.Rect(0, 0, 400, 300), 256, true},
		{"destination offset", result.Rect{X: 1024, Y: 2048, Width: 1600, Height: 1200}, image.Rect(70, -20, 470, 280), 256, true},
		{"odd", result.Rect{X: 17.25, Y: 3.5, Width: 1531, Height: 1207.5}, image.Rect(0, 0, 223, 176), 253.968, false},
		{"below a pixel", result.Rect{Width: 100000, Height: 80000}, image.Rect(0, 0, 200, 160), 128, false},
		{"magnified", result.Rect{Width: 100, Height: 80}, image.Rect(0, 0, 500, 400), 20, true},
		{"unequal axes", result.Rect{Width: 900, Height: 500}, image.Rect(0, 0, 300, 250), 90, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			level := oneHot(c.area.X, c.area.Y, c.size, 4, 6)
			h, err := NewHeat(level, HeatOptions{Opacity: 1})
			if err != nil {
				t.Fatal(err)
			}
			img := image.NewRGBA(c.px)
			for i := range img.Pix {
				img.Pix[i] = 99 // Draw must set, not add
			}
			h.Draw(img, c.area)
			checkCoverage(t, img, c.area, level.Patches[6], c.whole)
		})
	}
}

func checkCoverage(t *testing.T, img *image.RGBA, area result.Rect, p result.Patch, whole bool) {
	t.Helper()
	sx, sy := area.Width/float64(img.Rect.Dx()), area.Height/float64(img.Rect.Dy())
	touched := 0
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			left, top := area.X+float64(x)*sx, area.Y+float64(y)*sy
			w := max(0, min(left+sx, p.X+p.Size)-max(left, p.X))
			h := max(0, min(top+sy, p.Y+p.Height)-max(top, p.Y))
			want := 255 * w * h / (sx * sy)
			got := img.RGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y).A
			if math.Abs(float64(got)-want) > 0.51 {
				t.Fatalf("pixel %d, %d: alpha %d, want %.2f", x, y, got, want)
			}
			if whole && got != 0 && got != 255 {
				t.Fatalf("pixel %d, %d: alpha %d, and the patch falls on whole pixels", x, y, got)
			}
			if got > 0 {
				touched++
			}
		}
	}
	if touched == 0 {
		t.Error("nothing is coloured")
	}
}

// slowHeat is Draw, pixel by pixel over all patches.
func slowHeat(h *Heat, dst *image.RGBA, area result.Rect) {
	f := frame{area, dst.Rect}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x++ {
			var sum [4]float64
			covered := 0.0
			for i, p := range h.patches {
				w := f.box(p).cover(x, y)
				covered += w
				for k, v := range h.shade(h.at[i]) {
					sum[k] += w * v
				}
			}
			for k := range sum {
				dst.Pix[dst.PixOffset(x, y)+k] = uint8(math.Round(255 * sum[k] / max(1, covered)))
			}
		}
	}
}

func TestHeatEqualsSlowTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		var level result.Level
		for range 1 + rng.IntN(40) {
			s := rng.Float64() * 60
			level.Patches = append(level.Patches, result.Patch{X: rng.Float64()*300 - 50, Y: rng.Float64()*300 - 50, Size: s, Height: s * (0.5 + rng.Float64()), Attention: rng.Float64()})
		}
		h, err := NewHeat(level, HeatOptions{Scale: []Scale{Raw, Percentile}[i%2]})
		if err != nil {
			t.Fatal(err)
		}
		at := image.Pt(rng.IntN(9)-4, rng.IntN(9)-4)
		r := image.Rectangle{at, at.Add(image.Pt(1+rng.IntN(150), 1+rng.IntN(150)))}
		area := result.Rect{X: rng.Float64() * 20, Y: rng.Float64() * 20, Width: 50 + rng.Float64()*200, Height: 50 + rng.Float64()*200}
		got, want := image.NewRGBA(r), image.NewRGBA(r)
		h.Draw(got, area)
		slowHeat(h, want, area)
		for k := range got.Pix {
			if d := int(got.Pix[k]) - int(want.Pix[k]); d < -1 || d > 1 { // sums in float32 may round the other way
				t.Fatalf("case %d: byte %d is %d, want %d", i, k, got.Pix[k], want.Pix[k])
			}
			if k%4 != 3 && got.Pix[k] > got.Pix[k|3] {
				t.Fatalf("case %d: byte %d is more than its alpha", i, k)
			}
		}
	}
}

// TestHeatHasNoSeams lays equal patches side by side at awkward sizes: what they
// cover together must be one even area.
func TestHeatHasNoSeams(t *testing.T) {
	for _, size := range []float64{253.968, 100.0 / 3, 7.3, 1.7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			level := oneHot(11.1, 5.7, size, 12, -1)
			for i := range level.Patches {
				level.Patches[i].Attention = 1.0 / 144
			}
			h, err := NewHeat(level, HeatOptions{Opacity: 0.7})
			if err != nil {
				t.Fatal(err)
			}
			img := image.NewRGBA(image.Rect(0, 0, 131, 117))
			side := 12 * size
			h.Draw(img, result.Rect{X: 11.1, Y: 5.7, Width: side, Height: side})
			want := img.RGBAAt(60, 60)
			if want.A == 0 {
				t.Fatal("nothing is drawn")
			}
			for i := range img.Pix {
				if d := int(img.Pix[i]) - []int{int(want.R), int(want.G), int(want.B), int(want.A)}[i%4]; d < -1 || d > 1 {
					t.Fatalf("byte %d is %d beside %v", i, img.Pix[i], want)
				}
			}
		})
	}
}

func TestPercentiles(t *testing.T) {
	for _, c := range []struct{ in, want []float64 }{
		{nil, nil},
		{[]float64{7}, []float64{0.5}},
		{[]float64{3, 1, 2}, []float64{1, 0, 0.5}},
		{[]float64{5, 5, 5}, []float64{0.5, 0.5, 0.5}},
		{[]float64{0, 9, 0, 4, 9}, []float64{0.125, 0.875, 0.125, 0.5, 0.875}},
	} {
		got := percentiles(c.in)
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("percentiles(%v) = %v, want %v", c.in, got, c.want)
				break
			}
		}
	}
}

func TestHeatScales(t *testing.T) {
	level := oneHot(0, 0, 10, 2, 3)
	level.Patches[1].Attention = 0.25
	level.Patches[0].ZoomAttention = 0.8
	for _, c := range []struct {
		o    HeatOptions
		want []float64
	}{
		{HeatOptions{}, []float64{0, 0.25, 0, 1}},
		{HeatOptions{Scale: Percentile}, []float64{1. / 6, 2. / 3, 1. / 6, 1}},
		{HeatOptions{Layer: Zoom}, []float64{1, 0, 0, 0}},
	} {
		h, err := NewHeat(level, c.o)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if math.Abs(h.at[i]-want) > 1e-12 {
				t.Errorf("%+v: patch %d at %v, want %v", c.o, i, h.at[i], want)
			}
		}
	}
	for _, o := range []HeatOptions{{Scale: "log"}, {Layer: "rollout"}, {Opacity: 1.5}, {Opacity: math.NaN()}} {
		if _, err := NewHeat(level, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestFadeHidesWhatIsLow(t *testing.T) {
	if fade(0) != 0 || fade(0.1) != 0 || fade(1) != 1 {
		t.Errorf("fade is %v, %v, %v at 0, 0.1 and 1", fade(0), fade(0.1), fade(1))
	}
	for i := range 100 {
		if a, b := fade(float64(i)/100), fade(float64(i+1)/100); b < a || b-a > 0.03 {
			t.Errorf("fade goes from %v to %v at %d %%", a, b, i)
		}
	}
}

// TestAttentionPictureChangesOnlyThePatch looks at whole pictures: within the
// slide, exactly the pixels of the hot patch differ from the overview.
func TestAttentionPictureChangesOnlyThePatch(t *testing.T) {
	pink := color.RGBA{230, 180, 210, 255}
	for _, bounds := range []result.Rect{{}, {X: 500, Y: 300, Width: 1500, Height: 1000}} {
		for _, maxSide := range []int{150, 377, 1000} {
			for _, legend := range []bool{true, false} {
				t.Run(fmt.Sprintf("bounds %v side %d legend %v", bounds, maxSide, legend), func(t *testing.T) {
					s := result.Slide{Path: "a.svs", Width: 2500, Height: 2000, MPP: [2]float64{0.5, 0.5}, Bounds: bounds}
					area := Area(s)
					r := &result.Result{Version: result.Version, Slide: s, Levels: []result.Level{oneHot(area.X, area.Y, 166.65, 5, 8)}}
					reader := painted{2500, 2000, func(float64, float64) color.RGBA { return pink }}
					ov, err := ReadOverview(t.Context(), reader, s, maxSide)
					if err != nil {
						t.Fatal(err)
					}
					pic, err := DrawAttention(r, 0, ov, AttentionOptions{Top: -1, NoLegend: !legend, Heat: HeatOptions{Opacity: 1}})
					if err != nil {
						t.Fatal(err)
					}
					checkOnlyPatch(t, pic, ov, r.Levels[0].Patches[8])
				})
			}
		}
	}
}

func checkOnlyPatch(t *testing.T, pic *Picture, ov *Overview, p result.Patch) {
	t.Helper()
	if pic.Slide.Size() != ov.Image.Rect.Size() || !pic.Slide.In(pic.Image.Rect) {
		t.Fatalf("slide at %v of %v, overview %v", pic.Slide, pic.Image.Rect, ov.Image.Rect)
	}
	sx, sy := ov.Area.Width/float64(pic.Slide.Dx()), ov.Area.Height/float64(pic.Slide.Dy())
	changed := image.Rectangle{}
	for y := range pic.Slide.Dy() {
		for x := range pic.Slide.Dx() {
			if pic.Image.RGBAAt(pic.Slide.Min.X+x, pic.Slide.Min.Y+y) != ov.Image.RGBAAt(x, y) {
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	want := [4]float64{(p.X - ov.Area.X) / sx, (p.Y - ov.Area.Y) / sy, (p.X + p.Size - ov.Area.X) / sx, (p.Y + p.Height - ov.Area.Y) / sy}
	got := [4]int{changed.Min.X, changed.Min.Y, changed.Max.X, changed.Max.Y}
	for i := range want {
		if d := math.Abs(float64(got[i]) - want[i]); d >= 1 {
			t.Errorf("changed %v, want %v", got, want)
		}
	}
}

func TestMarksStayWithinTheirPatches(t *testing.T) {
	level := oneHot(0, 0, 100, 3, 4)
	level.Patches[4].Selected, level.Patches[4].ZoomAttention = true, 1
	s := result.Slide{Path: "a.svs", Width: 300, Height: 300}
	r := &result.Result{Version: result.Version, Slide: s, Levels: []result.Level{level}}
	ov, err := ReadOverview(t.Context(), painted{300, 300, white}, s, 300)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ov.Image.Pix {
		ov.Image.Pix[i] = 128
	}
	draw.Draw(ov.Image, ov.Image.Rect, image.NewUniform(color.RGBA{128, 100, 128, 255}), image.Point{}, draw.Src)
	marked, err := DrawAttention(r, 0, ov, AttentionOptions{NoLegend: true})
	if err != nil {
		t.Fatal(err)
	}
	bare, err := DrawAttention(r, 0, ov, AttentionOptions{NoLegend: true, NoMarks: true})
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for y := range 300 {
		for x := range 300 {
			if marked.Image.RGBAAt(x, y) == bare.Image.RGBAAt(x, y) {
				continue
			}
			differ++
			if !image.Pt(x, y).In(image.Rect(100, 100, 200, 200)) {
				t.Fatalf("pixel %d, %d is marked, outside the patch", x, y)
			}
			if image.Pt(x, y).In(image.Rect(110, 110, 190, 190)) {
				t.Fatalf("pixel %d, %d is marked, deep inside the patch", x, y)
			}
		}
	}
	if differ < 400 {
		t.Errorf("%d pixels of the outline", differ)
	}
}
