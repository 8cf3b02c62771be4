package openslide

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"sync/atomic"

	"zoomscope/slideio"
	"zoomscope/slideio/internal/tifftiles"
)

// directCacheBytes bounds the decoded tiles that are kept, for all slides of a
// driver together, of what is read without the library.
const directCacheBytes = 64 << 20

// direct reads the JPEG tiles of plain tiled TIFF slides without the library,
// which lays every tile over the others by floating-point compositing, four times
// as long as it takes to decode it.
//
// Pixels are the library's, but for the rounding of the inverse DCT, in levels
// whose downsample is whole by the library's reckoning too. In the others they lie
// exactly where they are asked for, the library's up to half a pixel of level 0
// beside.
type direct struct {
	file   *tifftiles.File
	levels []*tifftiles.Level // nil for those that the library reads

	// For tests: blocks read without the library, and parts of others that were
	// left to it.
	served, left atomic.Int64
}

// direct finds what can be read without the library; nil for nothing. Whatever is
// wrong with the file is for the library to say.
func (d *Driver) direct(in *slideio.Info) *direct {
	if d.tiles == nil || in.Vendor != "aperio" && in.Vendor != "generic-tiff" {
		return nil
	}
	f, err := tifftiles.Open(in.Path, d.tiles)
	if err != nil {
		return nil
	}
	out := &direct{file: f}
	found := false
	for _, l := range in.Levels {
		t := f.Level(image.Pt(l.Width, l.Height), image.Pt(l.TileWidth, l.TileHeight))
		out.levels = append(out.levels, t)
		found = found || t != nil
	}
	if !found {
		f.Close()
		return nil
	}
	return out
}

// level is what reads a level without the library, nil when the library does.
func (d *direct) level(i int) *tifftiles.Level {
	if d == nil {
		return nil
	}
	return d.levels[i]
}

// readDirect reads block to out, rows stride bytes apart, and leaves to the
// library the tiles that it has to decide about.
func (s *slide) readDirect(ctx context.Context, l *tifftiles.Level, out []byte, stride, level int, block image.Rectangle) error {
	left := int64(0)
	err := l.Read(ctx, out, stride, block, func(part image.Rectangle) error {
		left++
		at := part.Min.Sub(block.Min)
		return s.readThroughLibrary(out[at.Y*stride+4*at.X:], stride, level, part)
	})
	switch {
	case errors.Is(err, fs.ErrClosed):
		return slideio.ErrClosed
	case left > 0:
		s.direct.left.Add(left)
	case err == nil:
		s.direct.served.Add(1)
	}
	return err
}
