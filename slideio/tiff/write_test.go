package tiff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	xtiff "golang.org/x/image/tiff"
)

// memory is a file in memory.
type memory struct {
	b  []byte
	at int64
}

func (m *memory) Write(p []byte) (int, error) {
	if need := int(m.at) + len(p); need > len(m.b) {
		m.b = append(m.b, make([]byte, need-len(m.b))...)
	}
	n := copy(m.b[m.at:], p)
	m.at += int64(n)
	return n, nil
}

func (m *memory) Seek(o int64, _ int) (int64, error) { m.at = o; return o, nil }

// colourAt is a picture that changes slowly enough for JPEG, and differs at each level.
func colourAt(level, x, y int) color.RGBA {
	return color.RGBA{uint8(x * 2), uint8(y * 3), uint8(40*level + 20), 255}
}

func paint(level, col, row int) Tile {
	return Tile{Draw: func(_ context.Context, dst *image.RGBA) error {
		side := dst.Rect.Dx()
		for y := range side {
			for x := range side {
				dst.SetRGBA(x, y, colourAt(level, col*side+x, row*side+y))
			}
		}
		return nil
	}}
}

func painter(level, col, row int) (Tile, error) { return paint(level, col, row), nil }

func TestWrittenPixelsReadBack(t *testing.T) {
	for _, compression := range []Compression{JPEG, Deflate, None} {
		for _, big := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v big %v", compression, big), func(t *testing.T) {
				spec := Spec{
					Levels:   []image.Point{{70, 33}, {35, 17}, {1, 1}},
					Encoding: Encoding{TileSize: 16, Compression: compression, BigTIFF: big, Quality: 95},
				}
				var m memory
				if err := WriteTo(t.Context(), &m, spec, painter); err != nil {
					t.Fatal(err)
				}
				dirs, isBig := parse(t, m.b)
				if isBig != big || len(dirs) != 3 {
					t.Fatalf("big %v with %d directories", isBig, len(dirs))
				}
				for level, d := range dirs {
					if got := d[tagNewSubfileType][0]; got != uint64(min(level, 1)) {
						t.Errorf("level %d: subfile type %d", level, got)
					}
					comparePainted(t, d.pixels(t, m.b), level, map[Compression]int{JPEG: 12}[compression])
				}
			})
		}
	}
}

func comparePainted(t *testing.T, m *image.RGBA, level, tolerance int) {
	t.Helper()
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if got, want := m.RGBAAt(x, y), colourAt(level, x, y); far(got, want, tolerance) {
				t.Fatalf("level %d (%d, %d): %v, want %v", level, x, y, got, want)
			}
		}
	}
}

func far(a, b color.RGBA, tolerance int) bool {
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B)) > tolerance
}

func TestPlainReaderOpensLevelZero(t *testing.T) {
	for _, compression := range []Compression{Deflate, None} {
		t.Run(compression.String(), func(t *testing.T) {
			var m memory
			spec := Spec{Levels: []image.Point{{70, 33}}, Encoding: Encoding{TileSize: 32, Compression: compression}}
			if err := WriteTo(t.Context(), &m, spec, painter); err != nil {
				t.Fatal(err)
			}
			got, err := xtiff.Decode(bytes.NewReader(m.b))
			if err != nil {
				t.Fatal(err)
			}
			if got.Bounds() != image.Rect(0, 0, 70, 33) {
				t.Fatalf("bounds %v", got.Bounds())
			}
			for y := range 33 {
				for x := range 70 {
					if c := color.RGBAModel.Convert(got.At(x, y)); c != colourAt(0, x, y) {
						t.Fatalf("(%d, %d): %v", x, y, c)
					}
				}
			}
		})
	}
}

func TestTags(t *testing.T) {
	var m memory
	spec := Spec{
		Levels:   []image.Point{{512, 512}, {128, 128}},
		Encoding: Encoding{MPPX: 0.2522, MPPY: 0.25, Aperio: true, AppMag: 40, Software: "Tester"},
	}
	if err := WriteTo(t.Context(), &m, spec, painter); err != nil {
		t.Fatal(err)
	}
	dirs, _ := parse(t, m.b)
	for level, scale := range []float64{1, 4} {
		d := dirs[level]
		if x, want := d.ratio(tagXResolution), 10000/(0.2522*scale); math.Abs(x-want) > 1e-4 {
			t.Errorf("level %d: %.6f pixels per cm across, want %.6f", level, x, want)
		}
		if y, want := d.ratio(tagYResolution), 10000/(0.25*scale); math.Abs(y-want) > 1e-4 {
			t.Errorf("level %d: %.6f pixels per cm down, want %.6f", level, y, want)
		}
		if d[tagResolutionUnit][0] != 3 || d.text(tagSoftware) != "Tester" {
			t.Errorf("unit %v, software %q", d[tagResolutionUnit], d.text(tagSoftware))
		}
	}
	want := "Aperio Tester\r\n512x512 (256x256) JPEG Q=85|AppMag = 40|MPP = 0.2511"
	if got := dirs[0].text(tagDescription); got != want {
		t.Errorf("description %q, want %q", got, want)
	}
}

func TestBigTIFFWhenOutgrown(t *testing.T) {
	for _, limit := range []uint64{1 << 20, 1000} {
		spec, err := Spec{Levels: []image.Point{{64, 64}}, Encoding: Encoding{TileSize: 16}}.resolve()
		if err != nil {
			t.Fatal(err)
		}
		var m memory
		f, err := newFile(&m, spec)
		if err != nil {
			t.Fatal(err)
		}
		f.limit = limit
		w := &writing{file: f, tiles: painter, keyed: map[string]place{}}
		if err := w.level(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if err := f.finish(); err != nil {
			t.Fatal(err)
		}
		dirs, big := parse(t, m.b)
		if big != (limit == 1000) {
			t.Errorf("limit %d: big %v", limit, big)
		}
		comparePainted(t, dirs[0].pixels(t, m.b), 0, 30)
	}
}

func TestEqualTilesAreStoredOnce(t *testing.T) {
	var drawn atomic.Int32
	counted := func(tile Tile) Tile {
		draw := tile.Draw
		tile.Draw = func(ctx context.Context, dst *image.RGBA) error { drawn.Add(1); return draw(ctx, dst) }
		return tile
	}
	spec := Spec{Levels: []image.Point{{16 * 100, 16 * 30}, {16 * 10, 16 * 3}}, Encoding: Encoding{TileSize: 16}}
	write := func(keyed bool) parsed {
		drawn.Store(0)
		var m memory
		err := WriteTo(t.Context(), &m, spec, func(_, col, row int) (Tile, error) {
			tile := counted(paint(0, (col+row)%3, 0))
			if keyed {
				tile.Key = fmt.Sprint((col + row) % 3)
			}
			return tile, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		dirs, _ := parse(t, m.b)
		for i, o := range dirs[0][tagTileOffsets] {
			if first := dirs[0][tagTileOffsets][(i%100+i/100)%3]; o != first {
				t.Fatalf("tile %d stands at %d, its like at %d", i, o, first)
			}
		}
		if len(m.b) > 60000 {
			t.Errorf("file of %d bytes for three different tiles", len(m.b))
		}
		return dirs[0]
	}
	write(false)
	if n := drawn.Load(); n != 3030 {
		t.Errorf("%d tiles drawn without keys, want 3030", n)
	}
	write(true)
	if n := drawn.Load(); n != 3 {
		t.Errorf("%d tiles drawn with keys, want 3", n)
	}
}

func TestBytesDoNotDependOnWorkers(t *testing.T) {
	var want []byte
	for _, workers := range []int{1, 2, 7} {
		var m memory
		spec := Spec{Levels: []image.Point{{300, 300}, {150, 150}}, Encoding: Encoding{TileSize: 16, Workers: workers}}
		if err := WriteTo(t.Context(), &m, spec, painter); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = m.b
		}
		if !bytes.Equal(m.b, want) {
			t.Errorf("%d workers wrote other bytes", workers)
		}
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(t.Context())
	spec := Spec{Levels: []image.Point{{64, 64}}, Encoding: Encoding{TileSize: 16}}
	cases := map[string]struct {
		ctx   context.Context
		spec  Spec
		tiles TileFunc
		want  error
	}{
		"tile function": {t.Context(), spec, func(_, col, row int) (Tile, error) {
			if col == 2 && row == 3 {
				return Tile{}, broken
			}
			return paint(0, col, row), nil
		}, broken},
		"drawing": {t.Context(), spec, func(_, col, row int) (Tile, error) {
			return Tile{Draw: func(context.Context, *image.RGBA) error { return broken }}, nil
		}, broken},
		"cancelled": {cancelled, spec, func(int, int, int) (Tile, error) {
			return Tile{Draw: func(ctx context.Context, _ *image.RGBA) error { cancel(); <-ctx.Done(); return ctx.Err() }}, nil
		}, context.Canceled},
		"no levels":       {t.Context(), Spec{}, painter, ErrSpec},
		"empty level":     {t.Context(), Spec{Levels: []image.Point{{0, 5}}}, painter, ErrSpec},
		"growing level":   {t.Context(), Spec{Levels: []image.Point{{5, 5}, {6, 5}}}, painter, ErrSpec},
		"odd tiles":       {t.Context(), Spec{Levels: spec.Levels, Encoding: Encoding{TileSize: 100}}, painter, ErrSpec},
		"quality":         {t.Context(), Spec{Levels: spec.Levels, Encoding: Encoding{Quality: 101}}, painter, ErrSpec},
		"half resolution": {t.Context(), Spec{Levels: spec.Levels, Encoding: Encoding{MPPX: 1}}, painter, ErrSpec},
		"too many tiles":  {t.Context(), Spec{Levels: []image.Point{{maxSide, maxSide}}}, painter, ErrSpec},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "slide.tiff")
			err := Write(c.ctx, path, c.spec, c.tiles)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %v naming %s", err, c.want, path)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// full is a disk that fills up.
type full struct {
	memory
	room int
}

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("disk full")
	}
	return f.memory.Write(p)
}

func TestFullDisk(t *testing.T) {
	spec := Spec{Levels: []image.Point{{64, 64}}, Encoding: Encoding{TileSize: 16, Compression: None}}
	for _, room := range []int{0, 100, 5000, 16*768 + 16, 16*768 + 300} {
		f := &full{room: room}
		if err := WriteTo(t.Context(), f, spec, painter); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("room %d: error %v", room, err)
		}
	}
}

func TestProgress(t *testing.T) {
	last := 0
	spec := Spec{Levels: []image.Point{{64, 64}, {32, 32}}, Encoding: Encoding{TileSize: 16}}
	spec.Progress = func(done, total int) {
		if done <= last || total != 20 {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	}
	var m memory
	if err := WriteTo(t.Context(), &m, spec, painter); err != nil {
		t.Fatal(err)
	}
	if last != 20 {
		t.Errorf("ended at %d", last)
	}
}

func TestRational(t *testing.T) {
	for _, v := range []float64{39651.07, 40000, 1e-3, 1, 123456789, 4e9} {
		e := rational(tagXResolution, v)
		got := float64(e.values[0]>>32) / float64(e.values[0]&0xffffffff)
		if math.Abs(got-v) > v*1e-6 {
			t.Errorf("%g became %g", v, got)
		}
	}
}
