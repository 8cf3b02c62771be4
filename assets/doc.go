// Package assets holds what the program carries with it: the colours that
// attention is drawn in, a model, and the window's words in each language.
package assets
