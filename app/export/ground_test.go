package export

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"zoomscope/assets"
	"zoomscope/engine/result"
)

// pixels is an overview made of runs of colours.
func pixels(runs map[color.RGBA]int) *Overview {
	n := 0
	for _, k := range runs {
		n += k
	}
	ov := &Overview{Image: image.NewRGBA(image.Rect(0, 0, n, 1)), Area: result.Rect{Width: float64(n), Height: 1}}
	x := 0
	for c, k := range runs {
		for range k {
			ov.Image.SetRGBA(x, 0, c)
			x++
		}
	}
	return ov
}

func TestGround(t *testing.T) {
	glass, stain, pen := color.RGBA{244, 243, 245, 255}, color.RGBA{120, 60, 160, 255}, color.RGBA{10, 10, 12, 255}
	black, signal := color.RGBA{2, 2, 4, 255}, color.RGBA{0, 0, 220, 255}
	usual := groundOf(pixels(nil))
	for name, c := range map[string]struct {
		runs map[color.RGBA]int
		want ground
	}{
		"stained":                  {map[color.RGBA]int{glass: 60, stain: 40}, ground{glass, stain, Over}},
		"pen is not glass":         {map[color.RGBA]int{glass: 60, stain: 20, pen: 20}, ground{glass, stain, Over}},
		"tissue to the edges":      {map[color.RGBA]int{stain: 95, pen: 5}, ground{usual.glass, stain, Over}},
		"blank":                    {map[color.RGBA]int{glass: 10}, ground{glass, usual.tissue, Over}},
		"fluorescence":             {map[color.RGBA]int{black: 80, signal: 20}, ground{black, signal, Screen}},
		"fluorescence, no colours": {map[color.RGBA]int{black: 100}, ground{black, color.RGBA{150, 150, 150, 255}, Screen}},
	} {
		if got := groundOf(pixels(c.runs)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestScreen compares lay with the rule it follows, pixel by pixel, and wants
// faint red on black to stay visible where paint would cover it.
func TestScreen(t *testing.T) {
	level := oneHot(0, 0, 10, 2, 3)
	h := defaultHeat(level)
	layer := image.NewRGBA(image.Rect(0, 0, 20, 20))
	h.Draw(layer, result.Rect{Width: 20, Height: 20})
	dst := image.NewRGBA(image.Rect(0, 0, 30, 30))
	for i := range dst.Pix {
		dst.Pix[i] = uint8(i * 7)
	}
	before := append([]uint8(nil), dst.Pix...)
	lay(dst, image.Rect(5, 6, 25, 26), layer, Screen)
	for y := range 30 {
		for x := range 30 {
			for k := range 4 {
				i := dst.PixOffset(x, y) + k
				want := float64(before[i])
				if image.Pt(x, y).In(image.Rect(5, 6, 25, 26)) && k < 3 {
					s := float64(layer.Pix[layer.PixOffset(x-5, y-6)+k])
					want = 255 * (1 - (1-want/255)*(1-s/255))
				}
				if math.Abs(float64(dst.Pix[i])-want) > 1 {
					t.Fatalf("pixel %d, %d channel %d: %d, want %.1f", x, y, k, dst.Pix[i], want)
				}
			}
		}
	}
	for place := 0.1; place < 0.9; place += 0.1 {
		shade := h.shade(place)
		if kept, painted := 1-Screen.hides(shade, 0), 1-Over.hides(shade, 0); kept < painted || kept < 0.55 {
			t.Errorf("at %.1f, %.2f of red signal is left, %.2f under paint", place, kept, painted)
		}
	}
}

// TestDarkSlidesAreScreened wants the picture of a dark slide to say so.
func TestDarkSlidesAreScreened(t *testing.T) {
	s := result.Slide{Path: "a.ndpi", Width: 300, Height: 300}
	r := &result.Result{Version: result.Version, Slide: s, Levels: []result.Level{oneHot(0, 0, 100, 3, 4)}}
	for want, ink := range map[Blend]color.RGBA{Screen: {0, 0, 0, 255}, Over: {255, 255, 255, 255}} {
		reader := painted{300, 300, func(float64, float64) color.RGBA { return ink }}
		ov, err := ReadOverview(t.Context(), reader, s, 300)
		if err != nil {
			t.Fatal(err)
		}
		pic, err := DrawAttention(r, 0, ov, AttentionOptions{NoLegend: true, NoMarks: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := describe("x", r.Levels[0], pic).Blend; got != want {
			t.Errorf("on %v: %s, want %s", ink, got, want)
		}
	}
}

// TestDashesShowOnAnyGround wants dark and light pixels, and none outside.
func TestDashesShowOnAnyGround(t *testing.T) {
	for _, ink := range []color.RGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {200, 120, 170, 255}} {
		p := newPage(60, 60, nil)
		p.fill(box{0, 0, 60, 60}, ink)
		p.dash(box{10, 10, 50, 50}, 2)
		count := map[color.RGBA]int{}
		for y := range 60 {
			for x := range 60 {
				on := image.Pt(x, y).In(image.Rect(10, 10, 50, 50)) && !image.Pt(x, y).In(image.Rect(12, 12, 48, 48))
				if c := p.RGBAAt(x, y); on {
					count[c]++
				} else if c != ink {
					t.Fatalf("on %v: pixel %d, %d is %v", ink, x, y, c)
				}
			}
		}
		if count[assets.Marker()] < 100 || count[assets.Halo()] < 100 {
			t.Errorf("on %v: %v", ink, count)
		}
	}
}

// TestBeyondHatchesOnlyWhatIsNoSlide covers patches over every edge.
func TestBeyondHatchesOnlyWhatIsNoSlide(t *testing.T) {
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	s := result.Slide{Width: 1000, Height: 800}
	for name, at := range map[string]image.Point{
		"within": {100, 100}, "right": {900, 100}, "below": {100, 700}, "corner": {872, 672},
		"left above": {-128, -64}, "wholly": {1000, 100},
	} {
		p := newPage(256, 256, set)
		patch := result.Patch{X: float64(at.X), Y: float64(at.Y), Size: 256, Height: 256}
		slide := p.beyond(p.Rect, patch, s)
		hatched := image.NewRGBA(p.Rect)
		copy(hatched.Pix, p.Pix)
		p.sayBeyond(p.Rect, slide)
		for y := range 256 {
			for x := range 256 {
				isSlide := at.Add(image.Pt(x, y)).In(image.Rect(0, 0, 1000, 800))
				if touched := hatched.RGBAAt(x, y) != (color.RGBA{255, 255, 255, 255}); touched == isSlide {
					t.Fatalf("%s: pixel %d, %d is slide: %v, is hatched: %v", name, x, y, isSlide, touched)
				}
				if isSlide && p.RGBAAt(x, y) != hatched.RGBAAt(x, y) {
					t.Fatalf("%s: words on the slide at %d, %d", name, x, y)
				}
			}
		}
	}
}

func TestUnseenText(t *testing.T) {
	level := result.Level{Patches: []result.Patch{
		{Size: 10, Height: 10, Attention: 0.5}, {X: 95, Size: 10, Height: 10, Attention: 0.2}, {X: 100, Size: 10, Height: 10, Attention: 0.3},
	}}
	h := defaultHeat(level)
	if got := unseenText(h, result.Rect{Width: 100, Height: 10}); !strings.Contains(got, "1 patch ") || !strings.Contains(got, "30.0 %") {
		t.Errorf("%q", got)
	}
	if got := unseenText(h, result.Rect{Width: 101, Height: 10}); got != "" {
		t.Errorf("all are seen: %q", got)
	}
}

// TestPicksNotSeen wants outlines that lie beyond the picture to be counted.
func TestPicksNotSeen(t *testing.T) {
	level := result.Level{Patches: []result.Patch{
		{Size: 10, Height: 10, Attention: 0.5}, {X: 100, Size: 10, Height: 10, Attention: 0.5},
	}}
	for width, want := range map[float64]string{100: "2 patches with the most attention; 1 not seen here", 110: "2 patches with the most attention"} {
		if got := picksText(level, 2, result.Rect{Width: width, Height: 10}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLongClassesStayApart wants class names that differ in the middle alone to
// be told apart in the legend.
func TestLongClassesStayApart(t *testing.T) {
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	s := style{size: 14}
	one := set.lines("invasive carcinoma of no special type, grade 1 with a lymphovascular component", 240, 3, s)
	two := set.lines("invasive carcinoma of no special type, grade 2 with a lymphovascular component", 240, 3, s)
	if strings.Join(one, " ") == strings.Join(two, " ") || len(one) > 3 {
		t.Errorf("%q and %q", one, two)
	}
	for _, line := range set.lines(strings.Repeat("long name ", 40), 240, 3, s) {
		if set.width(line, s) > 240 {
			t.Errorf("%q is too wide", line)
		}
	}
}

func TestEvenShareOnTheScale(t *testing.T) {
	level := result.Level{Patches: []result.Patch{{Attention: 0.1}, {Attention: 0.2}, {Attention: 0.7}}}
	if at, ok := defaultHeat(level).Even(); !ok || math.Abs(at-(1.0/3-0.1)/0.6) > 1e-12 {
		t.Errorf("even share at %v, %v", at, ok)
	}
	if _, ok := defaultHeat(result.Level{Patches: level.Patches[:1]}).Even(); ok {
		t.Error("one patch has an even share")
	}
	part := defaultHeat(result.Level{Patches: []result.Patch{{Attention: 0.1}, {Attention: 0.3}}}) // of 1 in all levels
	if at, ok := part.Even(); !ok || math.Abs(at-0.5) > 1e-12 || math.Abs(part.EvenShare()-0.2) > 1e-12 {
		t.Errorf("even share %v at %v, %v", part.EvenShare(), at, ok)
	}
}

func TestChance(t *testing.T) {
	for v, want := range map[float64]string{0: "0 %", 0.004: "< 1 %", 0.01: "1 %", 0.5: "50 %", 0.99: "99 %", 0.9996: "> 99 %", 1: "100 %"} {
		if got := chance(v); got != want {
			t.Errorf("chance(%v) = %q, want %q", v, got, want)
		}
	}
}

// TestLinksLeaveFromWithinThePicture wants the line from a patch that runs over
// the slide's edge to start on the slide.
func TestLinksLeaveFromWithinThePicture(t *testing.T) {
	clip := image.Rect(10, 10, 110, 110)
	for _, b := range []box{{20, 20, 30, 30}, {90, 90, 150, 150}, {-20, 50, 40, 70}, {120, 120, 130, 130}} {
		c := b.cut(clip)
		if c.x0 < 10 || c.y0 < 10 || c.x1 > 110 || c.y1 > 110 || c.x1 < c.x0 || c.y1 < c.y0 {
			t.Errorf("%v cut to %v", b, c)
		}
		if y := leave(c, clip); y < 10 || y > 110 {
			t.Errorf("%v leaves at %v", b, y)
		}
	}
}

// TestSheetsRepeatWarnings wants pictures that show patches to carry the
// analysis' warnings: each adds to what stands under them.
func TestSheetsRepeatWarnings(t *testing.T) {
	r, _ := small(t)
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	heights := func() [2]int {
		c := &contact{r: r, level: r.Levels[0], side: 256, text: 16}
		return [2]int{c.footer(set, 800).height, (&zoomPath{r: r}).footer(set, 800).height}
	}
	r.Warnings = nil
	without := heights()
	r.Warnings = []string{"the patches at 20x are enlarged"}
	if with := heights(); with[0] <= without[0] || with[1] <= without[1] {
		t.Errorf("heights %v with a warning, %v without", with, without)
	}
}
