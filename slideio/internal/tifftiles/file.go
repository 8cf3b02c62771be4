package tifftiles

import (
	"context"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// File is an open TIFF file. Its methods, and those of its levels, may be called
// from several goroutines at once; Close waits for reads that are under way.
type File struct {
	r      io.ReaderAt
	cache  *Cache
	levels []*Level
	others []image.Point // sizes of the tiled images that are not read here

	mu     sync.RWMutex // held for reading while tiles are read
	file   io.Closer
	closed bool
}

// Open opens a file whose tiles are to be kept in cache. The error wraps ErrFormat
// when it is no TIFF file; a file without a single level to read is none.
func Open(path string, cache *Cache) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := file.Stat()
	if err == nil {
		var f *File
		if f, err = newFile(file, st.Size(), cache); err == nil {
			f.file = file
			return f, nil
		}
	}
	file.Close()
	return nil, fmt.Errorf("%s: %w", path, err)
}

// newFile reads the directories of a file.
func newFile(r io.ReaderAt, size int64, cache *Cache) (*File, error) {
	s, dirs, err := parse(r, size)
	if err != nil {
		return nil, err
	}
	f := &File{r: r, cache: cache}
	for _, d := range dirs {
		l, err := s.level(d)
		if err != nil { // of another kind, or damaged: not for this package
			if _, tiled := d[tagTileOffsets]; tiled {
				f.others = append(f.others, s.imageSize(d))
			}
			continue
		}
		l.file = f
		f.levels = append(f.levels, l)
	}
	return f, nil
}

// Level is the level of that size in pixels, cut into tiles of that size, if there
// is no other tiled image of its size and the header of its first tile can be read;
// else nil.
func (f *File) Level(size, tile image.Point) *Level {
	if slices.Contains(f.others, size) {
		return nil
	}
	var found *Level
	for _, l := range f.levels {
		if size != image.Pt(l.Width, l.Height) {
			continue
		}
		if found != nil || tile != image.Pt(l.TileWidth, l.TileHeight) {
			return nil
		}
		found = l
	}
	if found == nil || !found.readable() {
		return nil
	}
	return found
}

// Close closes the file and takes its tiles out of the cache. Reads that follow
// give fs.ErrClosed.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	f.cache.forget(f)
	return f.file.Close()
}

// Read fills dst, rows stride bytes apart, with the pixels r of the level as
// opaque R, G, B, A. r must lie within the level. Parts of tiles that cannot be
// read here are handed to other, in pixels of the level; its error ends the read.
// When ctx ends, so does the read after the tile under way, with ctx's error.
func (l *Level) Read(ctx context.Context, dst []byte, stride int, r image.Rectangle, other func(part image.Rectangle) error) error {
	l.file.mu.RLock()
	defer l.file.mu.RUnlock()
	if l.file.closed {
		return fs.ErrClosed
	}
	for row := r.Min.Y / l.TileHeight; row*l.TileHeight < r.Max.Y; row++ {
		for col := r.Min.X / l.TileWidth; col*l.TileWidth < r.Max.X; col++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			i := row*l.cols + col
			part := l.tileRect(i).Intersect(r)
			at := part.Min.Sub(r.Min)
			if l.copyTile(dst[at.Y*stride+4*at.X:], stride, i, part) {
				continue
			}
			if err := other(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyTile copies a part, in pixels of the level, of the i-th tile to dst. It
// reports whether the tile could be read.
func (l *Level) copyTile(dst []byte, stride, i int, part image.Rectangle) bool {
	if l.tiles[i].size == 0 {
		return false
	}
	t := l.file.cache.get(l, i)
	defer l.file.cache.release(l, i, t)
	if t.err != nil {
		return false
	}
	at := part.Min.Sub(l.tileRect(i).Min)
	src := t.pix[4*(at.Y*l.TileWidth+at.X):]
	for y := range part.Dy() {
		copy(dst[y*stride:][:4*part.Dx()], src[4*y*l.TileWidth:])
	}
	return true
}
