package openslide

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"

	"zoomscope/slideio"
)

const (
	// blockSide bounds one call of the library, so that cancelling is noticed
	// between blocks.
	blockSide = 1024

	// maxReopens bounds how often a slide is opened afresh after reads that
	// failed. Each damaged place costs at most two.
	maxReopens = 32

	// maxAssociatedPixels bounds what is decoded as a label, macro or thumbnail.
	maxAssociatedPixels = 200e6
)

type slide struct {
	lib   *Library
	path  string
	info  *slideio.Info
	scale []float64 // the library's downsample of each level

	direct *direct // what is read without the library; nil: nothing is

	// mu is held for reading during calls on handle, and for writing to replace
	// or close it.
	mu      sync.RWMutex
	handle  *Handle // nil after Close, or when opening it afresh failed
	epoch   int     // counts the handles
	reopens int
	dead    error // why there is no handle any more
}

func (s *slide) Info() *slideio.Info { return s.info }

func (s *slide) Close() error {
	var err error
	if s.direct != nil {
		err = s.direct.file.Close() // its reads may need the handle to the end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle != nil {
		s.handle.Close()
		s.handle = nil
	}
	s.dead = slideio.ErrClosed
	return err
}

func (s *slide) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	r := image.Rectangle{Max: dst.Rect.Size()}.Add(image.Pt(x, y))
	if level < 0 || level >= len(s.info.Levels) {
		return &slideio.RegionError{Path: s.path, Level: level, Rect: r, Err: fmt.Errorf("no such level")}
	}
	l := s.info.Levels[level]
	inside := r.Intersect(image.Rect(0, 0, l.Width, l.Height))
	slideio.FillOutside(dst, inside.Sub(r.Min))
	if inside.Empty() {
		return s.alive(ctx, level, r)
	}
	for by := inside.Min.Y; by < inside.Max.Y; by += blockSide {
		for bx := inside.Min.X; bx < inside.Max.X; bx += blockSide {
			if err := ctx.Err(); err != nil {
				return err
			}
			block := image.Rect(bx, by, bx+blockSide, by+blockSide).Intersect(inside)
			if err := s.readBlock(ctx, dst, block.Min.Sub(r.Min), level, block); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return &slideio.RegionError{Path: s.path, Level: level, Rect: block, Err: err}
			}
		}
	}
	return nil
}

// alive is the error of a read that needs nothing from the file.
func (s *slide) alive(ctx context.Context, level int, r image.Rectangle) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.dead == slideio.ErrClosed {
		return &slideio.RegionError{Path: s.path, Level: level, Rect: r, Err: s.dead}
	}
	return nil
}

// readBlock reads block, which lies inside the level, to dst with its top left
// pixel at dst.Rect.Min + at.
func (s *slide) readBlock(ctx context.Context, dst *image.RGBA, at image.Point, level int, block image.Rectangle) error {
	at = at.Add(dst.Rect.Min)
	out := dst.Pix[dst.PixOffset(at.X, at.Y):]
	if l := s.direct.level(level); l != nil {
		return s.readDirect(ctx, l, out, dst.Stride, level, block)
	}
	return s.readThroughLibrary(out, dst.Stride, level, block)
}

// readThroughLibrary reads block to out, rows stride bytes apart.
func (s *slide) readThroughLibrary(out []byte, stride, level int, block image.Rectangle) error {
	w, h := block.Dx(), block.Dy()
	if stride == 4*w {
		out = out[:4*w*h]
		if err := s.readPixels(out, level, block); err != nil {
			return err
		}
		overWhite(out, out)
		return nil
	}
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	*buf = slices.Grow((*buf)[:0], 4*w*h)[:4*w*h]
	if err := s.readPixels(*buf, level, block); err != nil {
		return err
	}
	for y := range h {
		overWhite(out[y*stride:][:4*w], (*buf)[y*4*w:][:4*w])
	}
	return nil
}

// scratch holds *[]byte for blocks that do not fill whole rows of their target.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// readPixels reads a block as the library gives it.
//
// When a read fails the handle is lost to all who use it, and they cannot know
// whose region was at fault. So each of them asks again alone, on a fresh handle.
func (s *slide) readPixels(buf []byte, level int, block image.Rectangle) error {
	s.mu.RLock()
	h, epoch := s.handle, s.epoch
	if h == nil {
		defer s.mu.RUnlock()
		return s.dead
	}
	err := s.call(h, buf, level, block)
	s.mu.RUnlock()
	if err == nil {
		return nil
	}
	return s.readAlone(epoch, buf, level, block)
}

// readAlone repeats a read that failed on the handle of the given epoch, while
// no other read is under way.
func (s *slide) readAlone(epoch int, buf []byte, level int, block image.Rectangle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch == epoch {
		s.reopen()
	}
	if s.handle == nil {
		return s.dead
	}
	err := s.call(s.handle, buf, level, block)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%w (openslide: %w)", slideio.ErrCorrupt, err)
	s.reopen()
	if s.handle == nil && s.dead != slideio.ErrClosed {
		s.dead = fmt.Errorf("%w: %w", slideio.ErrGivenUp, err)
	}
	return err
}

// reopen replaces a failed handle by a fresh one, as long as the slide is not
// closed and was not reopened too often. mu is held.
func (s *slide) reopen() {
	if s.handle == nil {
		return
	}
	s.handle.Close()
	s.handle = nil
	s.epoch++
	if s.reopens++; s.reopens > maxReopens {
		s.dead = fmt.Errorf("%w: %w: too many reads failed", slideio.ErrCorrupt, slideio.ErrGivenUp)
		return
	}
	h, err := s.lib.Open(s.path)
	if err != nil {
		s.dead = fmt.Errorf("%w: %w", slideio.ErrGivenUp, openError(s.path, err))
		return
	}
	s.share(h)
	s.handle = h
}

// share gives a new handle its part of the library's memory.
func (s *slide) share(h *Handle) {
	if s.direct != nil {
		h.useSmallCache()
	}
}

// call makes the library's call. It takes the place in whole pixels of level 0 and
// divides it by its own downsample. Where that is no whole number, because the
// sizes did not divide, the library interpolates: what is read then lies up to
// half a pixel of level 0 beside its place.
func (s *slide) call(h *Handle, buf []byte, level int, block image.Rectangle) error {
	x := int64(math.Round(float64(block.Min.X) * s.scale[level]))
	y := int64(math.Round(float64(block.Min.Y) * s.scale[level]))
	return h.ReadRegion(buf, x, y, level, block.Dx(), block.Dy())
}

func (s *slide) Associated(ctx context.Context, name string) (*image.RGBA, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !slices.Contains(s.info.Associated, name) {
		return nil, fmt.Errorf("%s: %q: %w", s.path, name, slideio.ErrNoAssociated)
	}
	// A damaged picture fails the handle it is read on: it gets one of its own.
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.dead == slideio.ErrClosed {
		return nil, fmt.Errorf("%s: %q: %w", s.path, name, s.dead)
	}
	h, err := s.lib.Open(s.path)
	if err != nil {
		return nil, openError(s.path, err)
	}
	defer h.Close()
	pix, w, ht, err := h.ReadAssociatedImage(name, maxAssociatedPixels)
	if err != nil {
		return nil, fmt.Errorf("%s: %q: %w (openslide: %w)", s.path, name, slideio.ErrCorrupt, err)
	}
	overWhite(pix, pix)
	return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, ht)}, nil
}
