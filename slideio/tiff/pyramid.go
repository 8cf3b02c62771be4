package tiff

import (
	"context"
	"fmt"
	"image"
	"io"
)

// Source is a picture of any size that is read by parts.
type Source interface {
	// Size is the picture's width and height in pixels.
	Size() (width, height int)
	// Draw fills dst so that its top left pixel shows pixel (x, y) of the
	// picture. Parts of dst beyond the picture may be left as they are: white.
	// Several calls run at once.
	Draw(ctx context.Context, dst *image.RGBA, x, y int) error
}

// PyramidOptions say how WritePyramid makes a file.
type PyramidOptions struct {
	Encoding
	Factor int // between a level and the next; a divisor of TileSize; 0 means 2
	// Smallest ends the pyramid: no further level once neither side exceeds
	// it; 0 means TileSize.
	Smallest int
}

// WritePyramid writes the file at path with src as its finest level. Every pixel
// of a coarser level is the rounded mean of the Factor x Factor pixels below it,
// or of those of them that lie within the picture. src is read once, tile by
// tile; memory is bounded by a few tiles per worker and level. Errors and atomicity
// are as with Write.
func WritePyramid(ctx context.Context, path string, src Source, opts PyramidOptions) error {
	return toFile(path, func(w io.WriteSeeker) error { return WritePyramidTo(ctx, w, src, opts) })
}

// WritePyramidTo is WritePyramid onto w, which must stand at its start; its
// errors name no file.
func WritePyramidTo(ctx context.Context, w io.WriteSeeker, src Source, opts PyramidOptions) error {
	p, err := newPyramid(src, opts)
	if err != nil {
		return err
	}
	if p.file, err = newFile(w, p.spec); err != nil {
		return err
	}
	if err := p.run(ctx); err != nil {
		return err
	}
	return p.file.finish()
}

// LevelSizes returns the sizes of the levels that WritePyramid makes of a
// picture: each side divided by factor and rounded up, until neither exceeds
// smallest.
func LevelSizes(width, height, factor, smallest int) []image.Point {
	sizes := []image.Point{{X: width, Y: height}}
	for width > smallest || height > smallest {
		width, height = ceilDiv(width, factor), ceilDiv(height, factor)
		sizes = append(sizes, image.Pt(width, height))
	}
	return sizes
}

// pyramid is the state of WritePyramid. Its unit of parallel work is one tile of
// level 1 with the tiles of level 0 below it. Units run in an order in which the
// tiles of every level are complete as early as possible (blocks of factor x
// factor, recursively), so that the collector holds one unfinished tile per level.
type pyramid struct {
	spec   Spec
	factor int
	src    Source
	file   *file
	enc    encoder
	open   []*image.RGBA // unfinished tile of each level, from 2 on
	units  []address
	done   int
}

func newPyramid(src Source, opts PyramidOptions) (*pyramid, error) {
	if opts.Factor == 0 {
		opts.Factor = 2
	}
	enc, err := opts.Encoding.resolve()
	if err != nil {
		return nil, err
	}
	if opts.Smallest <= 0 {
		opts.Smallest = enc.TileSize
	}
	if opts.Factor < 2 || enc.TileSize%opts.Factor != 0 {
		return nil, fmt.Errorf("%w: factor %d does not divide tiles of %d", ErrSpec, opts.Factor, enc.TileSize)
	}
	w, h := src.Size()
	if w < 1 || h < 1 {
		return nil, fmt.Errorf("%w: picture of %d x %d pixels", ErrSpec, w, h)
	}
	spec, err := Spec{LevelSizes(w, h, opts.Factor, opts.Smallest), enc}.resolve()
	if err != nil {
		return nil, err
	}
	p := &pyramid{spec: spec, factor: opts.Factor, src: src, enc: encoder{enc: enc}}
	p.open = make([]*image.RGBA, len(spec.Levels))
	p.listUnits()
	return p, nil
}

// unitLevel is the level whose tiles are the units of work.
func (p *pyramid) unitLevel() int { return min(1, len(p.spec.Levels)-1) }

// listUnits sorts the units so that a parent's children follow each other.
func (p *pyramid) listUnits() {
	top := len(p.spec.Levels) - 1
	g := p.spec.grid(top)
	for row := range g.Y {
		for col := range g.X {
			p.descend(address{top, col, row})
		}
	}
}

func (p *pyramid) descend(a address) {
	if a.level == p.unitLevel() {
		p.units = append(p.units, a)
		return
	}
	for _, c := range p.children(a) {
		p.descend(c)
	}
}

// children are the tiles of the next finer level that a tile covers, row by row.
func (p *pyramid) children(a address) []address {
	g := p.spec.grid(a.level - 1)
	var cs []address
	for row := a.row * p.factor; row < min((a.row+1)*p.factor, g.Y); row++ {
		for col := a.col * p.factor; col < min((a.col+1)*p.factor, g.X); col++ {
			cs = append(cs, address{a.level - 1, col, row})
		}
	}
	return cs
}

// unit is what a worker made of one unit: encoded tiles, and the picture of
// the last of them for the levels above.
type unit struct {
	at      []address
	data    [][]byte
	picture *image.RGBA
}

func (p *pyramid) run(ctx context.Context) error {
	start := func() func(context.Context, int) (unit, error) {
		e := &encoder{enc: p.spec.Encoding}
		scratch := newTile(p.spec.TileSize)
		return func(ctx context.Context, i int) (unit, error) { return p.draw(ctx, e, scratch, p.units[i]) }
	}
	return inOrder(ctx, p.spec.Workers, len(p.units), start, func(_ int, u unit) error {
		for i, a := range u.at {
			if err := p.put(a, u.data[i]); err != nil {
				return err
			}
		}
		return p.raise(p.units[0].level, u.at[len(u.at)-1], u.picture)
	})
}

// draw reads and encodes the tiles of a unit.
func (p *pyramid) draw(ctx context.Context, e *encoder, scratch *image.RGBA, at address) (unit, error) {
	u := unit{picture: newTile(p.spec.TileSize)}
	add := func(a address, m *image.RGBA) error {
		data, err := e.encode(m)
		u.at, u.data = append(u.at, a), append(u.data, data)
		return err
	}
	fillWhite(u.picture)
	if at.level == 0 {
		if err := p.read(ctx, u.picture, at); err != nil {
			return u, err
		}
		return u, add(at, u.picture)
	}
	for _, c := range p.children(at) {
		fillWhite(scratch)
		if err := p.read(ctx, scratch, c); err != nil {
			return u, err
		}
		if err := add(c, scratch); err != nil {
			return u, err
		}
		p.reduceInto(u.picture, scratch, c)
	}
	return u, add(at, u.picture)
}

func (p *pyramid) read(ctx context.Context, dst *image.RGBA, a address) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.src.Draw(ctx, dst, a.col*p.spec.TileSize, a.row*p.spec.TileSize); err != nil {
		return a.wrap(err)
	}
	return nil
}

func (p *pyramid) put(a address, data []byte) error {
	at, err := p.file.store(data)
	if err != nil {
		return err
	}
	p.file.set(a, at)
	p.done++
	if p.spec.Progress != nil {
		p.spec.Progress(p.done, p.spec.tiles())
	}
	return nil
}

// raise enters a finished tile into its parent and, when that made the parent
// complete, stores the parent and goes on from there.
func (p *pyramid) raise(level int, a address, m *image.RGBA) error {
	if level == len(p.spec.Levels)-1 {
		return nil
	}
	parent := address{level + 1, a.col / p.factor, a.row / p.factor}
	if p.open[level+1] == nil {
		p.open[level+1] = newTile(p.spec.TileSize)
		fillWhite(p.open[level+1])
	}
	dst := p.open[level+1]
	p.reduceInto(dst, m, a)
	cs := p.children(parent)
	if cs[len(cs)-1] != a {
		return nil
	}
	data, err := p.enc.encode(dst)
	if err != nil {
		return err
	}
	if err := p.put(parent, data); err != nil {
		return err
	}
	if err := p.raise(level+1, parent, dst); err != nil {
		return err
	}
	fillWhite(dst)
	return nil
}

// reduceInto draws the tile m, which stands at a, into its quarter (for factor
// 2) of its parent.
func (p *pyramid) reduceInto(parent, m *image.RGBA, a address) {
	t, f := p.spec.TileSize, p.factor
	size := p.spec.Levels[a.level]
	valid := image.Rect(0, 0, min(t, size.X-a.col*t), min(t, size.Y-a.row*t))
	at := image.Pt(a.col%f*t/f, a.row%f*t/f)
	Reduce(parent, at, m.SubImage(valid).(*image.RGBA), f)
}

// Reduce draws src, made smaller by an integer factor, into dst with its top
// left pixel at at. Each pixel is the rounded mean of a factor x factor block, or of that
// part of the block which lies within src.
func Reduce(dst *image.RGBA, at image.Point, src *image.RGBA, factor int) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for y := 0; y < h; y += factor {
		rows := min(factor, h-y)
		o := dst.PixOffset(at.X, at.Y+y/factor)
		for x := 0; x < w; x += factor {
			cols := min(factor, w-x)
			mean(dst.Pix[o:o+4:o+4], src.Pix[y*src.Stride+x*4:], src.Stride, cols, rows)
			o += 4
		}
	}
}

// mean sets px to the rounded mean of cols x rows opaque pixels.
func mean(px, pix []byte, stride, cols, rows int) {
	var r, g, b uint32
	for y := range rows {
		row := pix[y*stride:]
		row = row[:cols*4]
		for i := 0; i+3 < len(row); i += 4 {
			r += uint32(row[i])
			g += uint32(row[i+1])
			b += uint32(row[i+2])
		}
	}
	n := uint32(cols * rows)
	px[0], px[1], px[2], px[3] = byte((r+n/2)/n), byte((g+n/2)/n), byte((b+n/2)/n), 255
}

func fillWhite(m *image.RGBA) {
	for i := range m.Pix {
		m.Pix[i] = 255
	}
}
