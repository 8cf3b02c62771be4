package export

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"zoomscope/engine/result"
)

// quick makes small pictures.
func quick() Options { return Options{MaxSide: 100, Top: 2, ZoomPath: ZoomPathOptions{Rows: 1}} }

func TestEverything(t *testing.T) {
	r, reader := small(t)
	dir := filepath.Join(t.TempDir(), "out", "S-104")
	var stages []string
	files, err := Everything(t.Context(), dir, r, reader, quick(), func(p result.Progress) {
		if p.Done > p.Total {
			t.Errorf("progress %+v", p)
		}
		if !slices.Contains(stages, p.Stage) {
			stages = append(stages, p.Stage)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) < 4 {
		t.Errorf("stages %v", stages)
	}
	if last := files[len(files)-1]; last != filepath.Join(dir, ResultFile) {
		t.Errorf("%s was written last", last)
	}
	for _, name := range []string{
		"attention-5x.png", "attention-10x.png", "attention-20x.png", "zoom-path.png", "pictures.json", "patches.csv", "patches.geojson",
		"patches/index.csv", "patches/contact-5x.png", "patches/contact-10x.png", "patches/contact-20x.png",
	} {
		if !slices.Contains(files, filepath.Join(dir, filepath.FromSlash(name))) {
			t.Errorf("%s is not among the files written", name)
		}
	}
	if got := tree(t, dir); got != len(files) {
		t.Errorf("%d files in the folder, %d said to be written", got, len(files))
	}
	checkSidecar(t, dir, r, reader)
}

// tree counts the files below dir.
func tree(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkSidecar looks where pictures.json says the slide is, and finds it there.
func checkSidecar(t *testing.T, dir string, r *result.Result, reader AreaReader) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "pictures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s sidecar
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Pictures) != 3 || s.Notice != result.ResearchUse {
		t.Fatalf("sidecar %+v", s)
	}
	for i, d := range s.Pictures {
		if d.Area != r.Slide.Bounds || d.Magnification != r.Levels[i].Magnification {
			t.Errorf("%s: %+v", d.File, d)
		}
		img := readPNG(t, filepath.Join(dir, d.File))
		want := image.NewRGBA(image.Rect(0, 0, d.Pixels[2], d.Pixels[3]))
		if err := reader.ReadArea(t.Context(), want, d.Area); err != nil {
			t.Fatal(err)
		}
		// At the top left there is no attention above the fading, and no outline.
		for k := range 8 {
			got, exp := color.RGBAModel.Convert(img.At(d.Pixels[0]+k, d.Pixels[1]+k)), want.RGBAAt(k, k)
			if got != exp {
				t.Errorf("%s: pixel %d is %v, want %v", d.File, k, got, exp)
			}
		}
	}
}

func readPNG(t *testing.T, path string) image.Image {
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
	return img
}

func TestEverythingAgain(t *testing.T) {
	r, reader := small(t)
	dir := t.TempDir()
	if _, err := Everything(t.Context(), dir, r, reader, quick(), nil); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "patches", "notes.txt")
	if err := os.WriteFile(own, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	fewer := *r
	fewer.Levels = slices.Clone(r.Levels[:2])
	fewer.Model.Magnifications = fewer.Model.Magnifications[:2]
	files, err := Everything(t.Context(), dir, &fewer, reader, quick(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != len(files)+1 {
		t.Errorf("%d files in the folder, want %d and the user's own", got, len(files))
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
}

// breaking fails its reads from the n-th on.
type breaking struct {
	AreaReader
	left atomic.Int32
	err  error
}

func (b *breaking) ReadArea(ctx context.Context, dst *image.RGBA, area result.Rect) error {
	if b.left.Add(-1) < 0 {
		return b.err
	}
	return b.AreaReader.ReadArea(ctx, dst, area)
}

func TestEverythingBrokenOff(t *testing.T) {
	r, reader := small(t)
	broken := errors.New("tile 17 is damaged")
	for _, reads := range []int32{0, 1, 3, 9} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ResultFile), []byte("older"), 0o644); err != nil {
			t.Fatal(err)
		}
		b := &breaking{AreaReader: reader, err: broken}
		b.left.Store(reads)
		if _, err := Everything(t.Context(), dir, r, b, quick(), nil); !errors.Is(err, broken) {
			t.Errorf("after %d reads: error %v", reads, err)
		}
		if old, err := os.ReadFile(filepath.Join(dir, ResultFile)); err != nil || string(old) != "older" {
			t.Errorf("after %d reads: the result that was there is %q (%v)", reads, old, err)
		}
		if n := tree(t, dir); n != 1 {
			t.Errorf("after %d reads: %d files in the folder, want the older one alone", reads, n)
		}
	}
}

func TestEverythingCancelled(t *testing.T) {
	r, reader := small(t)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err := Everything(ctx, dir, r, reader, quick(), func(p result.Progress) {
		if p.Stage == "pictures of patches" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ResultFile)); err == nil {
		t.Error("result.json is there")
	}
}

func TestEverythingNamesWhatItCannotWrite(t *testing.T) {
	r, reader := small(t)
	file := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Everything(t.Context(), file, r, reader, Options{}, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("folder is a file: error %v", err)
	}
	dir := t.TempDir()
	taken := filepath.Join(dir, "zoom-path.png")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Everything(t.Context(), dir, r, reader, quick(), nil); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("picture's name is taken by a folder: error %v", err)
	}
}

// TestPatchPictures reads the pictures back and compares them with the slide.
func TestPatchPictures(t *testing.T) {
	r, reader := small(t)
	dir := t.TempDir()
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 200)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WritePatches(t.Context(), dir, reader, r, ov, PatchOptions{Top: 4}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "index.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+3+3+4 {
		t.Fatalf("%d rows", len(rows))
	}
	rows = rows[1:]
	for _, level := range r.Levels {
		for _, pick := range Picks(level, 4) {
			p, row := level.Patches[pick.Index], rows[0]
			rows = rows[1:]
			if row[0] != number(level.Magnification) || row[1] != rankText(pick.Rank) || row[4] != number(p.X) {
				t.Errorf("row %v for %+v", row, p)
			}
			img := readPNG(t, filepath.Join(dir, filepath.FromSlash(row[8])))
			if img.Bounds() != image.Rect(0, 0, 256, 256) {
				t.Errorf("%s: %v", row[8], img.Bounds())
			}
			step := p.Size / 256
			for _, at := range []image.Point{{0, 0}, {255, 0}, {31, 200}, {255, 255}} {
				x, y := p.X+(float64(at.X)+0.5)*step, p.Y+(float64(at.Y)+0.5)*step
				want := color.RGBA{255, 255, 255, 255}
				if x < 6000 && y < 5000 {
					want = stripes(x, y)
				}
				if got := color.RGBAModel.Convert(img.At(at.X, at.Y)); got != want {
					t.Errorf("%s: pixel %v is %v, want %v", row[8], at, got, want)
				}
			}
		}
	}
}

// TestZoomPathLeadsToTheTop wants the whole chain of each patch that counts most
// at the highest magnification in the picture.
func TestZoomPathLeadsToTheTop(t *testing.T) {
	r, _ := small(t)
	columns := pathColumns(r, 3)
	last := len(columns) - 1
	for _, pick := range Picks(r.Levels[last], 3) {
		index := pick.Index
		for i := last; i >= 0; i-- {
			n := find(columns[i], index)
			if n == nil {
				t.Fatalf("%s patch %d is not shown", magName(r.Levels[i].Magnification), index)
			}
			index = n.patch.Parent
		}
	}
	for i, column := range columns {
		if len(column) != 3 {
			t.Errorf("%d patches in column %d", len(column), i)
		}
	}
}

// TestZoomPathShowsThePatches compares the pictures in the columns, and the
// overview, with the slide.
func TestZoomPathShowsThePatches(t *testing.T) {
	r, reader := small(t)
	ov, err := ReadOverview(t.Context(), reader, r.Slide, 300)
	if err != nil {
		t.Fatal(err)
	}
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	z := &zoomPath{r: r, ov: ov, columns: pathColumns(r, 5), rows: 5}
	if err := z.read(t.Context(), reader, nil); err != nil {
		t.Fatal(err)
	}
	z.compose(set)
	for i, column := range z.columns {
		for _, n := range column {
			if !n.at.In(z.page.Rect) {
				t.Errorf("column %d: picture at %v outside %v", i, n.at, z.page.Rect)
			}
			step := n.patch.Size / 256
			at := image.Pt(250, 9) // outlines are elsewhere: they are some pixels wide
			if i == len(z.columns)-1 && z.page.RGBAAt(n.at.Min.X+at.X, n.at.Min.Y+at.Y) != stripes(n.patch.X+250.5*step, n.patch.Y+9.5*step) {
				t.Errorf("column %d: the picture is not the patch's", i)
			}
		}
	}
	if want := 4200. / 4500; math.Abs(float64(z.slide.Dy())/float64(z.slide.Dx())-want) > 0.01 {
		t.Errorf("overview of %v, want %v times as high as wide", z.slide.Size(), want)
	}
}

// TestOddResults draws what analyses may leave at the margins.
func TestOddResults(t *testing.T) {
	for name, change := range map[string]func(*result.Result){
		"no patches": func(r *result.Result) {
			for i := range r.Levels {
				r.Levels[i].Patches = nil
			}
		},
		"one patch each": func(r *result.Result) {
			for i := range r.Levels {
				r.Levels[i].Patches = slices.Clone(r.Levels[i].Patches[:1])
				r.Levels[i].Patches[0].Attention = 1
				r.Levels[i].Patches[0].Parent = min(i, 1) - 1
			}
		},
		"equal attention": func(r *result.Result) {
			for i := range r.Levels {
				for j := range r.Levels[i].Patches {
					r.Levels[i].Patches[j].Attention = 1 / float64(len(r.Levels[i].Patches))
				}
			}
		},
		"no resolution":    func(r *result.Result) { r.Slide.MPP = [2]float64{} },
		"a strip":          func(r *result.Result) { r.Slide.Bounds = result.Rect{X: 700, Y: 300, Width: 4500, Height: 1} },
		"a pixel":          func(r *result.Result) { r.Slide.Bounds = result.Rect{X: 700, Y: 300, Width: 1, Height: 1} },
		"no probabilities": func(r *result.Result) { r.Prediction.Probabilities = nil },
		"far away": func(r *result.Result) {
			for i := range r.Levels[0].Patches {
				r.Levels[0].Patches[i].X = maxSide
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, reader := small(t)
			change(r)
			if err := Check(r); err != nil {
				t.Fatal(err)
			}
			ov, err := ReadOverview(t.Context(), reader, r.Slide, 100)
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Levels {
				if _, err := DrawAttention(r, i, ov, AttentionOptions{}); err != nil {
					t.Error(err)
				}
			}
			if _, err := DrawZoomPath(t.Context(), reader, r, ov, ZoomPathOptions{Rows: 1}); err != nil {
				t.Error(err)
			}
			if _, err := WritePatches(t.Context(), t.TempDir(), reader, r, ov, PatchOptions{Top: 1}); err != nil {
				t.Error(err)
			}
		})
	}
}
