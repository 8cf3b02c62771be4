package app

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zoomscope/app/export"
	"zoomscope/engine/result"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

// pinkSlide writes a picture of 512 x 256 pixels and a result of it at 5x and 10x,
// of two micrometres per pixel.
func pinkSlide(t *testing.T) (*Workspace, *result.Result) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 512, 256))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{220, 150, 190, 255}), image.Point{}, draw.Src)
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pink slide.png")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	patch := func(x, y, side, attention, zoom float64, selected bool, parent int) result.Patch {
		return result.Patch{X: x, Y: y, Size: side, Height: side, Attention: attention, ZoomAttention: zoom, Selected: selected, Parent: parent}
	}
	r := &result.Result{
		Version: result.Version, Notice: result.ResearchUse,
		Slide:      result.Slide{Path: path, Vendor: "png", Width: 512, Height: 256, MPP: [2]float64{2, 2}, MPPSource: "stated by the user"},
		Model:      result.Model{Name: "small", Method: "zoommil", Magnifications: []float64{5, 10}, K: []int{1}, Classes: []string{"a", "b"}, Trained: true},
		Prediction: result.Prediction{Label: "b", Probabilities: []float64{0.25, 0.75}},
		Levels: []result.Level{
			{Magnification: 5, Patches: []result.Patch{patch(0, 0, 256, 0.2, 0.1, false, -1), patch(256, 0, 256, 0.8, 0.9, true, -1)}},
			{Magnification: 10, Patches: []result.Patch{
				patch(256, 0, 128, 0.1, 0, false, 1), patch(384, 0, 128, 0.2, 0, false, 1), patch(256, 128, 128, 0.3, 0, false, 1), patch(384, 128, 128, 0.4, 0, false, 1),
			}},
		},
		Counts: result.Counts{Encoded: 6, Exhaustive: 10},
	}
	return New(Config{Drivers: []slideio.Driver{drivers.Raster(0)}, DataDir: t.TempDir(), Version: "1.2.3"}), r
}

// exported are the files of a folder and below, sorted, with forward slashes.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestExportItems(t *testing.T) {
	patches := []string{
		"pink slide-patches/10x/rank-01_x384_y128.png", "pink slide-patches/10x/rank-02_x256_y128.png",
		"pink slide-patches/5x/rank-01_x256_y0.png", "pink slide-patches/contact-10x.png", "pink slide-patches/contact-5x.png", "pink slide-patches/index.csv",
	}
	view := image.NewRGBA(image.Rect(0, 0, 30, 20))
	for item, want := range map[ExportItem][]string{
		ExportAttention: {"pink slide-attention-10x.png", "pink slide-attention-5x.png"},
		ExportView:      {"pink slide-view.png"},
		ExportPatches:   patches,
		ExportGeoJSON:   {"pink slide-patches.geojson"},
		ExportCSV:       {"pink slide-patches.csv"},
		ExportOverlay:   {"pink slide-overlay-10x.tif", "pink slide-overlay-5x.tif"},
		ExportReport:    {"pink slide-report.pdf"},
		ExportJSON:      {"pink slide-result.json"},
	} {
		t.Run(string(item), func(t *testing.T) {
			w, r := pinkSlide(t)
			dir := filepath.Join(t.TempDir(), "new", "folder")
			var last result.Progress
			files, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{item}, Dir: dir, ViewPicture: view, MaxSide: 200, Top: 2}, func(p result.Progress) { last = p })
			if err != nil {
				t.Fatal(err)
			}
			if got := exported(t, dir); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if len(files) != len(want) || last.Done != last.Total || last.Total == 0 {
				t.Errorf("%d files are told, want %d; progress %+v", len(files), len(want), last)
			}
			for _, f := range files {
				if st, err := os.Stat(f); err != nil || st.Size() == 0 {
					t.Errorf("%s: %v", f, err)
				}
			}
		})
	}
}

func TestExportEverything(t *testing.T) {
	w, r := pinkSlide(t)
	dir := t.TempDir()
	if _, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportEverything}, Dir: dir, Name: "S/1", MaxSide: 200, Top: 1}, nil); err != nil {
		t.Fatal(err)
	}
	if got := exported(t, dir); !slices.Contains(got, "S_1/result.json") || !slices.Contains(got, "S_1/zoom-path.png") {
		t.Errorf("%q", got)
	}
}

// TestExportWithoutAttention: what would show attention is refused before anything
// is written; the rest is exported.
func TestExportWithoutAttention(t *testing.T) {
	w, r := pinkSlide(t)
	r.Model.Method, r.Model.K = "meanmil", nil
	for i := range r.Levels {
		r.Levels[i].NoAttention = true
		for j := range r.Levels[i].Patches {
			p := &r.Levels[i].Patches[j]
			p.Attention, p.ZoomAttention, p.Selected = 0, 0, false
		}
	}
	for name, levels := range map[string][]int{"all": nil, "one": {1}} {
		for _, item := range []ExportItem{ExportAttention, ExportOverlay} {
			t.Run(name+" "+string(item), func(t *testing.T) {
				dir := t.TempDir()
				_, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportCSV, item}, Levels: levels, Dir: dir}, nil)
				if !errors.Is(err, ErrExport) || !errors.Is(err, export.ErrNoAttention) || !strings.Contains(err.Error(), "meanmil") {
					t.Errorf("error %v", err)
				}
				if got := exported(t, dir); len(got) != 0 {
					t.Errorf("%q was written", got)
				}
			})
		}
	}
	dir := t.TempDir()
	if _, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportEverything, ExportReport}, Dir: dir, Name: "S", MaxSide: 200}, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{"S-report.pdf", "S/patches.csv", "S/patches.geojson", "S/patches/index.csv", "S/pictures.json", "S/result.json"}
	if got := exported(t, dir); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestExportPictures checks sizes and the effect of choices on the pixels.
func TestExportPictures(t *testing.T) {
	w, r := pinkSlide(t)
	attention := func(change func(*ExportRequest)) image.Image {
		req := ExportRequest{Result: r, Items: []ExportItem{ExportAttention}, Levels: []int{0}, File: filepath.Join(t.TempDir(), "a.png"), MaxSide: 256, NoOutlines: true}
		change(&req)
		if _, err := w.Export(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(req.File)
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
	at := func(img image.Image, x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) }
	plain := attention(func(*ExportRequest) {})
	if plain.Bounds() != image.Rect(0, 0, 256, 128) {
		t.Fatalf("bounds %v", plain.Bounds())
	}
	tissue := color.RGBA{220, 150, 190, 255}
	if got := at(plain, 60, 60); got != tissue {
		t.Errorf("where attention is least: %v", got)
	}
	high := at(plain, 190, 60)
	if int(high.G) < int(tissue.G)+20 || high.B > tissue.B-40 { // yellow over pink
		t.Errorf("where attention is most: %v", high)
	}
	if got := at(attention(func(r *ExportRequest) { r.Heat.Opacity = 0.1 }), 190, 60); got == high || got == tissue {
		t.Errorf("faint attention: %v", got)
	}
	if img := attention(func(r *ExportRequest) { r.Legend = true }); img.Bounds().Dx() < 400 {
		t.Errorf("with legend: %v", img.Bounds())
	}
	if got := at(attention(func(r *ExportRequest) { r.NoOutlines = false }), 190, 1); got == high {
		t.Error("there is no outline")
	}
}

// fromView is a slide that is open already.
type fromView struct {
	size  image.Point
	after int // pictures until it fails
	err   error

	mu    sync.Mutex
	reads int
}

func (v *fromView) Size() (int, int) { return v.size.X, v.size.Y }

func (v *fromView) Picture(ctx context.Context, area result.Rect, width, height int) (*image.RGBA, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reads++
	if v.err != nil && v.reads > v.after {
		return nil, v.err
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{200, 160, 200, 255}), image.Point{}, draw.Src)
	return img, ctx.Err()
}

// TestExportOverItsSlide refuses to write over the slide, by its name or a link.
func TestExportOverItsSlide(t *testing.T) {
	w, r := pinkSlide(t)
	before, err := os.ReadFile(r.Slide.Path)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.png")
	if err := os.Symlink(r.Slide.Path, link); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{r.Slide.Path, link} {
		_, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportAttention}, Levels: []int{0}, File: path}, nil)
		if !errors.Is(err, ErrOutput) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", path, err)
		}
	}
	if after, err := os.ReadFile(r.Slide.Path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the slide is another now, error %v", err)
	}
}

// TestExportOfAnotherSlide refuses a slide that has the size of the one analysed but
// not its content, from a file and from an open view.
func TestExportOfAnotherSlide(t *testing.T) {
	w, r := pinkSlide(t)
	id, err := slideio.ContentID(r.Slide.Path)
	if err != nil {
		t.Fatal(err)
	}
	export := func(change func(*ExportRequest)) error {
		t.Helper()
		req := ExportRequest{Result: r, Items: []ExportItem{ExportAttention}, Dir: t.TempDir()}
		change(&req)
		_, err := w.Export(t.Context(), req, nil)
		return err
	}
	file := func(*ExportRequest) {}
	view := func(req *ExportRequest) {
		v, err := w.OpenView(t.Context(), r.Slide.Path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Close() })
		req.Slide = v
	}
	for name, slide := range map[string]func(*ExportRequest){"file": file, "view": view} {
		r.Slide.ContentID = id
		if err := export(slide); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r.Slide.ContentID = strings.Repeat("0", 64)
		if err := export(slide); !errors.Is(err, ErrOtherSlide) || !strings.Contains(err.Error(), r.Slide.Path) {
			t.Errorf("%s of other content: error %v", name, err)
		}
	}
}

// TestExportFromOpenSlide takes pixels from what is open; the file need not be there.
func TestExportFromOpenSlide(t *testing.T) {
	w, r := pinkSlide(t)
	r.Slide.Path = "/gone/slide.svs"
	v := &fromView{size: image.Pt(512, 256)}
	dir := t.TempDir()
	if _, err := w.Export(t.Context(), ExportRequest{Result: r, Slide: v, Items: []ExportItem{ExportReport, ExportOverlay}, Dir: dir}, nil); err != nil {
		t.Fatal(err)
	}
	if v.reads == 0 || len(exported(t, dir)) != 3 {
		t.Errorf("%d reads, %q", v.reads, exported(t, dir))
	}
}

// TestExportNeedsNoSlide writes tables though the slide is gone.
func TestExportNeedsNoSlide(t *testing.T) {
	w, r := pinkSlide(t)
	r.Slide.Path = "/gone/slide.svs"
	if _, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportCSV, ExportGeoJSON, ExportJSON}, Dir: t.TempDir()}, nil); err != nil {
		t.Error(err)
	}
}

func TestExportRefuses(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		change func(*ExportRequest)
		want   error
		says   string
	}{
		"nothing":          {func(r *ExportRequest) { r.Items = nil }, ErrExport, "nothing"},
		"no result":        {func(r *ExportRequest) { r.Result = nil }, ErrExport, "nothing"},
		"unknown item":     {func(r *ExportRequest) { r.Items = []ExportItem{"movie"} }, ErrExport, "movie"},
		"no view":          {func(r *ExportRequest) { r.Items = []ExportItem{ExportView} }, ErrExport, "view"},
		"level":            {func(r *ExportRequest) { r.Levels = []int{2} }, ErrExport, "level 2"},
		"no folder":        {func(r *ExportRequest) { r.Dir = "" }, ErrExport, "folder"},
		"folder as a file": {func(r *ExportRequest) { r.File, r.Items = "x.png", []ExportItem{ExportPatches} }, ErrExport, "x.png"},
		"two as a file":    {func(r *ExportRequest) { r.File, r.Items = "x.png", []ExportItem{ExportAttention} }, ErrExport, "x.png"},
		"slide is gone":    {func(r *ExportRequest) { r.SlidePath = "/gone/slide.png" }, fs.ErrNotExist, "/gone/slide.png"},
		"another slide":    {func(r *ExportRequest) { r.Slide = &fromView{size: image.Pt(3, 4)} }, ErrOtherSlide, "3 x 4"},
		"slide breaks":     {func(r *ExportRequest) { r.Slide = &fromView{size: image.Pt(512, 256), err: broken} }, broken, "report.pdf"},
		"too large": {func(r *ExportRequest) {
			r.Items, r.MaxSide = []ExportItem{ExportAttention}, export.MaxAttentionSide+1
		}, nil, "attention-5x.png"},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := pinkSlide(t)
			dir := t.TempDir()
			req := ExportRequest{Result: r, Items: []ExportItem{ExportReport}, Dir: dir}
			c.change(&req)
			files, err := w.Export(t.Context(), req, nil)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v and %q", err, c.want, c.says)
			}
			if left := exported(t, dir); len(files) > 0 || len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

// TestExportWhereNothingCanBeWritten names the folder or the file.
func TestExportWhereNothingCanBeWritten(t *testing.T) {
	w, r := pinkSlide(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportCSV}, Dir: filepath.Join(file, "sub")}, nil)
	if KindOf(err) != ErrorCannotWrite || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v of kind %s", err, KindOf(err))
	}
	dir := t.TempDir() // where a file is to stand, there is a folder that is not empty
	for _, item := range []ExportItem{ExportReport, ExportOverlay, ExportAttention, ExportJSON} {
		path := filepath.Join(dir, string(item), "x")
		if err := os.MkdirAll(filepath.Join(path, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{item}, Levels: []int{0}, File: path}, nil)
		told := (*WriteError)(nil)
		if !errors.As(err, &told) || told.Path != path || KindOf(err) != ErrorCannotWrite || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v of kind %s", item, err, KindOf(err))
		}
		if left := exported(t, filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%s: %q is left", item, left)
		}
	}
}

// TestExportInTheWay has a file where a folder is to be made, and a folder that a
// slide is missing from: the two are told apart.
func TestExportInTheWay(t *testing.T) {
	w, r := pinkSlide(t)
	for item, name := range map[ExportItem]string{ExportPatches: "pink slide-patches", ExportEverything: "pink slide"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{item}, Dir: dir}, nil)
		if told := (*WriteError)(nil); !errors.As(err, &told) || told.Path != filepath.Join(dir, name) {
			t.Errorf("%s: error %v", item, err)
		}
	}
	_, err := w.Export(t.Context(), ExportRequest{Result: r, SlidePath: "/gone/s.png", Items: []ExportItem{ExportReport}, Dir: t.TempDir()}, nil)
	if KindOf(err) != ErrorMissing {
		t.Errorf("a slide that is gone: error %v of kind %s", err, KindOf(err))
	}
}

// slowSlide is a slide whose pictures take their time.
type slowSlide struct {
	fromView
	began chan struct{}
	once  sync.Once
}

func (v *slowSlide) Picture(ctx context.Context, area result.Rect, width, height int) (*image.RGBA, error) {
	v.once.Do(func() { close(v.began) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Minute):
		return nil, errors.New("nobody cancelled")
	}
}

// TestExportEnds cancels each item that reads the slide while it reads.
func TestExportEnds(t *testing.T) {
	for _, item := range ExportItems() {
		if !item.ReadsSlide() {
			continue
		}
		t.Run(string(item), func(t *testing.T) {
			w, r := pinkSlide(t)
			v := &slowSlide{fromView: fromView{size: image.Pt(512, 256)}, began: make(chan struct{})}
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			go func() {
				<-v.began
				at = time.Now()
				cancel()
			}()
			dir := t.TempDir()
			files, err := w.Export(ctx, ExportRequest{Result: r, Slide: v, Items: []ExportItem{ExportCSV, item}, Dir: dir}, nil)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			if took := time.Since(at); took > time.Second {
				t.Errorf("ended %v after it was told to", took)
			}
			if left := exported(t, dir); len(left) != 1 || len(files) != 1 {
				t.Errorf("%q is left, %q is told", left, files)
			}
		})
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"S-104": "S-104", "a/b\\c:d": "a_b_c_d", " x. ": "x", "": "slide", "...": "slide", "Schnitt ä": "Schnitt ä", "a\nb": "a_b",
		strings.Repeat("ä", 100): strings.Repeat("ä", 75),
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q gives %q, want %q", name, got, want)
		}
	}
}

func TestReadResult(t *testing.T) {
	w, r := pinkSlide(t)
	path := filepath.Join(t.TempDir(), "r.json")
	if _, err := w.Export(t.Context(), ExportRequest{Result: r, Items: []ExportItem{ExportJSON}, File: path}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResult(path)
	if err != nil || got.Slide.Path != r.Slide.Path || len(got.Levels) != 2 {
		t.Errorf("%+v, error %v", got, err)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadResult(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if _, err := ReadResult(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
