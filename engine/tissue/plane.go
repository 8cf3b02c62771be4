package tissue

import (
	"context"
	"image"
)

// Tiles are as large as a plane's parts get; small planes have smaller ones.
const (
	tileWidth  = 256
	tileHeight = 64
)

// tile is a part of a plane of values >= 0.
type tile struct {
	v        []float64 // row-major; nil while all values are 0
	positive int       // number of values above 0
	min, max float64   // of those

	counts  [256]int32 // of the values above 0, by the plane's bins
	counted bool       // whether counts are up to date
}

// plane is a picture of float64 values in tiles. Background, which is 0 over
// large parts of a slide, takes no memory.
type plane struct {
	w, h       int
	cols, rows int // of tiles
	tiles      []tile

	// What otsu and above found is kept for tiles that do not change: from round
	// to round most do not, and nor does the threshold, the centre of a bin.
	bins      *bins
	threshold float64
	runs      [][]run // of each row of tiles; nil when not known
}

func newPlane(w, h int) *plane {
	p := &plane{w: w, h: h, cols: (w + tileWidth - 1) / tileWidth, rows: (h + tileHeight - 1) / tileHeight}
	p.tiles = make([]tile, p.cols*p.rows)
	p.runs = make([][]run, p.rows)
	return p
}

func (p *plane) tile(col, row int) *tile { return &p.tiles[row*p.cols+col] }

// columns and lines are the pixels that a column or row of tiles covers.
func (p *plane) columns(col int) (x0, x1 int) { return col * tileWidth, min(p.w, (col+1)*tileWidth) }
func (p *plane) lines(row int) (y0, y1 int)   { return row * tileHeight, min(p.h, (row+1)*tileHeight) }

// covering returns the tiles, as a rectangle of columns and rows, that the
// pixels of r meet.
func (p *plane) covering(r image.Rectangle) image.Rectangle {
	r = r.Intersect(image.Rect(0, 0, p.w, p.h))
	return image.Rect(r.Min.X/tileWidth, r.Min.Y/tileHeight,
		(r.Max.X+tileWidth-1)/tileWidth, (r.Max.Y+tileHeight-1)/tileHeight)
}

// measure brings the tile up to date with its values.
func (t *tile) measure() {
	t.positive, t.min, t.max, t.counted = 0, 0, 0, false
	for _, v := range t.v {
		if v <= 0 {
			continue
		}
		if t.positive == 0 {
			t.min, t.max = v, v
		}
		t.positive++
		t.min, t.max = min(t.min, v), max(t.max, v)
	}
	if t.positive == 0 {
		t.v = nil
	}
}

// copyRow copies the values of row y from column x0 to x1 that are at least
// threshold; others become 0.
func (p *plane) copyRow(y, x0, x1 int, threshold float64, dst []float64) {
	for x := x0; x < x1; {
		col := x / tileWidth
		left, right := p.columns(col)
		end := min(x1, right)
		part := dst[x-x0 : end-x0]
		if t := p.tile(col, y/tileHeight); t.v == nil {
			clear(part)
		} else {
			src := t.v[(y%tileHeight)*(right-left):][x-left:]
			for i := range part {
				part[i] = 0
				if src[i] >= threshold {
					part[i] = src[i]
				}
			}
		}
		x = end
	}
}

// otsu returns the Otsu threshold of the values above 0; false when there are
// none.
func (p *plane) otsu(ctx context.Context) (float64, bool, error) {
	lo, hi, any := 0.0, 0.0, false
	for i := range p.tiles {
		t := &p.tiles[i]
		if t.positive == 0 {
			continue
		}
		if !any {
			lo, hi, any = t.min, t.max, true
		}
		lo, hi = min(lo, t.min), max(hi, t.max)
	}
	if !any || lo == hi {
		return hi, any, ctx.Err()
	}
	if p.bins == nil || p.bins.edges[0] != lo || p.bins.edges[256] != hi {
		p.bins = newBins(lo, hi)
		for i := range p.tiles {
			p.tiles[i].counted = false
		}
	}
	err := each(ctx, p.rows, func() func(int) {
		return func(row int) {
			for col := range p.cols {
				p.tile(col, row).count(p.bins)
			}
		}
	})
	var counts [256]int
	for i := range p.tiles {
		for j, n := range p.tiles[i].counts {
			counts[j] += int(n)
		}
	}
	return p.bins.otsu(&counts), true, err
}

// count brings the counts of the values above 0 up to date.
func (t *tile) count(b *bins) {
	if t.counted {
		return
	}
	t.counted = true
	clear(t.counts[:])
	if t.positive == 0 {
		return
	}
	if i := b.of(t.min); i == b.of(t.max) {
		t.counts[i] = int32(t.positive)
		return
	}
	for _, v := range t.v {
		if v > 0 {
			t.counts[b.of(v)]++
		}
	}
}
