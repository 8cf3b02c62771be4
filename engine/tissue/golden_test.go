package tissue

import (
	"encoding/json"
	"image"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zoomscope/engine/nn"
	"zoomscope/engine/safetensors"
	"zoomscope/packaging/testenv"
)

// TestGolden runs every vector of the reference's preprocessing.
func TestGolden(t *testing.T) {
	root := testenv.Golden(t)
	ran := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".safetensors" {
			return err
		}
		f, err := safetensors.Open(path)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer f.Close()
		c := goldenCase{f, f.Metadata()}
		run := map[string]func(*testing.T, goldenCase){
			"tissue":     goldenTissue,
			"patch_grid": goldenPatchGrid,
			"image_ops":  goldenOps,
		}[c.meta["method"]]
		if run == nil {
			if filepath.Base(filepath.Dir(path)) == "tissue" {
				t.Errorf("%s: unknown method %q", path, c.meta["method"])
			}
			return nil
		}
		ran++
		rel, _ := filepath.Rel(root, path)
		t.Run(strings.TrimSuffix(filepath.ToSlash(rel), ".safetensors"), func(t *testing.T) { run(t, c) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran == 0 {
		t.Skip("no vectors of methods tissue, patch_grid or image_ops in " + root)
	}
}

type goldenCase struct {
	*safetensors.File
	meta map[string]string
}

func (c goldenCase) tensor(t *testing.T, name string) *nn.Tensor {
	t.Helper()
	v, err := c.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// picture is a tensor [H, W, 3] as an image.
func (c goldenCase) picture(t *testing.T, name string) *image.RGBA {
	t.Helper()
	v := c.tensor(t, name)
	if len(v.Shape) != 3 || v.Shape[2] != 3 {
		t.Fatalf("%s: shape %v", name, v.Shape)
	}
	img := image.NewRGBA(image.Rect(0, 0, v.Shape[1], v.Shape[0]))
	for i := range v.Shape[0] * v.Shape[1] {
		copy(img.Pix[4*i:], v.U8[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img
}

// settings are those the metadata states: a preset's, each value overridden by
// the one given.
func (c goldenCase) settings(t *testing.T) Settings {
	t.Helper()
	s, ok := Preset(c.meta["preset"])
	if !ok {
		s, _ = Preset("default")
		for _, key := range []string{"sigma", "kernel_size", "downsampling_factor"} {
			if c.meta[key] == "" {
				t.Fatalf("unknown preset %q, and %s is not given", c.meta["preset"], key)
			}
		}
	}
	values := map[string]json.RawMessage{}
	for _, key := range []string{
		"sigma", "kernel_size", "downsampling_factor", "min_size", "background_gray_value",
		"n_thresholding_steps", "dilation_steps", "tissue_threshold",
	} {
		if v, ok := c.meta[key]; ok {
			values[key] = json.RawMessage(v)
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func goldenTissue(t *testing.T, c goldenCase) {
	img, s := c.picture(t, "image"), c.settings(t)
	threshold, err := saturationThreshold(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	if want := c.meta["otsu_threshold"]; want != "" && strconv.Itoa(threshold) != want {
		t.Errorf("saturation threshold %d, want %s", threshold, want)
	}
	if c.Has("otsu_mask") {
		table := newSaturationScale()
		sameMask(t, "otsu_mask", c.tensor(t, "otsu_mask"), func(x, y int) bool {
			p := img.RGBAAt(x, y)
			return int(table.of(p.R, p.G, p.B)) > threshold
		})
	}
	mask, sizes, err := find(t.Context(), img, s)
	if err != nil {
		t.Fatal(err)
	}
	sameMask(t, "mask", c.tensor(t, "mask"), mask.At)
	if c.Has("component_pixels") {
		want := c.tensor(t, "component_pixels").I64
		if got := toInt64(sizes); !slices.Equal(got, want) {
			t.Errorf("component pixels %v, want %v", got, want)
		}
	}
	if c.Has("gaussian_only_mask") {
		s.KeepPale = true
		mask, err := Find(t.Context(), img, s)
		if err != nil {
			t.Fatal(err)
		}
		sameMask(t, "gaussian_only_mask", c.tensor(t, "gaussian_only_mask"), mask.At)
	}
}

func toInt64(s []int) []int64 {
	out := make([]int64, len(s))
	for i, v := range s {
		out[i] = int64(v)
	}
	return out
}

// sameMask compares a mask with a tensor [H, W] whose pixels are 0 or not.
func sameMask(t *testing.T, name string, want *nn.Tensor, at func(x, y int) bool) {
	t.Helper()
	h, w := want.Shape[0], want.Shape[1]
	wrong := 0
	for i, v := range want.U8 {
		if at(i%w, i/w) != (v != 0) {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d pixels differ", name, wrong, w*h)
	}
}

// goldenOps checks each primitive that the file has vectors for; a tensor that
// no check knows fails.
func goldenOps(t *testing.T, c goldenCase) {
	ops := opsCase{goldenCase: c, img: c.picture(t, "image")}
	checks := map[string]func(*testing.T, opsCase, string, string){
		"image":             nil, // inputs
		"sparse":            nil,
		"blob":              nil,
		"bimodal":           nil,
		"gray_rgb":          opGray,
		"gray_bgr":          opGray,
		"saturation":        opSaturation,
		"saturation_table":  opSaturationTable,
		"nearest":           opNearest,
		"dilate":            opDilate,
		"pil_bilinear":      opBilinear,
		"gaussian":          opGaussian,
		"otsu_float":        opOtsuFloat,
		"label4":            opLabel,
		"otsu_u8_threshold": opOtsuLevels,
		"bimodal_otsu":      opOtsuLevels,
	}
	for _, name := range c.Names() {
		op, arg, _ := strings.Cut(name, "/")
		check, ok := checks[op]
		switch {
		case !ok:
			t.Errorf("no check for tensor %s", name)
		case check != nil:
			t.Run(name, func(t *testing.T) { check(t, ops, name, arg) })
		}
	}
}

type opsCase struct {
	goldenCase
	img *image.RGBA
}

// sameBytes compares a tensor of bytes with what f makes of each pixel of img.
func (c opsCase) sameBytes(t *testing.T, name string, f func(r, g, b uint8) uint8) {
	t.Helper()
	want := c.tensor(t, name)
	for i, v := range want.U8 {
		p := c.img.Pix[4*i:]
		if got := f(p[0], p[1], p[2]); got != v {
			t.Fatalf("pixel %d %v: %d, want %d", i, p[:3], got, v)
		}
	}
}

func opGray(t *testing.T, c opsCase, name, _ string) {
	c.sameBytes(t, name, func(r, g, b uint8) uint8 {
		if name == "gray_bgr" {
			r, b = b, r
		}
		return gray(r, g, b)
	})
}

func opSaturation(t *testing.T, c opsCase, name, _ string) {
	c.sameBytes(t, name, newSaturationScale().of)
}

func opSaturationTable(t *testing.T, c opsCase, name, _ string) {
	table := newSaturationScale()
	for i, want := range c.tensor(t, name).U8 {
		v, m := uint8(i/256), uint8(i%256)
		if m > v {
			continue
		}
		if got := table.of(v, m, m); got != want {
			t.Fatalf("v %d, min %d: %d, want %d", v, m, got, want)
		}
	}
}

func opNearest(t *testing.T, c opsCase, name, _ string) {
	want := c.tensor(t, name)
	h, w := want.Shape[0], want.Shape[1]
	cols, rows := nearest(w, c.img.Rect.Dx()), nearest(h, c.img.Rect.Dy())
	for y, sy := range rows {
		for x, sx := range cols {
			if !slices.Equal(c.img.Pix[c.img.PixOffset(sx, sy):][:3], want.U8[3*(y*w+x):][:3]) {
				t.Fatalf("pixel (%d, %d) is not (%d, %d) of the source", x, y, sx, sy)
			}
		}
	}
}

func opDilate(t *testing.T, c opsCase, name, arg string) {
	side, err := strconv.Atoi(arg)
	if err != nil {
		t.Fatal(err)
	}
	in, want := c.tensor(t, "sparse"), c.tensor(t, name)
	h, w := in.Shape[0], in.Shape[1]
	m := maskOf(newSquare(side, 1).dilate(runsOf(in.U8, w), w, h), w, h)
	sameMask(t, name, want, m.At)
}

// runsOf are the pixels of a plane that are not 0.
func runsOf(pix []uint8, w int) []run {
	var runs []run
	for y := range len(pix) / w {
		b := runBuilder{runs: runs, y: int32(y), start: -1}
		for x := range w {
			b.set(x, pix[y*w+x] != 0)
		}
		runs = b.end(w)
	}
	return runs
}

func maskOf(runs []run, w, h int) *Mask {
	m := NewMask(w, h)
	for _, r := range runs {
		m.SetRow(int(r.y), int(r.x0), int(r.x1))
	}
	return m
}

func opBilinear(t *testing.T, c opsCase, name, arg string) {
	factor, err := strconv.Atoi(arg)
	if err != nil {
		t.Fatal(err)
	}
	want := c.picture(t, name)
	got := shrunk(c.img, factor)
	if got.Rect != want.Rect {
		t.Fatalf("size %v, want %v", got.Rect, want.Rect)
	}
	for i := range got.Pix {
		if got.Pix[i] != want.Pix[i] {
			t.Fatalf("byte %d is %d, want %d", i, got.Pix[i], want.Pix[i])
		}
	}
}

// shrunk is a picture reduced by a whole factor as the reference does.
func shrunk(img *image.RGBA, factor int) *image.RGBA {
	if factor == 1 {
		return img
	}
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()/factor, img.Rect.Dy()/factor))
	ResizeBilinear(out, img)
	return out
}

// smoothBytes is the Gaussian of a plane of bytes.
func smoothBytes(t *testing.T, pix []uint8, w int, sigma float64) *plane {
	t.Helper()
	p := newPlane(w, len(pix)/w)
	if err := newGaussian(sigma).smooth(t.Context(), p, bytesReader(pix, w), p.covering(image.Rect(0, 0, p.w, p.h))); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *plane) at(x, y int) float64 {
	var v [1]float64
	p.copyRow(y, x, x+1, 0, v[:])
	return v[0]
}

// smoothed is what the file's Gaussian vectors were made of.
func (c opsCase) smoothed(t *testing.T, arg string) *plane {
	t.Helper()
	sigma, err := strconv.ParseFloat(arg, 64)
	if err != nil {
		t.Fatal(err)
	}
	dark := slices.Clone(c.tensor(t, "gray_bgr").U8)
	for i, v := range dark {
		dark[i] = 255 - v
	}
	return smoothBytes(t, dark, c.img.Rect.Dx(), sigma)
}

func opGaussian(t *testing.T, c opsCase, name, arg string) {
	p, worst := c.smoothed(t, arg), 0.0
	for i, want := range c.tensor(t, name).F64 {
		worst = max(worst, math.Abs(p.at(i%p.w, i/p.w)-want))
	}
	t.Logf("largest difference %.3g", worst)
	if worst > 1e-9 {
		t.Errorf("differs by %g", worst)
	}
}

func opOtsuFloat(t *testing.T, c opsCase, name, arg string) {
	got, any, err := c.smoothed(t, arg).otsu(t.Context())
	if err != nil || !any {
		t.Fatal(any, err)
	}
	want := c.tensor(t, name).F64[0]
	t.Logf("difference %.3g", got-want)
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("threshold %v, want %v", got, want)
	}
}

func opLabel(t *testing.T, c opsCase, name, _ string) {
	blob, want := c.tensor(t, "blob"), c.tensor(t, name)
	w := blob.Shape[1]
	got := make([]int64, len(blob.U8))
	runs := runsOf(blob.U8, w)
	number := map[int32]int64{}
	for i, root := range components(runs) {
		if number[root] == 0 {
			number[root] = int64(len(number)) + 1
		}
		for x := runs[i].x0; x < runs[i].x1; x++ {
			got[int(runs[i].y)*w+int(x)] = number[root]
		}
	}
	if !slices.Equal(got, want.I64) {
		t.Error("component numbers differ")
	}
}

func opOtsuLevels(t *testing.T, c opsCase, name, _ string) {
	source := map[string]string{"bimodal_otsu": "bimodal", "otsu_u8_threshold": "gray_rgb"}[name]
	var hist [256]int
	for _, v := range c.tensor(t, source).U8 {
		hist[v]++
	}
	if got, want := otsuLevels(&hist), int(c.tensor(t, name).I64[0]); got != want {
		t.Errorf("threshold of %s %d, want %d", source, got, want)
	}
}
