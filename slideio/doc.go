// Package slideio reads whole-slide images.
//
// # Coordinates
//
// Level 0 is the finest level. A place on a slide is kept and exported in
// level-0 pixels, origin at the top left of the file's level 0, x to the right
// and y down; areas that need not fall on whole pixels are a Rect of float64.
// ReadRegion alone counts in pixels of the level it reads. Everything outside
// the slide is white, and so is what a scanner left transparent.
//
// # Resolution
//
// Magnification m means 10/m micrometres per pixel. A slide whose physical
// resolution cannot be established says so (Resolution.Known is false); it is
// never assumed.
package slideio
