package export

import (
	"cmp"
	"context"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"zoomscope/engine/result"
)

// painted is a slide whose pixels are a function of the place, outside of which
// it is white.
type painted struct {
	width, height float64
	at            func(x, y float64) color.RGBA
}

func (s painted) ReadArea(ctx context.Context, dst *image.RGBA, area result.Rect) error {
	sx, sy := area.Width/float64(dst.Rect.Dx()), area.Height/float64(dst.Rect.Dy())
	for y := range dst.Rect.Dy() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for x := range dst.Rect.Dx() {
			px, py := area.X+(float64(x)+0.5)*sx, area.Y+(float64(y)+0.5)*sy
			c := color.RGBA{255, 255, 255, 255}
			if px >= 0 && py >= 0 && px < s.width && py < s.height {
				c = s.at(px, py)
			}
			dst.SetRGBA(dst.Rect.Min.X+x, dst.Rect.Min.Y+y, c)
		}
	}
	return nil
}

func white(float64, float64) color.RGBA { return color.RGBA{255, 255, 255, 255} }

// analysed makes the result a model would give that attends to dark tissue:
// patches on a grid over the slide's area at the given magnifications, the k
// darkest of each zoomed into. Level 0 has mpp micrometres per pixel.
func analysed(t testing.TB, reader AreaReader, s result.Slide, mags []float64, k int) *result.Result {
	t.Helper()
	r := &result.Result{
		Version: result.Version, Slide: s, Notice: result.ResearchUse,
		Model: result.Model{
			Name: "ZoomMIL scattering", Method: "zoommil", Magnifications: mags, Classes: []string{"benign", "carcinoma in situ", "carcinoma"},
		},
		Encoder:    result.Encoder{Name: "builtin", Dim: 204},
		Device:     result.Device{Requested: "auto", Used: "cpu", Name: "2 cores", Reason: "no other device found"},
		Prediction: result.Prediction{Label: "carcinoma", Probabilities: []float64{0.073, 0.006, 0.921}, Logits: []float64{0, -2.5, 2.53}},
		Warnings:   []string{"the model is untrained: its attention and its prediction have no meaning"},
	}
	var parents []result.Patch
	for i, mag := range mags {
		if i > 0 {
			r.Model.K = append(r.Model.K, k)
		}
		var patches []result.Patch
		if i == 0 {
			patches = lowest(t, reader, s, mag)
		} else {
			patches = children(parents, int(math.Round(mag/mags[i-1])))
		}
		attend(t, reader, patches, k, i == len(mags)-1)
		r.Levels = append(r.Levels, result.Level{Magnification: mag, Patches: patches})
		r.Counts.Encoded += len(patches)
		r.Counts.Exhaustive += len(r.Levels[0].Patches) * int(math.Pow(mag/mags[0], 2))
		parents = patches
	}
	return r
}

// lowest is the grid of the lowest magnification, where there is tissue.
func lowest(t testing.TB, reader AreaReader, s result.Slide, mag float64) []result.Patch {
	area := Area(s)
	w, h := 256*10/mag/s.MPP[0], 256*10/mag/s.MPP[1]
	var patches []result.Patch
	for y := area.Y; y < area.Y+area.Height; y += h {
		for x := area.X; x < area.X+area.Width; x += w {
			p := result.Patch{X: x, Y: y, Size: w, Height: h, Parent: -1}
			if darkness(t, reader, p) > 0.1 {
				patches = append(patches, p)
			}
		}
	}
	return patches
}

func children(parents []result.Patch, f int) []result.Patch {
	var patches []result.Patch
	for i, p := range parents {
		if !p.Selected {
			continue
		}
		for j := range f * f {
			patches = append(patches, result.Patch{
				X: p.X + float64(j%f)*p.Size/float64(f), Y: p.Y + float64(j/f)*p.Height/float64(f),
				Size: p.Size / float64(f), Height: p.Height / float64(f), Parent: i,
			})
		}
	}
	return patches
}

// darkness is how far the patch is from white, 0 to 1.
func darkness(t testing.TB, reader AreaReader, p result.Patch) float64 {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	if err := reader.ReadArea(t.Context(), img, areaOf(p)); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i := 0; i < len(img.Pix); i += 4 {
		sum += 255 - int(img.Pix[i+1])
	}
	return float64(sum) / 255 / 256
}

// attend sets attention by darkness and selects the k darkest.
func attend(t testing.TB, reader AreaReader, patches []result.Patch, k int, last bool) {
	var sum, zoomSum float64
	for i := range patches {
		d := darkness(t, reader, patches[i])
		patches[i].Attention, patches[i].ZoomAttention = math.Exp(6*d), math.Exp(9*d)
		sum, zoomSum = sum+patches[i].Attention, zoomSum+patches[i].ZoomAttention
	}
	order := make([]int, len(patches))
	for i := range patches {
		order[i] = i
		patches[i].Attention /= sum
		patches[i].ZoomAttention /= zoomSum
		if last {
			patches[i].ZoomAttention = 0
		}
	}
	if last {
		return
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(patches[b].ZoomAttention, patches[a].ZoomAttention) })
	for _, i := range order[:min(k, len(order))] {
		patches[i].Selected = true
	}
}
