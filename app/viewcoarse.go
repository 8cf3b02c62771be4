package app

import (
	"cmp"
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/image/draw"
	"golang.org/x/sync/errgroup"

	"zoomscope/slideio"
)

const (
	// coarseGap is by how much a level has to be reduced to call for a coarser one,
	// coarseFrom how many pixels it has then.
	coarseGap, coarseFrom = 8, 32e6
	// coarseBytes bounds the memory of the coarse level.
	coarseBytes = 48 << 20
	// coarsePiece is the side of what is read at a time in the background, in pixels
	// of the coarse level.
	coarsePiece = 32
	// roughAbove is how many pixels of the file may be read for a thumbnail.
	roughAbove = 400e6
	// roughSide is how many samples a rough picture has along its longer side.
	roughSide = 40
)

// coarseDownsample is the downsample of the coarse level that a slide wants, a power
// of two; 0 for none. It is the finest that fits the memory.
func coarseDownsample(in *slideio.Info) int {
	for z := 1; z <= maxZ; z++ {
		d := math.Ldexp(1, z)
		best := in.Levels[slideio.BestLevel(in, d)]
		w, h := math.Ceil(float64(in.Width())/d), math.Ceil(float64(in.Height())/d)
		if 4*w*h <= coarseBytes && d/best.Downsample >= coarseGap && float64(best.Width)*float64(best.Height) >= coarseFrom {
			return 1 << z
		}
	}
	return 0
}

// coarse is a slide with one level more, which is made from the others: block by
// block as it is asked for, and all of it in the background. The blocks stay in
// memory.
type coarse struct {
	slideio.Slide
	info slideio.Info // of the slide, the coarse level last
	down int          // its downsample
	gate func() func(context.Context) error
	// slots holds a value for each piece being read, of all blocks.
	slots chan struct{}

	ctx   context.Context // ends with stop
	end   context.CancelFunc
	begin sync.Once
	work  sync.WaitGroup
	done  atomic.Int64  // blocks that are there
	ready chan struct{} // closed once the background's work has ended

	mu     sync.Mutex
	cols   int
	blocks []*block // nil until asked for
}

// block is a square of the coarse level. Its picture may be used once done is
// closed.
type block struct {
	done chan struct{}
	img  *image.RGBA
	err  error
}

// newCoarse adds a level of a downsample to a slide. gate makes what the making of
// a block calls between its steps.
func newCoarse(s slideio.Slide, down int, gate func() func(context.Context) error) *coarse {
	c := &coarse{Slide: s, info: *s.Info(), down: down, gate: gate, slots: make(chan struct{}, runtime.GOMAXPROCS(0)), ready: make(chan struct{})}
	up := func(n, by int) int { return (n + by - 1) / by }
	w, h := up(c.info.Width(), down), up(c.info.Height(), down)
	c.info.Levels = append(slices.Clone(c.info.Levels), slideio.Level{
		Width: w, Height: h, Downsample: float64(down), TileWidth: tileSide, TileHeight: tileSide,
	})
	c.cols = up(w, tileSide)
	c.blocks = make([]*block, c.cols*up(h, tileSide))
	c.ctx, c.end = context.WithCancel(context.Background())
	return c
}

// Info describes the slide with its coarse level.
func (c *coarse) Info() *slideio.Info { return &c.info }

// level is the coarse level.
func (c *coarse) level() slideio.Level { return c.info.Levels[len(c.info.Levels)-1] }

// missing is how many pixels of the file the blocks stand for that are not there
// yet.
func (c *coarse) missing() float64 {
	from := c.info.Levels[slideio.BestLevel(c.Slide.Info(), float64(c.down))]
	all := float64(from.Width) * float64(from.Height)
	return all * (1 - float64(c.done.Load())/float64(len(c.blocks)))
}

// stop ends what is under way in the background.
func (c *coarse) stop() {
	c.mu.Lock() // no block is begun after this
	c.end()
	c.mu.Unlock()
	c.begin.Do(func() { close(c.ready) })
	c.work.Wait()
}

// start begins to make all blocks in the background, those in the middle first.
func (c *coarse) start() {
	c.begin.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.ctx.Err() != nil {
			close(c.ready)
			return
		}
		c.work.Go(c.makeAll)
	})
}

func (c *coarse) makeAll() {
	defer close(c.ready)
	b := c.info.Bounds
	midX, midY := (b.Min.X+b.Max.X)/2/c.down, (b.Min.Y+b.Max.Y)/2/c.down
	order := make([]int, len(c.blocks))
	far := make([]int, len(c.blocks))
	for i := range order {
		m := c.rect(i)
		x, y := (m.Min.X+m.Max.X)/2-midX, (m.Min.Y+m.Max.Y)/2-midY
		order[i], far[i] = i, x*x+y*y
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(far[i], far[j]) })
	for _, i := range order {
		b, mine := c.claim(i)
		if mine {
			c.fill(b, i, 1)
		}
		<-b.done
	}
}

// rect is the i-th block, in pixels of the coarse level.
func (c *coarse) rect(i int) image.Rectangle {
	at := image.Pt(i%c.cols, i/c.cols).Mul(tileSide)
	l := c.level()
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(tileSide, tileSide))}.Intersect(image.Rect(0, 0, l.Width, l.Height))
}

// claim gives a block, and whether the caller has to fill it.
func (c *coarse) claim(i int) (b *block, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b = c.blocks[i]; b != nil {
		return b, false
	}
	b = &block{done: make(chan struct{})}
	if c.ctx.Err() != nil {
		b.err = slideio.ErrClosed
		close(b.done)
		return b, false
	}
	c.blocks[i] = b
	c.work.Add(1)
	return b, true
}

// get is a block's picture, made by this call or another's. A block that is begun
// is made to its end, also when ctx ends before.
func (c *coarse) get(ctx context.Context, i int) (*image.RGBA, error) {
	b, mine := c.claim(i)
	if mine {
		go c.fill(b, i, cap(c.slots))
	}
	select {
	case <-b.done:
		return b.img, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fill makes the i-th block, which was claimed, from pieces, several at once. A
// piece that cannot be read is grey; a block of such pieces alone is an error, and
// is tried again when it is next asked for.
func (c *coarse) fill(b *block, i, workers int) {
	defer c.work.Done()
	defer close(b.done)
	r := c.rect(i)
	m := image.NewRGBA(image.Rectangle{Max: r.Size()})
	g, ctx := errgroup.WithContext(c.ctx)
	g.SetLimit(workers)
	gate := c.gate()
	pieces := piecesOf(m.Rect)
	damage := make([]*slideio.RegionError, len(pieces))
	for j, p := range pieces {
		if gate(ctx) != nil {
			break // which ctx tells
		}
		g.Go(func() error {
			err := c.piece(ctx, m, p, r.Min)
			if errors.As(err, &damage[j]) {
				return nil
			}
			return err
		})
	}
	err := g.Wait()
	if err == nil && !slices.Contains(damage, nil) {
		err = damage[0]
	}
	c.finish(b, i, m, cmp.Or(err, c.ctx.Err()))
}

// piecesOf divides a picture.
func piecesOf(r image.Rectangle) (pieces []image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y += coarsePiece {
		for x := r.Min.X; x < r.Max.X; x += coarsePiece {
			pieces = append(pieces, image.Rect(x, y, x+coarsePiece, y+coarsePiece).Intersect(r))
		}
	}
	return pieces
}

// finish keeps a block that was made, and forgets one that was not.
func (c *coarse) finish(b *block, i int, m *image.RGBA, err error) {
	if err == nil {
		b.img = m
		c.done.Add(1)
		return
	}
	if b.err = err; c.ctx.Err() != nil {
		b.err = slideio.ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks[i] = nil
}

// piece fills the pixels r of m, a block that lies at a place of the coarse level.
func (c *coarse) piece(ctx context.Context, m *image.RGBA, r image.Rectangle, at image.Point) error {
	c.slots <- struct{}{}
	defer func() { <-c.slots }()
	part := m.SubImage(r).(*image.RGBA)
	from := part.Rect.Add(at)
	d := float64(c.down)
	err := slideio.ReadArea(ctx, c.Slide, part, slideio.Rect{
		X: float64(from.Min.X) * d, Y: float64(from.Min.Y) * d, W: float64(from.Dx()) * d, H: float64(from.Dy()) * d,
	})
	if region := (*slideio.RegionError)(nil); errors.As(err, &region) {
		draw.Draw(part, part.Rect, image.NewUniform(unread), image.Point{}, draw.Src)
	}
	return err
}

// unread is the colour of what could not be read.
var unread = color.RGBA{0xdd, 0xdd, 0xdd, 0xff}

// ReadRegion reads a level of the slide, or the coarse one.
func (c *coarse) ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error {
	if level != len(c.info.Levels)-1 {
		return c.Slide.ReadRegion(ctx, dst, level, x, y)
	}
	want := image.Rectangle{Max: dst.Rect.Size()}.Add(image.Pt(x, y))
	l := c.level()
	inside := want.Intersect(image.Rect(0, 0, l.Width, l.Height))
	slideio.FillOutside(dst, inside.Sub(want.Min))
	for row := inside.Min.Y / tileSide; row*tileSide < inside.Max.Y; row++ {
		for col := inside.Min.X / tileSide; col*tileSide < inside.Max.X; col++ {
			i := row*c.cols + col
			m, err := c.get(ctx, i)
			if err != nil {
				return err
			}
			part := c.rect(i).Intersect(inside)
			to := part.Sub(want.Min).Add(dst.Rect.Min)
			draw.Draw(dst, to, m, part.Min.Sub(c.rect(i).Min), draw.Src)
		}
	}
	return ctx.Err()
}

// rough is the whole slide in w x h pixels, from few samples of the finest level,
// with linear steps between them. Samples that cannot be read are grey.
func (c *coarse) rough(ctx context.Context, w, h int) (*image.RGBA, error) {
	c.start()
	width, height := c.info.Width(), c.info.Height()
	cols, rows := fit(width, height, min(roughSide, max(w, h)))
	samples := image.NewRGBA(image.Rect(0, 0, cols, rows))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for y := range rows {
		for x := range cols {
			g.Go(func() error {
				at := image.Pt((2*x+1)*width/(2*cols), (2*y+1)*height/(2*rows))
				samples.SetRGBA(x, y, c.sample(gctx, at))
				return gctx.Err()
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(dst, dst.Rect, samples, samples.Rect, draw.Src, nil)
	return dst, nil
}

// sample is the mean colour of the file's tile that holds a place of level 0, or of
// a little around it where tiles are large.
func (c *coarse) sample(ctx context.Context, at image.Point) color.RGBA {
	w, h := 16, 16
	if l := c.info.Levels[0]; l.TileWidth > 0 && l.TileHeight > 0 && max(l.TileWidth, l.TileHeight) <= 512 {
		w, h = l.TileWidth, l.TileHeight
	}
	r := image.Rect(0, 0, w, h).Add(image.Pt(at.X/w*w, at.Y/h*h)).Intersect(image.Rect(0, 0, c.info.Width(), c.info.Height()))
	m := image.NewRGBA(image.Rect(0, 0, 1, 1))
	if err := slideio.ReadArea(ctx, c.Slide, m, slideio.RectOf(r)); err != nil {
		return unread
	}
	return m.RGBAAt(0, 0)
}
