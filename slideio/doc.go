// Package slideio reads whole-slide images.
//
// Open tries drivers in order, which package drivers makes. A Slide gives pixels
// of its own levels by ReadRegion; ReadArea gives any area at any scale, read
// from the best level. A Cache keeps tiles for a viewer.
//
// # Coordinates
//
// Level 0 is the finest level. A place on a slide is kept and exported in
// level-0 pixels, origin at the top left of the file's level 0, x to the right
// and y down; areas that need not fall on whole pixels are a Rect of float64.
// ReadRegion alone counts in pixels of the level it reads. Everything outside
// the slide is white, and so is what a scanner left transparent.
//
// A level's pixel (x, y) covers the level-0 pixels from (x d, y d) to
// ((x+1) d, (y+1) d), d being the level's Downsample. Levels whose size is that
// of level 0 divided by a whole number, rounded either way, have that number as
// their Downsample.
//
// # Resolution
//
// Magnification m means 10/m micrometres per pixel. A slide whose physical
// resolution cannot be established says so (Resolution.Known is false); it is
// never assumed. ResolutionOf documents the order of sources and what is not
// believed.
//
// # Damage
//
// A read of a damaged place is a *RegionError that wraps ErrCorrupt. The slide
// stays usable for its other places.
package slideio
