package zoom

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zoomscope/engine/grid"
	"zoomscope/engine/mil"
	"zoomscope/engine/nn"
	"zoomscope/engine/nn/nntest"
	"zoomscope/engine/result"
	"zoomscope/slideio"
	"zoomscope/slideio/synth"
)

// shapes are slides that the analysis must be right on, with the models for them.
var shapes = map[string]struct {
	shape          synth.Shape
	tissue         slideio.Rect
	magnifications []float64
	k              []int
}{
	"three magnifications": {
		synth.Shape{Width: 1024, Height: 768, MPPX: 0.5, MPPY: 0.5}, slideio.Rect{X: 130, Y: 60, W: 700, H: 520},
		[]float64{5, 10, 20}, []int{3, 5},
	},
	"two magnifications": {
		synth.Shape{Width: 1024, Height: 768, MPPX: 0.5, MPPY: 0.5}, slideio.Rect{X: 130, Y: 60, W: 700, H: 520},
		[]float64{10, 20}, []int{6},
	},
	"four magnifications by unequal factors": {
		synth.Shape{Width: 2048, Height: 2048, MPPX: 0.25, MPPY: 0.25}, slideio.Rect{X: 300, Y: 300, W: 1500, H: 1500},
		[]float64{2.5, 10, 20, 40}, []int{2, 3, 4},
	},
	"K beyond what there is": {
		synth.Shape{Width: 512, Height: 512, MPPX: 0.5, MPPY: 0.5}, slideio.Rect{X: 20, Y: 20, W: 300, H: 300},
		[]float64{5, 20}, []int{1000},
	},
	"resolution that is no whole factor": {
		synth.Shape{Width: 2100, Height: 1500, MPPX: 0.2522, MPPY: 0.2522}, slideio.Rect{X: 250, Y: 120, W: 1400, H: 1000},
		[]float64{5, 10, 20}, []int{3, 3},
	},
	"pixels that are not square": {
		synth.Shape{Width: 1500, Height: 1500, MPPX: 0.5, MPPY: 0.46}, slideio.Rect{X: 250, Y: 120, W: 900, H: 1000},
		[]float64{5, 10}, []int{4},
	},
	"40x to 10x pyramid": {
		synth.Shape{Width: 2048, Height: 1536, MPPX: 0.25, MPPY: 0.25, Downsamples: []float64{1, 4}}, slideio.Rect{X: 256, Y: 256, W: 1400, H: 1000},
		[]float64{5, 20}, []int{4},
	},
	"bounds": {
		synth.Shape{Width: 2000, Height: 1800, MPPX: 0.5, MPPY: 0.5, Bounds: image.Rect(317, 211, 1741, 1603)}, slideio.Rect{X: 500, Y: 300, W: 900, H: 900},
		[]float64{5, 10, 20}, []int{3, 5},
	},
}

func TestAnalyzeIsConsistent(t *testing.T) {
	for name, c := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slide := mosaic(c.shape, c.tissue)
			r := analyze(t, newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...)}), slide)
			if r.Version != result.Version || r.Notice != result.ResearchUse || r.Seed != 7 {
				t.Errorf("version %d, notice %q, seed %d", r.Version, r.Notice, r.Seed)
			}
			if len(r.Levels) != len(c.magnifications) {
				t.Fatalf("%d levels for %v", len(r.Levels), c.magnifications)
			}
			checkCounts(t, r)
			checkGrid(t, r, slide)
			for i, l := range r.Levels {
				if l.Magnification != c.magnifications[i] {
					t.Errorf("level %d is %gx, want %gx", i, l.Magnification, c.magnifications[i])
				}
				checkAttention(t, r, i)
				if i > 0 {
					checkChildren(t, r, i)
				}
			}
			if p := r.Prediction; math.Abs(p.Probabilities[0]+p.Probabilities[1]-1) > 1e-6 || len(p.Logits) != 2 {
				t.Errorf("prediction %+v", p)
			}
			if len(r.Warnings) != 0 {
				t.Errorf("warnings %q", r.Warnings)
			}
		})
	}
}

// checkCounts wants the counts that follow from the levels.
func checkCounts(t *testing.T, r *result.Result) {
	t.Helper()
	encoded, exhaustive := 0, 0
	for _, l := range r.Levels {
		encoded += len(l.Patches)
		f := l.Magnification / r.Levels[0].Magnification
		exhaustive += len(r.Levels[0].Patches) * int(math.Round(f*f))
	}
	if want := (result.Counts{Encoded: encoded, Exhaustive: exhaustive}); r.Counts != want {
		t.Errorf("counts %+v, want %+v", r.Counts, want)
	}
}

// checkGrid wants patches of the right physical size, on the grid that begins at
// the origin of the bounds.
func checkGrid(t *testing.T, r *result.Result, s slideio.Slide) {
	t.Helper()
	in := s.Info()
	for _, l := range r.Levels {
		w, h := side*10/l.Magnification/in.Resolution.X, side*10/l.Magnification/in.Resolution.Y
		for j, p := range l.Patches {
			column, row := (p.X-float64(in.Bounds.Min.X))/w, (p.Y-float64(in.Bounds.Min.Y))/h
			if math.Abs(p.Size-w) > 1e-4 || math.Abs(p.Height-h) > 1e-4 || math.Abs(column-math.Round(column)) > 1e-4 || math.Abs(row-math.Round(row)) > 1e-4 {
				t.Fatalf("%gx: patch %d %+v is not at a place of a grid of %g x %g", l.Magnification, j, p, w, h)
			}
		}
	}
}

// checkAttention wants shares of 1, and the K of the highest zoom attention
// selected, clipped to the number of patches.
func checkAttention(t *testing.T, r *result.Result, i int) {
	t.Helper()
	l, last := r.Levels[i], i == len(r.Levels)-1
	sum, zoom, selected := 0.0, 0.0, 0
	for _, p := range l.Patches {
		sum, zoom = sum+p.Attention, zoom+p.ZoomAttention
		if p.Selected {
			selected++
		}
	}
	if math.Abs(sum-1) > 1e-5 {
		t.Errorf("%gx: attention adds up to %v", l.Magnification, sum)
	}
	if last {
		if zoom != 0 || selected != 0 {
			t.Errorf("%gx is the highest, but zoom attention is %v and %d are selected", l.Magnification, zoom, selected)
		}
		return
	}
	if math.Abs(zoom-1) > 1e-5 {
		t.Errorf("%gx: zoom attention adds up to %v", l.Magnification, zoom)
	}
	order := make([]int, len(l.Patches))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(l.Patches[b].ZoomAttention, l.Patches[a].ZoomAttention)
	})
	k := min(r.Model.K[i], len(order))
	if selected != k {
		t.Errorf("%gx: %d patches selected, want %d", l.Magnification, selected, k)
	}
	for place, j := range order {
		if l.Patches[j].Selected != (place < k) {
			t.Errorf("%gx: patch %d is number %d of %d by zoom attention, selected: %v", l.Magnification, j, place+1, k, l.Patches[j].Selected)
		}
	}
}

// checkChildren wants every patch to lie in its parent, which was selected, and
// the children of a parent together, row by row.
func checkChildren(t *testing.T, r *result.Result, i int) {
	t.Helper()
	below, l := r.Levels[i-1], r.Levels[i]
	f := int(math.Round(l.Magnification / below.Magnification))
	var selected []int
	for j, p := range below.Patches {
		if p.Selected {
			selected = append(selected, j)
		}
	}
	if len(l.Patches) != len(selected)*f*f {
		t.Fatalf("%gx: %d patches below %d parents", l.Magnification, len(l.Patches), len(selected))
	}
	for j, p := range l.Patches {
		parent := selected[j/(f*f)]
		at := below.Patches[parent]
		child := j % (f * f)
		if p.Parent != parent || p.X != at.X+float64(child%f)*p.Size || p.Y != at.Y+float64(child/f)*p.Height || p.Size*float64(f) != at.Size {
			t.Fatalf("%gx: patch %d is %+v, child %d of %d %+v", l.Magnification, j, p, child, parent, at)
		}
	}
}

// The attention is that of the colours: a slow twin made of the slide's pixels.
func TestAnalyzeAttendsToTheSlide(t *testing.T) {
	c := shapes["three magnifications"]
	slide := mosaic(c.shape, slideio.Rect{X: 128, Y: 64, W: 704, H: 512})
	r := analyze(t, newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...)}), slide)
	for _, l := range r.Levels {
		scores, sum := make([]float64, len(l.Patches)), 0.0
		for j, p := range l.Patches {
			scores[j] = math.Exp(8 * math.Tanh(meanRedness(t, slide, p)))
			sum += scores[j]
		}
		for j, p := range l.Patches {
			// The slide's coarser levels and the rounding of pixels to bytes
			// allow a little.
			if want := scores[j] / sum; math.Abs(p.Attention-want) > 0.02*want {
				t.Errorf("%gx, patch %d: attention %v, want %v", l.Magnification, j, p.Attention, want)
			}
		}
	}
}

// meanRedness is max(red - green, 0) of a patch's mean colour, from level 0.
func meanRedness(t *testing.T, s slideio.Slide, p result.Patch) float64 {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, int(p.Size), int(p.Height)))
	if err := s.ReadRegion(t.Context(), img, 0, int(p.X), int(p.Y)); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i := 0; i < len(img.Pix); i += 4 {
		sum += int(img.Pix[i]) - int(img.Pix[i+1])
	}
	return max(float64(sum)/255/float64(len(img.Pix)/4), 0)
}

// Beyond the tissue pass nothing but the patches of the result is read, each once.
func TestAnalyzeReadsOnlyWhatItZoomsInto(t *testing.T) {
	for _, name := range []string{"three magnifications", "four magnifications by unequal factors"} {
		t.Run(name, func(t *testing.T) {
			c := shapes[name]
			var mu sync.Mutex
			var reads []image.Rectangle
			var tissuePixels int
			tissueDone := false
			inner := mosaic(c.shape, c.tissue)
			slide := synth.Hook(inner, func(_ context.Context, level int, area image.Rectangle) error {
				mu.Lock()
				defer mu.Unlock()
				if tissueDone {
					reads = append(reads, area)
					return nil
				}
				d := inner.Info().Levels[level].Downsample
				tissuePixels += int(float64(area.Dx()) / d * float64(area.Dy()) / d)
				return nil
			})
			e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...), Readers: 3})
			r, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slide.Info().Resolution}, func(p result.Progress) {
				if p.Stage == "finding tissue" && p.Done == 1 {
					mu.Lock()
					tissueDone = true
					mu.Unlock()
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(reads) != r.Counts.Encoded || r.Counts.Encoded*2 > r.Counts.Exhaustive {
				t.Errorf("%d reads for %d patches of %d", len(reads), r.Counts.Encoded, r.Counts.Exhaustive)
			}
			// One level may have to be read that is finer than the picture.
			if picture := c.shape.Width * c.shape.Height / 16; tissuePixels > 2*picture {
				t.Errorf("the tissue pass read %d pixels, a sixteenth of the slide is %d", tissuePixels, picture)
			}
			for _, l := range r.Levels {
				for j, p := range l.Patches {
					at := slices.IndexFunc(reads, func(read image.Rectangle) bool { return isRead(read, p) })
					if at < 0 {
						t.Fatalf("%gx: patch %d %+v was not read", l.Magnification, j, p)
					}
					reads = slices.Delete(reads, at, at+1)
				}
			}
			if len(reads) > 0 {
				t.Errorf("reads that belong to no patch: %v", reads)
			}
		})
	}
}

// isRead says whether a read is that of a patch, but for a few pixels around it.
func isRead(read image.Rectangle, p result.Patch) bool {
	const slack = 0.2
	near := func(a int, b float64) bool { return math.Abs(float64(a)-b) <= slack*p.Size }
	return near(read.Min.X, p.X) && near(read.Min.Y, p.Y) && near(read.Max.X, p.X+p.Size) && near(read.Max.Y, p.Y+p.Height)
}

// document is the JSON of a result without its wall times.
func document(t *testing.T, r *result.Result) string {
	t.Helper()
	timeless := *r
	timeless.Seconds = result.Seconds{}
	text, err := json.Marshal(timeless)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnalyzeRepeats(t *testing.T) {
	c := shapes["three magnifications"]
	want := ""
	for _, readers := range []int{1, 2, 5, 5} {
		// Reads that take unequal time come back out of order.
		slide := synth.Hook(mosaic(c.shape, c.tissue), func(_ context.Context, _ int, area image.Rectangle) error {
			time.Sleep(time.Duration(redness(area.Min.X, area.Min.Y)) * time.Microsecond)
			return nil
		})
		e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...), Readers: readers})
		for range 2 { // an engine does one slide after the other
			got := document(t, analyze(t, e, slide))
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("%d readers: another result:\n%s\nwant\n%s", readers, got, want)
			}
		}
	}
}

func TestAnalyzeWithoutTissue(t *testing.T) {
	slide := synth.Flat("white.svs", synth.Shape{Width: 640, Height: 384, MPPX: 0.5, MPPY: 0.5}, color.RGBA{255, 255, 255, 255})
	r := analyze(t, newEngine(t, Options{Model: redModel(t, []float64{5, 10}, 2)}), slide)
	if got, want := len(r.Levels[0].Patches), (640/64)*(384/64); got != want {
		t.Errorf("%d patches at the lowest magnification, want all %d", got, want)
	}
	if text := strings.Join(r.Warnings, "\n"); !strings.Contains(text, "No tissue was found") {
		t.Errorf("warnings %q do not say that there is no tissue", text)
	}
	checkAttention(t, r, 0) // equal attention everywhere: ties go to the lower index
}

// TestWarningOfEveryPatch: tissue that is spread too thin for any patch is not said to
// be missing.
func TestWarningOfEveryPatch(t *testing.T) {
	shape := synth.Shape{Width: 640, Height: 384, MPPX: 0.5, MPPY: 0.5}
	const thin = "No patch holds the 50 % tissue that the tissue settings ask for, so that every patch of the slide was read."
	for name, c := range map[string]struct {
		slide slideio.Slide
		want  string
	}{
		"none": {mosaic(shape, slideio.Rect{}), "No tissue was found, so that every patch of the slide was read."},
		"thin": {mosaic(shape, slideio.Rect{X: 64, Y: 104, W: 512, H: 48}), thin}, // patches at 5x are 64 pixels wide
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Model: redModel(t, []float64{5, 10}, 2), Encoder: meanColour()}
			r := analyze(t, newEngine(t, o), c.slide)
			if got, want := len(r.Levels[0].Patches), (640/64)*(384/64); got != want {
				t.Errorf("%d patches at the lowest magnification, want all %d", got, want)
			}
			if !slices.Equal(r.Warnings, []string{c.want}) {
				t.Errorf("warnings %q, want %q", r.Warnings, c.want)
			}
			var told []string
			req := extractRequest(t, c.slide, filepath.Join(t.TempDir(), "s.bag.safetensors"))
			req.Warn = func(w []string) { told = w }
			if _, err := newEngine(t, o).Extract(t.Context(), req, nil); err != nil || !slices.Equal(told, []string{c.want}) {
				t.Errorf("extracting tells %q, want %q; error %v", told, c.want, err)
			}
		})
	}
}

func TestAnalyzeWarns(t *testing.T) {
	c := shapes["two magnifications"]
	o := Options{Model: redModel(t, c.magnifications, c.k...), Encoder: meanColour()}
	o.Encoder.Warnings = func(m []float64) []string { return []string{fmt.Sprintf("not made for %v", m)} }
	e := newEngine(t, o)
	slide := mosaic(c.shape, c.tissue)
	resolution := slide.Info().Resolution
	resolution.Doubts = []string{"two sources disagree"}
	r, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: resolution}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"two sources disagree", "not made for [10 20]"}
	if !slices.Equal(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}

	config := o.Model.Config()
	drawn, err := mil.New(config, 3)
	if err != nil {
		t.Fatal(err)
	}
	r = analyze(t, newEngine(t, Options{Model: drawn}), slide)
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "untrained") {
		t.Errorf("warnings of an untrained model: %q", r.Warnings)
	}
}

// TestAnalyzeWarnsBeforehand: tissue of which a quarter is spread too thin to count, on
// a slide that is too coarse for the model, is told of before the first patch is
// encoded, and stands in the result.
func TestAnalyzeWarnsBeforehand(t *testing.T) {
	shape := synth.Shape{Width: 640, Height: 384, MPPX: 1, MPPY: 1}
	for name, c := range map[string]struct {
		tissue slideio.Rect // patches at 5x are 32 pixels wide; smoothing rounds its corners off
		want   []string
	}{
		"three quarters": {slideio.Rect{X: 32, Y: 72, W: 256, H: 32}, []string{"enlarged", "cover 74 % of the tissue", "less than 50 % tissue"}},
		"all of it":      {slideio.Rect{X: 32, Y: 64, W: 256, H: 64}, []string{"enlarged"}},
	} {
		t.Run(name, func(t *testing.T) {
			slide, model := mosaic(shape, c.tissue), redModel(t, []float64{5, 20}, 2)
			stage, calls := "", 0
			var told []string
			r, err := newEngine(t, Options{Model: model}).Analyze(t.Context(), Request{
				Slide: slide, Resolution: slide.Info().Resolution,
				Warn: func(w []string) {
					told = w
					calls++
					if stage != "finding tissue" {
						t.Errorf("warned at %q", stage)
					}
				},
			}, func(p result.Progress) { stage = p.Stage })
			if err != nil {
				t.Fatal(err)
			}
			if calls != 1 || !slices.Equal(told, r.Warnings) {
				t.Errorf("told %d times, %q; the result says %q", calls, told, r.Warnings)
			}
			text := strings.Join(told, " ")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q does not say %q", text, want)
				}
			}
			if strings.Contains(text, "cover") != (len(c.want) > 1) {
				t.Errorf("warnings %q", told)
			}
		})
	}
}

func TestAnalyzeTakesTheStatedResolution(t *testing.T) {
	slide := mosaic(synth.Shape{Width: 1024, Height: 768}, slideio.Rect{X: 100, Y: 100, W: 700, H: 500})
	e := newEngine(t, Options{Model: redModel(t, []float64{5, 10}, 2)})
	if _, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slide.Info().Resolution}, nil); !errors.Is(err, grid.ErrNoResolution) {
		t.Errorf("a slide without a resolution: error %v", err)
	}
	r, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slideio.Stated(20)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Slide.MPP != [2]float64{0.5, 0.5} || !strings.Contains(r.Slide.MPPSource, "user") || r.Levels[0].Patches[0].Size != 64 {
		t.Errorf("slide %+v, first patch %+v", r.Slide, r.Levels[0].Patches[0])
	}
	if slide.Info().Resolution.Known() {
		t.Error("the slide's own info was changed")
	}
}

func TestAnalyzeDamagedSlide(t *testing.T) {
	c := shapes["three magnifications"]
	intact := mosaic(c.shape, c.tissue)
	e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...), Readers: 2})
	whole := analyze(t, e, intact)
	last := whole.Levels[2].Patches[len(whole.Levels[2].Patches)/2] // half way through the last level
	for name, hook := range map[string]func(level int, area image.Rectangle) bool{
		"from the start":        func(int, image.Rectangle) bool { return true },
		"half way through":      func(_ int, area image.Rectangle) bool { return isRead(area, last) },
		"the finest level only": func(level int, _ image.Rectangle) bool { return level == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			slide := synth.Hook(intact, func(_ context.Context, level int, area image.Rectangle) error {
				if hook(level, area) {
					return slideio.ErrCorrupt
				}
				return nil
			})
			r, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slide.Info().Resolution}, nil)
			var region *slideio.RegionError
			if r != nil || !errors.As(err, &region) || !errors.Is(err, slideio.ErrCorrupt) {
				t.Fatalf("result %v, error %v", r, err)
			}
			if region.Path != "mosaic.svs" || !strings.Contains(err.Error(), "mosaic.svs") {
				t.Errorf("error %q of %q does not name the file", err, region.Path)
			}
		})
	}
	if got, want := document(t, analyze(t, e, intact)), document(t, whole); got != want {
		t.Error("after damaged slides the engine gives another result")
	}
}

func TestAnalyzeCancel(t *testing.T) {
	c := shapes["three magnifications"]
	for _, after := range []time.Duration{0, time.Second, 45 * time.Second, 3 * time.Minute} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slide := synth.Delay(mosaic(c.shape, c.tissue), 10*time.Second)
				e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...), Readers: 2})
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				start := time.Now()
				r, err := e.Analyze(ctx, Request{Slide: slide, Resolution: slide.Info().Resolution}, nil)
				if r != nil || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("result %v, error %v", r, err)
				}
				if late := time.Since(start) - after; late > time.Second {
					t.Errorf("answered %v after the cancel", late)
				}
			})
		})
	}
}

func TestProgress(t *testing.T) {
	c := shapes["three magnifications"]
	var stages []string
	last := result.Progress{}
	e := newEngine(t, Options{Model: redModel(t, c.magnifications, c.k...)})
	slide := mosaic(c.shape, c.tissue)
	_, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slide.Info().Resolution}, func(p result.Progress) {
		if p.Stage != last.Stage {
			if last.Done != last.Total {
				t.Errorf("stage %q ended at %d of %d", last.Stage, last.Done, last.Total)
			}
			stages = append(stages, p.Stage)
			last = result.Progress{}
		}
		if p.Done < last.Done || p.Done > p.Total {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"finding tissue", "encoding 5x", "encoding 10x", "encoding 20x"}; !slices.Equal(stages, want) || last.Done != last.Total {
		t.Errorf("stages %q, want %q; last %+v", stages, want, last)
	}
}

// gpu is a device that is short of memory.
func gpu(s short) Place {
	return Place{Opener: s, Batch: 8, Device: result.Device{
		Requested: "auto", Used: "webgpu", Name: "a small card", Reason: "first proven",
		Tried: []result.Attempt{{Device: "webgpu", OK: true}},
	}}
}

// without is the document without what may differ between devices.
func without(t *testing.T, r *result.Result) string {
	t.Helper()
	plain := *r
	plain.Device, plain.Warnings = result.Device{}, nil
	return document(t, &plain)
}

func TestAnalyzeOutOfMemory(t *testing.T) {
	c := shapes["three magnifications"]
	slide := mosaic(c.shape, c.tissue)
	model := redModel(t, c.magnifications, c.k...)
	want := without(t, analyze(t, newEngine(t, Options{Model: model}), slide))
	cases := map[string]struct {
		patches int
		heads   bool
		used    string
		warns   string
	}{
		"enough":                          {8, true, "webgpu", ""},
		"for a few patches":               {3, true, "webgpu", "at most 2 at a time"},
		"for one patch":                   {1, true, "webgpu", "at most 1 at a time"},
		"for none":                        {0, true, "cpu", "Ran on cpu instead of auto: webgpu ran out of memory"},
		"for patches, not for the model":  {8, false, "cpu", "Ran on cpu instead of auto: webgpu ran out of memory"},
		"for neither":                     {0, false, "cpu", "Ran on cpu instead of auto: webgpu ran out of memory"},
		"for a few, and not for the rest": {2, false, "cpu", "Ran on cpu instead of auto: webgpu ran out of memory"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			open, asked := 0, 0
			e := newEngine(t, Options{
				Model: model, Place: gpu(short{c.patches, c.heads, &open}), Readers: 2,
				CPU: func(context.Context) (Place, error) { asked++; return cpu(), nil },
			})
			for range 2 { // what was learned holds for the next slide
				r := analyze(t, e, slide)
				if got := without(t, r); got != want {
					t.Errorf("another result:\n%s\nwant\n%s", got, want)
				}
				if r.Device.Used != c.used || r.Device.Requested != "auto" {
					t.Errorf("device %+v, want %s used, auto requested", r.Device, c.used)
				}
				if c.used == "cpu" && (!strings.Contains(r.Device.Reason, "out of memory") || len(r.Device.Tried) == 0 || r.Device.Tried[0].Device != "webgpu") {
					t.Errorf("device %+v does not say why", r.Device)
				}
				if text := strings.Join(r.Warnings, "\n"); !strings.Contains(text, c.warns) || c.warns == "" && text != "" {
					t.Errorf("warnings %q, want %q", text, c.warns)
				}
			}
			if c.used == "cpu" && (asked != 1 || open != 0) {
				t.Errorf("the processor was asked for %d times; %d networks are still open on the device", asked, open)
			}
		})
	}
}

func TestAnalyzeOutOfMemoryEverywhere(t *testing.T) {
	c := shapes["two magnifications"]
	slide := mosaic(c.shape, c.tissue)
	model := redModel(t, c.magnifications, c.k...)
	for name, place := range map[string]func(context.Context) (Place, error){
		"the processor too": func(context.Context) (Place, error) {
			p := cpu()
			p.Opener = nntest.Interpreter{MaxElements: 10}
			return p, nil
		},
		"no processor": func(context.Context) (Place, error) { return Place{}, errors.New("no processor") },
		"nowhere else": nil,
	} {
		t.Run(name, func(t *testing.T) {
			open := 0
			e := newEngine(t, Options{Model: model, Place: gpu(short{0, true, &open}), CPU: place})
			for range 2 { // the next slide gets an answer too
				r, err := e.Analyze(t.Context(), Request{Slide: slide, Resolution: slide.Info().Resolution}, nil)
				if r != nil || !errors.Is(err, nn.ErrOutOfMemory) {
					t.Errorf("result %v, error %v", r, err)
				}
			}
		})
	}
}

func TestNewEngineRefuses(t *testing.T) {
	model := redModel(t, []float64{5, 10}, 2)
	other, narrow := meanColour(), meanColour()
	other.Card.SHA256 = strings.Repeat("0e", 32)
	narrow.Side = side / 2
	for name, kind := range map[string]EncoderKind{"another encoder": other, "another patch size": narrow} {
		t.Run(name, func(t *testing.T) {
			_, err := NewEngine(t.Context(), Options{Model: model, Encoder: kind, Place: cpu()})
			if !errors.Is(err, mil.ErrEncoder) || !strings.Contains(err.Error(), "mean colour") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// failing is a device that does not open the encoder, or not the model.
type failing struct {
	after int
	err   error
	*short
}

func (d *failing) Open(data []byte) (nn.Session, error) {
	if d.after--; d.after < 0 {
		return nil, d.err
	}
	return d.short.Open(data)
}

func TestNewEngineClosesWhatItOpened(t *testing.T) {
	broken := errors.New("broken")
	for after := range 4 { // the encoder, two levels, the classifier
		for _, err := range []error{broken, fmt.Errorf("device: %w", nn.ErrOutOfMemory)} {
			open := 0
			place := cpu()
			place.Opener = &failing{after, err, &short{8, true, &open}}
			o := Options{Model: redModel(t, []float64{5, 10}, 2), Encoder: meanColour(), Place: place}
			if _, got := NewEngine(t.Context(), o); !errors.Is(got, err) || open != 0 {
				t.Errorf("after %d: error %v, %d networks left open", after, got, open)
			}
			o.CPU = func(context.Context) (Place, error) { return cpu(), nil }
			e, got := NewEngine(t.Context(), o)
			if errors.Is(err, nn.ErrOutOfMemory) != (got == nil) {
				t.Errorf("after %d: error %v of %v with a processor to move to", after, got, err)
			}
			if e != nil {
				e.Close()
			}
			if open != 0 {
				t.Errorf("after %d: %d networks left open", after, open)
			}
			place.Opener.(*failing).after = after
		}
	}
}
