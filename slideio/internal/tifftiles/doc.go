// Package tifftiles reads the JPEG tiles of plain tiled TIFF and BigTIFF files.
//
// It serves one kind of image: tiles of new-style JPEG (compression 7), three
// interleaved samples of eight bits, YCbCr or RGB, chroma whole, halved along x
// or halved both ways. Everything else is left to a library that knows more: Open
// keeps silent about other directories, and Read hands a tile that is missing,
// damaged or otherwise unusual to its caller.
//
// # Pixels
//
// Pixels are those of libjpeg with its default settings, up to the rounding of
// the inverse DCT: chroma is enlarged by the triangle filter within each tile,
// and converted by the integers of JFIF. Colour profiles are not applied.
//
// # Trust
//
// Files are not trusted. Every size and offset is held against the file's size,
// and every tile's own header against its directory, before memory is taken.
// Tiles are read by ReadAt, so that a file that shrinks gives an error.
package tifftiles
