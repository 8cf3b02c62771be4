// Package synth makes slides that need no scanner: procedural tissue stained
// with hematoxylin and eosin whose truth is known, and exact slides for tests.
package synth

// tileSize is the side of the tiles in which slides are drawn and stored.
const tileSize = 256
