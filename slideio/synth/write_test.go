package synth

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
	"zoomscope/slideio/tiff"
)

// throughOpenSlide opens a file with the real library.
func throughOpenSlide(t *testing.T, path string) slideio.Slide {
	t.Helper()
	s, err := drivers.OpenSlide(testenv.OpenSlide(t)).Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestOpenSlideReadsWhatWasDrawn(t *testing.T) {
	for name, change := range map[string]func(*Params){
		"quarters": func(*Params) {},
		"halves":   func(p *Params) { p.Downsamples = []float64{1, 2, 4} },
		"bounds":   func(p *Params) { p.Bounds = image.Rect(300, 212, 1000, 900) },
		"one":      func(p *Params) { p.Downsamples = []float64{1}; p.Width, p.Height, p.MPP = 700, 300, 0.2522 },
	} {
		t.Run(name, func(t *testing.T) {
			p := little(60, 1)
			change(&p)
			path := filepath.Join(t.TempDir(), "slide.tiff")
			if err := Write(t.Context(), path, p, nil); err != nil {
				t.Fatal(err)
			}
			drawn, stored := newSlide(t, p), throughOpenSlide(t, path)
			in, want := stored.Info(), drawn.Info()
			if r := in.Resolution; r.X < p.MPP*0.9999 || r.X > p.MPP*1.0001 || r.ObjectivePower != want.Resolution.ObjectivePower {
				t.Errorf("resolution %+v", r)
			}
			if len(in.Levels) != len(want.Levels) {
				t.Fatalf("%d levels, want %d", len(in.Levels), len(want.Levels))
			}
			for level := range in.Levels {
				got, drawn := whole(t, stored, level), whole(t, drawn, level)
				if got.Rect != drawn.Rect {
					t.Fatalf("level %d: %v, want %v", level, got.Rect, drawn.Rect)
				}
				if mean, signed, block := difference(got, drawn); mean > 8 || signed > 1 || block > 12 {
					t.Errorf("level %d: mean difference %.1f, signed %.1f, largest block %.1f", level, mean, signed, block)
				}
			}
		})
	}
}

func TestExactSlideOnDisk(t *testing.T) {
	shape := Shape{Width: 1030, Height: 517, MPPX: 0.2522, MPPY: 0.2522}
	for _, compression := range []tiff.Compression{tiff.Deflate, tiff.None} {
		path := filepath.Join(t.TempDir(), "positions.tiff")
		s := Positions("positions", shape)
		opts := tiff.PyramidOptions{Encoding: tiff.Encoding{Compression: compression, MPPX: 0.2522, MPPY: 0.2522}}
		if err := tiff.WritePyramid(t.Context(), path, tiff.FromSlide(s, 0), opts); err != nil {
			t.Fatal(err)
		}
		if got := whole(t, throughOpenSlide(t, path), 0); !bytes.Equal(got.Pix, whole(t, s, 0).Pix) {
			t.Errorf("%v: OpenSlide reads other pixels than were written", compression)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slide.tiff")
	uneven := little(1, 0)
	uneven.Downsamples = []float64{1, 4, 10}
	for _, p := range []Params{uneven, {}} {
		if err := Write(t.Context(), path, p, nil); !errors.Is(err, ErrParams) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, path, little(1, 0), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was left")
	}
}

func TestTruth(t *testing.T) {
	p := little(61, 2)
	p.Width, p.Height, p.Hints, p.Evidence = 4096, 4096, 3, 2
	truth := newSlide(t, p).Truth()
	if truth.Class != "type-b" || len(truth.Hints) != 3 || len(truth.Evidence) != 2 {
		t.Fatalf("truth %+v", truth)
	}
	p.Label = 0
	if n := newSlide(t, p).Truth(); len(n.Evidence) != 0 || len(n.Hints) != 3 {
		t.Errorf("a normal slide's truth: %+v", n)
	}
	e := truth.Evidence[0]
	if v := truth.Overlap(slideio.Rect{X: e.X - 4, Y: e.Y - 4, W: 8, H: 8}); v != 1 {
		t.Errorf("overlap at the heart %g", v)
	}
	if v := truth.Overlap(e.Rect()); v < 0.77 || v > 0.8 {
		t.Errorf("a disc covers %g of its square", v)
	}
	var again Truth
	text, err := truth.JSON()
	if err != nil || json.Unmarshal(text, &again) != nil || again.Evidence[1] != truth.Evidence[1] {
		t.Errorf("JSON %s: %v", text, err)
	}
}

func TestMask(t *testing.T) {
	truth := newTruth(1, 1000, 605, 0.5)
	truth.Evidence = []Disc{{300, 200, 100}, {990, 600, 50}}
	for _, d := range []int{1, 7, 16} {
		data, err := truth.MaskPNG(d)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if want := image.Rect(0, 0, (1000+d-1)/d, (605+d-1)/d); m.Bounds() != want {
			t.Fatalf("mask of %v, want %v", m.Bounds(), want)
		}
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				X, Y := (float64(x)+0.5)*float64(d), (float64(y)+0.5)*float64(d)
				want := truth.Evidence[0].Contains(X, Y) || truth.Evidence[1].Contains(X, Y)
				if got := m.(*image.Gray).GrayAt(x, y).Y; (got == 255) != want || got != 0 && got != 255 {
					t.Fatalf("downsample %d (%d, %d): %d, want evidence %v", d, x, y, got, want)
				}
			}
		}
	}
}

func TestCohort(t *testing.T) {
	cases := Cohort(60, 7, Defaults())
	if !slices.Equal(ids(cases), ids(Cohort(60, 7, Defaults()))) || cases[5].Params.Seed == Cohort(60, 8, Defaults())[5].Params.Seed {
		t.Error("a cohort depends on more or less than its seed")
	}
	count := map[int]int{}
	perSplit := map[string]int{}
	patients := map[string]Case{}
	for _, c := range cases {
		count[c.Params.Label]++
		perSplit[c.Split]++
		if err := c.Params.check(); err != nil {
			t.Error(err)
		}
		if c.Params.Width%tileSize != 0 || c.Params.Height%tileSize != 0 {
			t.Errorf("%s: %d x %d", c.ID, c.Params.Width, c.Params.Height)
		}
		if first, ok := patients[c.Patient]; ok && (first.Split != c.Split || first.Params.Label != c.Params.Label) {
			t.Errorf("patient %s is torn apart", c.Patient)
		}
		patients[c.Patient] = c
	}
	if count[0] != 20 || count[1] != 20 || count[2] != 20 {
		t.Errorf("labels %v", count)
	}
	if perSplit["train"] < 24 || perSplit["val"] < 6 || perSplit["test"] < 6 || len(patients) < 35 || len(patients) > 58 {
		t.Errorf("splits %v of %d patients", perSplit, len(patients))
	}
}

func ids(cases []Case) []string {
	var out []string
	for _, c := range cases {
		out = append(out, c.ID+c.Patient+c.Split)
	}
	return out
}

func TestWriteCohort(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	base := little(0, 0)
	base.Width, base.Height = 768, 768
	cases := Cohort(3, 5, base)
	last, total := 0, 0
	if err := WriteCohort(t.Context(), dir, cases, func(d, n int) { last, total = d, n }); err != nil {
		t.Fatal(err)
	}
	if last != total || total == 0 {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	f, err := os.Open(filepath.Join(dir, "slides.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 4 || !slices.Equal(rows[0], []string{"slide", "label", "patient", "split"}) {
		t.Fatalf("table %v: %v", rows, err)
	}
	for i, row := range rows[1:] {
		if row[1] != Classes[i] {
			t.Errorf("row %v", row)
		}
		for _, name := range []string{row[0], "truth/" + cases[i].ID + ".json", "truth/" + cases[i].ID + ".png"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
	var written []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			written = append(written, path)
		}
		return err
	})
	if listed := slices.Sorted(slices.Values(CohortFiles(dir, cases))); err != nil || !slices.Equal(written, listed) {
		t.Errorf("wrote %q, listed %q, %v", written, listed, err)
	}
}
