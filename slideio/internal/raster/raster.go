// Package raster opens plain PNG, JPEG, TIFF and BMP pictures as slides of one
// level. A picture is decoded whole when it is opened, so its size is limited.
package raster

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"os"
	"sync"

	"zoomscope/slideio"
)

// DefaultMaxPixels is the limit of a Driver that names none: some 0.8 GB decoded.
const DefaultMaxPixels = 200e6

// Driver opens plain pictures. The zero value is ready to use.
type Driver struct {
	// MaxPixels is the most pixels that a picture may have, taking four bytes
	// each; what needs more memory counts more. 0 means DefaultMaxPixels.
	MaxPixels int64
}

// Name is "raster".
func (Driver) Name() string { return "raster" }

// Open decodes a picture: slideio.ErrUnsupported when it is none of the formats
// or a variant not read here, slideio.ErrTooLarge when its header announces too
// many pixels, slideio.ErrCorrupt when it is damaged.
func (d Driver) Open(ctx context.Context, path string) (slideio.Slide, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := d.open(ctx, path, f)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func (d Driver) open(ctx context.Context, path string, f *os.File) (*picture, error) {
	format := sniff(f)
	if format == nil {
		return nil, fmt.Errorf("%w (raster: neither PNG, JPEG, TIFF nor BMP)", slideio.ErrUnsupported)
	}
	cfg, err := config(format, f)
	if err != nil {
		return nil, format.failure(err)
	}
	if err := d.checkSize(cfg, format.weight(f, cfg)); err != nil {
		return nil, err
	}
	img, err := decode(ctx, format, f)
	if err != nil {
		return nil, format.failure(err)
	}
	x, y := format.density(f)
	size := img.Bounds().Size()
	return &picture{
		img:    img,
		opaque: opaque(img),
		info: &slideio.Info{
			Path:       path,
			Driver:     "raster",
			Vendor:     format.name,
			Levels:     []slideio.Level{{Width: size.X, Height: size.Y, Downsample: 1}},
			Bounds:     image.Rectangle{Max: size},
			Resolution: slideio.WithDensity(format.densitySource, x, y),
			Properties: map[string]string{},
		},
	}, nil
}

// checkSize refuses what would take too much memory; weight is that of a pixel,
// 1 for four bytes.
func (d Driver) checkSize(cfg image.Config, weight int64) error {
	limit := d.MaxPixels
	if limit == 0 {
		limit = DefaultMaxPixels
	}
	w, h := int64(cfg.Width), int64(cfg.Height)
	if w <= 0 || h <= 0 {
		return fmt.Errorf("%w (raster: size %d x %d)", slideio.ErrCorrupt, w, h)
	}
	if w > limit/weight/h {
		return fmt.Errorf("%w: %d x %d pixels, at most %d million", slideio.ErrTooLarge, w, h, limit/weight/1e6)
	}
	return nil
}

func config(format *format, f *os.File) (cfg image.Config, err error) {
	defer caught(&err)
	return format.config(fromStart(context.Background(), f))
}

func decode(ctx context.Context, format *format, f *os.File) (img image.Image, err error) {
	defer caught(&err)
	return format.decode(fromStart(ctx, f))
}

// caught turns a decoder's panic over a damaged file into an error: one bad
// picture must not end a batch.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("decoder: %v", p)
	}
}

// fromStart reads the whole file, until ctx ends.
func fromStart(ctx context.Context, f *os.File) io.Reader {
	size := int64(1) << 62
	if st, err := f.Stat(); err == nil {
		size = st.Size()
	}
	return &source{SectionReader: io.NewSectionReader(f, 0, size), ctx: ctx}
}

// source is a reader that fails once ctx has ended.
type source struct {
	*io.SectionReader
	ctx context.Context
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.SectionReader.Read(p)
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.SectionReader.ReadAt(p, off)
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// picture is an open picture. It keeps the decoder's own form, which may be a
// third of RGBA's size.
type picture struct {
	info   *slideio.Info
	opaque bool

	mu  sync.RWMutex
	img image.Image // nil when closed
}

func (p *picture) Info() *slideio.Info { return p.info }

func (p *picture) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.img = nil
	return nil
}

// bandRows is how many rows are converted between two looks at ctx.
const bandRows = 256

func (p *picture) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	r := image.Rectangle{Max: dst.Rect.Size()}.Add(image.Pt(x, y))
	fail := func(err error) error {
		return &slideio.RegionError{Path: p.info.Path, Level: level, Rect: r, Err: err}
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case p.img == nil:
		return fail(slideio.ErrClosed)
	case level != 0:
		return fail(errors.New("no such level"))
	}
	inside := r.Intersect(p.info.Bounds)
	slideio.FillOutside(dst, inside.Sub(r.Min))
	for top := inside.Min.Y; top < inside.Max.Y; top += bandRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		band := inside
		band.Min.Y, band.Max.Y = top, min(top+bandRows, inside.Max.Y)
		p.convert(dst, band, band.Min.Sub(r.Min).Add(dst.Rect.Min))
	}
	return nil
}

// convert writes the part r of the picture to dst at a point, over white.
func (p *picture) convert(dst *image.RGBA, r image.Rectangle, at image.Point) {
	to := image.Rectangle{Min: at, Max: at.Add(r.Size())}
	from := r.Min.Add(p.img.Bounds().Min)
	if p.opaque {
		draw.Draw(dst, to, p.img, from, draw.Src)
		return
	}
	draw.Draw(dst, to, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(dst, to, p.img, from, draw.Over)
}

func (p *picture) Associated(ctx context.Context, name string) (*image.RGBA, error) {
	return nil, fmt.Errorf("%s: %q: %w", p.info.Path, name, slideio.ErrNoAssociated)
}
