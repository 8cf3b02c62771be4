package synth

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"zoomscope/slideio/tiff"
)

// tinyMosaic is a mosaic of 3 x 3 squares with a full one in it.
func tinyMosaic(t *testing.T) *Mosaic {
	t.Helper()
	p := HugeDefaults()
	p.MPP, p.Width, p.Height, p.Evidence, p.Hints, p.Seed = 1, 2500, 2150, 1, 0, 4
	m, err := NewMosaic(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMosaicOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.tiff")
	m := tinyMosaic(t)
	if err := m.Write(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	s := throughOpenSlide(t, path)
	in := s.Info()
	if in.Width() != 2500 || in.Height() != 2150 || len(in.Levels) != 3 {
		t.Fatalf("levels %+v", in.Levels)
	}
	fine := whole(t, s, 0)
	for level := 1; level < len(in.Levels); level++ {
		l := in.Levels[level]
		reduced := image.NewRGBA(image.Rect(0, 0, l.Width, l.Height))
		tiff.Reduce(reduced, image.Point{}, fine, 1<<(2*level))
		if mean, signed, block := difference(whole(t, s, level), reduced); mean > 5 || signed > 0.5 || block > 10 {
			t.Errorf("level %d: mean difference %.2f, signed %.2f, largest block %.1f", level, mean, signed, block)
		}
	}
	if tissue := stained(whole(t, s, 2)); tissue < 0.15 || tissue > 0.8 {
		t.Errorf("tissue covers %.2f", tissue)
	}
}

// stained is the fraction of a picture that is clearly coloured.
func stained(m *image.RGBA) float64 {
	n := 0
	for i := 0; i < len(m.Pix); i += 4 {
		if int(m.Pix[i])-int(m.Pix[i+1]) > 20 {
			n++
		}
	}
	return float64(n) / float64(len(m.Pix)/4)
}

// All squares meet without a seam: along a common edge the step from one pixel to
// the next across the edge is no larger than steps within a square.
func TestSquaresMeet(t *testing.T) {
	m := tinyMosaic(t)
	across, within, n := 0, 0, 0
	for i := range m.layout {
		if i%m.cols+1 == m.cols {
			continue
		}
		left, right := m.squares[m.layout[i]], m.squares[m.layout[i+1]]
		last := m.side/tileSize - 1
		for j := range last + 1 {
			a, b := image.NewRGBA(image.Rect(0, 0, tileSize, tileSize)), image.NewRGBA(image.Rect(0, 0, tileSize, tileSize))
			m.paint(a, left, last, j)
			m.paint(b, right, 0, j)
			for y := range tileSize {
				across += step(a.RGBAAt(tileSize-1, y), b.RGBAAt(0, y))
				within += step(a.RGBAAt(tileSize-2, y), a.RGBAAt(tileSize-1, y)) + step(b.RGBAAt(0, y), b.RGBAAt(1, y))
				n++
			}
		}
	}
	t.Logf("mean step across edges %.2f, within %.2f", float64(across)/float64(n), float64(within)/float64(2*n))
	if across == 0 || float64(across) > 1.2*float64(within)/2 {
		t.Errorf("steps across edges %d, beside them %d", across, within/2)
	}
}

func step(a, b color.RGBA) int {
	return abs(int(a.R)-int(b.R)) + abs(int(a.G)-int(b.G)) + abs(int(a.B)-int(b.B))
}

func TestMosaicBytesRepeat(t *testing.T) {
	dir := t.TempDir()
	var want []byte
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(dir, name)
		if err := tinyMosaic(t).Write(t.Context(), path, nil); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = b
		}
		if !bytes.Equal(b, want) {
			t.Error("the same slide was written with other bytes")
		}
	}
}

func TestMosaicTruth(t *testing.T) {
	m, err := NewMosaic(HugeDefaults())
	if err != nil {
		t.Fatal(err)
	}
	truth := m.Truth()
	if len(truth.Evidence) != 3 || len(truth.Hints) != 9 || truth.Class != "type-a" {
		t.Errorf("%d places of evidence, %d hints, class %s", len(truth.Evidence), len(truth.Hints), truth.Class)
	}
	for _, e := range truth.Evidence {
		s := m.squares[m.layout[int(e.Y)/m.side*m.cols+int(e.X)/m.side]]
		if len(s.world.nests) != 1 || s.world.nests[0].structure != bars {
			t.Errorf("no evidence at %v", e)
		}
	}
}

func TestImpossibleMosaics(t *testing.T) {
	for name, change := range map[string]func(*HugeParams){
		"resolution": func(p *HugeParams) { p.MPP = 0.3 },
		"size":       func(p *HugeParams) { p.Width = 1 << 20 },
		"label":      func(p *HugeParams) { p.Label = 3 },
		"hints":      func(p *HugeParams) { p.Hints = -1 },
	} {
		p := HugeDefaults()
		change(&p)
		if _, err := NewMosaic(p); !errors.Is(err, ErrParams) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
