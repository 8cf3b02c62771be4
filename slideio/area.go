package slideio

import (
	"context"
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	// levelTolerance is by how much a level may be coarser than wanted and still
	// be used, slightly magnified: at 0.2522 um per pixel the level of 1.009 um
	// serves for 1 um.
	levelTolerance = 0.01

	// alignTolerance, in pixels of a level, is how far an area may lie from whole
	// pixels and still be read without interpolation. The error that this makes
	// is below one step of grey.
	alignTolerance = 1.0 / 512

	// blockSide bounds the side of the pixels read at a time, in pixels of a level.
	blockSide = 1280

	// maxBox is the largest whole-number reduction done by plain sums.
	maxBox = 256
)

// ReadArea fills dst with an area of the slide, at the scale at which the area
// fits dst exactly.
//
// It reads the coarsest level that is at least as fine as wanted (1 % coarser
// will do). A pixel of dst is the mean over the area that it covers, or linearly
// interpolated where even level 0 has to be magnified. Outside the slide is
// white. Areas that touch give the same pixels as one area around both, within a
// step of grey.
//
// Large areas are read in blocks, several at a time; the memory needed does not
// depend on the area. When ctx ends, so does the read, with ctx's error.
func ReadArea(ctx context.Context, s Slide, dst *image.RGBA, area Rect) error {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if w <= 0 || h <= 0 {
		return ctx.Err()
	}
	if area.Empty() || !area.finite() {
		return fmt.Errorf("%s: area %v cannot be read", s.Info().Path, area)
	}
	p := plans.Get().(*plan)
	defer plans.Put(p)
	p.make(s.Info(), dst.Rect.Size(), area)
	if p.box == 1 {
		return s.ReadRegion(ctx, dst, p.level, p.x.whole, p.y.whole)
	}
	return p.run(ctx, s, dst)
}

// BestLevel is the level that ReadArea reads for a scale, given as level-0
// pixels per pixel wanted: the coarsest that is at least as fine, within 1 %.
func BestLevel(in *Info, downsample float64) int {
	best := 0
	for i, l := range in.Levels {
		if l.Downsample <= downsample*(1+levelTolerance) && l.Downsample >= in.Levels[best].Downsample {
			best = i
		}
	}
	return best
}

// plan is how one area is read: from which level, by which weights, in which
// blocks. Plans are pooled for the memory in them.
type plan struct {
	level        int
	levelW       int
	levelH       int
	box          int // whole-number reduction on aligned pixels; 0: by weights
	x, y         axis
	cols, rows   int // number of blocks along each axis
	size         image.Point
	colsz, rowsz int // size of a block in dst
}

var plans = sync.Pool{New: func() any { return new(plan) }}

func (p *plan) make(in *Info, size image.Point, area Rect) {
	sx, sy := area.W/float64(size.X), area.H/float64(size.Y)
	p.level = BestLevel(in, min(sx, sy))
	l := in.Levels[p.level]
	p.levelW, p.levelH, p.size = l.Width, l.Height, size
	p.x.place(size.X, area.X/l.Downsample, sx/l.Downsample)
	p.y.place(size.Y, area.Y/l.Downsample, sy/l.Downsample)
	p.box = 0
	if k := p.x.factor; k > 0 && k == p.y.factor && k <= maxBox {
		p.box = k
	} else {
		p.x.weigh(l.Width)
		p.y.weigh(l.Height)
	}
	p.cols, p.colsz = split(size.X, p.x.step)
	p.rows, p.rowsz = split(size.Y, p.y.step)
}

// split divides n pixels of dst into equal blocks that need at most blockSide
// pixels of the level each, or are a single pixel.
func split(n int, step float64) (count, size int) {
	most := max(1, int(blockSide/max(step, 1)))
	count = (n + most - 1) / most
	size = (n + count - 1) / count
	return (n + size - 1) / size, size
}

// run reads all blocks, several at once when there are many.
func (p *plan) run(ctx context.Context, s Slide, dst *image.RGBA) error {
	n := p.cols * p.rows
	if n >= 4 {
		return p.runParallel(ctx, s, dst, n)
	}
	for i := range n {
		if err := p.block(ctx, s, dst, i); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) runParallel(ctx context.Context, s Slide, dst *image.RGBA, n int) error {
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(n, runtime.GOMAXPROCS(0), 8) {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := p.block(ctx, s, dst, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// block reads and resamples the i-th block.
func (p *plan) block(ctx context.Context, s Slide, dst *image.RGBA, i int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x0, y0 := i%p.cols*p.colsz, i/p.cols*p.rowsz
	r := image.Rect(x0, y0, x0+p.colsz, y0+p.rowsz).Intersect(image.Rectangle{Max: p.size})
	w := works.Get().(*work)
	defer works.Put(w)
	if p.box > 0 {
		return p.boxBlock(ctx, s, dst, r, w)
	}
	return p.weighBlock(ctx, s, dst, r, w)
}

// boxBlock fills the pixels r of dst, counted from its top left, with means of
// box x box pixels of the level.
func (p *plan) boxBlock(ctx context.Context, s Slide, dst *image.RGBA, r image.Rectangle, w *work) error {
	src := image.Rect(p.x.whole+r.Min.X*p.box, p.y.whole+r.Min.Y*p.box,
		p.x.whole+r.Max.X*p.box, p.y.whole+r.Max.Y*p.box)
	out := dst.Pix[r.Min.Y*dst.Stride+4*r.Min.X:]
	if !src.Overlaps(image.Rect(0, 0, p.levelW, p.levelH)) {
		for y := range r.Dy() {
			fillWhite(out[y*dst.Stride:][:4*r.Dx()])
		}
		return nil
	}
	if err := w.read(ctx, s, p.level, src); err != nil {
		return err
	}
	shrink(out, dst.Stride, r.Dx(), r.Dy(), w.img.Pix, w.img.Stride, p.box)
	return nil
}

// weighBlock fills the pixels r of dst with weighted means. The level's pixels
// that one block needs fit one read, unless a single pixel of dst covers more.
func (p *plan) weighBlock(ctx context.Context, s Slide, dst *image.RGBA, r image.Rectangle, w *work) error {
	w.start(r.Dx(), r.Dy())
	x0, x1 := p.x.span(r.Min.X, r.Max.X)
	y0, y1 := p.y.span(r.Min.Y, r.Max.Y)
	for y := y0; y < y1; y += blockSide {
		for x := x0; x < x1; x += blockSide {
			if err := ctx.Err(); err != nil {
				return err
			}
			src := image.Rect(x, y, min(x+blockSide, x1), min(y+blockSide, y1))
			if err := w.read(ctx, s, p.level, src); err != nil {
				return err
			}
			w.add(&p.x, &p.y, r, src)
		}
	}
	w.finish(dst.Pix[r.Min.Y*dst.Stride+4*r.Min.X:], dst.Stride, r.Dx(), r.Dy())
	return nil
}

// nearWhole is v's nearest whole number, if v is within tol of it.
func nearWhole(v, tol float64) (int, bool) {
	n := math.Round(v)
	return int(n), math.Abs(v-n) <= tol
}
