// Package hdf5 reads the numeric tables of HDF5 files: what feature extractors
// write through h5py with its usual settings, and no more of that large format.
// It exists because the Go reader that can be had knows no half floats and takes
// as much memory as a damaged file asks for, which ends the program.
//
// # What is read
//
// Superblocks 0 to 3 with addresses of eight bytes; groups as symbol tables or
// as link messages; the datasets of the root group, of one or two dimensions,
// little or big end first: floats of 2, 4 and 8 bytes, integers of 1 to 8; kept
// whole or in chunks under a version 1 B-tree, resizable or not, and filtered by
// shuffle, deflate and Fletcher-32; their attributes that are single numbers,
// texts or truth values. Anything else is an error that wraps ErrUnsupported.
//
// # Damaged files
//
// The file is not trusted. Every address and length is held against the size of
// the file and the limits below before memory is taken, trees can be no deeper
// than their levels say, and a table must have each of its chunks exactly once:
// those of a run that broke off are errors, not zeros. Tables are read a few
// rows at a time; a chunk, of at most 64 MiB, is what is held at once, beside a
// cache of 64 MiB.
package hdf5
