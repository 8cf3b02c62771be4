package synth

import "image"

// nucleus is one small dark thing on a slide.
type nucleus struct {
	vector
	a, b int    // half axes
	axis vector // of a
	dye  int    // index of hematoxylin
	kind kind
	salt uint32 // moves its grain
}

// nuclei calls see for every nucleus and speck that may show in the area, in an
// order that depends on the area's cells alone.
func (s *scene) nuclei(area image.Rectangle, see func(nucleus)) {
	wide := area.Inset(-nucleusReach)
	for row := nucleusGrid.index(wide.Min.Y); row <= nucleusGrid.index(wide.Max.Y); row++ {
		for col := nucleusGrid.index(wide.Min.X); col <= nucleusGrid.index(wide.Max.X); col++ {
			if n, ok := s.scattered(col, row); ok {
				see(n)
			}
		}
	}
	for i := range s.glands.all {
		if g := &s.glands.all[i]; g.a > 0 && g.Add(glandReach).Overlaps(wide) {
			s.lining(g, see)
		}
	}
	s.specks(area, see)
}

// Add is the square of a reach around a place.
func (v vector) Add(reach int) image.Rectangle {
	return image.Rect(v.x-reach, v.y-reach, v.x+reach, v.y+reach)
}

// Chances of a cell of nucleusGrid to hold a nucleus, of 256.
const (
	chanceStroma   = 26
	chanceNest     = 96
	chanceInflamed = 90 // at most more, where lymphocytes gather
)

// scattered is the nucleus of a cell of nucleusGrid outside glands, if any.
func (s *scene) scattered(col, row int) (nucleus, bool) {
	w, d := s.w, s.w.seedOf(nucleusGrid, col, row)
	bits := d.next()
	const jitter = 3 * um
	n := nucleus{vector: vector{
		nucleusGrid.origin(col) + nucleusGrid.side()/2 + int(bits&0xffff)*2*jitter>>16 - jitter,
		nucleusGrid.origin(row) + nucleusGrid.side()/2 + int(bits>>16&0xffff)*2*jitter>>16 - jitter,
	}, salt: uint32(bits >> 32)}
	weight, where := w.nestAt(n.x, n.y)
	draw := int(bits >> 56)
	if weight == 0 && draw >= chanceStroma+chanceInflamed {
		return n, false
	}
	inflamed := w.inflamedAt(n.x, n.y) * (256 - weight) >> 8
	if draw >= chanceStroma+(chanceNest-chanceStroma)*weight>>8+inflamed*chanceInflamed>>8 {
		return n, false
	}
	if !w.whole(n.x, n.y, nucleusReach) || w.tissueAt(n.x, n.y) < 5*um {
		return n, false
	}
	if s.glandAt(n.x, n.y) > -4*um || s.vacuoleAt(n.x, n.y) > -um || w.cleftAt(n.x, n.y, weight) < 3*um {
		return n, false
	}
	if weight > d.upto(256) {
		n.dress(&d, crowdedKind(&d, where, n.vector))
	} else if d.upto(256) < 190-inflamed/2 {
		n.dress(&d, spindle)
		n.axis = w.along(n.x, n.y)
	} else {
		n.dress(&d, small)
	}
	return n, true
}

// crowdedKind is what grows at a place of a nest.
func crowdedKind(d *dice, n *nest, at vector) kind {
	if n.inHeart(at.x, at.y) && d.upto(100) < 65 {
		return n.structure
	}
	return crowded
}

// dress gives a nucleus the sizes and the amount of dye of its kind. The three
// structures of hearts take away about the same light, so that only their shape tells.
func (n *nucleus) dress(d *dice, k kind) {
	n.kind = k
	n.axis = direction(d.upto(turns))
	tenth := func(lo, hi int) int { return d.between(lo, hi) * um / 10 }
	switch k {
	case oval:
		n.a, n.b, n.dye = tenth(38, 48), tenth(26, 33), d.between(118, 152)
	case spindle:
		n.a, n.b, n.dye = tenth(50, 90), tenth(11, 17), d.between(125, 175)
	case small:
		n.a, n.b, n.dye = tenth(27, 33), tenth(25, 29), d.between(160, 200)
	case crowded:
		n.a, n.b, n.dye = tenth(38, 50), tenth(32, 40), d.between(96, 140)
	case rod:
		n.a, n.b, n.dye = tenth(62, 74), tenth(21, 25), d.between(178, 206)
	case bars:
		n.a, n.b, n.dye = tenth(44, 52), tenth(13, 16), d.between(186, 214)
	case ring:
		n.a, n.b, n.dye = tenth(50, 57), tenth(46, 52), d.between(146, 172)
	}
}

// lining calls see for the nuclei along the wall of a gland.
func (s *scene) lining(g *gland, see func(nucleus)) {
	d := dice(hash(s.w.seed^0x11e, g.x, g.y))
	count := (g.a + g.b) * 3 / (6 * um)
	for i := range count {
		v := direction(i*turns/count + d.between(-1, 1))
		deep := d.between(5, 9) * um
		n := nucleus{salt: uint32(d.next())}
		n.vector = g.rim(v, deep-s.bulge(g, v))
		n.dress(&d, oval)
		n.axis = direct(n.x-g.x, n.y-g.y)
		if d.upto(100) < 90 && s.w.whole(n.x, n.y, nucleusReach) && s.alone(g, n.x, n.y) {
			see(n)
		}
	}
}

// bulge is how far the gland's outline is displaced in a direction.
func (s *scene) bulge(g *gland, v vector) int {
	at := g.rim(v, 0)
	return s.w.bulgeAt(at.x, at.y)
}

// rim is the place on a gland's ellipse in a direction, deep inside it.
func (g *gland) rim(v vector, deep int) vector {
	u, t := (g.a-deep)*v.x/unit, (g.b-deep)*v.y/unit
	return vector{g.x + (u*g.axis.x-t*g.axis.y)/unit, g.y + (u*g.axis.y+t*g.axis.x)/unit}
}

// alone reports whether no other gland reaches a place.
func (s *scene) alone(own *gland, x, y int) bool {
	ok := true
	s.glands.near(x, y, func(g *gland) {
		if g.a > 0 && g.vector != own.vector && g.inside(x, y) > -6*um {
			ok = false
		}
	})
	return ok
}

// specks calls see for the dust in an area.
func (s *scene) specks(area image.Rectangle, see func(nucleus)) {
	if s.w.clean {
		return
	}
	area = area.Inset(-nucleusReach)
	for row := dustGrid.index(area.Min.Y); row <= dustGrid.index(area.Max.Y); row++ {
		for col := dustGrid.index(area.Min.X); col <= dustGrid.index(area.Max.X); col++ {
			d := s.w.seedOf(dustGrid, col, row)
			if d.upto(100) >= 30 {
				continue
			}
			x := dustGrid.origin(col) + d.upto(dustGrid.side())
			y := dustGrid.origin(row) + d.upto(dustGrid.side())
			n := nucleus{vector: vector{x, y}, kind: dust, axis: direction(d.upto(turns)), salt: uint32(d.next())}
			n.a, n.b, n.dye = d.between(15, 80)*um/10, d.between(10, 40)*um/10, d.between(60, 150)
			if s.w.whole(x, y, nucleusReach) {
				see(n)
			}
		}
	}
}
