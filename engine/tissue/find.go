package tissue

import (
	"context"
	"errors"
	"image"
)

// Find returns the tissue of an opaque picture at its own size. The settings
// are used as they are, whatever their Magnification; scale them first with
// [Settings.At]. A picture without a pixel, and settings that make no sense,
// are errors; a picture without tissue is not. When ctx ends, the error is
// ctx's.
func Find(ctx context.Context, img *image.RGBA, s Settings) (*Mask, error) {
	m, _, err := find(ctx, img, s)
	return m, err
}

// find also returns the size in pixels of the component of each round, -1 for
// one that found none.
func find(ctx context.Context, img *image.RGBA, s Settings) (*Mask, []int, error) {
	if err := s.Validate(); err != nil {
		return nil, nil, err
	}
	if img.Rect.Empty() {
		return nil, nil, errors.New("tissue: picture has no pixels")
	}
	threshold := -1
	if !s.KeepPale {
		t, err := saturationThreshold(ctx, img)
		if err != nil {
			return nil, nil, err
		}
		threshold = t
	}
	p, err := reduce(ctx, img, s.Downsampling, threshold)
	if err != nil {
		return nil, nil, err
	}
	m, sizes, err := rounds(ctx, p, s)
	if err != nil {
		return nil, nil, err
	}
	return m.enlarge(img.Rect.Dx(), img.Rect.Dy()), sizes, nil
}

// rounds takes component after component off the picture, painting it white.
func rounds(ctx context.Context, p *reduced, s Settings) (*Mask, []int, error) {
	m := NewMask(p.w, p.h)
	c := newCutter(p, s)
	square := newSquare(s.Kernel, s.DilationSteps)
	var sizes []int
	changed := image.Rect(0, 0, p.w, p.h)
	for !changed.Empty() { // else the next round would be this one again
		if p.constant() {
			return m, append(sizes, -1), nil
		}
		found, err := c.cut(ctx, changed)
		if err != nil {
			return nil, nil, err
		}
		component, pixels := largest(found)
		if pixels == 0 || pixels < s.MinSize {
			return m, append(sizes, -1), nil
		}
		sizes = append(sizes, pixels)
		region := square.dilate(component, p.w, p.h)
		if !(p.meanGray(region) < s.Background) {
			break
		}
		for _, r := range region {
			m.SetRow(int(r.y), int(r.x0), int(r.x1))
		}
		changed = p.paint(region)
	}
	return m, sizes, ctx.Err()
}

// cutter smooths the darkness of a picture and cuts it at its threshold.
type cutter struct {
	p      *reduced
	kernel gaussian
	steps  int
	planes [2]*plane // the second is used when there are several steps
}

func newCutter(p *reduced, s Settings) *cutter {
	c := &cutter{p: p, kernel: newGaussian(s.Sigma), steps: s.ThresholdingSteps}
	for i := range min(s.ThresholdingSteps, len(c.planes)) {
		c.planes[i] = newPlane(p.w, p.h)
	}
	return c
}

// cut returns the pixels that are dark after smoothing. The picture must have
// changed since the last call in the rectangle alone.
func (c *cutter) cut(ctx context.Context, changed image.Rectangle) ([]run, error) {
	src := bytesReader(c.p.dark, c.p.w)
	whole := image.Rect(0, 0, c.p.w, c.p.h)
	reach := changed.Inset(1 - len(c.kernel))
	for step := range c.steps {
		if step > 0 || c.steps > len(c.planes) {
			reach = whole // what was cut off elsewhere may differ too
		}
		out := c.planes[step%len(c.planes)]
		if err := c.kernel.smooth(ctx, out, src, out.covering(reach)); err != nil {
			return nil, err
		}
		threshold, any, err := out.otsu(ctx)
		if err != nil || !any {
			return nil, err
		}
		if step == c.steps-1 {
			return out.above(ctx, threshold)
		}
		src = func(y, x0, x1 int, dst []float64) { out.copyRow(y, x0, x1, threshold, dst) }
	}
	return nil, nil
}
