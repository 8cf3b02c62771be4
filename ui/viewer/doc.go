// Package viewer shows a slide in the window: it zooms and pans over a picture
// pyramid of any size, with a layer of coloured cells and outlines laid over it.
//
// # Lengths
//
// Places are level-0 pixels of the slide. Lengths on the screen are device pixels;
// Fyne's own points are used only where objects are handed to it. All edges come
// from one function of the place, rounded to whole device pixels and then shifted
// by a whole number of them. Whatever ends at the same place therefore ends at the
// same pixel, tiles leave no seams, and panning changes positions but no sizes: the
// graphics card keeps the pictures it has.
//
// # Tiles
//
// Level z shows 2^z level-0 pixels along each of its own. The level on screen is
// the one whose tile pixels cover between half a device pixel and a whole one;
// above that level 0 is magnified. Until its tiles have come, coarser ones that are
// at hand show through, and below all of them the preview of the whole slide.
//
// # Threads
//
// Every method and callback of a Viewer runs on the UI thread. Tiles are read by a
// few goroutines of its own, whose results are handed over in batches by the loader;
// it alone hops to the UI thread.
package viewer
