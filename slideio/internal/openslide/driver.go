package openslide

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"zoomscope/slideio"
	"zoomscope/slideio/internal/tifftiles"
)

// Driver opens slides through a loaded library.
type Driver struct {
	lib   *Library
	tiles *tifftiles.Cache // of what is read without the library; nil: nothing is
}

// NewDriver makes a driver of a library. Make one: its slides share a cache.
func NewDriver(lib *Library) *Driver {
	return &Driver{lib: lib, tiles: tifftiles.NewCache(directCacheBytes)}
}

// Name is "openslide".
func (*Driver) Name() string { return "openslide" }

// Open opens a slide: slideio.ErrUnsupported when the library knows no such
// format or lacks its compression, slideio.ErrCorrupt when it recognised the
// format and could not read the file.
func (d *Driver) Open(ctx context.Context, path string) (slideio.Slide, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h, err := d.lib.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	info, scale, err := describe(h, path)
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("%s: %w: %w", path, slideio.ErrCorrupt, err)
	}
	s := &slide{lib: d.lib, path: path, info: info, scale: scale, handle: h, direct: d.direct(info)}
	s.share(h)
	return s, nil
}

// openError sorts the library's refusals by what the next driver may make of them.
func openError(path string, err error) error {
	said := strings.ReplaceAll(err.Error(), path, "") // the library may name the file
	switch {
	case errors.Is(err, errNotRecognised):
		return fmt.Errorf("%s: %w (openslide: %w)", path, slideio.ErrUnsupported, err)
	case strings.Contains(strings.ToLower(said), "unsupported"):
		return fmt.Errorf("%s: %w (openslide: %w)", path, slideio.ErrUnsupported, err)
	}
	if _, serr := os.Stat(path); serr != nil {
		return serr
	}
	return fmt.Errorf("%s: %w (openslide: %w)", path, slideio.ErrCorrupt, err)
}

// describe asks the library for all that is known without decoding. scale holds
// the library's own downsample of each level: its reads convert by that one.
func describe(h *Handle, path string) (info *slideio.Info, scale []float64, err error) {
	props := make(map[string]string)
	for _, name := range h.PropertyNames() {
		props[name] = h.PropertyValue(name)
	}
	info = &slideio.Info{
		Path:       path,
		Driver:     "openslide",
		Vendor:     props["openslide.vendor"],
		Properties: props,
		Associated: h.AssociatedImageNames(),
		Resolution: slideio.ResolutionOf(props),
	}
	slices.Sort(info.Associated)
	for i := range h.LevelCount() {
		w, ht := h.LevelDimensions(i)
		ds := h.LevelDownsample(i)
		if err := checkLevel(w, ht, ds); err != nil {
			return nil, nil, fmt.Errorf("level %d: %w", i, err)
		}
		scale = append(scale, ds)
		info.Levels = append(info.Levels, slideio.Level{
			Width: int(w), Height: int(ht), Downsample: ds,
			TileWidth:  intProperty(props, fmt.Sprintf("openslide.level[%d].tile-width", i)),
			TileHeight: intProperty(props, fmt.Sprintf("openslide.level[%d].tile-height", i)),
		})
	}
	if err := h.Error(); err != nil {
		return nil, nil, err
	}
	if len(info.Levels) == 0 {
		return nil, nil, errors.New("no levels")
	}
	for i := range info.Levels {
		info.Levels[i].Downsample = wholeDownsample(info.Levels[0], info.Levels[i])
	}
	info.Bounds = bounds(props, info.Levels[0])
	return info, scale, nil
}

func checkLevel(w, h int64, downsample float64) error {
	if w <= 0 || h <= 0 || w > math.MaxInt32 || h > math.MaxInt32 {
		return fmt.Errorf("size %d x %d", w, h)
	}
	if !(downsample >= 1) || math.IsInf(downsample, 0) {
		return fmt.Errorf("downsample %v", downsample)
	}
	return nil
}

// wholeDownsample is the level's whole-number downsample where its size is that
// of level 0 divided by it, rounded either way: the library derives 4.0001 from
// a size that did not divide. Other levels keep the library's value.
func wholeDownsample(full, l slideio.Level) float64 {
	n := math.Round(l.Downsample)
	fits := func(full, size int) bool {
		exact := float64(full) / n
		return float64(size) == math.Floor(exact) || float64(size) == math.Ceil(exact)
	}
	if n >= 1 && fits(full.Width, l.Width) && fits(full.Height, l.Height) {
		return n
	}
	return l.Downsample
}

func bounds(props map[string]string, full slideio.Level) image.Rectangle {
	all := image.Rect(0, 0, full.Width, full.Height)
	x, y := intProperty(props, "openslide.bounds-x"), intProperty(props, "openslide.bounds-y")
	w, h := intProperty(props, "openslide.bounds-width"), intProperty(props, "openslide.bounds-height")
	if r := image.Rect(x, y, x+w, y+h).Intersect(all); w > 0 && h > 0 && !r.Empty() {
		return r
	}
	return all
}

// intProperty is a whole number that is not negative, 0 when there is none.
func intProperty(props map[string]string, name string) int {
	n, err := strconv.ParseInt(strings.TrimSpace(props[name]), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}
