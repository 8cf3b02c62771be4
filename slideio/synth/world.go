package synth

import "image"

// kind is what a nucleus looks like.
type kind uint8

const (
	oval    kind = iota // the ordinary nucleus
	spindle             // of fibres
	small               // round and dark: a lymphocyte
	crowded             // of nests
	rod                 // the harmless structure at the heart of a nest
	bars                // the evidence of "type-a": two parallel bars
	ring                // the evidence of "type-b": a pale nucleus with rim and core
	dust                // no nucleus at all
)

// nest is a region that low magnification hints at: slightly bluer and richer in
// nuclei than its surroundings. At its heart lie structures of one kind, which
// only high magnification can tell apart.
type nest struct {
	vector     // centre
	radius     int
	heart      vector
	heartReach int
	structure  kind
}

// stroke is a mark of a felt pen.
type stroke struct {
	points []vector
	width  int // half of it
	colour light
}

// blob is a piece of tissue: an ellipse along the axes.
type blob struct {
	vector
	rx, ry int
}

// world is all that decides how a slide looks at any place.
type world struct {
	seed          uint64
	width, height int // of the picture
	blobs         []blob
	nests         []nest
	strokes       []stroke
	stain         stain
	fibre, grain  *texture
	turn          vector // along the fibres
	glandLevel    int    // where the architecture's noise exceeds it, glands grow
	fatLevel      int
	tilt          vector // brightness of the empty slide, in 1/256 of a grey level a millimetre

	// corners, where not nil, replaces the blobs: tissue reaches into a square
	// of side period from those of its corners (top left, top right, bottom left,
	// bottom right) that are set.
	corners *[4]bool
	period  int
	variant uint64
	clean   bool // no dust

	layers layers
}

// layers are the noises of a world, named for their use and spacing (log2 um).
type layers struct {
	edge9, edge7, edge5  lattice
	plan10, plan9, plan8 lattice
	fat9, fat7           lattice
	cleft7, torn8        lattice
	rich8, rich6         lattice
	warp8, warp6         lattice
	drift8               lattice
	bulge6, bulge5       lattice
	nestEdge7, inflamed8 lattice
}

func (w *world) newLayers() {
	salt := uint64(0)
	l := func(log int) lattice {
		salt++
		return lattice{seed: mix(w.seed + salt), shift: shiftOf(log), period: w.period, variant: mix(w.variant)}
	}
	if w.variant == 0 {
		l = func(log int) lattice {
			salt++
			return lattice{seed: mix(w.seed + salt), shift: shiftOf(log), period: w.period}
		}
	}
	w.layers = layers{
		l(9), l(7), l(5), l(10), l(9), l(8), l(9), l(7), l(7), l(8), l(8), l(6), l(8), l(6), l(8), l(6), l(5), l(7), l(8),
	}
}

// newTextures draws the two fine textures: fibres (rows 1/4 um across them,
// columns 1/2 um along them) and grain (1/4 um both ways).
func (w *world) newTextures() {
	w.fibre = newTexture(mix(w.seed^0xf1b), 10, 10, 6, 7, []octave{{5, 8, 26}, {4, 6, 30}, {3, 5, 22}, {2, 3, 12}})
	w.grain = newTexture(mix(w.seed^0x9a), 8, 8, 6, 6, []octave{{4, 4, 40}, {3, 3, 50}, {2, 2, 30}})
}

// newWorld draws a slide of the given size (in lengths) from its parameters.
func newWorld(p *Params, width, height int) *world {
	d := dice(mix(p.Seed ^ 0x51de))
	w := &world{seed: mix(p.Seed), width: width, height: height}
	w.stain = newStain(&d, p.StainVariation)
	w.turn = direction(d.upto(turns))
	w.glandLevel = d.between(-1200, 2200)
	w.fatLevel = d.between(2600, 5200)
	w.tilt = vector{d.between(-40, 40), d.between(-40, 40)}
	w.newLayers()
	w.newTextures()
	w.placeTissue(&d, p.Tissue)
	w.placeNests(&d, p)
	for range p.Pens {
		w.strokes = append(w.strokes, w.newStroke(&d))
	}
	return w
}

// placeTissue puts one to three pieces on the slide that cover about a fraction
// of it.
func (w *world) placeTissue(d *dice, fraction float64) {
	n := d.between(1, 3)
	alongX := w.width >= w.height
	for i := range n {
		slot := image.Rect(i*w.width/n, 0, (i+1)*w.width/n, w.height)
		if !alongX {
			slot = image.Rect(0, i*w.height/n, w.width, (i+1)*w.height/n)
		}
		w.blobs = append(w.blobs, newBlob(d, slot, fraction))
	}
}

// newBlob is an ellipse in the middle of a slot, of a fraction of its area.
func newBlob(d *dice, slot image.Rectangle, fraction float64) blob {
	fx := d.real(0.85, 1)
	fy := min(1, 1/fx*d.real(0.9, 1.1))
	// An ellipse as wide and high as its slot covers 0.785 of it.
	scale := int(1024 * min(1, sqrt(fraction/0.785)))
	rx := int(float64(slot.Dx())*fx) / 2 * scale / 1024
	ry := int(float64(slot.Dy())*fy) / 2 * scale / 1024
	jx, jy := max(0, slot.Dx()/2-rx)/3, max(0, slot.Dy()/2-ry)/3
	c := slot.Min.Add(slot.Max).Div(2)
	return blob{vector{c.X + d.between(-jx, jx), c.Y + d.between(-jy, jy)}, max(rx, um), max(ry, um)}
}

// placeNests finds places in the tissue for the hints, and decides which of them
// hold evidence. Where the tissue has too little room the nests shrink; where
// it has none they are fewer, but one that must hold evidence is always there.
func (w *world) placeNests(d *dice, p *Params) {
	hints := max(p.Hints, p.evidence())
	shrink := 0
	for tries := 0; len(w.nests) < hints && tries < 4000; tries++ {
		shrink = tries / 400
		r := d.between(170, 280) * um * (12 - shrink) / 12
		c := vector{d.upto(w.width), d.upto(w.height)}
		if w.tissueAt(c.x, c.y) < r*3/4 || w.nearNest(c, r+120*um) {
			continue
		}
		w.addNest(d, c, r)
	}
	if len(w.nests) == 0 && hints > 0 {
		w.addNest(d, w.blobs[0].vector, 120*um)
	}
	for i := range min(p.evidence(), len(w.nests)) {
		w.nests[i].structure = evidenceOf[p.Label]
	}
}

func (w *world) addNest(d *dice, c vector, r int) {
	away := direction(d.upto(turns))
	off := r / 4
	w.nests = append(w.nests, nest{
		vector: c, radius: r, structure: rod,
		heart:      vector{c.x + away.x*off/unit, c.y + away.y*off/unit},
		heartReach: min(r/2, d.between(75, 115)*um),
	})
}

func (w *world) nearNest(c vector, gap int) bool {
	for _, n := range w.nests {
		if length(c.x-n.x, c.y-n.y) < n.radius+gap {
			return true
		}
	}
	return false
}

// inks are what felt pens let pass.
var inks = [...]light{
	{full * 32 / 100, full * 72 / 100, full * 46 / 100}, // green
	{full * 26 / 100, full * 38 / 100, full * 78 / 100}, // blue
	{full * 20 / 100, full * 20 / 100, full * 23 / 100}, // black
}

// newStroke draws a pen mark: an arc around a piece of tissue, or a line.
func (w *world) newStroke(d *dice) stroke {
	b := w.blobs[d.upto(len(w.blobs))]
	s := stroke{width: d.between(60, 110) * um, colour: inks[d.upto(len(inks))]}
	from, step := d.upto(turns), d.between(6, 12)
	for i := range d.between(6, 14) {
		v := direction(from + i*step)
		grow := 1024 + d.between(20, 110)
		s.points = append(s.points, vector{b.x + v.x*b.rx/unit*grow/1024, b.y + v.y*b.ry/unit*grow/1024})
	}
	return s
}
