package theme

// Lengths of the window, in points.
const (
	PanelWidth    = 320 // right-hand panels
	ListWidth     = 220 // list of slides
	ThumbSide     = 52  // picture of a slide in the list
	TileSide      = 96  // picture of a patch in the gallery
	MarkerMapSide = 30  // where a patch lies, drawn in the corner of its tile
	BarHeight     = 8   // bars of probability and progress
	LegendHeight  = 12  // colours of the attention legend
	Gap           = 8   // between parts of a panel
	WindowWidth   = 1400
	WindowHeight  = 880
)

// Sizes of text, in points.
const (
	TextSize    = 13
	CaptionSize = 11
	HeadingSize = 18
)
