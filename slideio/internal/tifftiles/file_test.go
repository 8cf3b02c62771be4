package tifftiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"zoomscope/slideio/tiff"
)

// slowRead decodes every tile by the image library, chroma and all, and lays it on
// a picture of the level.
func slowRead(t *testing.T, b []byte, l *Level) *image.RGBA {
	t.Helper()
	out := image.NewRGBA(image.Rect(0, 0, l.Width, l.Height))
	for i, e := range l.tiles {
		m, err := jpeg.Decode(bytes.NewReader(b[e.offset:][:e.size]))
		if err != nil {
			t.Fatal(err)
		}
		ycc := m.(*image.YCbCr)
		draw.Draw(out, l.tileRect(i), &image.RGBA{Pix: slowPaint(ycc, l.rgb), Stride: 4 * l.TileWidth, Rect: m.Bounds()}, image.Point{}, draw.Src)
	}
	return out
}

func TestRead(t *testing.T) {
	b := slide(t, 150, 101, tiff.Encoding{TileSize: 48})
	l := fromBytes(t, b, NewCache(1<<20)).levels[0]
	want := slowRead(t, b, l)
	for _, r := range []image.Rectangle{
		image.Rect(0, 0, 150, 101), image.Rect(0, 0, 48, 48), image.Rect(47, 47, 49, 49), image.Rect(149, 100, 150, 101), image.Rect(10, 3, 140, 4),
	} {
		got := image.NewRGBA(image.Rect(0, 0, r.Dx()+3, r.Dy()))
		if err := l.Read(t.Context(), got.Pix, got.Stride, r, noOther); err != nil {
			t.Fatal(err)
		}
		for y := range r.Dy() {
			row := got.Pix[y*got.Stride:][:got.Stride]
			n := 4 * r.Dx()
			if !bytes.Equal(row[:n], want.Pix[want.PixOffset(r.Min.X, r.Min.Y+y):][:n]) || !bytes.Equal(row[n:], make([]byte, 12)) {
				t.Fatalf("%v: row %d differs", r, y)
			}
		}
	}
}

// TestOtherTiles hands over what is missing, damaged or unlike the directory, and
// that alone.
func TestOtherTiles(t *testing.T) {
	good := slide(t, 96, 32, tiff.Encoding{TileSize: 32})
	tiles := fromBytes(t, good, NewCache(1<<20)).levels[0].tiles
	frame := bytes.Index(good[tiles[1].offset:], []byte{0xff, 0xc0}) + int(tiles[1].offset)
	for name, spoil := range map[string]func(b []byte, l *Level){
		"missing":        func(_ []byte, l *Level) { l.tiles[1] = extent{} },
		"one byte":       func(_ []byte, l *Level) { l.tiles[1].size = 1 },
		"cut off":        func(_ []byte, l *Level) { l.tiles[1].size -= 20 },
		"no JPEG":        func(b []byte, l *Level) { b[tiles[1].offset] = 0 },
		"other size":     func(b []byte, l *Level) { b[frame+6] = 64 },
		"huge":           func(b []byte, l *Level) { copy(b[frame+5:], "\xff\xff\xff\xff") },
		"grey":           func(b []byte, l *Level) { b[frame+9] = 1 },
		"12 bits":        func(b []byte, l *Level) { b[frame+4] = 12 },
		"subsampling":    func(b []byte, l *Level) { b[frame+11] = 0x41 },
		"progressive":    func(b []byte, l *Level) { b[frame+1] = 0xc2 },
		"arithmetic":     func(b []byte, l *Level) { b[frame+1] = 0xc9 },
		"no end":         func(b []byte, l *Level) { clear(b[tiles[1].offset+tiles[1].size-2:][:2]) },
		"file too short": func(_ []byte, l *Level) { l.file.r = bytes.NewReader(good[:tiles[1].offset+10]) },
	} {
		t.Run(name, func(t *testing.T) {
			b := bytes.Clone(good)
			l := fromBytes(t, b, NewCache(1<<20)).levels[0]
			spoil(b, l)
			var left []image.Rectangle
			err := l.Read(t.Context(), make([]byte, 4*60*20), 4*60, image.Rect(2, 5, 62, 25), func(part image.Rectangle) error {
				left = append(left, part)
				return nil
			})
			if want := image.Rect(32, 5, 62, 25); err != nil || len(left) != 1 || left[0] != want {
				t.Errorf("left %v, %v", left, err)
			}
			broken := errors.New("broken")
			err = l.Read(t.Context(), make([]byte, 4), 4, image.Rect(40, 5, 41, 6), func(image.Rectangle) error { return broken })
			if err != broken {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	l := fromBytes(t, slide(t, 96, 32, tiff.Encoding{TileSize: 32}), NewCache(1<<20)).levels[0]
	l.tiles[1] = extent{}
	ctx, cancel := context.WithCancel(t.Context())
	err := l.Read(ctx, make([]byte, 4*96*32), 4*96, image.Rect(0, 0, 96, 32), func(image.Rectangle) error { cancel(); return nil })
	if err != context.Canceled {
		t.Errorf("error %v", err)
	}
	if n := l.file.cache.tiles.Len(); n != 1 {
		t.Errorf("%d tiles decoded", n)
	}
}

// TestConcurrent reads with a cache too small for the level, while the file is
// closed under the last of the reads.
func TestConcurrent(t *testing.T) {
	b := slide(t, 160, 160, tiff.Encoding{TileSize: 32})
	cache := NewCache(5 * 4 * 32 * 32)
	f := fromBytes(t, b, cache)
	l := f.levels[0]
	want := slowRead(t, b, l)
	var readers, closer sync.WaitGroup
	for k := range 6 {
		readers.Go(func() {
			for i := range 300 {
				x, y := (i*37+k*13)%120, (i*53+k*29)%120
				got := image.NewRGBA(image.Rect(0, 0, 40, 40))
				err := l.Read(t.Context(), got.Pix, got.Stride, got.Rect.Add(image.Pt(x, y)), noOther)
				if errors.Is(err, fs.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
				}
				for row := range 40 {
					if !bytes.Equal(got.Pix[row*got.Stride:][:160], want.Pix[want.PixOffset(x, y+row):][:160]) {
						t.Errorf("(%d, %d): row %d differs", x, y, row)
						return
					}
				}
				if k == 0 && i == 150 {
					closer.Go(func() { f.Close() })
				}
			}
		})
	}
	readers.Wait()
	closer.Wait()
	if cache.used != 0 || cache.tiles.Len() != 0 {
		t.Errorf("%d bytes, %d tiles left in the cache", cache.used, cache.tiles.Len())
	}
}

func TestCacheBounds(t *testing.T) {
	b := slide(t, 160, 160, tiff.Encoding{TileSize: 32})
	const tile = 4 * 32 * 32
	for _, most := range []int64{1, tile, 3*tile + 5, 100 * tile} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			cache := NewCache(most)
			l := fromBytes(t, b, cache).levels[0]
			if err := l.Read(t.Context(), make([]byte, 4*160*160), 4*160, image.Rect(0, 0, 160, 160), noOther); err != nil {
				t.Fatal(err)
			}
			want := min(max(most/tile, 1), 25) // the tile in use is kept
			if n := int64(cache.tiles.Len()); n != want || cache.used != n*tile {
				t.Errorf("%d tiles, %d bytes", n, cache.used)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slide.tiff")
	if _, err := Open(path, NewCache(1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(path, slide(t, 40, 40, tiff.Encoding{TileSize: 32}), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, NewCache(1))
	if err != nil {
		t.Fatal(err)
	}
	l := f.Level(image.Pt(40, 40), image.Pt(32, 32))
	if err := l.Read(t.Context(), make([]byte, 4), 4, image.Rect(0, 0, 1, 1), noOther); err != nil {
		t.Error(err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Error(err)
	}
	if err := l.Read(t.Context(), make([]byte, 4), 4, image.Rect(0, 0, 1, 1), noOther); err != fs.ErrClosed {
		t.Errorf("closed: %v", err)
	}
}

func BenchmarkTile(b *testing.B) {
	l := fromBytes(b, slide(b, 1024, 1024, tiff.Encoding{}), NewCache(64<<20)).levels[0]
	pix := make([]byte, 4*256*256)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := l.decode(pix, i%16); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := l.Read(b.Context(), pix, 4*256, image.Rect(0, 0, 256, 256), noOther); err != nil {
				b.Fatal(err)
			}
		}
	})
}
