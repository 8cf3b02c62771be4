// Package openslide reads slides through the OpenSlide library (4.x, and 3.4
// where only that is there), loaded at run time.
//
// Library and Handle are the binding: a thin layer over the C calls, with the
// method names of the usual Go bindings. Driver builds slideio's Driver on them.
//
// The library keeps an error in the handle: after one call failed every later
// call on that handle fails with the same words, good regions included. So the
// error is asked for after every call, a handle that failed is closed, and the
// driver opens a fresh one for the reads that follow.
//
// The JPEG tiles of plain tiled TIFF slides are read without the library, by
// package tifftiles; the library still opens such slides, says what they are, and
// reads every tile that is missing, damaged or unusual.
package openslide
