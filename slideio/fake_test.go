package slideio

import (
	"context"
	"image"
	"math/rand/v2"
)

// fake is a slide in memory.
type fake struct {
	info   Info
	levels []*image.RGBA
	reads  []image.Rectangle // only kept when record is set
	record bool
}

// newFake makes a slide of random pixels with the given level sizes and
// downsamples.
func newFake(seed uint64, levels ...Level) *fake {
	rng := rand.New(rand.NewPCG(seed, 1))
	f := &fake{info: Info{Path: "fake", Levels: levels}}
	for _, l := range levels {
		m := image.NewRGBA(image.Rect(0, 0, l.Width, l.Height))
		for i := range m.Pix {
			m.Pix[i] = byte(rng.Uint32())
			if i%4 == 3 {
				m.Pix[i] = 0xff
			}
		}
		f.levels = append(f.levels, m)
	}
	return f
}

func (f *fake) Info() *Info { return &f.info }

func (f *fake) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.record {
		f.reads = append(f.reads, image.Rectangle{Max: dst.Rect.Size()}.Add(image.Pt(x, y)))
	}
	m := f.levels[level]
	r := image.Rectangle{Max: dst.Rect.Size()}.Add(image.Pt(x, y))
	in := r.Intersect(m.Rect)
	FillOutside(dst, in.Sub(r.Min))
	for yy := in.Min.Y; yy < in.Max.Y; yy++ {
		copy(dst.Pix[dst.PixOffset(dst.Rect.Min.X+in.Min.X-x, dst.Rect.Min.Y+yy-y):],
			m.Pix[m.PixOffset(in.Min.X, yy):m.PixOffset(in.Min.X, yy)+4*in.Dx()])
	}
	return nil
}

func (f *fake) Associated(context.Context, string) (*image.RGBA, error) {
	return nil, ErrNoAssociated
}

func (f *fake) Close() error { return nil }
