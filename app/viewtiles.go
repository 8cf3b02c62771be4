package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"zoomscope/slideio"
)

const (
	// tileSide is the side of a tile in pixels.
	tileSide = 256
	// maxZ bounds the levels of the virtual pyramid: far above any slide's.
	maxZ = 30
	// keptTiles bounds the tiles that are kept for making coarser ones, of all slides
	// together: 48 MiB. The window, which keeps those it shows, shares their pixels.
	keptTiles = 192
	// keptFailures bounds the tiles whose error is kept, and failureLasts for how
	// long, so that a damaged place that is looked at is not read in every frame.
	keptFailures = 1024
	failureLasts = 5 * time.Second
	// maxPicturePixels bounds what one picture may have.
	maxPicturePixels = 1 << 28
)

// tileAt names a tile of the virtual pyramid.
type tileAt struct{ z, col, row int }

// tiles makes pictures of a slide: tiles of the virtual pyramid and others.
type tiles struct {
	slide  slideio.Slide // with a coarse level where the file lacks one
	coarse *coarse       // that level, nil where there is none
	w, h   int           // of level 0

	kept *keptPictures

	mu     sync.Mutex
	failed *simplelru.LRU[tileAt, failure]
}

// keptPictures are tiles that were made of all slides, the most recently used ones.
type keptPictures struct {
	mu  sync.Mutex
	all *simplelru.LRU[tileOf, *image.RGBA]
}

// tileOf names a tile of a slide.
type tileOf struct {
	slide *tiles
	at    tileAt
}

func newKeptPictures() *keptPictures { return &keptPictures{all: lru[tileOf, *image.RGBA](keptTiles)} }

// get is a tile, nil if it is not kept.
func (k *keptPictures) get(s *tiles, at tileAt) *image.RGBA {
	k.mu.Lock()
	defer k.mu.Unlock()
	m, _ := k.all.Get(tileOf{s, at})
	return m
}

func (k *keptPictures) add(s *tiles, at tileAt, m *image.RGBA) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all.Add(tileOf{s, at}, m)
}

// forget drops the tiles of a slide.
func (k *keptPictures) forget(s *tiles) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, t := range k.all.Keys() {
		if t.slide == s {
			k.all.Remove(t)
		}
	}
}

// failure is why a tile could not be made, and until when that is believed.
type failure struct {
	err   error
	until time.Time
}

// newTiles serves pictures of a slide. gate makes what work in the background calls
// between its steps.
func newTiles(s slideio.Slide, kept *keptPictures, gate func() func(context.Context) error) *tiles {
	in := s.Info()
	t := &tiles{slide: s, w: in.Width(), h: in.Height(), kept: kept, failed: lru[tileAt, failure](keptFailures)}
	if d := coarseDownsample(in); d > 0 {
		t.coarse = newCoarse(s, d, gate)
		t.slide = t.coarse
	}
	return t
}

func lru[K comparable, V any](n int) *simplelru.LRU[K, V] {
	l, err := simplelru.NewLRU[K, V](n, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return l
}

func (t *tiles) close() {
	t.kept.forget(t)
	if t.coarse != nil {
		t.coarse.stop()
	}
}

// tile makes a tile, or gives one that is kept.
func (t *tiles) tile(ctx context.Context, z, col, row int) (*image.RGBA, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	at := tileAt{z, col, row}
	size := t.size(at)
	if size.X <= 0 {
		return nil, fmt.Errorf("%s: no tile (%d, %d) at 1/2^%d", t.slide.Info().Path, col, row, z)
	}
	if m, err := t.known(at); m != nil || err != nil {
		return m, err
	}
	if t.coarse != nil {
		t.coarse.start()
	}
	dst := image.NewRGBA(image.Rectangle{Max: size})
	if !t.fromFour(dst, at) {
		if err := t.read(ctx, dst, at); err != nil {
			return nil, t.note(ctx, at, err)
		}
	}
	t.kept.add(t, at, dst)
	return dst, nil
}

// size is a tile's size in pixels; zero for one that the slide does not have.
func (t *tiles) size(at tileAt) image.Point {
	if at.z < 0 || at.z > maxZ || at.col < 0 || at.row < 0 {
		return image.Point{}
	}
	along := func(n, i int) int {
		whole := (n-1)>>at.z + 1 // pixels at this level
		if i > (whole-1)/tileSide {
			return 0
		}
		return min(tileSide, whole-i*tileSide)
	}
	size := image.Pt(along(t.w, at.col), along(t.h, at.row))
	if size.X == 0 || size.Y == 0 {
		return image.Point{}
	}
	return size
}

// known is a tile that is kept, or why it could not be made a moment ago.
func (t *tiles) known(at tileAt) (*image.RGBA, error) {
	if m := t.kept.get(t, at); m != nil {
		return m, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.failed.Get(at); ok && time.Now().Before(f.until) {
		return nil, f.err
	}
	return nil, nil
}

// note keeps the error of a place that cannot be read.
func (t *tiles) note(ctx context.Context, at tileAt, err error) error {
	if region := (*slideio.RegionError)(nil); ctx.Err() == nil && errors.As(err, &region) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.failed.Add(at, failure{err, time.Now().Add(failureLasts)})
	}
	return err
}

// read reads a tile from the slide.
func (t *tiles) read(ctx context.Context, dst *image.RGBA, at tileAt) error {
	scale := math.Ldexp(1, at.z)
	return slideio.ReadArea(ctx, t.slide, dst, slideio.Rect{
		X: float64(at.col*tileSide) * scale, Y: float64(at.row*tileSide) * scale,
		W: float64(dst.Rect.Dx()) * scale, H: float64(dst.Rect.Dy()) * scale,
	})
}

// fromFour makes a tile from the four that show its quarters twice as large, if
// they are all kept and the file has no level between, which would be better. The
// pixels are those that read gives, within a step of grey.
func (t *tiles) fromFour(dst *image.RGBA, at tileAt) bool {
	scale, in := math.Ldexp(1, at.z), t.slide.Info()
	if at.z == 0 || slideio.BestLevel(in, scale) != slideio.BestLevel(in, scale/2) {
		return false
	}
	var four [4]*image.RGBA
	for i := range four {
		finer := tileAt{at.z - 1, 2*at.col + i%2, 2*at.row + i/2}
		if t.size(finer).X == 0 {
			continue // outside the slide
		}
		if four[i] = t.kept.get(t, finer); four[i] == nil {
			return false
		}
	}
	const half = tileSide / 2
	for i, m := range four {
		if m != nil {
			x, y := i%2*half, i/2*half
			r := image.Rect(x, y, x+(m.Rect.Dx()+1)/2, y+(m.Rect.Dy()+1)/2)
			slideio.Halve(dst.SubImage(r).(*image.RGBA), m)
		}
	}
	return true
}

// picture is an area at any scale.
func (t *tiles) picture(ctx context.Context, area slideio.Rect, w, h int) (*image.RGBA, error) {
	if w <= 0 || h <= 0 || w > maxPicturePixels/h {
		return nil, fmt.Errorf("%s: a picture of %d x %d pixels cannot be made", t.slide.Info().Path, w, h)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if err := slideio.ReadArea(ctx, t.slide, dst, area); err != nil {
		return nil, err
	}
	return dst, nil
}

// thumbnail is the whole slide, its longer side of so many pixels.
func (t *tiles) thumbnail(ctx context.Context, side int) (*image.RGBA, error) {
	if side <= 0 {
		return nil, fmt.Errorf("%s: a thumbnail of %d pixels cannot be made", t.slide.Info().Path, side)
	}
	w, h := fit(t.w, t.h, side)
	if t.coarse != nil && t.coarse.missing() > roughAbove {
		return t.coarse.rough(ctx, w, h)
	}
	return t.picture(ctx, slideio.Rect{W: float64(t.w), H: float64(t.h)}, w, h)
}

// fit is the size of a picture of w x h pixels whose longer side is made side.
func fit(w, h, side int) (int, int) {
	scale := float64(side) / float64(max(w, h))
	along := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	return along(w), along(h)
}
