package app

import (
	"image"

	"zoomscope/app/export"
	"zoomscope/engine/grid"
)

// DarkGround tells whether a slide, by a small picture of all of it, is light on
// dark ground, as fluorescence is. Models here are made for stained tissue on glass.
func DarkGround(small *image.RGBA) bool { return export.Dark(small) }

// Enlarged tells whether a slide that was scanned at a magnification has less detail
// than a model wants that looks at another.
func Enlarged(magnification, scan float64) bool { return grid.Enlarged(magnification, scan) }
