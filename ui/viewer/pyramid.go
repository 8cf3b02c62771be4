package viewer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"

	"zoomscope/engine/result"
)

// TileSide is the side of a tile in its own pixels.
const TileSide = 256

// tileBytes is what a whole tile takes.
const tileBytes = 4 * TileSide * TileSide

// TileSource gives a picture pyramid whose levels halve: level z shows 2^z level-0
// pixels along one of its own. Tile may be called from several goroutines; it
// returns a tight, opaque *image.RGBA (Stride 4*width, Rect.Min 0,0), TileSide
// square, smaller at the right and bottom edge of the slide. The picture is shared:
// it is never written to. When ctx ends Tile should return soon, with ctx's error.
type TileSource interface {
	Size() (width, height int)
	Tile(ctx context.Context, z, col, row int) (*image.RGBA, error)
}

// tileKey names a tile of a source.
type tileKey struct{ z, col, row int }

// origin is the place of the tile's upper left corner.
func (k tileKey) origin() (x, y float64) {
	side := float64(int(TileSide) << k.z)
	return float64(k.col) * side, float64(k.row) * side
}

// parent is the tile of the next coarser level that covers this one.
func (k tileKey) parent() tileKey { return tileKey{k.z + 1, k.col / 2, k.row / 2} }

// centre is the place of the tile's middle.
func (k tileKey) centre() (x, y float64) {
	x, y = k.origin()
	half := float64(int(TileSide)<<k.z) / 2
	return x + half, y + half
}

// errShape is what checkTile says of a picture that breaks TileSource's contract.
var errShape = errors.New("not a tight picture of at most a tile's size")

// checkTile reports a picture that cannot be shown.
func checkTile(k tileKey, m *image.RGBA) error {
	if m == nil || m.Rect.Min != (image.Point{}) || m.Rect.Empty() ||
		m.Rect.Dx() > TileSide || m.Rect.Dy() > TileSide ||
		m.Stride != 4*m.Rect.Dx() || len(m.Pix) != m.Stride*m.Rect.Dy() {
		return fmt.Errorf("tile %d,%d of level %d: %w", k.col, k.row, k.z, errShape)
	}
	return nil
}

// pyramid is the shape of a source.
type pyramid struct {
	width, height int
	top           int // coarsest level: the whole slide in one tile
}

func newPyramid(width, height int) pyramid {
	p := pyramid{width: width, height: height}
	for max(width, height) > TileSide<<p.top {
		p.top++
	}
	return p
}

// level is the one to show at a zoom: its pixels cover more than half a device pixel
// and at most a whole one, unless there is no level as fine or as coarse.
func (p pyramid) level(zoom float64) int {
	// The exponent of 1/zoom is exact, where a logarithm would be off at powers of 2.
	_, exp := math.Frexp(1 / zoom)
	return min(max(exp-1, 0), p.top)
}

// tileRange are the tiles of a level with c0 <= col < c1 and r0 <= row < r1.
type tileRange struct{ z, c0, r0, c1, r1 int }

// tiles are those of level z that touch an area.
func (p pyramid) tiles(z int, area result.Rect) tileRange {
	side := float64(int(TileSide) << z)
	cols, rows := p.grid(z)
	return tileRange{
		z:  z,
		c0: max(int(math.Floor(area.X/side)), 0),
		r0: max(int(math.Floor(area.Y/side)), 0),
		c1: min(int(math.Ceil((area.X+area.Width)/side)), cols),
		r1: min(int(math.Ceil((area.Y+area.Height)/side)), rows),
	}
}

// grid is the number of columns and rows of a level.
func (p pyramid) grid(z int) (cols, rows int) {
	side := TileSide << z
	return (p.width + side - 1) / side, (p.height + side - 1) / side
}

// around is the range with a ring of one tile about it.
func (p pyramid) around(r tileRange) tileRange {
	cols, rows := p.grid(r.z)
	return tileRange{z: r.z, c0: max(r.c0-1, 0), r0: max(r.r0-1, 0), c1: min(r.c1+1, cols), r1: min(r.r1+1, rows)}
}

// len is the number of tiles.
func (r tileRange) len() int { return max(r.c1-r.c0, 0) * max(r.r1-r.r0, 0) }

// all yields the tiles row by row.
func (r tileRange) all(yield func(tileKey) bool) {
	for row := r.r0; row < r.r1; row++ {
		for col := r.c0; col < r.c1; col++ {
			if !yield(tileKey{r.z, col, row}) {
				return
			}
		}
	}
}

// has tells whether a tile belongs to the range.
func (r tileRange) has(k tileKey) bool {
	return k.z == r.z && k.col >= r.c0 && k.col < r.c1 && k.row >= r.r0 && k.row < r.r1
}
