package tissue

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"zoomscope/engine/grid"
	"zoomscope/packaging/testenv"
	"zoomscope/slideio"
	"zoomscope/slideio/drivers"
)

// goldenPatchGrid runs the published extraction on a slide: pictures of every
// magnification, the mask on the padded lowest one, the patches that follow.
func goldenPatchGrid(t *testing.T, c goldenCase) {
	var magnifications []float64
	if err := json.Unmarshal([]byte(c.meta["magnifications"]), &magnifications); err != nil {
		t.Fatalf("magnifications: %v", err)
	}
	patch, err := strconv.Atoi(c.meta["patch_size"])
	if err != nil {
		t.Fatalf("patch_size: %v", err)
	}
	s := c.settings(t)
	name, _, _ := strings.Cut(c.meta["slide"], " ")
	slide := openSample(t, name)
	power := slide.Info().Resolution.ObjectivePower
	if power == 0 {
		power = 40
	}
	pictures, err := grid.Pictures(slide.Info().Levels, power, magnifications)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := grid.NewCentred(pictures, patch)
	if err != nil {
		t.Fatal(err)
	}
	padded := make([]*image.RGBA, layout.Levels())
	for i := range padded {
		padded[i] = pad(readWhole(t, slide, pictures[i]), layout.Padded(i), layout.Offset(i))
	}
	mask, err := Find(t.Context(), padded[0], s)
	if err != nil {
		t.Fatal(err)
	}
	cells, _ := layout.Lowest(func(r image.Rectangle) float64 { return mask.Fraction(slideio.RectOf(r)) }, s.Threshold)
	for level := range layout.Levels() {
		if level > 0 {
			cells = layout.Children(cells)
		}
		comparePatches(t, c, layout, level, cells, padded[level])
	}
}

func openSample(t *testing.T, name string) slideio.Slide {
	t.Helper()
	path := filepath.Join(testenv.Data(t), "slides", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("sample slide not there: %v", err)
	}
	slide, err := slideio.Open(t.Context(), path, drivers.OpenSlide(testenv.OpenSlide(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slide.Close() })
	return slide
}

// readWhole reads a whole level and reduces it.
func readWhole(t *testing.T, s slideio.Slide, p grid.Picture) *image.RGBA {
	t.Helper()
	l := s.Info().Levels[p.Level]
	img := image.NewRGBA(image.Rect(0, 0, l.Width, l.Height))
	if err := s.ReadRegion(t.Context(), img, p.Level, 0, 0); err != nil {
		t.Fatal(err)
	}
	return shrunk(img, p.Reduce)
}

// pad lays a picture on white.
func pad(img *image.RGBA, size, at image.Point) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: size})
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for y := range img.Rect.Dy() {
		copy(out.Pix[out.PixOffset(at.X, at.Y+y):], img.Pix[img.PixOffset(0, y):][:4*img.Rect.Dx()])
	}
	return out
}

// comparePatches compares the places of one level's patches and the mean and
// deviation of their channels.
func comparePatches(t *testing.T, c goldenCase, layout *grid.Centred, level int, cells []grid.Cell, img *image.RGBA) {
	t.Helper()
	name := "coords/" + strconv.Itoa(level)
	want := c.tensor(t, name)
	if len(want.Shape) != 2 || want.Shape[0] != len(cells) || want.Shape[1] != 2*(level+1) {
		t.Fatalf("%s: %d patches, want shape %v", name, len(cells), want.Shape)
	}
	means, deviations := c.floats(t, "patch_mean", level), c.floats(t, "patch_std", level)
	worst := 0.0
	for i, cell := range cells {
		for j, v := range layout.Coords(level, cell) {
			if int64(v) != want.I64[i*want.Shape[1]+j] {
				t.Fatalf("%s: patch %d is %v, want %v", name, i, layout.Coords(level, cell), want.I64[i*want.Shape[1]:][:want.Shape[1]])
			}
		}
		r := layout.Rect(level, cell).Add(layout.Offset(level))
		for ch := range 3 {
			mean, deviation := moments(img.SubImage(r).(*image.RGBA), ch)
			if means != nil {
				worst = max(worst, math.Abs(mean-float64(means[3*i+ch])))
			}
			if deviations != nil {
				worst = max(worst, math.Abs(deviation-float64(deviations[3*i+ch])))
			}
		}
	}
	t.Logf("level %d: %d patches, statistics differ by %.2g at most", level, len(cells), worst)
	if worst > 1 {
		t.Errorf("level %d: mean or deviation of a patch differs by %g", level, worst)
	}
}

func (c goldenCase) floats(t *testing.T, name string, level int) []float32 {
	t.Helper()
	name += "/" + strconv.Itoa(level)
	if !c.Has(name) {
		return nil
	}
	return c.tensor(t, name).F32
}

// moments are the mean and standard deviation of one channel.
func moments(img *image.RGBA, channel int) (mean, deviation float64) {
	var n, sum, squares float64
	b := img.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			v := float64(img.Pix[img.PixOffset(x, y)+channel])
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean))
}

// sampleSlides are the files of the sample folder that OpenSlide opens.
func sampleSlides(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(testenv.Data(t), "slides"))
	if err != nil {
		t.Fatal(err)
	}
	driver := drivers.OpenSlide(testenv.OpenSlide(t))
	var names []string
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		s, err := slideio.Open(t.Context(), filepath.Join(testenv.Data(t), "slides", f.Name()), driver)
		if err != nil {
			t.Logf("left out: %v", err)
			continue
		}
		names = append(names, f.Name())
		s.Close()
	}
	return names
}
