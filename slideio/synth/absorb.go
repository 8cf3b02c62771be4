package synth

import (
	"image"
	"math"
)

// veil is the light that passes the nuclei, pen marks and dust over a tile.
type veil struct {
	pix     []light // tileSize rows of tileSize
	touched bool
}

func (v *veil) reset() {
	if v.pix == nil {
		v.pix = make([]light, tileSize*tileSize)
	} else if !v.touched {
		return
	}
	for i := range v.pix {
		v.pix[i] = light{full, full, full}
	}
	v.touched = false
}

// dim takes light away from a pixel: all but t, over cover/256 of it.
func (v *veil) dim(i int, t light, cover int32) {
	p := &v.pix[i]
	p[0] = p[0] * (full - (full-t[0])*cover>>8) >> 15
	p[1] = p[1] * (full - (full-t[1])*cover>>8) >> 15
	p[2] = p[2] * (full - (full-t[2])*cover>>8) >> 15
}

// view is where a tile lies: the centre of its pixel (i, j) is at
// (x + (i*step)>>8, y + (j*step)>>8), step in 1/256 of a length.
type view struct {
	x, y int
	step int
}

func (v view) at(i int) vector { return vector{v.x + i*v.step>>8, v.y + i*v.step>>8} }

// area is what the tile shows.
func (v view) area() image.Rectangle {
	half := v.step>>9 + 1
	end := v.at(tileSize - 1)
	return image.Rect(v.x-half, v.y-half, end.x+half, end.y+half)
}

// dyes tabulates the light that passes hematoxylin, and the grain of chromatin.
type dyes struct {
	hematoxylin *[256]light
	grain       *texture
}

// nucleus lays one nucleus over the veil.
func (v *veil) nucleus(n nucleus, at view, d dyes) {
	width := max(at.step>>8, um*3/8) // of its outline
	if n.b*3 < at.step>>8 {
		v.splat(n, at, d)
		return
	}
	reach := max(n.a, n.b) + width
	fold := 0
	if n.kind == bars {
		fold = n.b + n.b*6/10
		reach += fold
	}
	i0, i1 := v.range_(n.x-reach-at.x, n.x+reach-at.x, at.step)
	j0, j1 := v.range_(n.y-reach-at.y, n.y+reach-at.y, at.step)
	// In the frame of the axes, as fractions of them: u, t of 1/4096.
	sharp := 128 * n.b / width
	shiftX, shiftY := int(n.salt&0xffff), int(n.salt>>16)
	for j := j0; j < j1; j++ {
		y := at.y + j*at.step>>8
		dy := y - n.y
		for i := i0; i < i1; i++ {
			x := at.x + i*at.step>>8
			dx := x - n.x
			across := (dy*n.axis.x - dx*n.axis.y) / unit
			if fold > 0 {
				across = abs(across) - fold
			}
			u := (dx*n.axis.x + dy*n.axis.y) / n.a
			t := across * unit / n.b
			q := (u*u + t*t) >> 12 // 4096 on the outline
			if q > unit*2 {
				continue
			}
			grain := d.grain.at(y+shiftY, x+shiftX)
			q += grain * 9
			cover := 128 + (unit-q)*sharp>>12
			if cover <= 0 {
				continue
			}
			dye := n.profile(q) + grain*n.dye>>8
			v.dim(j*tileSize+i, d.hematoxylin[clamp(dye, 0, 255)], int32(min(cover, 256)))
		}
	}
	v.touched = true
}

// profile is the amount of dye at a place inside a nucleus, q being 0 at its
// centre and unit on its outline.
func (n *nucleus) profile(q int) int {
	switch n.kind {
	case ring:
		switch {
		case q < unit/12:
			return n.dye + 40
		case q < unit*52/100:
			return n.dye * 22 / 100
		}
		return n.dye + 10
	case oval, crowded:
		return n.dye - 16 + 32*min(q, unit)/unit // chromatin lies along the rim
	}
	return n.dye
}

// range_ is the range of pixels between two distances from a tile's first one.
func (v *veil) range_(from, to, step int) (int, int) {
	return max(0, floorDiv(from<<8, step)), min(tileSize, floorDiv(to<<8, step)+2)
}

// splat lays a nucleus much smaller than a pixel over the four pixels around it.
func (v *veil) splat(n nucleus, at view, d dyes) {
	size, dye := n.a*n.b, n.dye
	switch n.kind {
	case bars:
		size *= 2
	case ring:
		dye = dye * 54 / 100
	}
	pixel := float64(at.step) / 256
	cover := int(math.Pi * 65536 * float64(size) / float64(pixel*pixel))
	t := d.hematoxylin[clamp(dye, 0, 255)]
	fx, fy := (n.x-at.x)<<16/at.step, (n.y-at.y)<<16/at.step // 1/256 pixels
	i, j := fx>>8, fy>>8
	for k := range 4 {
		di, dj := k&1, k>>1
		if i+di < 0 || i+di >= tileSize || j+dj < 0 || j+dj >= tileSize {
			continue
		}
		wx, wy := 256-fx&255, 256-fy&255
		if di == 1 {
			wx = fx & 255
		}
		if dj == 1 {
			wy = fy & 255
		}
		share := cover * wx >> 8 * wy >> 8
		v.dimFine((j+dj)*tileSize+i+di, t, int64(share))
	}
	v.touched = true
}

// dimFine is dim with a cover of 1/65536.
func (v *veil) dimFine(i int, t light, cover int64) {
	p := &v.pix[i]
	for c := range p {
		p[c] = int32(int64(p[c]) * (full<<16 - int64(full-t[c])*min(cover, 1<<16)) >> 31)
	}
}
