package synth

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"zoomscope/slideio"
	"zoomscope/slideio/tiff"
)

// ErrParams is wrapped by the error of parameters that describe no slide.
var ErrParams = errors.New("impossible synthetic slide")

// Classes are the labels of synthetic slides. All have hints: regions that are
// slightly bluer and denser at low magnification. Those of "normal" hold only
// harmless rods; in a slide of "type-a" some hold pairs of parallel bars, in one
// of "type-b" pale nuclei with a dark core. The structures measure about 10 um.
var Classes = [...]string{"normal", "type-a", "type-b"}

// evidenceOf is what proves each class.
var evidenceOf = [len(Classes)]kind{rod, bars, ring}

// Params describe a synthetic slide completely: equal Params give equal pixels.
type Params struct {
	Name          string // becomes Info.Path
	Width, Height int    // of level 0 in pixels
	MPP           float64
	Downsamples   []float64       // nil means 1, 4, 16...
	Bounds        image.Rectangle // where the scan lies on level 0; all of it when empty

	Seed  uint64
	Label int // index of Classes

	Tissue         float64 // fraction of the scan that is tissue, about
	Hints          int     // hinted regions, with and without evidence
	Evidence       int     // hinted regions that hold evidence; ignored for "normal"
	Pens           int     // pen marks
	StainVariation float64 // 0 for a textbook's colours, 1 for the spread of laboratories
}

// Defaults are the parameters of a small ordinary slide at 20x, about 2 x 2 mm.
func Defaults() Params {
	return Params{
		Name: "synthetic", Width: 4096, Height: 4096, MPP: 0.5,
		Tissue: 0.5, Hints: 4, Evidence: 2, StainVariation: 1,
	}
}

func (p *Params) evidence() int {
	if p.Label == 0 {
		return 0
	}
	return max(1, p.Evidence)
}

func (p *Params) check() error {
	area := p.area()
	switch {
	case p.Width < 1 || p.Height < 1 || p.Width > 1<<20 || p.Height > 1<<20:
		return fmt.Errorf("%s: %w: %d x %d pixels", p.Name, ErrParams, p.Width, p.Height)
	case !(p.MPP >= 0.05 && p.MPP <= 20):
		return fmt.Errorf("%s: %w: %g um/px", p.Name, ErrParams, p.MPP)
	case float64(max(area.Dx(), area.Dy()))*p.MPP > 150_000:
		return fmt.Errorf("%s: %w: larger than 150 mm", p.Name, ErrParams)
	case !area.In(image.Rect(0, 0, p.Width, p.Height)):
		return fmt.Errorf("%s: %w: bounds %v outside the slide", p.Name, ErrParams, p.Bounds)
	case p.Label < 0 || p.Label >= len(Classes):
		return fmt.Errorf("%s: %w: label %d", p.Name, ErrParams, p.Label)
	case !(p.Tissue > 0 && p.Tissue <= 1) || p.Hints < 0 || p.Hints > 1000 || p.Evidence < 0 || p.Evidence > p.Hints || p.Pens < 0 || p.Pens > 100:
		return fmt.Errorf("%s: %w: tissue %g, hints %d, evidence %d, pens %d", p.Name, ErrParams, p.Tissue, p.Hints, p.Evidence, p.Pens)
	case !(p.StainVariation >= 0 && p.StainVariation <= 1):
		return fmt.Errorf("%s: %w: stain variation %g", p.Name, ErrParams, p.StainVariation)
	}
	return nil
}

// area is where the scan lies on level 0.
func (p *Params) area() image.Rectangle {
	if p.Bounds.Empty() {
		return image.Rect(0, 0, p.Width, p.Height)
	}
	return p.Bounds
}

func (p *Params) shape() Shape {
	return Shape{
		Width: p.Width, Height: p.Height, Downsamples: p.Downsamples, Bounds: p.Bounds,
		MPPX: p.MPP, MPPY: p.MPP, Magnification: math.Round(10 / p.MPP),
	}
}

// Slide is a synthetic slide that is drawn when it is read. It is safe for
// concurrent use. What a pixel shows does not depend on the regions that are read. A
// pixel of a coarser level is, within a few grey levels, the mean of those below it.
type Slide struct {
	gate
	params   Params
	infoBase slideio.Info
	world    *world
	levels   []levelLook
	tiles    *lru.Cache[tileAddress, *image.RGBA]
}

type tileAddress struct{ level, col, row int }

// levelLook is how a level is drawn.
type levelLook struct {
	step     int // between pixels, in 1/256 of a length
	over     int // pixels drawn per pixel of the level, in one direction
	once     sync.Once
	look     *look
	painters sync.Pool
}

// keptTiles bounds the cache of drawn tiles, to 16 MiB.
const keptTiles = 64

// New returns the slide that the parameters describe. An error wraps ErrParams.
func New(p Params) (*Slide, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	area := p.area()
	scale := func(n int) int { return micrometres(float64(n) * p.MPP) }
	w := newWorld(&p, scale(area.Dx()), scale(area.Dy()))
	s := &Slide{params: p, infoBase: p.shape().info(p.Name), world: w}
	s.infoBase.Properties["synth.class"] = Classes[p.Label]
	s.infoBase.Properties["synth.seed"] = fmt.Sprint(p.Seed)
	s.levels = make([]levelLook, len(s.infoBase.Levels))
	for i, l := range s.infoBase.Levels {
		s.levels[i].set(p.MPP * l.Downsample)
	}
	s.tiles, _ = lru.New[tileAddress, *image.RGBA](keptTiles) // fails for sizes below 1 only
	return s, nil
}

// coarsest is the size of pixel, in micrometres, from which on several are drawn
// for one: glands and clefts would be too thin for it.
const coarsest = 4

func (l *levelLook) set(mpp float64) {
	l.over = 1
	if mpp > coarsest {
		l.over = 2
	}
	l.step = int(math.Round(float64(mpp*um*256) / float64(l.over)))
}

// Info implements slideio.Slide.
func (s *Slide) Info() *slideio.Info { return &s.infoBase }

// Params returns what the slide was made from.
func (s *Slide) Params() Params { return s.params }

// Associated implements slideio.Slide: there is none.
func (s *Slide) Associated(_ context.Context, name string) (*image.RGBA, error) {
	return nil, s.noAssociated(&s.infoBase, name)
}

// ReadRegion implements slideio.Slide.
func (s *Slide) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	return s.read(ctx, &s.infoBase, dst, level, x, y, func(area image.Rectangle, at image.Point) error {
		for row := area.Min.Y / tileSize; row*tileSize < area.Max.Y; row++ {
			for col := area.Min.X / tileSize; col*tileSize < area.Max.X; col++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				tile := s.tile(tileAddress{level, col, row})
				corner := image.Pt(col*tileSize, row*tileSize)
				part := tile.Rect.Add(corner).Intersect(area)
				draw.Draw(dst, part.Sub(at), tile, part.Min.Sub(corner), draw.Src)
			}
		}
		return nil
	})
}

// tile returns a tile of a level, which must not be changed.
func (s *Slide) tile(a tileAddress) *image.RGBA {
	if m, ok := s.tiles.Get(a); ok {
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, tileSize, tileSize))
	s.draw(m, a)
	s.tiles.Add(a, m)
	return m
}

// draw paints a tile of a level.
func (s *Slide) draw(dst *image.RGBA, a tileAddress) {
	l := &s.levels[a.level]
	l.once.Do(func() { l.look = s.world.newLook(l.step >> 8) })
	p, _ := l.painters.Get().(*painter)
	if p == nil {
		p = &painter{w: s.world, look: l.look}
	}
	defer l.painters.Put(p)
	if l.over == 1 {
		p.draw(dst, s.view(a.level, a.col*tileSize, a.row*tileSize))
		return
	}
	part := image.NewRGBA(dst.Rect)
	for k := range l.over * l.over {
		i, j := k%l.over, k/l.over
		p.draw(part, s.view(a.level, (a.col*l.over+i)*tileSize, (a.row*l.over+j)*tileSize))
		tiff.Reduce(dst, image.Pt(i*tileSize/l.over, j*tileSize/l.over), part, l.over)
	}
}

// view is the view of a tile whose first pixel is (x, y), in pixels as drawn.
func (s *Slide) view(level, x, y int) view {
	step := s.levels[level].step
	origin := s.params.area().Min
	at := func(v, o int) int { return (2*v+1)*step>>9 - micrometres(float64(o)*s.params.MPP) }
	return view{at(x, origin.X), at(y, origin.Y), step}
}
