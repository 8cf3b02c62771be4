package viewer

import (
	"image"

	"fyne.io/fyne/v2/canvas"
)

// arrangeTiles chooses the tiles to show and to ask for, and places them.
func (v *Viewer) arrangeTiles() {
	seen := v.slide.tiles(v.slide.level(v.proj.zoom), v.proj.rect())
	if seen != v.showing || v.stale {
		v.showing, v.stale = seen, false
		v.choose(seen)
	}
	v.stage.place(v.proj, v.at, v.slide)
	if v.missing > 0 {
		v.preview.place(v.proj, v.at, canvas.ImageScaleFastest)
	} else {
		v.preview.hide()
	}
	v.ask()
	v.tellFirstPixels()
}

// choose puts on the stage every tile of a range that is at hand, and in place of
// each that is not the sharpest coarser one.
func (v *Viewer) choose(seen tileRange) {
	v.missing = 0
	v.stage.begin()
	for k := range seen.all {
		tile := v.tile(k)
		if tile != nil || v.failed.has(k) {
			v.stage.keep(k, tile)
			continue
		}
		v.missing++
		if up, tile := v.coarser(k); tile != nil {
			v.stage.keep(up, tile)
		}
	}
	v.stage.end()
}

// tile gives a tile that is at hand; what is on the stage is, even where the cache
// had to let go of it.
func (v *Viewer) tile(k tileKey) *image.RGBA {
	if m := v.cache.get(k); m != nil {
		return m
	}
	return v.stage.tile(k)
}

// coarser is the sharpest tile at hand that covers one that is not.
func (v *Viewer) coarser(k tileKey) (tileKey, *image.RGBA) {
	for k.z < v.slide.top {
		k = k.parent()
		if float64(int(TileSide)<<k.z)*v.proj.zoom > maxStretch {
			break
		}
		if m := v.tile(k); m != nil {
			return k, m
		}
	}
	return tileKey{}, nil
}

// ask tells the loader what is wanted: for the view, or for the one that a movement
// leads to. What is only on the way there is not worth reading.
func (v *Viewer) ask() {
	p := project(v.destination(), v.proj.w, v.proj.h)
	seen := v.slide.tiles(v.slide.level(p.zoom), p.rect())
	// Where the cache is too small for what was read ahead, what is missing may have
	// come and gone.
	lost := v.missing > 0 && v.flight == nil && v.loader.pending() == 0
	if seen == v.wanting && !lost {
		return
	}
	v.wanting = seen
	v.wants = v.wants[:0]
	v.request(seen, rankSeen)
	ring := v.slide.around(seen)
	coarse := tileRange{}
	if seen.z < v.slide.top {
		coarse = v.slide.tiles(seen.z+1, p.rect())
	}
	// What is read ahead must not push out what is seen.
	if int64(ring.len()+coarse.len())*tileBytes <= v.cache.max {
		v.request(ring, rankRing)
		v.request(coarse, rankCoarser)
	}
	v.focus()
	v.loader.want(v.wants)
}

// request adds the tiles of a range that are not at hand. A ring holds the range it
// is around, whose tiles are requested already.
func (v *Viewer) request(r tileRange, rank int) {
	for k := range r.all {
		inner := rank == rankRing && v.wanting.has(k)
		if inner || v.cache.has(k) || v.stage.tile(k) != nil {
			continue
		}
		if v.failed.lately(k) {
			v.tryLater(rank)
			continue
		}
		v.wants = append(v.wants, request{k, rank})
	}
}

// focus has tiles under the cursor come first, or those in the middle of the view.
func (v *Viewer) focus() {
	if x, y, ok := v.cursorPlace(); ok && v.flight == nil {
		v.loader.focus(x, y)
		return
	}
	to := v.destination()
	v.loader.focus(to.X, to.Y)
}

// receive takes the tiles that have come. It runs on the UI thread.
func (v *Viewer) receive() {
	for _, a := range v.loader.take() {
		if a.err == nil {
			delete(v.failed.at, a.key)
			v.cache.add(a.key, a.img)
			if v.showing.has(a.key) {
				v.stage.keep(a.key, a.img)
			}
			continue
		}
		v.fail(a)
	}
	v.stale = true
	v.arrange()
}

// tellFirstPixels reports, once per source, that the whole view is sharp.
func (v *Viewer) tellFirstPixels() {
	if v.told || v.missing > 0 || v.flight != nil || v.OnFirstPixels == nil {
		return
	}
	for k := range v.showing.all {
		if v.failed.has(k) {
			return
		}
	}
	v.told = true
	v.OnFirstPixels()
}
