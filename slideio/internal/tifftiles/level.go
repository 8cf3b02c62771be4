package tifftiles

import (
	"fmt"
	"image"
	"slices"
)

// Tags by their names in the TIFF 6 specification and its technical note 2.
const (
	tagImageWidth      = 256
	tagImageLength     = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagPlanarConfig    = 284
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
	tagImageDepth      = 32997
	tagTileDepth       = 32998
)

const (
	compressionJPEG  = 7
	photometricRGB   = 2
	photometricYCbCr = 6
)

const (
	maxSide       = 1<<31 - 1
	maxTileSide   = 4096
	maxTilePixels = 1 << 22
	maxTables     = 1 << 16 // bytes; two kinds of four tables each take a few thousand
)

// Level is one image of a file. Its fields never change.
type Level struct {
	Width, Height         int // in pixels
	TileWidth, TileHeight int // in pixels, multiples of 16

	file   *File
	rgb    bool   // the tiles' components are red, green, blue
	prefix []byte // what every tile's JPEG stream begins with, after its SOI
	cols   int
	tiles  []extent // row by row
}

// extent is where a tile's bytes stand in the file.
type extent struct {
	offset uint64
	size   uint64 // 0: the tile is missing
}

// level makes the level of a directory; an error when it is not of the kind that
// this package reads.
func (s *source) level(d directory) (*Level, error) {
	p := picker{s: s, d: d}
	l := &Level{
		Width:      p.one(tagImageWidth, 1, maxSide),
		Height:     p.one(tagImageLength, 1, maxSide),
		TileWidth:  p.one(tagTileWidth, 16, maxTileSide),
		TileHeight: p.one(tagTileLength, 16, maxTileSide),
		rgb:        p.among(tagPhotometric, photometricRGB, photometricYCbCr) == photometricRGB,
	}
	p.among(tagCompression, compressionJPEG)
	p.among(tagSamplesPerPixel, 3)
	p.all(tagBitsPerSample, 3, 8)
	for _, tag := range []uint16{tagPlanarConfig, tagFillOrder, tagOrientation, tagImageDepth, tagTileDepth} {
		p.oneIfThere(tag)
	}
	if _, ok := d[tagSampleFormat]; ok {
		p.all(tagSampleFormat, 3, 1)
	}
	if _, ok := d[tagExtraSamples]; ok {
		p.fail(tagExtraSamples)
	}
	if l.TileWidth%16 != 0 || l.TileHeight%16 != 0 || l.TileWidth*l.TileHeight > maxTilePixels {
		p.fail(tagTileWidth)
	}
	if p.err != nil {
		return nil, p.err
	}
	if err := l.place(s, d); err != nil {
		return nil, err
	}
	var err error
	l.prefix, err = s.tables(d)
	return l, err
}

// place reads where the tiles are.
func (l *Level) place(s *source, d directory) error {
	l.cols = ceilDiv(l.Width, l.TileWidth)
	rows := ceilDiv(l.Height, l.TileHeight)
	if rows > s.tiles/l.cols {
		return fmt.Errorf("%w: %d x %d tiles", ErrFormat, l.cols, rows)
	}
	s.tiles -= l.cols * rows
	n := uint64(l.cols * rows)
	offsets, err := s.uints(d[tagTileOffsets], n)
	if err != nil {
		return fmt.Errorf("tile offsets: %w", err)
	}
	sizes, err := s.uints(d[tagTileByteCounts], n)
	if err != nil {
		return fmt.Errorf("tile sizes: %w", err)
	}
	l.tiles = make([]extent, n)
	for i := range l.tiles {
		if offsets[i] != 0 && s.holds(offsets[i], sizes[i]) {
			l.tiles[i] = extent{offsets[i], sizes[i]}
		}
	}
	return nil
}

// tables reads the tables that the tiles share, and makes of them what every
// tile's stream begins with.
func (s *source) tables(d directory) ([]byte, error) {
	f, ok := d[tagJPEGTables]
	if !ok {
		return newPrefix(nil)
	}
	if kindSize(f.kind) != 1 || f.count > maxTables {
		return nil, fmt.Errorf("%w: JPEG tables of %d values", ErrFormat, f.count)
	}
	b, err := s.raw(f, f.count)
	if err != nil {
		return nil, fmt.Errorf("JPEG tables: %w", err)
	}
	return newPrefix(b)
}

// imageSize is the size of a directory's image, the zero point when unknown.
func (s *source) imageSize(d directory) image.Point {
	w, errW := s.uints(d[tagImageWidth], 1)
	h, errH := s.uints(d[tagImageLength], 1)
	if errW != nil || errH != nil || max(w[0], h[0]) > maxSide {
		return image.Point{}
	}
	return image.Pt(int(w[0]), int(h[0]))
}

// tileRect is the place of the i-th tile in the level, its part beyond the edge
// included.
func (l *Level) tileRect(i int) image.Rectangle {
	at := image.Pt(i%l.cols*l.TileWidth, i/l.cols*l.TileHeight)
	return image.Rectangle{at, at.Add(image.Pt(l.TileWidth, l.TileHeight))}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// picker reads numbers of a directory and keeps the first thing that is wrong.
type picker struct {
	s   *source
	d   directory
	err error
}

func (p *picker) fail(tag uint16) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: unusual value of tag %d", errUnusual, tag)
	}
}

// one is a field of one value from lo to hi.
func (p *picker) one(tag uint16, lo, hi uint64) int {
	vs, err := p.s.uints(p.d[tag], 1)
	if err != nil || vs[0] < lo || vs[0] > hi {
		p.fail(tag)
		return int(lo)
	}
	return int(vs[0])
}

// among is a field of one value, which must be one of those listed.
func (p *picker) among(tag uint16, want ...uint64) uint64 {
	vs, err := p.s.uints(p.d[tag], 1)
	if err != nil || !slices.Contains(want, vs[0]) {
		p.fail(tag)
		return 0
	}
	return vs[0]
}

// oneIfThere wants a field to be 1, as it is when it is not there.
func (p *picker) oneIfThere(tag uint16) {
	if _, ok := p.d[tag]; ok {
		p.among(tag, 1)
	}
}

// all wants a field of n values that are all the same.
func (p *picker) all(tag uint16, n, want uint64) {
	vs, err := p.s.uints(p.d[tag], n)
	if err != nil || slices.ContainsFunc(vs, func(v uint64) bool { return v != want }) {
		p.fail(tag)
	}
}
