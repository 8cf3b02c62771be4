package viewer

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// maxStretch is how wide a coarser tile may be stretched, in device pixels. What is
// coarser yet is no sharper than the preview.
const maxStretch = 4096

// pixelated is from how many device pixels per tile pixel on tiles are drawn with
// hard edges, so that the pixels of the slide can be told apart.
const pixelated = 2

// sprite shows one tile. Sprites are recycled.
type sprite struct {
	object *canvas.Image
	key    tileKey
	tile   *image.RGBA // nil for a tile that could not be read
	epoch  int         // the last arrangement that wanted it
	fresh  bool        // the object's picture is to be uploaded
}

// stage holds the sprites on screen, coarser ones under sharper ones.
type stage struct {
	box     *fyne.Container
	shown   map[tileKey]*sprite
	order   []*sprite // as drawn
	spare   []*sprite
	epoch   int
	hatched *image.RGBA
	uploads int64
}

func newStage() *stage {
	return &stage{box: &fyne.Container{}, shown: make(map[tileKey]*sprite), hatched: hatch()}
}

// begin starts a new choice of tiles.
func (s *stage) begin() { s.epoch++ }

// keep puts a tile on the stage, or keeps it there; nil for one that could not be
// read.
func (s *stage) keep(k tileKey, tile *image.RGBA) {
	p := s.shown[k]
	if p == nil {
		p = s.recycle()
		p.key, p.fresh = k, true
		s.shown[k] = p
	}
	if p.fresh || p.tile != tile {
		p.tile = tile
		p.object.Image = s.hatched
		if tile != nil {
			p.object.Image = tile
		}
		p.fresh = true
	}
	p.epoch = s.epoch
}

func (s *stage) recycle() *sprite {
	if n := len(s.spare); n > 0 {
		p := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return p
	}
	p := &sprite{object: &canvas.Image{Image: s.hatched, FillMode: canvas.ImageFillStretch}}
	p.object.Aspect() // worked out now: when first asked for while drawing, it has the picture uploaded twice
	return p
}

// end takes away what was not kept since begin.
func (s *stage) end() {
	for k, p := range s.shown {
		if p.epoch != s.epoch {
			delete(s.shown, k)
			p.tile, p.object.Image = nil, s.hatched // lets go of the pixels
			s.spare = append(s.spare, p)
		}
	}
	s.order = s.order[:0]
	for _, p := range s.shown {
		s.order = append(s.order, p)
	}
	slices.SortFunc(s.order, coarseFirst)
	clear(s.box.Objects)
	s.box.Objects = s.box.Objects[:0]
	for _, p := range s.order {
		s.box.Objects = append(s.box.Objects, p.object)
	}
}

// coarseFirst orders by level, then by place, so that the order is stable.
func coarseFirst(a, b *sprite) int {
	if a.key.z != b.key.z {
		return b.key.z - a.key.z
	}
	if a.key.row != b.key.row {
		return a.key.row - b.key.row
	}
	return a.key.col - b.key.col
}

// tile gives the picture of a tile on the stage.
func (s *stage) tile(k tileKey) *image.RGBA {
	if p := s.shown[k]; p != nil {
		return p.tile
	}
	return nil
}

// place puts all sprites where the projection has them.
func (s *stage) place(p projection, at screen, slide pyramid) {
	for _, sp := range s.order {
		mode := scaleMode(sp.key.z, p.zoom)
		fresh := sp.fresh || sp.object.ScaleMode != mode
		sp.object.ScaleMode, sp.fresh = mode, false
		// What was resized is uploaded anew anyway, and each call to do so is dear.
		resized := at.put(sp.object, tileRect(p, sp.key, sp.tile, slide))
		if fresh && !resized {
			sp.object.Refresh()
		}
		if fresh || resized {
			s.uploads++
		}
	}
}

// scaleMode is how a tile's pixels are drawn.
func scaleMode(z int, zoom float64) canvas.ImageScale {
	if z == 0 && zoom >= pixelated {
		return canvas.ImageScalePixels
	}
	return canvas.ImageScaleFastest
}

// tileRect is where a tile lies in the view. A tile that could not be read covers
// all that it would, within the slide.
func tileRect(p projection, k tileKey, tile *image.RGBA, slide pyramid) image.Rectangle {
	x, y := k.origin()
	w, h := TileSide<<k.z, TileSide<<k.z
	if tile != nil {
		w, h = tile.Rect.Dx()<<k.z, tile.Rect.Dy()<<k.z
	} else {
		w, h = min(w, slide.width-int(x)), min(h, slide.height-int(y))
	}
	return image.Rect(p.x(x), p.y(y), p.x(x+float64(w)), p.y(y+float64(h)))
}

// hatch draws the tile that stands for those that could not be read.
func hatch() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, TileSide, TileSide))
	for i := 0; i < len(m.Pix); i += 4 {
		x, y := i/4%TileSide, i/4/TileSide
		v := uint8(0xd6)
		if (x+y)%32 < 2 { // 32 divides the side: stripes go on from tile to tile
			v = 0xb8
		}
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = v, v, v, 0xff
	}
	return m
}
