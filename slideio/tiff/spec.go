package tiff

import (
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"strings"
)

// ErrSpec is wrapped by the error of a Spec that describes no possible file.
var ErrSpec = errors.New("impossible TIFF")

// Compression is how tiles are encoded.
type Compression int

const (
	JPEG    Compression = iota // lossy, chroma halved in both directions
	Deflate                    // lossless, with horizontal differencing
	None                       // lossless, as is
)

func (c Compression) String() string {
	switch c {
	case JPEG:
		return "JPEG"
	case Deflate:
		return "Deflate"
	case None:
		return "none"
	}
	return fmt.Sprintf("Compression(%d)", int(c))
}

// Encoding says how the tiles of a file are stored and what the file says of
// itself. The zero value is a good JPEG file of unknown resolution.
type Encoding struct {
	TileSize    int // side of a tile in pixels, a multiple of 16; 0 means 256
	Compression Compression
	Quality     int // of JPEG, 1 to 100; 0 means 85

	// MPPX, MPPY are micrometres per pixel of the finest level; 0 when unknown.
	MPPX, MPPY float64

	// Aperio makes readers take the file for one of an Aperio scanner: the
	// description then states MPPX and AppMag in that vendor's form.
	Aperio bool
	AppMag float64 // objective power; 0 means 10/MPPX rounded as on a lens

	Description string // of the finest level; under Aperio its first line
	Software    string // "" means Zoomscope

	BigTIFF bool // even where a classic TIFF would do
	Workers int  // goroutines that draw and encode; 0 means GOMAXPROCS

	// Progress, where set, is told from one goroutine how many tiles are done.
	Progress func(done, total int)
}

// Spec is an Encoding and the sizes of all levels, the finest first.
type Spec struct {
	Levels []image.Point
	Encoding
}

// Size limits of what this package writes; far beyond any slide.
const (
	maxSide  = 1 << 26
	maxTiles = 1 << 28
)

// resolve fills in defaults.
func (e Encoding) resolve() (Encoding, error) {
	if e.TileSize == 0 {
		e.TileSize = 256
	}
	if e.Quality == 0 {
		e.Quality = 85
	}
	if e.Software == "" {
		e.Software = "Zoomscope"
	}
	if e.Workers <= 0 {
		e.Workers = runtime.GOMAXPROCS(0)
	}
	if e.AppMag == 0 && e.MPPX > 0 {
		e.AppMag = max(1, math.Round(10/e.MPPX))
	}
	return e, e.check()
}

func (e Encoding) check() error {
	switch {
	case e.TileSize < 16 || e.TileSize%16 != 0 || e.TileSize > 4096:
		return fmt.Errorf("%w: tile size %d, want a multiple of 16 up to 4096", ErrSpec, e.TileSize)
	case e.Quality < 1 || e.Quality > 100:
		return fmt.Errorf("%w: JPEG quality %d, want 1 to 100", ErrSpec, e.Quality)
	case e.Compression < JPEG || e.Compression > None:
		return fmt.Errorf("%w: unknown compression %d", ErrSpec, int(e.Compression))
	case e.MPPX < 0 || e.MPPY < 0 || (e.MPPX > 0) != (e.MPPY > 0):
		return fmt.Errorf("%w: resolution %g x %g um/px", ErrSpec, e.MPPX, e.MPPY)
	case strings.ContainsRune(e.Description+e.Software, 0):
		return fmt.Errorf("%w: text with a zero byte", ErrSpec)
	}
	return nil
}

func (s Spec) resolve() (Spec, error) {
	enc, err := s.Encoding.resolve()
	if err != nil {
		return s, err
	}
	s.Encoding = enc
	if len(s.Levels) == 0 {
		return s, fmt.Errorf("%w: no levels", ErrSpec)
	}
	tiles := 0
	for i, size := range s.Levels {
		if size.X < 1 || size.Y < 1 || size.X > maxSide || size.Y > maxSide {
			return s, fmt.Errorf("%w: level %d of %d x %d pixels", ErrSpec, i, size.X, size.Y)
		}
		if i > 0 && (size.X > s.Levels[i-1].X || size.Y > s.Levels[i-1].Y) {
			return s, fmt.Errorf("%w: level %d is larger than the one before", ErrSpec, i)
		}
		g := s.grid(i)
		tiles += g.X * g.Y
		if tiles > maxTiles {
			return s, fmt.Errorf("%w: more than %d tiles", ErrSpec, maxTiles)
		}
	}
	return s, nil
}

// grid is the number of tile columns and rows of a level.
func (s *Spec) grid(level int) image.Point {
	return image.Pt(ceilDiv(s.Levels[level].X, s.TileSize), ceilDiv(s.Levels[level].Y, s.TileSize))
}

// tiles is the number of tiles of all levels.
func (s *Spec) tiles() int {
	n := 0
	for i := range s.Levels {
		g := s.grid(i)
		n += g.X * g.Y
	}
	return n
}

// description is the ImageDescription of a level; "" for none.
func (s *Spec) description(level int) string {
	if !s.Aperio {
		if level > 0 {
			return ""
		}
		return s.Description
	}
	first := s.Description
	if first == "" {
		first = s.Software
	}
	size := s.Levels[level]
	text := fmt.Sprintf("Aperio %s\r\n%dx%d (%dx%d) %v Q=%d", first, size.X, size.Y, s.TileSize, s.TileSize, s.Compression, s.Quality)
	if s.MPPX > 0 {
		text += fmt.Sprintf("|AppMag = %.6g|MPP = %.6g", s.AppMag, (s.MPPX+s.MPPY)/2)
	}
	return text
}

// mpp is the resolution of a level in micrometres per pixel.
func (s *Spec) mpp(level int) (x, y float64) {
	down := s.Levels[0]
	size := s.Levels[level]
	return s.MPPX * float64(down.X) / float64(size.X), s.MPPY * float64(down.Y) / float64(size.Y)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
