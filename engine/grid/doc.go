// Package grid lays the patches of every magnification over a slide.
//
// # Geometry
//
// Magnification m means 10/m micrometres per pixel, so a patch of p pixels is
// p * (10/m) / mpp pixels of level 0 wide; mpp may differ between x and y. The
// lowest grid begins at the origin of the slide's bounds and covers them; its
// last column and row may overhang. A patch has f x f children one
// magnification up, f being the whole ratio of the two magnifications: row by
// row, child j of parent i at index i*f*f + j. Children exist even where they
// lie wholly outside the slide, since the index rule counts on them; what is
// outside is white.
//
// # Exactness
//
// The side of the highest magnification's patch is rounded to a multiple of
// 2^-28 pixel. All edges of all patches are then whole multiples of it and
// computed without rounding: neighbours share their edges bit for bit, and
// children tile their parent exactly. The farthest patch of the largest slide
// lies less than 0.0001 pixel from where the unrounded side would put it.
//
// [Centred] is the layout of the published research code instead, which pads the
// slide on all sides and orders children by columns.
package grid
