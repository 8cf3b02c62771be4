// Package assets holds what the program carries with it: the colours that
// attention is drawn in.
package assets
