package slideio

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
)

// Errors that callers can test for with errors.Is. Drivers wrap them with the
// file's path and the cause.
var (
	// ErrUnsupported: the file exists but no driver can read it as a slide.
	ErrUnsupported = errors.New("not a slide this program can read")
	// ErrCorrupt: the file is of a known format and cannot be read as such.
	ErrCorrupt = errors.New("slide file is damaged, or of a variant that cannot be read")
	// ErrGivenUp: the slide cannot be read any more, after too many reads that failed
	// or because its file went away. Opened again it may be.
	ErrGivenUp = errors.New("slide was given up")
	// ErrClosed: the slide was closed before or while it was read.
	ErrClosed = errors.New("slide is closed")
	// ErrNoLibrary: a native library that the driver needs was not found.
	ErrNoLibrary = errors.New("native library not found")
	// ErrTooLarge: a plain image is larger than the limit for undivided images.
	ErrTooLarge = errors.New("image is too large to be opened whole")
	// ErrNoAssociated: the slide has no associated image of that name.
	ErrNoAssociated = errors.New("no such associated image")
)

// A Slide is one opened whole-slide image. All methods may be called from
// several goroutines at once; Close waits for reads that are under way.
type Slide interface {
	// Info returns what was learned when the slide was opened. It never changes.
	Info() *Info

	// ReadRegion fills dst with the pixels of a level. The top left pixel of
	// dst.Rect shows pixel (x, y) of that level, both counted in pixels of the
	// level. Pixels are opaque: transparency is laid over white, and what lies
	// outside the level is white. dst may be a sub-image. When ctx ends before
	// the read does, the error is ctx's; other errors are a *RegionError.
	ReadRegion(ctx context.Context, dst *image.RGBA, level, x, y int) error

	// Associated decodes one of the images listed in Info.Associated (label,
	// macro, thumbnail). Labels can name the patient: call it only when the
	// user asked to see that image.
	Associated(ctx context.Context, name string) (*image.RGBA, error)

	Close() error
}

// Info is what is known of a slide without decoding a pixel.
type Info struct {
	Path   string
	Driver string // name of the driver that opened it: "openslide", "raster", "synth"
	Vendor string // as the driver names it: "aperio", "dicom", "generic-tiff", "png"...

	Levels []Level // Levels[0] is the finest; never empty

	// Bounds is the part of level 0 that was scanned, by the vendor's word; all
	// of level 0 when the vendor gives none.
	Bounds image.Rectangle

	Resolution Resolution
	Properties map[string]string
	Associated []string // names of the associated images, sorted
}

// Level is one resolution of the pyramid.
type Level struct {
	Width, Height int
	// Downsample is the number of level-0 pixels along one pixel of this level.
	Downsample float64
	// TileWidth, TileHeight are the file's own tile size, 0 when unknown.
	TileWidth, TileHeight int
}

// Width and Height are the size of level 0 in pixels.
func (in *Info) Width() int  { return in.Levels[0].Width }
func (in *Info) Height() int { return in.Levels[0].Height }

// Resolution is the physical size of a level-0 pixel, and how it is known.
type Resolution struct {
	X, Y float64 // micrometres per pixel; 0 when unknown

	// Source names where the value came from: a property's name such as
	// "openslide.mpp-x", "objective power", "stated by the user"; "" when unknown.
	Source string

	// ObjectivePower is the scanner's nominal magnification, 0 when not recorded.
	ObjectivePower float64

	// Doubts are sentences for the user: sources that disagree by more than 5 %, what
	// was stated being one, values outside what scanners produce, pixels that are not
	// square.
	Doubts []string
}

// Known reports whether a physical resolution was found.
func (r Resolution) Known() bool { return r.X > 0 && r.Y > 0 }

// Magnification is 10 / (micrometres per pixel), by the mean of both axes; 0
// when the resolution is unknown. 0.25 um/px is 40x.
func (r Resolution) Magnification() float64 {
	if !r.Known() {
		return 0
	}
	return 20 / (r.X + r.Y)
}

// Stated returns the resolution a user states for a slide by its magnification.
func Stated(magnification float64) Resolution {
	return Resolution{X: 10 / magnification, Y: 10 / magnification, Source: "stated by the user", ObjectivePower: magnification}
}

// Against is a stated resolution with a doubt where the file's own is more than 5 %
// from it.
func (r Resolution) Against(own Resolution) Resolution {
	return r.questioned(r, own, "%.4g µm per pixel was stated, %s gives %.4g")
}

// Despite is a file's own resolution with a doubt where a stated one, which it goes
// before, is more than 5 % from it.
func (r Resolution) Despite(stated Resolution) Resolution {
	return r.questioned(stated, r, "%.4g µm per pixel was stated, but %s gives %.4g, which is taken")
}

// questioned is r with a doubt, of what was stated and what the file says, where these
// are too far apart.
func (r Resolution) questioned(stated, own Resolution, doubt string) Resolution {
	if stated.Known() && own.Known() && max(apart(stated.X, own.X), apart(stated.Y, own.Y)) > disagreement {
		r.Doubts = slices.Clone(r.Doubts)
		r.doubt(doubt, stated.X, own.Source, own.X)
	}
	return r
}

// A Driver opens slides of some formats.
type Driver interface {
	// Name is a short lower-case word, kept in Info.Driver.
	Name() string
	// Open opens the file. An error that wraps ErrUnsupported lets the next
	// driver try; any other error ends the search.
	Open(ctx context.Context, path string) (Slide, error)
}

// RegionError says which part of which slide could not be read.
type RegionError struct {
	Path  string
	Level int
	Rect  image.Rectangle // in pixels of the level
	Err   error
}

func (e *RegionError) Error() string {
	return fmt.Sprintf("%s: level %d, region %v: %v", e.Path, e.Level, e.Rect, e.Err)
}

func (e *RegionError) Unwrap() error { return e.Err }
