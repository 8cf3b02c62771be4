package openslide

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"zoomscope/slideio"
	"zoomscope/slideio/internal/tifftiles"
	"zoomscope/slideio/slidetest"
	"zoomscope/slideio/tiff"
)

// libraryAlone is the driver without its own reading of tiles.
func libraryAlone(t testing.TB) *Driver {
	t.Helper()
	d := loaded(t)
	d.tiles = nil
	return d
}

func openWith(t testing.TB, d *Driver, path string) *slide {
	t.Helper()
	s, err := d.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*slide)
}

// blots is a picture of round blots of all colours, with noise and sharp edges.
type blots struct{ w, h int }

func (b blots) Size() (w, h int) { return b.w, b.h }

func (b blots) Draw(_ context.Context, dst *image.RGBA, x0, y0 int) error {
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			px := dst.Pix[y*dst.Stride+4*x:][:4]
			fx, fy := float64(x0+x), float64(y0+y)
			v := math.Sin(fx/17) + math.Cos(fy/23)
			noise := uint32(x0+x)*2654435761 ^ uint32(y0+y)*40503
			px[0] = byte(150 + 50*v + float64(noise>>28))
			px[1] = byte(110 + 50*math.Sin(fx*fy/9000) + float64(noise>>27&15))
			px[2], px[3] = byte(190-30*v), 255
			if v > 1.2 {
				px[0], px[1], px[2] = 60, 20, 140
			}
		}
	}
	return nil
}

// written writes a slide of four-to-one levels, JPEG with chroma halved both ways.
func written(t testing.TB, w, h int, enc tiff.Encoding) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slide.tiff")
	err := tiff.WritePyramid(t.Context(), path, blots{w, h}, tiff.PyramidOptions{Encoding: enc, Factor: 4})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// plain are slides that are read without the library, every level of them.
func plain(t *testing.T) map[string]string {
	t.Helper()
	aperio := tiff.Encoding{Aperio: true, MPPX: 0.5, MPPY: 0.5}
	big := aperio
	big.BigTIFF = true
	return map[string]string{
		"aperio":       written(t, 1024, 768, aperio),
		"big aperio":   written(t, 1024, 512, big),
		"generic":      written(t, 512, 512, tiff.Encoding{TileSize: 128, Quality: 60}),
		"uneven sizes": written(t, 1001, 750, tiff.Encoding{TileSize: 240, BigTIFF: true}),
	}
}

func TestDirectConformance(t *testing.T) {
	for name, path := range plain(t) {
		for kind, d := range map[string]*Driver{"direct": loaded(t), "library": libraryAlone(t)} {
			t.Run(name+" "+kind, func(t *testing.T) {
				slidetest.Run(t, func(t *testing.T) slideio.Slide {
					s, err := d.Open(t.Context(), path)
					if err != nil {
						t.Fatal(err)
					}
					if (s.(*slide).direct != nil) != (kind == "direct") {
						t.Error("read the other way")
					}
					return s
				})
			})
		}
	}
}

// TestDirectPixels compares levels with the library's pixels, where those lie on
// whole pixels. The difference is the rounding of two inverse DCTs.
func TestDirectPixels(t *testing.T) {
	for name, path := range plain(t) {
		t.Run(name, func(t *testing.T) { compareLevels(t, path) })
	}
	for _, name := range []string{"CMU-1-Small-Region.svs", "derived-CMU-1-Small-Region-3level.svs", "tiny/small.svs"} {
		t.Run(name, func(t *testing.T) { compareLevels(t, sample(t, name)) })
	}
}

func compareLevels(t *testing.T, path string) {
	got, want := openWith(t, loaded(t), path), openWith(t, libraryAlone(t), path)
	if got.direct == nil || want.direct != nil {
		t.Fatal("read the other way")
	}
	for level, l := range got.info.Levels {
		if got.direct.level(level) == nil {
			t.Errorf("level %d is not read directly", level)
		}
		if got.scale[level] != math.Round(got.scale[level]) {
			continue
		}
		r := image.Rect(0, 0, min(l.Width, 1000), min(l.Height, 1000))
		compare(t, level, pixels(t, got, level, r), pixels(t, want, level, r))
	}
	if got.direct.served.Load() == 0 || got.direct.left.Load() != 0 {
		t.Errorf("%d blocks read directly, %d parts left to the library", got.direct.served.Load(), got.direct.left.Load())
	}
}

func pixels(t *testing.T, s slideio.Slide, level int, r image.Rectangle) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rectangle{Max: r.Size()})
	if err := s.ReadRegion(t.Context(), m, level, r.Min.X, r.Min.Y); err != nil {
		t.Fatal(err)
	}
	return m.Pix
}

func compare(t *testing.T, level int, got, want []byte) {
	t.Helper()
	sum, magnitudes, worst := 0, 0, 0
	for i := range got {
		d := int(got[i]) - int(want[i])
		sum += d
		magnitudes += max(d, -d)
		worst = max(worst, d, -d)
	}
	n := float64(len(got)) * 3 / 4
	mean, magnitude := float64(sum)/n, float64(magnitudes)/n
	t.Logf("level %d: differs by %.4f, in magnitude by %.4f, at most by %d", level, mean, magnitude, worst)
	if math.Abs(mean) > 0.01 || magnitude > 0.1 || worst > 4 {
		t.Errorf("level %d differs from the library's pixels", level)
	}
}

// TestLeftToLibrary: what is not plain is read as before.
func TestLeftToLibrary(t *testing.T) {
	cases := map[string]func(*testing.T) string{
		"deflate": func(t *testing.T) string { return written(t, 300, 200, tiff.Encoding{Compression: tiff.Deflate}) },
		"none":    func(t *testing.T) string { return written(t, 300, 200, tiff.Encoding{Compression: tiff.None}) },
	}
	for _, name := range []string{"TCGA-CR-7395-01A-01-TS1.svs", "tiny/boxes.tiff", "test3-DAPI-2-387.ndpi"} {
		cases[name] = func(t *testing.T) string { return sample(t, name) }
	}
	for name, path := range cases {
		t.Run(name, func(t *testing.T) {
			s := openWith(t, loaded(t), path(t))
			if s.direct != nil {
				t.Fatal("read directly")
			}
			pixels(t, s, 0, image.Rect(0, 0, 100, 100))
		})
	}
}

// TestDirectDamage: a damaged tile fails the reads that touch it by the library's
// word, and no others, however the slide is read.
func TestDirectDamage(t *testing.T) {
	path := written(t, 768, 512, tiff.Encoding{Aperio: true, MPPX: 0.5, MPPY: 0.5})
	damaged, bad := damagedCopy(t, path, image.Pt(1, 0))
	for kind, d := range map[string]*Driver{"direct": loaded(t), "library": libraryAlone(t)} {
		t.Run(kind, func(t *testing.T) {
			good, s := openWith(t, d, path), openWith(t, d, damaged)
			for _, r := range []image.Rectangle{image.Rect(0, 0, 256, 256), image.Rect(10, 200, 300, 400), image.Rect(200, 300, 700, 512), bad[0]} {
				m := image.NewRGBA(image.Rectangle{Max: r.Size()})
				err := s.ReadRegion(t.Context(), m, 0, r.Min.X, r.Min.Y)
				var re *slideio.RegionError
				switch {
				case r.Overlaps(bad[0]):
					if !errors.As(err, &re) || !errors.Is(err, slideio.ErrCorrupt) || re.Rect != r {
						t.Errorf("%v, damaged: %v", r, err)
					}
				case err != nil:
					t.Errorf("%v: %v", r, err)
				case !bytes.Equal(m.Pix, pixels(t, good, 0, r)):
					t.Errorf("%v differs from the sound slide", r)
				}
			}
		})
	}
}

// TestOneTileLeft has the library read a tile that the direct reader does not take.
func TestOneTileLeft(t *testing.T) {
	path := written(t, 768, 512, tiff.Encoding{})
	unusual := unusualTile(t, path)
	got, want := openWith(t, loaded(t), unusual), openWith(t, libraryAlone(t), path)
	r := image.Rect(100, 100, 700, 500)
	compare(t, 0, pixels(t, got, 0, r), pixels(t, want, 0, r))
	if got.direct.left.Load() != 1 || got.direct.served.Load() != 0 {
		t.Errorf("%d blocks read directly, %d parts left to the library", got.direct.served.Load(), got.direct.left.Load())
	}
}

// unusualTile copies a slide and puts a fill byte before the first marker of tile
// (1, 0), which is allowed and never done.
func unusualTile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	le, end := binary.LittleEndian, len(data)
	_, list := tags(data)
	offset, size := list(324)[4:], list(325)[4:]
	tile := bytes.Clone(data[le.Uint32(offset):][:le.Uint32(size)])
	le.PutUint32(offset, uint32(end))
	le.PutUint32(size, uint32(len(tile)+1))
	data = append(data, slices.Insert(tile, 2, 0xff)...)
	out := filepath.Join(t.TempDir(), "unusual.tiff")
	if err := os.WriteFile(out, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDirectClose closes slides under reads that also need the library.
func TestDirectClose(t *testing.T) {
	path := unusualTile(t, written(t, 768, 512, tiff.Encoding{}))
	d := loaded(t)
	for range 5 {
		s := openWith(t, d, path)
		var wg sync.WaitGroup
		for k := range 4 {
			wg.Go(func() {
				m := image.NewRGBA(image.Rect(0, 0, 300, 300))
				for i := range 500 {
					err := s.ReadRegion(t.Context(), m, 0, (i+k)%2*300, k*20)
					if errors.Is(err, slideio.ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	}
}

// TestDirectCancel: cancelling ends a large read between tiles.
func TestDirectCancel(t *testing.T) {
	s := openWith(t, loaded(t), written(t, 1024, 1024, tiff.Encoding{TileSize: 64}))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(2*time.Millisecond, cancel)
	for {
		err := readAll(ctx, s)
		if err == nil {
			continue
		}
		if err != context.Canceled {
			t.Errorf("error %v", err)
		}
		return
	}
}

// BenchmarkRead reads 256 x 256 pixels on whole tiles: cold, each tile long after
// it was last read; hot, always the same place. 512 is the area of level 0 that is
// read at half its resolution, of four tiles.
func BenchmarkRead(b *testing.B) {
	const size = 4096 // more tiles than the caches below hold
	path := written(b, size, size, tiff.Encoding{Aperio: true, MPPX: 0.5, MPPY: 0.5})
	for _, kind := range []string{"direct", "library"} {
		for _, side := range []int{256, 512} {
			for _, cold := range []bool{true, false} {
				name := fmt.Sprintf("%s/%d/%s", kind, side, map[bool]string{true: "cold", false: "hot"}[cold])
				b.Run(name, func(b *testing.B) {
					d := map[string]func(testing.TB) *Driver{"direct": loaded, "library": libraryAlone}[kind](b)
					if d.tiles != nil {
						d.tiles = tifftiles.NewCache(4 << 20)
					}
					s, m := openWith(b, d, path), image.NewRGBA(image.Rect(0, 0, 256, 256))
					s.handle.useSmallCache()
					b.ReportAllocs()
					for i := 0; b.Loop(); i++ {
						area := slideio.Rect{W: float64(side), H: float64(side)}
						if cold {
							area.X, area.Y = float64(i*side%size), float64(i*side/size*side%size)
						}
						if err := slideio.ReadArea(b.Context(), s, m, area); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
