package export

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"maps"
	"math"
	"slices"

	"zoomscope/engine/result"
	"zoomscope/slideio/tiff"
)

// OverlayOptions say what WriteOverlayTIFF writes; the zero value is the colours
// alone, at the usual size.
type OverlayOptions struct {
	Tissue     AreaReader // the slide to lay the colours over; nil for colours on white
	Downsample float64    // level-0 pixels along one pixel of the file, 1 or more; 0 chooses one
	Quality    int        // of JPEG where there is tissue, 1 to 100; 0 for 85
	Workers    int        // goroutines that draw; 0 for one per processor
	Progress   func(result.Progress)
}

// overlaySide is the longest side, in pixels, of a file whose size nobody chose,
// and the others the least side of a patch in it where the former allows that:
// colours alone are squares, tissue is to be seen.
const (
	overlaySide        = 32 << 10
	overlayPatch       = 32
	overlayTissuePatch = 192
)

// OverlayDownsample is the power of two by which WriteOverlayTIFF makes the slide
// smaller unless told otherwise: the greatest that leaves patches at least 32
// pixels large, with tissue under them 192, which is about their own
// magnification; more where the longer side would exceed 32768 pixels.
func OverlayDownsample(s result.Slide, level result.Level, tissue bool) float64 {
	least := float64(overlayPatch)
	if tissue {
		least = overlayTissuePatch
	}
	patch := math.Inf(1)
	for _, p := range level.Patches {
		patch = min(patch, p.Size, p.Height)
	}
	if math.IsInf(patch, 1) {
		patch = 256
	}
	down := 1.0
	for patch/(2*down) >= least {
		down *= 2
	}
	for float64(max(s.Width, s.Height))/down > overlaySide {
		down *= 2
	}
	return down
}

// WriteOverlayTIFF writes the attention of one level, by index, as a tiled,
// pyramidal TIFF (a BigTIFF beyond 4 GB) at path. It covers all of the slide's
// level 0, from its origin, and states its resolution, so that viewers lay it
// over the slide to scale: pixel (i, j) shows the Downsample x Downsample
// level-0 pixels from (i, j) * Downsample.
//
// Over tissue the colours are those of DrawAttention, and tiles are JPEG.
// Without it they are opaque, low ones too, on white where nothing was read, and
// stored without loss. Memory does not depend on the size of the slide. The file is
// there whole or not at all; errors name it.
func WriteOverlayTIFF(ctx context.Context, path string, r *result.Result, level int, heat HeatOptions, o OverlayOptions) error {
	if level < 0 || level >= len(r.Levels) {
		return fmt.Errorf("%s: level %d of %d", path, level, len(r.Levels))
	}
	src, err := newOverlaySource(ctx, r, level, heat, o)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return tiff.WritePyramid(ctx, path, src, tiff.PyramidOptions{Encoding: src.encoding(r, o)})
}

// overlaySource draws parts of the overlay.
type overlaySource struct {
	slide  result.Slide
	down   float64
	size   image.Point
	heat   *Heat
	level  result.Level
	cells  patchCells
	tissue AreaReader
	blend  Blend
}

func newOverlaySource(ctx context.Context, r *result.Result, level int, ho HeatOptions, o OverlayOptions) (*overlaySource, error) {
	l := r.Levels[level]
	heat, err := NewHeat(l, ho)
	if err != nil {
		return nil, err
	}
	down := cmp.Or(o.Downsample, OverlayDownsample(r.Slide, l, o.Tissue != nil))
	if !within(down, 1, maxSide) {
		return nil, fmt.Errorf("downsample %v: give 1 or more", down)
	}
	s := &overlaySource{slide: r.Slide, down: down, heat: heat, level: l, tissue: o.Tissue, blend: Over}
	s.size = image.Pt(int(math.Ceil(float64(r.Slide.Width)/down)), int(math.Ceil(float64(r.Slide.Height)/down)))
	s.cells = newPatchCells(l.Patches, overlayTile*down)
	if s.tissue == nil {
		return s, nil
	}
	ov, err := ReadOverview(ctx, s.tissue, r.Slide, 512)
	if err != nil {
		return nil, err
	}
	s.blend = groundOf(ov).blend
	return s, nil
}

// overlayTile is the side of the tiles of the file, in pixels.
const overlayTile = 256

func (s *overlaySource) encoding(r *result.Result, o OverlayOptions) tiff.Encoding {
	e := tiff.Encoding{
		TileSize: overlayTile, Quality: o.Quality, Workers: o.Workers, Compression: tiff.JPEG,
		MPPX: r.Slide.MPP[0] * s.down, MPPY: r.Slide.MPP[1] * s.down, Description: s.description(r),
	}
	if s.tissue == nil {
		e.Compression = tiff.Deflate
	}
	if o.Progress != nil {
		e.Progress = func(done, total int) {
			o.Progress(result.Progress{Stage: "overlay at " + magName(s.level.Magnification), Done: done, Total: total})
		}
	}
	return e
}

// description says what the file shows.
func (s *overlaySource) description(r *result.Result) string {
	low, high := s.heat.Range()
	return fmt.Sprintf("Attention at %s of %s. %s, from %s to %s (%s). Model %s. %g level-0 pixels per pixel. %s",
		magName(s.level.Magnification), SlideName(r.Slide), heatText(s.heat), percent(low), percent(high), s.heat.colors.Name(),
		modelName(r.Model), s.down, result.ResearchUse)
}

// Size implements tiff.Source.
func (s *overlaySource) Size() (width, height int) { return s.size.X, s.size.Y }

// Draw implements tiff.Source.
func (s *overlaySource) Draw(ctx context.Context, dst *image.RGBA, x, y int) error {
	area := result.Rect{
		X: float64(x) * s.down, Y: float64(y) * s.down,
		Width: float64(dst.Rect.Dx()) * s.down, Height: float64(dst.Rect.Dy()) * s.down,
	}
	if s.tissue != nil {
		if err := s.tissue.ReadArea(ctx, dst, area); err != nil {
			return err
		}
	}
	here := s.cells.in(area)
	if len(here) == 0 {
		return nil // dst comes white
	}
	if s.tissue == nil {
		s.solid(dst, area, here)
		return nil
	}
	layer := image.NewRGBA(image.Rectangle{Max: dst.Rect.Size()})
	s.part(here).Draw(layer, area)
	lay(dst, dst.Rect, layer, s.blend)
	return nil
}

// part is the heat of some of the patches.
func (s *overlaySource) part(indices []int) *Heat {
	h := *s.heat
	h.patches, h.at = make([]result.Patch, len(indices)), make([]float64, len(indices))
	for k, i := range indices {
		h.patches[k], h.at[k] = s.heat.patches[i], s.heat.at[i]
	}
	return &h
}

// solid fills dst with the opaque colours of the patches over white, a pixel that
// they cover in part by that part; of patches that overlap, the mean.
func (s *overlaySource) solid(dst *image.RGBA, area result.Rect, indices []int) {
	sums := make([][4]float64, dst.Rect.Dx()*dst.Rect.Dy())
	f := frame{area, image.Rectangle{Max: dst.Rect.Size()}}
	for _, i := range indices {
		b, c := f.box(s.level.Patches[i]), s.heat.Color(i)
		px := b.pixels(f.px)
		for y := px.Min.Y; y < px.Max.Y; y++ {
			for x := px.Min.X; x < px.Max.X; x++ {
				w := b.cover(x, y)
				sum := &sums[y*f.px.Dx()+x]
				sum[0], sum[1], sum[2], sum[3] = sum[0]+w*float64(c.R), sum[1]+w*float64(c.G), sum[2]+w*float64(c.B), sum[3]+w
			}
		}
	}
	for i, sum := range sums {
		white, full := 255*max(0, 1-sum[3]), max(1, sum[3])
		v := func(k int) uint8 { return uint8(math.Round(white + sum[k]/full)) }
		dst.SetRGBA(dst.Rect.Min.X+i%f.px.Dx(), dst.Rect.Min.Y+i/f.px.Dx(), color.RGBA{v(0), v(1), v(2), 255})
	}
}

// patchCells finds the patches of an area without looking at them all: by
// squares of level 0, each with the indices of the patches that touch it.
type patchCells struct {
	side  float64
	cells map[image.Point][]int
	all   []result.Patch
}

// newPatchCells makes squares of the given side, or larger ones where a patch is
// larger: none touches more than four.
func newPatchCells(patches []result.Patch, side float64) patchCells {
	for _, p := range patches {
		side = max(side, p.Size, p.Height)
	}
	c := patchCells{side, map[image.Point][]int{}, patches}
	for i, p := range patches {
		c.each(areaOf(p), func(at image.Point) { c.cells[at] = append(c.cells[at], i) })
	}
	return c
}

// each calls do with every square that area touches.
func (c patchCells) each(area result.Rect, do func(at image.Point)) {
	cell := func(v float64) int { return int(math.Floor(v / c.side)) }
	for y := cell(area.Y); y <= cell(area.Y+area.Height); y++ {
		for x := cell(area.X); x <= cell(area.X+area.Width); x++ {
			do(image.Pt(x, y))
		}
	}
}

// in lists the patches that overlap area, in ascending order.
func (c patchCells) in(area result.Rect) []int {
	seen := map[int]bool{}
	c.each(area, func(at image.Point) {
		for _, i := range c.cells[at] {
			if inside(c.all[i], area) > 0 {
				seen[i] = true
			}
		}
	})
	return slices.Sorted(maps.Keys(seen))
}
