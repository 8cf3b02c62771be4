package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zoomscope/app/export"
	"zoomscope/assets"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/result"
	"zoomscope/engine/tissue"
	"zoomscope/engine/zoom"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// patch is the patch size of the alignment tests: small, so that plain Go is
// fast enough.
const patch = 32

// The colours of the slides: background, tissue, and the region that the model
// attends to.
var (
	white = color.RGBA{255, 255, 255, 255}
	pink  = color.RGBA{214, 160, 190, 255}
	red   = color.RGBA{190, 30, 60, 255}
)

// alignment is a slide with one red region, whole cells of the lowest grid.
type alignment struct {
	name           string
	shape          synth.Shape
	magnifications []float64
	region         image.Rectangle // in cells
}

var alignments = []alignment{
	{"40x", synth.Shape{Width: 1024, Height: 896, MPPX: 0.25, MPPY: 0.25}, []float64{10, 20, 40}, image.Rect(2, 1, 4, 2)},
	{"40x, bounds", synth.Shape{Width: 1300, Height: 1150, MPPX: 0.25, MPPY: 0.25, Bounds: image.Rect(133, 117, 1190, 1011)}, []float64{10, 20, 40}, image.Rect(3, 2, 5, 4)},
	{"0.2522 um", synth.Shape{Width: 1024, Height: 896, MPPX: 0.2522, MPPY: 0.2522}, []float64{10, 20, 40}, image.Rect(2, 1, 4, 2)},
	{"0.2522 um, bounds", synth.Shape{Width: 1300, Height: 1150, MPPX: 0.2522, MPPY: 0.2522, Bounds: image.Rect(133, 117, 1190, 1011)}, []float64{10, 20, 40}, image.Rect(0, 3, 2, 5)},
	{"pixels not square, bounds", synth.Shape{Width: 1024, Height: 1100, MPPX: 0.5, MPPY: 0.46, Bounds: image.Rect(11, 7, 1013, 1091)}, []float64{5, 20}, image.Rect(4, 2, 6, 3)},
	{"40x to 10x pyramid", synth.Shape{Width: 1024, Height: 768, MPPX: 0.25, MPPY: 0.25, Downsamples: []float64{1, 4}}, []float64{10, 40}, image.Rect(5, 3, 6, 5)},
	{"four magnifications, bounds", synth.Shape{Width: 1600, Height: 1300, MPPX: 1, MPPY: 1, Bounds: image.Rect(100, 50, 1500, 1250)}, []float64{1.25, 2.5, 5, 10}, image.Rect(2, 1, 3, 3)},
}

// area is the region in level-0 pixels, by the definition of a magnification.
func (a alignment) area() slideio.Rect {
	w, h := patch*10/a.magnifications[0]/a.shape.MPPX, patch*10/a.magnifications[0]/a.shape.MPPY
	return slideio.Rect{
		X: float64(a.shape.Bounds.Min.X) + float64(a.region.Min.X)*w, Y: float64(a.shape.Bounds.Min.Y) + float64(a.region.Min.Y)*h,
		W: float64(a.region.Dx()) * w, H: float64(a.region.Dy()) * h,
	}
}

// slide is pink but for the red region and, where there are bounds, white
// outside of them.
func (a alignment) slide() slideio.Slide {
	s, at := a.shape, a.area()
	if s.Downsamples == nil {
		s.Downsamples = []float64{1, 4}
	}
	return synth.NewExact("slides/aligned.svs", s, func(level, x, y int) color.RGBA {
		d := s.Downsamples[level]
		px, py := (float64(x)+0.5)*d, (float64(y)+0.5)*d
		switch {
		case at.Contains(px, py):
			return red
		case !s.Bounds.Empty() && !slideio.RectOf(s.Bounds).Contains(px, py):
			return white
		}
		return pink
	})
}

// analyze runs the engine with a model that attends to red alone. One patch
// more is zoomed into than is red, so that there are cold ones everywhere.
func (a alignment) analyze(t *testing.T) (slideio.Slide, *result.Result) {
	t.Helper()
	k, cells := []int{}, a.region.Dx()*a.region.Dy()
	for i := range a.magnifications[1:] {
		f := int(math.Round(a.magnifications[i] / a.magnifications[0]))
		k = append(k, cells*f*f+1)
	}
	e, err := zoom.NewEngine(t.Context(), zoom.Options{
		Model: redModel(t, a.magnifications, k), Encoder: meanColour(), Readers: 2,
		Place: zoom.Place{Opener: nntest.Interpreter{}, Batch: 8, Device: result.Device{Requested: "cpu", Used: "cpu"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	slide := a.slide()
	r, err := e.Analyze(t.Context(), zoom.Request{Slide: slide, Resolution: slide.Info().Resolution}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return slide, r
}

// TestAlignment takes a slide whose known region is given the highest attention
// all the way, from the pixels to the files: pictures and GeoJSON cover exactly
// that region at every magnification.
func TestAlignment(t *testing.T) {
	cases := alignments
	if underRace { // which is slow and has nothing to find here
		cases = cases[2:3]
	}
	for _, a := range cases {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			slide, r := a.analyze(t)
			for _, o := range a.options() {
				dir := t.TempDir()
				if _, err := export.Everything(t.Context(), dir, r, export.FromSlide(slide), o, nil); err != nil {
					t.Fatal(err)
				}
				t.Run(fmt.Sprintf("pictures of %d", o.MaxSide), func(t *testing.T) {
					checkPictures(t, dir, a, slide, r, o)
				})
				t.Run(fmt.Sprintf("GeoJSON %d", o.MaxSide), func(t *testing.T) {
					checkGeoJSON(t, filepath.Join(dir, "patches.geojson"), a)
				})
			}
		})
	}
}

// options are exports: one that shows the attention alone, and for the slides
// with the hardest geometry a small picture, and one with outlines as the program
// makes it.
func (a alignment) options() []export.Options {
	all := []export.Options{
		{MaxSide: 4000, Attention: export.AttentionOptions{NoMarks: true, Heat: export.HeatOptions{Opacity: 1}}},
		{MaxSide: 377, Attention: export.AttentionOptions{NoMarks: true}},
		{MaxSide: 800},
	}
	for i := range all {
		all[i].ZoomPath.Rows = 1 // drawn elsewhere
	}
	if a.shape.Bounds.Empty() || a.shape.MPPX != 0.2522 {
		return all[:1]
	}
	return all
}

// placed is a picture as pictures.json describes it.
type placed struct {
	File          string      `json:"file"`
	Magnification float64     `json:"magnification"`
	Pixels        [4]int      `json:"pixels"`
	Area          result.Rect `json:"area"`
}

func checkPictures(t *testing.T, dir string, a alignment, slide slideio.Slide, r *result.Result, o export.Options) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "pictures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Pictures []placed }
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Pictures) != len(a.magnifications) {
		t.Fatalf("%d pictures for %v", len(said.Pictures), a.magnifications)
	}
	plain, err := export.ReadOverview(t.Context(), export.FromSlide(slide), r.Slide, o.MaxSide)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range said.Pictures {
		if p.Magnification != a.magnifications[i] || p.File != fmt.Sprintf("attention-%gx.png", p.Magnification) {
			t.Errorf("picture %d is %+v", i, p)
		}
		checkPicture(t, filepath.Join(dir, p.File), p, a.area(), plain.Image, o, outlines(r, i, p, o))
	}
}

// checkPicture wants every pixel of the slide to be that of the overview with
// the hottest colour over it, by as much of the pixel as the region covers.
func checkPicture(t *testing.T, path string, p placed, region slideio.Rect, plain *image.RGBA, o export.Options, skip func(x, y int) bool) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	colours, err := assets.NewColorMap("")
	if err != nil {
		t.Fatal(err)
	}
	opacity := o.Attention.Heat.Opacity
	if opacity == 0 {
		opacity = export.DefaultOpacity
	}
	hot, checked, hotPixels := colours.At(1), 0, 0
	sx, sy := p.Area.Width/float64(p.Pixels[2]), p.Area.Height/float64(p.Pixels[3])
	for y := range p.Pixels[3] {
		for x := range p.Pixels[2] {
			pixel := slideio.Rect{X: p.Area.X + float64(x)*sx, Y: p.Area.Y + float64(y)*sy, W: sx, H: sy}
			common := pixel.Intersect(region)
			cover := opacity * common.W * common.H / (sx * sy)
			if cover > 0 {
				hotPixels++
			}
			if skip(x, y) {
				continue
			}
			checked++
			got, below := color.RGBAModel.Convert(img.At(p.Pixels[0]+x, p.Pixels[1]+y)).(color.RGBA), plain.RGBAAt(x, y)
			if want := mix(below, hot, cover); distance(got, want) > 4 {
				t.Fatalf("%s: pixel (%d, %d) of the slide, level-0 %v, covered by %.3f, is %v, want %v", p.File, x, y, pixel, cover, got, want)
			}
		}
	}
	if hotPixels == 0 || checked < p.Pixels[2]*p.Pixels[3]/3 {
		t.Errorf("%s: %d pixels were checked of %v, %d hot ones", p.File, checked, p.Pixels, hotPixels)
	}
}

// mix is colour over below, with an opacity.
func mix(below, over color.RGBA, opacity float64) color.RGBA {
	one := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-opacity) + float64(b)*opacity)) }
	return color.RGBA{one(below.R, over.R), one(below.G, over.G), one(below.B, over.B), 255}
}

// distance is the largest difference of a channel.
func distance(a, b color.RGBA) int {
	d := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B))
}

// outlines says which pixels outlines may stand on: those near the edges of the
// patches of the level and of the one below.
func outlines(r *result.Result, level int, p placed, o export.Options) func(x, y int) bool {
	if o.Attention.NoMarks {
		return func(int, int) bool { return false }
	}
	const around = 5
	near := image.NewAlpha(image.Rect(0, 0, p.Pixels[2], p.Pixels[3]))
	for _, l := range r.Levels[max(level-1, 0) : level+1] {
		for _, at := range l.Patches {
			x0, y0 := toPixel(at.X-p.Area.X, p.Area.Width, p.Pixels[2]), toPixel(at.Y-p.Area.Y, p.Area.Height, p.Pixels[3])
			x1, y1 := toPixel(at.X+at.Size-p.Area.X, p.Area.Width, p.Pixels[2]), toPixel(at.Y+at.Height-p.Area.Y, p.Area.Height, p.Pixels[3])
			for _, edge := range []image.Rectangle{
				image.Rect(x0, y0, x1, y0), image.Rect(x0, y1, x1, y1), image.Rect(x0, y0, x0, y1), image.Rect(x1, y0, x1, y1),
			} {
				band := image.Rect(edge.Min.X-around, edge.Min.Y-around, edge.Max.X+around, edge.Max.Y+around).Intersect(near.Rect)
				for y := band.Min.Y; y < band.Max.Y; y++ {
					for x := band.Min.X; x < band.Max.X; x++ {
						near.Pix[near.PixOffset(x, y)] = 1
					}
				}
			}
		}
	}
	return func(x, y int) bool { return near.Pix[near.PixOffset(x, y)] == 1 }
}

func toPixel(at, extent float64, pixels int) int {
	return int(math.Round(at / extent * float64(pixels)))
}

// checkGeoJSON wants the polygons with high attention to tile the region, counted
// from the bounds, at every magnification, and the others to lie beside it.
func checkGeoJSON(t *testing.T, path string, a alignment) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Features []struct {
			Geometry   struct{ Coordinates [1][5][2]float64 }
			Properties struct {
				Measurements map[string]float64
				Metadata     map[string]string
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	region := a.area()
	region.X -= float64(a.shape.Bounds.Min.X)
	region.Y -= float64(a.shape.Bounds.Min.Y)
	covered := map[string]float64{}
	seen := map[[2]float64]map[string]bool{}
	for _, f := range file.Features {
		ring, magnification := f.Geometry.Coordinates[0], f.Properties.Metadata["magnification"]
		at := slideio.Rect{X: ring[0][0], Y: ring[0][1], W: ring[2][0] - ring[0][0], H: ring[2][1] - ring[0][1]}
		common := at.Intersect(region)
		share, hot := common.W*common.H/(at.W*at.H), f.Properties.Measurements["attention"] > 0.5/float64(cellsAt(a, magnification))
		if hot != (share > 0.5) || share > 1e-4 && share < 1-1e-4 {
			t.Errorf("%s: the patch at %v has attention %v, and %v of it lies in the region", magnification, at, f.Properties.Measurements["attention"], share)
		}
		if hot {
			covered[magnification] += at.W * at.H
		}
		if seen[ring[0]] == nil {
			seen[ring[0]] = map[string]bool{}
		}
		if seen[ring[0]][magnification] {
			t.Errorf("%s: two patches at %v", magnification, ring[0])
		}
		seen[ring[0]][magnification] = true
	}
	for _, m := range a.magnifications {
		if got, want := covered[fmt.Sprintf("%gx", m)], region.W*region.H; math.Abs(got-want) > 1e-5*want {
			t.Errorf("%gx: the hot polygons cover %v, the region has %v", m, got, want)
		}
	}
}

// cellsAt is how many patches of a magnification the region has.
func cellsAt(a alignment, magnification string) int {
	var m float64
	fmt.Sscanf(magnification, "%gx", &m)
	f := int(math.Round(m / a.magnifications[0]))
	return a.region.Dx() * a.region.Dy() * f * f
}

// meanColour is an encoder whose features are a patch's mean red, green and
// blue, from 0 to 1.
func meanColour() zoom.EncoderKind {
	return zoom.EncoderKind{
		Card: result.Encoder{Name: "mean colour", SHA256: strings.Repeat("c0", 32), Dim: 3},
		Side: patch,
		Open: func(o nn.Opener) (zoom.Encoder, error) {
			g := nn.NewGraph("mean")
			tiles := g.Input("tiles", nn.Uint8, nn.Symbol("B"), nn.Fixed(patch), nn.Fixed(patch), nn.Fixed(3))
			g.Output("features", g.Mul(g.ReduceMean(g.Cast(tiles, nn.Float32), false, 1, 2), g.Scalar(1.0/255)))
			data, err := g.ONNX()
			if err != nil {
				return nil, err
			}
			s, err := o.Open(data)
			return colourEncoder{s}, err
		},
	}
}

type colourEncoder struct{ session nn.Session }

func (colourEncoder) SetBatch(int)   {}
func (e colourEncoder) Close() error { return e.session.Close() }

func (e colourEncoder) Encode(ctx context.Context, tiles []byte, n int, dst []float32) error {
	return e.session.Run(ctx, []*nn.Tensor{nn.U8Tensor(tiles, n, patch, patch, 3)}, []*nn.Tensor{nn.F32Tensor(dst, n, 3)})
}

// redModel attends at every magnification to patches that are redder than the
// tissue, all alike, and to no others.
func redModel(t *testing.T, magnifications []float64, k []int) *mil.Model {
	t.Helper()
	c := mil.Config{
		Name: "red", Method: mil.ZoomMIL, Classes: []string{"plain", "red"},
		Magnifications: magnifications, K: k, PatchSize: patch, Encoder: meanColour().Card,
		Tissue: tissue.Settings{Sigma: 1, Kernel: 1, Downsampling: 1, MinSize: 4, Background: 228, ThresholdingSteps: 1, DilationSteps: 1, KeepPale: true, Threshold: 0.1},
		Sizes:  mil.Sizes{Hidden: 1, Embedding: 1}, Classifier: mil.Linear, Training: mil.Training{Trained: true},
	}
	drawn, err := mil.New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]*nn.Tensor{}
	for name, p := range drawn.Params() {
		params[name] = nn.F32Tensor(redWeights(name, p.Len()), p.Shape...)
	}
	m, err := mil.Assemble(c, params)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// redWeights gives X = relu(red - green - 0.4), which is 0.23 for the region and
// 0 for all else, and scores of 30 tanh(100 X).
func redWeights(name string, n int) []float32 {
	w := make([]float32, n)
	switch {
	case strings.HasPrefix(name, "fc_") && strings.HasSuffix(name, ".weight"):
		w[0], w[1] = 1, -1
	case strings.HasPrefix(name, "fc_"):
		w[0] = -0.4
	case strings.HasSuffix(name, "attention_a.0.weight"):
		w[0] = 100
	case strings.HasSuffix(name, "attention_b.0.bias"):
		w[0] = 20 // opens the gate
	case strings.HasSuffix(name, "attention_c.weight"):
		w[0] = 30
	case name == "classify_head.weight":
		w[1] = 10
	}
	return w
}
