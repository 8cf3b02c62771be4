// Package bag keeps the patch features of one slide at every magnification, in
// memory and on disk, so that a slide is encoded once and trained on often.
//
// # File
//
// One safetensors file per slide and encoder. For each magnification m it holds
// m/features, F16 or F32 [N, D], and m/grid, I32 [N, 2], the column and row of
// each patch in that magnification's grid, under names such as 10x/features and
// 2.5x/grid. Metadata: format, and manifest, a JSON object (Manifest). Every
// patch of the lowest magnification that counts as tissue is there, and all its
// children: those of patch i stand together at i*f*f and on, row by row, f being
// the ratio to the magnification below. Open checks that.
//
// # Imported features
//
// Import makes bags of what other programs put into HDF5 files. Their manifest
// has a Source, and their format is one higher, so that programs that know
// nothing of it refuse them: their cells are not those of package grid. The
// public ZoomMIL code does not keep where its grid begins on the slide; CLAM lays
// a grid of its own over each piece of tissue. Source.Lattice is there only where
// one grid in level-0 pixels holds all patches.
//
// # Resuming
//
// The grid is known before the first patch is encoded, so the whole file is laid
// out at once, as PATH.part; rows of features are written to their places as
// they come. Beside it PATH.journal lists the batches that are done, each with a
// checksum of its rows and one of itself. After a kill or a power cut, Create
// for the same slide, settings and grid goes on behind the last batch whose
// checksums hold: at most the batch being written is lost. Commit renames the
// part to PATH and removes the journal. A part of anything else is overwritten.
// Two programs must not write the same bag at once.
package bag
