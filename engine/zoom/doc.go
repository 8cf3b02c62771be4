// Package zoom analyses a slide by zooming in: it reads and encodes the tissue
// at the lowest magnification, lets the model choose, and reads and encodes only
// the children of what was chosen, up to the highest magnification. For a method
// that takes all patches of its magnifications it reads all of those, within the
// tissue that was found at the lowest, row by row.
//
// # Memory
//
// What grows with the slide is a few numbers per patch. Pixels are held for the
// low-power picture of the tissue mask (at most 16 megapixels) and for the few
// batches that readers and encoder pass between them; features go to the model
// batch by batch and are not kept, but for a method that takes all patches: that
// has the features of all of them at once.
//
// # Repeatability
//
// Batches hold the same patches whatever the number of readers, and the model
// takes them in the same order: a result depends on the slide, the model, the
// encoder and the device alone. Only when a device runs out of memory are
// batches divided, which may change last digits; the result then says so.
package zoom
