// Package tiff writes tiled, pyramidal TIFF and BigTIFF files that OpenSlide,
// QuPath and libtiff open.
//
// # Layout
//
// A file has one directory per level, the finest first; every coarser one is
// marked as a reduced image. Tiles are square. Those at the right and lower
// edge are stored whole, as TIFF demands; what they show beyond the level is
// ignored by readers.
//
// Tile data comes first in the file and the directories last, so that only
// offsets, byte counts and the few tiles under way are held in memory. The
// header is written when everything else stands: a file becomes a BigTIFF
// exactly when it outgrew the 4 GiB of a classic one, or when that is asked for.
//
// # Tiles stored once
//
// Tiles of equal Key are drawn, encoded and stored once, and so are tiles whose
// encoded bytes are equal; their directory entries share an offset.
//
// # Repeatability
//
// The bytes of a file depend on what was drawn and on the Spec alone, not on
// the number of workers nor on timing.
package tiff
