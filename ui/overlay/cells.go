package overlay

import (
	"image"
	"math"

	"zoomscope/app"
	"zoomscope/engine/result"
)

// maxKept bounds the pixels of pictures kept for later.
const maxKept = 1 << 24

// Cells is the level in colours, a pixel per cell of its grid, and the area that
// these share evenly; transparent where there is no patch. Colours are
// multiplied by their alpha and of full opacity: that of the settings is left to
// the view. The picture is tight and shared: it must not be changed. A scale,
// kind or colour map that does not exist is an error.
func (m *Model) Cells(level int, s Settings) (img *image.RGBA, area result.Rect, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.look(level, s)
	p, err := m.picture(k)
	if err != nil {
		return nil, result.Rect{}, err
	}
	if p.cells == nil {
		p.cells, p.area = m.levels[level].draw(p.heat)
		m.keep(k, p)
	}
	return p.cells, p.area, nil
}

// keep counts a new picture; when all are too many, the others are dropped.
func (m *Model) keep(k look, p *picture) {
	size := len(p.cells.Pix) / 4
	if m.pixels += size; m.pixels > maxKept {
		clear(m.looks)
		m.looks[k], m.pixels = p, size
	}
}

// draw gives the colours of the level's patches and the area they cover.
func (l *level) draw(heat *app.Heat) (*image.RGBA, result.Rect) {
	if l.grid == nil {
		return raster(l.Patches, heat)
	}
	img := image.NewRGBA(image.Rect(0, 0, l.grid.columns, l.grid.rows))
	for i, cell := range l.grid.cells {
		if cell > 0 {
			c := heat.Shade(int(cell) - 1)
			copy(img.Pix[4*i:], []uint8{c.R, c.G, c.B, c.A})
		}
	}
	return img, l.grid.area()
}

// fine is how many pixels of a raster go along the smallest patch, where there
// is room.
const fine = 16

// raster draws patches that lie on no grid, at most maxSide pixels a side and
// one for each of level 0.
func raster(patches []result.Patch, heat *app.Heat) (*image.RGBA, result.Rect) {
	if len(patches) == 0 {
		return image.NewRGBA(image.Rect(0, 0, 1, 1)), result.Rect{Width: 1, Height: 1}
	}
	least := math.Inf(1)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range patches {
		least = min(least, p.Size, p.Height)
		x0, y0 = min(x0, p.X), min(y0, p.Y)
		x1, y1 = max(x1, p.X+p.Size), max(y1, p.Y+p.Height)
	}
	area := result.Rect{X: x0, Y: y0, Width: x1 - x0, Height: y1 - y0}
	scale := min(1, fine/least, maxSide/max(area.Width, area.Height))
	pixels := func(length float64) int { return min(max(1, int(math.Round(length*scale))), maxSide) }
	img := image.NewRGBA(image.Rect(0, 0, pixels(area.Width), pixels(area.Height)))
	heat.Draw(img, area)
	return img, area
}
