package app

import (
	"context"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"zoomscope/engine/result"
	"zoomscope/slideio"
)

// View is an opened slide as a window sees it: its description, pictures of it at
// any scale, and the resolution it is taken for. Its methods may be called from
// several goroutines at once.
type View struct {
	w     *Workspace
	slide slideio.Slide // reopens itself when its file was given up
	tiles *tiles
	about SlideAbout

	mu     sync.Mutex
	stated slideio.Resolution // zero: the file's own
	id     string             // content ID, once asked for
}

// SlideAbout is what is known of an opened slide. It never changes; the
// resolution in it is the file's own.
type SlideAbout struct {
	Path, Name     string // Name is the file's name without folder
	Vendor, Driver string
	Width, Height  int // of level 0, in pixels
	Levels         []SlideLevel
	Bounds         result.Rect // what was scanned, in level-0 pixels
	Resolution     SlideResolution
	Properties     map[string]string // as the file has them; they can name the patient
	Associated     []string          // names of the pictures beside the slide
	// Scanner tells the device that made the slide, for what is remembered of it; ""
	// where the file does not.
	Scanner string
}

// SlideLevel is one level of the file.
type SlideLevel struct {
	Width, Height int
	Downsample    float64 // level-0 pixels along one pixel
}

// SlideResolution is the physical size of a slide's pixels and how it is known.
type SlideResolution struct {
	X, Y          float64  // um per level-0 pixel; 0 unknown
	Source        string   // where that comes from, "" when unknown
	Power         float64  // of the objective, 0 unknown
	Doubts        []string // sentences
	Magnification float64  // 10 / um per pixel; 0 unknown
	Stated        bool     // by the user, not the file
}

// OpenView opens a slide to be looked at. The caller closes it.
func (w *Workspace) OpenView(ctx context.Context, path string) (*View, error) {
	slide, err := openLasting(ctx, func(ctx context.Context) (slideio.Slide, error) { return w.Open(ctx, path) })
	if err != nil {
		return nil, err
	}
	return newView(w, slide), nil
}

func newView(w *Workspace, slide slideio.Slide) *View {
	in := slide.Info()
	v := &View{w: w, slide: slide, tiles: newTiles(slide, w.pictures, w.quiet.gate)}
	b := in.Bounds
	v.about = SlideAbout{
		Path: in.Path, Name: filepath.Base(in.Path), Vendor: in.Vendor, Driver: in.Driver,
		Width: in.Width(), Height: in.Height(),
		Bounds:     result.Rect{X: float64(b.Min.X), Y: float64(b.Min.Y), Width: float64(b.Dx()), Height: float64(b.Dy())},
		Resolution: describeResolution(in.Resolution, false),
		Properties: in.Properties, Associated: in.Associated, Scanner: scannerOf(in),
	}
	for _, l := range in.Levels {
		v.about.Levels = append(v.about.Levels, SlideLevel{l.Width, l.Height, l.Downsample})
	}
	return v
}

func describeResolution(r slideio.Resolution, stated bool) SlideResolution {
	return SlideResolution{
		X: r.X, Y: r.Y, Source: r.Source, Power: r.ObjectivePower, Doubts: slices.Clone(r.Doubts),
		Magnification: r.Magnification(), Stated: stated,
	}
}

// About describes the slide. Its maps and slices are shared: they must not be
// written to.
func (v *View) About() SlideAbout { return v.about }

// Size is the size of level 0 in pixels.
func (v *View) Size() (width, height int) { return v.about.Width, v.about.Height }

// Resolution is what the slide's resolution is taken for: what was stated, else
// the file's own.
func (v *View) Resolution() SlideResolution {
	r, stated := v.resolution()
	return describeResolution(r, stated)
}

func (v *View) resolution() (r slideio.Resolution, stated bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stated.Known() {
		return v.stated, true
	}
	return v.slide.Info().Resolution, false
}

// StateMagnification sets the magnification that the slide was scanned at; 0, or
// what is no magnification, returns to the file's own.
func (v *View) StateMagnification(m float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stated = slideio.Resolution{}
	if m > 0 && !math.IsInf(m, 1) {
		v.stated = v.checked(slideio.Stated(m))
	}
}

// ErrNoLength: what was drawn, or what it is said to measure, is no length that a
// slide can have.
var ErrNoLength = fmt.Errorf("no length on a slide")

// StateLength sets the resolution by a line of known length: so many level-0
// pixels are so many micrometres. A resolution that no microscope has is refused
// with ErrNoLength.
func (v *View) StateLength(pixels, micrometres float64) error {
	mpp := micrometres / pixels
	if !(pixels >= 1 && mpp >= 0.01 && mpp <= 100) {
		return fmt.Errorf("%g um along %g pixels: %w", micrometres, pixels, ErrNoLength)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := slideio.Stated(10 / mpp)
	r.ObjectivePower = v.slide.Info().Resolution.ObjectivePower
	v.stated = v.checked(r)
	return nil
}

// checked adds a doubt to a stated resolution that is not the file's.
func (v *View) checked(r slideio.Resolution) slideio.Resolution {
	return r.Against(v.slide.Info().Resolution)
}

// Tile is a picture of a virtual pyramid whose levels halve exactly: tile (col,
// row) of level z shows the level-0 square of 256 2^z pixels at (col 256 2^z, row
// 256 2^z), as 256 x 256 pixels. Tiles at the right and bottom end with the slide,
// in whole pixels, rounded up. Pixels are means over what they cover. The picture
// is tight (Stride 4 w, Rect.Min 0) and shared: it must not be written to.
//
// An error names the region that cannot be read; other tiles are not affected.
func (v *View) Tile(ctx context.Context, z, col, row int) (*image.RGBA, error) {
	return v.tiles.tile(ctx, z, col, row)
}

// Picture is an area, in level-0 pixels, as width x height pixels. Outside the
// slide is white.
func (v *View) Picture(ctx context.Context, area result.Rect, width, height int) (*image.RGBA, error) {
	return v.tiles.picture(ctx, slideio.Rect{X: area.X, Y: area.Y, W: area.Width, H: area.Height}, width, height)
}

// Thumbnail is the whole of level 0, its longer side of so many pixels. Of a slide
// that is enormous and has no coarse level it is a rough one, of few samples, until
// the coarse picture is done that is made in the background.
func (v *View) Thumbnail(ctx context.Context, side int) (*image.RGBA, error) {
	return v.tiles.thumbnail(ctx, side)
}

// CoarseReady is closed once Thumbnail gives the best that it can, which it does at
// once for most slides: the work in the background, which the first picture begins,
// has ended, or the view was closed.
func (v *View) CoarseReady() <-chan struct{} {
	if v.tiles.coarse != nil {
		return v.tiles.coarse.ready
	}
	ready := make(chan struct{})
	close(ready)
	return ready
}

// Associated decodes a picture beside the slide. A label or macro can name the
// patient: call it only when the user asked to see it.
func (v *View) Associated(ctx context.Context, name string) (*image.RGBA, error) {
	return v.slide.Associated(ctx, name)
}

// ContentID is slideio.ContentID of the file, read once.
func (v *View) ContentID() (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.id != "" {
		return v.id, nil
	}
	id, err := slideio.ContentID(v.about.Path)
	v.id = id
	return id, err
}

// Close ends what is under way and closes the file.
func (v *View) Close() error {
	v.tiles.close()
	return v.slide.Close()
}
