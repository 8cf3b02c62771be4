package synth

import (
	"image"
	"math"
)

// nodes are the fields of a world on a square mesh over a tile; between them the
// fields are interpolated.
type nodes struct {
	side  int // of the mesh, in nodes
	cell  int // pixels between two nodes, a power of two
	xs    []int
	solid []int32 // how far inside what is not empty
	wall  []int32 // how far inside a gland
	eosin []int32
	hema  []int32
	phi   []int32
	psi   []int32
	pen   []int32 // how far inside a pen mark
	nest  []int32 // how much of a nest, of [0, 256]
	aux   [3][]int32
}

// painter draws tiles of a world at one resolution; one goroutine uses it at a time.
type painter struct {
	w     *world
	look  *look
	scene scene
	veil  veil
	nodes nodes
	rows  [7][]int32 // the fields along a row of pixels, at the mesh's columns
}

// look is what all painters of a level share.
type look struct {
	fibre, grain *texture
	eosin        *[256]light // fibres too fine to see averaged
	diffuse      *[256]light // hematoxylin outside nuclei
	nuclear      dyes
}

// newLook prepares a level whose pixels have a given size.
func (w *world) newLook(pixel int) *look {
	l := &look{fibre: w.fibre.filtered(pixel), grain: w.grain.filtered(pixel)}
	l.eosin = passing(w.stain.eosin, eosinStep, l.fibre.deviations)
	l.diffuse = passing(w.stain.hematoxylin, hematoxylinStep, []int{0})
	l.nuclear = dyes{l.diffuse, l.grain}
	return l
}

// meshPitch is the largest distance of two nodes.
const meshPitch = 4 * um

func (n *nodes) set(at view) {
	n.cell = 1
	for n.cell < 16 && n.cell*2*at.step>>8 <= meshPitch {
		n.cell *= 2
	}
	n.side = tileSize/n.cell + 1
	if len(n.solid) != n.side*n.side {
		for _, f := range []*[]int32{&n.solid, &n.wall, &n.eosin, &n.hema, &n.phi, &n.psi, &n.pen, &n.nest, &n.aux[0], &n.aux[1], &n.aux[2]} {
			*f = make([]int32, n.side*n.side)
		}
		n.xs = make([]int, n.side)
	}
	for i := range n.xs {
		n.xs[i] = at.x + i*n.cell*at.step>>8
	}
}

func (n *nodes) y(at view, row int) int { return at.y + row*n.cell*at.step>>8 }

func fill(f []int32, v int32) {
	for i := range f {
		f[i] = v
	}
}

// draw paints the tile that shows the view into dst, tileSize square.
func (p *painter) draw(dst *image.RGBA, at view) {
	n := &p.nodes
	n.set(at)
	p.veil.reset()
	if p.tissue(at) {
		area := at.area().Inset(-nucleusReach)
		p.scene.set(p.w, area)
		p.hints(at)
		p.growth(at)
		p.scene.nuclei(at.area(), func(c nucleus) { p.veil.nucleus(c, at, p.look.nuclear) })
		p.fields(at)
	} else {
		p.scene.w = p.w
		p.scene.specks(at.area(), func(c nucleus) { p.veil.nucleus(c, at, p.look.nuclear) })
	}
	p.marks(at)
	p.compose(dst, at)
}

// tissue computes the outline of the tissue and reports whether any of it shows.
func (p *painter) tissue(at view) bool {
	n := &p.nodes
	some := false
	margin := int32(-nucleusReach - at.step>>8)
	for r := range n.side {
		row := n.solid[r*n.side : (r+1)*n.side]
		p.w.tissueRow(row, n.xs, n.y(at, r))
		for _, v := range row {
			some = some || v > margin
		}
	}
	return some
}

// growth computes glands and empty places.
func (p *painter) growth(at view) {
	n := &p.nodes
	fill(n.wall, far)
	fill(n.aux[0], far)
	fill(n.aux[1], far)
	thick := n.aux[2] // of the wall of the gland nearest to a node
	for i := range p.scene.glands.all {
		if g := &p.scene.glands.all[i]; g.a > 0 {
			n.over(g.Add(glandReach), at, func(k, x, y int) {
				if d := int32(g.inside(x, y)); d > n.wall[k] {
					n.wall[k], thick[k] = d, int32(g.wall)
				}
			})
		}
	}
	for i := range p.scene.vacuoles.all {
		if v := &p.scene.vacuoles.all[i]; v.radius > 0 {
			n.over(v.Add(v.radius+4*um), at, func(k, x, y int) {
				d := int32(v.radius - length(x-v.x, y-v.y))
				n.aux[0][k], n.aux[1][k] = max(n.aux[0][k], d), max(n.aux[1][k], min(n.aux[0][k], d))
			})
		}
	}
	p.hollow(at, thick)
}

// over calls see for the nodes within an area, with their index and place.
func (n *nodes) over(area image.Rectangle, at view, see func(k, x, y int)) {
	pitch := n.cell * at.step
	c0, c1 := max(0, floorDiv((area.Min.X-at.x)<<8, pitch)), min(n.side-1, floorDiv((area.Max.X-at.x)<<8, pitch)+1)
	r0, r1 := max(0, floorDiv((area.Min.Y-at.y)<<8, pitch)), min(n.side-1, floorDiv((area.Max.Y-at.y)<<8, pitch)+1)
	for r := r0; r <= r1; r++ {
		y := n.y(at, r)
		for c := c0; c <= c1; c++ {
			see(r*n.side+c, n.xs[c], y)
		}
	}
}

// hollow takes lumina, vacuoles and clefts out of the tissue.
func (p *painter) hollow(at view, thick []int32) {
	n, l := &p.nodes, &p.w.layers
	line, torn := make([]int32, n.side), make([]int32, n.side)
	bulge := make([]int32, n.side)
	for r := range n.side {
		y := n.y(at, r)
		clear(line)
		clear(torn)
		clear(bulge)
		l.cleft7.addRow(line, n.xs, y, cleftAmp7)
		l.torn8.addRow(torn, n.xs, y, tornAmp8)
		l.bulge6.addRow(bulge, n.xs, y, 11*um)
		l.bulge5.addRow(bulge, n.xs, y, 5*um)
		for c := range n.side {
			k := r*n.side + c
			s := n.solid[k]
			open := int32(cleft(int(line[c]), int(torn[c]), int(n.nest[k])))
			if n.wall[k] > -30*um {
				n.wall[k] += bulge[c]
				s = min(s, thick[k]-n.wall[k])
			}
			open = max(open, n.wall[k]+3*um) // glands hold together
			s = min(s, open)
			n.solid[k] = min(s, int32(-between(int(n.aux[0][k]), int(n.aux[1][k]))))
		}
	}
}

// Amounts of dye, as indices of their tables.
const (
	eosinStroma   = 80
	eosinWall     = 62
	hemaStroma    = 5
	hemaWall      = 34
	eosinNestLoss = 8
	hemaNestGain  = 8
)

// fields computes dyes and fibres.
func (p *painter) fields(at view) {
	n, w := &p.nodes, p.w
	l := &w.layers
	for r := range n.side {
		y := n.y(at, r)
		span := func(f []int32) []int32 { return f[r*n.side : (r+1)*n.side] }
		eosin, hema, phi, psi := span(n.eosin), span(n.hema), span(n.phi), span(n.psi)
		for c, x := range n.xs {
			phi[c] = int32((w.turn.x*y - w.turn.y*x) / unit)
			psi[c] = int32((w.turn.x*x + w.turn.y*y) / unit)
			eosin[c], hema[c] = eosinStroma, hemaStroma
		}
		l.warp8.addRow(phi, n.xs, y, warpAmp8)
		l.warp6.addRow(phi, n.xs, y, warpAmp6)
		l.drift8.addRow(psi, n.xs, y, driftAmp8)
		l.rich8.addRow(eosin, n.xs, y, 30)
		l.rich6.addRow(eosin, n.xs, y, 16)
		for c, weight := range span(n.nest) {
			eosin[c] -= weight * eosinNestLoss >> 8
			hema[c] += weight * hemaNestGain >> 8
		}
	}
}

// hints computes how much of a nest shows.
func (p *painter) hints(at view) {
	n, w := &p.nodes, p.w
	fill(n.nest, 0)
	edge := make([]int32, n.side)
	for i := range w.nests {
		nest := &w.nests[i]
		reach := nest.radius + nestReach
		if !nest.Add(reach).Overlaps(at.area()) {
			continue
		}
		for r := range n.side {
			y := n.y(at, r)
			clear(edge)
			w.layers.nestEdge7.addRow(edge, n.xs, y, one)
			for c, x := range n.xs {
				if max(abs(x-nest.x), abs(y-nest.y)) <= reach {
					k := r*n.side + c
					n.nest[k] = max(n.nest[k], int32(w.nestWeight(nest, x, y, int(edge[c]))))
				}
			}
		}
	}
}

// marks lays pen marks over the veil.
func (p *painter) marks(at view) {
	n := &p.nodes
	for _, s := range p.w.strokes {
		fill(n.pen, far)
		any := false
		for i := 1; i < len(s.points); i++ {
			a, b := s.points[i-1], s.points[i]
			box := a.Add(s.width + 8*um).Union(b.Add(s.width + 8*um))
			if !box.Overlaps(at.area()) {
				continue
			}
			any = true
			n.over(box, at, func(k, x, y int) {
				n.pen[k] = max(n.pen[k], int32(s.width-distance(a, b, x, y)))
			})
		}
		if any {
			p.ink(s, at)
		}
	}
}

// ink lays one pen mark over the veil: denser at its rim, as felt leaves it.
func (p *painter) ink(s stroke, at view) {
	n := &p.nodes
	width := max(at.step>>8, 6*um)
	row := make([]int32, n.side)
	for j := range tileSize {
		n.line(row, n.pen, j)
		for i := range tileSize {
			d := int(between16(row, i, n.cell))
			cover := 128 + d*256/width
			if cover <= 0 {
				continue
			}
			dense := 216 + clamp(40-d/(2*um), 0, 40) + p.look.grain.at((at.y+j*at.step>>8)/8, (at.x+i*at.step>>8)/8)/8
			p.veil.dim(j*tileSize+i, s.colour, int32(min(cover, 256)*clamp(dense, 0, 256)>>8))
		}
	}
	p.veil.touched = true
}

// distance is how far a place lies from a line between two points.
func distance(a, b vector, x, y int) int {
	dx, dy := float64(b.x-a.x), float64(b.y-a.y)
	px, py := float64(x-a.x), float64(y-a.y)
	t := (float64(px*dx) + float64(py*dy)) / max(1, float64(dx*dx)+float64(dy*dy))
	t = max(0, min(1, t))
	ex, ey := px-float64(t*dx), py-float64(t*dy)
	return int(math.Sqrt(float64(ex*ex) + float64(ey*ey)))
}

// line interpolates a field along row j of pixels, at the columns of the mesh.
func (n *nodes) line(dst, f []int32, j int) {
	r, rest := j/n.cell, int32(j%n.cell)
	up := f[r*n.side : (r+1)*n.side]
	if rest == 0 {
		copy(dst, up)
		return
	}
	down := f[(r+1)*n.side : (r+2)*n.side]
	down = down[:len(up)]
	cell := int32(n.cell)
	log := logOf(n.cell)
	for c, v := range up {
		dst[c] = (v*(cell-rest) + down[c]*rest) >> log
	}
}

// between16 interpolates a line at pixel i.
func between16(line []int32, i, cell int) int32 {
	c, rest := i/cell, int32(i%cell)
	if rest == 0 {
		return line[c]
	}
	return line[c] + (line[c+1]-line[c])*rest/int32(cell)
}

// compose turns fields and veil into pixels.
func (p *painter) compose(dst *image.RGBA, at view) {
	n := &p.nodes
	for f := range p.rows {
		if len(p.rows[f]) != n.side {
			p.rows[f] = make([]int32, n.side)
		}
	}
	width := max(at.step>>8, um*3/4)
	none := int32(-width)
	for j := range tileSize {
		out := dst.Pix[j*dst.Stride : j*dst.Stride+tileSize*4]
		veil := p.veil.pix[j*tileSize : (j+1)*tileSize]
		n.line(p.rows[0], n.solid, j)
		for f, field := range [][]int32{n.wall, n.eosin, n.hema, n.phi, n.psi} {
			if p.anySolid(none) {
				n.line(p.rows[f+1], field, j)
			}
		}
		for c := 0; c+1 < n.side; c++ {
			px := out[c*n.cell*4 : (c+1)*n.cell*4]
			v := veil[c*n.cell : (c+1)*n.cell]
			bg := p.background(n.xs[c], at.y+j*at.step>>8)
			if p.rows[0][c] <= none && p.rows[0][c+1] <= none {
				empty(px, v, bg)
				continue
			}
			p.span(px, v, bg, c, width, vector{n.xs[c], at.y + j*at.step>>8}, at.step)
		}
	}
}

// anySolid reports whether the row of pixels shows any tissue.
func (p *painter) anySolid(none int32) bool {
	for _, v := range p.rows[0] {
		if v > none {
			return true
		}
	}
	return false
}

// background is the colour of the empty slide at a place, times 1<<7.
func (p *painter) background(x, y int) light {
	w := p.w
	lean := (w.tilt.x*(x-w.width/2) + w.tilt.y*(y-w.height/2)) / (1000 * um) / 2
	lean = clamp(lean, -3<<7, 3<<7)
	var out light
	for c, v := range w.stain.background {
		out[c] = int32(v<<7 + lean)
	}
	return out
}

// empty paints pixels without tissue.
func empty(px []byte, veil []light, bg light) {
	for i := range veil {
		v := &veil[i]
		o := px[i*4 : i*4+4 : i*4+4]
		o[0] = byte(bg[0] * (v[0] >> 3) >> 19)
		o[1] = byte(bg[1] * (v[1] >> 3) >> 19)
		o[2] = byte(bg[2] * (v[2] >> 3) >> 19)
		o[3] = 255
	}
}

// span paints the pixels between two columns of the mesh.
func (p *painter) span(px []byte, veil []light, bg light, c, width int, from vector, step int) {
	const fine = 4 // extra bits of interpolated values
	log := logOf(len(veil))
	var v, d [6]int32
	for f := range v {
		a, b := p.rows[f][c], p.rows[f][c+1]
		v[f] = a << fine
		d[f] = (b - a) << fine >> log
	}
	solid := min(p.rows[0][c], p.rows[0][c+1]) >= int32(width)
	stroma := max(p.rows[1][c], p.rows[1][c+1]) <= int32(-width)
	wall := min(p.rows[1][c], p.rows[1][c+1]) >= int32(width)
	fibre, grain := p.look.fibre, p.look.grain
	x, sharp := from.x<<8, int32(256*256/width)
	for i := range veil {
		g := int32(grain.at(from.y, x>>8))
		eosin, hema := v[2]>>fine, v[3]>>fine
		if !wall {
			eosin += int32(fibre.at(int(v[4]>>fine), int(v[5]>>fine))) + g>>3
		}
		if !stroma {
			share := int32(256)
			if !wall {
				share = clamp32(128+(v[1]>>fine)*sharp>>8, 0, 256)
			}
			eosin += (eosinWall + g>>3 - eosin) * share >> 8
			hema += (hemaWall + g>>4 - hema) * share >> 8
		}
		e := &p.look.eosin[clamp32(eosin, 0, 255)]
		h := &p.look.diffuse[clamp32(hema, 0, 255)]
		n := &veil[i]
		o := px[i*4 : i*4+4 : i*4+4]
		if solid {
			o[0] = byte(bg[0] * (e[0] * h[0] >> 15 * n[0] >> 18) >> 19)
			o[1] = byte(bg[1] * (e[1] * h[1] >> 15 * n[1] >> 18) >> 19)
			o[2] = byte(bg[2] * (e[2] * h[2] >> 15 * n[2] >> 18) >> 19)
		} else {
			m := clamp32(128+(v[0]>>fine)*sharp>>8, 0, 256)
			for k := range 3 {
				t := full - (full-e[k]*h[k]>>15)*m>>8
				o[k] = byte(bg[k] * (t * n[k] >> 18) >> 19)
			}
		}
		o[3] = 255
		for f := range v {
			v[f] += d[f]
		}
		x += step
	}
}

func clamp32(v, lo, hi int32) int32 { return max(lo, min(v, hi)) }
