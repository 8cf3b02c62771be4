package app

import (
	"image"

	"zoomscope/app/export"
)

// DarkGround tells whether a slide, by a small picture of all of it, is light on
// dark ground, as fluorescence is. Models here are made for stained tissue on glass.
func DarkGround(small *image.RGBA) bool { return export.Dark(small) }
