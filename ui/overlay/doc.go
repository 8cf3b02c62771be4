// Package overlay is what a slide view knows of the attention of one analysis:
// the colours to lay over the slide, their legend, the patch under a place, the
// outlines, and the path along which the model zoomed in. It draws nothing and
// knows no window.
//
// Places are level-0 pixels of the slide. A patch holds its left and upper edge
// and not its right and lower one, so that every place is in at most one of the
// patches that tile an area.
//
// # Cells
//
// The patches of a magnification lie on a regular grid, whose corner and sides
// need not be whole pixels. A picture of one pixel per cell, stretched over the
// grid's area with hard edges, is therefore exact at every zoom. The area may
// reach beyond the slide, because patches do. Patches that are on no grid, as in
// a result from elsewhere, get a picture of bounded size instead, in which edges
// are as exact as its pixels.
//
// Colours are multiplied by their alpha and made at full opacity: low attention
// is transparent, the highest opaque, and the view applies the opacity that the
// user chose to the whole.
//
// # Zoom attention
//
// The highest magnification has none, as there is nothing left to zoom into.
// Asked for it, a model gives pooled attention there, and its legend says so.
//
// # Path
//
// Steps are the patches that stand out: those zoomed into, by rank, and at the
// highest magnification the first by attention, besides the best child of each
// patch that was zoomed into. A walk goes from the first patch of the lowest
// magnification to its best child, on to that one's best child up to the highest
// magnification, then to the second patch of the lowest; at last, from the
// patches between that were nobody's best child. Every step comes once.
package overlay
