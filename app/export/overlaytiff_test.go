package export

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"zoomscope/engine/result"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

// openOverlay opens a written file as a reader of slides does.
func openOverlay(t *testing.T, path string) slideio.Slide {
	t.Helper()
	s, err := slideio.Open(t.Context(), path, drivers.OpenSlide(testenv.OpenSlide(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestOverlayDownsample(t *testing.T) {
	for name, c := range map[string]struct {
		side   int
		patch  float64
		tissue bool
		want   float64
	}{
		"small patches":    {20000, 40, false, 1},
		"usual":            {20000, 256, false, 8},
		"odd":              {20000, 507.4, false, 8},
		"large slide":      {600000, 256, false, 32},
		"no patches":       {20000, 0, false, 8},
		"tissue":           {20000, 1024, true, 4},
		"tissue, odd":      {20000, 507.4, true, 2},
		"tissue, finest":   {20000, 256, true, 1},
		"tissue, too fine": {100000, 512, true, 4},
	} {
		t.Run(name, func(t *testing.T) {
			l := result.Level{}
			if c.patch > 0 {
				l.Patches = []result.Patch{{Size: c.patch + 10, Height: c.patch + 10}, {Size: c.patch, Height: c.patch}}
			}
			if got := OverlayDownsample(result.Slide{Width: c.side, Height: 100}, l, c.tissue); got != c.want {
				t.Errorf("downsample %v, want %v", got, c.want)
			}
		})
	}
}

// TestOverlayOpens reads the written file with OpenSlide: its size, its levels,
// its resolution, and the colour in the middle of every patch.
func TestOverlayOpens(t *testing.T) {
	r, _ := small(t)
	for level := range r.Levels {
		t.Run(magName(r.Levels[level].Magnification), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "overlay.tif")
			if err := WriteOverlayTIFF(t.Context(), path, r, level, HeatOptions{}, OverlayOptions{Downsample: 4}); err != nil {
				t.Fatal(err)
			}
			s := openOverlay(t, path)
			in := s.Info()
			if in.Width() != 1500 || in.Height() != 1250 || len(in.Levels) != 4 {
				t.Errorf("%d x %d in %d levels", in.Width(), in.Height(), len(in.Levels))
			}
			if x := in.Resolution.X; x < 4*0.2521 || x > 4*0.2523 {
				t.Errorf("%v micrometres per pixel", x)
			}
			heat := defaultHeat(r.Levels[level])
			for i, p := range r.Levels[level].Patches {
				x, y := int((p.X+p.Size/2)/4), int((p.Y+p.Height/2)/4)
				if x < in.Width() && y < in.Height() {
					wantPixel(t, s, x, y, heat.Color(i), 1)
				}
			}
			wantPixel(t, s, 1, 1, color.RGBA{255, 255, 255, 255}, 0)
		})
	}
}

func wantPixel(t *testing.T, s slideio.Slide, x, y int, want color.RGBA, tolerance int) {
	t.Helper()
	one := image.NewRGBA(image.Rect(0, 0, 1, 1))
	if err := s.ReadRegion(t.Context(), one, 0, x, y); err != nil {
		t.Fatal(err)
	}
	got := one.RGBAAt(0, 0)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
		if d < -tolerance || d > tolerance {
			t.Fatalf("pixel %d, %d is %v, want %v", x, y, got, want)
		}
	}
}

// TestOverlayOnTissue compares the file with the attention picture of the same size,
// drawn in one piece.
func TestOverlayOnTissue(t *testing.T) {
	r, reader := small(t)
	r.Slide.Bounds = result.Rect{} // the picture then covers what the file covers
	const down = 4
	path := filepath.Join(t.TempDir(), "overlay.tif")
	if err := WriteOverlayTIFF(t.Context(), path, r, 1, HeatOptions{Scale: Percentile}, OverlayOptions{Tissue: reader, Downsample: down, Quality: 95}); err != nil {
		t.Fatal(err)
	}
	ov, err := ReadOverview(t.Context(), reader, r.Slide, r.Slide.Width/down)
	if err != nil {
		t.Fatal(err)
	}
	pic, err := DrawAttention(r, 1, ov, AttentionOptions{Heat: HeatOptions{Scale: Percentile}, NoLegend: true, NoMarks: true})
	if err != nil {
		t.Fatal(err)
	}
	s := openOverlay(t, path)
	for _, p := range r.Levels[1].Patches {
		x, y := int((p.X+p.Size/2)/down), int((p.Y+p.Height/2)/down)
		if image.Pt(x, y).In(pic.Slide) {
			wantPixel(t, s, x, y, pic.Image.RGBAAt(x, y), 8) // JPEG
		}
	}
	wantPixel(t, s, 1300, 30, pic.Image.RGBAAt(1300, 30), 8)
}

// TestOverlayPartsMeet draws one area in one piece and in tiles.
func TestOverlayPartsMeet(t *testing.T) {
	r, _ := small(t)
	src, err := newOverlaySource(t.Context(), r, 2, HeatOptions{}, OverlayOptions{Downsample: 7.3})
	if err != nil {
		t.Fatal(err)
	}
	whole := blank(src.size.X, src.size.Y)
	if err := src.Draw(t.Context(), whole, 0, 0); err != nil {
		t.Fatal(err)
	}
	for y := 0; y < src.size.Y; y += 100 {
		for x := 0; x < src.size.X; x += 100 {
			tile := blank(min(100, src.size.X-x), min(100, src.size.Y-y))
			if err := src.Draw(t.Context(), tile, x, y); err != nil {
				t.Fatal(err)
			}
			for ty := range tile.Rect.Dy() {
				for tx := range tile.Rect.Dx() {
					if got, want := tile.RGBAAt(tx, ty), whole.RGBAAt(x+tx, y+ty); !alike(got, want) {
						t.Fatalf("pixel %d, %d is %v in a tile, %v in the whole", x+tx, y+ty, got, want)
					}
				}
			}
		}
	}
}

// blank is a white picture, as the writer of tiles hands out.
func blank(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	return img
}

// alike allows what adding in another order may round.
func alike(a, b color.RGBA) bool {
	near := func(x, y uint8) bool { return int(x)-int(y) <= 1 && int(y)-int(x) <= 1 }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B)
}

// TestPatchCells finds the same patches as looking at them all.
func TestPatchCells(t *testing.T) {
	r, _ := small(t)
	for _, side := range []float64{10, 300, 1e5} {
		for _, patches := range [][]result.Patch{r.Levels[0].Patches, r.Levels[2].Patches} {
			cells := newPatchCells(patches, side)
			for _, area := range []result.Rect{{X: 0, Y: 0, Width: 1, Height: 1}, {X: 1000, Y: 900, Width: 700, Height: 300}, {X: -500, Y: -500, Width: 9000, Height: 9000}} {
				var want []int
				for i, p := range patches {
					if inside(p, area) > 0 {
						want = append(want, i)
					}
				}
				if got := cells.in(area); !slices.Equal(got, want) {
					t.Errorf("side %v, area %v: %v, want %v", side, area, got, want)
				}
			}
		}
	}
}

func TestOverlayRefuses(t *testing.T) {
	r, reader := small(t)
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		level int
		heat  HeatOptions
		o     OverlayOptions
	}{
		"level":      {3, HeatOptions{}, OverlayOptions{}},
		"downsample": {0, HeatOptions{}, OverlayOptions{Downsample: 0.5}},
		"scale":      {0, HeatOptions{Scale: "log"}, OverlayOptions{}},
		"quality":    {0, HeatOptions{}, OverlayOptions{Quality: 101, Downsample: 50}},
		"slide":      {0, HeatOptions{}, OverlayOptions{Tissue: brokenReader{reader, broken}, Downsample: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "o.tif")
			err := WriteOverlayTIFF(t.Context(), path, r, c.level, c.heat, c.o)
			if err == nil || !strings.Contains(err.Error(), path) || strings.Count(err.Error(), path) != 1 {
				t.Errorf("error %v does not name the file once", err)
			}
			if n := tree(t, dir); n != 0 {
				t.Errorf("%d files are left", n)
			}
		})
	}
}

// brokenReader reads small areas only.
type brokenReader struct {
	AreaReader
	err error
}

func (b brokenReader) ReadArea(ctx context.Context, dst *image.RGBA, area result.Rect) error {
	if area.Width > 100 {
		return b.err
	}
	return b.AreaReader.ReadArea(ctx, dst, area)
}

// TestOverlayEnds cancels between tiles.
func TestOverlayEnds(t *testing.T) {
	r, reader := small(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var at time.Time
	err := WriteOverlayTIFF(ctx, filepath.Join(dir, "o.tif"), r, 0, HeatOptions{}, OverlayOptions{
		Tissue: reader, Downsample: 2, Progress: func(p result.Progress) {
			if p.Done == 3 {
				at = time.Now()
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(at); took > 2*time.Second {
		t.Errorf("ended %v after it was told to", took)
	}
	if n := tree(t, dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// TestOverlayInBoundedMemory writes a picture that would take 56 MB in one piece.
func TestOverlayInBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a large file")
	}
	s := result.Slide{Path: "huge.tif", Width: 60000, Height: 60000, MPP: [2]float64{0.25, 0.25}}
	r := analysed(t, painted{60000, 60000, white}, s, []float64{5, 10}, 2)
	r.Levels[0].Patches = nil
	for i := range 29 {
		r.Levels[0].Patches = append(r.Levels[0].Patches, result.Patch{X: float64(i) * 2048, Y: float64(i) * 2048, Size: 2048, Height: 2048, Parent: -1, Attention: float64(i) / 500})
	}
	path := filepath.Join(t.TempDir(), "o.tif")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, most := time.Now(), uint64(0)
	err := WriteOverlayTIFF(t.Context(), path, r, 0, HeatOptions{}, OverlayOptions{Downsample: 16, Workers: 2, Progress: func(p result.Progress) {
		if p.Done%100 == 0 {
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("3750 x 3750 pixels in %v, %d KB, at most %d MB more on the heap", time.Since(start), st.Size()>>10, most>>20)
	if most > 32<<20 {
		t.Errorf("%d MB of heap", most>>20)
	}
}
