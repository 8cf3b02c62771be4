package cli

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zoomscope/app/export"
	"zoomscope/engine/result"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio/drivers"
)

// analysed writes a slide and the result of its analysis; it returns both paths.
func analysed(t *testing.T) (slide, resultJSON string) {
	t.Helper()
	dir := t.TempDir()
	slide = tissuePNG(t, filepath.Join(dir, "S-1.png"), 512, 256)
	r := &result.Result{
		Version: result.Version, Notice: result.ResearchUse,
		Slide:      result.Slide{Path: slide, Vendor: "png", Width: 512, Height: 256, MPP: [2]float64{2, 2}, MPPSource: "stated by the user"},
		Model:      result.Model{Name: "small", Method: "zoommil", Magnifications: []float64{2.5, 5}, K: []int{1}, Classes: []string{"a", "b"}, Trained: true},
		Prediction: result.Prediction{Label: "b", Probabilities: []float64{0.25, 0.75}},
		Levels: []result.Level{
			{Magnification: 2.5, Patches: []result.Patch{{Size: 512, Height: 512, Attention: 1, ZoomAttention: 1, Selected: true, Parent: -1}}},
			{Magnification: 5, Patches: []result.Patch{{Size: 256, Height: 256, Attention: 0.25}, {X: 256, Size: 256, Height: 256, Attention: 0.75}}},
		},
		Counts: result.Counts{Encoded: 3, Exhaustive: 3},
	}
	var buf bytes.Buffer
	if err := export.WriteJSON(&buf, r); err != nil {
		t.Fatal(err)
	}
	return slide, write(t, filepath.Join(dir, "result.json"), buf.Bytes())
}

func TestExportFolder(t *testing.T) {
	_, from := analysed(t)
	out := filepath.Join(t.TempDir(), "new")
	s := bare(t).run(t, "export", from, "--what", "report,attention,csv,geojson,json", "--out", out, "--max-side", "200", "--json")
	s.want(t, exitDone)
	var told struct{ Files []string }
	s.document(t, &told)
	want := []string{"S-1-attention-2.5x.png", "S-1-attention-5x.png", "S-1-patches.csv", "S-1-patches.geojson", "S-1-report.pdf", "S-1-result.json"}
	if got := files(t, out); !slices.Equal(got, want) || len(told.Files) != len(want) {
		t.Errorf("%q, told %q", got, told.Files)
	}
}

func TestExportFile(t *testing.T) {
	_, from := analysed(t)
	dir := t.TempDir()
	for name, start := range map[string]string{
		"a.pdf": "%PDF-", "a.png": "\x89PNG", "a.tif": "II*\x00", "a.TIFF": "II*\x00", "a.csv": "magnification,", "a.geojson": `{"type":"FeatureCollection"`, "a.json": "{",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			s := bare(t).run(t, "export", from, "--out", path)
			s.want(t, exitDone)
			if got := string(read(t, path)); !strings.HasPrefix(got, start) || strings.TrimSpace(s.stdout) != path {
				t.Errorf("file begins %.20q, stdout %q", got, s.stdout)
			}
		})
	}
}

// TestExportAttentionFlags sees in the picture what the flags change.
func TestExportAttentionFlags(t *testing.T) {
	_, from := analysed(t)
	draw := func(args ...string) image.Image {
		path := filepath.Join(t.TempDir(), "a.png")
		args = append([]string{"export", from, "--out", path, "--max-side", "256", "--no-legend", "--no-outlines", "-q"}, args...)
		bare(t).run(t, args...).want(t, exitDone)
		img, err := png.Decode(bytes.NewReader(read(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	high, low := draw(), draw("--magnification", "2.5") // the highest magnification unless another is named
	if high.Bounds() != image.Rect(0, 0, 256, 128) {
		t.Errorf("bounds %v", high.Bounds())
	}
	same := func(a, b image.Image, x, y int) bool { return a.At(x, y) == b.At(x, y) }
	if same(high, low, 60, 60) || same(high, low, 190, 60) {
		t.Error("both magnifications look the same")
	}
	for name, other := range map[string]image.Image{
		"opacity": draw("--opacity", "0.1"), "colours": draw("--colors", "cividis"),
	} {
		if same(high, other, 190, 60) {
			t.Errorf("%s makes no difference", name)
		}
	}
	if !same(high, draw("--layer", "zoom"), 190, 60) {
		t.Error("the highest magnification, which has no zoom attention, does not show the pooled one")
	}
	if scale := draw("--scale", "percentile"); !same(high, scale, 190, 60) { // of two patches the ends are the ends
		t.Error("the most attended patch has another colour by rank")
	}
}

func TestExportMovedSlide(t *testing.T) {
	slide, from := analysed(t)
	moved := filepath.Join(t.TempDir(), "moved.png")
	if err := os.Rename(slide, moved); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "r.pdf")
	bare(t).run(t, "export", from, "--out", out).want(t, exitFailed, slide)
	bare(t).run(t, "export", from, "--out", out, "--slide", moved, "--language", "de", "--letter").want(t, exitDone)
	other := tissuePNG(t, filepath.Join(t.TempDir(), "other.png"), 300, 200)
	bare(t).run(t, "export", from, "--out", out, "--slide", other).want(t, exitFailed, other, "300 x 200", "--slide FILE")
}

func TestExportUsage(t *testing.T) {
	_, from := analysed(t)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no result":       {[]string{"export", "--out", dir}, "export"},
		"no out":          {[]string{"export", from}, "--out"},
		"item":            {[]string{"export", from, "--out", dir, "--what", "movie"}, "movie"},
		"the view":        {[]string{"export", from, "--out", dir, "--what", "view"}, "view"},
		"magnification":   {[]string{"export", from, "--out", dir, "--magnification", "7"}, "2.5, 5"},
		"two in one file": {[]string{"export", from, "--out", "a.png", "--magnification", "2.5,5"}, "a.png"},
		"layer":           {[]string{"export", from, "--out", dir, "--layer", "both"}, "both"},
		"scale":           {[]string{"export", from, "--out", dir, "--scale", "log"}, "log"},
		"colours":         {[]string{"export", from, "--out", dir, "--colors", "jet"}, "viridis"},
		"opacity":         {[]string{"export", from, "--out", dir, "--opacity", "0"}, "--opacity"},
		"side":            {[]string{"export", from, "--out", dir, "--max-side", "100000"}, "--max-side"},
		"top":             {[]string{"export", from, "--out", dir, "--top", "0"}, "--top"},
		"downsample":      {[]string{"export", from, "--out", dir, "--downsample", "0.5"}, "--downsample"},
		"language":        {[]string{"export", from, "--out", dir, "--language", "fr"}, "en and de"},
		"of analyze":      {[]string{"analyze", "x.png", "--out", dir, "--report", "--language", "fr"}, "en and de"},
	} {
		t.Run(name, func(t *testing.T) {
			bare(t).run(t, c.args...).want(t, exitUsage, c.says)
			if left := files(t, dir); len(left) > 0 {
				t.Errorf("%q was written", left)
			}
		})
	}
}

// TestExportResultFails names the file that is no result.
func TestExportResultFails(t *testing.T) {
	bad := write(t, filepath.Join(t.TempDir(), "bad.json"), []byte("{}"))
	bare(t).run(t, "export", bad, "--out", t.TempDir()).want(t, exitFailed, bad)
	bare(t).run(t, "export", bad+"x", "--out", t.TempDir()).want(t, exitFailed, bad+"x")
}

// TestExportOverlayOpens reads a TIFF that the command wrote with OpenSlide.
func TestExportOverlayOpens(t *testing.T) {
	library := testenv.OpenSlide(t)
	_, from := analysed(t)
	path := filepath.Join(t.TempDir(), "o.tif")
	bare(t).run(t, "export", from, "--out", path, "--downsample", "1", "--no-tissue").want(t, exitDone)
	slide, err := drivers.OpenSlide(library).Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer slide.Close()
	if in := slide.Info(); in.Width() != 512 || in.Height() != 256 || len(in.Levels) != 2 || in.Resolution.X < 1.99 || in.Resolution.X > 2.01 {
		t.Errorf("%+v", in)
	}
}

func TestAnalyzeWithReport(t *testing.T) {
	m, k, out := withRuntime(t), newKit(t), t.TempDir()
	m.run(t, k.with("analyze", k.slide, "--out", out, "--magnification", "20", "--report", "--language", "de")...).want(t, exitDone)
	if data := read(t, filepath.Join(out, "slide", export.ReportFile)); !bytes.HasPrefix(data, []byte("%PDF-")) {
		t.Errorf("report begins %.10q", data)
	}
}
