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
	"strings"
	"sync"
	"testing"
	"time"

	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/slidetest"
)

func loaded(t testing.TB) *Driver {
	t.Helper()
	lib, err := Load([]string{testenv.OpenSlide(t)})
	if err != nil {
		t.Fatal(err)
	}
	return NewDriver(lib)
}

func sample(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(testenv.Data(t), "slides", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("sample slide not there: %v", err)
	}
	return path
}

func open(t testing.TB, path string) slideio.Slide {
	t.Helper()
	s, err := slideio.Open(context.Background(), path, loaded(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	for _, name := range []string{
		"CMU-1-Small-Region.svs", "TCGA-CR-7395-01A-01-TS1.svs", "derived-CMU-1-Small-Region-3level.svs",
		"test3-DAPI-2-387.ndpi", "ezwsi-multiframe.dcm", "tiny/boxes.tiff", "tiny/small.svs",
	} {
		t.Run(name, func(t *testing.T) {
			d, path := loaded(t), sample(t, name)
			needs4(t, d, path)
			slidetest.Run(t, func(t *testing.T) slideio.Slide {
				s, err := slideio.Open(t.Context(), path, d)
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}

// needs4 skips DICOM where the library is too old for it.
func needs4(t *testing.T, d *Driver, path string) {
	t.Helper()
	if strings.HasSuffix(path, ".dcm") && strings.HasPrefix(d.lib.Version(), "3.") {
		t.Skipf("OpenSlide %s reads no DICOM", d.lib.Version())
	}
}

func TestSlides(t *testing.T) {
	type size struct{ w, h int }
	ndpi := []size{{3968, 4864}, {1984, 2432}, {992, 1216}, {496, 608}, {248, 304}, {124, 152}, {62, 76}}
	cases := []struct {
		file       string
		vendor     string
		levels     []size
		mpp        float64 // 0: unknown
		power      float64
		doubts     int
		associated string
	}{
		{"CMU-1-Small-Region.svs", "aperio", []size{{2220, 2967}}, 0.499, 20, 0, "label macro thumbnail"},
		{"TCGA-CR-7395-01A-01-TS1.svs", "aperio", []size{{4443, 3567}, {2221, 1783}}, 0, 0, 0, "thumbnail"},
		{"derived-CMU-1-Small-Region-3level.svs", "aperio", []size{{2220, 2967}, {555, 742}, {139, 186}}, 0.499, 20, 0, ""},
		{"test3-DAPI-2-387.ndpi", "hamamatsu", ndpi, 0.2281750559, 40, 1, "macro"}, // 40x would be 0.25
		{"test3-TRITC-2-560.ndpi", "hamamatsu", ndpi, 0.2281750559, 40, 1, "macro"},
		{"ezwsi-multiframe.dcm", "dicom", []size{{1152, 700}}, 28.969, 0, 1, ""},                             // resampled
		{"tiny/boxes.tiff", "generic-tiff", []size{{300, 250}, {150, 125}, {75, 62}, {37, 31}}, 0, 0, 1, ""}, // 72 dots per inch
		{"tiny/boxes_0.dcm", "dicom", []size{{16, 16}}, 0.499, 20, 0, "thumbnail"},
		{"tiny/boxes_1.dcm", "dicom", []size{{16, 16}}, 0.499, 20, 0, "thumbnail"},
		{"tiny/small.svs", "aperio", []size{{16, 16}}, 0.499, 20, 0, "thumbnail"},
		{"tiny/unreadable.svs", "aperio", []size{{16, 16}}, 0.499, 20, 0, "thumbnail"},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			path := sample(t, c.file)
			needs4(t, loaded(t), path)
			in := open(t, path).Info()
			if in.Vendor != c.vendor || in.Driver != "openslide" || in.Path != path {
				t.Errorf("vendor %q, driver %q, path %q", in.Vendor, in.Driver, in.Path)
			}
			var levels []size
			for i, l := range in.Levels {
				levels = append(levels, size{l.Width, l.Height})
				if l.Downsample != math.Round(l.Downsample) || l.TileWidth == 0 || l.TileHeight == 0 {
					t.Errorf("level %d: %+v", i, l)
				}
			}
			if !slices.Equal(levels, c.levels) {
				t.Errorf("levels %v", levels)
			}
			if r := in.Resolution; math.Abs(r.X-c.mpp) > 1e-3*c.mpp || r.ObjectivePower != c.power || len(r.Doubts) != c.doubts {
				t.Errorf("resolution %+v", r)
			}
			if got := strings.Join(in.Associated, " "); got != c.associated {
				t.Errorf("associated images %q", got)
			}
			if in.Bounds != image.Rect(0, 0, in.Width(), in.Height()) {
				t.Errorf("bounds %v", in.Bounds)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.svs")
	if err := os.WriteFile(text, []byte("no slide"), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, path string
		want       error
		says       string
	}{
		{"compression unknown", sample(t, "tiny/unopenable.tiff"), slideio.ErrUnsupported, "compression"},
		{"text", text, slideio.ErrUnsupported, "not recognised"},
		{"missing", text + "x", os.ErrNotExist, "notes.svsx"},
		{"incomplete DICOM", sample(t, "tcga-xk-aaju-small.dcm"), slideio.ErrCorrupt, "image flavor"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := loaded(t)
			needs4(t, d, c.path)
			_, err := slideio.Open(t.Context(), c.path, d)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.path) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

// Every read of this slide fails; the slide stays usable for questions and ends
// with a clear error however often it is tried.
func TestUnreadableSlide(t *testing.T) {
	s := open(t, sample(t, "tiny/unreadable.svs"))
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	var last error
	for range 2 * maxReopens {
		err := s.ReadRegion(t.Context(), m, 0, 4, 4)
		var re *slideio.RegionError
		if !errors.As(err, &re) || !errors.Is(err, slideio.ErrCorrupt) {
			t.Fatal(err)
		}
		if re.Level != 0 || re.Rect != image.Rect(4, 4, 12, 12) {
			t.Fatalf("error is about level %d, %v", re.Level, re.Rect)
		}
		last = err
	}
	if !errors.Is(last, slideio.ErrGivenUp) {
		t.Errorf("in the end: %v", last)
	}
	if err := s.ReadRegion(t.Context(), m, 0, 400, 400); err != nil {
		t.Errorf("outside: %v", err)
	}
}

func TestTruncatedCopies(t *testing.T) {
	for _, name := range []string{"CMU-1-Small-Region.svs", "test3-DAPI-2-387.ndpi", "ezwsi-multiframe.dcm", "tiny/boxes.tiff"} {
		for _, share := range []float64{0.05, 0.3, 0.6, 0.99} {
			t.Run(fmt.Sprint(name, " ", share), func(t *testing.T) {
				path, d := sample(t, name), loaded(t)
				needs4(t, d, path)
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				cut := filepath.Join(t.TempDir(), filepath.Base(path))
				if err := os.WriteFile(cut, data[:int(share*float64(len(data)))], 0o644); err != nil {
					t.Fatal(err)
				}
				s, err := slideio.Open(t.Context(), cut, d)
				if err != nil {
					if !errors.Is(err, slideio.ErrCorrupt) && !errors.Is(err, slideio.ErrUnsupported) || !strings.Contains(err.Error(), cut) {
						t.Error(err)
					}
					return
				}
				defer s.Close()
				err = readAll(t.Context(), s)
				if err != nil && !errors.Is(err, slideio.ErrCorrupt) {
					t.Error(err)
				}
			})
		}
	}
}

func readAll(ctx context.Context, s slideio.Slide) error {
	l := s.Info().Levels[0]
	return s.ReadRegion(ctx, image.NewRGBA(image.Rect(0, 0, l.Width, l.Height)), 0, 0, 0)
}

// tags are the first directory of a little-endian TIFF slide, by tag.
func tags(data []byte) (value func(tag uint16) int, list func(tag uint16) []byte) {
	le := binary.LittleEndian
	entries := map[uint16][]byte{}
	ifd := data[le.Uint32(data[4:]):]
	for i := range int(le.Uint16(ifd)) {
		e := ifd[2+12*i:]
		entries[le.Uint16(e)] = e
	}
	value = func(tag uint16) int {
		if le.Uint16(entries[tag][2:]) == 3 {
			return int(le.Uint16(entries[tag][8:]))
		}
		return int(le.Uint32(entries[tag][8:]))
	}
	return value, func(tag uint16) []byte { return data[value(tag):] }
}

// damagedCopy copies a TIFF slide and spoils some of level 0's tiles. It returns
// the copy and the rectangles of these tiles.
func damagedCopy(t *testing.T, path string, tiles ...image.Point) (string, []image.Rectangle) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	value, list := tags(data)
	width, tw, th := value(256), value(322), value(323)
	var bad []image.Rectangle
	for _, at := range tiles {
		n := at.Y*((width+tw-1)/tw) + at.X
		copy(data[binary.LittleEndian.Uint32(list(324)[4*n:]):], bytes.Repeat([]byte{0}, 64))
		bad = append(bad, image.Rect(at.X*tw, at.Y*th, (at.X+1)*tw, (at.Y+1)*th))
	}
	out := filepath.Join(t.TempDir(), "damaged.svs")
	if err := os.WriteFile(out, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return out, bad
}

// One damaged tile fails the reads that touch it, and no others, whatever goes on
// beside them.
func TestDamagedTileHarmsNoOther(t *testing.T) {
	path := sample(t, "CMU-1-Small-Region.svs")
	damaged, bad := damagedCopy(t, path, image.Pt(2, 3), image.Pt(5, 7))
	good, s := open(t, path), open(t, damaged)
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 48 {
				n := (i + 12*k) % 48
				r := image.Rect(n%8*240+10, n/8*400+10, n%8*240+150, n/8*400+150)
				m, want := image.NewRGBA(image.Rect(0, 0, 140, 140)), image.NewRGBA(image.Rect(0, 0, 140, 140))
				err := s.ReadRegion(t.Context(), m, 0, r.Min.X, r.Min.Y)
				if slices.ContainsFunc(bad, r.Overlaps) {
					var re *slideio.RegionError
					if !errors.As(err, &re) || !errors.Is(err, slideio.ErrCorrupt) || re.Rect != r {
						t.Errorf("%v, damaged: %v", r, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%v: %v", r, err)
					continue
				}
				if err := good.ReadRegion(t.Context(), want, 0, r.Min.X, r.Min.Y); err != nil {
					t.Error(err)
				}
				if !bytes.Equal(m.Pix, want.Pix) {
					t.Errorf("%v differs from the sound slide", r)
				}
			}
		})
	}
	wg.Wait()
}

// A file that vanishes while it is open gives errors, not a crash.
func TestFileReplacedWhileOpen(t *testing.T) {
	damaged, bad := damagedCopy(t, sample(t, "CMU-1-Small-Region.svs"), image.Pt(1, 1))
	s := open(t, damaged)
	if err := os.Remove(damaged); err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 60, 60))
	for i := range 3 {
		err := s.ReadRegion(t.Context(), m, 0, bad[0].Min.X, bad[0].Min.Y)
		if err == nil || i > 0 && !errors.Is(err, slideio.ErrGivenUp) {
			t.Fatalf("read %d: %v", i, err)
		}
	}
}

// Cancelling ends a large read after the block under way.
func TestCancelDuringRead(t *testing.T) {
	s := open(t, sample(t, "TCGA-CR-7395-01A-01-TS1.svs"))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := readAll(ctx, s); err != nil && err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

func TestLoadWithoutLibrary(t *testing.T) {
	bogus := filepath.Join(t.TempDir(), "libopenslide.so.1")
	if err := os.WriteFile(bogus, []byte("no library"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Load([]string{"/no/such/libopenslide.so", bogus})
	if !errors.Is(err, slideio.ErrNoLibrary) || !strings.Contains(err.Error(), bogus) || !strings.Contains(err.Error(), "/no/such") {
		t.Errorf("error %v", err)
	}
	if _, err := Load(nil); !errors.Is(err, slideio.ErrNoLibrary) {
		t.Errorf("no candidates: %v", err)
	}
}

func TestHandle(t *testing.T) {
	lib := loaded(t).lib
	path := sample(t, "derived-CMU-1-Small-Region-3level.svs")
	if v := lib.DetectVendor(path); v != "aperio" {
		t.Errorf("vendor %q", v)
	}
	if v := lib.DetectVendor(os.Args[0]); v != "" {
		t.Errorf("vendor of a program: %q", v)
	}
	h, err := lib.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if w, ht := h.LargestLevelDimensions(); h.LevelCount() != 3 || w != 2220 || ht != 2967 {
		t.Errorf("%d levels, %d x %d", h.LevelCount(), w, ht)
	}
	if w, ht := h.LevelDimensions(7); w != -1 || ht != -1 || h.LevelDownsample(7) != -1 {
		t.Errorf("level 7: %d x %d, %g", w, ht, h.LevelDownsample(7))
	}
	for ds, want := range map[float64]int{0.5: 0, 3.9: 0, 5: 1, 100: 2} {
		if got := h.BestLevelForDownsample(ds); got != want {
			t.Errorf("downsample %g: level %d", ds, got)
		}
	}
	if !slices.Contains(h.PropertyNames(), "aperio.MPP") || !strings.HasPrefix(h.PropertyValue("aperio.MPP"), "0.499") || h.PropertyValue("none") != "" {
		t.Errorf("properties %q", h.PropertyNames())
	}
}

func TestWholeDownsample(t *testing.T) {
	for _, c := range []struct {
		w0, h0, w, h int
		ds, want     float64
	}{
		{46000, 32914, 11500, 8228, 4.00012, 4},
		{46000, 32914, 11500, 8229, 3.99988, 4},
		{2220, 2967, 555, 742, 3.9993, 4},
		{2220, 2967, 139, 186, 15.96, 16},
		{1000, 1000, 333, 333, 3.003, 3},
		{1000, 1000, 400, 400, 2.5, 2.5},
		{10000, 10000, 2490, 2490, 4.016, 4.016},
	} {
		got := wholeDownsample(slideio.Level{Width: c.w0, Height: c.h0}, slideio.Level{Width: c.w, Height: c.h, Downsample: c.ds})
		if got != c.want {
			t.Errorf("%+v: %g", c, got)
		}
	}
}

func TestBounds(t *testing.T) {
	full := slideio.Level{Width: 1000, Height: 800}
	prop := func(x, y, w, h string) map[string]string {
		return map[string]string{"openslide.bounds-x": x, "openslide.bounds-y": y, "openslide.bounds-width": w, "openslide.bounds-height": h}
	}
	for _, c := range []struct {
		props map[string]string
		want  image.Rectangle
	}{
		{nil, image.Rect(0, 0, 1000, 800)},
		{prop("100", "50", "300", "200"), image.Rect(100, 50, 400, 250)},
		{prop("900", "700", "300", "200"), image.Rect(900, 700, 1000, 800)},
		{prop("2000", "50", "300", "200"), image.Rect(0, 0, 1000, 800)},
		{prop("1", "1", "x", "200"), image.Rect(0, 0, 1000, 800)},
	} {
		if got := bounds(c.props, full); got != c.want {
			t.Errorf("%v: %v", c.props, got)
		}
	}
}
